//! The quickstart's surroundings: what it says without Terraform, and that it leaves nothing behind, whatever happens.
//! Its good course is the quickstart itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::workspace::PROVIDER;

/// A place with nothing on PATH but what a test puts there, and with a directory for temporary files of its own.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary directory can be made"));
        for name in ["bin", "tmp"] {
            fs::create_dir(place.directory(name)).expect("a directory can be made");
        }
        place
    }

    fn directory(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Puts a shell script on PATH as `terraform`.
    #[cfg(unix)]
    fn terraform(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.directory("bin").join("terraform");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a file can be written");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("a file can be made executable");
    }

    fn quickstart(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_quickstart"))
            .args(arguments)
            .env("PATH", self.directory("bin"))
            .env("TMPDIR", self.directory("tmp"))
            .env("TMP", self.directory("tmp"))
            .stdin(Stdio::null())
            .output()
            .expect("the quickstart can be started")
    }

    #[track_caller]
    fn is_clean(&self) {
        let left: Vec<_> = fs::read_dir(self.directory("tmp"))
            .expect("a directory can be read")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_terraform_it_says_where_to_get_one_and_builds_nothing() {
    let place = Place::new();
    let output = place.quickstart(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    insta::assert_snapshot!(text(&output.stderr).trim(), @"The quickstart failed: neither terraform nor tofu is on PATH; install Terraform from https://developer.hashicorp.com/terraform/install or OpenTofu from https://opentofu.org/docs/intro/install and run this again.");
    place.is_clean();
}

#[test]
fn a_program_that_was_asked_for_must_be_there() {
    let output = Place::new().quickstart(&["--cli", "no-such-program"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no-such-program"));
}

#[cfg(unix)]
#[test]
fn a_step_that_fails_ends_it_and_nothing_is_left() {
    let place = Place::new();
    place.terraform("echo this is fake $1\necho \"$TF_CLI_CONFIG_FILE\"\ncase $1 in apply) echo no >&2; exit 3;; esac");
    let output = place.quickstart(&["--provider", PROVIDER]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    for said in [
        "$ terraform plan",
        "this is fake plan",
        "this is fake apply",
        "no\n",
        "/cli.tfrc\n",
        "no machines",
    ] {
        assert!(stdout.contains(said), "{said}: {stdout}");
    }
    let provider = Path::new(PROVIDER).parent().expect("the binary is in a directory");
    assert!(stdout.contains(&provider.display().to_string()), "{stdout}");
    assert!(text(&output.stderr).contains("terraform ended with exit status: 3 at \"Apply\""));
    place.is_clean();
}

#[cfg(unix)]
#[test]
fn a_step_that_does_not_do_what_it_should_ends_it() {
    let place = Place::new();
    place.terraform("exit 0");
    let output = place.quickstart(&["--provider", PROVIDER]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("after \"Apply\", there are 0 machines instead of one"));
    place.is_clean();
}

#[cfg(unix)]
#[test]
fn when_it_is_interrupted_nothing_is_left() {
    let place = Place::new();
    // Interrupts the quickstart as Ctrl-C does, and is one that does not end by itself.
    place.terraform("kill -s INT $PPID\nkill -s TERM $PPID\nPATH=/usr/bin:/bin\nexec sleep 1000000");
    let output = place.quickstart(&["--provider", PROVIDER]);
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("Interrupted"));
    place.is_clean();
}
