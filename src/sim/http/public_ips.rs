//! `/public-ips`: static public addresses, which a team keeps until it gives them back.

use axum::Router;
use serde_json::json;

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::record::{PublicIp, PublicIpType};
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/public-ips", Endpoint::get(list).post(claim).into())
        .route("/public-ips/{ip}", Endpoint::only_put(assign).delete(release).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let ips = call.world.public_ips.iter().enumerate();
    let wanted = ips.filter(|(_, ip)| ip.dt_deleted.is_none() && call.passes_region(Some(&ip.region)));
    let listed = wanted.map(|(position, ip)| Listed {
        key: ip.dt_created.clone(),
        position,
        item: ip,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |ip| render::public_ip(ip, call.quirks)))
}

fn claim(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let region = Call::region_of(&mut form);
    call.finish(form)?;
    let Some(region) = region else {
        return Err(Problem::invalid(Vec::new()));
    };
    let ip = PublicIp {
        ip: call.world.public_address(),
        region: region.slug.to_owned(),
        assigned_machine_id: None,
        goes_with_machine: false,
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    let answer = render::public_ip(&ip, call.quirks);
    call.world.public_ips.push(ip);
    Ok(answer)
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut PublicIp, Problem> {
    let address = call.param("ip");
    let mut ips = call.world.public_ips.iter_mut();
    let found = ips.find(|ip| ip.ip == address && ip.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Public IP"))
}

fn assign(call: &mut Call<'_>) -> Answer {
    let region = find(call)?.region.clone();
    let mut form = call.form()?;
    let machine_id = form.nullable_text("machineId");
    if machine_id.is_none() {
        form.complain("machineId", "required");
    }
    call.finish(form)?;
    let machine_id = machine_id.flatten();
    if let Some(id) = &machine_id {
        let machine = call.idle_machine(id)?;
        if machine.region != region {
            return Err(Problem::bad_request("The machine is in another region"));
        }
    }
    detach(call)?;
    if let Some(id) = machine_id {
        attach(call, &id)?;
    }
    find(call).cloned().map(|ip| render::public_ip(&ip, call.quirks))
}

/// Takes the address from the machine that has it.
fn detach(call: &mut Call<'_>) -> Result<(), Problem> {
    let ip = find(call)?;
    ip.goes_with_machine = false;
    let Some(machine_id) = ip.assigned_machine_id.take() else {
        return Ok(());
    };
    if let Some(machine) = call.world.machine_mut(&machine_id) {
        machine.public_ip = None;
        machine.public_ip_type = PublicIpType::None;
    }
    Ok(())
}

/// Gives the address to a machine in the place of whatever it had.
fn attach(call: &mut Call<'_>, machine_id: &str) -> Result<(), Problem> {
    let now = call.now.clone();
    call.world.take_address(machine_id, &now);
    let ip = find(call)?;
    ip.assigned_machine_id = Some(machine_id.to_owned());
    let address = ip.ip.clone();
    if let Some(machine) = call.world.machine_mut(machine_id) {
        machine.public_ip = Some(address);
        machine.public_ip_type = PublicIpType::Static;
    }
    Ok(())
}

fn release(call: &mut Call<'_>) -> Answer {
    detach(call)?;
    let stamp = call.now.stamp.clone();
    let ip = find(call)?;
    ip.dt_deleted = Some(stamp);
    Ok(json!({"ip": ip.ip}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn an_address_is_claimed_assigned_and_released() {
        let client = Client::immediate().await;
        let (_, ip) = client.post("/public-ips", &json!({"region": "ny2"})).await;
        let path = format!("/public-ips/{}", ip["ip"].as_str().unwrap());
        let machine = client.machine(&json!({"publicIpType": "dynamic"})).await["id"].clone();
        let machine_path = format!("/machines/{}", machine.as_str().unwrap());
        assert_eq!(refusal(&client.put(&path, &json!({})).await), (400, "BAD_REQUEST"));
        let (_, assigned) = client.put(&path, &json!({"machineId": machine})).await;
        assert_eq!(assigned["assignedMachineId"], machine);
        let (_, told) = client.get(&machine_path).await;
        assert_eq!(
            (&told["publicIp"], &told["publicIpType"]),
            (&ip["ip"], &json!("static"))
        );
        client.put(&path, &json!({"machineId": null})).await;
        let (_, told) = client.get(&machine_path).await;
        assert_eq!(
            (&told["publicIp"], &told["publicIpType"]),
            (&json!(null), &json!("none"))
        );
        assert_eq!(client.delete(&path).await, (200, json!({"ip": ip["ip"]})));
        assert_eq!(client.get("/public-ips?region=ny2").await.1["items"], json!([]));
    }

    #[tokio::test]
    async fn an_address_stays_in_its_region() {
        let client = Client::immediate().await;
        let (_, ip) = client.post("/public-ips", &json!({"region": "ams1"})).await;
        let machine = client.machine(&json!({})).await["id"].clone();
        let got = client
            .put(
                &format!("/public-ips/{}", ip["ip"].as_str().unwrap()),
                &json!({"machineId": machine}),
            )
            .await;
        assert_eq!(refusal(&got), (400, "BAD_REQUEST"));
    }
}
