//! Machine types and regions in order of preference: what a plan says of them, and what a create may try. Pure.
//!
//! A list decides which machine is made. Afterwards it only says what is acceptable: the machine that there is counts, as long
//! as the list names it.

use std::fmt;

use super::model::Machine;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::region;
use crate::value::Tf;

/// A machine type in a region, as far as the region is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub machine_type: String,
    pub region: Option<String>,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{} in {region}", self.machine_type),
            None => f.write_str(&self.machine_type),
        }
    }
}

/// Whether two machine types are the same.
pub(super) fn is_same_type(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn is_same_region(a: &str, b: &str) -> bool {
    region::slug(a) == region::slug(b)
}

/// Whether the machine type is chosen from a list. Where both arguments are there, as `ignore_changes` may have it, the single
/// one counts.
fn has_types(config: &Machine) -> bool {
    config.machine_type.is_null() && !config.machine_types.is_null()
}

/// Whether the region is chosen from a list.
pub(super) fn has_regions(config: &Machine) -> bool {
    config.region.is_null() && !config.regions.is_null()
}

/// Whether anything is chosen from a list.
pub(super) fn is_a_choice(config: &Machine) -> bool {
    has_types(config) || has_regions(config)
}

/// The argument that names the machine type.
pub(super) fn type_argument(config: &Machine) -> &'static str {
    match has_types(config) {
        true => "machine_types",
        false => "machine_type",
    }
}

/// What a configuration must say of the machine type.
pub(super) fn validate(config: &Machine) -> Diagnostics {
    let has_none = config.machine_type.is_null() && config.machine_types.is_null();
    let missing = has_none.then(|| {
        Diagnostic::error(
            "Missing Machine Type",
            "A machine needs a type: set `machine_type`, or `machine_types` to several that would do, the most wanted first.",
        )
        .at("machine_type")
    });
    missing.into_iter().collect()
}

/// Plans the type and the region where they are chosen from lists. Whether the machine has to be replaced for its region.
pub(super) fn prefer(prior: Option<&Machine>, config: &Machine, planned: &mut Machine) -> bool {
    if has_types(config) {
        let prior = prior.map(|prior| &prior.machine_type);
        planned.machine_type = chosen(prior, &config.machine_types, is_same_type);
    }
    if !has_regions(config) {
        return false;
    }
    planned.region = chosen(prior.map(|prior| &prior.region), &config.regions, is_same_region);
    prior.is_some_and(|prior| prior.region != planned.region)
}

/// What is planned for what is chosen from a list: what there is, as long as the list names it; what is left to choose, where
/// nothing is tried. A prior of `None` stands for a new machine.
fn chosen(prior: Option<&Tf<String>>, list: &Tf<Vec<Tf<String>>>, is_same: fn(&str, &str) -> bool) -> Tf<String> {
    let elements = list.known().map(Vec::as_slice).unwrap_or_default();
    match prior {
        // What was never told of a machine is no reason to change it.
        Some(Tf::Null) => return Tf::Null,
        Some(Tf::Known(prior))
            if elements
                .iter()
                .any(|one| one.as_deref().is_some_and(|one| is_same(one, prior))) =>
        {
            return Tf::Known(prior.clone());
        }
        _ => {}
    }
    let is_known = list.known().is_some() && elements.iter().all(Tf::is_known);
    match elements {
        [first, rest @ ..] if is_known && (prior.is_some() || rest.is_empty()) => first.clone(),
        _ => Tf::Unknown,
    }
}

/// What a create may try, in that order: all regions for the first type, then for the next one. Nothing while a list is not
/// wholly known.
pub(super) fn pairs(planned: &Machine, config: &Machine) -> Vec<Pair> {
    let types = options(&planned.machine_type, &config.machine_types, is_same_type);
    let regions = options(&planned.region, &config.regions, is_same_region);
    let regions: Vec<_> = match regions.is_empty() {
        true => vec![None],
        false => regions.into_iter().map(Some).collect(),
    };
    let pairs = types.iter().flat_map(|machine_type| {
        regions.iter().map(|region| Pair {
            machine_type: machine_type.clone(),
            region: region.clone(),
        })
    });
    pairs.collect()
}

fn options(planned: &Tf<String>, list: &Tf<Vec<Tf<String>>>, is_same: fn(&str, &str) -> bool) -> Vec<String> {
    if let Some(planned) = planned.known() {
        return vec![planned.clone()];
    }
    let elements = list.known().map(Vec::as_slice).unwrap_or_default();
    let mut options: Vec<String> = Vec::new();
    for element in elements {
        match element.known() {
            None => return Vec::new(),
            Some(one) if options.iter().any(|other| is_same(other, one)) => {}
            Some(one) => options.push(one.clone()),
        }
    }
    options
}

