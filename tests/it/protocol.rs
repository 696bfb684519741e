//! What newer hosts ask for and Terraform 1.11 cannot: identities, imports by them, answers deferred for want of known
//! values, and write-only attributes, of which older hosts know nothing.

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::sim::record::PublicIpType;
use terraform_provider_paperspace::sim::{Config, MachineSeed, NumberForm, State, TimeMode};
use terraform_provider_paperspace::value::Value;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;

use crate::support::cloud::{Cloud, alive};
use crate::support::session::{MACHINE, Private, Session, raw};

/// PROVIDER_CONFIG_UNKNOWN.
const PROVIDER_CONFIG_UNKNOWN: Option<i32> = Some(proto::deferred::Reason::ProviderConfigUnknown as i32);

/// A cloud with the machine `ps1there`.
fn sim() -> Cloud {
    let mut config = Config {
        time: TimeMode::Immediate,
        ..Config::default()
    };
    config.quirks.numbers = NumberForm::Numbers;
    config.teams[0].seed.machines.push(MachineSeed {
        id: Some("ps1there".into()),
        name: "there".into(),
        machine_type: "C5".into(),
        template_id: "tkni3aa4".into(),
        disk_size: 50,
        region: "ny2".into(),
        state: State::Ready,
        network_id: None,
        public_ip_type: PublicIpType::None,
    });
    Cloud::start(config)
}

#[tokio::test]
async fn an_identity_goes_with_a_machine_through_its_life() {
    let sim = sim();
    let mut session = Session::with(&sim).await;
    let config = session.machine([]);
    let planned = session.plan(&Value::Null, None, &config).await.succeeds();
    assert_eq!(planned.identity, None, "it is not known before the machine is made");
    let created = session.apply(&Value::Null, &planned, &config).await.succeeds();
    let identity = session.identity(created.text("id"));
    assert_eq!(created.identity.as_ref(), Some(&identity));

    // Also where none is stored, as by an older version of the provider.
    for stored in [None, Some(&identity)] {
        let read = session.read(&created.value, stored).await.succeeds();
        assert_eq!((read.identity.as_ref(), &read.value), (Some(&identity), &created.value));
    }

    let renamed = session.machine([("name", Value::string("renamed"))]);
    let planned = session.plan(&created.value, Some(&identity), &renamed).await.succeeds();
    assert_eq!(planned.identity.as_ref(), Some(&identity));
    let updated = session.apply(&created.value, &planned, &renamed).await.succeeds();
    assert_eq!(
        (updated.identity.as_ref(), updated.text("name")),
        (Some(&identity), "renamed")
    );

    let planned = session
        .plan(&updated.value, Some(&identity), &Value::Null)
        .await
        .succeeds();
    assert_eq!(planned.value, Value::Null);
    let destroyed = session.apply(&updated.value, &planned, &Value::Null).await.succeeds();
    assert_eq!((destroyed.value, destroyed.identity), (Value::Null, None));
    assert_eq!(alive(&sim.world()).len(), 1, "the one that was there before");
    session.end().await;
}

#[tokio::test]
async fn a_machine_is_imported_by_its_identity_as_by_its_id() {
    let sim = sim();
    let mut session = Session::with(&sim).await;
    let identity = session.identity("ps1there");
    let by_id = session.import("ps1there", None).await.succeeds();
    let by_identity = session.import("", Some(&identity)).await.succeeds();
    assert_eq!(
        (by_identity.text("id"), by_identity.text("name")),
        ("ps1there", "there")
    );
    assert_eq!(
        (&by_identity.value, by_identity.identity.as_ref()),
        (&by_id.value, Some(&identity))
    );
    assert_eq!(by_id.identity.as_ref(), Some(&identity));

    // Then the host reads it, and plans: what the service does not tell is adopted, and nothing is replaced.
    let read = session.read(&by_identity.value, Some(&identity)).await.succeeds();
    assert_eq!(read.value, by_identity.value);
    let config = session.machine([("name", Value::string("there"))]);
    let planned = session.plan(&read.value, Some(&identity), &config).await.succeeds();
    assert_eq!(
        (planned.titles(), planned.text("id")),
        (vec!["Configured Values Adopted"], "ps1there")
    );
    session.end().await;
}

#[tokio::test]
async fn an_identity_that_leads_nowhere_is_told() {
    let sim = sim();
    let mut session = Session::with(&sim).await;
    for (id, title) in [
        (Value::string("ps1gone"), "Not Found"),
        (Value::string(""), "Invalid Machine Id"),
        (Value::string("../machines"), "Invalid Machine Id"),
        (Value::Null, "Invalid Machine Id"),
        (Value::unknown(), "Invalid Machine Id"),
    ] {
        let answer = session.import("", Some(&Value::object([("id", id.clone())]))).await;
        assert_eq!((answer.titles(), &answer.value), (vec![title], &Value::Null), "{id:?}");
    }
    session.end().await;
}

