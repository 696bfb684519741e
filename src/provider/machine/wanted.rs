//! What stands in the way of a machine: what is said of its type, its region and its template, as far as the API tells. Pure.

use super::wishes::Pair;
use crate::api::Template;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::likeness::nearest;
use crate::provider::region;
use crate::provider::templates::{Offer, offer};

/// How many other machine types are asked about when one is not available.
const ALTERNATIVES: usize = 4;

/// What is wanted, as far as it is known.
pub(super) struct Wanted<'a> {
    pub machine_type: &'a str,
    pub region: Option<&'a str>,
    pub template: Option<&'a Template>,
    /// The machine types that any template is for; none where that is not known.
    pub known_types: &'a [String],
    /// The argument that names the machine type.
    pub argument: &'static str,
}

impl<'a> Wanted<'a> {
    /// Whether the template is for the machine type.
    fn offer(&self) -> Offer {
        let offers = self
            .template
            .map(|template| template.available_machine_types.as_slice());
        let listed = offers.unwrap_or_default().iter();
        offer(
            listed.map(|offer| (&*offer.machine_type_label, offer.is_available)),
            self.machine_type,
        )
    }

    /// Where the template is, if that is not where the machine is to be.
    fn other_region(&self) -> Option<(&'a Template, &'a str)> {
        let (template, region) = (self.template?, self.region?);
        let its = template.region.as_deref()?;
        (region::slug(its) != region::slug(region)).then_some((template, its))
    }

    /// Why a create need not be asked for, in a few words.
    pub(super) fn misfit(&self) -> Option<&'static str> {
        match self.offer() {
            _ if self.other_region().is_some() => Some("the template is in another region"),
            Offer::ForOthers => Some("the template is not offered for this type"),
            Offer::Unavailable => Some("the template is not offered for this type at the moment"),
            Offer::Offered | Offer::Unknown => None,
        }
    }

    /// What is said of a machine type that no template is for: it is mistyped, or so new that this is no error. It is one
    /// where the template of a new machine is for others.
    pub(super) fn unknown_type(&self, is_new: bool) -> Option<Diagnostic> {
        let is_known = |label: &String| label.eq_ignore_ascii_case(self.machine_type);
        if self.known_types.is_empty() || self.known_types.iter().any(is_known) {
            return None;
        }
        let nearest = nearest(
            self.machine_type,
            self.known_types.iter().map(String::as_str),
            ALTERNATIVES,
        );
        let detail = format!(
            "Paperspace has no template for a machine type \"{}\", so it is most likely mistyped. Named most alike are {}. \
             Which types a template is for is told by the data source `paperspace_templates`.",
            self.machine_type,
            nearest.join(", ")
        );
        let told = match is_new && self.offer() == Offer::ForOthers {
            true => Diagnostic::error("Unknown Machine Type", detail),
            false => Diagnostic::warning("Machine Type Possibly Unknown", detail),
        };
        Some(told.at(self.argument))
    }

    /// What is said where machines in the region cannot be made from the template.
    pub(super) fn elsewhere(&self) -> Option<Diagnostic> {
        let (template, its) = self.other_region()?;
        let detail = format!(
            "The template \"{}\" ({}) is in {its}, so no machine in {} can be made from it. Choose another template or region.",
            template.title(),
            template.id,
            self.region.unwrap_or_default()
        );
        Some(Diagnostic::error("Template Is in Another Region", detail).at("template_id"))
    }

    /// What is said where the template is not for the machine type.
    pub(super) fn unfit(&self, is_new: bool) -> Option<Diagnostic> {
        let template = self.template?;
        let offer = self.offer();
        if matches!(offer, Offer::Offered | Offer::Unknown) {
            return None;
        }
        let detail = format!(
            "The template \"{}\" ({}) is not offered for the machine type {}. It is offered for {}.",
            template.title(),
            template.id,
            self.machine_type,
            listed(&offered(template).collect::<Vec<_>>())
        );
        let told = match is_new && offer == Offer::ForOthers {
            true => Diagnostic::error("Template Does Not Fit the Machine Type", detail),
            false => Diagnostic::warning("Template Possibly Does Not Fit the Machine Type", detail),
        };
        Some(told.at(self.argument))
    }

    /// What is said where there is none at the moment: with other regions that have the type, and other types that the
    /// region has.
    pub(super) fn unavailable(&self, region: &str, regions: &[&str], types: &[&str]) -> Diagnostic {
        let machine_type = self.machine_type;
        let regions = match regions {
            [] => "No other region has it.".to_owned(),
            regions => format!("It is available in {}.", regions.join(", ")),
        };
        let types = match types {
            [] => String::new(),
            types => format!(" In {region} there are {}.", types.join(", ")),
        };
        Diagnostic::warning(
            "Machine Type Not Available",
            format!(
                "Paperspace has no {machine_type} available in {region} at the moment, so this will probably fail. {regions}\
                 {types} `machine_types` and `regions` name several, of which the first that can be had is taken."
            ),
        )
        .at(self.argument)
    }

    /// Machine types to look for instead: those that the template is offered for and that are named most alike.
    pub(super) fn alternatives(&self) -> Vec<&'a str> {
        let types = self.template.into_iter().flat_map(offered);
        let others = types.filter(|label| !label.eq_ignore_ascii_case(self.machine_type));
        nearest(self.machine_type, others, ALTERNATIVES)
    }
}

