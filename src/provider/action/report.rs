//! What an action says in the end: what failed, and what each machine is now. Pure.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics};

/// What went wrong with one machine.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The machine.
    pub id: String,
    /// The error.
    pub told: Diagnostic,
    /// Its reason is the machine's own, so that it does not stand for others under the same title.
    pub is_its_own: bool,
}

/// The errors, those of one reason told once, and in the first of them what each machine is now.
pub(super) fn report(failures: Vec<Failure>, now: &BTreeMap<String, String>) -> Diagnostics {
    let mut told: Vec<(Failure, Vec<String>)> = Vec::new();
    for failure in failures {
        let is_like_it = |(other, _): &&mut (Failure, Vec<String>)| {
            !failure.is_its_own && !other.is_its_own && other.told.summary == failure.told.summary
        };
        match told.iter_mut().find(is_like_it) {
            Some((_, others)) => others.push(failure.id),
            None => told.push((failure, Vec::new())),
        }
    }
    let mut now = (!now.is_empty()).then(|| states(now));
    let errors = told.into_iter().map(|(failure, others)| {
        let mut error = failure.told;
        if !others.is_empty() {
            error
                .detail
                .push_str(&format!("\n\nThe same goes for {}.", others.join(", ")));
        }
        if let Some(now) = now.take() {
            error.detail.push_str(&format!("\n\n{now}"));
        }
        error
    });
    errors.collect()
}

fn states(now: &BTreeMap<String, String>) -> String {
    let states: Vec<_> = now.iter().map(|(id, state)| format!("{id} is \"{state}\"")).collect();
    match states.as_slice() {
        [one] => format!("Now the machine {one}."),
        several => format!("Now the machines are as follows: {}.", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(id: &str, title: &str, is_its_own: bool) -> Failure {
        Failure {
            id: id.to_owned(),
            told: Diagnostic::error(title, format!("Of {id}.")),
            is_its_own,
        }
    }

    fn told(failures: Vec<Failure>, now: &[(&str, &str)]) -> Vec<(String, String)> {
        let now = now
            .iter()
            .map(|&(id, state)| (id.to_owned(), state.to_owned()))
            .collect();
        let report = report(failures, &now).into_iter();
        report.map(|error| (error.summary, error.detail)).collect()
    }

    fn pair(title: &str, detail: &str) -> (String, String) {
        (title.to_owned(), detail.to_owned())
    }

    #[test]
    fn one_reason_is_told_once_and_the_states_once() {
        let stopped = vec![
            failure("ps1", "Interrupted", false),
            failure("ps2", "Machine Is Gone", false),
            failure("ps3", "Interrupted", false),
            failure("ps4", "Interrupted", false),
        ];
        assert_eq!(
            told(stopped, &[("ps1", "ready"), ("ps3", "stopping")]),
            [
                pair(
                    "Interrupted",
                    "Of ps1.\n\nThe same goes for ps3, ps4.\n\nNow the machines are as follows: ps1 is \"ready\", ps3 is \
                     \"stopping\"."
                ),
                pair("Machine Is Gone", "Of ps2."),
            ]
        );
    }

    #[test]
    fn reasons_of_its_own_are_each_told() {
        let failed = vec![
            failure("ps1", "Gave Up", true),
            failure("ps2", "Gave Up", true),
            failure("ps3", "Gave Up", false),
        ];
        assert_eq!(
            told(failed, &[("ps1", "off")]),
            [
                pair("Gave Up", "Of ps1.\n\nNow the machine ps1 is \"off\"."),
                pair("Gave Up", "Of ps2."),
                pair("Gave Up", "Of ps3."),
            ]
        );
        assert_eq!(told(Vec::new(), &[("ps1", "off")]), []);
        assert_eq!(told(vec![failure("ps1", "A", false)], &[]), [pair("A", "Of ps1.")]);
    }
}
