//! How long it is from one look to the next: pure.

use std::time::Duration;

use crate::api::Pace;

/// A look follows the last after this part of the time that has been waited so far: what took a minute is seen some four
/// seconds late, and the looks at something that takes an hour are no more than a few hundred.
const PART: u32 = 14;
/// So often at most the distance doubles where the service asks for fewer requests.
pub(super) const MOST_DOUBLINGS: u32 = 3;

/// The bounds between which looks follow one another: 2 and 14 seconds at the default pace, which leaves a second for the
/// answers of what is to be seen within 15.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tempo {
    least: Duration,
    most: Duration,
}

impl Tempo {
    pub(super) fn new(pace: Pace) -> Self {
        let least = (pace.first * 2).min(pace.max);
        Self {
            least,
            most: (pace.max * 14 / 15).max(least),
        }
    }

    /// The distance from one look to the next where the youngest wait is that old, a look takes so many requests, and the
    /// distance is to be doubled so often, at most [`MOST_DOUBLINGS`] times.
    ///
    /// A look of several pages is followed by a longer pause, so that there is no more than one request a second at the
    /// default pace.
    pub(super) fn distance(self, age: Duration, pages: usize, slowed: u32) -> Duration {
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        let by_age = (age / PART).max(self.least);
        let by_pages = self.least.saturating_mul(pages) / 2;
        by_age.max(by_pages).min(self.most) * 2_u32.pow(slowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seconds(age: u32, pages: usize, slowed: u32) -> f64 {
        let tempo = Tempo::new(Pace::default());
        tempo.distance(age * SECOND, pages, slowed).as_secs_f64()
    }

    #[test]
    fn looks_grow_apart_with_the_age_of_the_wait_between_two_and_fourteen_seconds() {
        for (age, distance) in [(0, 2.0), (28, 2.0), (42, 3.0), (140, 10.0), (196, 14.0), (86_400, 14.0)] {
            assert_eq!(seconds(age, 1, 0), distance, "{age}");
        }
    }

    #[test]
    fn a_look_of_several_pages_is_followed_by_a_longer_pause() {
        for (pages, distance) in [(0, 2.0), (1, 2.0), (2, 2.0), (3, 3.0), (14, 14.0), (40, 14.0)] {
            assert_eq!(seconds(0, pages, 0), distance, "{pages}");
        }
        assert_eq!(seconds(140, 5, 0), 10.0);
    }

    #[test]
    fn each_wish_for_fewer_requests_doubles_the_distance() {
        for (slowed, distance) in [(0, 2.0), (1, 4.0), (2, 8.0), (3, 16.0)] {
            assert_eq!(seconds(0, 1, slowed), distance, "{slowed}");
        }
        assert_eq!(seconds(210, 1, 1), 28.0);
    }

    #[test]
    fn a_quicker_pace_makes_everything_quicker() {
        let (first, max) = (SECOND / 500, SECOND * 15 / 500);
        let tempo = Tempo::new(Pace { first, max });
        assert_eq!(tempo.distance(Duration::ZERO, 1, 0), 2 * first);
        assert_eq!(tempo.distance(SECOND, 1, 0), 14 * first);
        // A pace whose first delay is its longest, and one of zero.
        for pace in [first, Duration::ZERO] {
            let tempo = Tempo::new(Pace { first: pace, max: pace });
            assert_eq!(tempo.distance(SECOND, 3, 0), pace);
        }
    }
}