#[tokio::test]
async fn another_machines_identity_is_a_mistake_and_changes_nothing() {
    let sim = sim();
    let mut session = Session::with(&sim).await;
    let state = session.import("ps1there", None).await.succeeds().value;
    sim.rename_machine("ps1there", "renamed");
    let other = session.identity("ps1other");
    let read = session.read(&state, Some(&other)).await;
    assert_eq!((read.titles(), &read.value), (vec!["Identity Changed"], &state));
    assert_eq!(read.identity, Some(other));
    session.end().await;
}

#[tokio::test]
async fn a_stored_identity_is_read_and_a_missing_one_is_none() {
    let mut session = Session::launch().await;
    for (json, expected) in [(r#"{"id": "ps1there"}"#, true), ("", false)] {
        let request = proto::upgrade_resource_identity::Request {
            type_name: MACHINE.to_owned(),
            version: 0,
            raw_identity: Some(raw(json)),
        };
        let answer = session
            .client
            .upgrade_resource_identity(request)
            .await
            .unwrap()
            .into_inner();
        assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        assert_eq!(answer.upgraded_identity.is_some(), expected);
    }
    session.end().await;
}

/// A provider whose address is made by another resource.
async fn unknown_provider(sim: &Cloud) -> Session {
    let mut session = Session::launch().await;
    let settings = [("api_key", Value::string(sim.api_key())), ("api_url", Value::unknown())];
    assert_eq!(session.configure(settings).await, [""; 0]);
    session
}

#[tokio::test]
async fn before_it_is_configured_nothing_can_be_asked() {
    let mut session = Session::launch().await;
    let state = session.machine([("id", Value::string("ps1there"))]);
    let answer = session.read(&state, None).await;
    assert!(answer.failed());
    assert_eq!(answer.titles(), ["Provider Not Configured"]);
    assert_eq!(answer.value, state);
    session.end().await;
}

#[tokio::test]
async fn with_an_unknown_provider_configuration_answers_are_deferred() {
    let sim = sim();
    let state = Session::with(&sim)
        .await
        .import("ps1there", None)
        .await
        .succeeds()
        .value;
    sim.clear_requests();
    let mut session = unknown_provider(&sim).await;
    let config = session.machine([]);
    let identity = session.identity("ps1there");

    let planned = session.plan(&Value::Null, None, &config).await.succeeds();
    assert_eq!(
        (planned.deferred, planned.text("name")),
        (PROVIDER_CONFIG_UNKNOWN, "it")
    );
    assert!(planned.value.get("id").is_some_and(Value::is_unknown));
    let planned = session.plan(&state, Some(&identity), &config).await.succeeds();
    assert_eq!(
        (planned.deferred, planned.text("id")),
        (PROVIDER_CONFIG_UNKNOWN, "ps1there")
    );
    assert_eq!(planned.identity.as_ref(), Some(&identity));
    let read = session.read(&state, Some(&identity)).await.succeeds();
    assert_eq!(
        (read.deferred, &read.value, read.identity.as_ref()),
        (PROVIDER_CONFIG_UNKNOWN, &state, Some(&identity))
    );
    let imported = session.import("ps1there", None).await.succeeds();
    assert_eq!(
        (imported.deferred, imported.value),
        (PROVIDER_CONFIG_UNKNOWN, Value::Null)
    );
    assert_eq!(sim.requests().len(), 0);
    session.end().await;
}

#[tokio::test]
async fn where_nothing_may_be_deferred_plans_go_on_and_reads_tell_why_not() {
    let sim = sim();
    let state = Session::with(&sim)
        .await
        .import("ps1there", None)
        .await
        .succeeds()
        .value;
    sim.clear_requests();
    let mut session = unknown_provider(&sim).await.without_deferral();
    let config = session.machine([]);
    let planned = session.plan(&Value::Null, None, &config).await.succeeds();
    assert_eq!((planned.deferred, planned.text("name")), (None, "it"));
    let config = session.machine([("region", Value::Null)]);
    let planned = session.plan(&Value::Null, None, &config).await.succeeds();
    assert!(
        planned.value.get("region").is_some_and(Value::is_unknown),
        "it may come from the provider"
    );

    let read = session.read(&state, None).await;
    assert_eq!(
        (read.titles(), &read.value),
        (vec!["Provider Configuration Unknown"], &state)
    );
    let imported = session.import("ps1there", None).await;
    assert_eq!(imported.titles(), ["Provider Configuration Unknown"]);
    let applied = session.apply(&Value::Null, &planned, &config).await;
    assert_eq!(
        (applied.titles(), &applied.value),
        (vec!["Provider Configuration Unknown"], &Value::Null)
    );
    assert_eq!((sim.requests().len(), alive(&sim.world()).len()), (0, 1));
    session.end().await;
}

/// What a plan can be made without is not waited for: hosts show a plan with unknown values, and take a deferral in an apply
/// for a fault.
#[tokio::test]
async fn nothing_is_deferred_for_values_that_only_the_apply_will_know() {
    let sim = sim();
    for resource in provider::server().registry().resources() {
        let mut session = Session::with_type(&sim, resource.type_name()).await;
        let settable = resource.block().attributes.iter();
        let settable = settable.filter(|attribute| attribute.mode.is_settable() && !attribute.write_only);
        let unknown: Vec<_> = settable.map(|attribute| (attribute.name, Value::unknown())).collect();
        let config = session.object(unknown);
        let planned = session.plan(&Value::Null, None, &config).await.succeeds();
        assert_eq!(planned.deferred, None, "{}", resource.type_name());
        session.end().await;
    }
}

/// A host plans twice, and its user reads the first plan.
#[tokio::test]
async fn a_warning_about_a_plan_is_not_repeated_where_the_host_tells_the_apply_apart() {
    let sim = sim();
    for (keeps_private, defers, again) in [(true, true, 0), (true, false, 0), (false, true, 0), (false, false, 1)] {
        let mut session = Session::with(&sim).await;
        session.capabilities.store_planned_private = keeps_private;
        // Stable Terraform allows deferrals in the apply and nowhere else.
        session.capabilities.deferral_allowed = false;
        let config = session.machine([("name", Value::string("there"))]);
        let first = session.plan(&Value::Null, None, &config).await.succeeds();
        assert_eq!(first.titles().len(), 1, "{:?}", first.titles());
        session.capabilities.deferral_allowed = defers;
        let private = Private {
            planned: if keeps_private { first.private.as_slice() } else { &[] },
            ..Private::default()
        };
        let second = session.plan_with(&Value::Null, None, private, &config).await.succeeds();
        assert_eq!(second.titles().len(), again, "{keeps_private} {defers}");
        assert_eq!(second.value, first.value);
        session.end().await;
    }
}

fn new_user() -> Value {
    let members = [
        ("email", "new@example.com"),
        ("first_name", "New"),
        ("last_name", "User"),
        ("password", "correct horse"),
    ];
    Value::object(members.map(|(name, text)| (name, Value::string(text))))
}

#[tokio::test]
async fn a_write_only_password_reaches_the_service_and_nothing_else() {
    let sim = sim();
    let mut session = Session::with(&sim).await;
    let config = session.machine([("new_user", new_user())]);
    assert_eq!(session.validate(&config).await, [""; 0]);
    let planned = session.plan(&Value::Null, None, &config).await.succeeds();
    let created = session.apply(&Value::Null, &planned, &config).await.succeeds();
    for answer in [&planned, &created] {
        let user = answer.value.get("new_user").expect("it is in the state");
        assert_eq!(user.get("email"), Some(&Value::string("new@example.com")));
        assert_eq!(user.get("password"), Some(&Value::Null));
        assert!(!format!("{answer:?}").contains("correct horse"));
    }
    let sent = sim
        .requests()
        .into_iter()
        .find(|request| request.method == "POST")
        .and_then(|request| request.body);
    assert_eq!(sent.expect("the machine was ordered")["password"], "correct horse");
    let read = session.read(&created.value, created.identity.as_ref()).await.succeeds();
    assert_eq!(read.value, created.value);
    // Another password is no change.
    let mut other = new_user();
    if let Value::Object(members) = &mut other {
        members.insert("password".to_owned(), Value::string("battery staple"));
    }
    let config = session.machine([("new_user", other)]);
    let planned = session
        .plan(&created.value, created.identity.as_ref(), &config)
        .await
        .succeeds();
    assert_eq!((&planned.value, planned.titles()), (&created.value, vec![]));
    session.end().await;
}

#[tokio::test]
async fn a_host_that_would_store_a_write_only_value_is_told_so() {
    let mut session = Session::launch().await.without_write_only();
    let config = session.machine([("new_user", new_user())]);
    assert_eq!(session.validate(&config).await, ["Write-Only Argument Not Supported"]);
    let config = session.machine([]);
    assert_eq!(session.validate(&config).await, [""; 0]);
    session.end().await;
}

#[tokio::test]
async fn a_move_gives_an_identity_and_other_sources_are_refused() {
    let mut session = Session::launch().await;
    let (other, state) = (
        "registry.terraform.io/paperspace/paperspace",
        r#"{"id": "ps1there", "size": 50, "password": "p"}"#,
    );
    let moved = session.move_state(other, MACHINE, state).await.succeeds();
    assert_eq!(
        (moved.text("id"), &moved.identity),
        ("ps1there", &Some(session.identity("ps1there")))
    );
    for (provider, type_name) in [
        (other, "paperspace_network"),
        ("registry.terraform.io/hashicorp/aws", MACHINE),
    ] {
        let refused = session.move_state(provider, type_name, state).await;
        assert_eq!(
            (refused.titles(), &refused.value),
            (vec!["Move Not Supported"], &Value::Null)
        );
    }
    session.end().await;
}