/// Whether a machine could not be had for want of capacity: the service says so when it is asked again, or said so in its
/// reason. A reason that speaks of what the team may have is none that another type or region would help with.
pub(super) fn is_short(available: Option<bool>, reason: Option<&str>) -> bool {
    available == Some(false) || reason.is_some_and(speaks_of_capacity)
}

/// Whether words of the service speak of a want of capacity.
pub(super) fn speaks_of_capacity(words: &str) -> bool {
    const SHORT: [&str; 5] = [
        "capacity",
        "sold out",
        "out of stock",
        "no machines available",
        "no hosts available",
    ];
    const OTHERWISE: [&str; 2] = ["quota", "limit"];
    let words = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|one| words.contains(one));
    says(&SHORT) && !says(&OTHERWISE)
}

/// What was tried or passed over, and why nothing came of it.
#[derive(Debug, Default)]
pub(super) struct Tried(Vec<(Pair, String)>);

impl Tried {
    pub(super) fn note(&mut self, pair: Pair, why: impl Into<String>) {
        self.0.push((pair, why.into()));
    }

    fn lines(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(|(pair, why)| format!("  {pair}: {why}")).collect();
        lines.join("\n")
    }

    /// Tells of it at the end of an error.
    pub(super) fn add_to(&self, diagnostic: &mut Diagnostic) {
        if diagnostic.is_error() && !self.0.is_empty() {
            let lines = self.lines();
            diagnostic.detail.push_str(&format!(
                "\n\nThis came of the machines that would do, in that order:\n{lines}"
            ));
        }
    }

