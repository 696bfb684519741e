//! `paperspace_shared_drive`: a disk that the machines of a network share.
//!
//! The password is in no resource and no data source. A drive has no state of its own: it is made once it tells where it is
//! mounted. What replaces one loses its data, so only the configuration can: what the service tells never does.

use super::kit::{Answer, By, Choosable, Chosen, Facts, Kind, Listable, Managed, Note, Rest, Scope, Told, as_in};
use super::region;
use super::select::Item;
use crate::api::{Client, CreateSharedDrive, Error, Event, Page, SharedDrive as Seen, SharedDriveFilter as Filter};
use crate::schema::{Check, Model, Schema, Timeout, Timeouts};
use crate::server::Change;
use crate::value::{Tf, Value};

/// A gigabyte as Paperspace counts it.
const GIGABYTE: i64 = 1 << 30;

/// A `paperspace_shared_drive` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drive {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub size: Tf<i64>,
    pub region: Tf<String>,
    pub network_id: Tf<String>,
    pub deletion_protection: Tf<bool>,
    pub mount_point: Tf<String>,
    pub server: Tf<String>,
    pub share: Tf<String>,
    pub username: Tf<String>,
    pub created_at: Tf<String>,
    pub timeouts: Tf<Timeouts>,
}

impl Model for Drive {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A shared drive: a disk that all machines of a private network can mount over SMB. Its password is not told here; \
             the ephemeral resource `paperspace_shared_drive_credentials` tells it where nothing stores it.",
        );
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The drive's name, changed in place.");
        s.attr("size", |m| &mut m.size).required().adopted().at_least(1).replaces().doc(
            "The size in GB. A change makes a new drive, and loses what is on the old one; a drive cannot grow. Paperspace \
             offers 50, 100, 250, 500, 1000 and 2000, and a few more.",
        );
        s.attr("region", |m| &mut m.region)
            .computed()
            .optional()
            .check(Check::NotEmpty)
            .adopted()
            .replaces()
            .same_if(region::same)
            .doc(
                "The region, in any spelling, such as `East Coast (NY2)` or `ny2`; that of the network. A change makes a new \
                 drive. Without it the provider's `region` is used for a new one.",
            );
        s.attr("network_id", |m| &mut m.network_id)
            .required()
            .check(Check::NotEmpty)
            .adopted()
            .replaces()
            .doc("The id of the private network that the drive is on. A change makes a new drive.");
        s.attr("deletion_protection", |m| &mut m.deletion_protection)
            .default_value(Value::Bool(false))
            .doc("Whether Terraform refuses to destroy or replace the drive, and to lose what is on it.");
        s.attr("id", |m| &mut m.id).computed().doc("The drive's id.");
        s.attr("mount_point", |m| &mut m.mount_point)
            .computed()
            .doc("What machines mount, in the form of Linux: `//10.64.92.2/sdvkpg3v2v`.");
        s.attr("server", |m| &mut m.server)
            .computed()
            .doc("The first part of it: the address of the server.");
        s.attr("share", |m| &mut m.share)
            .computed()
            .doc("The second part of it: the name of the share.");
        s.attr("username", |m| &mut m.username)
            .computed()
            .doc("The name to log in with.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was created, as an RFC 3339 date and time.");
        s.timeouts(|m| &mut m.timeouts, &[(Timeout::Create, 20), (Timeout::Delete, 20)]);
    }
}

/// Where a drive is mounted, as the service tells it in either spelling: what Linux mounts, the server and the share.
pub(super) fn place(mount_point: &str) -> Option<(String, String, String)> {
    let slashes = mount_point.trim().replace('\\', "/");
    let (server, share) = slashes.trim_start_matches('/').split_once('/')?;
    let share = share.trim_end_matches('/');
    let is_whole = !server.is_empty() && !share.is_empty();
    is_whole.then(|| (format!("//{server}/{share}"), server.to_owned(), share.to_owned()))
}

/// A size in GB, told in GB or in bytes of either kind of gigabyte.
fn gigabytes(told: i64) -> Option<i64> {
    const DECIMAL: i64 = 1_000_000_000;
    match told {
        ..=0 => None,
        told if told < GIGABYTE => Some(told),
        told if told % GIGABYTE == 0 => Some(told / GIGABYTE),
        told if told % DECIMAL == 0 => Some(told / DECIMAL),
        told => Some(told.saturating_add(GIGABYTE / 2) / GIGABYTE),
    }
}

/// The kind.
pub struct SharedDrives;

