//! Starting, stopping and restarting.

use terraform_provider_paperspace::sim::quirks::EventEnding;
use terraform_provider_paperspace::sim::{Effect, Ending, Fault};

use super::*;
use crate::support::cloud::seen;

const START: &str = "paperspace_machine_start";
const STOP: &str = "paperspace_machine_stop";
const RESTART: &str = "paperspace_machine_restart";

/// The lines without their times.
fn untimed(lines: &[String]) -> Vec<&str> {
    let untimed = lines
        .iter()
        .map(|line| line.rsplit_once(" (").map_or(line.as_str(), |(line, _)| line));
    untimed.collect()
}

#[tokio::test]
async fn a_machine_is_turned_off_and_on_again_and_says_each_state_once() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    let lines = invoke(&mut session, STOP, &[machine("ps1")]).await.succeeds();
    assert_eq!(
        untimed(&lines),
        ["machine ps1 is ready", "machine ps1 is stopping", "machine ps1 is off"]
    );
    assert_eq!(states(&sim), [State::Off]);
    let lines = invoke(&mut session, START, &[machine("ps1")]).await.succeeds();
    let said = untimed(&lines);
    assert_eq!(
        (said.first(), said.last()),
        (Some(&"machine ps1 is off"), Some(&"machine ps1 is ready"))
    );
    assert_eq!(states(&sim), [State::Ready]);
    let lines = invoke(&mut session, RESTART, &[machine("ps1")]).await.succeeds();
    assert!(untimed(&lines).contains(&"machine ps1 is restarting"), "{lines:?}");
    assert_eq!((states(&sim), events(&sim, "restart")), (vec![State::Ready], 1));
    session.end().await;
}

#[tokio::test]
async fn what_is_as_it_is_wanted_is_left_alone() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    let lines = invoke(&mut session, START, &[machine("ps1")]).await.succeeds();
    assert_eq!(untimed(&lines), ["machine ps1 is ready"]);
    sim.set_machine_state("ps1", State::Off);
    let lines = invoke(&mut session, STOP, &[machine("ps1")]).await.succeeds();
    assert_eq!(untimed(&lines), ["machine ps1 is off"]);
    assert_eq!(invoke(&mut session, STOP, &[machines(&[])]).await.succeeds(), [""; 0]);
    let writes = sim
        .requests()
        .into_iter()
        .filter(|request| request.method != "GET")
        .count();
    assert_eq!(writes, 0);
    session.end().await;
}

#[tokio::test]
async fn nothing_is_waited_for_that_need_not_be() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    let unwaited = ("wait", Value::Bool(false));
    let lines = invoke(&mut session, STOP, &[machine("ps1"), unwaited.clone()])
        .await
        .succeeds();
    assert_eq!(
        untimed(&lines),
        ["machine ps1 is ready", "machine ps1 was asked to stop"]
    );
    assert_eq!(states(&sim), [State::Stopping]);
    // The same again is under way already.
    invoke(&mut session, STOP, &[machine("ps1"), unwaited]).await.succeeds();
    assert_eq!(seen(&sim, "PATCH", "/machines/ps1/stop"), 1);
    session.end().await;
}

/// Twenty machines at once need no more than four requests each.
#[tokio::test]
async fn many_machines_share_their_looks() {
    let ids: Vec<_> = (10..30).map(|number| format!("ps{number}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let sim = cloud(&ids, State::Ready);
    for (action, expected) in [(STOP, State::Off), (START, State::Ready), (RESTART, State::Ready)] {
        // A host invokes each in a process of its own.
        let mut session = Session::with(&sim).await;
        sim.clear_requests();
        invoke(&mut session, action, &[machines(&ids)]).await.succeeds();
        session.end().await;
        assert_eq!(states(&sim), [expected; 20], "{action}");
        let requests = sim.requests().len();
        assert!(requests <= 80, "{action} made {requests} requests");
    }
    assert_eq!(events(&sim, "restart"), 20);
}

#[tokio::test]
async fn a_machine_that_is_not_there_stops_no_other() {
    let sim = cloud(&["ps1", "ps2"], State::Ready);
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, STOP, &[machines(&["ps1", "ps2", "ps0gone"])]).await;
    invoked.fails_with(
        "Machine Is Gone",
        &["ps0gone", "Check the id", "ps1 is \"off\", ps2 is \"off\""],
    );
    assert_eq!(states(&sim), [State::Off, State::Off]);
    session.end().await;
}

#[tokio::test]
async fn what_is_off_is_not_restarted() {
    let sim = cloud(&["ps1"], State::Off);
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, RESTART, &[machine("ps1")]).await;
    invoked.fails_with(
        "Machine Is Off",
        &["nothing was done to it", START, "Now the machine ps1 is \"off\"."],
    );
    assert_eq!(seen(&sim, "PATCH", "/machines/ps1/restart"), 0);
    session.end().await;
}

#[tokio::test]
async fn a_lost_answer_leads_to_no_second_restart() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    sim.faults()
        .add(Fault::on("PATCH", "/machines/*/restart", Effect::DropAfterAct).limit(1));
    invoke(&mut session, RESTART, &[machine("ps1")]).await.succeeds();
    assert_eq!(
        (events(&sim, "restart"), seen(&sim, "PATCH", "/machines/ps1/restart")),
        (1, 1)
    );
    sim.faults()
        .add(Fault::on("PATCH", "/machines/*/stop", Effect::DropAfterAct).limit(1));
    invoke(&mut session, STOP, &[machine("ps1")]).await.succeeds();
    assert_eq!((events(&sim, "stop"), states(&sim)), (1, vec![State::Off]));
    session.end().await;
}

