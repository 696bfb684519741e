//! `POST /machines`.
//!
//! In the service's order: the form is read, the user is made, and only then is it seen whether the machine can be
//! made. So a create that fails may have made a user.

use super::call::{Answer, Call};
use super::machine_form::{Owner, Wanted, read};
use super::problem::Problem;
use crate::sim::lifecycle::{Ending, Kind};
use crate::sim::quirks::Shortage;
use crate::sim::record::{Machine, PublicIpType, Requested, State, Template, User};

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let wanted = read(call)?;
    let user_id = settle_owner(call, &wanted.owner)?;
    let template = check(call, &wanted)?;
    let shortage = call.quirks.shortage(&wanted.machine_type.label, wanted.region.slug);
    if shortage == Some(Shortage::AtOnce) {
        return Err(Problem::precondition(out_of_capacity(&wanted)));
    }
    let late = shortage.map(|_| Ending::Failed(out_of_capacity(&wanted)));
    let start = wanted.start_on_create;
    let script_id = wanted.startup_script_id.clone();
    let machine = build(call, wanted, &template, user_id);
    let id = machine.id.clone();
    call.world.machines.push(machine);
    if let Some(script) = script_id.and_then(|id| call.world.startup_scripts.iter_mut().find(|script| script.id == id))
    {
        script.assigned_machine_ids.push(id.clone());
    }
    let now = call.now.clone();
    if call
        .world
        .machine(&id)
        .is_some_and(|machine| machine.public_ip_type == PublicIpType::Static)
    {
        call.world.give_address(&id, &now);
    }
    let kind = Kind::Create { start };
    let event_id = match late {
        Some(ending) => call.begin_with(&id, kind, ending),
        None => call.begin(&id, kind),
    };
    Ok(call.machine_and_event(&id, &event_id))
}

fn out_of_capacity(wanted: &Wanted) -> String {
    format!(
        "Out of capacity: no {} is available in {}",
        wanted.machine_type.label, wanted.region.label
    )
}

/// Finds or makes the user who gets the machine.
fn settle_owner(call: &mut Call<'_>, owner: &Owner) -> Result<String, Problem> {
    match owner {
        Owner::Session => Ok(call.world.session_user_id()),
        Owner::Member(id) if call.world.users.iter().any(|user| user.id == *id) => Ok(id.clone()),
        Owner::Member(_) => Err(Problem::not_found("User")),
        Owner::New {
            email,
            first_name,
            last_name,
        } => {
            let members = call.world.users.iter().map(|user| &user.email);
            if members
                .chain(&call.world.taken_emails)
                .any(|taken| taken.eq_ignore_ascii_case(email))
            {
                let message = "User creation error: the email address already belongs to a Paperspace account";
                return Err(Problem::bad_request(message));
            }
            let id = call.ids.short("u", 8);
            call.world.users.push(User {
                id: id.clone(),
                email: email.clone(),
                first_name: first_name.clone(),
                last_name: last_name.clone(),
                is_admin: false,
                is_owner: false,
            });
            Ok(id)
        }
    }
}

