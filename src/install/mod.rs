//! Putting the provider where Terraform and OpenTofu look for plugins on this computer, and taking it away again.
//!
//! Both look into one directory without being told to, and there into the folder of a host of their own, so the program
//! is put below both hosts. What is there already is never overwritten unasked, and a file comes into being whole or not
//! at all: Terraform may be reading the directory at the same time.
//!
//! It must not know anything else of the crate: it copies a program, whatever that does.

pub mod names;
mod report;
mod settings;

use std::error;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use names::{HOSTS, Platform};
pub use report::Report;

/// What a person asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Another plugin directory than the one that is looked into by itself.
    pub directory: Option<PathBuf>,
    /// Whether to overwrite or remove a provider of the same version that is another build than this one.
    pub force: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// Another build was there before.
    Replaced,
    /// It was there already.
    Unchanged,
    /// It is there no more.
    Removed,
}

/// Why the provider could not be installed or removed.
#[derive(Debug)]
pub enum Error {
    /// The system does not say where the user's own files are.
    NoHome,
    /// Another build of this version is there, and nobody said to overwrite or remove it.
    OtherBuild {
        /// The other build.
        file: PathBuf,
        /// What was not done to it.
        verb: &'static str,
    },
    /// Something is there that is no regular file: a directory, or a pipe or device, to read from which may never end.
    NotAFile(PathBuf),
    /// The system refused something.
    Refused {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoHome => write!(
                f,
                "there is no home directory to find the plugin directory in; name one with --dir"
            ),
            Self::OtherBuild { file, verb } => write!(
                f,
                "{} is another build of this version, and was not {verb}; nothing was changed. Use --force to have it {verb}",
                file.display()
            ),
            Self::NotAFile(path) => write!(
                f,
                "{} is no regular file, so it was not read; nothing was changed. Move it away, or name another directory \
                 with --dir",
                path.display()
            ),
            Self::Refused { action, path, .. } => write!(f, "cannot {action} {}", path.display()),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(source),
            Self::NoHome | Self::OtherBuild { .. } | Self::NotAFile(_) => None,
        }
    }
}

/// Tells what was tried, and with what, when the system refused it.
fn refused(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Refused { action, path, source }
}

/// A plugin directory.
struct Directory {
    path: PathBuf,
    /// Whether it is looked into without being named in a configuration file.
    implied: bool,
}

impl Directory {
    fn find(options: &Options) -> Result<Self, Error> {
        Ok(match &options.directory {
            Some(path) => Self {
                path: std::path::absolute(path).map_err(refused("find", path))?,
                implied: false,
            },
            None => Self {
                path: settings::folder().ok_or(Error::NoHome)?.join("plugins"),
                implied: true,
            },
        })
    }

    /// The files of the provider, one for each host.
    fn files(&self, source: &str) -> [PathBuf; 2] {
        HOSTS.map(|host| self.path.join(Platform::current().place(host, source)))
    }

    /// Removes the directories that hold nothing any more, from a file that was removed upwards.
    ///
    /// A directory that somebody named stays. The one that is looked into by itself goes, and so does its parent: were it
    /// left behind empty, OpenTofu would go on looking there for what it keeps elsewhere when it finds none.
    fn prune(&self, file: &Path) {
        let stop = if self.implied {
            self.path.ancestors().nth(2)
        } else {
            Some(self.path.as_path())
        };
        for folder in file.ancestors().skip(1) {
            // A directory that still holds something cannot be removed, nor can then any above it.
            if Some(folder) == stop || fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// Puts a program, this one as a rule, into a plugin directory.
pub fn install(address: &str, program: &Path, options: &Options) -> Result<Report, Error> {
    let source = names::source(address);
    let directory = Directory::find(options)?;
    let content = read(program)?
        .ok_or(ErrorKind::NotFound.into())
        .map_err(refused("read", program))?;
    let mut changes = Vec::new();
    for file in directory.files(source) {
        let change = match compare(&file, &content)? {
            None => Change::Added,
            Some(true) => Change::Unchanged,
            Some(false) if options.force => Change::Replaced,
            Some(false) => return Err(Error::OtherBuild { file, verb: "replaced" }),
        };
        changes.push((file, change));
    }
    for (file, change) in &changes {
        if *change != Change::Unchanged {
            write(file, &content)?;
        }
    }
    Ok(Report::installed(source, program, directory, changes))
}

/// Takes away what [`install`] put into a plugin directory.
pub fn uninstall(address: &str, program: &Path, options: &Options) -> Result<Report, Error> {
    let source = names::source(address);
    let directory = Directory::find(options)?;
    let content = read(program)?
        .ok_or(ErrorKind::NotFound.into())
        .map_err(refused("read", program))?;
    let mut changes = Vec::new();
    for file in directory.files(source) {
        match compare(&file, &content)? {
            None => {}
            Some(false) if !options.force => return Err(Error::OtherBuild { file, verb: "removed" }),
            Some(_) => changes.push((file, Change::Removed)),
        }
    }
    for (file, _) in &changes {
        fs::remove_file(file).map_err(refused("remove", file))?;
        directory.prune(file);
    }
    Ok(Report::removed(source, directory, changes))
}

/// Whether a file holds this; `None` where there is no file.
fn compare(file: &Path, content: &[u8]) -> Result<Option<bool>, Error> {
    Ok(read(file)?.map(|found| found == content))
}

/// What a regular file holds; `None` where there is nothing.
fn read(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    let content = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => fs::read(file).map(Some),
        Ok(_) => return Err(Error::NotAFile(file.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    content.map_err(refused("read", file))
}

/// Makes a file that can be executed, or replaces it, in one step.
fn write(file: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(refused("make the directory", folder))?;
    // In the same directory, so that it can be renamed, and by a name that no plugin has.
    let mut half = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        half.permissions(fs::Permissions::from_mode(0o755));
    }
    let mut half = half
        .prefix(".half-written-")
        .tempfile_in(folder)
        .map_err(refused("write into", folder))?;
    half.write_all(content)
        .and_then(|()| half.as_file().sync_all())
        .map_err(refused("write", half.path()))?;
    half.persist(file)
        .map_err(|error| refused("write", file)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
