//! `paperspace_snapshot`: the disk of a machine at a moment.
//!
//! A snapshot is gone with its machine, which is in its nature and worth no words. Those that a machine takes by itself come
//! and go, and are never taken over.

use super::kit::{
    Answer, By, Choosable, Chosen, Facts, Kind, Listable, Managed, Note, Rest, Scope, Told, WhenGone, as_in,
};
use super::select::Item;
use crate::api::{Client, Error, Event, EventFilter, Page, Snapshot as Seen, SnapshotFilter};
use crate::schema::{Check, Model, Schema, Timeout, Timeouts};
use crate::server::Change;
use crate::value::{Tf, Value};

/// A `paperspace_snapshot` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub id: Tf<String>,
    pub machine_id: Tf<String>,
    pub name: Tf<String>,
    pub deletion_protection: Tf<bool>,
    pub is_auto_snapshot: Tf<bool>,
    pub timeouts: Tf<Timeouts>,
}

impl Model for Snapshot {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A snapshot of a machine's disk, taken while the machine runs. It is deleted with its machine: what is to outlive \
             that is a `paperspace_custom_template`.",
        );
        s.attr("machine_id", |m| &mut m.machine_id)
            .required()
            .check(Check::NotEmpty)
            .replaces()
            .doc("The id of the machine. A change, and a replacement of the machine, makes a new snapshot.");
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The snapshot's name, changed in place.");
        s.attr("deletion_protection", |m| &mut m.deletion_protection)
            .default_value(Value::Bool(false))
            .doc(
                "Whether Terraform refuses to destroy or replace the snapshot. It does not keep the snapshot when its machine \
                 is destroyed.",
            );
        s.attr("id", |m| &mut m.id).computed().doc("The snapshot's id.");
        s.attr("is_auto_snapshot", |m| &mut m.is_auto_snapshot)
            .computed()
            .doc("Whether the machine took it by itself.");
        s.timeouts(|m| &mut m.timeouts, &[(Timeout::Create, 60), (Timeout::Delete, 30)]);
    }
}

/// The kind.
pub struct Snapshots;

impl Kind for Snapshots {
    const NOUN: &'static str = "snapshot";
    const KEY_LIKE: &'static str = "The snapshot's id, such as `slqafgu4n6gxge`.";
    const LIST: &'static str = "paperspace_snapshots";
    type Seen = Seen;