/// Whether the world has what the machine needs; answers its template.
fn check(call: &Call<'_>, wanted: &Wanted) -> Result<Template, Problem> {
    let world = &call.world;
    let found = world
        .templates
        .iter()
        .find(|template| template.id == wanted.template_id);
    let template = found
        .filter(|template| template.dt_deleted.is_none())
        .ok_or_else(|| Problem::not_found("Template"))?;
    if template
        .region
        .as_deref()
        .is_some_and(|region| region != wanted.region.slug)
    {
        let message = format!("Template {} is not available in {}", template.id, wanted.region.label);
        return Err(Problem::bad_request(message));
    }
    let label = &wanted.machine_type.label;
    let runs = template
        .available_machine_types
        .iter()
        .any(|kind| kind.is_available && kind.machine_type_label == *label);
    if !runs {
        return Err(Problem::bad_request(format!(
            "Template {} is not available for machine type {label}",
            template.id
        )));
    }
    if let Some(id) = &wanted.network_id {
        check_network(call, id, wanted.region.slug)?;
    }
    let script = |id: &String| {
        world
            .startup_scripts
            .iter()
            .any(|script| script.id == *id && script.dt_deleted.is_none())
    };
    if wanted.startup_script_id.as_ref().is_some_and(|id| !script(id)) {
        return Err(Problem::not_found("Startup script"));
    }
    if wanted
        .accessor_ids
        .iter()
        .any(|id| !world.users.iter().any(|user| user.id == *id))
    {
        return Err(Problem::not_found("User"));
    }
    if !world.standing.is_in_good_standing {
        let reason = world.standing.messages.join(" ");
        return Err(Problem::forbidden(
            format!("The account is not in good standing. {reason}").trim(),
        ));
    }
    if world.live_machines().count() as u64 >= world.max_machines {
        let message = format!("The team has reached its limit of {} machines", world.max_machines);
        return Err(Problem::forbidden(message));
    }
    Ok(template.clone())
}

/// Whether a machine in that region can be put on that network. The default network is as good as none.
pub(crate) fn check_network(call: &Call<'_>, id: &str, slug: &str) -> Result<(), Problem> {
    let network = call
        .world
        .visible_network(id)
        .ok_or_else(|| Problem::not_found("Private network"))?;
    if network.region != slug {
        return Err(Problem::bad_request(format!(
            "Private network {id} is in another region"
        )));
    }
    Ok(())
}

