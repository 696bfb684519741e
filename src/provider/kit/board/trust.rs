//! Whether a listing is relied on after it has failed: pure, the time comes in.
//!
//! A failure fails nobody, for each can ask for itself. One may be a stray, so the next listing is tried as if nothing had
//! been; two in a row are none, and then the listing is left alone for a while.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row are believed.
const BELIEVED: u32 = 2;
/// How long a listing that fails is left alone. Afterwards one failure more is enough.
pub(super) const LEFT_ALONE: Duration = Duration::from_secs(30);

/// How the listings of a kind have gone lately.
#[derive(Debug, Default)]
pub(super) struct Trust {
    failures: u32,
    lost: Option<Instant>,
}

impl Trust {
    /// A page came.
    pub(super) fn came(&mut self) {
        *self = Self::default();
    }

    /// It became known now that a page does not come.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= BELIEVED {
            self.lost = Some(now);
        }
    }

    /// Whether the listing is left alone now.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.lost
            .is_some_and(|lost| now.saturating_duration_since(lost) < LEFT_ALONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_failure_in_a_row_is_believed_for_a_while() {
        let mut trust = Trust::default();
        let now = Instant::now();
        trust.failed(now);
        assert!(!trust.is_lost(now));
        trust.failed(now);
        assert!(trust.is_lost(now) && trust.is_lost(now + LEFT_ALONE / 2));
        assert!(!trust.is_lost(now + LEFT_ALONE));
        // It is still the same row.
        trust.failed(now + LEFT_ALONE);
        assert!(trust.is_lost(now + LEFT_ALONE));
    }

    #[test]
    fn a_page_that_comes_ends_the_row() {
        let mut trust = Trust::default();
        let now = Instant::now();
        trust.failed(now);
        trust.came();
        trust.failed(now);
        assert!(!trust.is_lost(now));
        trust.failed(now);
        trust.came();
        assert!(!trust.is_lost(now));
    }
}