    fn facts(seen: &Seen) -> Facts {
        Facts {
            key: seen.id.clone(),
            name: seen.name.clone(),
            created: None,
            deleted: None,
            rest: Rest::At("made"),
            word: "made".to_owned(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<Seen>, Error> {
        let filter = SnapshotFilter {
            machine_id: scope.machine_id.clone(),
        };
        client.snapshot_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<Seen>, Error> {
        client.snapshot(key).await.map(Told::There)
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.delete_snapshot(key).await.map(|operation| operation.event)
    }

    fn refuse(seen: &Seen) -> Option<&'static str> {
        (seen.is_auto_snapshot == Some(true)).then_some(
            "its machine took it by itself and will delete it when newer ones take its place. Take one of your own with this \
             resource instead.",
        )
    }
}

impl Managed for Snapshots {
    const TYPE_NAME: &'static str = "paperspace_snapshot";
    type Model = Snapshot;
    const GONE: WhenGone = WhenGone::Quiet;
    const LOST: Option<&'static str> = Some("the state of the disk that it holds");

    fn key(model: &Snapshot) -> &Tf<String> {
        &model.id
    }

    fn protection(model: &mut Snapshot) -> Option<&mut Tf<bool>> {
        Some(&mut model.deletion_protection)
    }

    fn lanes(model: &Snapshot) -> Vec<String> {
        model.machine_id.as_deref().map(str::to_owned).into_iter().collect()
    }

    fn scope(planned: &Snapshot) -> Scope {
        Scope {
            name: planned.name.as_deref().map(str::to_owned),
            machine_id: planned.machine_id.as_deref().map(str::to_owned),
            region: None,
        }
    }

    fn fits(planned: &Snapshot, seen: &Seen) -> bool {
        planned.name.as_deref() == seen.name.as_deref()
            && planned.machine_id.as_deref() == seen.machine_id.as_deref()
            && seen.is_auto_snapshot != Some(true)
    }

    fn observe(state: &mut Snapshot, seen: &Seen) {
        let Seen {
            id,
            name,
            machine_id,
            is_auto_snapshot,
        } = seen;
        state.id = Tf::Known(id.clone());
        state.name.tell(name.clone());
        state.machine_id.tell(machine_id.clone());
        state.is_auto_snapshot.tell(*is_auto_snapshot);
    }

    async fn create(client: &Client, change: &Change<Snapshot, Note>) -> Result<Answer<Seen>, Error> {
        let machine_id = change.planned.machine_id.as_deref().unwrap_or_default();
        let name = change.planned.name.as_deref().unwrap_or_default();
        client.create_snapshot(machine_id, name).await.map(Answer::from)
    }

    async fn made_by(client: &Client, seen: &Seen) -> Result<Option<Event>, Error> {
        let Some(machine_id) = seen.machine_id.as_deref() else {
            return Ok(None);
        };
        let filter = EventFilter {
            machine_id: Some(machine_id.to_owned()),
        };
        let newest_first = client.events(&filter).await?;
        Ok(newest_first
            .into_iter()
            .find(|event| event.name.as_deref() == Some("snapshot-create")))
    }

    async fn update(
        client: &Client,
        from: &Snapshot,
        change: &Change<Snapshot, Note>,
    ) -> Result<Option<Answer<Seen>>, Error> {
        match (from.id.as_deref(), change.planned.name.as_deref()) {
            (Some(id), Some(name)) if from.name.as_deref() != Some(name) => {
                client.rename_snapshot(id, name).await.map(|seen| Some(seen.into()))
            }
            _ => Ok(None),
        }
    }
}

/// One snapshot of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotItem {
    id: Tf<String>,
    machine_id: Tf<String>,
    name: Tf<String>,
    is_auto_snapshot: Tf<bool>,
}

impl Model for SnapshotItem {
    fn declare(s: &mut Schema<Self>) {
        as_in::<Snapshot>(s.attr("id", |m| &mut m.id));
        s.attr("machine_id", |m| &mut m.machine_id)
            .computed()
            .doc("The id of the machine.");
        s.attr("name", |m| &mut m.name).computed().doc("The snapshot's name.");
        as_in::<Snapshot>(s.attr("is_auto_snapshot", |m| &mut m.is_auto_snapshot));
    }
}

impl Item for SnapshotItem {
    const NOUN: &'static str = Snapshots::NOUN;

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The service does not tell it.
    fn created_at(&self) -> Option<&str> {
        None
    }
}

impl Chosen for SnapshotItem {
    const BY: &'static [By] = &[By::Name, By::Machine];

    fn machine_id(&self) -> Tf<String> {
        self.machine_id.clone()
    }
}

impl Choosable for Snapshots {
    type Item = SnapshotItem;
    const REMARK: &'static str = "Those that machines took by themselves are left out: they come and go.";

    fn item(seen: Seen) -> SnapshotItem {
        let Seen {
            id,
            name,
            machine_id,
            is_auto_snapshot,
        } = seen;
        SnapshotItem {
            id: Tf::Known(id),
            machine_id: machine_id.into(),
            name: name.into(),
            is_auto_snapshot: is_auto_snapshot.into(),
        }
    }
}

impl Listable for Snapshots {
    const ONE: &'static str = "paperspace_snapshot";
    const PLURAL: &'static str = "snapshots";
    const ABOUT: &'static str = "Snapshots of the team's machines, those that machines took by themselves included.";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, machine: &str, auto: bool) -> Seen {
        Seen {
            id: "sl1".to_owned(),
            name: Some(name.to_owned()),
            machine_id: Some(machine.to_owned()),
            is_auto_snapshot: Some(auto),
        }
    }

    #[test]
    fn only_the_machines_own_snapshot_of_that_name_fits() {
        let planned = Snapshot {
            name: Tf::Known("n".to_owned()),
            machine_id: Tf::Known("ps1".to_owned()),
            ..Snapshot::default()
        };
        for (seen, fits) in [
            (seen("n", "ps1", false), true),
            (seen("m", "ps1", false), false),
            (seen("n", "ps2", false), false),
            (seen("n", "ps1", true), false),
        ] {
            assert_eq!(Snapshots::fits(&planned, &seen), fits, "{seen:?}");
        }
    }

    #[test]
    fn one_that_a_machine_took_by_itself_is_never_taken_over() {
        assert!(Snapshots::refuse(&seen("n", "ps1", true)).is_some());
        assert!(Snapshots::refuse(&seen("n", "ps1", false)).is_none());
    }
}
