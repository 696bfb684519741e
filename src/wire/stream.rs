//! An answer that comes bit by bit, and what the service owes it for as long as it lasts.
//!
//! What makes the events is a task of its own. It hands them over through a channel that holds few, so that it gets no
//! further ahead of the host than that. It holds a place among the calls in flight until it is done, even where the host
//! has gone away: what it has begun to change at the remote end, it brings to an end. The stream holds another, until it is
//! dropped: what was made but not yet sent keeps the process from ending too.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, Stream};
use tokio::sync::mpsc;
use tonic::Status;

use super::gauge::{Entered, Gauge};
use super::rpc::{Answer, Told};
use crate::diag::{Diagnostics, panic};
use crate::server::{Closed, Sink};

/// How many events may wait for the host. Enough that neither side waits for the other all the time.
const WAITING: usize = 8;

/// Where the events of one stream are put.
pub struct Outlet<P> {
    sender: mpsc::Sender<P>,
    told: Arc<Mutex<Told>>,
}

impl<P> Clone for Outlet<P> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            told: Arc::clone(&self.told),
        }
    }
}

impl<P: Answer> Outlet<P> {
    /// The same for events that have yet to be written as messages.
    pub fn writing<W>(&self, write: W) -> Writing<'_, P, W> {
        Writing { outlet: self, write }
    }

    /// How many errors and warnings were put there.
    pub fn told(&self) -> Told {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, event: P) -> Result<(), Closed> {
        let told = event.told();
        self.sender.send(event).await.map_err(|_| Closed)?;
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) += told;
        Ok(())
    }
}

/// Writes events as messages, and puts them where these go.
pub struct Writing<'a, P, W> {
    outlet: &'a Outlet<P>,
    write: W,
}

impl<E, P, W> Sink<E> for Writing<'_, P, W>
where
    E: Send,
    P: Answer + Send,
    W: Fn(E) -> P + Send + Sync,
{
    fn send(&self, event: E) -> BoxFuture<'_, Result<(), Closed>> {
        Box::pin(self.outlet.send((self.write)(event)))
    }

    fn closed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.outlet.sender.closed())
    }
}

/// A stream, and what fills it. That ends with a proper event, whatever happens: a stream that merely ends is taken for
/// success.
pub fn stream<P, M, F>(
    rpc: &'static str,
    in_flight: &Gauge,
    produce: M,
) -> (Events<P>, impl Future<Output = Told> + Send + use<P, M, F>)
where
    P: Answer + Send,
    M: FnOnce(Outlet<P>) -> F + Send,
    F: Future<Output = Result<(), Diagnostics>> + Send,
{
    let (sender, receiver) = mpsc::channel(WAITING);
    let outlet = Outlet {
        sender,
        told: Arc::default(),
    };
    let events = Events {
        receiver,
        _entered: in_flight.enter(),
    };
    let entered = in_flight.enter();
    let fill = async move {
        let _entered = entered;
        let produced = async { produce(outlet.clone()).await };
        let last = match AssertUnwindSafe(produced).catch_unwind().await {
            Ok(Ok(())) => None,
            Ok(Err(diagnostics)) => Some(diagnostics),
            Err(payload) => Some(panic::diagnostic(&format!("answering {rpc}"), payload.as_ref()).into()),
        };
        if let Some(diagnostics) = last {
            // Where nobody listens, nobody misses it.
            _ = outlet.send(P::failed(diagnostics)).await;
        }
        outlet.told()
    };
    (events, fill)
}

/// The events as the host gets them.
pub struct Events<P> {
    receiver: mpsc::Receiver<P>,
    _entered: Entered,
}

