//! Where the events of an answer go that comes bit by bit.

use futures_util::future::BoxFuture;

/// The asker's end of a stream. It takes one event at a time and is in no hurry: whoever sends waits until there is room.
pub trait Sink<E>: Send + Sync {
    /// Hands an event over.
    ///
    /// # Errors
    /// The asker no longer listens. That is no fault: it may have got what it wanted.
    fn send(&self, event: E) -> BoxFuture<'_, Result<(), Closed>>;

    /// Waits until the asker no longer listens.
    fn closed(&self) -> BoxFuture<'_, ()>;
}

/// Nobody listens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Mutex, PoisonError};

    use tokio_util::sync::CancellationToken;

    use super::*;

    /// An asker that keeps what it gets, and goes away when it is told to.
    pub(in crate::server) struct Kept<E> {
        events: Mutex<Vec<E>>,
        pub(in crate::server) gone: CancellationToken,
    }

    impl<E> Default for Kept<E> {
        fn default() -> Self {
            Self {
                events: Mutex::default(),
                gone: CancellationToken::new(),
            }
        }
    }

    impl<E> Kept<E> {
        pub(in crate::server) fn take(&self) -> Vec<E> {
            std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl<E: Send> Sink<E> for Kept<E> {
        fn send(&self, event: E) -> BoxFuture<'_, Result<(), Closed>> {
            Box::pin(async move {
                if self.gone.is_cancelled() {
                    return Err(Closed);
                }
                self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
                Ok(())
            })
        }

        fn closed(&self) -> BoxFuture<'_, ()> {
            Box::pin(self.gone.cancelled())
        }
    }
}
