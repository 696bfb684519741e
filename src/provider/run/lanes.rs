//! Lanes: what acts on one machine takes turns.
//!
//! Terraform runs what depends on nothing else side by side: an address, a snapshot and a change of one machine. The service
//! refuses what comes while the machine is busy. So each enters the machine's lane, does its work and leaves. Lanes are fair,
//! and an operation enters all that it needs in the order of their keys, so that no two wait for each other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Gate, OwnedMutexGuard};
use tokio::time::{Instant, timeout_at};

use super::NotEntered;
use crate::api::Cancel;

/// The lanes of one run, by key.
#[derive(Debug, Default)]
pub struct Lanes(Mutex<HashMap<String, Weak<Gate<()>>>>);

/// Lanes that were entered. Dropping them leaves.
#[derive(Debug)]
#[must_use = "the lanes are left where this is dropped"]
pub struct Lane(#[expect(dead_code, reason = "holding the guards is all that they are for")] Vec<OwnedMutexGuard<()>>);

impl Lanes {
    /// Enters the lanes of these keys, behind whoever came before.
    pub async fn enter<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a str>,
        cancel: &Cancel,
        deadline: Instant,
    ) -> Result<Lane, NotEntered> {
        let keys: BTreeSet<_> = keys.into_iter().collect();
        let entering = async {
            let mut entered = Vec::with_capacity(keys.len());
            for key in keys {
                entered.push(self.gate(key).lock_owned().await);
            }
            Lane(entered)
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(NotEntered::Interrupted),
            entered = timeout_at(deadline, entering) => entered.map_err(|_| NotEntered::TimedOut),
        }
    }

    fn gate(&self, key: &str) -> Arc<Gate<()>> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(key).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::new(Gate::new(()));
        gates.insert(key.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    async fn enter(lanes: &Lanes, keys: &[&str]) -> Lane {
        let entered = lanes
            .enter(keys.iter().copied(), &Cancel::new(), Instant::now() + HOUR)
            .await;
        entered.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_and_in_order_of_arrival() {
        let lanes = Arc::new(Lanes::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = enter(&lanes, &["ps1"]).await;
        let waiting: Vec<_> = (1..=3)
            .map(|number| {
                let (lanes, order) = (Arc::clone(&lanes), Arc::clone(&order));
                tokio::spawn(async move {
                    sleep(Duration::from_millis(number)).await;
                    let _lane = enter(&lanes, &["ps1"]).await;
                    order.lock().unwrap().push(number);
                    sleep(Duration::from_secs(1)).await;
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        sleep(Duration::from_secs(10)).await;
        assert!(order.lock().unwrap().is_empty());
        drop(first);
        for waiter in waiting {
            waiter.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [1, 1, 2, 2, 3, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn other_machines_do_not_wait() {
        let lanes = Lanes::default();
        let _one = enter(&lanes, &["ps1"]).await;
        let start = Instant::now();
        let _other = enter(&lanes, &["ps2"]).await;
        let _none = enter(&lanes, &[]).await;
        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn several_lanes_in_any_order_lock_nobody_up() {
        let lanes = Arc::new(Lanes::default());
        let passing: Vec<_> = [["a", "b"], ["b", "a"], ["a", "a"], ["b", "b"]]
            .into_iter()
            .map(|keys| {
                let lanes = Arc::clone(&lanes);
                tokio::spawn(async move {
                    let _lane = enter(&lanes, &keys).await;
                    sleep(Duration::from_secs(1)).await;
                })
            })
            .collect();
        for passed in passing {
            passed.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_hears_the_user_and_the_clock_and_leaves_the_queue() {
        let lanes = Lanes::default();
        let held = enter(&lanes, &["ps1"]).await;
        let cancel = Cancel::new();
        cancel.cancel();
        let start = Instant::now();
        let interrupted = lanes.enter(["ps1"], &cancel, start + HOUR).await;
        assert_eq!(interrupted.unwrap_err(), NotEntered::Interrupted);
        assert_eq!(Instant::now(), start);
        let late = lanes.enter(["ps1"], &Cancel::new(), start + HOUR).await;
        assert_eq!(late.unwrap_err(), NotEntered::TimedOut);
        assert_eq!(Instant::now(), start + HOUR);
        drop(held);
        drop(enter(&lanes, &["ps1"]).await);
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_that_nobody_is_in_are_forgotten() {
        let lanes = Lanes::default();
        for number in 0..100 {
            drop(enter(&lanes, &[&format!("ps{number}")]).await);
        }
        assert_eq!(lanes.0.lock().unwrap().len(), 1);
    }
}
