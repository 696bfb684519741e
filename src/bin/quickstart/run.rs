//! Finds programs and runs them in the foreground: their output line by line, Ctrl-C passed on to no one and heard by
//! everyone.
//!
//! At a terminal, Ctrl-C reaches this process and the program that it runs alike. The program gets the time to end in
//! good order; with a second Ctrl-C, or when somebody terminates this process alone, it is killed. It knows nothing of
//! Terraform.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// How often a caller is asked whether it has something to tell while a program is silent.
const TICK: Duration = Duration::from_millis(100);

/// Finds the program that runs configurations: the one asked for, else `terraform`, else `tofu`.
pub fn find(wanted: Option<&Path>) -> Result<PathBuf, String> {
    if let Some(wanted) = wanted {
        return on_path(wanted)
            .ok_or_else(|| format!("there is no program {} to run the steps with.", wanted.display()));
    }
    ["terraform", "tofu"]
        .iter()
        .find_map(|name| on_path(Path::new(name)))
        .ok_or_else(|| {
            "neither terraform nor tofu is on PATH; install Terraform from \
             https://developer.hashicorp.com/terraform/install or OpenTofu from https://opentofu.org/docs/intro/install \
             and run this again."
                .to_owned()
        })
}

fn on_path(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| std::path::absolute(program).ok())?;
    }
    let directories = env::var_os("PATH")?;
    let mut file = program.as_os_str().to_owned();
    if program.extension().is_none() {
        file.push(env::consts::EXE_SUFFIX);
    }
    env::split_paths(&directories)
        .map(|directory| directory.join(&file))
        .find(|file| file.is_file())
}

/// What a running program is seen to do.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A line on one of its streams.
    Line(Stream, &'a str),
    /// Nothing for a moment.
    Quiet,
}

/// One of a program's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Why a program was not run to its end.
#[derive(Debug)]
pub enum Stopped {
    /// Somebody wanted everything to stop. The program has ended.
    Interrupted,
    /// It could not be run, or what it did could not be told.
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

enum Happening {
    Line(Stream, String),
    Closed,
    /// Ctrl-C.
    Interrupt,
    /// A wish to end that the running program does not know of.
    Terminate,
}

/// Runs programs, one at a time. From its start on, Ctrl-C no longer ends this process by itself.
pub struct Runner {
    happenings: Receiver<Happening>,
    sender: Sender<Happening>,
}

impl Runner {
    /// Begins to listen for Ctrl-C.
    pub fn start() -> io::Result<Self> {
        let (sender, happenings) = mpsc::channel();
        signals::listen(sender.clone())?;
        Ok(Self { happenings, sender })
    }

    /// Runs a command to its end, telling what it does. Streams that the command keeps for itself are left alone.
    pub fn run(
        &mut self,
        command: &mut Command,
        mut tell: impl FnMut(Seen<'_>) -> io::Result<()>,
    ) -> Result<ExitStatus, Stopped> {
        let mut child = Ending(command.stdin(Stdio::null()).spawn()?);
        let out = child.0.stdout.take().map(|stream| self.read(Stream::Out, stream));
        let err = child.0.stderr.take().map(|stream| self.read(Stream::Err, stream));
        let mut open = [out, err].into_iter().flatten().count();
        let mut interrupted = false;
        while open > 0 {
            match self.happenings.recv_timeout(TICK) {
                Ok(Happening::Line(stream, line)) => tell(Seen::Line(stream, &line))?,
                Ok(Happening::Closed) => open -= 1,
                Ok(Happening::Interrupt) if !interrupted => interrupted = true,
                Ok(Happening::Interrupt | Happening::Terminate) => return Err(Stopped::Interrupted),
                Err(RecvTimeoutError::Timeout) => tell(Seen::Quiet)?,
                Err(RecvTimeoutError::Disconnected) => unreachable!("a sender is kept"),
            }
        }
        let status = child.0.wait()?;
        if interrupted
            || self
                .happenings
                .try_iter()
                .any(|h| matches!(h, Happening::Interrupt | Happening::Terminate))
        {
            return Err(Stopped::Interrupted);
        }
        Ok(status)
    }

    /// Waits until somebody wants an end.
    pub fn wait(&mut self) {
        while let Ok(Happening::Line(..) | Happening::Closed) = self.happenings.recv() {}
    }

    fn read(&self, stream: Stream, from: impl Read + Send + 'static) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while matches!(from.read_until(b'\n', &mut line), Ok(read) if read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                line.clear();
                if sender.send(Happening::Line(stream, text)).is_err() {
                    return;
                }
            }
            _ = sender.send(Happening::Closed);
        });
    }
}

/// A program that does not outlive this value.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            _ = self.0.kill();
            _ = self.0.wait();
        }
    }
}

mod signals {
    //! Turns signals into happenings, on a thread of its own.

    use std::io;
    use std::sync::mpsc::Sender;
    use std::thread;

    use super::Happening;

    pub fn listen(sender: Sender<Happening>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut signals = runtime.block_on(async { Signals::new() })?;
        thread::spawn(move || {
            runtime.block_on(async move {
                while let Some(happening) = signals.next().await {
                    if sender.send(happening).is_err() {
                        break;
                    }
                }
            });
        });
        Ok(())
    }

    #[cfg(unix)]
    struct Signals {
        interrupt: tokio::signal::unix::Signal,
        terminate: tokio::signal::unix::Signal,
        hang_up: tokio::signal::unix::Signal,
    }

    #[cfg(unix)]
    impl Signals {
        fn new() -> io::Result<Self> {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        async fn next(&mut self) -> Option<Happening> {
            tokio::select! {
                got = self.interrupt.recv() => got.map(|()| Happening::Interrupt),
                got = self.terminate.recv() => got.map(|()| Happening::Terminate),
                got = self.hang_up.recv() => got.map(|()| Happening::Terminate),
            }
        }
    }

    #[cfg(not(unix))]
    struct Signals(tokio::signal::windows::CtrlC);

    #[cfg(not(unix))]
    impl Signals {
        fn new() -> io::Result<Self> {
            tokio::signal::windows::ctrl_c().map(Self)
        }

        async fn next(&mut self) -> Option<Happening> {
            self.0.recv().await.map(|()| Happening::Interrupt)
        }
    }
}
