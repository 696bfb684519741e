//! `POST /machines`.
//!
//! In the service's order: the form is read, the user is made, and only then is it seen whether the machine can be
//! made. So a create that fails may have made a user.

use super::machine_power::shortage;
use super::startup_scripts::StartupScript;
use super::templates::Template;
use super::users::User;
use super::{Kind, find};
use crate::sim::catalog::{MachineType, Region};
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::form::Form;
use crate::sim::http::problem::Problem;
use crate::sim::machine::lifecycle::Task;
use crate::sim::machine::settings::Settings;
use crate::sim::machine::{Machine, PublicIpType, Requested, State};
use crate::sim::sight::Sight;

/// What a create asks for, read but not checked against the world.
struct Wanted {
    settings: Settings,
    template_id: String,
    region: Region,
    take_initial_snapshot: bool,
    startup_script_id: Option<String>,
    email_password: bool,
    start_on_create: bool,
    enable_nvlink: bool,
    accessor_ids: Vec<String>,
    owner: Owner,
}

/// Who gets the machine.
enum Owner {
    /// Whoever holds the key.
    Session,
    /// A member of the team.
    Member(String),
    /// Someone to be made a member.
    New {
        email: String,
        first_name: String,
        last_name: String,
    },
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let wanted = call.read(|form| read(call, form))?;
    let user_id = settle_owner(call, &wanted.owner)?;
    let template = check(call, &wanted)?;
    let (start, script_id) = (wanted.start_on_create, wanted.startup_script_id.clone());
    let machine = build(call, wanted, &template, user_id);
    let short = shortage(call, &machine)?;
    let id = machine.id.clone();
    call.world.machines.push(machine);
    if let Some(script_id) = script_id {
        call.world.assign_script(&script_id, &id);
    }
    let task = Task::Create { start };
    let event_id = match short {
        Some(ending) => call.begin_with(&id, task, ending),
        None => call.begin(&id, task),
    };
    Ok(call.with_event::<Machine>(&id, &event_id))
}

fn read(call: &Call<'_>, form: &mut Form) -> Wanted {
    for name in ["name", "machineType", "diskSize"] {
        if !form.has(name) {
            form.complain(name, "required");
        }
    }
    let settings = Settings::read(form, call.config);
    settings.check(form, None, call.quirks);
    let template_id = form.required_text("templateId");
    let region = Call::region_of(form);
    let kind = settings.machine_type.as_ref();
    if let Some(kind) = kind.filter(|kind| !kind.is_offered_in(region.slug)) {
        let message = format!("{} is not offered in {}", kind.label, region.label);
        form.complain("machineType", &message);
    }
    let owner = read_owner(form);
    if matches!(owner, Owner::Session) && call.world.must_name_user {
        form.complain(
            "userId",
            "a team administrator must name the user, by userId or by email and password",
        );
    }
    Wanted {
        settings,
        template_id,
        region,
        take_initial_snapshot: form.flag("takeInitialSnapshot").unwrap_or(false),
        startup_script_id: form.text("startupScriptId"),
        email_password: form.flag("emailPassword").unwrap_or(true),
        start_on_create: form.flag("startOnCreate").unwrap_or(true),
        enable_nvlink: form.flag("enableNvlink").unwrap_or(false),
        accessor_ids: form.texts("accessorIds").unwrap_or_default(),
        owner,
    }
}

fn read_owner(form: &mut Form) -> Owner {
    let user_id = form.text("userId");
    const NEW: [&str; 4] = ["email", "password", "firstName", "lastName"];
    if !NEW.iter().any(|name| form.has(name)) {
        return user_id.map_or(Owner::Session, Owner::Member);
    }
    if user_id.is_some() {
        form.complain("userId", "cannot be given together with a new user");
    }
    let email = form.required_text("email");
    if !email.is_empty() && !email.contains('@') {
        form.complain("email", "invalid email");
    }
    form.required_text("password");
    Owner::New {
        email,
        first_name: form.required_text("firstName"),
        last_name: form.required_text("lastName"),
    }
}

