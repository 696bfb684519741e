//! Turns: creates of one kind and name come one after the other, so that a look for a lost one never meets another whose
//! answer is still to come.
//!
//! In this process they queue in memory. Terraform gives every provider configuration a process of its own, and a user may
//! run several at once, so between the processes of one user an exclusive lock on a file orders them. The system releases it
//! should the process die. Where no such file can be had, a turn says so, and whoever holds it adopts nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::NotEntered;
use super::lanes::{Lane, Lanes};
use crate::api::Cancel;

/// The name of the folder that holds the lock files.
const FOLDER: &str = "terraform-provider-paperspace";
/// How long to wait before a lock is tried for again: at first, and at most.
const FIRST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_secs(1);

/// What is created, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address of the API.
    pub address: String,
    /// The team's id. Without it processes cannot be ordered, since two keys may be of one team.
    pub team: Option<String>,
    /// The kind of object.
    pub noun: &'static str,
    /// The object's name; for a kind without names, what it is listed by.
    pub name: String,
}

impl Place {
    /// The key of the queue in memory: within a process the key, and with it the team, is always the same.
    fn key(&self) -> String {
        format!("{}\0{}", self.noun, self.name)
    }

    /// The name of the lock file.
    fn file(&self) -> Option<String> {
        let team = self.team.as_deref()?;
        let text = [self.address.as_str(), team, self.noun, &self.name].join("\0");
        let noun = self.noun.replace(' ', "-");
        Some(format!("{noun}-{:016x}.lock", fnv(text.as_bytes())))
    }
}

/// FNV-1a of 64 bits: the same in every build, unlike the standard library's hashes. Two names that share a value only wait
/// for each other.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The turns of one run.
#[derive(Debug)]
pub struct Turns {
    queues: Lanes,
    /// Where the lock files may be, in order of preference.
    folders: Vec<PathBuf>,
}

impl Default for Turns {
    fn default() -> Self {
        Self::within(folders(|name| std::env::var_os(name).map(PathBuf::from)))
    }
}

/// The folders that belong to the user.
fn folders(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|path| path.is_absolute());
    let cache = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
    let user = user.unwrap_or_default().to_string_lossy().replace(['/', '\\'], "-");
    let temporary = std::env::temp_dir().join(format!("{FOLDER}-{user}"));
    cache
        .map(|cache| cache.join(FOLDER))
        .into_iter()
        .chain([temporary])
        .collect()
}

/// A turn. Dropping it lets the next one in.
#[derive(Debug)]
#[must_use = "the turn is over where this is dropped"]
pub struct Turn {
    lock: Option<Lock>,
    _queue: Lane,
}

impl Turn {
    /// Whether no other process of this user can be creating the same.
    pub fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }
}

impl Turns {
    /// Turns whose lock files are in the first of these folders that can be had.
    pub fn within(folders: Vec<PathBuf>) -> Self {
        Self {
            queues: Lanes::default(),
            folders,
        }
    }

    /// Waits for a turn, behind whoever came before.
    pub async fn enter(&self, place: &Place, cancel: &Cancel, deadline: Instant) -> Result<Turn, NotEntered> {
        let queue = self.queues.enter([place.key().as_str()], cancel, deadline).await?;
        let Some(path) = self.lock_file(place) else {
            return Ok(Turn {
                lock: None,
                _queue: queue,
            });
        };
        let lock = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(NotEntered::Interrupted),
            lock = timeout_at(deadline, lock(&path)) => lock.map_err(|_| NotEntered::TimedOut)?,
        };
        let lock = lock.inspect_err(|error| unlocked(&path, error)).ok();
        Ok(Turn { lock, _queue: queue })
    }

    fn lock_file(&self, place: &Place) -> Option<PathBuf> {
        let file = place.file()?;
        let usable = |folder: &&PathBuf| match own_folder(folder) {
            Ok(()) => true,
            Err(error) => {
                unlocked(folder, &error);
                false
            }
        };
        self.folders.iter().find(usable).map(|folder| folder.join(file))
    }
}

fn unlocked(path: &Path, error: &io::Error) {
    tracing::debug!(path = %path.display(), %error, "no lock file can be had here");
}

/// A file that is locked, and goes when the lock goes.
#[derive(Debug)]
struct Lock {
    file: File,
    path: PathBuf,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: whoever waits for it finds that it is gone, and begins anew.
        if cfg!(unix) {
            drop(fs::remove_file(&self.path));
        }
        drop(self.file.unlock());
    }
}

/// Locks the file, once nobody else does.
async fn lock(path: &Path) -> io::Result<Lock> {
    let mut delay = FIRST;
    loop {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) if is_still(&file, path) => {
                return Ok(Lock {
                    file,
                    path: path.to_owned(),
                });
            }
            Ok(()) => continue,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        sleep(delay).await;
        delay = (delay * 2).min(MOST);
    }
}

/// Whether the path still leads to the file: who held the lock before may have removed it.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if same(&a, &b))
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

