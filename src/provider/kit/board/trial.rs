//! Whole operations against a service in memory, in paused time: how many requests they cost, and how soon they hear of
//! their end.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::fake::{Before, Events, Machines, Service};
use super::*;

const SECOND: Duration = Duration::from_secs(1);
/// The distance at which a wait looks at an event although its machine is still on its way.
const BETWEEN_EVENTS: Duration = Duration::from_secs(60);

/// A run that makes machines, as a resource does.
struct Run {
    service: Arc<Service>,
    before: Board<Before>,
    machines: Board<Machines>,
    events: Board<Events>,
    start: Instant,
    /// How many requests were made for one machine alone: for its name, to make it, and to confirm what a look told.
    own: AtomicUsize,
}

/// What a run has cost.
#[derive(Debug)]
struct Cost {
    requests: usize,
    /// Those beside writes, first listings and confirmations.
    looks: usize,
    took: Duration,
}

impl Run {
    fn new(shared: bool) -> Self {
        let service = Service::new();
        let (boards, _) = Service::boards(shared);
        Self {
            before: boards.of(Before(Arc::clone(&service))),
            machines: boards.of(Machines(Arc::clone(&service))),
            events: boards.of(Events(Arc::clone(&service))),
            service,
            start: Instant::now(),
            own: AtomicUsize::new(0),
        }
    }

    fn count(&self) {
        self.own.fetch_add(1, Ordering::Relaxed);
    }

    /// Makes a machine that takes so long, waits until it is there, and checks how soon it hears of that.
    async fn make(&self, id: &str, takes: Duration) {
        let is_named = |(machine, _): &(fake::Thing, bool)| machine.name == id;
        let same_name = match self.before.all(Since::Now, &self.service.client(), is_named).await {
            Some(machines) => machines.len(),
            None => {
                self.count();
                self.service.named(id).await.len()
            }
        };
        assert_eq!(same_name, 0);
        self.count();
        self.service.create(id, takes).await;
        let made = Instant::now();
        let event = format!("event-{id}");
        let mut seat = self.machines.seat(id, self.machines.mark());
        let mut event_seat = None;
        let mark = self.events.mark();
        let mut asked = made;
        loop {
            let is_there = match seat.next().await {
                Next::Told(seen) => seen.0.is_done,
                Next::AskSingly => self.service.machine(id).await.is_some_and(|machine| machine.is_done),
            };
            if !is_there && asked.elapsed() < BETWEEN_EVENTS {
                continue;
            }
            asked = Instant::now();
            let event_seat = event_seat.get_or_insert_with(|| self.events.seat(&event, mark));
            let is_over = match event_seat.next().await {
                Next::Told(seen) => seen.0.is_done,
                Next::AskSingly => {
                    self.count();
                    self.service.event(&event).await.is_some_and(|event| event.is_done)
                }
            };
            if !is_over {
                continue;
            }
            self.count();
            if self.service.machine(id).await.is_some_and(|machine| machine.is_done) {
                break;
            }
        }
        let late = made.elapsed() - takes;
        let most = (3 * SECOND).max(takes / 10).min(15 * SECOND);
        assert!(late <= most, "what took {takes:?} was seen {late:?} late");
    }

    fn cost(&self) -> Cost {
        let requests = self.service.asked().len();
        let first_listings = self.service.times("GET /machines-before", self.start).len();
        let asked = self.service.times("", self.start);
        Cost {
            requests,
            looks: requests - first_listings - self.own.load(Ordering::Relaxed),
            took: asked.last().copied().unwrap_or_default(),
        }
    }
}

/// What it costs to make so many machines that take so long, so many at a time.
async fn cost(machines: usize, parallelism: usize, takes: Duration, shared: bool) -> Cost {
    let run = Run::new(shared);
    let ids: Vec<_> = (0..machines).map(|number| format!("m{number}")).collect();
    let made = stream::iter(&ids).map(|id| run.make(id, takes));
    made.buffer_unordered(parallelism).collect::<Vec<_>>().await;
    let cost = run.cost();
    sleep(3600 * SECOND).await;
    assert_eq!(
        run.cost().requests,
        cost.requests,
        "something was asked while nobody waited"
    );
    cost
}

#[tokio::test(start_paused = true)]
async fn sixty_machines_at_once_cost_three_requests_each() {
    let Cost { requests, looks, took } = cost(60, 60, 40 * SECOND, true).await;
    assert!(requests <= 3 * 60, "{requests}");
    assert!(looks as f64 <= took.as_secs_f64(), "{looks} looks in {took:?}");
}

#[tokio::test(start_paused = true)]
async fn sixty_machines_ten_at_a_time_cost_seven_requests_each() {
    let Cost { requests, looks, took } = cost(60, 10, 40 * SECOND, true).await;
    assert!(requests <= 7 * 60, "{requests}");
    assert!(looks as f64 <= took.as_secs_f64(), "{looks} looks in {took:?}");
}

#[tokio::test(start_paused = true)]
async fn one_machine_alone_costs_28_requests_and_one_that_takes_five_minutes_75() {
    for (takes, most) in [(40, 28), (300, 75)] {
        for shared in [true, false] {
            let Cost { requests, looks, took } = cost(1, 1, takes * SECOND, shared).await;
            assert!(requests <= most, "{requests} for {takes} s");
            assert!(looks as f64 <= took.as_secs_f64(), "{looks} looks in {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn machines_of_all_ages_are_seen_in_time_by_one_request_a_second() {
    let run = Run::new(true);
    // Each begins a while after the one before it, and takes its own time.
    let staggered = (0..200_u32).map(|number| {
        let run = &run;
        async move {
            sleep(Duration::from_millis(u64::from(number * 1700 + number * number % 997))).await;
            let takes = (5 + number * 37 % 400) * SECOND;
            run.make(&format!("m{number}"), takes).await;
        }
    });
    futures_util::future::join_all(staggered).await;
    let Cost { looks, took, .. } = run.cost();
    assert!(looks as f64 <= took.as_secs_f64(), "{looks} looks in {took:?}");
}
