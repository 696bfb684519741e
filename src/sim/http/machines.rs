//! `/machines`: listing and reading them, and the small things that hang on one.
//!
//! Making, changing and switching machines have files of their own.

use axum::Router;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::page::{Listed, order_by, page};
use super::problem::Problem;
use super::{Endpoint, machine_create, machine_power, machine_update};
use crate::sim::app::SharedApp;
use crate::sim::catalog;
use crate::sim::record::{Machine, State};

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/machines", Endpoint::get(list).post(machine_create::create).into())
        .route(
            "/machines/{id}",
            Endpoint::get(read)
                .put(machine_update::update)
                .delete(machine_power::delete)
                .into(),
        )
        .route("/machines/{id}/start", Endpoint::patch(machine_power::start).into())
        .route("/machines/{id}/stop", Endpoint::patch(machine_power::stop).into())
        .route("/machines/{id}/restart", Endpoint::patch(machine_power::restart).into())
        .route("/machines/{id}/desktop", Endpoint::get(desktop).into())
        .route("/machine-availability", Endpoint::get(availability).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let field = order_by(call, &["dtCreated", "name", "state"])?;
    let mut listed = Vec::new();
    for (position, machine) in call.world.machines.iter().enumerate() {
        let deleted = machine.is_deleted() && !call.quirks.lingering.listed;
        let wanted = call.passes("name", &machine.name)
            && call.passes_region(Some(&machine.region))
            && call.passes("agentType", &machine.agent_type)
            && call.passes("machineType", &machine.machine_type);
        if deleted || !wanted || machine.hidden_from_lists > 0 {
            continue;
        }
        listed.push(Listed {
            key: sort_key(machine, field),
            position,
            item: machine.id.clone(),
        });
    }
    let page = page(call, listed)?;
    for machine in &mut call.world.machines {
        machine.hidden_from_lists = machine.hidden_from_lists.saturating_sub(1);
    }
    for id in &page.items {
        call.look(id);
    }
    Ok(page.to_json(call.quirks.last_page, |id| call.machine_json(id)))
}

fn sort_key(machine: &Machine, field: &str) -> String {
    match field {
        "name" => machine.name.clone(),
        "state" => machine.state.as_str().to_owned(),
        _ => machine.dt_created.clone(),
    }
}

fn read(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.look(&id);
    if call.world.finds(&id, call.mode, call.quirks.lingering, &call.now) {
        return Ok(call.machine_json(&id));
    }
    Err(Problem::not_found("Machine"))
}

fn desktop(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let Some(host) = machine
        .public_ip
        .or(machine.private_ip)
        .filter(|_| machine.state == State::Ready)
    else {
        return Ok(json!({}));
    };
    if machine.agent_type.starts_with("Windows") {
        return Ok(json!({"windows": {"hostname": host, "port": 3389, "publicIp": host}}));
    }
    Ok(json!({"vnc": {"hostname": host, "port": 5901, "password": format!("vnc-{}", machine.id)}}))
}

