//! Asking for something that is refused for a while, or whose answer is lost, until it is certain what came of it.
//!
//! For requests that may be made twice: those that lead to the same end, and those whose end the object itself shows.

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::facts::{EventFacts, Facts, Rest};
use super::judge::Goal;
use super::patience::delay;
use super::wait::{Halt, Looker, Terms, Work, settle};
use crate::api::Error;

/// How often a request is made that an object at rest refuses, or whose effect stays in doubt.
const TRIES: u32 = 6;

/// A request, and the event that its answer names.
pub type Request<'r, 'f> = &'r (dyn Fn() -> BoxFuture<'f, Result<Option<EventFacts>, Error>> + Send + Sync + 'r);

/// What to do after a request that came to nothing, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stance {
    /// It is on its way somewhere: it refuses almost everything, or has begun already. What it comes to tells more.
    WaitForRest,
    /// A few more times.
    Again,
    /// The error is the reason.
    GiveUp,
}

fn stance(error: &Error, rest: Rest) -> Stance {
    match rest {
        _ if !error.is_ambiguous() && !error.is_refusal() => Stance::GiveUp,
        Rest::Moving | Rest::Near(_) => Stance::WaitForRest,
        Rest::At(_) | Rest::Unknown if error.is_ambiguous() || is_busy(error) => Stance::Again,
        Rest::At(_) | Rest::Unknown => Stance::GiveUp,
    }
}

/// Whether a refusal is for something that passes: the service says so by a status of its own, or only in words, such as
/// `This machine is currently starting.`
pub fn is_busy(error: &Error) -> bool {
    error.is_conflict() || error.message.to_lowercase().contains("currently")
}

/// Makes a request until it is answered: the events that the answer names. `None`: `is_done` says that the object is there
/// already, as after an answer that was lost.
pub async fn ask(
    work: &mut Work,
    looker: &dyn Looker,
    request: Request<'_, '_>,
    is_done: &(dyn Fn(&Facts) -> bool + Send + Sync),
) -> Result<Option<Vec<EventFacts>>, Halt> {
    let mut left = TRIES;
    loop {
        let error = match request().await {
            Ok(event) => return Ok(Some(event.into_iter().collect())),
            Err(error) if error.is_ambiguous() || error.is_refusal() => error,
            Err(error) => return Err(error.into()),
        };
        let seen = settle(work, looker, Goal::OVER, Vec::new()).await?;
        let stance = stance(&error, seen.rest);
        let seen = match stance {
            Stance::WaitForRest => settle(work, looker, Goal::REST, Vec::new()).await?,
            Stance::Again | Stance::GiveUp => seen,
        };
        if is_done(&seen) {
            return Ok(None);
        }
        match stance {
            Stance::WaitForRest => {}
            Stance::Again if left > 1 => {
                left -= 1;
                pause(&work.terms, error).await?;
            }
            Stance::Again | Stance::GiveUp => return Err(Halt::Api(error)),
        }
    }
}

