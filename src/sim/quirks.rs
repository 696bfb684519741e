//! What the service does that its reference does not promise, each switchable while the simulator runs.
//!
//! A quirk is a standing habit of the service; what goes wrong with one request on its way is a [`fault`](super::fault).
//! This module only says what can be switched. Defaults are what clients that work against the service rely on; habits
//! met now and then are off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::catalog;
use super::machine::State;
use super::machine::lifecycle::Ending;

/// How byte counts are written in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NumberForm {
    /// As decimal strings: `"8589934592"`.
    #[default]
    Strings,
    /// As numbers, as the reference has it.
    Numbers,
}

/// How regions are written in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RegionForm {
    /// `East Coast (NY2)`.
    #[default]
    Label,
    /// `ny2`.
    Slug,
}

/// How an answer says that something is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Absence {
    /// The member is left out.
    #[default]
    Missing,
    /// The member is `null`.
    Null,
}

/// Which names the `name` filter of a listing lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NameFilter {
    /// That name.
    Exact,
    /// Names that begin with it.
    Prefix,
    /// Names that hold it, in upper or lower case.
    Contains,
}

impl NameFilter {
    /// Whether the filter lets a name pass.
    pub fn passes(self, wanted: &str, name: &str) -> bool {
        match self {
            Self::Exact => name == wanted,
            Self::Prefix => name.starts_with(wanted),
            Self::Contains => name.to_lowercase().contains(&wanted.to_lowercase()),
        }
    }
}

/// The unit in which a shared drive's size is told; it is asked for in GB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DriveUnit {
    /// GB, as a number.
    #[default]
    Gigabytes,
    /// Bytes, in the form of byte counts; 2^30 of them to a GB.
    Bytes,
}

/// When a want of capacity shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shortage {
    /// The create, or the start, is refused.
    #[default]
    AtOnce,
    /// It is accepted and its event ends in an error.
    Later,
    /// It is accepted, its event ends well, and the machine stays off.
    StaysOff,
}

/// A machine type that a region has none left of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SoldOut {
    /// The label, or `*` for every type.
    pub machine_type: String,
    /// Slug or label, or `*` for every region.
    pub region: String,
    /// When it is noticed.
    #[serde(default)]
    pub shows: Shortage,
    /// Whether the question for availability is answered as if there were some left: it is of a moment ago.
    #[serde(default)]
    pub untold: bool,
}

impl SoldOut {
    fn is_about(&self, machine_type: &str, slug: &str) -> bool {
        let kind = self.machine_type == "*" || self.machine_type.eq_ignore_ascii_case(machine_type);
        kind && (self.region == "*" || catalog::region(&self.region).is_some_and(|region| region.slug == slug))
    }
}

/// How the next operations of a name end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventEnding {
    /// The event's name, such as `create` or `vm-upgrade`.
    pub event: String,
    /// How they end.
    pub ending: Ending,
    /// For how many of them; without it for all.
    #[serde(default)]
    pub count: Option<u32>,
}

/// How long a deleted machine or startup script lingers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lingering {
    /// So many GETs still find it, where time goes by looks or not at all.
    pub looks: u32,
    /// So many seconds of work it is still found, where time goes by a clock.
    pub seconds: u64,
    /// Whether its answers carry `dtDeleted`.
    pub dated: bool,
    /// Whether listings still show it.
    pub listed: bool,
    /// Whether templates, networks and drives linger too.
    pub everything: bool,
}

impl Default for Lingering {
    fn default() -> Self {
        Self {
            looks: 2,
            seconds: 10,
            dated: true,
            listed: false,
            everything: false,
        }
    }
}

/// How long answers tell of an object what was true before the last write to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Staleness {
    /// So many GETs of it.
    pub gets: u32,
    /// So many listings.
    pub listings: u32,
    /// And listings for so many seconds of work.
    pub seconds: u64,
}