impl<P> Stream for Events<P> {
    type Item = Result<P, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(context).map(|event| event.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::StreamExt as _;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::diag::Diagnostic;
    use crate::wire::proto::tfplugin6 as proto;

    type Event = proto::list_resource::Event;

    fn named(number: usize) -> Event {
        Event {
            display_name: number.to_string(),
            ..Event::default()
        }
    }

    /// An event in short: its name, or the titles of its messages.
    fn short(event: Result<Event, Status>) -> String {
        let event = event.unwrap();
        let titles: String = event.diagnostic.into_iter().map(|told| told.summary).collect();
        event.display_name + &titles
    }

    fn started<F>(
        gauge: &Gauge,
        produce: impl FnOnce(Outlet<Event>) -> F + Send + 'static,
    ) -> (Events<Event>, JoinHandle<Told>)
    where
        F: Future<Output = Result<(), Diagnostics>> + Send + 'static,
    {
        let (events, fill) = stream("ListResource", gauge, produce);
        (events, tokio::spawn(fill))
    }

    #[tokio::test]
    async fn a_slow_host_holds_the_producer_back() {
        let (gauge, made) = (Gauge::default(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&made);
        let (mut events, filled) = started(&gauge, async move |outlet: Outlet<Event>| {
            let sink = outlet.writing(named);
            for number in 0..50 {
                count.store(number, Ordering::Relaxed);
                sink.send(number).await.unwrap();
            }
            Ok(())
        });
        for read in 0..50 {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert!(made.load(Ordering::Relaxed) <= read + WAITING, "{read}");
            assert_eq!(short(events.next().await.unwrap()), read.to_string());
        }
        assert!(events.next().await.is_none());
        assert_eq!(filled.await.unwrap(), Told::default());
    }

    #[tokio::test]
    async fn a_stream_counts_as_in_flight_until_it_is_dropped_and_its_producer_done() {
        let gauge = Gauge::default();
        let (events, filled) = started(&gauge, async |_| Ok(()));
        filled.await.unwrap();
        assert!(!gauge.is_empty());
        drop(events);
        assert!(gauge.is_empty());

        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let (events, filled) = started(&gauge, async move |outlet: Outlet<Event>| {
            let sink = outlet.writing(named);
            sink.closed().await;
            assert_eq!(sink.send(1).await, Err(Closed));
            finished.await.unwrap();
            Ok(())
        });
        drop(events);
        tokio::task::yield_now().await;
        assert!(!gauge.is_empty());
        finish.send(()).unwrap();
        filled.await.unwrap();
        assert!(gauge.is_empty());
    }

    #[tokio::test]
    async fn a_panic_in_any_poll_is_a_last_event() {
        for wait in [false, true] {
            let gauge = Gauge::default();
            let (events, filled) = started(&gauge, async move |outlet: Outlet<Event>| {
                outlet.writing(named).send(1).await.unwrap();
                if wait {
                    tokio::task::yield_now().await;
                }
                panic!("no such thing")
            });
            let events: Vec<_> = events.map(short).collect().await;
            assert_eq!(events, ["1", "Provider Panicked"]);
            assert_eq!(filled.await.unwrap().errors, 1);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_a_last_event_too() {
        let (events, filled) = started(&Gauge::default(), async |outlet: Outlet<Event>| {
            let sink = outlet.writing(|_: usize| -> Event { panic!("not writable") });
            _ = sink.send(1).await;
            Ok(())
        });
        let events: Vec<_> = events.map(short).collect().await;
        assert_eq!(events, ["Provider Panicked"]);
        assert_eq!(filled.await.unwrap().errors, 1);
    }

    #[tokio::test]
    async fn errors_and_warnings_are_counted_over_all_events() {
        let warned = |_: usize| Event {
            diagnostic: super::super::to_proto::diagnostics([Diagnostic::warning("Slow", "It is slow.")]),
            ..Event::default()
        };
        let (events, filled) = started(&Gauge::default(), async move |outlet: Outlet<Event>| {
            for number in 0..2 {
                outlet.writing(warned).send(number).await.unwrap();
            }
            Err(Diagnostic::error("Failed", "It failed.").into())
        });
        let events: Vec<_> = events.map(short).collect().await;
        assert_eq!(events, ["Slow", "Slow", "Failed"]);
        let told = filled.await.unwrap();
        assert_eq!((told.errors, told.warnings), (1, 2));
    }
}