    /// The error where nothing is left to try and nothing was made.
    pub(super) fn none_left(&self, what: &str, argument: &'static str) -> Diagnostic {
        Diagnostic::error(
            "No Machine Could Be Had",
            format!(
                "Could not create {what}: Paperspace has none of the machines that would do.\n{}\n\nNothing was created. Name \
                 further machine types or regions, or apply again later.",
                self.lines()
            ),
        )
        .at(argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Tf<String> {
        Tf::Known(text.to_owned())
    }

    fn list(elements: &[&str]) -> Tf<Vec<Tf<String>>> {
        let element = |text: &&str| if *text == "?" { Tf::Unknown } else { known(text) };
        Tf::Known(elements.iter().map(element).collect())
    }

    #[test]
    fn a_plan_keeps_what_is_named_and_leaves_open_only_what_is_tried() {
        let (a, b) = (known("A4000"), known("B"));
        let missing = Tf::Null;
        for (prior, preferences, expected) in [
            // A new machine.
            (None, list(&["A4000"]), a.clone()),
            (None, list(&["A4000", "B"]), Tf::Unknown),
            (None, list(&["?"]), Tf::Unknown),
            (None, list(&["A4000", "?"]), Tf::Unknown),
            (None, Tf::Unknown, Tf::Unknown),
            // One that there is, and that is named.
            (Some(&a), list(&["B", "a4000"]), a.clone()),
            (Some(&a), list(&["?", "A4000"]), a.clone()),
            // One that is not.
            (Some(&b), list(&["A4000", "C"]), a.clone()),
            (Some(&b), list(&["A4000"]), a.clone()),
            // Not told yet whether it is.
            (Some(&b), list(&["A4000", "?"]), Tf::Unknown),
            (Some(&b), list(&["?"]), Tf::Unknown),
            (Some(&b), Tf::Unknown, Tf::Unknown),
            // Never told what it is.
            (Some(&missing), list(&["A4000"]), Tf::Null),
            (Some(&missing), Tf::Unknown, Tf::Null),
        ] {
            assert_eq!(
                chosen(prior, &preferences, is_same_type),
                expected,
                "{prior:?} {preferences:?}"
            );
        }
    }

    #[test]
    fn a_region_that_is_named_no_longer_replaces_and_single_arguments_win() {
        let there = Machine {
            machine_type: known("P4000"),
            region: known("East Coast (NY2)"),
            ..Machine::default()
        };
        for (regions, region, expected, replaces) in [
            (Tf::Null, None, "East Coast (NY2)", false),
            (list(&["ca1", "ny2"]), None, "East Coast (NY2)", false),
            (list(&["ca1", "ams1"]), None, "ca1", true),
            (list(&["ca1"]), Some("East Coast (NY2)"), "East Coast (NY2)", false),
        ] {
            let config = Machine {
                machine_type: known("P4000"),
                machine_types: list(&["A4000"]),
                region: region.map_or(Tf::Null, known),
                regions,
                ..Machine::default()
            };
            let mut planned = there.clone();
            assert_eq!(prefer(Some(&there), &config, &mut planned), replaces, "{config:?}");
            let told = (planned.machine_type.as_deref(), planned.region.as_deref());
            assert_eq!(told, (Some("P4000"), Some(expected)), "{config:?}");
        }
        let open = Machine {
            regions: Tf::Unknown,
            ..Machine::default()
        };
        assert!(
            prefer(Some(&there), &open, &mut there.clone()),
            "an unknown region replaces"
        );
        assert!(!prefer(None, &open, &mut there.clone()));
    }

    #[test]
    fn all_regions_are_tried_with_a_type_before_the_next_type_is() {
        let config = Machine {
            machine_types: list(&["H100", "A100", "h100"]),
            regions: list(&["ny2", "ca1", "East Coast (NY2)"]),
            ..Machine::default()
        };
        let told = |planned: &Machine, config: &Machine| {
            let pairs = pairs(planned, config);
            pairs.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let open = Machine {
            machine_type: Tf::Unknown,
            region: Tf::Unknown,
            ..Machine::default()
        };
        assert_eq!(
            told(&open, &config),
            ["H100 in ny2", "H100 in ca1", "A100 in ny2", "A100 in ca1"]
        );
        let fixed = Machine {
            region: known("ams1"),
            ..open.clone()
        };
        assert_eq!(told(&fixed, &config), ["H100 in ams1", "A100 in ams1"]);
        let fixed = Machine {
            machine_type: known("C5"),
            ..open.clone()
        };
        assert_eq!(told(&fixed, &config), ["C5 in ny2", "C5 in ca1"]);
        // What is not known yet is not tried.
        let partly = Machine {
            machine_types: list(&["H100", "?"]),
            ..config.clone()
        };
        assert!(told(&open, &partly).is_empty());
        let partly = Machine {
            regions: list(&["?"]),
            ..config
        };
        assert_eq!(told(&open, &partly), ["H100", "A100"]);
    }

    #[test]
    fn only_what_speaks_of_capacity_or_is_told_again_counts_as_a_want_of_it() {
        for (available, reason, expected) in [
            (Some(false), None, true),
            (Some(false), Some("No."), true),
            (Some(true), None, false),
            (None, None, false),
            (Some(true), Some("Out of capacity: no H100 is available"), true),
            (
                None,
                Some("We are currently out of Capacity for this machine type"),
                true,
            ),
            (None, Some("This type is sold out"), true),
            (None, Some("You have reached the capacity limit of your plan"), false),
            (None, Some("Your quota of GPU capacity is used up"), false),
            (None, Some("Template t1 is not available in ny2"), false),
            (Some(true), Some("The account is not in good standing"), false),
        ] {
            assert_eq!(is_short(available, reason), expected, "{available:?} {reason:?}");
        }
    }

    #[test]
    fn a_machine_needs_a_type_in_one_way_or_the_other() {
        for (machine_type, machine_types, is_missing) in [
            (Tf::Null, Tf::Null, true),
            (known("C5"), Tf::Null, false),
            (Tf::Unknown, Tf::Null, false),
            (Tf::Null, list(&["C5"]), false),
            (Tf::Null, Tf::Unknown, false),
        ] {
            let config = Machine {
                machine_type,
                machine_types,
                ..Machine::default()
            };
            assert_eq!(validate(&config).has_errors(), is_missing, "{config:?}");
        }
    }

    #[test]
    fn what_came_of_each_stands_in_the_order_in_which_it_was_tried() {
        let pair = |machine_type: &str| Pair {
            machine_type: machine_type.to_owned(),
            region: Some("ny2".to_owned()),
        };
        let mut tried = Tried::default();
        let mut error = Diagnostic::error("Refused", "No.");
        tried.add_to(&mut error);
        assert_eq!(error.detail, "No.");
        tried.note(pair("H100"), "not available");
        tried.note(pair("A100"), "refused: out of capacity");
        let lines = "  H100 in ny2: not available\n  A100 in ny2: refused: out of capacity";
        tried.add_to(&mut error);
        assert!(
            error.detail.starts_with("No.\n\n") && error.detail.ends_with(lines),
            "{}",
            error.detail
        );
        let mut warning = Diagnostic::warning("Slow", "Slow.");
        tried.add_to(&mut warning);
        assert_eq!(warning.detail, "Slow.");
        let left = tried.none_left("the machine \"trainer\"", "machine_types");
        assert!(left.is_error() && left.detail.contains(lines) && left.detail.contains("Nothing was created."));
    }
}
