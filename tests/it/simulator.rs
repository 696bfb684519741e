//! Every operation of the service, asked of the simulator by a client that knows nothing of the provider. That the answers
//! are as the service describes itself is [`support::cloud`](crate::support::cloud)'s to see; here is seen to it that
//! there are answers, to all of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::{
    Absence, Config, DriveUnit, Lingering, NumberForm, Quirks, RegionForm, TimeMode,
};

use crate::contract::description;
use crate::support::cloud::{self, Cloud};

/// A client, and the operations that it had answered.
struct Client<'a> {
    sim: &'a Cloud,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Client<'a> {
    fn of(sim: &'a Cloud) -> Self {
        Self {
            sim,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            asked: RefCell::default(),
        }
    }

    /// Sends a request, which must be answered with status 200. What stands in braces in the operation's path is taken
    /// from `ids`, in order; a query may follow in the end.
    #[track_caller]
    fn ask(&self, operation: &str, ids: &[&Value], query: &str, body: Option<Value>) -> Value {
        let (method, path) = operation.split_once(' ').unwrap();
        let mut ids = ids.iter();
        let segments = path.split('/').map(|segment| match segment.starts_with('{') {
            true => ids.next().and_then(|id| id.as_str()).unwrap(),
            false => segment,
        });
        let url = format!("{}{}{query}", self.sim.url(), segments.collect::<Vec<_>>().join("/"));
        let mut request = self.http.request(method.parse().unwrap(), url);
        request = request.bearer_auth(self.sim.api_key());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (status, answer) = self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status(), response.json::<Value>().await.unwrap())
        });
        assert_eq!(status, 200, "{operation}: {answer}");
        self.asked.borrow_mut().insert(operation.to_owned());
        answer
    }

    fn get(&self, operation: &str, ids: &[&Value], query: &str) -> Value {
        self.ask(&format!("GET {operation}"), ids, query, None)
    }

    fn delete(&self, operation: &str, ids: &[&Value]) -> Value {
        self.ask(&format!("DELETE {operation}"), ids, "", None)
    }

    fn post(&self, operation: &str, ids: &[&Value], body: Value) -> Value {
        self.ask(&format!("POST {operation}"), ids, "", Some(body))
    }

    fn put(&self, operation: &str, ids: &[&Value], body: Value) -> Value {
        self.ask(&format!("PUT {operation}"), ids, "", Some(body))
    }
}

/// A network with a drive on it, an address and a script.
struct Surroundings {
    network: Value,
    drive: Value,
    ip: Value,
    script: Value,
}

fn make_surroundings(client: &Client<'_>) -> Surroundings {
    let named = |name: &str| json!({"name": name, "region": "ny2"});
    let network = client.post("/private-networks", &[], named("lab"))["id"].clone();
    let mut drive = named("data");
    drive["size"] = json!(250);
    drive["networkId"] = network.clone();
    let drive = client.post("/shared-drives", &[], drive)["id"].clone();
    client.get("/shared-drives/{id}", &[&drive], "");
    let ip = client.post("/public-ips", &[], json!({"region": "ny2"}))["ip"].clone();
    let script = json!({"name": "setup", "script": "#!/bin/sh\n", "isRunOnce": true});
    let script = client.post("/startup-scripts", &[], script)["id"].clone();
    client.sim.finish_all();
    Surroundings {
        network,
        drive,
        ip,
        script,
    }
}

