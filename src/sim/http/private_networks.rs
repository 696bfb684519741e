//! `/private-networks`. Every region has a default network besides, on which machines sit that name none; its id is
//! told by machines and by nothing else.

use axum::Router;
use serde_json::{Value, json};

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::quirks::Absence;
use crate::sim::record::PrivateNetwork;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/private-networks", Endpoint::get(list).post(create).into())
        .route(
            "/private-networks/{id}",
            Endpoint::get(read).put(rename).delete(delete).into(),
        )
}

fn list(call: &mut Call<'_>) -> Answer {
    let networks = call.world.private_networks.iter().enumerate();
    let wanted = networks.filter(|(_, network)| {
        !network.is_default
            && network.dt_deleted.is_none()
            && call.passes("name", &network.name)
            && call.passes_region(Some(&network.region))
    });
    let listed = wanted.map(|(position, network)| Listed {
        key: network.dt_created.clone(),
        position,
        item: network,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |network| render::network(network, call.quirks)))
}

fn create(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let name = form.required_text("name");
    let region = Call::region_of(&mut form);
    let migrate = form.flag("migrateMachines").unwrap_or(false);
    call.finish(form)?;
    let Some(region) = region else {
        return Err(Problem::invalid(Vec::new()));
    };
    let id = call.ids.short("n", 7);
    let now = call.now.clone();
    call.world.add_network(id.clone(), name, region.slug, false, &now);
    if migrate {
        let default = call.world.default_network(region.slug);
        for machine in call
            .world
            .machines
            .iter_mut()
            .filter(|machine| machine.network_id == default)
        {
            machine.network_id.clone_from(&id);
        }
    }
    Ok(answer(call, &id))
}

fn answer(call: &Call<'_>, id: &str) -> Value {
    call.world
        .visible_network(id)
        .map_or(Value::Null, |network| render::network(network, call.quirks))
}

fn read(call: &mut Call<'_>) -> Answer {
    let answer = answer(call, &call.param("id"));
    if answer.is_null() && call.quirks.unreadable_network == Absence::Missing {
        return Err(Problem::not_found("Private network"));
    }
    Ok(answer)
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut PrivateNetwork, Problem> {
    let id = call.param("id");
    let mut networks = call.world.private_networks.iter_mut();
    let found = networks.find(|network| network.id == id && !network.is_default && network.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Private network"))
}

fn rename(call: &mut Call<'_>) -> Answer {
    find(call)?;
    let mut form = call.form()?;
    let name = form.required_text("name");
    call.finish(form)?;
    find(call)?.name = name;
    Ok(answer(call, &call.param("id")))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find(call)?;
    let drives = call
        .world
        .shared_drives
        .iter()
        .filter(|drive| drive.dt_deleted.is_none());
    let users = call
        .world
        .live_machines()
        .map(|machine| &machine.network_id)
        .chain(drives.map(|drive| &drive.network_id));
    let in_use = users.filter(|network_id| **network_id == id).count();
    if in_use > 0 {
        return Err(Problem::precondition(format!(
            "{in_use} machines or drives are still on the network"
        )));
    }
    let stamp = call.now.stamp.clone();
    find(call)?.dt_deleted = Some(stamp);
    Ok(json!({"id": id}))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::client::{Client, machine_body, refusal};
    use crate::sim::Absence;

    #[tokio::test]
    async fn the_default_network_is_told_and_hidden() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let default = machine["networkId"].as_str().unwrap();
        assert!(!default.is_empty());
        assert_eq!(client.get("/private-networks").await.1["items"], json!([]));
        let path = format!("/private-networks/{default}");
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        client.sim.switch(|quirks| quirks.unreadable_network = Absence::Null);
        assert_eq!(client.get(&path).await, (200, Value::Null));
        let machine_path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let back = json!({"networkId": default});
        assert_eq!(refusal(&client.put(&machine_path, &back).await), (404, "NOT_FOUND"));
        assert_eq!(
            refusal(&client.post("/machines", &machine_body(&back)).await),
            (404, "NOT_FOUND")
        );
    }

    #[tokio::test]
    async fn a_machine_moves_to_a_network_of_its_region() {
        let client = Client::immediate().await;
        let (_, near) = client
            .post("/private-networks", &json!({"name": "near", "region": "ny2"}))
            .await;
        let (_, far) = client
            .post("/private-networks", &json!({"name": "far", "region": "ams1"}))
            .await;
        let machine = client.machine(&json!({})).await;
        let machine_path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let got = client.put(&machine_path, &json!({"networkId": far["id"]})).await;
        assert_eq!(refusal(&got), (400, "BAD_REQUEST"));
        let (status, moved) = client.put(&machine_path, &json!({"networkId": near["id"]})).await;
        assert_eq!((status, &moved["data"]["networkId"]), (200, &near["id"]));
        assert_ne!(moved["data"]["privateIp"], machine["privateIp"]);
        let path = format!("/private-networks/{}", near["id"].as_str().unwrap());
        assert_eq!(refusal(&client.delete(&path).await), (412, "PRECONDITION_FAILED"));
        client.delete(&machine_path).await;
        assert_eq!(client.delete(&path).await, (200, json!({"id": near["id"]})));
        assert_eq!(client.get(&path).await.0, 404);
    }

    #[tokio::test]
    async fn a_new_network_can_take_the_machines_of_the_default_one() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let body = json!({"name": "all", "region": "ny2", "migrateMachines": true});
        let (_, network) = client.post("/private-networks", &body).await;
        let (_, machine) = client
            .get(&format!("/machines/{}", machine["id"].as_str().unwrap()))
            .await;
        assert_eq!(machine["networkId"], network["id"]);
        assert_eq!(network["region"], "East Coast (NY2)");
        let path = format!("/private-networks/{}", network["id"].as_str().unwrap());
        assert_eq!(
            client.put(&path, &json!({"name": "renamed"})).await.1["name"],
            "renamed"
        );
        assert_eq!(client.get("/private-networks?region=ams1").await.1["items"], json!([]));
    }
}
