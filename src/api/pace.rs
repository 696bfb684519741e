//! How fast to try again and to look again.
//!
//! Pure: it makes durations and never sleeps.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The delays between attempts of one request and between looks at something that takes its time: growing from
/// `first` to `max`. Tests and simulators shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The longest that the first delay can be.
    pub first: Duration,
    /// The longest that any delay can be.
    pub max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            max: Duration::from_secs(15),
        }
    }
}

/// The longest delay that makes sense. Far longer ones no clock can add up.
const LONGEST: Duration = Duration::from_secs(60 * 60);

impl Pace {
    /// The same with delays of an hour at most.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            first: self.first.min(LONGEST),
            max: self.max.min(LONGEST),
        }
    }

    /// Delays without end: each between half and the whole of a limit that starts at `first` and doubles up to `max`.
    ///
    /// The random half spreads out clients that were refused at the same moment; `max` stays a true maximum.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let Self { first, max } = self.bounded();
        ExponentialBuilder::default()
            .with_min_delay(first.min(max) / 2)
            .with_max_delay(max / 2)
            .without_max_times()
            .with_jitter() // adds up to the delay itself once more
            .build()
            .map(move |delay| delay.min(max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_stay_within_bounds() {
        let pace = Pace {
            first: Duration::from_secs(1),
            max: Duration::from_secs(15),
        };
        let delays: Vec<f64> = pace.delays().take(8).map(|delay| delay.as_secs_f64()).collect();
        for (delay, limit) in delays.iter().zip([1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0]) {
            assert!(
                *delay >= limit / 2.0 - 0.001 && *delay <= limit,
                "{delay} is not within half of {limit} and {limit}"
            );
        }
    }

    #[test]
    fn a_first_delay_beyond_the_maximum_is_held_to_it() {
        let pace = Pace {
            first: Duration::from_secs(60),
            max: Duration::from_millis(10),
        };
        assert!(pace.delays().take(5).all(|delay| delay <= pace.max));
    }

    #[test]
    fn no_delay_is_too_long_for_a_clock() {
        let pace = Pace {
            first: Duration::MAX,
            max: Duration::MAX,
        };
        assert!(
            pace.delays()
                .take(5)
                .all(|delay| delay >= LONGEST / 2 && delay <= LONGEST)
        );
        let bounded = pace.bounded();
        assert_eq!((bounded.first, bounded.max), (LONGEST, LONGEST));
        assert_eq!(Pace::default().bounded(), Pace::default());
    }

    #[test]
    fn a_pace_of_zero_gives_no_delay() {
        let pace = Pace {
            first: Duration::ZERO,
            max: Duration::ZERO,
        };
        assert!(pace.delays().take(5).all(|delay| delay.is_zero()));
    }
}
