//! How far requests can see a record: it may not be found yet, be told as it was before, or linger when it is gone.
//!
//! Every record has a sight, whatever its kind. Pure: the moment, the mode and the quirks come in, and looks are
//! counted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::{Now, TimeMode};
use super::quirks::{Lingering, Quirks, Staleness};

/// How far requests can see a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sight {
    /// How many more GETs do not find it yet.
    pub hidden_from_gets: u32,
    /// How many more listings do not show it yet.
    pub hidden_from_lists: u32,
    /// The work time from which on listings show it.
    pub listed_from: u64,
    /// How often it was looked at since it was deleted.
    pub looks_since_deleted: u32,
    /// Work time of the deletion, while the record still lingers after it.
    pub deleted_at: Option<u64>,
    /// What it was before the last write, for as long as answers tell that.
    pub before: Option<Before>,
}

/// What a record was before the last write to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Before {
    told: Value,
    gets: u32,
    listings: u32,
    until: u64,
}

impl Sight {
    /// The sight of a record that is made now.
    pub fn of_new(quirks: &Quirks, now: &Now) -> Self {
        Self {
            hidden_from_gets: quirks.not_found_after_create,
            hidden_from_lists: quirks.listing_lag,
            listed_from: now.work.saturating_add(quirks.listing_lag_seconds.saturating_mul(1000)),
            ..Self::default()
        }
    }

    /// The sight of a record of which requests find nothing any more.
    pub fn of_none() -> Self {
        Self {
            looks_since_deleted: u32::MAX,
            ..Self::default()
        }
    }

    /// Keeps what was told of the record before a write, for answers that are behind.
    pub fn written(&mut self, told: Value, staleness: Staleness, now: &Now) {
        self.before = Some(Before {
            told,
            gets: staleness.gets,
            listings: staleness.listings,
            until: now.work.saturating_add(staleness.seconds.saturating_mul(1000)),
        });
    }

    /// Whether a GET finds the record; counts the look.
    pub fn found(&mut self, is_deleted: bool, lingering: Option<Lingering>, mode: TimeMode, now: &Now) -> bool {
        if self.hidden_from_gets > 0 {
            self.hidden_from_gets -= 1;
            return false;
        }
        if !is_deleted {
            return true;
        }
        let lingers = lingering.is_some_and(|lingering| self.lingers(lingering, mode, now));
        self.looks_since_deleted = self.looks_since_deleted.saturating_add(1);
        lingers
    }

    /// Whether requests still find the record although it was deleted.
    pub fn lingers(&self, lingering: Lingering, mode: TimeMode, now: &Now) -> bool {
        match mode {
            TimeMode::Auto { .. } | TimeMode::Explicit => {
                let lingers = lingering.seconds.saturating_mul(1000);
                self.deleted_at
                    .is_some_and(|deleted| now.work < deleted.saturating_add(lingers))
            }
            TimeMode::PerPoll { .. } | TimeMode::Immediate => self.looks_since_deleted < lingering.looks,
        }
    }

    /// What a GET tells instead of what is; counts the look.
    pub fn told_by_get(&mut self) -> Option<Value> {
        let before = self.before.as_mut()?;
        before.gets = before.gets.checked_sub(1)?;
        Some(before.told.clone())
    }

    /// Whether a listing shows the record; of what was deleted, where listings show that at all.
    pub fn is_listed(&self, is_deleted: bool, lists_deleted: bool, now: &Now) -> bool {
        let has_come = self.hidden_from_lists == 0 && now.work >= self.listed_from;
        let is_kept = !is_deleted || lists_deleted || self.told_by_listing(now).is_some();
        has_come && is_kept
    }

    /// What a listing tells instead of what is.
    pub fn told_by_listing(&self, now: &Now) -> Option<&Value> {
        let before = self.before.as_ref()?;
        (before.listings > 0 || now.work < before.until).then_some(&before.told)
    }

    /// Counts a listing, whether it showed the record or not.
    pub fn was_listed(&mut self) {
        self.hidden_from_lists = self.hidden_from_lists.saturating_sub(1);
        if let Some(before) = &mut self.before {
            before.listings = before.listings.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(seconds: u64) -> Now {
        Now {
            work: seconds * 1000,
            stamp: String::new(),
        }
    }

    #[test]
    fn something_new_comes_into_sight() {
        let quirks = Quirks {
            not_found_after_create: 1,
            listing_lag: 1,
            listing_lag_seconds: 5,
            ..Quirks::default()
        };
        let mut sight = Sight::of_new(&quirks, &at(10));
        let get = |sight: &mut Sight| sight.found(false, None, TimeMode::Explicit, &at(10));
        assert_eq!([get(&mut sight), get(&mut sight)], [false, true]);
        assert!(
            !sight.is_listed(false, quirks.lingering.listed, &at(15)),
            "a listing has yet to miss it"
        );
        sight.was_listed();
        assert!(!sight.is_listed(false, quirks.lingering.listed, &at(14)));
        assert!(sight.is_listed(false, quirks.lingering.listed, &at(15)));
    }

    #[test]
    fn something_deleted_lingers_by_time_or_by_looks() {
        let deleted = || Sight {
            deleted_at: Some(10_000),
            ..Sight::default()
        };
        let lingering = Lingering {
            looks: 1,
            seconds: 5,
            ..Lingering::default()
        };
        let found = |sight: &mut Sight, mode, second| sight.found(true, Some(lingering), mode, &at(second));
        assert!(found(&mut deleted(), TimeMode::Explicit, 14));
        assert!(!found(&mut deleted(), TimeMode::Explicit, 15));
        let mut sight = deleted();
        let per_poll = TimeMode::PerPoll { polls: 1 };
        assert_eq!(
            [found(&mut sight, per_poll, 0), found(&mut sight, per_poll, 0)],
            [true, false]
        );
        assert!(
            !deleted().found(true, None, TimeMode::Explicit, &at(10)),
            "a kind that does not linger"
        );
        assert!(!found(&mut Sight::of_none(), per_poll, 0) && !found(&mut Sight::of_none(), TimeMode::Explicit, 0));
    }

    #[test]
    fn what_was_is_told_for_a_while() {
        let staleness = Staleness {
            gets: 1,
            listings: 1,
            seconds: 5,
        };
        let quirks = Quirks::default();
        let mut sight = Sight::default();
        sight.written(json!("before"), staleness, &at(10));
        assert_eq!(
            [sight.told_by_get(), sight.told_by_get()],
            [Some(json!("before")), None]
        );
        assert!(
            sight.is_listed(true, quirks.lingering.listed, &at(15)),
            "a listing is behind the deletion"
        );
        sight.was_listed();
        assert_eq!(sight.told_by_listing(&at(14)), Some(&json!("before")));
        assert_eq!(sight.told_by_listing(&at(15)), None);
        assert!(!sight.is_listed(true, quirks.lingering.listed, &at(15)));
    }
}
