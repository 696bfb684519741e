//! A running simulator as tests and the command line hold it.
//!
//! Everything but starting and stopping is synchronous: a test may ask for the requests seen, change the world behind
//! the client's back or move time on without a runtime of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use axum::middleware::from_fn;
use tokio::task::JoinHandle;

use super::app::{App, SharedApp};
use super::config::Config;
use super::fault::{Fault, Standing};
use super::listen::{Line, Lines};
use super::machine::{Requested, State};
use super::quirks::Quirks;
use super::requests::SeenRequest;
use super::sight::Sight;
use super::world::World;
use super::{control, http};

/// A running simulator. It stops when dropped.
#[derive(Debug)]
pub struct Sim {
    app: SharedApp,
    address: SocketAddr,
    running: Running,
}

/// Where the server runs.
#[derive(Debug)]
enum Running {
    Task(Option<JoinHandle<()>>),
    Thread(Option<thread::JoinHandle<()>>),
}

impl Sim {
    /// Starts on the current tokio runtime.
    pub async fn start(config: Config) -> io::Result<Self> {
        let (app, listener, address) = open(config)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let task = tokio::spawn(serve(app.clone(), Lines(listener)));
        Ok(Self {
            app,
            address,
            running: Running::Task(Some(task)),
        })
    }

    /// Starts on a thread and a runtime of its own, for callers that have none. When this returns, the simulator
    /// listens.
    pub fn spawn(config: Config) -> io::Result<Self> {
        let (app, listener, address) = open(config)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = app.clone();
        let thread = thread::Builder::new()
            .name("paperspace-sim".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    let stop = served.stop.clone();
                    match tokio::net::TcpListener::from_std(listener) {
                        // Stopping waits for nobody here: what is left goes down with the runtime.
                        Ok(listener) => tokio::select! {
                            () = serve(served, Lines(listener)) => {}
                            () = stop.cancelled() => {}
                        },
                        Err(error) => eprintln!("paperspace-sim: cannot listen: {error}"),
                    }
                });
            })?;
        Ok(Self {
            app,
            address,
            running: Running::Thread(Some(thread)),
        })
    }

    /// The base URL to give to a client, `http://127.0.0.1:PORT/v1`.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, http::BASE)
    }

    /// Where the control endpoints are, `http://127.0.0.1:PORT/_sim`.
    pub fn control_url(&self) -> String {
        format!("http://{}{}", self.address, control::BASE)
    }

    /// Every key of every team, the first team's first.
    pub fn api_keys(&self) -> Vec<String> {
        self.app
            .config
            .teams
            .iter()
            .flat_map(|team| team.keys.clone())
            .collect()
    }

    /// The first team's first key.
    pub fn api_key(&self) -> String {
        self.api_keys().into_iter().next().unwrap_or_default()
    }

    /// The requests seen so far, in order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.app.log().all()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.app.log().clear();
    }

    /// The fault rules.
    pub fn faults(&self) -> Faults<'_> {
        Faults { app: &self.app }
    }

    /// The quirks as they are switched now.
    pub fn quirks(&self) -> Quirks {
        self.app.service().quirks.clone()
    }

    /// Switches quirks.
    pub fn switch(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.app.service().quirks);
    }

    /// Moves time on, in any mode, and answers how many operations are still under way.
    pub fn advance(&self, by: Duration) -> usize {
        self.app.advance(by)
    }

    /// Pushes every operation under way to its next stage, in any mode, and answers how many are still under way.
    pub fn poke(&self) -> usize {
        self.app.poke()
    }

    /// Brings every operation under way to its end.
    pub fn finish_all(&self) {
        while self.poke() > 0 {}
    }

    /// The first team's world as it is now.
    pub fn world(&self) -> World {
        self.edit(|world| world.clone())
    }

    /// The world that a key opens.
    pub fn world_of(&self, key: &str) -> Option<World> {
        let team = self.app.caller(key)?.team;
        let mut service = self.app.service();
        service.settle();
        Some(service.worlds[team].clone())
    }

    /// Changes the first team's world behind the client's back, as someone else might through the console.
    /// `change` has the world to itself: it must not call the simulator.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut service = self.app.service();
        service.settle();
        change(&mut service.worlds[0])
    }

    /// Puts a machine into a state, as if it had got there by itself: a dynamic address comes and goes with it, and what
    /// was under way is called off. Answers whether there is such a machine.
    pub fn set_machine_state(&self, id: &str, state: State) -> bool {
        let now = self.app.service().clock.now();
        self.edit(|world| {
            world.call_off(id, &now);
            let Some(machine) = world.machine_mut(id) else {
                return false;
            };
            machine.state = state;
            machine.requested = if state == State::Off {
                Requested::Off
            } else {
                Requested::On
            };
            match state {
                State::Off => world.take_dynamic_address(id),
                _ => world.give_address(id, &now),
            }
            true
        })
    }

    /// Deletes a machine, at once and for good: no request finds it any more. Answers whether there was one.
    pub fn delete_machine(&self, id: &str) -> bool {
        let now = self.app.service().clock.now();
        self.edit(|world| {
            world.delete_machine(id, &now);
            let Some(machine) = world.machine_mut(id) else {
                return false;
            };
            machine.sight = Sight::of_none();
            true
        })
    }

    /// Renames a machine. Answers whether there is such a machine.
    pub fn rename_machine(&self, id: &str, name: &str) -> bool {
        self.edit(|world| {
            let machine = world.machine_mut(id).map(|machine| name.clone_into(&mut machine.name));
            machine.is_some()
        })
    }

    /// Begins again with fresh worlds.
    pub fn reset(&self) {
        self.app.reset();
    }

    /// Stops, waits until nothing is served any more, and saves the state.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.app.stop.cancel();
        if let Running::Task(task) = &mut self.running
            && let Some(task) = task.take()
        {
            task.await.map_err(io::Error::other)?;
        }
        self.join();
        self.app.save()
    }

    fn join(&mut self) {
        if let Running::Thread(thread) = &mut self.running
            && let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            eprintln!("paperspace-sim: the server's thread panicked");
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.app.stop.cancel();
        self.join();
    }
}