/// What is said where each of several machines that would do has something in its way: an error where each has an error.
pub(super) fn none_passes(failing: Vec<(&Pair, Diagnostics)>, argument: &'static str) -> Diagnostics {
    if failing.len() < 2 {
        return failing.into_iter().flat_map(|(_, found)| found).collect();
    }
    let reasons = failing.iter().map(|(pair, found)| {
        let found: Vec<_> = found.iter().map(|diagnostic| diagnostic.summary.as_str()).collect();
        format!("  {pair}: {}", found.join(", "))
    });
    let reasons: Vec<_> = reasons.collect();
    let detail = format!(
        "None of the machines that would do can be had at the moment, as far as Paperspace tells:\n{}\n\nName further machine \
         types or regions, choose another template, or try again later.",
        reasons.join("\n")
    );
    let is_error = failing.iter().all(|(_, found)| found.has_errors());
    let told = match is_error {
        true => Diagnostic::error("None of the Machines Can Be Had", detail),
        false => Diagnostic::warning("None of the Machines Can Be Had", detail),
    };
    told.at(argument).into()
}

/// The machine types that the template is offered for.
fn offered(template: &Template) -> impl Iterator<Item = &str> {
    let offers = template.available_machine_types.iter();
    let offers = offers.filter(|offer| offer.is_available != Some(false));
    offers.map(|offer| &*offer.machine_type_label)
}

