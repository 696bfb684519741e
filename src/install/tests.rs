use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

const ADDRESS: &str = "registry.terraform.io/ns/paperspace";

/// A home, so to speak: a program to install, and a plugin directory that somebody named.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.build("one build");
        place
    }

    fn build(&self, content: &str) {
        fs::write(self.program(), content).unwrap();
    }

    fn program(&self) -> PathBuf {
        self.0.path().join("built")
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("plugins")
    }

    fn options(&self, force: bool) -> Options {
        Options {
            directory: Some(self.directory()),
            force,
        }
    }

    fn install(&self, force: bool) -> Result<Report, Error> {
        install(ADDRESS, &self.program(), &self.options(force))
    }

    fn uninstall(&self, force: bool) -> Result<Report, Error> {
        uninstall(ADDRESS, &self.program(), &self.options(force))
    }

    fn files(&self) -> [PathBuf; 2] {
        HOSTS.map(|host| self.directory().join(Platform::current().place(host, "ns/paperspace")))
    }

    /// What is in the plugin directory: the files with their content, and the directories.
    fn tree(&self) -> BTreeMap<PathBuf, Option<String>> {
        fn walk(folder: &Path, tree: &mut BTreeMap<PathBuf, Option<String>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, tree);
                    tree.insert(path, None);
                } else {
                    let content = fs::read_to_string(&path).unwrap();
                    tree.insert(path, Some(content));
                }
            }
        }
        let mut tree = BTreeMap::new();
        if self.directory().exists() {
            walk(&self.directory(), &mut tree);
        }
        tree
    }
}

fn changes(report: &Report) -> [Change; 2] {
    let changes: Vec<_> = report.changes.iter().map(|(_, change)| *change).collect();
    changes.try_into().unwrap()
}

#[test]
fn it_is_put_below_both_hosts_and_can_be_executed() {
    let place = Place::new();
    let report = place.install(false).unwrap();
    assert_eq!(changes(&report), [Change::Added; 2]);
    for file in place.files() {
        assert_eq!(fs::read_to_string(&file).unwrap(), "one build");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // What the user's mask takes away is not for others to have.
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o700, 0o700, "{mode:o}");
        }
    }
    let files = place.tree().into_values().flatten().count();
    assert_eq!(files, 2, "nothing half-written is left: {:?}", place.tree());
}

#[test]
fn the_same_build_is_left_alone() {
    let place = Place::new();
    place.install(false).unwrap();
    let before = place
        .files()
        .map(|file| fs::metadata(file).unwrap().modified().unwrap());
    let report = place.install(true).unwrap();
    assert_eq!(changes(&report), [Change::Unchanged; 2]);
    assert!(report.to_string().contains(" already:"), "{report}");
    let after = place
        .files()
        .map(|file| fs::metadata(file).unwrap().modified().unwrap());
    assert_eq!(before, after);
}

#[test]
fn another_build_is_replaced_only_by_force() {
    let place = Place::new();
    // Below the second host only: nothing may have happened to the first when it is found.
    let [_, second] = place.files();
    fs::create_dir_all(second.parent().unwrap()).unwrap();
    fs::write(&second, "another build").unwrap();
    let before = place.tree();
    let error = place.install(false).unwrap_err().to_string();
    assert!(error.contains("was not replaced; nothing was changed"), "{error}");
    assert!(error.contains(&second.display().to_string()), "{error}");
    assert_eq!(place.tree(), before);

    let report = place.install(true).unwrap();
    assert_eq!(changes(&report), [Change::Added, Change::Replaced]);
    assert!(report.to_string().contains(".terraform.lock.hcl"), "{report}");
    assert_eq!(fs::read_to_string(second).unwrap(), "one build");
}

#[test]
fn all_that_was_made_is_undone() {
    let place = Place::new();
    fs::create_dir(place.directory()).unwrap();
    place.install(false).unwrap();
    let report = place.uninstall(false).unwrap();
    assert_eq!(changes(&report), [Change::Removed; 2]);
    assert!(place.directory().is_dir(), "a directory that somebody named stays");
    assert_eq!(place.tree(), BTreeMap::new());

    let report = place.uninstall(false).unwrap();
    assert_eq!(report.changes, []);
    assert!(report.to_string().contains("nothing was removed"), "{report}");
}

#[test]
fn what_others_put_there_stays() {
    let place = Place::new();
    let other = place
        .directory()
        .join("registry.terraform.io/ns/paperspace/0.0.1/linux_amd64/other");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(&other, "other").unwrap();
    let before = place.tree();
    place.install(false).unwrap();
    place.uninstall(false).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn another_build_is_removed_only_by_force() {
    let place = Place::new();
    place.install(false).unwrap();
    let before = place.tree();
    place.build("a later build");
    let error = place.uninstall(false).unwrap_err().to_string();
    assert!(error.contains("was not removed; nothing was changed"), "{error}");
    assert_eq!(place.tree(), before);
    place.uninstall(true).unwrap();
    assert_eq!(place.tree(), BTreeMap::new());
}

#[test]
fn what_the_system_refuses_is_told_with_its_place() {
    let place = Place::new();
    fs::write(place.directory(), "a file where a directory should be").unwrap();
    let error = place.install(false).unwrap_err();
    assert!(
        error.to_string().contains(&place.directory().display().to_string()),
        "{error}"
    );
    assert!(error::Error::source(&error).is_some());
}

#[test]
fn the_directory_that_goes_without_saying_goes_when_it_is_empty() {
    let place = Place::new();
    let implied = Directory {
        path: place.0.path().join(".terraform.d").join("plugins"),
        implied: true,
    };
    let [file, _] = implied.files("ns/paperspace");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    implied.prune(&file);
    assert!(!place.0.path().join(".terraform.d").exists());
    assert!(place.0.path().is_dir());
}

#[test]
fn whoever_names_a_directory_is_told_how_it_is_looked_into() {
    let place = Place::new();
    let text = place.install(false).unwrap().to_string();
    assert!(text.contains(&format!("path    = {:?}", place.directory())), "{text}");
    assert!(text.contains("include = [\"ns/paperspace\"]"), "{text}");
    assert!(text.contains("source  = \"ns/paperspace\""), "{text}");
    let undo = format!(
        "{} uninstall --dir {}\n",
        place.program().display(),
        place.directory().display()
    );
    assert!(text.ends_with(&undo), "{text}");
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_neither_read_nor_removed() {
    use std::os::unix::fs::symlink;

    let place = Place::new();
    let [file, _] = place.files();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for made in [
        // To read from it would never end.
        symlink("/dev/zero", &file),
        fs::remove_file(&file).and_then(|()| fs::create_dir(&file)),
    ] {
        made.unwrap();
        for attempt in [place.install(true), place.uninstall(true)] {
            let error = attempt.unwrap_err().to_string();
            assert!(
                error.contains("is no regular file, so it was not read; nothing was changed"),
                "{error}"
            );
            assert!(error.contains(&file.display().to_string()), "{error}");
        }
        assert!(fs::symlink_metadata(&file).is_ok());
    }
    let error = install(ADDRESS, Path::new("/dev/zero"), &place.options(true)).unwrap_err();
    assert!(matches!(error, Error::NotAFile(_)), "{error}");
}

#[test]
fn a_link_to_the_same_build_is_as_good_as_the_file() {
    let place = Place::new();
    place.install(false).unwrap();
    let [file, _] = place.files();
    #[cfg(unix)]
    {
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(place.program(), &file).unwrap();
    }
    assert_eq!(changes(&place.install(false).unwrap()), [Change::Unchanged; 2]);
    assert!(file.exists());
}
