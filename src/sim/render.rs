//! How values that several kinds have are written in answers, in the forms that the quirks ask for.

use serde_json::{Value, json};

use super::catalog;
use super::quirks::{NumberForm, Quirks, RegionForm};

/// What a GB is here.
pub(crate) const GIB: u64 = 1 << 30;

/// A count of bytes.
pub(crate) fn bytes(count: u64, quirks: &Quirks) -> Value {
    match quirks.numbers {
        NumberForm::Strings => json!(count.to_string()),
        NumberForm::Numbers => json!(count),
    }
}

/// A region, from its slug.
pub(crate) fn region(slug: &str, quirks: &Quirks) -> Value {
    match (quirks.regions, catalog::region(slug)) {
        (RegionForm::Label, Some(region)) => json!(region.label),
        _ => json!(slug),
    }
}
