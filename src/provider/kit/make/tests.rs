//! Creates in paused time, on a service that is played.

use std::sync::Mutex;

use super::super::facts::Rest;
use super::*;
use crate::api::{EventState, Kind, Pace};

const SECOND: Duration = Duration::from_secs(1);

/// A service that shows objects from a second on, and answers the POST in one way.
struct Service {
    started: Instant,
    /// From which second on each is listed, and whether it fits.
    objects: Vec<(u64, &'static str, Fit)>,
    /// From which second on listings fail.
    fails: Option<(u64, u64)>,
    /// From which second on one tells more when it is asked for singly, and whether it fits.
    singly: Option<(u64, Fit)>,
    post: Result<&'static str, Kind>,
    posts: Mutex<u32>,
    lists: Mutex<u32>,
    events: Mutex<u32>,
}

impl Service {
    fn new(post: Result<&'static str, Kind>, objects: Vec<(u64, &'static str, Fit)>) -> Self {
        Self {
            started: Instant::now(),
            objects,
            fails: None,
            singly: None,
            post,
            posts: Mutex::default(),
            lists: Mutex::default(),
            events: Mutex::default(),
        }
    }
}

fn facts(key: &str) -> Facts {
    Facts {
        key: key.into(),
        name: Some("trainer".into()),
        created: Some("2024-04-30T15:51:24Z".parse().unwrap()),
        deleted: None,
        rest: Rest::Moving,
        word: "provisioning".into(),
    }
}

fn event_facts() -> EventFacts {
    EventFacts {
        id: "e1".into(),
        name: Some("create".into()),
        state: EventState::New,
        error: None,
        created: None,
        finished: false,
    }
}

impl Maker for Service {
    fn list(&self, _: Instant) -> BoxFuture<'_, Result<Vec<Candidate>, Error>> {
        Box::pin(async {
            *self.lists.lock().unwrap() += 1;
            let now = self.started.elapsed().as_secs();
            if self.fails.is_some_and(|(from, to)| (from..to).contains(&now)) {
                return Err(Error::new(Kind::Forbidden, "GET /machines", "not now"));
            }
            let listed = self.objects.iter().filter(|(from, _, _)| *from <= now);
            let candidate = |(_, key, fit): &(u64, &str, Fit)| Candidate {
                facts: facts(key),
                fit: *fit,
            };
            Ok(listed.map(candidate).collect())
        })
    }

    fn one<'a>(&'a self, key: &'a str, _: Instant) -> BoxFuture<'a, Result<Option<Candidate>, Error>> {
        Box::pin(async move {
            let now = self.started.elapsed().as_secs();
            let told = self.singly.filter(|(from, _)| *from <= now);
            Ok(told.map(|(_, fit)| Candidate { facts: facts(key), fit }))
        })
    }

    fn post(&self) -> BoxFuture<'_, Result<(Facts, Option<EventFacts>), Error>> {
        Box::pin(async {
            *self.posts.lock().unwrap() += 1;
            tokio::time::sleep(SECOND).await;
            match self.post {
                Ok(key) => Ok((facts(key), Some(event_facts()))),
                Err(kind) => Err(Error::new(kind, "POST /machines", "it broke")),
            }
        })
    }

    fn event<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(async {
            let mut asked = self.events.lock().unwrap();
            *asked += 1;
            Ok((*asked > 1).then(event_facts))
        })
    }

    fn advise(&self, error: &Error, diagnostic: &mut Diagnostic) {
        diagnostic.detail.push_str(&format!("\n\nAdvice for {:?}.", error.kind));
    }
}