fn build(call: &mut Call<'_>, wanted: Wanted, template: &Template, user_id: String) -> Machine {
    let region = wanted.region.slug;
    let mut machine = Machine {
        id: call.ids.machine(),
        name: wanted.name,
        state: State::Provisioning,
        requested: Requested::On,
        os: template.operating_system_label.clone(),
        machine_type: wanted.machine_type.label,
        agent_type: template.agent_type.clone(),
        template_id: wanted.template_id,
        disk_size: wanted.disk_size,
        provisioned: false,
        region: region.to_owned(),
        network_id: wanted.network_id.unwrap_or_else(|| call.world.default_network(region)),
        private_ip: None,
        public_ip: None,
        public_ip_type: wanted.public_ip_type,
        auto_shutdown_enabled: false,
        auto_shutdown_timeout: None,
        auto_shutdown_force: None,
        auto_snapshot_enabled: wanted.auto_snapshot_enabled,
        auto_snapshot_frequency: wanted.auto_snapshot_frequency,
        auto_snapshot_save_count: wanted.auto_snapshot_save_count,
        restore_point_enabled: wanted.restore_point_enabled,
        restore_point_frequency: wanted.restore_point_frequency,
        restore_point_snapshot_id: None,
        user_id,
        accessor_ids: wanted.accessor_ids,
        enable_nvlink: wanted.enable_nvlink,
        take_initial_snapshot: wanted.take_initial_snapshot,
        email_password: wanted.email_password,
        idle_since: call.now.work,
        hidden_from_gets: call.quirks.not_found_after_create,
        hidden_from_lists: call.quirks.listing_lag,
        looks_since_deleted: 0,
        deleted_at: None,
        dt_created: call.now.stamp.clone(),
        dt_modified: call.now.stamp.clone(),
        dt_deleted: None,
    };
    wanted.auto_shutdown.apply(&mut machine, false);
    machine
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::client::{Client, machine_body, refusal};
    use crate::sim::{Config, Ending, EventEnding, Shortage, SoldOut, TeamConfig, TimeMode};

    async fn refused(client: &Client, changes: &Value) -> (u16, String, String) {
        let got = client.post("/machines", &machine_body(changes)).await;
        let (status, code) = refusal(&got);
        let issues = got.1["issues"].as_array().cloned().unwrap_or_default();
        let issues: Vec<_> = issues.iter().filter_map(|issue| issue["message"].as_str()).collect();
        (status, code.to_owned(), issues.join("; "))
    }

    #[tokio::test]
    async fn the_references_sample_is_accepted() {
        let client = Client::explicit().await;
        let sample = json!({"autoShutdownEnabled": "true", "autoShutdownTimeout": "6", "autoShutdownForce": false});
        let (status, answer) = client.post("/machines", &machine_body(&sample)).await;
        assert_eq!(status, 200);
        let (machine, event) = (&answer["data"], &answer["event"]);
        assert_eq!(
            (&machine["autoShutdownEnabled"], &machine["autoShutdownTimeout"]),
            (&json!(true), &json!(6))
        );
        assert_eq!(
            (&machine["state"], &machine["ram"]),
            (&json!("provisioning"), &json!("0"))
        );
        assert_eq!(
            (&event["name"], &event["state"], &event["dtStarted"]),
            (&json!("create"), &json!("new"), &json!(null))
        );
        assert_eq!(event["machineId"], machine["id"]);
        client.sim.finish_all();
        let (_, event) = client
            .get(&format!("/machine-events/{}", event["id"].as_str().unwrap()))
            .await;
        assert_eq!(
            (&event["state"], event["dtFinished"].is_string()),
            (&json!("done"), true)
        );
        let (_, machine) = client
            .get(&format!("/machines/{}", machine["id"].as_str().unwrap()))
            .await;
        assert_eq!(
            (&machine["state"], &machine["ram"]),
            (&json!("ready"), &json!("8589934592"))
        );
    }

    #[tokio::test]
    async fn a_body_is_checked_whole() {
        let client = Client::immediate().await;
        let cases = [
            (json!({"name": ""}), "name: must not be empty"),
            (json!({"machineType": "Z9"}), "machineType: unknown machine type"),
            (json!({"region": "mars"}), "region: unknown region"),
            (
                json!({"machineType": "H100", "region": "ams1"}),
                "machineType: H100 is not offered in Europe (AMS1)",
            ),
            (
                json!({"diskSize": 51}),
                "diskSize: must be one of 50, 100, 250, 500, 1000, 2000",
            ),
            (json!({"diskSize": "large"}), "diskSize: expected a whole number"),
            (
                json!({"publicIpType": "some"}),
                "publicIpType: must be one of static, dynamic, none",
            ),
            (
                json!({"autoSnapshotSaveCount": 10}),
                "autoSnapshotSaveCount: must be between 1 and 9",
            ),
            (json!({"startOnCreate": "yes"}), "startOnCreate: expected a boolean"),
            (json!({"networkId": null}), "networkId: expected a string"),
            (json!({"colour": "red"}), "colour: unrecognized key"),
        ];
        for (changes, issue) in cases {
            assert_eq!(
                refused(&client, &changes).await,
                (400, "BAD_REQUEST".to_owned(), issue.to_owned()),
                "{changes}"
            );
        }
        let (status, _) = client.post("/machines", &json!({})).await;
        assert_eq!(status, 400);
        assert_eq!(client.sim.world().machines.len(), 0);
    }

    #[tokio::test]
    async fn what_a_machine_needs_must_be_there_and_fit() {
        let client = Client::immediate().await;
        for (changes, status) in [
            (json!({"templateId": "t0"}), 404),
            (json!({"templateId": "tqk2m7ab", "region": "ams1"}), 400),
            (json!({"templateId": "tx81g2ee", "machineType": "H100"}), 400),
            (json!({"networkId": "n0"}), 404),
            (json!({"startupScriptId": "sc0"}), 404),
            (json!({"accessorIds": ["u0"]}), 404),
            (json!({"userId": "u0"}), 404),
        ] {
            assert_eq!(refused(&client, &changes).await.0, status, "{changes}");
        }
        assert_eq!(client.sim.world().machines.len(), 0);
    }

    #[tokio::test]
    async fn a_machine_can_be_made_without_starting_it() {
        let client = Client::immediate().await;
        let machine = client
            .machine(&json!({"startOnCreate": false, "publicIpType": "dynamic"}))
            .await;
        assert_eq!((&machine["state"], &machine["publicIp"]), (&json!("off"), &json!(null)));
        assert_eq!(machine["storageTotal"], "53687091200");
    }

    #[tokio::test]
    async fn a_user_is_made_before_the_machine() {
        let client = Client::immediate().await;
        let user = json!({
            "email": "new@example.com", "password": "secret", "firstName": "N", "lastName": "U", "templateId": "t0",
        });
        assert_eq!(refused(&client, &user).await.0, 404);
        assert_eq!(client.sim.world().users.last().unwrap().email, "new@example.com");
        let got = client.post("/machines", &machine_body(&user)).await;
        assert_eq!(refusal(&got), (400, "BAD_REQUEST"));
        assert!(
            got.1["message"].as_str().unwrap().starts_with("User creation error"),
            "{}",
            got.1
        );
        let partial = json!({"email": "other@example.com"});
        let issues = "password: required; firstName: required; lastName: required".to_owned();
        assert_eq!(
            refused(&client, &partial).await,
            (400, "BAD_REQUEST".to_owned(), issues)
        );
    }

    #[tokio::test]
    async fn an_administrator_must_name_the_user() {
        let teams = vec![TeamConfig {
            must_name_user: true,
            ..TeamConfig::default()
        }];
        let client = Client::of(Config {
            teams,
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        assert!(refused(&client, &json!({})).await.2.starts_with("userId:"));
        client.machine(&json!({"userId": "u2member"})).await;
        assert_eq!(client.sim.world().machines[0].user_id, "u2member");
    }

    #[tokio::test]
    async fn a_team_has_limits() {
        let client = Client::immediate().await;
        client.sim.edit(|world| world.max_machines = 1);
        let first = client.machine(&json!({})).await;
        assert_eq!(refused(&client, &json!({})).await.0, 403);
        client
            .delete(&format!("/machines/{}", first["id"].as_str().unwrap()))
            .await;
        client.machine(&json!({})).await;
        client.sim.edit(|world| {
            world.max_machines = 9;
            world.standing.is_in_good_standing = false;
        });
        assert_eq!(refused(&client, &json!({})).await.0, 403);
        assert_eq!(
            client.get("/billing/account-standing").await.1["isInGoodStanding"],
            false
        );
    }

    #[tokio::test]
    async fn capacity_can_be_short_at_once_or_later() {
        let client = Client::immediate().await;
        let sold_out = |shows| SoldOut {
            machine_type: "C5".to_owned(),
            region: "*".to_owned(),
            shows,
        };
        client
            .sim
            .switch(|quirks| quirks.sold_out = vec![sold_out(Shortage::AtOnce)]);
        assert_eq!(refused(&client, &json!({})).await.0, 412);
        client
            .sim
            .switch(|quirks| quirks.sold_out = vec![sold_out(Shortage::Later)]);
        let (status, answer) = client.post("/machines", &machine_body(&json!({}))).await;
        assert_eq!((status, &answer["event"]["state"]), (200, &json!("error")));
        assert!(
            answer["event"]["error"]
                .as_str()
                .unwrap()
                .starts_with("Out of capacity")
        );
        assert_eq!(
            (&answer["data"]["state"], &answer["data"]["storageTotal"]),
            (&json!("off"), &json!("0"))
        );
    }

    #[tokio::test]
    async fn an_event_can_say_error_without_a_reason() {
        let client = Client::immediate().await;
        for (ending, state, dated) in [
            (Ending::DoneSayingError, "ready", true),
            (Ending::FailedSilently, "off", false),
        ] {
            let rule = EventEnding {
                event: "create".to_owned(),
                ending,
                count: Some(1),
            };
            client.sim.switch(|quirks| quirks.event_endings.push(rule));
            let (_, answer) = client.post("/machines", &machine_body(&json!({}))).await;
            let event = &answer["event"];
            assert_eq!((&event["state"], &event["error"]), (&json!("error"), &json!(null)));
            assert_eq!(
                (event["dtFinished"].is_string(), &answer["data"]["state"]),
                (dated, &json!(state))
            );
        }
    }
}
