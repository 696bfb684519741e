//! `/shared-drives`: drives that the machines of a network share.

use axum::Router;

use super::Endpoint;
use super::call::{Answer, Call};
use super::machine_create::check_network;
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::record::SharedDrive;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/shared-drives", Endpoint::get(list).post(create).into())
        .route(
            "/shared-drives/{id}",
            Endpoint::get(read).put(rename).delete(delete).into(),
        )
}

fn list(call: &mut Call<'_>) -> Answer {
    let drives = call.world.shared_drives.iter().enumerate();
    let wanted = drives.filter(|(_, drive)| {
        drive.dt_deleted.is_none() && call.passes("name", &drive.name) && call.passes_region(Some(&drive.region))
    });
    let listed = wanted.map(|(position, drive)| Listed {
        key: drive.dt_created.clone(),
        position,
        item: drive,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |drive| render::drive(drive, call.quirks)))
}

fn create(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let name = form.required_text("name");
    let region = Call::region_of(&mut form);
    let network_id = form.required_text("networkId");
    let size = form.required_number("size", 1, u64::from(u32::MAX));
    call.finish(form)?;
    let Some(region) = region else {
        return Err(Problem::invalid(Vec::new()));
    };
    check_network(call, &network_id, region.slug)?;
    let id = call.ids.short("sd", 8);
    let drive = SharedDrive {
        mount_point: format!("//{}/{id}", call.world.private_address()),
        username: format!("user-{id}"),
        password: call.ids.short("", 20),
        id,
        name,
        region: region.slug.to_owned(),
        network_id,
        size,
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    let answer = render::drive(&drive, call.quirks);
    call.world.shared_drives.push(drive);
    Ok(answer)
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut SharedDrive, Problem> {
    let id = call.param("id");
    let mut drives = call.world.shared_drives.iter_mut();
    let found = drives.find(|drive| drive.id == id && drive.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Shared drive"))
}

fn read(call: &mut Call<'_>) -> Answer {
    let drive = find(call)?.clone();
    Ok(render::drive(&drive, call.quirks))
}

fn rename(call: &mut Call<'_>) -> Answer {
    find(call)?;
    let mut form = call.form()?;
    let name = form.required_text("name");
    call.finish(form)?;
    find(call)?.name = name;
    read(call)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let stamp = call.now.stamp.clone();
    let drive = find(call)?;
    drive.dt_deleted = Some(stamp);
    let drive = drive.clone();
    Ok(render::drive(&drive, call.quirks))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn a_drive_stands_on_a_network_of_its_region() {
        let client = Client::immediate().await;
        let (_, network) = client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        let body = |region: &str| json!({"name": "d", "region": region, "networkId": network["id"], "size": "100"});
        assert_eq!(
            refusal(&client.post("/shared-drives", &body("ca1")).await),
            (400, "BAD_REQUEST")
        );
        let (status, drive) = client.post("/shared-drives", &body("ny2")).await;
        assert_eq!((status, &drive["size"]), (200, &json!(100)));
        assert!(drive["password"].as_str().is_some_and(|password| password.len() == 20));
        let path = format!("/shared-drives/{}", drive["id"].as_str().unwrap());
        assert_eq!(client.put(&path, &json!({"name": "e"})).await.1["name"], "e");
        assert_eq!(
            client.get("/shared-drives?name=e").await.1["items"][0]["id"],
            drive["id"]
        );
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
    }
}