struct Run {
    folder: tempfile::TempDir,
    turns: Turns,
    claims: Claims,
    terms: Terms,
    unique: bool,
    team: Option<&'static str>,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            turns: Turns::within(vec![folder.path().join("turns")]),
            folder,
            claims: Claims::default(),
            terms: Terms {
                deadline: Instant::now() + 30 * SECOND,
                cancel: Cancel::new(),
                pace: Pace::default(),
            },
            unique: false,
            team: Some("te1"),
        }
    }

    async fn make(&self, service: &Service) -> Result<Made, Diagnostic> {
        self.try_making(service).await.map_err(|unmade| unmade.told)
    }

    async fn try_making(&self, service: &Service) -> Result<Made, Unmade> {
        let making = Making {
            what: "the machine \"trainer\"".into(),
            search: "in the console",
            place: Place {
                address: "https://api.example/v1".into(),
                team: self.team.map(str::to_owned),
                noun: "machine",
                name: "trainer".into(),
            },
            unique: self.unique,
            terms: &self.terms,
            turns: &self.turns,
            claims: &self.claims,
        };
        make(&making, service).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_an_id_is_an_answer() {
    let run = Run::new();
    let service = Service::new(Ok("ps1"), vec![(0, "old", Fit::Agrees)]);
    let made = run.make(&service).await.unwrap();
    assert_eq!(
        (made.facts, made.event, made.doubt),
        (facts("ps1"), Some(event_facts()), None)
    );
    assert!(run.claims.is_known("machine", "ps1"));
    assert_eq!((*service.posts.lock().unwrap(), *service.lists.lock().unwrap()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_and_gets_the_kinds_advice() {
    for kind in [
        Kind::Refused,
        Kind::Connect,
        Kind::RateLimited,
        Kind::Conflict,
        Kind::Forbidden,
    ] {
        let service = Service::new(Err(kind), vec![]);
        let error = Run::new().make(&service).await.unwrap_err();
        assert!(
            error.detail.starts_with("Could not create the machine \"trainer\"."),
            "{error:?}"
        );
        assert!(error.detail.ends_with(&format!("Advice for {kind:?}.")), "{error:?}");
        assert_eq!((*service.posts.lock().unwrap(), *service.lists.lock().unwrap()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_and_adopted_with_its_event_and_the_doubt_is_kept() {
    for kind in [
        Kind::Server,
        Kind::Timeout,
        Kind::Interrupted,
        Kind::Garbled,
        Kind::Decode,
    ] {
        let run = Run::new();
        let objects = vec![
            (0, "old", Fit::Agrees),
            (5, "strange", Fit::Differs),
            (40, "mine", Fit::Agrees),
        ];
        let service = Service::new(Err(kind), objects);
        let made = run.make(&service).await.unwrap();
        assert_eq!(
            (made.facts, made.event),
            (facts("mine"), Some(event_facts())),
            "{kind:?}"
        );
        assert!(run.claims.is_known("machine", "mine"));
        assert_eq!(*service.posts.lock().unwrap(), 1);
        let mut later = Diagnostic::error("Later", "Something else.");
        let doubt = made.doubt.unwrap();
        assert!(!doubt.is_open);
        doubt.add_to(&mut later);
        assert!(later.detail.starts_with("Something else.\n\nThe answer to the request"));
        assert!(later.detail.contains("found as mine") && later.detail.contains("it broke"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_may_lag_for_a_minute_whatever_the_deadline_is() {
    for (second, is_found) in [(59, true), (61, true), (64, false)] {
        let service = Service::new(Err(Kind::Server), vec![(second, "mine", Fit::Agrees)]);
        let made = Run::new().make(&service).await;
        assert_eq!(made.is_ok(), is_found, "{second}: {made:?}");
        assert_eq!(*service.posts.lock().unwrap(), 1);
        if let Err(error) = made {
            assert_eq!(error.summary, "Machine Possibly Created");
            for part in [
                "it broke",
                "60 seconds",
                "in the console",
                "`terraform import`",
                "second one",
            ] {
                assert!(error.detail.contains(part), "{part}: {error:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_another_resource_has_is_not_taken() {
    let run = Run::new();
    run.claims.track("machine", "theirs");
    let service = Service::new(Err(Kind::Server), vec![(5, "theirs", Fit::Agrees)]);
    let error = run.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Machine Possibly Created");
}

#[tokio::test(start_paused = true)]
async fn two_that_cannot_be_told_apart_are_an_error_that_names_them() {
    let objects = vec![(5, "one", Fit::Agrees), (5, "two", Fit::Agrees)];
    let error = Run::new()
        .make(&Service::new(Err(Kind::Server), objects))
        .await
        .unwrap_err();
    assert_eq!(error.summary, "Cannot Tell Which Machine Was Created");
    assert!(
        error
            .detail
            .contains("  one (provisioning, created 2024-04-30T15:51:24Z)\n  two")
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_tell_enough_is_taken_after_a_minute_and_stays_in_doubt() {
    let service = Service::new(Err(Kind::Server), vec![(5, "open", Fit::NotTold)]);
    let made = Run::new().make(&service).await.unwrap();
    assert_eq!(made.facts, facts("open"));
    assert!(service.started.elapsed() >= 60 * SECOND);
    let doubt = made.doubt.unwrap();
    assert!(doubt.is_open);
    let mut later = Diagnostic::error("Later", "Something else.");
    doubt.add_to(&mut later);
    assert!(later.detail.contains("as far as it tells so far"));
    let mistaken = doubt.mistaken();
    assert_eq!(mistaken.summary, "Machine Possibly Created");
    assert!(mistaken.detail.contains("open") && mistaken.detail.contains("somebody else's"));
}

#[tokio::test(start_paused = true)]
async fn several_that_do_not_tell_enough_are_waited_for_as_long_as_there_is_time() {
    let mut run = Run::new();
    run.terms.deadline = Instant::now() + 600 * SECOND;
    let objects = vec![(5, "open", Fit::NotTold), (5, "other", Fit::Agrees)];
    let service = Service::new(Err(Kind::Server), objects);
    let error = run.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Cannot Tell Which Machine Was Created");
    assert!(error.detail.contains("  open (") && error.detail.contains("  other ("));
    let elapsed = service.started.elapsed();
    assert!(elapsed >= 600 * SECOND && elapsed < 620 * SECOND, "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_tells_enough_when_asked_for_singly_is_adopted() {
    let mut service = Service::new(Err(Kind::Server), vec![(5, "open", Fit::NotTold)]);
    service.singly = Some((20, Fit::Agrees));
    let made = Run::new().make(&service).await.unwrap();
    assert_eq!(made.facts, facts("open"));
    let mut service = Service::new(Err(Kind::Server), vec![(5, "open", Fit::NotTold)]);
    service.singly = Some((20, Fit::Differs));
    let error = Run::new().make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Machine Possibly Created");
}

#[tokio::test(start_paused = true)]
async fn without_a_lock_nothing_is_adopted() {
    let mut run = Run::new();
    run.team = None;
    let service = Service::new(Err(Kind::Server), vec![(5, "mine", Fit::Agrees)]);
    let error = run.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Machine Possibly Created");
    assert!(error.detail.contains("  mine (") && error.detail.contains("lock file"));
    assert!(!run.claims.is_known("machine", "mine"));
}

#[tokio::test(start_paused = true)]
async fn looking_that_fails_is_tried_again_and_told_at_last() {
    let mut service = Service::new(Err(Kind::Server), vec![(5, "mine", Fit::Agrees)]);
    service.fails = Some((1, 30));
    assert!(Run::new().make(&service).await.is_ok());
    let mut service = Service::new(Err(Kind::Server), vec![(5, "mine", Fit::Agrees)]);
    service.fails = Some((1, 1_000));
    let error = Run::new().make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Machine Possibly Created");
    assert!(error.detail.contains("it broke") && error.detail.contains("not now"));
}

#[tokio::test(start_paused = true)]
async fn without_a_listing_nothing_is_made() {
    let mut service = Service::new(Ok("ps1"), vec![]);
    service.fails = Some((0, 1));
    let error = Run::new().make(&service).await.unwrap_err();
    assert!(error.detail.contains("none was made") && error.detail.contains("not now"));
    assert_eq!(*service.posts.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn interrupted_before_the_request_nothing_is_made() {
    let run = Run::new();
    run.terms.cancel.cancel();
    let service = Service::new(Ok("ps1"), vec![]);
    let error = run.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Interrupted");
    assert!(error.detail.contains("Nothing was created."));
    assert_eq!(*service.posts.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn interrupted_in_doubt_it_looks_once_more_and_says_what_may_be() {
    for (objects, expected) in [
        (vec![(3, "mine", Fit::Agrees)], None),
        (vec![(3, "mine", Fit::NotTold)], None),
        (vec![], Some("may exist and cost money")),
        (
            vec![(3, "open", Fit::NotTold), (3, "other", Fit::NotTold)],
            Some("It may be this:\n  open ("),
        ),
    ] {
        let run = Run::new();
        let service = Service::new(Err(Kind::Server), objects);
        let interrupt = async {
            // The first look was made after one second, and the second one would come after three.
            tokio::time::sleep(Duration::from_millis(3_100)).await;
            run.terms.cancel.cancel();
        };
        let (made, ()) = tokio::join!(run.make(&service), interrupt);
        match (made, expected) {
            (Ok(made), None) => assert_eq!(made.facts, facts("mine")),
            (Err(error), Some(part)) => {
                assert_eq!(error.summary, "Machine Possibly Created");
                assert!(
                    error.detail.contains("was interrupted before it was certain"),
                    "{error:?}"
                );
                assert!(error.detail.contains(part), "{error:?}");
            }
            (made, _) => panic!("{made:?}"),
        }
        assert!(service.started.elapsed() < 4 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn unique_names_refuse_a_name_that_is_taken() {
    let mut run = Run::new();
    run.unique = true;
    let taken = || Service::new(Ok("ps2"), vec![(0, "ps1", Fit::Differs)]);
    let service = taken();
    let error = run.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Name Is Taken");
    assert!(error.detail.contains("  ps1 (") && error.detail.contains("`create_before_destroy`"));
    assert_eq!(*service.posts.lock().unwrap(), 0);
    run.claims.destroyed("machine", "ps1");
    assert!(run.make(&taken()).await.is_ok());
    run.unique = false;
    assert!(Run::new().make(&taken()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn creates_of_one_name_take_turns_until_the_id_is_known() {
    let run = Run::new();
    let other = Run {
        turns: Turns::within(vec![run.folder.path().join("turns")]),
        ..Run::new()
    };
    let (first, second) = (Service::new(Ok("ps1"), vec![]), Service::new(Ok("ps2"), vec![]));
    let (one, two) = tokio::join!(run.make(&first), other.make(&second));
    assert!(one.is_ok() && two.is_ok());
    // Each POST takes a second, and they do not overlap.
    assert!(first.started.elapsed() >= 2 * SECOND);
    let mut late = Run::new();
    late.terms.deadline = Instant::now();
    late.turns = Turns::within(vec![run.folder.path().join("turns")]);
    let service = Service::new(Ok("ps3"), vec![]);
    let place = Place {
        address: "https://api.example/v1".into(),
        team: Some("te1".into()),
        noun: "machine",
        name: "trainer".into(),
    };
    let soon = Instant::now() + SECOND;
    let _held = run.turns.enter(&place, &Cancel::new(), soon).await.unwrap();
    let error = late.make(&service).await.unwrap_err();
    assert_eq!(error.summary, "Time Is Up");
    assert_eq!(*service.posts.lock().unwrap(), 0);
}
