//! Repeating a request that may be repeated: one that asks for the same twice.

use tokio::time::{Instant, sleep_until};

use super::patience::delay;
use super::wait::{Halt, Terms};
use crate::api::{Client, Error};

/// How often a request is made whose effect stays in doubt.
const DOUBTFUL: u32 = 6;

/// The tries of one request.
pub struct Tries<'a> {
    terms: &'a Terms,
    started: Instant,
    doubtful: u32,
}

/// What is done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// The request is made again, after a while.
    Again,
    /// It failed.
    Fail,
}

/// Decides about a failure. What may have acted is asked for again a few times; what is busy, as long as there is time;
/// anything else is final.
fn decide(error: &Error, doubtful: u32) -> Decision {
    match error {
        error if error.is_cancelled() || error.is_deadline_exceeded() => Decision::Fail,
        error if error.is_ambiguous() && doubtful < DOUBTFUL => Decision::Again,
        error if error.is_conflict() => Decision::Again,
        _ => Decision::Fail,
    }
}

impl<'a> Tries<'a> {
    /// Tries under an operation's terms.
    pub fn new(terms: &'a Terms) -> Self {
        Self {
            terms,
            started: Instant::now(),
            doubtful: 0,
        }
    }

    /// Waits for the next try after a failure.
    ///
    /// # Errors
    /// The end of the tries.
    pub async fn after(&mut self, error: Error, client: &Client) -> Result<(), Halt> {
        if error.is_ambiguous() {
            self.doubtful += 1;
        }
        match decide(&error, self.doubtful) {
            Decision::Fail => Err(error.into()),
            Decision::Again => {
                tracing::info!(target: "paperspace.wait", %error, "asking again in a while");
                self.pause(error, client).await
            }
        }
    }

    /// Waits for the next try, whatever the failure was, as long as there is time.
    ///
    /// # Errors
    /// The end of the time, with the failure.
    pub async fn pause(&mut self, error: Error, client: &Client) -> Result<(), Halt> {
        let due = Instant::now() + delay(client.pace(), self.started.elapsed());
        if due >= self.terms.deadline {
            return Err(Halt::TimedOut(Some(error)));
        }
        tokio::select! {
            biased;
            () = self.terms.cancel.cancelled() => Err(Halt::Interrupted),
            () = sleep_until(due) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    #[test]
    fn what_is_asked_again_and_what_is_final() {
        let error = |kind| Error::new(kind, "PUT /snapshots/sl1", "No.");
        for (kind, doubtful, expected) in [
            (Kind::Timeout, 1, Decision::Again),
            (Kind::Timeout, 5, Decision::Again),
            (Kind::Timeout, 6, Decision::Fail),
            (Kind::Conflict, 0, Decision::Again),
            (Kind::Conflict, 9, Decision::Again),
            (Kind::Refused, 0, Decision::Fail),
            (Kind::Forbidden, 0, Decision::Fail),
            (Kind::NotFound, 0, Decision::Fail),
            (Kind::Cancelled, 0, Decision::Fail),
            (Kind::DeadlineExceeded, 0, Decision::Fail),
        ] {
            assert_eq!(decide(&error(kind), doubtful), expected, "{kind:?} {doubtful}");
        }
    }
}
