//! Where Terraform and OpenTofu keep what is the user's own, and whether their configuration files say where plugins are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder that both look into for plugins without being told to, in a home directory and on Windows in that of the
/// user's application data.
pub fn folder() -> Option<PathBuf> {
    let name = if cfg!(windows) { "terraform.d" } else { ".terraform.d" };
    home().map(|home| home.join(name))
}

fn home() -> Option<PathBuf> {
    let home = if cfg!(windows) {
        env::var_os("APPDATA").map(PathBuf::from)
    } else {
        env::home_dir()
    };
    home.filter(|home| !home.as_os_str().is_empty())
}

/// The names of the configuration files of Terraform and OpenTofu.
pub fn configuration_names() -> [&'static str; 2] {
    if cfg!(windows) {
        ["terraform.rc", "tofu.rc"]
    } else {
        [".terraformrc", ".tofurc"]
    }
}

/// The user's configuration files that name the places to look for plugins in, so that no other place is looked into.
pub fn files_that_name_places() -> Vec<PathBuf> {
    let files = match env::var_os("TF_CLI_CONFIG_FILE") {
        Some(file) => vec![PathBuf::from(file)],
        None => home().map_or_else(Vec::new, |home| {
            configuration_names().map(|name| home.join(name)).into()
        }),
    };
    files.into_iter().filter(|file| names_places(file)).collect()
}

/// What is there and is no regular file may name places: it is not read, since a pipe can be read only once and that by
/// whom it is meant for, and what a device holds may have no end.
fn names_places(file: &Path) -> bool {
    if !file.is_file() {
        return file.exists();
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .any(|line| line.trim_start().starts_with("provider_installation"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_names_places() {
        let folder = tempfile::tempdir().unwrap();
        let names = |text: &str| {
            let file = folder.path().join("rc");
            fs::write(&file, text).unwrap();
            names_places(&file)
        };
        assert!(names(
            "disable_checkpoint = true\nprovider_installation {\n  direct {}\n}\n"
        ));
        assert!(!names("# provider_installation would be a block\n"));
        assert!(!names_places(&folder.path().join("none")));
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_not_read() {
        // To read from it would never end.
        assert!(names_places(Path::new("/dev/zero")));
    }
}
