//! What the service does that its reference does not promise, each switchable while the simulator runs.
//!
//! A quirk is a standing habit of the service; what goes wrong with one request on its way is a [`fault`](super::fault).
//! This module only says what can be switched. Defaults are the forms the service is known to use every day; habits
//! met now and then are off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lifecycle::Ending;

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
    /// The member is left out, or the whole answer is a 404.
    #[default]
    Missing,
    /// The member, or the whole answer, is `null`.
    Null,
}

/// When a want of capacity shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shortage {
    /// The create is refused.
    #[default]
    AtOnce,
    /// The create is accepted and its event ends in an error.
    Later,
}

/// A machine type that a region has none left of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SoldOut {
    /// The label, or `*` for every type.
    pub machine_type: String,
    /// Slug or label, or `*` for every region.
    pub region: String,
    /// When a create notices.
    #[serde(default)]
    pub shows: Shortage,
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

/// How long a deleted machine lingers.
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
}

impl Default for Lingering {
    fn default() -> Self {
        Self {
            looks: 2,
            seconds: 10,
            dated: true,
            listed: false,
        }
    }
}

/// Every habit that can be switched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quirks {
    /// How byte counts are written.
    pub numbers: NumberForm,
    /// How regions are written.
    pub regions: RegionForm,
    /// How the last page says that there is no next one.
    pub last_page: Absence,
    /// How a network that cannot be read, the default one above all, is answered.
    pub unreadable_network: Absence,
    /// So many GETs of a new machine answer 404.
    pub not_found_after_create: u32,
    /// So many listings do not show a new machine.
    pub listing_lag: u32,
    /// How long a deleted machine lingers.
    pub lingering: Lingering,
    /// Whether a change of the auto-shutdown's timeout or force alone is accepted and forgotten.
    pub sticky_auto_shutdown: bool,
    /// Whether idle machines with auto-shutdown do turn off when their time has come. Off by default, because a fast
    /// clock would switch machines off in the middle of a test.
    pub idle_shutdown: bool,
    /// Whether a machine reaches its final state only some time after its event is done.
    pub ready_after_event: bool,
    /// Machine states and the strings shown in their stead, such as `serviceready` as `warming-up`.
    pub shown_states: BTreeMap<String, String>,
    /// Agent types and the strings shown in their stead.
    pub shown_agent_types: BTreeMap<String, String>,
    /// Event states and the strings shown in their stead.
    pub shown_event_states: BTreeMap<String, String>,
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
        let found = self.sold_out.iter().find(|sold| {
            let kind = sold.machine_type == "*" || sold.machine_type.eq_ignore_ascii_case(machine_type);
            let place =
                sold.region == "*" || super::catalog::region(&sold.region).is_some_and(|region| region.slug == slug);
            kind && place
        });
        found.map(|sold| sold.shows)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_are_switched_by_json_with_defaults_for_the_rest() {
        let quirks: Quirks = serde_json::from_str(
            r#"{"numbers": "numbers", "lastPage": "null", "lingering": {"looks": 0},
                "soldOut": [{"machineType": "H100", "region": "*"}],
                "eventEndings": [{"event": "create", "ending": {"failed": "no host"}, "count": 1}]}"#,
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
        serde_json::from_str::<Quirks>(r#"{"nubmers": "numbers"}"#).unwrap_err();
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
}