impl Kind for SharedDrives {
    const NOUN: &'static str = "shared drive";
    const KEY_LIKE: &'static str = "The drive's id, such as `RJFHxSmO7U03`.";
    const LIST: &'static str = "paperspace_shared_drives";
    type Seen = Seen;

    fn facts(seen: &Seen) -> Facts {
        let is_made = seen.mount_point.as_deref().and_then(place).is_some();
        Facts {
            key: seen.id.clone(),
            name: seen.name.clone(),
            created: seen.dt_created.as_ref().and_then(|date| date.instant()),
            deleted: seen.dt_deleted.as_ref().and_then(|date| date.instant()),
            rest: if is_made { Rest::At("made") } else { Rest::Moving },
            word: if is_made { "made" } else { "being made" }.into(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<Seen>, Error> {
        let filter = Filter {
            name: scope.name.clone(),
            region: None,
        };
        client.shared_drive_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<Seen>, Error> {
        client.shared_drive(key).await.map(Told::There)
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.delete_shared_drive(key).await.map(|_| None)
    }
}

impl Managed for SharedDrives {
    const TYPE_NAME: &'static str = "paperspace_shared_drive";
    type Model = Drive;
    const LOST: Option<&'static str> = Some("everything that is on it");

    fn key(model: &Drive) -> &Tf<String> {
        &model.id
    }

    fn region(model: &mut Drive) -> Option<&mut Tf<String>> {
        Some(&mut model.region)
    }

    fn protection(model: &mut Drive) -> Option<&mut Tf<bool>> {
        Some(&mut model.deletion_protection)
    }

    fn scope(planned: &Drive) -> Scope {
        Scope::named(planned.name.as_deref())
    }

    fn fits(planned: &Drive, seen: &Seen) -> bool {
        let same_region = match (planned.region.as_deref(), seen.region.as_deref()) {
            (Some(planned), Some(seen)) => region::slug(planned) == region::slug(seen),
            _ => false,
        };
        let same_size = seen
            .size
            .and_then(gigabytes)
            .is_none_or(|size| Some(size) == planned.size.copied());
        same_region
            && same_size
            && planned.name.as_deref() == seen.name.as_deref()
            && planned.network_id.as_deref() == seen.network_id.as_deref()
    }

    fn observe(state: &mut Drive, seen: &Seen) {
        let Seen {
            id,
            name,
            size,
            mount_point,
            username,
            password: _,
            network_id,
            region,
            dt_created,
            dt_deleted: _,
        } = seen;
        state.id = Tf::Known(id.clone());
        state.name.tell(name.clone());
        if !state.size.is_known() {
            state.size.tell(size.and_then(gigabytes));
        }
        if !state.region.is_known() {
            state.region.tell(region.clone());
        }
        if !state.network_id.is_known() {
            state.network_id.tell(network_id.clone());
        }
        let (mounted, server, share) = match mount_point.as_deref().and_then(place) {
            Some((mounted, server, share)) => (Some(mounted), Some(server), Some(share)),
            None => (None, None, None),
        };
        state.mount_point.tell(mounted);
        state.server.tell(server);
        state.share.tell(share);
        state.username.tell(username.clone());
        state.created_at.tell(dt_created.as_ref().map(ToString::to_string));
    }

    async fn create(client: &Client, change: &Change<Drive, Note>) -> Result<Answer<Seen>, Error> {
        let request = CreateSharedDrive {
            name: change.planned.name.as_deref().unwrap_or_default().to_owned(),
            size: change.planned.size.copied().unwrap_or_default(),
            region: change.planned.region.as_deref().unwrap_or_default().to_owned(),
            network_id: change.planned.network_id.as_deref().unwrap_or_default().to_owned(),
        };
        client.create_shared_drive(&request).await.map(Answer::from)
    }

    async fn update(
        client: &Client,
        from: &Drive,
        change: &Change<Drive, Note>,
    ) -> Result<Option<Answer<Seen>>, Error> {
        match (from.id.as_deref(), change.planned.name.as_deref()) {
            (Some(id), Some(name)) if from.name.as_deref() != Some(name) => {
                client.rename_shared_drive(id, name).await.map(|seen| Some(seen.into()))
            }
            _ => Ok(None),
        }
    }
}

/// One drive of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DriveItem {
    id: Tf<String>,
    name: Tf<String>,
    size: Tf<i64>,
    region: Tf<String>,
    network_id: Tf<String>,
    mount_point: Tf<String>,
    server: Tf<String>,
    share: Tf<String>,
    username: Tf<String>,
    created_at: Tf<String>,
}

impl Model for DriveItem {
    fn declare(s: &mut Schema<Self>) {
        as_in::<Drive>(s.attr("id", |m| &mut m.id));
        s.attr("name", |m| &mut m.name).computed().doc("The drive's name.");
        s.attr("size", |m| &mut m.size).computed().doc("The size in GB.");
        s.attr("region", |m| &mut m.region).computed().doc("The region.");
        s.attr("network_id", |m| &mut m.network_id)
            .computed()
            .doc("The id of the private network that the drive is on.");
        as_in::<Drive>(s.attr("mount_point", |m| &mut m.mount_point));
        as_in::<Drive>(s.attr("server", |m| &mut m.server));
        as_in::<Drive>(s.attr("share", |m| &mut m.share));
        as_in::<Drive>(s.attr("username", |m| &mut m.username));
        as_in::<Drive>(s.attr("created_at", |m| &mut m.created_at));
    }
}

impl Item for DriveItem {
    const NOUN: &'static str = SharedDrives::NOUN;

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Chosen for DriveItem {
    const BY: &'static [By] = &[By::Name, By::Region];

    fn region(&self) -> Tf<String> {
        self.region.clone()
    }
}

impl Choosable for SharedDrives {
    type Item = DriveItem;

    fn item(seen: Seen) -> DriveItem {
        let Seen {
            id,
            name,
            size,
            mount_point,
            username,
            password: _,
            network_id,
            region,
            dt_created,
            dt_deleted: _,
        } = seen;
        let (mounted, server, share) = match mount_point.as_deref().and_then(place) {
            Some((mounted, server, share)) => (Some(mounted), Some(server), Some(share)),
            None => (None, None, None),
        };
        DriveItem {
            id: Tf::Known(id),
            name: name.into(),
            size: size.and_then(gigabytes).into(),
            region: region.into(),
            network_id: network_id.into(),
            mount_point: mounted.into(),
            server: server.into(),
            share: share.into(),
            username: username.into(),
            created_at: dt_created.map(|date| date.to_string()).into(),
        }
    }
}

impl Listable for SharedDrives {
    const ONE: &'static str = "paperspace_shared_drive";
    const PLURAL: &'static str = "shared_drives";
    const ABOUT: &'static str = "Shared drives of the team, without their passwords.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_gigabytes_or_bytes() {
        for (told, expected) in [
            (500, Some(500)),
            (16_000, Some(16_000)),
            (500 * GIGABYTE, Some(500)),
            (500_000_000_000, Some(500)),
            (500 * GIGABYTE + 4_097, Some(500)),
            (GIGABYTE, Some(1)),
            (GIGABYTE - 1, Some(GIGABYTE - 1)),
            (0, None),
            (-1, None),
        ] {
            assert_eq!(gigabytes(told), expected, "{told}");
        }
    }

    #[test]
    fn a_mount_point_is_read_in_both_spellings() {
        let expected = ("//10.64.92.2/sd1".to_owned(), "10.64.92.2".to_owned(), "sd1".to_owned());
        for told in ["//10.64.92.2/sd1", r"\\10.64.92.2\sd1", " //10.64.92.2/sd1/ "] {
            assert_eq!(place(told), Some(expected.clone()), "{told}");
        }
        for told in ["", "//", "//10.64.92.2", "//10.64.92.2/", "sd1"] {
            assert_eq!(place(told), None, "{told}");
        }
    }

    #[test]
    fn what_the_service_tells_never_replaces_a_drive() {
        let mut state = Drive {
            size: Tf::Known(500),
            region: Tf::Known("ny2".to_owned()),
            network_id: Tf::Known("n1".to_owned()),
            ..Drive::default()
        };
        let seen = |size| Seen {
            id: "sd1".to_owned(),
            name: Some("data".to_owned()),
            size,
            mount_point: None,
            username: None,
            password: None,
            network_id: Some("n2".to_owned()),
            region: Some("ca1".to_owned()),
            dt_created: None,
            dt_deleted: None,
        };
        SharedDrives::observe(&mut state, &seen(Some(7)));
        assert_eq!(
            (state.size, state.region, state.network_id),
            (Tf::Known(500), Tf::Known("ny2".to_owned()), Tf::Known("n1".to_owned()))
        );
        let mut imported = Drive::default();
        SharedDrives::observe(&mut imported, &seen(Some(500 * GIGABYTE)));
        assert_eq!(imported.size, Tf::Known(500));
        // What does not yet tell where it is mounted is still being made.
        assert_eq!(SharedDrives::facts(&seen(None)).rest, Rest::Moving);
    }
}