fn availability(call: &mut Call<'_>) -> Answer {
    let mut issues = Vec::new();
    let mut required = |name: &str| {
        let value = call.query(name).unwrap_or_default();
        if value.is_empty() {
            issues.push(format!("{name}: required"));
        }
        value.to_owned()
    };
    let (label, place) = (required("machineType"), required("region"));
    let (kind, region) = (catalog::machine_type(&label), catalog::region(&place));
    if kind.is_none() && !label.is_empty() {
        issues.push("machineType: unknown machine type".to_owned());
    }
    if region.is_none() && !place.is_empty() {
        issues.push("region: unknown region".to_owned());
    }
    let (Some(kind), Some(region)) = (kind, region) else {
        return Err(Problem::invalid(issues));
    };
    let available = kind.is_offered_in(region.slug) && call.quirks.shortage(&kind.label, region.slug).is_none();
    Ok(Value::from_iter([("available", available)]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::client::{Client, refusal};
    use crate::sim::{Absence, Config, Lingering, NumberForm, PageLimits, Quirks, RegionForm, SoldOut, TimeMode};

    async fn three(client: &Client) {
        for (name, region) in [("b", "ny2"), ("a", "ca1"), ("c", "ny2")] {
            client.machine(&json!({"name": name, "region": region})).await;
        }
    }

    fn names(page: &Value) -> Vec<&str> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn pages_follow_each_other_in_order() {
        let client = Client::immediate().await;
        three(&client).await;
        let mut path = "/machines?limit=2&orderBy=name&order=desc".to_owned();
        let mut seen = Vec::new();
        loop {
            let (_, page) = client.get(&path).await;
            seen.push(names(&page).join(","));
            let Some(next) = page["nextPage"].as_str() else {
                assert_eq!(page["hasMore"], false);
                break;
            };
            assert_eq!(page["hasMore"], true);
            path = format!("/machines?limit=2&orderBy=name&order=desc&after={next}");
        }
        assert_eq!(seen, ["c,b", "a"]);
        assert_eq!(
            names(&client.get("/machines").await.1),
            ["b", "a", "c"],
            "in order of creation"
        );
        client.sim.switch(|quirks| quirks.last_page = Absence::Null);
        assert_eq!(client.get("/machines").await.1["nextPage"], Value::Null);
    }

    #[tokio::test]
    async fn pages_are_of_the_size_that_is_asked_for_within_limits() {
        let pages = PageLimits { default: 2, max: 120 };
        let client = Client::of(Config {
            pages,
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        three(&client).await;
        assert_eq!(names(&client.get("/machines").await.1).len(), 2);
        assert_eq!(names(&client.get("/machines?limit=120").await.1).len(), 3);
        for bad in [
            "limit=0",
            "limit=121",
            "limit=x",
            "orderBy=ram",
            "order=up",
            "after=xyz!",
        ] {
            assert_eq!(
                refusal(&client.get(&format!("/machines?{bad}")).await),
                (400, "BAD_REQUEST"),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn filters_narrow_a_listing() {
        let client = Client::immediate().await;
        three(&client).await;
        client
            .machine(&json!({"name": "w", "templateId": "tx81g2ee", "machineType": "P4000"}))
            .await;
        for (query, expected) in [
            ("name=a", vec!["a"]),
            ("region=ca1", vec!["a"]),
            ("region=East%20Coast%20(NY2)", vec!["b", "c", "w"]),
            ("agentType=WindowsDesktop", vec!["w"]),
            ("machineType=P4000", vec!["w"]),
            ("machineType=C5&name=b", vec!["b"]),
        ] {
            assert_eq!(
                names(&client.get(&format!("/machines?{query}")).await.1),
                expected,
                "{query}"
            );
        }
    }

    #[tokio::test]
    async fn a_machine_is_told_in_the_services_shape() {
        let client = Client::immediate().await;
        let made = client.machine(&json!({"machineType": "P4000"})).await;
        assert_eq!(made["storageTotal"], "53687091200");
        assert_eq!(
            made["accelerators"],
            json!([{"name": "Quadro P4000", "memory": "8589934592", "count": 1}])
        );
        assert_eq!(
            (&made["region"], &made["state"]),
            (&json!("East Coast (NY2)"), &json!("ready"))
        );
        for hidden in ["templateId", "startupScriptId", "diskSize", "accessorIds", "userId"] {
            assert_eq!(made.get(hidden), None, "{hidden}");
        }
        client.sim.switch(|quirks| {
            quirks.numbers = NumberForm::Numbers;
            quirks.regions = RegionForm::Slug;
            quirks.shown_states.insert("ready".to_owned(), "humming".to_owned());
            quirks
                .shown_agent_types
                .insert("LinuxHeadless".to_owned(), "BeOS".to_owned());
        });
        let (_, told) = client.get(&format!("/machines/{}", made["id"].as_str().unwrap())).await;
        assert_eq!(told["accelerators"][0]["memory"], json!(8_589_934_592_u64));
        assert_eq!(
            (&told["region"], &told["state"], &told["agentType"]),
            (&json!("ny2"), &json!("humming"), &json!("BeOS"))
        );
    }

    #[tokio::test]
    async fn a_new_machine_may_not_be_seen_at_once() {
        let quirks = Quirks {
            not_found_after_create: 2,
            listing_lag: 1,
            ..Quirks::default()
        };
        let client = Client::quirky(quirks).await;
        let made = client.machine(&json!({})).await;
        let path = format!("/machines/{}", made["id"].as_str().unwrap());
        let statuses = [
            client.get(&path).await.0,
            client.get(&path).await.0,
            client.get(&path).await.0,
        ];
        assert_eq!(statuses, [404, 404, 200]);
        assert_eq!(client.get("/machines").await.1["items"], json!([]));
        assert_eq!(names(&client.get("/machines").await.1), ["box"]);
    }

    #[tokio::test]
    async fn a_deleted_machine_lingers() {
        let client = Client::immediate().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        let (status, answer) = client.delete(&path).await;
        assert_eq!((status, &answer["event"]["name"]), (200, &json!("deactivate")));
        assert_eq!(client.get("/machines").await.1["items"], json!([]));
        assert!(client.get(&path).await.1["dtDeleted"].is_string());
        assert_eq!(client.get(&path).await.0, 200);
        assert_eq!(client.get(&path).await.0, 404);
        assert_eq!(client.delete(&path).await.0, 404);
        client.sim.switch(|quirks| {
            quirks.lingering = Lingering {
                looks: u32::MAX,
                dated: false,
                listed: true,
                ..Lingering::default()
            };
        });
        assert_eq!(client.get(&path).await.1["dtDeleted"], Value::Null);
        assert_eq!(names(&client.get("/machines").await.1), ["box"]);
    }

    #[tokio::test]
    async fn availability_wants_both_names() {
        let client = Client::immediate().await;
        let ask = async |query: &str| client.get(&format!("/machine-availability?{query}")).await;
        assert_eq!(
            ask("machineType=H100&region=ny2").await,
            (200, json!({"available": true}))
        );
        assert_eq!(
            ask("machineType=H100&region=ams1").await,
            (200, json!({"available": false}))
        );
        for bad in [
            "machineType=H100",
            "region=ny2",
            "machineType=Z1&region=ny2",
            "machineType=C1&region=mars",
        ] {
            assert_eq!(refusal(&ask(bad).await), (400, "BAD_REQUEST"), "{bad}");
        }
        let sold_out = SoldOut {
            machine_type: "*".to_owned(),
            region: "ny2".to_owned(),
            shows: Default::default(),
        };
        client.sim.switch(|quirks| quirks.sold_out.push(sold_out));
        assert_eq!(
            ask("machineType=H100&region=ny2").await,
            (200, json!({"available": false}))
        );
    }

    #[tokio::test]
    async fn a_desktop_is_there_while_the_machine_runs() {
        let client = Client::immediate().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        assert_eq!(client.get(&format!("{path}/desktop")).await.1["vnc"]["port"], 5901);
        client.patch(&format!("{path}/stop")).await;
        assert_eq!(client.get(&format!("{path}/desktop")).await, (200, json!({})));
    }
}
