//! What an action says on its way: a line at each change of a machine's state, and one every ten seconds in which nothing
//! changes. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// So long nothing is said at most.
const SILENCE: Duration = Duration::from_secs(10);
/// So many machines are named in one line.
const NAMED: usize = 5;

/// What was said so far.
#[derive(Debug)]
pub(super) struct Journal {
    /// What is waited for, as in "Waiting for 3 machines to be off".
    goal: &'static str,
    /// The machines that are not done yet, with the state that each was last seen in.
    under_way: BTreeMap<String, Option<String>>,
    /// When something was last said.
    last: Duration,
}

impl Journal {
    pub(super) fn new<'a>(goal: &'static str, machines: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            goal,
            under_way: machines.into_iter().map(|id| (id.to_owned(), None)).collect(),
            last: Duration::ZERO,
        }
    }

    /// A machine is seen in a state.
    pub(super) fn sees(&mut self, id: &str, state: &str, at: Duration) -> Option<String> {
        let known = self.under_way.get_mut(id)?;
        if known.as_deref() == Some(state) {
            return None;
        }
        *known = Some(state.to_owned());
        Some(self.says(format!("machine {id} is {state}"), at))
    }

    /// A line of its own.
    pub(super) fn says(&mut self, line: String, at: Duration) -> String {
        self.last = at;
        format!("{line} ({})", told(at))
    }

    /// A machine is done with, well or not.
    pub(super) fn ends(&mut self, id: &str) {
        self.under_way.remove(id);
    }

    /// When the next line is due if nothing changes until then.
    pub(super) fn due(&self) -> Duration {
        self.last + SILENCE
    }

    /// The line for a time in which nothing has changed.
    pub(super) fn beats(&mut self, at: Duration) -> Option<String> {
        if at < self.due() {
            return None;
        }
        self.last = at;
        let count = self.under_way.len();
        if count == 0 {
            return None;
        }
        let mut named: Vec<_> = self
            .under_way
            .iter()
            .take(NAMED)
            .map(|(id, state)| format!("{id} is {}", state.as_deref().unwrap_or("not seen yet")))
            .collect();
        if count > NAMED {
            named.push(format!("and {} more", count - NAMED));
        }
        let machines = if count == 1 { "machine" } else { "machines" };
        let line = format!("waiting for {count} {machines} {}: {}", self.goal, named.join(", "));
        Some(self.says(line, at))
    }
}

fn told(at: Duration) -> String {
    humantime::format_duration(Duration::from_secs(at.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_line_comes_with_each_change_and_with_no_repetition() {
        let mut journal = Journal::new("to be off", ["ps1", "ps2"]);
        for (id, state, at, expected) in [
            ("ps1", "ready", 0, Some("machine ps1 is ready (0s)")),
            ("ps1", "ready", 2, None),
            ("ps2", "ready", 2, Some("machine ps2 is ready (2s)")),
            ("ps1", "stopping", 65, Some("machine ps1 is stopping (1m 5s)")),
            ("ps3", "off", 66, None),
        ] {
            assert_eq!(
                journal.sees(id, state, seconds(at)).as_deref(),
                expected,
                "{id} {state}"
            );
        }
        journal.ends("ps1");
        assert_eq!(journal.sees("ps1", "off", seconds(70)), None);
    }

    #[test]
    fn ten_seconds_without_a_line_are_one() {
        let mut journal = Journal::new("to be off", ["ps1", "ps2"]);
        assert_eq!(journal.beats(seconds(9)), None);
        journal.sees("ps1", "stopping", seconds(9));
        for (at, expected) in [
            (18, None),
            (
                19,
                Some("waiting for 2 machines to be off: ps1 is stopping, ps2 is not seen yet (19s)"),
            ),
            (28, None),
            (
                29,
                Some("waiting for 2 machines to be off: ps1 is stopping, ps2 is not seen yet (29s)"),
            ),
        ] {
            assert_eq!(journal.beats(seconds(at)).as_deref(), expected, "{at}");
        }
        journal.ends("ps2");
        assert_eq!(
            journal.beats(seconds(40)).as_deref(),
            Some("waiting for 1 machine to be off: ps1 is stopping (40s)")
        );
        journal.ends("ps1");
        assert_eq!(journal.beats(seconds(60)), None);
    }

    #[test]
    fn many_machines_are_one_line() {
        let ids: Vec<_> = (1..=8).map(|number| format!("ps{number}")).collect();
        let mut journal = Journal::new("to be ready", ids.iter().map(String::as_str));
        let line = journal.beats(seconds(10)).unwrap_or_default();
        assert!(line.ends_with("ps5 is not seen yet, and 3 more (10s)"), "{line}");
    }
}
