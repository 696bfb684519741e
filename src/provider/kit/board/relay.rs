//! One future at a time that many wait for, and that belongs to whoever waits.
//!
//! It needs no task of its own: the poll of any that waits drives it, so one that is dropped stops nothing, and once nobody
//! waits it is dropped itself. That is why the relay holds it only weakly.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// A future that many wait for.
pub(super) type Running<T> = Shared<BoxFuture<'static, T>>;

/// The place of the one that is under way.
#[derive(Debug)]
pub(super) struct Relay<T: Clone>(Option<WeakShared<BoxFuture<'static, T>>>);

impl<T: Clone> Default for Relay<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> Relay<T> {
    /// The one under way, or else a new one.
    pub(super) fn join(&mut self, begin: impl FnOnce() -> BoxFuture<'static, T>) -> Running<T> {
        if let Some(running) = self.0.as_ref().and_then(WeakShared::upgrade) {
            return running;
        }
        let running = begin().shared();
        self.0 = running.downgrade();
        running
    }

    /// The one under way is over: whoever comes now begins anew, even while others have yet to hear of it.
    pub(super) fn over(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// A relay, and what begins a future that counts its beginning and waits for the signal.
    fn counted() -> (Relay<u32>, Arc<Notify>, impl Fn() -> BoxFuture<'static, u32>) {
        let (begun, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let signal = Arc::clone(&go);
        let begin = move || {
            let (begun, signal) = (Arc::clone(&begun), Arc::clone(&signal));
            async move {
                let number = begun.fetch_add(1, Ordering::Relaxed) + 1;
                signal.notified().await;
                number
            }
            .boxed()
        };
        (Relay::default(), go, begin)
    }

    #[tokio::test]
    async fn many_wait_for_one_and_none_of_them_is_needed() {
        let (mut relay, go, begin) = counted();
        let mut first = relay.join(&begin);
        let mut second = relay.join(&begin);
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(first);
        go.notify_one();
        assert_eq!(second.await, 1);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_begun_anew() {
        let (mut relay, go, begin) = counted();
        let mut first = relay.join(&begin);
        assert!((&mut first).now_or_never().is_none());
        drop(first);
        go.notify_one();
        assert_eq!(relay.join(&begin).await, 2);
    }

    #[tokio::test]
    async fn what_is_over_is_not_joined() {
        let (mut relay, go, begin) = counted();
        go.notify_one();
        let first = relay.join(&begin);
        assert_eq!(first.clone().await, 1);
        relay.over();
        go.notify_one();
        assert_eq!(relay.join(&begin).await, 2);
        drop(first);
    }
}
