//! Which of the objects found is the one whose answer was lost: pure.
//!
//! An easy "this one" adopts a stranger's object, and later changes and destroys it. So an object must be new, nobody's, and
//! agree in everything that was asked for; and there must be no other that it could be as well.

use std::collections::HashSet;

use super::facts::Facts;

/// Whether an object agrees with what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// In everything.
    Agrees,
    /// As far as it goes, but the service does not yet tell all that must agree, such as the size of a disk that is still
    /// being made.
    NotTold,
    /// In something it does not.
    Differs,
}

impl From<bool> for Fit {
    fn from(agrees: bool) -> Self {
        if agrees { Self::Agrees } else { Self::Differs }
    }
}

/// An object that a listing shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The object.
    pub facts: Facts,
    /// Whether it agrees.
    pub fit: Fit,
}

/// What the objects found come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// None of them can be it.
    None,
    /// This one is it.
    This(Facts),
    /// It may be among these, which do not yet tell enough.
    Later(Vec<Facts>),
    /// It is one of these, and they cannot be told apart.
    Several(Vec<Facts>),
}

/// Chooses among the objects that a listing shows after an answer was lost. `before` are the keys that the listing before the
/// request showed, and `is_claimed` knows what other resources of this run have.
pub fn choose(before: &HashSet<String>, candidates: &[Candidate], is_claimed: impl Fn(&str) -> bool) -> Choice {
    let mut agreeing = Vec::new();
    let mut open = Vec::new();
    for Candidate { facts, fit } in candidates {
        let is_new = facts.deleted.is_none() && !before.contains(&facts.key) && !is_claimed(&facts.key);
        let kept = match fit {
            _ if !is_new => continue,
            Fit::Agrees => &mut agreeing,
            Fit::NotTold => &mut open,
            Fit::Differs => continue,
        };
        // Pages may repeat an item.
        if !kept.iter().any(|kept: &Facts| kept.key == facts.key) {
            kept.push(facts.clone());
        }
    }
    match (agreeing.as_slice(), open.is_empty()) {
        ([], true) => Choice::None,
        ([one], true) => Choice::This(one.clone()),
        ([_, _, ..], _) => Choice::Several(agreeing),
        (_, false) => Choice::Later(agreeing.into_iter().chain(open).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::Rest;
    use super::*;

    fn facts(key: &str) -> Facts {
        Facts {
            key: key.into(),
            name: Some("trainer".into()),
            created: None,
            deleted: None,
            rest: Rest::Moving,
            word: "provisioning".into(),
        }
    }

    /// `old` was there before, `taken` is claimed, `dead` is deleted.
    fn chosen(found: &[(&str, Fit)]) -> String {
        let before = HashSet::from(["old".to_owned()]);
        let candidates: Vec<_> = found
            .iter()
            .map(|(key, fit)| {
                let deleted = key.starts_with("dead").then(|| "2024-01-01T00:00:00Z".parse().unwrap());
                Candidate {
                    facts: Facts { deleted, ..facts(key) },
                    fit: *fit,
                }
            })
            .collect();
        let keys = |found: Vec<Facts>| found.into_iter().map(|facts| facts.key).collect::<Vec<_>>().join(" ");
        match choose(&before, &candidates, |key| key == "taken") {
            Choice::None => "none".into(),
            Choice::This(facts) => format!("this: {}", facts.key),
            Choice::Later(found) => format!("later: {}", keys(found)),
            Choice::Several(found) => format!("several: {}", keys(found)),
        }
    }

    #[test]
    fn only_one_that_is_new_and_nobodys_and_agrees_is_chosen() {
        use Fit::{Agrees, Differs, NotTold};
        for (found, expected) in [
            (&[][..], "none"),
            (&[("new", Agrees)], "this: new"),
            (&[("old", Agrees)], "none"),
            (&[("taken", Agrees)], "none"),
            (&[("dead", Agrees)], "none"),
            (&[("new", Differs)], "none"),
            (&[("new", NotTold)], "later: new"),
            (&[("old", NotTold)], "none"),
            (
                &[
                    ("old", Agrees),
                    ("taken", Agrees),
                    ("dead", Agrees),
                    ("new", Agrees),
                    ("other", Differs),
                ],
                "this: new",
            ),
            (&[("new", Agrees), ("new", Agrees)], "this: new"),
            (&[("a", Agrees), ("b", Agrees)], "several: a b"),
            (&[("a", Agrees), ("b", Agrees), ("c", NotTold)], "several: a b"),
            (&[("a", Agrees), ("b", NotTold)], "later: a b"),
            (&[("a", NotTold), ("b", NotTold)], "later: a b"),
            (&[("a", NotTold), ("b", Differs)], "later: a"),
        ] {
            assert_eq!(chosen(found), expected, "{found:?}");
        }
    }

    #[test]
    fn a_yes_is_a_fit_and_a_no_is_none() {
        assert_eq!(Fit::from(true), Fit::Agrees);
        assert_eq!(Fit::from(false), Fit::Differs);
    }
}
