//! Waiting for the service to finish something: looking again and again, at a growing distance, until it is done, the
//! time is up or the caller gives up.
//!
//! It knows nothing of what is waited for; each look says how things stand. Looks must only read, for one that is
//! under way is dropped when the wait ends.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{info, warn};

use super::{Cancel, Client, Error, Pace};

/// So many looks in a row must find the key refused before it is believed: what stands in front of the service has been
/// seen to say so in passing, and a machine that is being made is worth a second look.
const UNAUTHORIZED_LOOKS: u32 = 2;

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// The wait is over.
    Done(T),
    /// Not yet.
    NotYet {
        /// What was seen, kept for whoever must tell why the wait was in vain.
        seen: T,
        /// The same in a word, for the log.
        state: String,
    },
}

/// How a wait ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It came to pass.
    Done(T),
    /// The time was up before; with what the last look saw.
    TimedOut {
        /// What the last look that saw anything saw.
        last: Option<T>,
        /// Why the looks after it saw nothing.
        trouble: Option<Error>,
    },
    /// The caller gave up; with what the last look saw.
    Cancelled {
        /// What the last look that saw anything saw.
        last: Option<T>,
    },
    /// Looking failed for good. What may pass by itself is waited out instead, as long as there is time.
    Failed {
        /// Why.
        error: Error,
        /// What the last look that saw anything saw.
        last: Option<T>,
    },
}

/// The terms of a wait.
#[derive(Clone, Debug)]
pub struct Wait {
    /// What is waited for, for the log: `machine ps1 to be ready`.
    pub what: String,
    /// When to give up.
    pub deadline: Instant,
    /// Ends the wait at once.
    pub cancel: Cancel,
    /// How often to look.
    pub pace: Pace,
}

impl Client {
    /// The terms of a wait at this client's pace, ended by its token and no later than its own deadline.
    pub fn wait(&self, what: impl Into<String>, deadline: Instant) -> Wait {
        let deadline = self.deadline().map_or(deadline, |earlier| earlier.min(deadline));
        Wait {
            what: what.into(),
            deadline,
            cancel: self.cancel().clone(),
            pace: self.pace(),
        }
    }
}

/// Looks at once, and then again and again until the wait is over. Every look leaves a line in the log.
///
/// `look` returns a future rather than being an async closure, because the future of a wait with an async closure that
/// borrows anything cannot move between threads.
pub async fn wait_for<T, F, L>(wait: &Wait, mut look: F) -> Outcome<T>
where
    F: FnMut() -> L,
    L: Future<Output = Result<Look<T>, Error>>,
{
    let started = Instant::now();
    let mut delays = wait.pace.delays();
    let mut last = None;
    let mut trouble = None;
    let mut unauthorized = 0;
    loop {
        let looked = tokio::select! {
            biased;
            () = wait.cancel.cancelled() => return Outcome::Cancelled { last },
            looked = timeout_at(wait.deadline, look()) => looked,
        };
        let waited = humantime::format_duration(Duration::from_secs(started.elapsed().as_secs())).to_string();
        match looked {
            Err(_) => return Outcome::TimedOut { last, trouble },
            Ok(Ok(Look::Done(done))) => {
                info!(target: TARGET, what = wait.what, waited, "Done waiting");
                return Outcome::Done(done);
            }
            Ok(Ok(Look::NotYet { seen, state })) => {
                info!(target: TARGET, what = wait.what, waited, state, "Still waiting");
                last = Some(seen);
                trouble = None;
                unauthorized = 0;
            }
            Ok(Err(error)) if error.is_cancelled() => return Outcome::Cancelled { last },
            Ok(Err(error)) if error.is_deadline_exceeded() => {
                return Outcome::TimedOut {
                    last,
                    trouble: trouble.or(Some(error)),
                };
            }
            Ok(Err(error))
                if error.is_retryable() || (error.is_unauthorized() && unauthorized + 1 < UNAUTHORIZED_LOOKS) =>
            {
                unauthorized = if error.is_unauthorized() { unauthorized + 1 } else { 0 };
                warn!(target: TARGET, what = wait.what, waited, error = %error, "Could not look");
                trouble = Some(error);
            }
            Ok(Err(error)) => return Outcome::Failed { error, last },
        }
        let delay = delays.next().unwrap_or(wait.pace.bounded().max);
        let Some(next) = next_look(Instant::now(), delay, wait.deadline, wait.pace.bounded().first) else {
            return Outcome::TimedOut { last, trouble };
        };
        tokio::select! {
            biased;
            () = wait.cancel.cancelled() => return Outcome::Cancelled { last },
            () = sleep_until(next) => {}
        }
    }
}

/// When to look again, if there is time for it. The last look comes `margin` before the deadline rather than at it,
/// so that its answer can still arrive, and so that nothing done by then is called late.
fn next_look(now: Instant, delay: Duration, deadline: Instant, margin: Duration) -> Option<Instant> {
    let last = deadline.checked_sub(margin).unwrap_or(deadline);
    (now < last).then(|| (now + delay).min(last))
}

