//! Counts how many of something there are right now, and lets others wait until there are none.

use std::sync::Arc;

use tokio::sync::watch;

/// The count. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<watch::Sender<usize>>);

impl Gauge {
    /// Counts one more for as long as the answer lives.
    #[must_use]
    pub fn enter(&self) -> Entered {
        self.0.send_modify(|count| *count += 1);
        Entered(self.clone())
    }

    /// Whether there are none now.
    pub fn is_empty(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Waits until there are none.
    pub async fn emptied(&self) {
        // An error would mean that the sender is gone, which this holds itself.
        _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// One of those counted.
#[derive(Debug)]
pub struct Entered(Gauge);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_counts_what_lives() {
        let gauge = Gauge::default();
        gauge.emptied().await;
        let (one, other) = (gauge.enter(), gauge.clone().enter());
        drop(one);
        assert!(!gauge.is_empty());
        let emptied = tokio::spawn({
            let gauge = gauge.clone();
            async move { gauge.emptied().await }
        });
        drop(other);
        emptied.await.unwrap();
        assert!(gauge.is_empty());
    }
}
