//! What the tests share.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(unix)]
pub mod client;
pub mod cloud;
pub mod fleet;
pub mod hcl;
#[cfg(unix)]
pub mod host;
#[cfg(unix)]
pub mod judged;
#[cfg(unix)]
pub mod running;
#[cfg(unix)]
pub mod session;
pub mod values;
pub mod workspace;

/// How long to wait for what must come. It is no measure of speed: only a test that fails takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what must come.
pub async fn awaited<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// All files below a folder whose names end like that, in order.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            files.extend(self::files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Waits for what must come to be so, looking again and again.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
