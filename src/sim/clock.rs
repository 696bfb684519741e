//! Time as the simulator sees it: a mode, and two clocks that it drives.
//!
//! *Work* is what operations are measured against; *the stamp* is what dates in answers are made of. They are apart
//! because a test may want a machine to be created at once and still be dated today. Nothing here sleeps, and nothing
//! but [`Clock::now`] looks at a real clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What makes operations go on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimeMode {
    /// Real time, `speed` times as fast: for people. A create takes about 60 seconds at speed 1.
    Auto {
        /// How many seconds of work one real second is worth.
        speed: f64,
    },
    /// Only what [`advance`](crate::sim::Sim::advance) and [`poke`](crate::sim::Sim::poke) say: for tests that step.
    Explicit,
    /// An operation is seen under way by this many requests that show it; the one after that sees it done. For tests
    /// of a program that polls: no clock is involved.
    PerPoll {
        /// The number of looks that see the operation under way.
        polls: u32,
    },
    /// Every operation is done within the request that asks for it.
    Immediate,
}

/// One moment, on both clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of work since the world began.
    pub work: u64,
    /// The date, as answers write it.
    pub stamp: String,
}

/// The two clocks.
#[derive(Clone, Debug)]
pub struct Clock {
    mode: TimeMode,
    started: Instant,
    fixed: Option<i64>,
    before: u64,
    advanced: Duration,
}

impl Clock {
    /// A clock that starts now. `fixed` is a date in milliseconds since 1970 at which the stamp stands still but for
    /// explicit steps; without it dates are real ones. `before` is the work done in earlier runs of the same world.
    pub fn new(mode: TimeMode, fixed: Option<i64>, before: u64) -> Self {
        Self {
            mode,
            started: Instant::now(),
            fixed,
            before,
            advanced: Duration::ZERO,
        }
    }

    /// The mode.
    pub fn mode(&self) -> TimeMode {
        self.mode
    }

    /// Moves both clocks forward.
    pub fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
    }

    /// This moment.
    pub fn now(&self) -> Now {
        let run = match self.mode {
            TimeMode::Auto { speed } => (self.started.elapsed().as_millis() as f64 * speed) as u64,
            TimeMode::Explicit | TimeMode::PerPoll { .. } | TimeMode::Immediate => 0,
        };
        let advanced = u64::try_from(self.advanced.as_millis()).unwrap_or(u64::MAX);
        let base = self.fixed.unwrap_or_else(wall_clock);
        Now {
            work: self.before.saturating_add(run).saturating_add(advanced),
            stamp: stamp(base.saturating_add(i64::try_from(advanced).unwrap_or(i64::MAX))),
        }
    }
}

fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A date as the service writes it: RFC 3339 in UTC, with milliseconds.
pub fn stamp(milliseconds: i64) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_written_as_the_service_writes_them() {
        assert_eq!(stamp(1_714_492_284_565), "2024-04-30T15:51:24.565Z");
        assert_eq!(stamp(0), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn explicit_time_stands_until_it_is_moved() {
        let mut clock = Clock::new(TimeMode::Explicit, Some(0), 5);
        assert_eq!(
            clock.now(),
            Now {
                work: 5,
                stamp: stamp(0)
            }
        );
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_millis(1500));
        assert_eq!(
            clock.now(),
            Now {
                work: 1505,
                stamp: stamp(1500)
            }
        );
    }

    #[test]
    fn a_step_of_any_length_is_safe() {
        let mut clock = Clock::new(TimeMode::Explicit, None, u64::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().work, u64::MAX);
    }
}
