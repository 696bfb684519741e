//! How alike two names are, for messages that guess what was meant. Pure, and not made for deciding anything.

use strsim::osa_distance;

/// How many letters of a name are compared. The work grows with their square.
const COMPARED: usize = 64;

/// How far a name is from what was asked for: less is nearer. What holds the other as a whole is nearer than what does
/// not, however much there is besides; otherwise the letters count that have to be changed. Case does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Distance {
    is_apart: bool,
    changes: usize,
}

impl Distance {
    /// From what was asked for to a name.
    pub(super) fn between(wanted: &str, name: &str) -> Self {
        let compared = |text: &str| text.chars().take(COMPARED).collect::<String>().to_lowercase();
        let (wanted, name) = (compared(wanted), compared(name));
        Self {
            is_apart: !wanted.contains(&name) && !name.contains(&wanted),
            changes: osa_distance(&wanted, &name),
        }
    }
}

/// The names that are most alike to what was asked for, the nearest first, and of those equally near in the order of the
/// alphabet.
pub(super) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut names: Vec<_> = names
        .into_iter()
        .map(|name| (Distance::between(wanted, name), name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().take(most).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: [&str; 9] = [
        "C5", "C7", "P4000", "P4000x2", "A4000", "A5000", "A100", "A100-80G", "H100",
    ];

    #[test]
    fn what_was_most_likely_meant_comes_first() {
        for (wanted, expected) in [
            ("A40000", "A4000"),
            ("a4000x", "A4000"),
            ("A400", "A4000"),
            ("P400x2", "P4000x2"),
            ("A100-80", "A100-80G"),
            ("4A000", "A4000"),
            ("H1OO", "H100"),
            ("c-5", "C5"),
        ] {
            assert_eq!(nearest(wanted, TYPES, 1), [expected], "{wanted}");
        }
        assert_eq!(
            nearest("Ubuntu 22.04", ["Ubuntu 20.04", "Windows 10", "Ubuntu 22.04 Server"], 2),
            ["Ubuntu 22.04 Server", "Ubuntu 20.04"]
        );
    }

    #[test]
    fn each_is_named_once_and_no_more_than_asked_for() {
        assert_eq!(nearest("C6", ["C7", "C5", "C7", "C5"], 3), ["C5", "C7"]);
        assert_eq!(nearest("C6", ["C7", "C5"], 1), ["C5"]);
        assert!(nearest("C6", [], 3).is_empty());
        let long = "\u{1f600}".repeat(100_000);
        assert_eq!(nearest(&long, [long.as_str()], 1), [long.as_str()]);
    }

    #[test]
    fn what_holds_the_other_is_nearer_than_what_takes_fewer_changes() {
        let (inside, beside) = (Distance::between("ML", "ML-in-a-Box"), Distance::between("ML", "MK"));
        assert!(inside < beside && inside.changes > beside.changes);
        assert_eq!(Distance::between("ubuntu", "UBUNTU").changes, 0);
    }
}