fn listed(types: &[&str]) -> String {
    if types.is_empty() {
        "no machine type at the moment".to_owned()
    } else {
        types.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::MachineTypeOffer;
    use crate::diag::Severity;

    fn template(types: &[(&str, bool)], region: Option<&str>) -> Template {
        let offer = |(label, is_available): &(&str, bool)| MachineTypeOffer {
            machine_type_label: (*label).into(),
            is_available: Some(*is_available),
        };
        Template {
            id: "t1".to_owned(),
            name: None,
            is_public: None,
            agent_type: None,
            operating_system_label: None,
            region: region.map(str::to_owned),
            default_size_gb: None,
            parent_machine_id: None,
            dt_created: None,
            dt_deleted: None,
            available_machine_types: types.iter().map(offer).collect(),
        }
    }

    #[test]
    fn a_machine_type_that_no_template_is_for_is_blamed_and_the_nearest_named() {
        let known = ["C5", "A4000", "A4000x2", "P4000", "A100"].map(str::to_owned);
        let (for_some, for_none) = (template(&[("C5", true), ("A4000", true)], None), template(&[], None));
        for (machine_type, template, is_new, told) in [
            ("a4000", Some(&for_some), true, None),
            ("P4000", Some(&for_some), true, None),
            ("A40000", Some(&for_some), true, Some(Severity::Error)),
            ("A40000", Some(&for_some), false, Some(Severity::Warning)),
            ("A40000", Some(&for_none), true, Some(Severity::Warning)),
            ("A40000", None, true, Some(Severity::Warning)),
        ] {
            let wanted = Wanted {
                machine_type,
                region: None,
                template,
                known_types: &known,
                argument: "machine_type",
            };
            let diagnostic = wanted.unknown_type(is_new);
            assert_eq!(
                diagnostic.as_ref().map(|told| told.severity),
                told,
                "{machine_type}, {is_new}"
            );
            if let Some(diagnostic) = diagnostic {
                let title = match diagnostic.is_error() {
                    true => "Unknown Machine Type",
                    false => "Machine Type Possibly Unknown",
                };
                assert_eq!(diagnostic.summary, title);
                assert_eq!(diagnostic.path, Some("machine_type".into()));
                let expected = "machine type \"A40000\", so it is most likely mistyped. Named most alike are A4000, ";
                assert!(diagnostic.detail.contains(expected), "{}", diagnostic.detail);
            }
        }
        let nothing_listed = Wanted {
            machine_type: "A40000",
            region: None,
            template: None,
            known_types: &[],
            argument: "machine_type",
        };
        assert_eq!(nothing_listed.unknown_type(true), None);
    }

    #[test]
    fn a_pair_that_the_template_rules_out_is_no_use_asking_for() {
        let bound = template(&[("C5", true), ("P4000", false)], Some("East Coast (NY2)"));
        let free = template(&[], None);
        for (machine_type, region, template, misfit) in [
            ("c5", Some("ny2"), Some(&bound), None),
            ("c5", None, Some(&bound), None),
            (
                "C5",
                Some("ca1"),
                Some(&bound),
                Some("the template is in another region"),
            ),
            (
                "A4000",
                Some("ny2"),
                Some(&bound),
                Some("the template is not offered for this type"),
            ),
            (
                "P4000",
                Some("ny2"),
                Some(&bound),
                Some("the template is not offered for this type at the moment"),
            ),
            ("P4000", Some("ca1"), Some(&free), None),
            ("P4000", Some("ca1"), None, None),
        ] {
            let wanted = Wanted {
                machine_type,
                region,
                template,
                known_types: &[],
                argument: "machine_types",
            };
            assert_eq!(wanted.misfit(), misfit, "{machine_type} {region:?}");
        }
    }

    #[test]
    fn a_template_that_is_not_for_the_type_is_an_error_only_where_that_is_certain_and_the_machine_new() {
        const NO: &str = "Template Does Not Fit the Machine Type";
        const PERHAPS: &str = "Template Possibly Does Not Fit the Machine Type";
        let template = template(&[("C5", true), ("P4000", false)], None);
        for (machine_type, is_new, expected) in [
            ("C5", true, None),
            ("A4000", true, Some((NO, true))),
            ("A4000", false, Some((PERHAPS, false))),
            ("P4000", true, Some((PERHAPS, false))),
            ("P4000", false, Some((PERHAPS, false))),
        ] {
            let wanted = Wanted {
                machine_type,
                region: None,
                template: Some(&template),
                known_types: &[],
                argument: "machine_type",
            };
            let told = wanted.unfit(is_new);
            let told = told.as_ref().map(|told| (told.summary.as_str(), told.is_error()));
            assert_eq!(told, expected, "{machine_type} {is_new}");
        }
    }

    #[test]
    fn that_none_of_several_passes_is_as_grave_as_the_least_of_it() {
        let pair = |machine_type: &str| Pair {
            machine_type: machine_type.to_owned(),
            region: Some("ny2".to_owned()),
        };
        let (first, second) = (pair("H100"), pair("A100"));
        let error = || Diagnostics::from(Diagnostic::error("Bad", "Bad."));
        let warning = || Diagnostics::from(Diagnostic::warning("Doubtful", "Doubtful."));
        assert!(none_passes(Vec::new(), "machine_types").is_empty());
        assert_eq!(none_passes(vec![(&first, warning())], "machine_types"), warning());
        for (found, severity) in [
            ([error(), error()], Severity::Error),
            ([error(), warning()], Severity::Warning),
            ([warning(), warning()], Severity::Warning),
        ] {
            let summaries: Vec<_> = found.iter().flatten().map(|found| found.summary.clone()).collect();
            let [one, two] = found;
            let told: Vec<_> = none_passes(vec![(&first, one), (&second, two)], "machine_types")
                .into_iter()
                .collect();
            let [told] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((told.severity, &told.path), (severity, &Some("machine_types".into())));
            for (pair, summary) in ["H100 in ny2", "A100 in ny2"].iter().zip(&summaries) {
                assert!(told.detail.contains(&format!("  {pair}: {summary}")), "{}", told.detail);
            }
        }
    }
}
