//! Whether a failed attempt is tried again, and when.
//!
//! Pure: method, failure and attempt go in, a decision comes out; nothing here sleeps or sends.
//!
//! | method | tried again after |
//! |---|---|
//! | GET | every transient failure: it changes nothing |
//! | PUT, DELETE | every transient failure: doing it twice has the effect of doing it once. A DELETE's second attempt may meet 404, which the caller takes for success |
//! | POST, PATCH | only where the service surely did not act: no connection, or 429 |
//!
//! An answer that is not the API's own is a transient failure, a few times: what stands in front of the service is known to
//! answer in its place in passing. Then it is believed.
//!
//! A PATCH starts, stops or restarts a machine, and a restart done twice is two restarts. A 503 is not repeated for
//! these even with `Retry-After`: a proxy may add that to the lost answer of a service that did act, and a machine
//! made twice costs money. The caller looks at the service and decides.

use std::time::{Duration, SystemTime};

use reqwest::Method;

use super::error::Kind;

/// How often a request is tried again after answers that are not the API's own.
const FOREIGN_RETRIES: u32 = 3;

/// The longest that the service can make a request wait for its next attempt.
pub(super) const RETRY_AFTER_CAP: Duration = Duration::from_secs(120);

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Try again after this delay.
    Retry(Duration),
    /// Give the failure to the caller.
    GiveUp,
}

/// What has been tried of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    /// How often it was tried again.
    pub(super) retries: u32,
    /// How many of its answers were not the API's own.
    pub(super) foreign: u32,
}

/// Decides after an attempt that failed. The delay is the backoff or what the service asked for (up to a cap), whichever
/// is longer.
pub(super) fn decide(
    method: &Method,
    kind: Kind,
    retry_after: Option<Duration>,
    tried: Tried,
    max_retries: u32,
    backoff: Duration,
) -> Decision {
    let repeatable = [Method::GET, Method::PUT, Method::DELETE].contains(method);
    let exhausted = tried.retries >= max_retries || tried.foreign > FOREIGN_RETRIES;
    if exhausted || !kind.is_transient() || (kind.leaves_doubt() && !repeatable) {
        return Decision::GiveUp;
    }
    Decision::Retry(retry_after.unwrap_or_default().min(RETRY_AFTER_CAP).max(backoff))
}

/// Reads a `Retry-After` header: seconds, or a date seen from `now`. A date in the past is no delay; anything else is
/// as good as no header.
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that do not fit are a very long time, which the cap shortens anyway.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn retries(method: Method, kind: Kind) -> bool {
        decide(&method, kind, None, Tried::default(), 5, SECOND) != Decision::GiveUp
    }

    #[test]
    fn transient_failures_of_repeatable_requests_are_retried() {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for kind in [
                Kind::Connect,
                Kind::RateLimited,
                Kind::Server,
                Kind::Timeout,
                Kind::Interrupted,
                Kind::Garbled,
                Kind::Foreign,
                Kind::Redirected,
                Kind::Decode,
            ] {
                assert!(retries(method.clone(), kind), "{method} {kind:?}");
            }
        }
    }

    #[test]
    fn what_may_have_acted_is_never_blindly_repeated() {
        for method in [Method::POST, Method::PATCH] {
            for kind in [
                Kind::Server,
                Kind::Timeout,
                Kind::Interrupted,
                Kind::Garbled,
                Kind::Foreign,
                Kind::Redirected,
                Kind::Decode,
            ] {
                assert!(!retries(method.clone(), kind), "{method} {kind:?}");
            }
            for kind in [Kind::Connect, Kind::RateLimited] {
                assert!(retries(method.clone(), kind), "{method} {kind:?}");
            }
        }
    }

    #[test]
    fn lasting_failures_are_not_retried() {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::POST, Method::PATCH] {
            for kind in [
                Kind::Refused,
                Kind::Unauthorized,
                Kind::Forbidden,
                Kind::NotFound,
                Kind::Conflict,
                Kind::Untrusted,
                Kind::Cancelled,
                Kind::DeadlineExceeded,
                Kind::Config,
            ] {
                assert!(!retries(method.clone(), kind), "{method} {kind:?}");
            }
        }
    }

    #[test]
    fn attempts_are_counted() {
        let after = |retries, foreign, max| {
            let tried = Tried { retries, foreign };
            decide(&Method::GET, Kind::Server, None, tried, max, SECOND) != Decision::GiveUp
        };
        for (retries, foreign, max, again) in [
            (0, 0, 0, false),
            (4, 0, 5, true),
            (5, 0, 5, false),
            (2, 3, 9, true),
            (3, 4, 9, false),
            (8, 3, 9, true),
            (1, 2, 1, false),
        ] {
            assert_eq!(after(retries, foreign, max), again, "{retries} {foreign} {max}");
        }
    }

    #[test]
    fn the_delay_is_never_shorter_than_asked_and_never_beyond_the_cap() {
        let delay = |asked| decide(&Method::POST, Kind::RateLimited, asked, Tried::default(), 5, SECOND);
        assert_eq!(delay(None), Decision::Retry(SECOND));
        assert_eq!(delay(Some(Duration::ZERO)), Decision::Retry(SECOND));
        assert_eq!(delay(Some(7 * SECOND)), Decision::Retry(7 * SECOND));
        assert_eq!(delay(Some(Duration::MAX)), Decision::Retry(RETRY_AFTER_CAP));
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = httpdate::parse_http_date("Tue, 30 Apr 2024 15:51:24 GMT").unwrap();
        for (header, seconds) in [
            ("0", Some(0)),
            (" 17 ", Some(17)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Tue, 30 Apr 2024 15:52:24 GMT", Some(60)),
            ("Tue, 30 Apr 2024 15:50:24 GMT", Some(0)),
            ("Tuesday, 30-Apr-24 15:51:34 GMT", Some(10)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header:?}");
        }
    }
}