/// Finds or makes the user who gets the machine.
fn settle_owner(call: &mut Call<'_>, owner: &Owner) -> Result<String, Problem> {
    match owner {
        Owner::Session => Ok(call.user_id()),
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
            let id = call.ids.short("u", 8, email);
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
    let (world, region) = (&call.world, wanted.region);
    let mut templates = world.templates.iter();
    let template = templates
        .find(|template| template.id == wanted.template_id && template.dt_deleted.is_none())
        .ok_or_else(|| Problem::not_found(Template::NOUN))?;
    if template.region.as_deref().is_some_and(|slug| slug != region.slug) {
        let message = format!("Template {} is not available in {}", template.id, region.label);
        return Err(Problem::bad_request(message));
    }
    let label = wanted.settings.machine_type.as_ref().map(|kind| kind.label.as_str());
    let mut types = template.available_machine_types.iter();
    if !types.any(|kind| kind.is_available && Some(kind.machine_type_label.as_str()) == label) {
        return Err(Problem::bad_request(format!(
            "Template {} is not available for machine type {}",
            template.id,
            label.unwrap_or_default()
        )));
    }
    if let Some(id) = &wanted.settings.network_id {
        world.check_network(id, region.slug)?;
    }
    if let Some(id) = &wanted.startup_script_id {
        find::<StartupScript>(call, id)?;
    }
    let known = |id: &String| world.users.iter().any(|user| user.id == *id);
    if !wanted.accessor_ids.iter().all(known) {
        return Err(Problem::not_found("User"));
    }
    if let Some(reason) = &world.barred {
        return Err(Problem::forbidden(reason));
    }
    if world.live_machines().count() as u64 >= world.max_machines {
        let message = format!("The team has reached its limit of {} machines", world.max_machines);
        return Err(Problem::forbidden(message));
    }
    Ok(template.clone())
}

fn build(call: &mut Call<'_>, wanted: Wanted, template: &Template, user_id: String) -> Machine {
    let (region, settings) = (wanted.region.slug, wanted.settings);
    let name = settings.name.clone().unwrap_or_default();
    let kind = settings.machine_type.as_ref();
    let mut machine = Machine {
        id: call.ids.machine(&name),
        name,
        state: State::Provisioning,
        requested: Requested::On,
        os: template.operating_system_label.clone(),
        machine_type: kind.map(|kind: &MachineType| kind.label.clone()).unwrap_or_default(),
        agent_type: template.agent_type.clone(),
        template_id: wanted.template_id,
        disk_size: settings.disk_size.unwrap_or_default(),
        provisioned: false,
        region: region.to_owned(),
        network_id: settings
            .network_id
            .clone()
            .unwrap_or_else(|| call.world.default_network(region)),
        private_ip: None,
        public_ip: None,
        public_ip_type: settings.public_ip_type.unwrap_or(PublicIpType::None),
        auto_shutdown_enabled: false,
        auto_shutdown_timeout: None,
        auto_shutdown_force: None,
        auto_snapshot_enabled: false,
        auto_snapshot_frequency: None,
        auto_snapshot_save_count: None,
        restore_point_enabled: false,
        restore_point_frequency: None,
        restore_point_snapshot_id: None,
        user_id,
        accessor_ids: wanted.accessor_ids,
        enable_nvlink: wanted.enable_nvlink,
        take_initial_snapshot: wanted.take_initial_snapshot,
        email_password: wanted.email_password,
        idle_since: call.now.work,
        snapshot_since: call.now.work,
        sight: Sight::of_new(call.quirks, &call.now),
        dt_created: call.now.stamp.clone(),
        dt_modified: call.now.stamp.clone(),
        dt_deleted: None,
    };
    settings.apply(&mut machine, call.quirks);
    machine
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, machine_body, refusal};
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
            world.barred = Some("The account is not in good standing".to_owned());
        });
        assert_eq!(refused(&client, &json!({})).await.0, 403);
    }

    #[tokio::test]
    async fn capacity_can_be_short_at_once_or_later() {
        let client = Client::immediate().await;
        let sold_out = |shows| SoldOut {
            machine_type: "C5".to_owned(),
            region: "*".to_owned(),
            shows,
            untold: false,
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
        client
            .sim
            .switch(|quirks| quirks.sold_out = vec![sold_out(Shortage::StaysOff)]);
        let (_, answer) = client.post("/machines", &machine_body(&json!({}))).await;
        assert_eq!(
            (&answer["event"]["state"], &answer["data"]["state"]),
            (&json!("done"), &json!("off"))
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