/// Waits a moment, unless the time is up.
async fn pause(terms: &Terms, error: Error) -> Result<(), Halt> {
    let delay = delay(terms.pace, std::time::Duration::ZERO);
    if Instant::now() + delay >= terms.deadline {
        return Err(Halt::TimedOut(Some(error)));
    }
    tokio::select! {
        biased;
        () = terms.cancel.cancelled() => Err(Halt::Interrupted),
        () = sleep(delay) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::api::{Cancel, EventState, Kind, Pace};

    const SECOND: Duration = Duration::from_secs(1);

    /// What requests are answered, and where the object is whenever it is asked for, the last of it for ever.
    struct Service {
        answers: Mutex<VecDeque<Result<(), Error>>>,
        words: Mutex<VecDeque<&'static str>>,
        asked: Mutex<u32>,
    }

    impl Service {
        fn new(answers: Vec<Result<(), Error>>, words: &[&'static str]) -> Self {
            Self {
                answers: Mutex::new(answers.into()),
                words: Mutex::new(words.iter().copied().collect()),
                asked: Mutex::default(),
            }
        }
    }

    fn facts(word: &'static str) -> Facts {
        let rest = match word {
            "ready" | "off" => Rest::At(word),
            "odd" => Rest::Unknown,
            _ => Rest::Moving,
        };
        Facts {
            key: "ps1".into(),
            name: None,
            created: None,
            deleted: None,
            rest,
            word: word.into(),
        }
    }

    fn event() -> EventFacts {
        EventFacts {
            id: "e1".into(),
            name: None,
            state: EventState::New,
            error: None,
            created: None,
            finished: false,
        }
    }

    impl Looker for Service {
        fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>> {
            Box::pin(async {
                let mut words = self.words.lock().unwrap();
                let word = if words.len() > 1 {
                    words.pop_front()
                } else {
                    words.front().copied()
                };
                Ok(word.map(facts))
            })
        }

        fn event<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
            Box::pin(async { Ok(None) })
        }

        fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn error(kind: Kind, message: &str) -> Error {
        Error::new(kind, "PATCH /machines/ps1/stop", message)
    }

    async fn asked(service: &Service) -> Result<Option<Vec<EventFacts>>, Halt> {
        let terms = Terms {
            deadline: Instant::now() + 600 * SECOND,
            cancel: Cancel::new(),
            pace: Pace::default(),
        };
        let mut work = Work::new("machine", "ps1", terms);
        let request = || -> BoxFuture<'_, _> {
            Box::pin(async {
                *service.asked.lock().unwrap() += 1;
                let answer = service.answers.lock().unwrap().pop_front();
                answer.expect("an answer").map(|()| Some(event()))
            })
        };
        ask(&mut work, service, &request, &|seen| seen.word == "off").await
    }

    #[test]
    fn what_a_failure_leads_to_where_the_object_is() {
        use Stance::{Again, GiveUp, WaitForRest};
        let (at, moving, near, odd) = (Rest::At("ready"), Rest::Moving, Rest::Near("ready"), Rest::Unknown);
        for (kind, message, rest, expected) in [
            (Kind::Server, "no", at, Again),
            (Kind::Server, "no", odd, Again),
            (Kind::Server, "no", moving, WaitForRest),
            (Kind::Conflict, "no", at, Again),
            (Kind::Conflict, "no", near, WaitForRest),
            (Kind::Refused, "This machine is currently starting.", at, Again),
            (Kind::Refused, "no", at, GiveUp),
            (Kind::Refused, "no", odd, GiveUp),
            (Kind::Refused, "no", moving, WaitForRest),
            (Kind::Connect, "currently no", moving, GiveUp),
            (Kind::RateLimited, "no", at, GiveUp),
        ] {
            assert_eq!(
                stance(&error(kind, message), rest),
                expected,
                "{kind:?} {message} {rest:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_names_its_event() {
        let service = Service::new(vec![Ok(())], &["ready"]);
        assert_eq!(asked(&service).await.unwrap(), Some(vec![event()]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_is_seen_to_have_come_into_effect() {
        let service = Service::new(vec![Err(error(Kind::Server, "no"))], &["stopping", "stopping", "off"]);
        assert_eq!(asked(&service).await.unwrap(), None);
        let service = Service::new(vec![Err(error(Kind::Conflict, "no"))], &["off"]);
        assert_eq!(asked(&service).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_busy_is_waited_for_and_asked_again() {
        let refusal = || Err(error(Kind::Refused, "busy"));
        let service = Service::new(vec![refusal(), Ok(())], &["restarting", "restarting", "ready"]);
        assert_eq!(asked(&service).await.unwrap(), Some(vec![event()]));
        let last = error(Kind::Refused, "never");
        let service = Service::new(vec![refusal(), Err(last)], &["restarting", "ready"]);
        let halt = asked(&service).await.unwrap_err();
        assert!(
            matches!(&halt, Halt::Api(error) if error.message == "never"),
            "{halt:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn doubt_and_conflict_are_tried_a_few_times() {
        for kind in [Kind::Server, Kind::Conflict] {
            let service = Service::new((0..TRIES).map(|_| Err(error(kind, "no"))).collect(), &["ready"]);
            let halt = asked(&service).await.unwrap_err();
            assert!(matches!(halt, Halt::Api(_)), "{halt:?}");
            assert_eq!(*service.asked.lock().unwrap(), TRIES);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_is_final() {
        for kind in [Kind::Refused, Kind::Forbidden, Kind::RateLimited, Kind::Connect] {
            let service = Service::new(vec![Err(error(kind, "no"))], &["ready"]);
            assert!(matches!(asked(&service).await, Err(Halt::Api(_))), "{kind:?}");
            assert_eq!(*service.asked.lock().unwrap(), 1);
        }
        let service = Service::new(vec![Err(error(Kind::Cancelled, "no"))], &["ready"]);
        assert!(matches!(asked(&service).await, Err(Halt::Interrupted)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_gone() {
        let service = Service::new(vec![Err(error(Kind::NotFound, "no"))], &[]);
        assert!(matches!(asked(&service).await, Err(Halt::Gone)));
    }
}
