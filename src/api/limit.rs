//! The client-side limit of requests per second.
//!
//! Time comes from tokio, so tests can pause it. The limit knows nothing of what it lets through.

use std::time::Duration;

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

use super::error::Error;

/// Lets requests through at a steady rate; without a rate, all at once.
pub(super) struct Limit(Option<RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>>);

impl Limit {
    /// A limit of so many requests per second, which may be less than one. A second's worth may pass in a burst.
    pub(super) fn new(requests_per_second: Option<f64>) -> Result<Self, Error> {
        let Some(rate) = requests_per_second else {
            return Ok(Self(None));
        };
        check_rate(rate)?;
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / rate))
            .ok_or_else(|| Error::config("The limit of requests per second is too high."))?;
        let burst = std::num::NonZeroU32::new(rate as u32).unwrap_or(std::num::NonZeroU32::MIN);
        Ok(Self(Some(RateLimiter::direct_with_clock(
            quota.allow_burst(burst),
            TokioClock::new(),
        ))))
    }

    /// Waits for the turn of one request.
    pub(super) async fn turn(&self) {
        let Some(limiter) = &self.0 else { return };
        while let Err(early) = limiter.check() {
            tokio::time::sleep(early.wait_time_from(limiter.clock().now())).await;
        }
    }
}

/// The limits that can be kept. Outside of them the period between requests is zero or longer than any run.
const RATES: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Tells whether so many requests per second are a limit that can be kept.
///
/// # Errors
/// What is possible instead.
pub fn check_rate(requests_per_second: f64) -> Result<(), Error> {
    if RATES.contains(&requests_per_second) {
        return Ok(());
    }
    Err(Error::config(format!(
        "A limit of {requests_per_second} requests per second cannot be kept; it must be from {} to {}.",
        RATES.start(),
        RATES.end()
    )))
}

/// Tokio's clock in the form that the limiter asks for.
#[derive(Clone)]
struct TokioClock {
    start: Instant,
}

impl TokioClock {
    fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(requests: u32, limit: &Limit) -> f64 {
        let start = Instant::now();
        for _ in 0..requests {
            limit.turn().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_is_kept() {
        let limit = Limit::new(Some(2.0)).unwrap();
        assert_eq!(seconds_for(2, &limit).await, 0.0);
        let rest = seconds_for(10, &limit).await;
        assert!((4.9..5.2).contains(&rest), "{rest} paused seconds for ten requests");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_below_one_is_kept() {
        let limit = Limit::new(Some(0.5)).unwrap();
        let taken = seconds_for(3, &limit).await;
        assert!((3.9..4.2).contains(&taken), "{taken} paused seconds for three requests");
    }

    #[tokio::test(start_paused = true)]
    async fn no_rate_means_no_wait() {
        assert_eq!(seconds_for(1_000, &Limit::new(None).unwrap()).await, 0.0);
    }

    #[test]
    fn impossible_rates_are_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            assert!(Limit::new(Some(rate)).is_err(), "{rate}");
        }
    }
}
