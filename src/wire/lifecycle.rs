//! When the provider's process ends, and how much time it then takes.
//!
//! A provider outlives every connection: the host may let one go and make another. It ends when the host asks for it,
//! when someone terminates it, or when the host is gone without a word.

use std::future;
use std::io;
use std::time::Duration;

use tokio::signal;
use tokio_util::sync::CancellationToken;

use super::gauge::Gauge;

/// How much time work under way has to come to its end once the host no longer waits for it. The host kills a plugin
/// that is still there after two seconds, and the user waits for that.
const GRACE: Duration = Duration::from_millis(500);

/// How often to look whether the host is still there.
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// How the process was started, as far as its end is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a host, whose child it is.
    Plugin,
    /// By a developer, who ends it with Ctrl-C.
    Debug,
}

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The host asked for it.
    Shutdown,
    /// The developer pressed Ctrl-C.
    Interrupted,
    /// Someone sent SIGTERM, perhaps to the host as well.
    Terminated,
    /// The host is gone.
    Orphaned,
}

/// Whoever started the process, as it shows from here.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a> {
    /// How it was started.
    pub mode: Mode,
    /// By which process.
    pub parent: Parent,
    /// The host asks for the end.
    pub shutdown: &'a CancellationToken,
    /// The host's connections.
    pub connections: &'a Gauge,
}

impl Ending {
    /// Brings the process to its end: closes the connections, and leaves the work under way its time.
    pub async fn finish(self, host: Host<'_>, in_flight: &Gauge, closing: &CancellationToken) {
        if self == Self::Terminated {
            // The host may well be alive and waiting for the state of what is being created: it gets it, and until
            // then everything else it asks for. Unless it says that it no longer waits, or is gone.
            tokio::select! {
                () = in_flight.emptied() => {}
                () = host.shutdown.cancelled() => {}
                () = orphaned(host) => {}
            }
        }
        closing.cancel();
        tokio::time::sleep(GRACE).await;
    }
}

/// Waits for the first reason to end.
pub async fn ending(host: Host<'_>, signals: Signals) -> Ending {
    let Signals { interrupt, terminate } = signals;
    tokio::select! {
        () = host.shutdown.cancelled() => Ending::Shutdown,
        () = interrupted(host.mode, interrupt) => Ending::Interrupted,
        () = terminated(terminate) => Ending::Terminated,
        () = orphaned(host) => Ending::Orphaned,
    }
}

/// The signals that concern a provider. From the time that this exists, they no longer end the process by themselves.
pub struct Signals {
    interrupt: Interrupt,
    terminate: Terminate,
}

#[cfg(unix)]
type Interrupt = signal::unix::Signal;
#[cfg(unix)]
type Terminate = signal::unix::Signal;
#[cfg(not(unix))]
type Terminate = signal::windows::CtrlShutdown;

/// Ctrl-C, and Ctrl-Break, which is all that one program can send to another on Windows.
#[cfg(not(unix))]
struct Interrupt {
    ctrl_c: signal::windows::CtrlC,
    ctrl_break: signal::windows::CtrlBreak,
}

#[cfg(not(unix))]
impl Interrupt {
    async fn recv(&mut self) -> Option<()> {
        tokio::select! {
            received = self.ctrl_c.recv() => received,
            received = self.ctrl_break.recv() => received,
        }
    }
}

impl Signals {
    /// Starts to listen. To be called before the host is told that the provider is there.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Starts to listen. To be called before the host is told that the provider is there.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        use signal::windows::{ctrl_break, ctrl_c, ctrl_shutdown};
        Ok(Self {
            interrupt: Interrupt {
                ctrl_c: ctrl_c()?,
                ctrl_break: ctrl_break()?,
            },
            terminate: ctrl_shutdown()?,
        })
    }
}

/// An interrupt from the keyboard reaches the host and all its plugins at once. The host then asks its plugins to stop and
/// waits for what they know, so a plugin must let the signal pass; only a developer means the provider itself.
async fn interrupted(mode: Mode, mut interrupt: Interrupt) {
    while interrupt.recv().await.is_some() {
        if mode == Mode::Debug {
            return;
        }
        tracing::debug!("an interrupt is left to the host");
    }
    future::pending().await
}

async fn terminated(mut terminate: Terminate) {
    if terminate.recv().await.is_none() {
        future::pending().await
    }
}

