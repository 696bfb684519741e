//! Waits in paused time, on a service that is played.

use std::sync::Mutex;

use super::*;
use crate::provider::kit::facts::Rest;

const SECOND: Duration = Duration::from_secs(1);
const READY: Goal = Goal::at(&["ready"], "to be ready");

/// What the service says at a second of the wait; the answer to the last moment passed counts.
type Story<T> = Vec<(u64, T)>;

#[derive(Clone, Copy, Debug)]
enum Says {
    State(&'static str),
    Absent,
    Fails(Kind),
    Hangs,
}

struct Service {
    started: Instant,
    /// Whether looks that are due are shared with others, and come every second.
    is_shared: bool,
    object: Story<Says>,
    event: Story<Says>,
    requests: Mutex<Vec<(f64, &'static str)>>,
}

fn at<T: Copy>(story: &Story<T>, started: Instant) -> T {
    let now = started.elapsed().as_secs();
    let passed = story.iter().take_while(|(second, _)| *second <= now);
    passed.last().expect("the story begins at 0").1
}

impl Service {
    fn new(object: Story<Says>, event: Story<Says>) -> Self {
        Self {
            started: Instant::now(),
            is_shared: false,
            object,
            event,
            requests: Mutex::default(),
        }
    }

    async fn answer(&self, what: &'static str, story: &Story<Says>) -> Result<Option<&'static str>, Error> {
        let second = self.started.elapsed().as_secs_f64();
        self.requests.lock().unwrap().push((second, what));
        match at(story, self.started) {
            Says::State(state) => Ok(Some(state)),
            Says::Absent => Ok(None),
            Says::Fails(kind) => Err(Error::new(kind, "GET /machines/ps1", "no")),
            Says::Hangs => std::future::pending().await,
        }
    }

    fn asked(&self, what: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|(_, asked)| *asked == what).count()
    }
}

fn facts(state: &'static str) -> Facts {
    let rest = match state {
        "ready" | "off" => Rest::At(state),
        _ => Rest::Moving,
    };
    Facts {
        key: "ps1".into(),
        name: None,
        created: None,
        deleted: None,
        rest,
        word: state.into(),
    }
}

fn event(state: &'static str) -> EventFacts {
    EventFacts {
        id: "e1".into(),
        name: Some("create".into()),
        state: state.into(),
        error: None,
        created: None,
        finished: state == "done",
    }
}

impl Looker for Service {
    fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>> {
        Box::pin(async { Ok(self.answer("object", &self.object).await?.map(facts)) })
    }

    fn next(&self, due: Due) -> BoxFuture<'_, Result<Look, Error>> {
        Box::pin(async move {
            if !self.is_shared {
                sleep_until(due.next).await;
                return self.own().await.map(Look::Own);
            }
            tokio::time::sleep(SECOND).await;
            Ok(Look::Shared(self.answer("listing", &self.object).await?.map(facts)))
        })
    }

    fn event<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(async { Ok(self.answer("event", &self.event).await?.map(event)) })
    }

    fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>> {
        Box::pin(async {
            Ok(self
                .answer("events", &self.event)
                .await?
                .map(event)
                .into_iter()
                .collect())
        })
    }
}

fn work(seconds: u32) -> Work {
    let terms = Terms {
        deadline: Instant::now() + seconds * SECOND,
        cancel: Cancel::new(),
        pace: Pace::default(),
    };
    Work {
        has_siblings: true,
        ..Work::new("machine", "ps1", terms)
    }
}