/// Makes sure of a folder that only this user can write to.
#[cfg(unix)]
fn own_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Whoever may change the mode is the owner, or may do anything.
    let there = fs::symlink_metadata(folder)?;
    if !there.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory"));
    }
    if there.mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    let probe = tempfile::tempfile_in(folder)?;
    match probe.metadata()?.uid() == there.uid() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is another user's")),
    }
}

#[cfg(not(unix))]
fn own_folder(folder: &Path) -> io::Result<()> {
    // What lies below a user's profile is the user's own.
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn place(name: &str) -> Place {
        Place {
            address: "https://api.example/v1".into(),
            team: Some("te1".into()),
            noun: "shared drive",
            name: name.into(),
        }
    }

    /// The turns of a process that shares its folder with others.
    fn process(folder: &tempfile::TempDir) -> Turns {
        Turns::within(vec![folder.path().join("turns")])
    }

    async fn enter(turns: &Turns, place: &Place) -> Turn {
        turns.enter(place, &Cancel::new(), Instant::now() + HOUR).await.unwrap()
    }

    async fn is_free(turns: &Turns, place: &Place) -> bool {
        let soon = Instant::now() + Duration::from_secs(2);
        turns.enter(place, &Cancel::new(), soon).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_process_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (process(&folder), process(&folder));
        let turn = enter(&one, &place("a")).await;
        assert!(turn.is_exclusive());
        assert!(!is_free(&other, &place("a")).await);
        assert!(!is_free(&one, &place("a")).await);
        drop(turn);
        assert!(is_free(&other, &place("a")).await);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_same_waits() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (process(&folder), process(&folder));
        let _turn = enter(&one, &place("a")).await;
        let elsewhere = |change: fn(&mut Place)| {
            let mut place = place("a");
            change(&mut place);
            place
        };
        for place in [
            place("b"),
            elsewhere(|place| place.address.push('x')),
            elsewhere(|place| place.team = Some("te2".into())),
            elsewhere(|place| place.noun = "snapshot"),
        ] {
            assert!(is_free(&other, &place).await, "{place:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_waited_gets_the_file_that_the_next_ones_see() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two, three) = (process(&folder), process(&folder), process(&folder));
        let turn = enter(&one, &place("a")).await;
        let waiting = tokio::spawn(async move { enter(&two, &place("a")).await });
        sleep(Duration::from_secs(5)).await;
        drop(turn);
        let held = waiting.await.unwrap();
        assert!(!is_free(&three, &place("a")).await);
        drop(held);
        assert!(is_free(&three, &place("a")).await);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_hears_the_user_and_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (process(&folder), process(&folder));
        let _turn = enter(&one, &place("a")).await;
        for turns in [&one, &other] {
            let cancel = Cancel::new();
            let start = Instant::now();
            let place = place("a");
            let (entered, ()) = tokio::join!(turns.enter(&place, &cancel, start + HOUR), async {
                sleep(Duration::from_secs(3)).await;
                cancel.cancel();
            });
            assert_eq!(entered.unwrap_err(), NotEntered::Interrupted);
            assert_eq!(start.elapsed(), Duration::from_secs(3));
            let late = turns.enter(&place, &Cancel::new(), Instant::now() + FIRST).await;
            assert_eq!(late.unwrap_err(), NotEntered::TimedOut);
        }
    }

    #[tokio::test]
    async fn without_a_team_or_a_folder_a_turn_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = Place {
            team: None,
            ..place("a")
        };
        assert!(!enter(&process(&folder), &nobody).await.is_exclusive());
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let nowhere = Turns::within(vec![file.join("below"), file.clone()]);
        assert!(!enter(&nowhere, &place("a")).await.is_exclusive());
        let second = Turns::within(vec![file, folder.path().join("turns")]);
        assert!(enter(&second, &place("a")).await.is_exclusive());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_folder_is_the_users_alone_and_empty_afterwards() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let turns = process(&folder);
        let path = folder.path().join("turns");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let turn = enter(&turns, &place("a")).await;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        drop(turn);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(!enter(&Turns::within(vec![link]), &place("a")).await.is_exclusive());
    }

    #[test]
    fn lock_files_belong_to_the_user() {
        let home = |name: &str| match name {
            "HOME" => Some(PathBuf::from("/home/ada")),
            "USER" => Some(PathBuf::from("ada")),
            _ => None,
        };
        let found = folders(home);
        let temporary = std::env::temp_dir().join("terraform-provider-paperspace-ada");
        assert_eq!(found.last(), Some(&temporary));
        if cfg!(unix) {
            assert_eq!(found[0], Path::new("/home/ada/.cache/terraform-provider-paperspace"));
            let cached = folders(|name| match name {
                "XDG_CACHE_HOME" => Some(PathBuf::from("/cache")),
                other => home(other),
            });
            assert_eq!(cached[0], Path::new("/cache/terraform-provider-paperspace"));
            let relative = folders(|name| (name == "HOME").then(|| PathBuf::from("here")));
            assert_eq!(relative.len(), 1);
        }
    }

    #[test]
    fn file_names_are_the_same_in_every_build() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert!(place("../a/b").file().unwrap().starts_with("shared-drive-"));
    }
}