/// The target of this module's log lines.
const TARGET: &str = "paperspace.wait";

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::{super::Kind, *};

    const SECOND: Duration = Duration::from_secs(1);

    fn terms(seconds: u32) -> Wait {
        Wait {
            what: "the test".into(),
            deadline: Instant::now() + seconds * SECOND,
            cancel: Cancel::new(),
            pace: Pace::default(),
        }
    }

    fn not_yet<T>(seen: T) -> Result<Look<T>, Error> {
        Ok(Look::NotYet {
            seen,
            state: "busy".into(),
        })
    }

    fn failure(kind: Kind) -> Error {
        Error::new(kind, "GET /machines/ps1", "no")
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_look_is_at_once() {
        let start = Instant::now();
        assert!(matches!(
            wait_for(&terms(0), || async { Ok(Look::Done(7)) }).await,
            Outcome::Done(7)
        ));
        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn it_looks_until_it_is_done() {
        let mut looks = 0;
        let outcome = wait_for(&terms(600), || {
            looks += 1;
            ready(if looks == 20 {
                Ok(Look::Done(looks))
            } else {
                not_yet(looks)
            })
        })
        .await;
        assert!(matches!(outcome, Outcome::Done(20)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_is_honoured_to_the_second_and_the_last_look_kept() {
        let wait = terms(100);
        let mut looks = 0;
        let outcome = wait_for(&wait, || {
            looks += 1;
            ready(not_yet(looks))
        })
        .await;
        let Outcome::TimedOut { last, trouble: None } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(last, Some(looks));
        assert!(Instant::now() <= wait.deadline && wait.deadline - Instant::now() <= SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_just_before_the_deadline_is_seen() {
        let wait = terms(100);
        let ready = wait.deadline - SECOND;
        let look = || async move {
            if Instant::now() >= ready {
                Ok(Look::Done(()))
            } else {
                not_yet(())
            }
        };
        assert!(matches!(wait_for(&wait, look).await, Outcome::Done(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlast_the_deadline() {
        let wait = terms(10);
        let outcome = wait_for::<(), _, _>(&wait, std::future::pending).await;
        assert!(matches!(outcome, Outcome::TimedOut { last: None, .. }));
        assert_eq!(Instant::now(), wait.deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_a_sleep_and_a_look_at_once() {
        for hangs in [true, false] {
            let wait = terms(3_600);
            let cancel = wait.cancel.clone();
            let start = Instant::now();
            let outcome = wait_for(&wait, || async {
                cancel.cancel();
                if hangs {
                    std::future::pending().await
                } else {
                    not_yet("seen")
                }
            })
            .await;
            let Outcome::Cancelled { last } = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(last, (!hangs).then_some("seen"));
            assert_eq!(Instant::now(), start);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_passes_does_not_end_the_wait() {
        let mut looks = 0;
        let outcome = wait_for(&terms(600), || {
            looks += 1;
            ready(match looks {
                30 => Ok(Look::Done(looks)),
                looks if looks % 9 == 0 => not_yet(looks),
                _ => Err(failure(Kind::Server)),
            })
        })
        .await;
        assert!(matches!(outcome, Outcome::Done(30)));
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_stays_is_told_when_the_time_is_up() {
        let wait = terms(600);
        let mut looks = 0;
        let outcome = wait_for(&wait, || {
            looks += 1;
            ready(if looks == 1 {
                not_yet("seen")
            } else {
                Err(failure(Kind::Server))
            })
        })
        .await;
        let Outcome::TimedOut {
            last: Some("seen"),
            trouble: Some(trouble),
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert_eq!(trouble.kind, Kind::Server);
        assert!(wait.deadline - Instant::now() <= SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_key_is_believed_the_second_time_in_a_row() {
        let unauthorized = || Err(failure(Kind::Unauthorized));
        let mut looks = 0;
        let outcome = wait_for(&terms(600), || {
            looks += 1;
            ready(match looks {
                1 | 3 | 5 | 6 => unauthorized(),
                4 => Err(failure(Kind::Server)),
                _ => not_yet(looks),
            })
        })
        .await;
        let Outcome::Failed { error, last: Some(2) } = outcome else {
            panic!("{outcome:?}")
        };
        assert!(error.is_unauthorized());
        assert_eq!(looks, 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_ends_the_wait_with_what_was_seen_before() {
        let mut looks = 0;
        let outcome = wait_for(&terms(600), || {
            looks += 1;
            ready(if looks == 1 {
                not_yet("seen")
            } else {
                Err(failure(Kind::NotFound))
            })
        })
        .await;
        let Outcome::Failed {
            error,
            last: Some("seen"),
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert!(error.is_not_found());
    }

    /// Callers hand their futures to a runtime with several threads; this need only compile.
    #[test]
    fn a_wait_can_move_between_threads() {
        fn sendable<T>(future: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
            future
        }
        async fn wait_for_machine(client: &Client, id: &str) -> Outcome<String> {
            let wait = client.wait("a machine", Instant::now());
            wait_for(&wait, || async {
                let machine = client.machine(id).await?;
                if machine.is_deleted() {
                    Ok(Look::Done(machine.id))
                } else {
                    not_yet(machine.id)
                }
            })
            .await
        }
        let _ = |client: Client| sendable(async move { wait_for_machine(&client, "ps1").await });
    }

    #[test]
    fn looks_are_never_planned_past_the_margin() {
        let now = Instant::now();
        assert_eq!(
            next_look(now, 5 * SECOND, now + 60 * SECOND, SECOND),
            Some(now + 5 * SECOND)
        );
        assert_eq!(
            next_look(now, 5 * SECOND, now + 4 * SECOND, SECOND),
            Some(now + 3 * SECOND)
        );
        assert_eq!(next_look(now, 5 * SECOND, now + SECOND, SECOND), None);
        assert_eq!(next_look(now, 5 * SECOND, now, SECOND), None);
    }
}