/// The fault rules of a running simulator.
#[derive(Clone, Copy, Debug)]
pub struct Faults<'a> {
    app: &'a App,
}

impl Faults<'_> {
    /// Adds a rule and answers its id.
    ///
    /// # Panics
    ///
    /// If the rule could never hit a request of the API: a test that adds it would test nothing.
    #[track_caller]
    pub fn add(&self, rule: Fault) -> u64 {
        match self.app.add_faults(vec![rule]) {
            Ok(ids) => ids[0],
            Err(reason) => panic!("{reason}"),
        }
    }

    /// Removes a rule.
    pub fn remove(&self, id: u64) {
        self.app.faults().remove(id);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.app.faults().clear();
    }

    /// The rules, with how often each matched and hit.
    pub fn rules(&self) -> Vec<Standing> {
        self.app.faults().rules().to_vec()
    }
}

fn open(config: Config) -> io::Result<(SharedApp, TcpListener, SocketAddr)> {
    let port = config.port;
    let app = SharedApp::new(App::open(config)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((app, listener, address))
}

/// Serves until the simulator is stopped and the last connection is closed.
async fn serve(app: SharedApp, lines: Lines) {
    let router = control::router(&app).merge(http::router(&app));
    let router = router.layer(from_fn(http::guard::guard));
    let service = router.into_make_service_with_connect_info::<Line>();
    let stop = app.stop.clone().cancelled_owned();
    if let Err(error) = axum::serve(lines, service).with_graceful_shutdown(stop).await {
        eprintln!("paperspace-sim: {error}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::TimeMode;
    use crate::sim::http::client::Client;

    #[test]
    fn a_simulator_can_be_had_without_a_runtime_and_is_gone_when_dropped() {
        let sim = Sim::spawn(Config {
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .unwrap();
        let url = sim.url();
        let address = sim.address;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let status = runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = client.get(format!("{url}/machines")).bearer_auth(sim.api_key());
            request.send().await.unwrap().status().as_u16()
        });
        assert_eq!(status, 200);
        assert_eq!(sim.requests()[0].line(), "GET /machines");
        drop(sim);
        std::net::TcpStream::connect(address).unwrap_err();
    }

    #[tokio::test]
    async fn a_world_survives_its_simulator() {
        let folder = tempfile::tempdir().unwrap();
        let config = || Config {
            time: TimeMode::Explicit,
            state_file: Some(folder.path().join("world.json")),
            ..Config::default()
        };
        let client = Client::of(config()).await;
        client.machine(&json!({})).await;
        client.sim.advance(Duration::from_secs(59));
        let before = client.sim.world();
        client.sim.shutdown().await.unwrap();
        let sim = Sim::start(config()).await.unwrap();
        assert_eq!(sim.world(), before);
        assert_eq!(
            sim.advance(Duration::from_secs(1)),
            0,
            "an operation goes on where it was"
        );
        assert_eq!(sim.world().machines[0].state, State::Ready);
    }

    #[tokio::test]
    async fn someone_else_can_change_the_world() {
        let client = Client::explicit().await;
        let id = client.machine(&json!({})).await["id"].as_str().unwrap().to_owned();
        let path = format!("/machines/{id}");
        assert!(client.sim.rename_machine(&id, "theirs"));
        assert!(client.sim.set_machine_state(&id, State::Off));
        let (_, machine) = client.get(&path).await;
        assert_eq!((&machine["name"], &machine["state"]), (&json!("theirs"), &json!("off")));
        assert_eq!(client.get("/machine-events").await.1["items"][0]["state"], "cancelled");
        assert!(client.sim.delete_machine(&id));
        assert_eq!(client.get(&path).await.0, 404);
        assert!(!client.sim.rename_machine("ps0", "nobody") && !client.sim.delete_machine("ps0"));
    }

    #[tokio::test]
    async fn a_port_in_use_is_told() {
        let first = Sim::start(Config::default()).await.unwrap();
        let error = Sim::start(Config {
            port: first.address.port(),
            ..Config::default()
        })
        .await
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
