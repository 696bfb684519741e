//! What is answered where something is set going: the object as it is now, and the event to follow.

use super::{
    Event,
    answer::{Fields, FromJson, Object, Trouble},
};

/// An object, and the event by which to follow what was asked of it.
///
/// An answer that holds the object alone is read too: what has an identifier is an answer, whatever it lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation<T> {
    /// The object as it is now.
    pub data: T,
    /// The asynchronous half of the operation, if there is one.
    pub event: Option<Event>,
}

impl<T: FromJson> Object for Operation<T> {
    const NOUN: &'static str = "operation";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        let data = match fields.raw("data") {
            Some(_) => fields.need("data")?,
            None => fields.whole()?,
        };
        Ok(Self {
            data,
            event: fields.get("event"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{Snapshot, answer::read},
        *,
    };

    #[test]
    fn an_object_is_an_answer_with_and_without_its_event() {
        let snapshot = json!({"id": "sl1"});
        for (answer, event) in [
            (json!({"data": snapshot, "event": {"id": "e1"}}), Some("e1")),
            (json!({"data": snapshot, "event": null}), None),
            (json!({"data": snapshot, "event": "soon"}), None),
            (json!({"data": snapshot, "event": {}}), None),
            (json!({"data": snapshot}), None),
            (snapshot.clone(), None),
        ] {
            let Operation { data, event: followed } = read::<Operation<Snapshot>>(&answer).unwrap();
            assert_eq!(data.id, "sl1");
            assert_eq!(followed.map(|event| event.id).as_deref(), event, "{answer}");
        }
        for answer in [
            json!({}),
            json!({"event": {"id": "e1"}}),
            json!({"data": {}}),
            json!(null),
        ] {
            assert!(read::<Operation<Snapshot>>(&answer).is_err(), "{answer}");
        }
    }
}