#[tokio::test]
async fn one_that_was_not_taken_on_is_told_as_uncertain() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    sim.faults()
        .add(Fault::on("PATCH", "/machines/*/restart", Effect::DropBeforeAct).limit(1));
    let invoked = invoke(&mut session, RESTART, &[machine("ps1")]).await;
    invoked.fails_with(
        "Connection Lost",
        &["Could not restart the machine ps1", "Now the machine ps1 is \"ready\"."],
    );
    assert_eq!(
        seen(&sim, "PATCH", "/machines/ps1/restart"),
        1,
        "it is not asked for again"
    );
    session.end().await;
}

#[tokio::test]
async fn what_the_service_gives_up_is_told_with_what_the_machine_is() {
    let sim = cloud(&["ps1", "ps2"], State::Off);
    sim.switch(|quirks| {
        quirks.event_endings.push(EventEnding {
            event: "start".to_owned(),
            ending: Ending::Failed("Out of GPUs.".to_owned()),
            count: Some(1),
        });
    });
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, START, &[machines(&["ps1", "ps2"])]).await;
    let invoked = invoked.fails_with(
        "Paperspace Gave Up the Operation",
        &[
            "Out of GPUs.",
            "Now the machines are as follows: ",
            "\"off\"",
            "\"ready\"",
            "invoke the action again",
        ],
    );
    assert!(
        !invoked.diagnostics[0].detail.contains("next plan"),
        "no plan follows an action"
    );
    session.end().await;
}

#[tokio::test]
async fn an_interruption_is_told_with_what_each_machine_is() {
    let sim = cloud(&["ps1", "ps2"], State::Ready);
    sim.switch(|quirks| {
        // Nothing comes to its end.
        quirks.shown_states.insert("off".to_owned(), "stopping".to_owned());
    });
    let mut session = Session::with(&sim).await;
    let mut stopper = session.client.inner();
    let stop = async {
        while seen(&sim, "PATCH", "/machines/ps1/stop") + seen(&sim, "PATCH", "/machines/ps2/stop") < 2 {
            tokio::task::yield_now().await;
        }
        stopper.stop_provider(proto::stop_provider::Request {}).await.unwrap();
    };
    let two = [machines(&["ps1", "ps2"])];
    let (invoked, ()) = tokio::join!(invoke(&mut session, STOP, &two), stop);
    invoked.fails_with(
        "Interrupted",
        &[
            "Stopped waiting to stop the machine ps1",
            "The same goes for ps2.",
            "Now the machines are as follows: ps1 is \"stopping\", ps2 is \"stopping\".",
        ],
    );
    session.end().await;
}

#[tokio::test]
async fn time_that_is_up_names_the_actions_own_limit() {
    let sim = cloud(&["ps1"], State::Ready);
    sim.switch(|quirks| {
        quirks.shown_states.insert("off".to_owned(), "stopping".to_owned());
    });
    let mut session = Session::with(&sim).await;
    let limit = ("timeout", Value::string("300ms"));
    let invoked = invoke(&mut session, STOP, &[machine("ps1"), limit]).await;
    invoked.fails_with(
        "Time Is Up",
        &["raise the action's `timeout`", "Now the machine ps1 is \"stopping\"."],
    );
    session.end().await;
}

/// One look at what each machine is, and every other word of a machine, is the machine's own: another team's is not there.
#[tokio::test]
async fn a_machine_of_another_team_is_not_there() {
    let mut settings = Config::default();
    let mut other = settings.teams[0].clone();
    other.keys = vec!["sim-key-of-the-other-team".to_owned()];
    let seed = json!({
        "id": "ps9other", "name": "theirs", "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
    });
    other.seed.machines = vec![serde_json::from_value(seed).expect("a seed reads from JSON")];
    settings.teams.push(other);
    let sim = Cloud::start(settings);
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, STOP, &[machine("ps9other")]).await;
    invoked.fails_with("Machine Is Gone", &["ps9other", "the API key is of the team"]);
    session.end().await;
}

#[tokio::test]
async fn a_configuration_that_says_too_little_or_too_much_is_refused() {
    let sim = cloud(&[], State::Ready);
    let mut session = Session::with(&sim).await;
    let id = machine("ps1");
    for (arguments, expected) in [
        (vec![], vec![("Missing Machine", "machine_id")]),
        (
            vec![id.clone(), machines(&["ps1"])],
            vec![("Conflicting Arguments", "machine_id")],
        ),
        (vec![machine("")], vec![("Invalid Value", "machine_id")]),
        (vec![machines(&["ps1", " "])], vec![("Invalid Value", "machine_ids")]),
        (
            vec![id.clone(), ("timeout", Value::string("soon"))],
            vec![("Invalid Value", "timeout")],
        ),
        (vec![id], vec![]),
        (vec![("machine_ids", Value::unknown())], vec![]),
    ] {
        let request = proto::validate_action_config::Request {
            type_name: RESTART.to_owned(),
            config: Some(config(RESTART, &arguments)),
        };
        let answer = session
            .client
            .validate_action_config(request)
            .await
            .unwrap()
            .into_inner();
        let told: Vec<_> = answer
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let step = diagnostic
                    .attribute
                    .as_ref()
                    .and_then(|path| path.steps.first()?.selector.clone());
                let Some(proto::attribute_path::step::Selector::AttributeName(name)) = step else {
                    panic!("{diagnostic:?} has no place")
                };
                (diagnostic.summary.clone(), name)
            })
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(title, name)| (title.to_owned(), name.to_owned()))
            .collect();
        assert_eq!(told, expected, "{arguments:?}");
    }
    session.end().await;
}
