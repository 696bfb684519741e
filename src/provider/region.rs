//! Regions and their spellings.
//!
//! Paperspace takes and gives a region as a label, `East Coast (NY2)`, or as a slug, `ny2`. What is sent is what was
//! written; for comparison both come down to the slug.

use std::borrow::Cow;

use crate::diag::Diagnostic;
use crate::value::Value;

/// The regions that this version knows. The service may have more: none is refused for not standing here.
pub const KNOWN: &[&str] = &["East Coast (NY2)", "West Coast (CA1)", "Europe (AMS1)"];

/// The slug of a region in any spelling, in lower case.
pub fn slug(region: &str) -> Cow<'_, str> {
    let region = region.trim();
    let inner = region.strip_suffix(')').and_then(|region| region.rsplit_once('('));
    let slug = inner.map_or(region, |(_, slug)| slug).trim();
    if slug.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(slug.to_ascii_lowercase())
    } else {
        Cow::Borrowed(slug)
    }
}

/// Whether two values name the same region.
pub fn same(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if slug(a) == slug(b))
}

/// Whether the region is one that this version knows.
pub fn is_known(region: &str) -> bool {
    let region = slug(region);
    KNOWN.iter().any(|known| slug(known) == region)
}

/// A warning where the region is not one that this version knows.
pub fn unknown_warning(region: &str) -> Option<Diagnostic> {
    (!is_known(region)).then(|| {
        Diagnostic::warning(
            "Unknown Region",
            format!(
                "\"{region}\" is not a region that this version of the provider knows; these are {}. It is sent to Paperspace as \
                 it is written, which refuses it if it is a mistake.",
                KNOWN.join(", ")
            ),
        )
        .at("region")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_down_to_the_slug() {
        for spelling in ["ny2", "NY2", "East Coast (NY2)", " east coast ( ny2 ) "] {
            assert_eq!(slug(spelling), "ny2", "{spelling}");
        }
        assert!(same(&Value::string("Europe (AMS1)"), &Value::string("ams1")));
        assert!(!same(&Value::string("Europe (AMS1)"), &Value::string("ny2")));
    }

    #[test]
    fn an_unknown_region_is_only_unknown() {
        assert!(is_known("CA1"));
        assert!(!is_known("Asia (SG1)"));
        assert_eq!(slug("Asia (SG1)"), "sg1");
    }
}
