//! How a panic is reported.
//!
//! The host watches what a plugin writes to standard error for a line that begins with `panic: `, Go's way of putting
//! it, and shows from there on what follows to the user, even where no log was asked for. Rust's own wording would pass
//! unnoticed.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic;

use crate::diag::panic::message;

/// Makes panics of this process be reported in the form that the host recognises.
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        let report = report(message(info.payload()), place.as_deref(), backtrace.as_deref());
        // In one piece, so that no other line comes in between; and where it cannot be written, nobody reads it.
        _ = std::io::stderr().lock().write_all(report.as_bytes());
    }));
}

fn report(message: &str, place: Option<&str>, backtrace: Option<&str>) -> String {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let place = place.unwrap_or("an unknown place");
    let backtrace = backtrace.unwrap_or("Set RUST_BACKTRACE=1 for a backtrace.\n");
    format!("panic: {message}\n\n{name} {version}, at {place}\n{backtrace}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_begins_as_one_of_go_does() {
        let report = report("index out of bounds", Some("src/a.rs:1:2"), None);
        assert!(report.starts_with("panic: index out of bounds\n\n"), "{report}");
        assert!(report.contains("at src/a.rs:1:2\n"), "{report}");
    }
}
