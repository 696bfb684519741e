use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::super::sink::tests::Kept;
use super::*;
use crate::schema::{IdentityAttribute, IdentitySchema, Schema};
use crate::server::{Change, Current, ImportTarget, Outcome};
use crate::value::Tf;

#[derive(Clone, Default)]
struct Thing {
    id: Tf<String>,
    size: Tf<i64>,
}

impl Model for Thing {
    fn declare(schema: &mut Schema<Self>) {
        schema.attr("id", |thing| &mut thing.id).computed().doc("Its id.");
        let size = schema.attr("size", |thing| &mut thing.size);
        size.optional().default_value(3.into()).doc("Its size.");
    }
}

struct Things;

impl Resource for Things {
    type Model = Thing;
    type Note = ();
    type Configured = ();

    const TYPE_NAME: &'static str = "toy_thing";

    fn identity_schema() -> IdentitySchema {
        IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: "id",
                ty: Type::String,
                required_for_import: true,
                description: "Its id.",
            }],
        }
    }

    fn identity(state: &Thing) -> Option<Value> {
        Some(id(state.id.as_deref()?))
    }

    async fn create(_: &Context<()>, change: Change<Thing, ()>) -> Outcome<Thing, ()> {
        Outcome::exists(change.planned, ())
    }

    async fn read(_: &Context<()>, known: Current<Thing, ()>) -> Outcome<Thing, ()> {
        Outcome::exists(known.state, ())
    }

    async fn update(_: &Context<()>, _: Thing, change: Change<Thing, ()>) -> Outcome<Thing, ()> {
        Outcome::exists(change.planned, ())
    }

    async fn delete(_: &Context<()>, _: Current<Thing, ()>) -> Outcome<Thing, ()> {
        Outcome::gone()
    }

    async fn import(_: &Context<()>, _: ImportTarget) -> Outcome<Thing, ()> {
        Outcome::gone()
    }
}

#[derive(Clone, Default)]
struct Which {
    /// How many there are; without an end where it is null.
    count: Tf<i64>,
}

impl Model for Which {
    fn declare(schema: &mut Schema<Self>) {
        schema
            .attr("count", |which| &mut which.count)
            .optional()
            .doc("How many there are.");
    }
}

/// Things `t1`, `t2` and so on. After the last one nothing comes any more, and after the third it panics.
struct Listed;

impl ListResource for Listed {
    type Model = Which;
    type Resource = Things;
    type Configured = ();

    async fn list(_: &Context<()>, config: Which, finds: &mut Finds<'_, Things>) -> Result<(), Diagnostics> {
        let count = match config.count {
            Tf::Known(count) => Some(count),
            Tf::Null | Tf::Unknown => None,
        };
        for number in 1..=count.unwrap_or(2) {
            assert!(number < 4, "nobody wants a fourth one");
            let id = Tf::Known(format!("t{number}"));
            let thing = Thing { id, ..Thing::default() };
            if finds.tell(&format!("thing {number}"), &thing).await.is_break() {
                return Ok(());
            }
        }
        match count {
            Some(_) => Err(Diagnostic::error("No More", "There are no more.").into()),
            None => std::future::pending().await,
        }
    }
}

fn id(id: &str) -> Value {
    Value::object([("id", id)].map(|(name, id)| (name, Value::from(id))))
}

fn call() -> Call {
    Call::new(Arc::new(()), CancellationToken::new())
}

fn list(count: Value, limit: u64) -> List {
    List {
        config: Value::object([("count", count)]),
        with_state: false,
        limit,
    }
}

/// The events in short: a name, or the titles of messages.
fn short(events: Vec<ListEvent>) -> Vec<String> {
    let short = |event: ListEvent| match event.diagnostics.is_empty() {
        true => {
            assert!(event.identity.is_some());
            event.display_name
        }
        false => {
            assert_eq!((event.identity, event.state), (None, None));
            event.diagnostics.iter().map(|told| told.summary.as_str()).collect()
        }
    };
    events.into_iter().map(short).collect()
}

#[tokio::test]
async fn nothing_is_looked_for_beyond_the_limit() {
    for (limit, expected) in [(0, &[][..]), (1, &["thing 1"]), (3, &["thing 1", "thing 2", "thing 3"])] {
        let sink = Kept::default();
        Entry::<Listed>::new().list(call(), list(9.into(), limit), &sink).await;
        assert_eq!(short(sink.take()), expected, "{limit}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_the_last_event() {
    let sink = Kept::default();
    Entry::<Listed>::new().list(call(), list(2.into(), 100), &sink).await;
    assert_eq!(short(sink.take()), ["thing 1", "thing 2", "No More"]);
}

#[tokio::test]
async fn the_whole_object_comes_where_it_is_wanted_with_the_defaults_of_what_cannot_be_told() {
    for with_state in [false, true] {
        let sink = Kept::default();
        let request = List {
            with_state,
            ..list(1.into(), 1)
        };
        Entry::<Listed>::new().list(call(), request, &sink).await;
        let object = Value::object([("id", Value::from("t1")), ("size", Value::from(3))]);
        let expected = ListEvent {
            display_name: "thing 1".to_owned(),
            identity: Some(id("t1")),
            state: with_state.then_some(object),
            diagnostics: Diagnostics::new(),
        };
        assert_eq!(sink.take(), [expected]);
    }
}

#[tokio::test]
async fn a_list_that_is_stopped_does_not_look_complete() {
    let (sink, call) = (Kept::default(), call());
    let query = Entry::<Listed>::new();
    let listed = query.list(call.clone(), list(Value::Null, 100), &sink);
    tokio::pin!(listed);
    assert!((&mut listed).now_or_never().is_none());
    call.cancel.cancel();
    listed.await;
    assert_eq!(short(sink.take()), ["thing 1", "thing 2", "Query Interrupted"]);
}

#[tokio::test]
async fn an_asker_that_goes_away_ends_the_list() {
    let sink = Kept::default();
    let query = Entry::<Listed>::new();
    let listed = query.list(call(), list(Value::Null, 100), &sink);
    tokio::pin!(listed);
    assert!((&mut listed).now_or_never().is_none());
    sink.gone.cancel();
    listed.await;
    assert_eq!(short(sink.take()), ["thing 1", "thing 2"]);
}

#[tokio::test]
async fn a_block_that_is_not_written_has_no_arguments() {
    let (query, sink) = (Entry::<Listed>::new(), Kept::default());
    assert_eq!(query.validate(&Value::Null), Diagnostics::new());
    let request = List {
        config: Value::Null,
        ..list(Value::Null, 2)
    };
    query.list(call(), request, &sink).await;
    assert_eq!(short(sink.take()), ["thing 1", "thing 2"]);
}