/// A machine through its life, and what is made of it.
fn live(client: &Client<'_>, around: &Surroundings) {
    let wanted = json!({
        "name": "worker", "machineType": "P4000", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
        "networkId": around.network, "publicIpType": "dynamic", "autoShutdownEnabled": true, "autoShutdownTimeout": 8,
        "autoSnapshotEnabled": true, "autoSnapshotFrequency": "daily", "autoSnapshotSaveCount": 2,
        "takeInitialSnapshot": true, "restorePointEnabled": true, "restorePointFrequency": "shutdown",
        "startupScriptId": around.script, "accessorIds": ["u2member"], "startOnCreate": true,
    });
    let machine = client.post("/machines", &[], wanted)["data"]["id"].clone();
    for _ in 0..3 {
        client.get("/machines/{id}", &[&machine], "");
        client.get("/machines", &[], "?limit=1&orderBy=state&order=asc&region=ny2");
        client.sim.poke();
    }
    client.sim.finish_all();
    let events = client.get(
        "/machine-events",
        &[],
        &format!("?machineId={}", machine.as_str().unwrap()),
    );
    client.get("/machine-events/{id}", &[&events["items"][0]["id"]], "");
    client.get("/machines/{id}/desktop", &[&machine], "");
    client.get("/machine-availability", &[], "?machineType=P4000&region=ny2");

    let accessor = [&machine, &json!("u2member")];
    client.get("/machines/{id}/accessors", &[&machine], "?limit=1");
    client.get("/machines/{id}/accessors/{userId}", &accessor, "");
    client.delete("/machines/{id}/accessors/{userId}", &accessor);
    client.post("/machines/{id}/accessors", &[&machine], json!({"userId": "u2member"}));

    let body = json!({"machineId": machine});
    client.post("/startup-scripts/{id}/unassign", &[&around.script], body.clone());
    client.post("/startup-scripts/{id}/assign", &[&around.script], body.clone());
    client.put("/public-ips/{ip}", &[&around.ip], body);
    client.put("/public-ips/{ip}", &[&around.ip], json!({"machineId": null}));

    let taken = client.post("/snapshots", &[], json!({"machineId": machine, "name": "before"}));
    client.sim.finish_all();
    let snapshot = &taken["data"]["id"];
    client.get("/snapshots", &[], "?orderBy=name&limit=1");
    client.get("/snapshots/{id}", &[snapshot], "");
    client.put("/snapshots/{id}", &[snapshot], json!({"name": "renamed"}));
    client.post(
        "/snapshots/{id}/restore",
        &[snapshot],
        json!({"createSnapshotBeforeRestore": true}),
    );
    client.sim.finish_all();
    client.delete("/snapshots/{id}", &[snapshot]);

    client.ask("PATCH /machines/{id}/restart", &[&machine], "", None);
    client.sim.finish_all();
    client.ask("PATCH /machines/{id}/stop", &[&machine], "", Some(json!({})));
    client.sim.finish_all();
    let change = json!({"name": "trainer", "machineType": "A4000", "diskSize": 100, "publicIpType": "static"});
    client.put("/machines/{id}", &[&machine], change);
    client.sim.finish_all();
    let made = client.post(
        "/custom-templates",
        &[],
        json!({"machineId": machine, "name": "golden"}),
    );
    client.sim.finish_all();
    let template = &made["data"]["id"];
    client.get("/custom-templates", &[], "?limit=1");
    client.get("/custom-templates/{id}", &[template], "");
    client.put("/custom-templates/{id}", &[template], json!({"name": "silver"}));
    client.delete("/custom-templates/{id}", &[template]);
    client.ask("PATCH /machines/{id}/start", &[&machine], "", None);
    client.delete("/machines/{id}", &[&machine]);
    client.delete("/machines/{id}", &[&machine]);
    client.sim.finish_all();
    client.get("/machines/{id}", &[&machine], "");
    client.get("/machines", &[], "");
}

fn end_surroundings(client: &Client<'_>, around: &Surroundings) {
    let new = || json!({"name": "new"});
    client.get("/startup-scripts", &[], "?name=set&orderBy=name");
    client.get("/startup-scripts/{id}", &[&around.script], "");
    client.put("/startup-scripts/{id}", &[&around.script], json!({"isEnabled": false}));
    client.delete("/startup-scripts/{id}", &[&around.script]);
    client.get("/startup-scripts/{id}", &[&around.script], "");
    client.get("/public-ips", &[], "?region=ny2");
    client.delete("/public-ips/{ip}", &[&around.ip]);
    client.get("/shared-drives", &[], "?region=ny2");
    client.put("/shared-drives/{id}", &[&around.drive], new());
    client.delete("/shared-drives/{id}", &[&around.drive]);
    client.get("/private-networks", &[], "?limit=1&order=asc");
    client.get("/private-networks/{id}", &[&around.network], "");
    client.put("/private-networks/{id}", &[&around.network], new());
    client.delete("/private-networks/{id}", &[&around.network]);
}

fn account(client: &Client<'_>) {
    let session = client.get("/auth/session", &[], "");
    let team = &session["team"]["id"];
    let member = [team, &json!("u2member")];
    client.get("/teams/{teamId}/users", &[team], "?role=member");
    client.put("/teams/{teamId}/users/{userId}", &member, json!({"isAdmin": true}));
    client.delete("/teams/{teamId}/users/{userId}", &member);
    client.get("/os-templates", &[], "?limit=2");
    client.get("/templates", &[], "?isPublic=true&limit=120");
    client.get("/templates", &[], "");
}

#[test]
fn every_operation_is_answered_as_described() {
    let habits = [
        Quirks::default(),
        Quirks {
            numbers: NumberForm::Numbers,
            regions: RegionForm::Slug,
            drive_unit: DriveUnit::Bytes,
            last_page: Absence::Null,
            free_address: Absence::Null,
            repeated_items: true,
            false_as_null: true,
            lingering: Lingering {
                everything: true,
                listed: true,
                ..Lingering::default()
            },
            ..Quirks::default()
        },
    ];
    for quirks in habits {
        let sim = Cloud::start(cloud::furnished(Config {
            time: TimeMode::Explicit,
            quirks,
            ..Config::default()
        }));
        let client = Client::of(&sim);
        let around = make_surroundings(&client);
        live(&client, &around);
        end_surroundings(&client, &around);
        account(&client);
        let mut asked = client.asked.into_inner();
        assert!(
            asked.remove("GET /templates"),
            "the one that the description has no more"
        );
        assert_eq!(asked, description::names().into_iter().collect());
    }
}
