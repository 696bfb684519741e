//! A program that a test watches and disturbs while it runs: what it says so far, and signals to it, to its process
//! group and to the provider that it has launched.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::eventually;
use super::workspace::Run;

/// A program under way. It is killed when dropped.
pub struct Running {
    child: Child,
    command: String,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    /// Starts a command, in a process group of its own, as a shell starts one in a terminal.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.process_group(0).spawn().expect("the program can be started");
        Self {
            stdout: Stream::of(child.stdout.take().expect("its output is piped")),
            stderr: Stream::of(child.stderr.take().expect("its errors are piped")),
            command: format!("{:?}", command.get_args().collect::<Vec<_>>()),
            child,
        }
    }

    /// What it has written so far, for messages.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout.text(), self.stderr.text())
    }

    /// Waits until it has written this.
    #[track_caller]
    pub fn says(&self, expected: &str) {
        eventually(&format!("{expected:?} from {}", self.command), || {
            self.text().contains(expected)
        });
    }

    /// Waits for something to happen while it runs. That it ends instead is a failure.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut() -> bool) {
        eventually(what, || {
            let status = self.status();
            assert!(
                status.is_none(),
                "{} ended ({status:?}) before {what}:\n{}",
                self.command,
                self.text()
            );
            is_so()
        });
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked for its state")
    }

    /// Sends a signal, by its name without SIG, to the program alone.
    pub fn signal(&self, name: &str) {
        kill(name, &self.child.id().to_string());
    }

    /// Sends a signal to the program and to all that it has launched, as a terminal does.
    pub fn signal_group(&self, name: &str) {
        kill(name, &format!("-{}", self.child.id()));
    }

    /// The one provider that it has launched and that is still there.
    #[cfg(target_os = "linux")]
    pub fn provider(&self) -> Provider {
        let mut found = Provider::all()
            .into_iter()
            .filter(|provider| provider.parent == self.child.id());
        let one = found.next().expect("a provider is running");
        assert_eq!(found.next(), None, "one provider is running");
        one
    }

    /// Waits for its end, doing something in the meantime.
    #[track_caller]
    pub fn ended_while(mut self, mut meanwhile: impl FnMut()) -> Run {
        let mut status = None;
        eventually("the end of the program", || {
            meanwhile();
            status = self.status();
            status.is_some()
        });
        Run {
            command: self.command.clone(),
            code: status.and_then(|status| status.code()).unwrap_or(-1),
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(self) -> Run {
        self.ended_while(|| {})
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// One of the program's streams, read all the time.
struct Stream {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                written
                    .lock()
                    .expect("no thread panicked")
                    .extend_from_slice(&buffer[..length]);
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("no thread panicked")).into_owned()
    }

    /// All of it, once nobody can write to it any more.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            eventually("the end of the output", || reader.is_finished());
        }
        self.text()
    }
}

/// A running process of the provider.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    id: u32,
    parent: u32,
}

#[cfg(target_os = "linux")]
impl Provider {
    /// All that there are, of whatever parent.
    fn all() -> Vec<Self> {
        let processes = std::fs::read_dir("/proc").expect("processes can be listed");
        processes
            .flatten()
            .filter_map(|process| process.file_name().to_str()?.parse().ok())
            .filter_map(Self::of)
            .collect()
    }

    fn of(id: u32) -> Option<Self> {
        let program = std::fs::read_link(format!("/proc/{id}/exe")).ok()?;
        if program != std::path::Path::new(super::workspace::PROVIDER).canonicalize().ok()? {
            return None;
        }
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        Some(Self {
            id,
            parent: parent.trim().parse().ok()?,
        })
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        kill(name, &self.id.to_string());
    }

    /// Sends it a signal until it is gone: to SEGV the runtime listens the first time, for stacks that overflow.
    #[track_caller]
    pub fn killed_by(&self, name: &str) {
        eventually("the provider's end", || {
            // That it cannot be sent is no failure: then there is nobody left to get it.
            _ = Command::new("kill")
                .args(["-s", name, "--", &self.id.to_string()])
                .stderr(Stdio::null())
                .status();
            Self::of(self.id).is_none()
        });
    }

    /// Waits until it is gone, also where its parent has died before it.
    #[track_caller]
    pub fn ended(&self) {
        eventually("the provider's end", || Self::of(self.id).is_none());
    }
}

fn kill(name: &str, target: &str) {
    let sent = Command::new("kill").args(["-s", name, "--", target]).status();
    assert!(
        sent.expect("kill can be run").success(),
        "{name} could not be sent to {target}"
    );
}