fn states(states: &[(u64, &'static str)]) -> Story<Says> {
    states
        .iter()
        .map(|(second, state)| (*second, Says::State(state)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_forty_seconds_costs_few_requests_and_is_seen_ready_soon() {
    let service = Service::new(
        states(&[(0, "provisioning"), (40, "ready")]),
        states(&[(0, "running"), (39, "done")]),
    );
    let mut work = work(1_800);
    let seen = settle(&mut work, &service, READY, vec![event("new")]).await.unwrap();
    assert_eq!(seen.word, "ready");
    assert!(
        service.started.elapsed() <= 43 * SECOND,
        "{:?}",
        service.started.elapsed()
    );
    assert_eq!(
        (service.asked("object"), service.asked("event"), service.asked("events")),
        (21, 1, 1)
    );
    assert_eq!(work.event, Some(event("done")));
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_five_minutes_is_seen_ready_within_a_tenth() {
    let service = Service::new(
        states(&[(0, "provisioning"), (300, "ready")]),
        states(&[(0, "running"), (299, "done")]),
    );
    settle(&mut work(1_800), &service, READY, vec![event("new")])
        .await
        .unwrap();
    assert!(
        service.started.elapsed() <= 315 * SECOND,
        "{:?}",
        service.started.elapsed()
    );
    let requests = service.requests.lock().unwrap().len();
    assert!(requests <= 60, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn shared_looks_lead_to_one_own_look_that_ends_the_wait() {
    let mut service = Service::new(
        states(&[(0, "provisioning"), (40, "ready")]),
        states(&[(0, "running"), (39, "done")]),
    );
    service.is_shared = true;
    settle(&mut work(1_800), &service, READY, vec![event("new")])
        .await
        .unwrap();
    assert_eq!(service.started.elapsed(), 40 * SECOND);
    let asked = ["listing", "object", "event", "events"].map(|what| service.asked(what));
    assert_eq!(asked, [40, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn without_events_the_first_look_is_at_once_and_may_be_the_only_one() {
    let service = Service::new(states(&[(0, "ready")]), states(&[(0, "done")]));
    settle(&mut work(5), &service, READY, vec![]).await.unwrap();
    assert_eq!(service.started.elapsed(), Duration::ZERO);
    assert_eq!(*service.requests.lock().unwrap(), [(0.0, "object")]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_honoured_and_what_was_seen_is_kept() {
    let service = Service::new(states(&[(0, "provisioning")]), states(&[(0, "running")]));
    let mut work = work(100);
    let halt = settle(&mut work, &service, READY, vec![event("new")])
        .await
        .unwrap_err();
    assert!(matches!(halt, Halt::TimedOut(None)), "{halt:?}");
    assert_eq!(service.started.elapsed(), 99 * SECOND);
    assert_eq!(work.seen, Some(facts("provisioning")));
    assert_eq!(work.event, Some(event("running")));
}

#[tokio::test(start_paused = true)]
async fn what_is_done_just_before_the_deadline_is_seen() {
    let service = Service::new(states(&[(0, "starting"), (99, "ready")]), states(&[(0, "done")]));
    settle(&mut work(100), &service, READY, vec![]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_does_not_outlast_the_deadline() {
    let service = Service::new(vec![(0, Says::Hangs)], states(&[(0, "done")]));
    let halt = settle(&mut work(10), &service, READY, vec![]).await.unwrap_err();
    assert!(matches!(halt, Halt::TimedOut(None)), "{halt:?}");
    assert_eq!(service.started.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_a_sleep_and_a_look_at_once() {
    for object in [Says::Hangs, Says::State("starting")] {
        let service = Service::new(vec![(0, object)], states(&[(0, "done")]));
        let mut work = work(3_600);
        let cancel = work.terms.cancel.clone();
        let waiting = settle(&mut work, &service, READY, vec![]);
        let cancelling = async {
            tokio::time::sleep(SECOND / 2).await;
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(waiting, cancelling);
        assert!(matches!(ended, Err(Halt::Interrupted)), "{ended:?}");
        assert_eq!(service.started.elapsed(), SECOND / 2);
    }
    let mut cancelled = work(3_600);
    cancelled.terms.cancel.cancel();
    let service = Service::new(states(&[(0, "ready")]), states(&[(0, "done")]));
    let ended = settle(&mut cancelled, &service, READY, vec![]).await;
    assert!(matches!(ended, Err(Halt::Interrupted)), "{ended:?}");
    assert!(service.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn trouble_in_the_middle_is_waited_out() {
    for kind in [
        Kind::Forbidden,
        Kind::Redirected,
        Kind::Decode,
        Kind::Garbled,
        Kind::NotFound,
        Kind::Server,
        Kind::Untrusted,
        Kind::Refused,
    ] {
        let object = vec![
            (0, Says::State("starting")),
            (20, Says::Fails(kind)),
            (100, Says::State("ready")),
        ];
        let service = Service::new(object, states(&[(0, "done")]));
        let mut work = work(1_800);
        let ended = settle(&mut work, &service, READY, vec![event("new")]).await;
        assert!(ended.is_ok(), "{kind:?}: {ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_that_does_not_pass_by_itself_ends_the_wait_blind_after_a_while() {
    let object = vec![(0, Says::State("starting")), (20, Says::Fails(Kind::Forbidden))];
    let service = Service::new(object, states(&[(0, "running")]));
    let mut work = work(1_800);
    let halt = settle(&mut work, &service, READY, vec![event("new")])
        .await
        .unwrap_err();
    let Halt::Blind(error) = halt else { panic!("{halt:?}") };
    assert!(error.is_forbidden());
    let elapsed = service.started.elapsed();
    assert!(elapsed >= 140 * SECOND && elapsed <= 160 * SECOND, "{elapsed:?}");
    assert_eq!(work.seen, Some(facts("starting")));
}

#[tokio::test(start_paused = true)]
async fn trouble_that_may_pass_is_waited_out_as_long_as_there_is_time() {
    let object = vec![(0, Says::State("starting")), (20, Says::Fails(Kind::Server))];
    let service = Service::new(object, states(&[(0, "running")]));
    let halt = settle(&mut work(1_800), &service, READY, vec![]).await.unwrap_err();
    let Halt::TimedOut(Some(trouble)) = halt else {
        panic!("{halt:?}")
    };
    assert_eq!(trouble.kind, Kind::Server);
    assert_eq!(service.started.elapsed(), 1_799 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_believed_the_second_time_in_a_row() {
    let object = vec![
        (0, Says::Fails(Kind::Unauthorized)),
        (1, Says::State("starting")),
        (10, Says::Fails(Kind::Unauthorized)),
    ];
    let service = Service::new(object, states(&[(0, "done")]));
    let halt = settle(&mut work(1_800), &service, READY, vec![]).await.unwrap_err();
    let Halt::Blind(error) = halt else { panic!("{halt:?}") };
    assert!(error.is_unauthorized());
    assert_eq!(service.started.elapsed(), 12 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_impossible_is_not_made_again() {
    let service = Service::new(vec![(0, Says::Fails(Kind::Config))], states(&[(0, "done")]));
    let halt = settle(&mut work(1_800), &service, READY, vec![]).await.unwrap_err();
    assert!(matches!(halt, Halt::Blind(_)), "{halt:?}");
    assert_eq!(service.asked("object"), 1);
}

#[tokio::test(start_paused = true)]
async fn where_events_cannot_be_looked_at_the_object_decides() {
    let service = Service::new(
        states(&[(0, "starting"), (10, "ready")]),
        vec![(0, Says::Fails(Kind::Forbidden))],
    );
    settle(&mut work(1_800), &service, READY, vec![event("new")])
        .await
        .unwrap();
    assert!(
        service.started.elapsed() <= 200 * SECOND,
        "{:?}",
        service.started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_just_made_may_come_late() {
    let object = vec![(0, Says::Absent), (30, Says::State("ready"))];
    let service = Service::new(object, states(&[(0, "done")]));
    let mut work = Work::on_new("machine", facts("provisioning"), work(1_800).terms);
    assert_eq!(work.seen, Some(facts("provisioning")));
    settle(&mut work, &service, READY, vec![]).await.unwrap();
    assert!(!work.is_new);
    let gone = Service::new(vec![(0, Says::Absent)], states(&[(0, "done")]));
    let ended = settle(&mut work, &gone, READY, vec![]).await;
    assert!(matches!(ended, Err(Halt::Gone)), "{ended:?}");
    assert!(gone.started.elapsed() < 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_delete_is_over_when_the_object_is_gone() {
    let object = vec![(0, Says::State("stopping")), (20, Says::Absent)];
    let service = Service::new(object, states(&[(0, "running")]));
    until_gone(&mut work(900), &service, vec![event("new")]).await.unwrap();
    assert!(service.started.elapsed() <= 22 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_is_kept() {
    let service = Service::new(states(&[(0, "off")]), states(&[(0, "cancelled")]));
    let mut work = work(900);
    let halt = settle(&mut work, &service, READY, vec![event("new")])
        .await
        .unwrap_err();
    assert!(
        matches!(&halt, Halt::Failed(Why::Event(failed)) if *failed == event("cancelled")),
        "{halt:?}"
    );
    assert_eq!(work.event, Some(event("cancelled")));
}

#[test]
fn looks_are_never_planned_past_the_margin() {
    let now = Instant::now();
    for (delay, left, next, last) in [(5, 60, 5, 59), (5, 4, 3, 3), (5, 1, 0, 0)] {
        let expected = Due {
            next: now + next * SECOND,
            last: now + last * SECOND,
        };
        assert_eq!(
            due(now, delay * SECOND, now + left * SECOND, SECOND),
            expected,
            "{delay} {left}"
        );
    }
}

#[test]
fn errors_of_requests_become_what_they_mean() {
    let halt = |kind| Halt::from(Error::new(kind, "PUT /machines/ps1", "no"));
    assert!(matches!(halt(Kind::Cancelled), Halt::Interrupted));
    assert!(matches!(halt(Kind::DeadlineExceeded), Halt::TimedOut(None)));
    assert!(matches!(halt(Kind::Refused), Halt::Api(_)));
}