/// Every habit that can be switched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quirks {
    /// How byte counts are written.
    pub numbers: NumberForm,
    /// How regions are written.
    pub regions: RegionForm,
    /// The unit of a shared drive's size.
    pub drive_unit: DriveUnit,
    /// How the last page says that there is no next one.
    pub last_page: Absence,
    /// How an address that no machine has says so.
    pub free_address: Absence,
    /// Whether a page repeats the last item of the one before.
    pub repeated_items: bool,
    /// What the `name` filters of listings let pass. Left out, startup scripts are filtered by prefix and everything
    /// else by the exact name.
    pub name_filter: Option<NameFilter>,
    /// Whether a team's default network answers 404 instead of `null`.
    pub default_network_not_found: bool,
    /// Whether a network that is no more answers `null` instead of 404.
    pub deleted_network_null: bool,
    /// So many GETs of something new answer 404.
    pub not_found_after_create: u32,
    /// So many listings do not show something new.
    pub listing_lag: u32,
    /// For so many seconds of work listings do not show something new. Where time does not go by a clock, only explicit
    /// steps carry it on.
    pub listing_lag_seconds: u64,
    /// How long answers are behind a write.
    pub staleness: Staleness,
    /// How long what was deleted lingers.
    pub lingering: Lingering,
    /// Whether a change of the auto-shutdown's timeout or force alone is accepted and forgotten.
    pub sticky_auto_shutdown: bool,
    /// Whether turning snapshots on without saying how often is refused.
    pub snapshots_need_frequency: bool,
    /// Whether idle machines with auto-shutdown do turn off when their time has come. Off by default, because a fast
    /// clock would switch machines off in the middle of a test.
    pub idle_shutdown: bool,
    /// Whether snapshots are taken by themselves as machines ask for it. Off by default for the same reason.
    pub automatic_snapshots: bool,
    /// Whether a machine reaches its final state only long after its event is done.
    pub ready_after_event: bool,
    /// Whether a machine that gives up its static address gives it back to the service.
    pub releases_static_addresses: bool,
    /// The firewall before the service refuses startup scripts whose text holds one of these words, with HTML.
    pub firewall_words: Vec<String>,
    /// Machine states and the strings shown in their stead, such as `serviceready` as `warming-up`.
    pub shown_states: BTreeMap<String, String>,
    /// Agent types and the strings shown in their stead.
    pub shown_agent_types: BTreeMap<String, String>,
    /// Event states and the strings shown in their stead.
    pub shown_event_states: BTreeMap<String, String>,
    /// By an object's name, id or address, or `*` for every machine: members of its answers and the odd values that they
    /// have.
    pub odd_fields: BTreeMap<String, Map<String, Value>>,
    /// Whether a flag that is false is told as `null`.
    pub false_as_null: bool,
    /// Whether errors come with status 200.
    pub errors_as_ok: bool,
    /// The status with which `/templates` is refused, if it is: 404 or 405.
    pub templates_off: Option<u16>,
    /// The status with which `/custom-templates` and `/os-templates` are refused, if they are.
    pub split_templates_off: Option<u16>,
    /// What is sold out where.
    pub sold_out: Vec<SoldOut>,
    /// Operations that end other than well.
    pub event_endings: Vec<EventEnding>,
}

impl Quirks {
    /// Whether, and how, a type is sold out in a region given by its slug.
    pub fn shortage(&self, machine_type: &str, slug: &str) -> Option<Shortage> {
        let mut sold_out = self.sold_out.iter();
        let found = sold_out.find(|sold| sold.is_about(machine_type, slug));
        found.map(|sold| sold.shows)
    }

    /// Whether it is told that a type is sold out in a region given by its slug.
    pub fn tells_shortage(&self, machine_type: &str, slug: &str) -> bool {
        let mut sold_out = self.sold_out.iter();
        sold_out.any(|sold| sold.is_about(machine_type, slug) && !sold.untold)
    }

