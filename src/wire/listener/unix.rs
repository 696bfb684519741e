//! A unix socket in a directory that only this user may enter.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

use crate::wire::handshake::{Address, Place};

/// The longest path a socket can have: the least of what the systems allow, less the terminating zero.
const LONGEST_PATH: usize = 103;

/// Names that leave as much of a socket's path as possible to the directory that the user has chosen.
const DIRECTORY_PREFIX: &str = "tfpp-";
const DIRECTORY_RANDOM: usize = 8;
const SOCKET_NAME: &str = "s";

/// The bound socket. It is removed, with its directory, when this is dropped.
pub struct Socket {
    listener: UnixListener,
    address: Address,
    _directory: TempDir,
}

impl Socket {
    /// Listens in the directory that the host wants, for the group that it wants.
    pub fn bind(place: &Place) -> io::Result<Self> {
        let parent = parent(place.directory.as_deref(), &std::env::temp_dir())?;
        let directory = tempfile::Builder::new()
            .prefix(DIRECTORY_PREFIX)
            .rand_bytes(DIRECTORY_RANDOM)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let path = directory.path().join(SOCKET_NAME);
        let listener = UnixListener::bind(&path)?;
        if let Some(group) = &place.group {
            let group = group_id(group)?;
            chown(&path, None, Some(group))?;
            chown(directory.path(), None, Some(group))?;
            fs::set_permissions(&path, Permissions::from_mode(0o660))?;
            fs::set_permissions(directory.path(), Permissions::from_mode(0o710))?;
        }
        Ok(Self {
            listener,
            address: Address::Unix(path),
            _directory: directory,
        })
    }

    /// Where this listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

/// The directory in which the socket's own directory is made: the one that the host wants, else the one for temporary
/// files, else, where a path in that cannot be told or used, `/tmp`.
fn parent(wanted: Option<&Path>, temporary: &Path) -> io::Result<PathBuf> {
    let candidates = match wanted {
        Some(wanted) => vec![wanted],
        None => vec![temporary, Path::new("/tmp")],
    };
    let found = candidates.iter().find(|candidate| is_usable(candidate));
    found.map(|&found| found.to_owned()).ok_or_else(|| {
        let message = format!(
            "the path {:?} is too long for a socket, or holds characters that the handshake cannot",
            candidates[0]
        );
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

/// Whether a socket can be made below the directory, and its path be told in the line of the handshake, whose fields are
/// text and end with `|`.
fn is_usable(parent: &Path) -> bool {
    let below = DIRECTORY_PREFIX.len() + DIRECTORY_RANDOM + SOCKET_NAME.len() + 2;
    let is_told = |path: &str| path.chars().all(|letter| letter != '|' && !letter.is_control());
    parent.as_os_str().len() + below <= LONGEST_PATH && parent.to_str().is_some_and(is_told)
}

/// The number of a group that is given by number or by name.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    find_group(&fs::read_to_string("/etc/group")?, group)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group {group}")))
}

/// Looks a group up in the text of `/etc/group`: name, password, number and members, between colons.
fn find_group(groups: &str, name: &str) -> Option<u32> {
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    fn path(socket: &Socket) -> &Path {
        match socket.address() {
            Address::Unix(path) => path,
            Address::Tcp(address) => panic!("{address} is not a unix socket"),
        }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_socket_stands_in_a_private_directory_that_goes_with_it() {
        let socket = Socket::bind(&Place::default()).unwrap();
        let directory = path(&socket).parent().unwrap().to_owned();
        assert_eq!(mode(&directory), 0o700);
        assert!(path(&socket).exists());
        drop(socket);
        assert!(!directory.exists());
    }

    #[tokio::test]
    async fn the_host_can_choose_directory_and_group() {
        let parent = tempfile::tempdir().unwrap();
        let own_group = parent.path().metadata().unwrap().gid();
        let place = Place {
            directory: Some(parent.path().to_owned()),
            group: Some(own_group.to_string()),
            ports: None,
        };
        let socket = Socket::bind(&place).unwrap();
        let path = path(&socket);
        assert!(path.starts_with(parent.path()));
        assert_eq!(mode(path), 0o660);
        assert_eq!(mode(path.parent().unwrap()), 0o710);
        assert_eq!(path.metadata().unwrap().gid(), own_group);
    }

    #[test]
    fn a_temporary_directory_that_no_handshake_can_tell_of_is_passed_over() {
        let long = PathBuf::from(format!("/{}", "x".repeat(LONGEST_PATH)));
        let not_text = Path::new(OsStr::from_bytes(b"/tmp/\xff"));
        let tmp = Path::new("/tmp");
        assert_eq!(parent(None, Path::new("/var/tmp")).unwrap(), Path::new("/var/tmp"));
        assert_eq!(parent(Some(Path::new("/run")), &long).unwrap(), Path::new("/run"));
        for unusable in [long.as_path(), not_text, Path::new("/tmp/a|b"), Path::new("/tmp/a\nb")] {
            assert_eq!(parent(None, unusable).unwrap(), tmp, "{unusable:?}");
            assert!(parent(Some(unusable), tmp).is_err(), "{unusable:?}");
        }
    }

    #[test]
    fn groups_are_found_by_name() {
        let groups = "root:x:0:\nstaff:x:50:ann,bob\nbroken\n";
        assert_eq!(find_group(groups, "staff"), Some(50));
        assert_eq!(find_group(groups, "broken"), None);
        assert_eq!(find_group(groups, "sta"), None);
    }
}