/// The process that launched this one.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    #[cfg(unix)]
    id: u32,
}

impl Parent {
    /// To be called early, while it is most likely still there.
    #[cfg(unix)]
    pub fn now() -> Self {
        Self {
            id: std::os::unix::process::parent_id(),
        }
    }

    /// To be called early, while it is most likely still there.
    #[cfg(not(unix))]
    pub fn now() -> Self {
        Self {}
    }

    /// Whether this process has been passed on to another parent, as happens when the first one dies.
    #[cfg(unix)]
    fn is_gone(self) -> bool {
        std::os::unix::process::parent_id() != self.id
    }

    /// Windows does not tell.
    #[cfg(not(unix))]
    fn is_gone(self) -> bool {
        false
    }
}

/// Nothing tells a plugin that its host was killed, and it would be left behind for ever.
async fn orphaned(host: Host<'_>) {
    if host.mode == Mode::Debug {
        return future::pending().await;
    }
    let mut checks = tokio::time::interval(PARENT_CHECK);
    loop {
        checks.tick().await;
        if host.parent.is_gone() && host.connections.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a host consists of.
    #[derive(Default)]
    struct Parts {
        shutdown: CancellationToken,
        connections: Gauge,
    }

    impl Parts {
        fn host(&self, mode: Mode, parent: Parent) -> Host<'_> {
            Host {
                mode,
                parent,
                shutdown: &self.shutdown,
                connections: &self.connections,
            }
        }
    }

    #[tokio::test]
    async fn a_request_to_shut_down_ends_the_process() {
        let parts = Parts::default();
        parts.shutdown.cancel();
        let host = parts.host(Mode::Plugin, Parent::now());
        assert_eq!(ending(host, Signals::listen().unwrap()).await, Ending::Shutdown);
    }

    #[tokio::test(start_paused = true)]
    #[cfg(unix)]
    async fn an_orphan_ends_once_nobody_talks_to_it() {
        let parts = Parts::default();
        let connection = parts.connections.enter();
        let ends = ending(parts.host(Mode::Plugin, Parent { id: 0 }), Signals::listen().unwrap());
        tokio::pin!(ends);
        assert!(tokio::time::timeout(PARENT_CHECK * 10, &mut ends).await.is_err());
        drop(connection);
        assert_eq!(ends.await, Ending::Orphaned);
    }

    #[tokio::test(start_paused = true)]
    #[cfg(unix)]
    async fn a_developer_may_close_the_shell() {
        let parts = Parts::default();
        let ends = ending(parts.host(Mode::Debug, Parent { id: 0 }), Signals::listen().unwrap());
        assert!(tokio::time::timeout(PARENT_CHECK * 10, ends).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn only_termination_waits_for_work_without_end() {
        let parts = Parts::default();
        let host = parts.host(Mode::Plugin, Parent::now());
        let in_flight = Gauge::default();
        let work = in_flight.enter();
        for ending in [Ending::Shutdown, Ending::Interrupted, Ending::Orphaned] {
            let closing = CancellationToken::new();
            ending.finish(host, &in_flight, &closing).await;
            assert!(closing.is_cancelled());
        }
        let closing = CancellationToken::new();
        let finish = Ending::Terminated.finish(host, &in_flight, &closing);
        tokio::pin!(finish);
        assert!(tokio::time::timeout(GRACE * 100, &mut finish).await.is_err());
        assert!(!closing.is_cancelled());
        drop(work);
        finish.await;
        assert!(closing.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn termination_does_not_wait_for_work_that_nobody_waits_for() {
        let parts = Parts::default();
        let in_flight = Gauge::default();
        let _work = in_flight.enter();
        parts.shutdown.cancel();
        let closing = CancellationToken::new();
        let host = parts.host(Mode::Plugin, Parent::now());
        Ending::Terminated.finish(host, &in_flight, &closing).await;
        assert!(closing.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    #[cfg(unix)]
    async fn termination_does_not_wait_for_work_of_a_host_that_is_gone() {
        let parts = Parts::default();
        let in_flight = Gauge::default();
        let _work = in_flight.enter();
        let closing = CancellationToken::new();
        let host = parts.host(Mode::Plugin, Parent { id: 0 });
        Ending::Terminated.finish(host, &in_flight, &closing).await;
        assert!(closing.is_cancelled());
    }
}
