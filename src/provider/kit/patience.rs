//! How often to look, and how long something must be seen before it is believed.
//!
//! Pure. The durations are those of the real service. Where the pace is quickened, as against a simulated cloud that is
//! quicker than the real one, they shrink with it, though some of them never below a floor.

use std::time::Duration;

use crate::api::Pace;

/// The age of a wait is this many times the distance to its next look: what is seen late is seen late by a fourteenth.
const AGES: u32 = 14;

/// How long after a look the next one is due, in a wait of that age: a fourteenth of it, though from twice the pace's first
/// delay up to its longest one. By default from 2 to 15 seconds.
pub fn delay(pace: Pace, age: Duration) -> Duration {
    (age / AGES).max(pace.first * 2).min(pace.max)
}

/// So often in a row, and over so long a time, must something be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Looks.
    pub looks: u32,
    /// From the first of them to the last.
    pub time: Duration,
}

impl Span {
    /// Whether so many looks over so long a time are enough.
    pub fn is_over(self, looks: u32, time: Duration) -> bool {
        looks >= self.looks && time >= self.time
    }
}

/// How long each thing must be seen before it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// An object that was just made and was never seen is not there.
    pub absent: Span,
    /// Another one is not there.
    pub lost: Span,
    /// An event is not there.
    pub missing: Span,
    /// The object rests elsewhere than at the goal, after an event that says without a reason that it failed.
    pub doubt: Span,
    /// The object holds the goal, after an event that ended in a way that nobody knows.
    pub unclear: Span,
    /// The object came to the goal and holds it, although an event does not end.
    pub held: Span,
    /// The object rests elsewhere than at the goal, although everything is over.
    pub stays: Span,
    /// The same where no event tells that anything is over, and whatever else is believed last.
    pub long: Span,
    /// The key is refused.
    pub refused: Span,
    /// Looking fails in a way that does not pass by itself.
    pub blind: Span,
    /// The distance between two looks at an event while the object is on its way.
    pub between_events: Duration,
}

impl Patience {
    /// The patience that goes with a pace.
    pub fn of(pace: Pace) -> Self {
        let usual = Pace::default().first;
        let scaled = |seconds: u64, floor: u64| {
            let time = Duration::from_secs(seconds);
            if pace.first >= usual {
                return time;
            }
            let quick = time.mul_f64(pace.first.as_secs_f64() / usual.as_secs_f64());
            quick.max(Duration::from_secs(floor))
        };
        let span = |looks, seconds, floor| Span {
            looks,
            time: scaled(seconds, floor),
        };
        Self {
            absent: span(20, 60, 10),
            lost: span(3, 4, 0),
            missing: span(3, 4, 0),
            doubt: span(5, 10, 0),
            unclear: span(3, 6, 0),
            held: span(4, 20, 0),
            stays: span(4, 45, 3),
            long: span(6, 300, 10),
            refused: span(2, 2, 0),
            blind: span(6, 120, 2),
            between_events: scaled(60, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_next_look_is_a_fourteenth_of_the_age_away() {
        for (age, expected) in [(0, 2.0), (28, 2.0), (42, 3.0), (140, 10.0), (210, 15.0), (3_600, 15.0)] {
            let delay = delay(Pace::default(), age * SECOND);
            assert_eq!(delay, Duration::from_secs_f64(expected), "{age}");
        }
        let quick = Pace {
            first: Duration::from_millis(10),
            max: Duration::from_millis(150),
        };
        assert_eq!(delay(quick, Duration::ZERO), Duration::from_millis(20));
        assert_eq!(delay(quick, 10 * SECOND), quick.max);
        let slow = Pace {
            first: 60 * SECOND,
            max: 60 * SECOND,
        };
        assert_eq!(delay(slow, SECOND), 60 * SECOND);
    }

    #[test]
    fn a_span_wants_both_looks_and_time() {
        let span = Span {
            looks: 3,
            time: 10 * SECOND,
        };
        assert!(!span.is_over(2, 60 * SECOND));
        assert!(!span.is_over(30, 9 * SECOND));
        assert!(span.is_over(3, 10 * SECOND));
    }

    #[test]
    fn patience_shrinks_with_a_quicker_pace_and_never_grows() {
        let usual = Patience::of(Pace::default());
        assert_eq!(usual.stays.time, 45 * SECOND);
        let slow = Pace {
            first: 10 * SECOND,
            max: 60 * SECOND,
        };
        assert_eq!(Patience::of(slow), usual);
        let quick = Patience::of(Pace {
            first: Duration::from_millis(100),
            max: SECOND,
        });
        assert_eq!(quick.held.time, 2 * SECOND);
        assert_eq!(quick.stays.time, Duration::from_millis(4_500));
        assert_eq!(quick.absent.time, 10 * SECOND);
        assert_eq!(quick.held.looks, usual.held.looks);
    }
}