    /// How the next operation of that name ends; counts it.
    pub fn take_ending(&mut self, event: &str) -> Ending {
        let matching = self
            .event_endings
            .iter_mut()
            .find(|rule| rule.event == event && rule.count != Some(0));
        let Some(rule) = matching else { return Ending::Done };
        if let Some(count) = &mut rule.count {
            *count -= 1;
        }
        rule.ending.clone()
    }

    /// The word for which the firewall refuses a script, if it does.
    pub fn firewall_word(&self, script: &str) -> Option<&str> {
        let word = self.firewall_words.iter().find(|word| script.contains(word.as_str()));
        word.map(String::as_str)
    }
}

/// How an operation ends that needs a machine which there is none of.
pub(crate) fn out_of_capacity(shows: Shortage, reason: &str) -> Option<Ending> {
    match shows {
        Shortage::AtOnce => None,
        Shortage::Later => Some(Ending::Failed(reason.to_owned())),
        Shortage::StaysOff => Some(Ending::EndsAs(State::Off)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_are_switched_by_json_with_defaults_for_the_rest() {
        let quirks: Quirks = serde_json::from_str(
            r#"{"numbers": "numbers", "lastPage": "null", "lingering": {"looks": 0},
                "soldOut": [{"machineType": "H100", "region": "*"}],
                "oddFields": {"*": {"dtDeleted": ""}},
                "eventEndings": [{"event": "create", "ending": {"failed": "no host"}, "count": 1},
                                 {"event": "start", "ending": {"endsAs": "serviceready"}}]}"#,
        )
        .unwrap();
        assert_eq!(quirks.numbers, NumberForm::Numbers);
        assert_eq!(
            quirks.lingering,
            Lingering {
                looks: 0,
                ..Lingering::default()
            }
        );
        assert_eq!(quirks.shortage("h100", "ny2"), Some(Shortage::AtOnce));
        assert_eq!(quirks.shortage("C1", "ny2"), None);
        assert_eq!(quirks.event_endings[1].ending, Ending::EndsAs(State::ServiceReady));
        serde_json::from_str::<Quirks>(r#"{"nubmers": "numbers"}"#).unwrap_err();
    }

    #[test]
    fn what_is_sold_out_may_be_untold() {
        let quirks: Quirks = serde_json::from_str(
            r#"{"soldOut": [{"machineType": "H100", "region": "East Coast (NY2)", "untold": true},
                {"machineType": "*", "region": "ca1"}]}"#,
        )
        .unwrap();
        for (machine_type, slug, shortage, told) in [
            ("h100", "ny2", true, false),
            ("A100", "ny2", false, false),
            ("H100", "ca1", true, true),
            ("H100", "ams1", false, false),
        ] {
            assert_eq!(
                quirks.shortage(machine_type, slug).is_some(),
                shortage,
                "{machine_type} {slug}"
            );
            assert_eq!(quirks.tells_shortage(machine_type, slug), told, "{machine_type} {slug}");
        }
    }

    #[test]
    fn endings_are_used_up() {
        let ending = Ending::Failed("no host".to_owned());
        let mut quirks = Quirks {
            event_endings: vec![EventEnding {
                event: "start".to_owned(),
                ending: ending.clone(),
                count: Some(1),
            }],
            ..Quirks::default()
        };
        assert_eq!(quirks.take_ending("stop"), Ending::Done);
        assert_eq!(quirks.take_ending("start"), ending);
        assert_eq!(quirks.take_ending("start"), Ending::Done);
    }

    #[test]
    fn name_filters_differ_in_what_they_let_pass() {
        use NameFilter::{Contains, Exact, Prefix};
        for (name, passing) in [
            ("add-key", vec![Exact, Prefix, Contains]),
            ("add-key-2", vec![Prefix, Contains]),
            ("Sky-Add-Key", vec![Contains]),
            ("add", vec![]),
        ] {
            let passes = [Exact, Prefix, Contains]
                .into_iter()
                .filter(|filter| filter.passes("add-key", name));
            assert_eq!(passes.collect::<Vec<_>>(), passing, "{name}");
        }
    }
}
