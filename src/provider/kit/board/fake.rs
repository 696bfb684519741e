//! A service in memory, for tests in paused time: it makes machines, each with an event, takes its time to answer, and
//! writes down what it was asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Boards, Lister};
use crate::api::{Cancel, Client, Error, Kind, Page, Settings};

/// How long the service takes to answer.
pub(super) const LATENCY: Duration = Duration::from_millis(20);
/// How many objects are on a page.
const PAGE: usize = 120;

/// A machine, or its event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Thing {
    pub(super) id: String,
    pub(super) name: String,
    /// The machine is ready, or the event over.
    pub(super) is_done: bool,
}

/// The machines as a board lists them.
pub(super) struct Machines(pub(super) Arc<Service>);
/// Their events.
pub(super) struct Events(pub(super) Arc<Service>);
/// The machines as those are listed that are there before one is made, to tell these listings from looks.
pub(super) struct Before(pub(super) Arc<Service>);
/// The machines, as if none could be asked for by itself.
pub(super) struct Addresses(pub(super) Arc<Service>);

/// How listings go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Fails(Kind),
    Panics,
    Hangs,
}

pub(super) struct Service {
    world: Mutex<World>,
}

struct World {
    /// Oldest first.
    machines: Vec<Machine>,
    mood: Mood,
    asked: Vec<(Instant, String)>,
}

struct Machine {
    id: String,
    done: Instant,
    /// Listings show it from then on.
    listed: Instant,
    is_called_deleted: bool,
}

impl Service {
    pub(super) fn new() -> Arc<Self> {
        let world = World {
            machines: Vec::new(),
            mood: Mood::Well,
            asked: Vec::new(),
        };
        Arc::new(Self {
            world: Mutex::new(world),
        })
    }

    /// A service in which so many machines are ready: `m0`, `m1` and so on, the oldest first.
    pub(super) fn with(machines: usize) -> Arc<Self> {
        let service = Self::new();
        for number in 0..machines {
            service.add(&format!("m{number}"), Duration::ZERO);
        }
        service
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client of nobody else's.
    pub(super) fn client(&self) -> Client {
        let client = Client::new(Settings::new("k3y".into())).unwrap();
        client.with_cancel(Cancel::new())
    }

    /// Boards of the service at the pace of the real one, and the client whose changes they go by.
    pub(super) fn boards(shared: bool) -> (Boards, Client) {
        let client = Client::new(Settings::new("k3y".into())).unwrap();
        (Boards::new(&client, shared), client)
    }

    /// Adds a machine that is done in so long, without a request.
    pub(super) fn add(&self, id: &str, takes: Duration) {
        let now = Instant::now();
        self.world().machines.push(Machine {
            id: id.to_owned(),
            done: now + takes,
            listed: now,
            is_called_deleted: false,
        });
    }

    /// Keeps a machine out of listings for so long.
    pub(super) fn hide(&self, id: &str, time: Duration) {
        let listed = Instant::now() + time;
        self.edit(id, |machine| machine.listed = listed);
    }

    /// Lets listings call a machine deleted.
    pub(super) fn call_deleted(&self, id: &str) {
        self.edit(id, |machine| machine.is_called_deleted = true);
    }

    fn edit(&self, id: &str, change: impl FnOnce(&mut Machine)) {
        let mut world = self.world();
        let machine = world.machines.iter_mut().find(|machine| machine.id == id);
        change(machine.expect("the machine is there"));
    }

    pub(super) fn set_mood(&self, mood: Mood) {
        self.world().mood = mood;
    }

    /// What was asked so far, as `GET /machines`.
    pub(super) fn asked(&self) -> Vec<String> {
        self.world().asked.iter().map(|(_, line)| line.clone()).collect()
    }

    /// When requests with that beginning were made, from an instant on.
    pub(super) fn times(&self, beginning: &str, from: Instant) -> Vec<Duration> {
        let world = self.world();
        let asked = world.asked.iter().filter(|(_, line)| line.starts_with(beginning));
        asked.filter_map(|(at, _)| at.checked_duration_since(from)).collect()
    }

    async fn answer(&self, line: String) {
        self.world().asked.push((Instant::now(), line));
        sleep(LATENCY).await;
    }

    /// Makes a machine that takes so long.
    pub(super) async fn create(&self, id: &str, takes: Duration) {
        self.answer("POST /machines".to_owned()).await;
        self.add(id, takes);
    }

    pub(super) async fn machine(&self, id: &str) -> Option<Thing> {
        self.answer(format!("GET /machines/{id}")).await;
        self.thing(id, "")
    }

    pub(super) async fn event(&self, id: &str) -> Option<Thing> {
        self.answer(format!("GET /machine-events/{id}")).await;
        self.thing(id.trim_start_matches("event-"), "event-")
    }

    /// Machines of that name.
    pub(super) async fn named(&self, name: &str) -> Vec<Thing> {
        self.answer(format!("GET /machines?name={name}")).await;
        self.thing(name, "").into_iter().collect()
    }

    fn thing(&self, id: &str, prefix: &str) -> Option<Thing> {
        let world = self.world();
        let machine = world.machines.iter().find(|machine| machine.id == id);
        machine.map(|machine| machine.thing(prefix))
    }

    async fn page(&self, path: &str, prefix: &str, after: Option<&str>) -> Result<Page<(Thing, bool)>, Error> {
        let line = match after {
            Some(after) => format!("GET {path}?after={after}"),
            None => format!("GET {path}"),
        };
        self.answer(line.clone()).await;
        let mood = self.world().mood;
        match mood {
            Mood::Well => {}
            Mood::Fails(kind) => return Err(Error::new(kind, line, "No.")),
            Mood::Panics => panic!("a lister may"),
            Mood::Hangs => std::future::pending().await,
        }
        let (world, now) = (self.world(), Instant::now());
        let start = after.map_or(0, |after| after.parse().unwrap());
        let listed = world.machines.iter().rev().filter(|machine| machine.listed <= now);
        let mut items: Vec<_> = listed
            .skip(start)
            .take(PAGE + 1)
            .map(|machine| (machine.thing(prefix), machine.is_called_deleted))
            .collect();
        let has_more = items.len() > PAGE;
        items.truncate(PAGE);
        Ok(Page {
            has_more: Some(has_more),
            next_page: has_more.then(|| (start + PAGE).to_string()),
            items,
            bytes: 0,
        })
    }
}

impl Machine {
    fn thing(&self, prefix: &str) -> Thing {
        Thing {
            id: format!("{prefix}{}", self.id),
            name: self.id.clone(),
            is_done: self.done <= Instant::now(),
        }
    }
}

macro_rules! lister {
    ($kind:ident, $what:literal, $path:literal, $prefix:literal, $singly:literal) => {
        impl Lister for $kind {
            type Seen = (Thing, bool);

            const WHAT: &'static str = $what;
            const SINGLY: bool = $singly;

            async fn page(&self, _: &Client, after: Option<&str>) -> Result<Page<(Thing, bool)>, Error> {
                self.0.page($path, $prefix, after).await
            }

            fn key((thing, _): &(Thing, bool)) -> &str {
                &thing.id
            }

            fn is_deleted((_, is_called_deleted): &(Thing, bool)) -> bool {
                *is_called_deleted
            }
        }
    };
}

lister!(Machines, "machines", "/machines", "", true);
lister!(Events, "events", "/machine-events", "event-", true);
lister!(Before, "machines before one is made", "/machines-before", "", true);
lister!(Addresses, "addresses", "/addresses", "", false);
