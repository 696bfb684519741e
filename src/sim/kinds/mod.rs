//! The kinds of things that the service keeps, one file each: record, form, rendering, routes, and what binds it to
//! the others.
//!
//! What all kinds share stands here: listing, finding, reading and deleting by key, the order of a listing, and how
//! far a record can be seen. A kind says only what is its own.

use serde_json::Value;

use super::clock::Now;
use super::http::call::{Answer, Call};
use super::http::page::{Listed, order_by, page};
use super::http::problem::Problem;
use super::http::route::Route;
use super::quirks::{NameFilter, Quirks, Staleness};
use super::sight::Sight;
use super::world::World;

mod accessors;
pub mod events;
mod machine_change;
mod machine_create;
mod machine_power;
pub(crate) mod machines;
pub mod private_networks;
pub mod public_ips;
pub mod shared_drives;
pub mod snapshots;
pub mod startup_scripts;
pub mod templates;
pub mod users;

/// Every operation of the API.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    let of_kinds: [&'static [Route]; 10] = [
        machines::ROUTES,
        accessors::ROUTES,
        events::ROUTES,
        templates::ROUTES,
        startup_scripts::ROUTES,
        private_networks::ROUTES,
        public_ips::ROUTES,
        snapshots::ROUTES,
        shared_drives::ROUTES,
        users::ROUTES,
    ];
    of_kinds.into_iter().flatten()
}

/// What every record has, whatever its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// What requests name it by: its id, or an address.
    pub key: &'a str,
    /// Its name; empty for a kind without names.
    pub name: &'a str,
    pub dt_created: &'a str,
    pub is_deleted: bool,
}

/// A kind of record. Records are never removed from their world, only marked deleted, so that positions in a listing
/// stay put between pages.
pub(crate) trait Kind: Clone + 'static {
    /// How a refusal calls it.
    const NOUN: &'static str;
    /// The segment of a path that names one.
    const PARAM: &'static str = "id";
    /// What a listing can be sorted by, the default first.
    const ORDER_BY: &'static [&'static str] = &["dtCreated", "name"];
    /// How its listing filters by name.
    const NAME_FILTER: NameFilter = NameFilter::Exact;
    /// Whether it is still found for a while after it was deleted; `None` for a kind whose answers have no date of
    /// deletion.
    const LINGERS: Option<bool> = None;

    fn all(world: &World) -> &[Self];
    fn all_mut(world: &mut World) -> &mut [Self];
    fn head(&self) -> Head<'_>;
    fn sight(&self) -> &Sight;
    fn sight_mut(&mut self) -> &mut Sight;
    /// Marks it deleted.
    fn delete(&mut self, stamp: &str);
    /// How answers tell it.
    fn render(&self, quirks: &Quirks) -> Value;

    /// Whether it is the caller's to see at all.
    fn is_shown(&self, _call: &Call<'_>) -> bool {
        true
    }

    /// Whether a listing's own filters let it pass; the one by name is asked besides.
    fn passes(&self, _call: &Call<'_>) -> bool {
        true
    }

    /// What it is sorted by, besides creation and name.
    fn sort_key(&self, _field: &str) -> String {
        String::new()
    }

    /// The answer where a GET finds nothing.
    fn missing(_call: &Call<'_>) -> Answer {
        Err(Problem::not_found(Self::NOUN))
    }
}

/// `GET` of a kind's listing.
pub(crate) fn list<K: Kind>(call: &mut Call<'_>) -> Answer {
    let passes = |record: &K, call: &Call<'_>| record.is_shown(call) && record.passes(call);
    listing(call, K::ORDER_BY, passes, K::render)
}

/// `GET` of a listing of some of a kind's records, told in a way of its own.
pub(crate) fn listing<K: Kind>(
    call: &mut Call<'_>,
    fields: &[&str],
    passes: impl Fn(&K, &Call<'_>) -> bool,
    render: impl Fn(&K, &Quirks) -> Value,
) -> Answer {
    let field = order_by(call, fields)?;
    let mut listed = Vec::new();
    for (position, record) in K::all(call.world).iter().enumerate() {
        let head = record.head();
        // What tells no date of its deletion would be there for ever.
        let lists_deleted = call.quirks.lingering.listed && K::LINGERS.is_some();
        let is_listed = record.sight().is_listed(head.is_deleted, lists_deleted, &call.now);
        if is_listed && call.passes_name(head.name, K::NAME_FILTER) && passes(record, call) {
            let key = match field {
                "dtCreated" => head.dt_created.to_owned(),
                "name" => head.name.to_owned(),
                other => record.sort_key(other),
            };
            listed.push(Listed { key, position });
        }
    }
    let page = page(call, listed)?;
    for position in &page.positions {
        let key = K::all(call.world)[*position].head().key.to_owned();
        call.look(&key);
    }
    let tell = |position: &usize| {
        let record = &K::all(call.world)[*position];
        let before = record.sight().told_by_listing(&call.now);
        before.cloned().unwrap_or_else(|| render(record, call.quirks))
    };
    let items = page.positions.iter().map(tell).collect();
    for record in K::all_mut(call.world) {
        record.sight_mut().was_listed();
    }
    Ok(page.to_json(items))
}

/// `GET` of a short listing that is no kind's: items with what they are sorted by.
fn few(call: &Call<'_>, fields: &[&str], items: Vec<(String, Value)>) -> Answer {
    order_by(call, fields)?;
    let keys = items.iter().map(|(key, _)| key.clone()).enumerate();
    let listed = keys.map(|(position, key)| Listed { key, position });
    let page = page(call, listed.collect())?;
    let told = page.positions.iter().map(|position| items[*position].1.clone());
    Ok(page.to_json(told.collect()))
}

/// `GET` of the one that the path names.
pub(crate) fn read<K: Kind>(call: &mut Call<'_>) -> Answer {
    let key = call.param(K::PARAM);
    call.look(&key);
    let lingers = K::LINGERS.is_some_and(|always| always || call.quirks.lingering.everything);
    let lingering = lingers.then_some(call.quirks.lingering);
    let found = K::all(call.world)
        .iter()
        .position(|record| record.head().key == key && record.is_shown(call));
    let Some(position) = found else { return K::missing(call) };
    let record = &mut K::all_mut(call.world)[position];
    let is_deleted = record.head().is_deleted;
    if !record.sight_mut().found(is_deleted, lingering, call.mode, &call.now) {
        return K::missing(call);
    }
    let before = record.sight_mut().told_by_get();
    Ok(before.unwrap_or_else(|| record.render(call.quirks)))
}

/// The record of that key that exists, as the caller sees it.
pub(crate) fn find<K: Kind>(call: &Call<'_>, key: &str) -> Result<K, Problem> {
    let mut records = K::all(call.world).iter();
    let found = records.find(|record| {
        let head = record.head();
        head.key == key && !head.is_deleted && record.is_shown(call)
    });
    found.cloned().ok_or_else(|| Problem::not_found(K::NOUN))
}

/// Changes the record of that key, and answers it as it is then.
pub(crate) fn change<K: Kind>(call: &mut Call<'_>, key: &str, change: impl FnOnce(&mut K)) -> Answer {
    find::<K>(call, key)?;
    let mut records = K::all_mut(call.world).iter_mut();
    let Some(record) = records.find(|record| record.head().key == key) else {
        return Err(Problem::not_found(K::NOUN));
    };
    note_before(record, call.quirks, &call.now);
    change(record);
    Ok(record.render(call.quirks))
}

/// Keeps what was told of a record before a write, if answers are behind.
pub(crate) fn note_before<K: Kind>(record: &mut K, quirks: &Quirks, now: &Now) {
    if quirks.staleness != Staleness::default() {
        let told = record.render(quirks);
        record.sight_mut().written(told, quirks.staleness, now);
    }
}

/// Puts a value in its place if a request gives one.
pub(crate) fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// `DELETE` of the one that the path names: marks it deleted, and answers it as it is then.
pub(crate) fn delete<K: Kind>(call: &mut Call<'_>) -> Answer {
    let (key, now) = (call.param(K::PARAM), call.now.clone());
    change::<K>(call, &key, |record| {
        record.delete(&now.stamp);
        record.sight_mut().deleted_at = Some(now.work);
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::Client;
    use crate::sim::quirks::{Lingering, Quirks, Staleness};
    use crate::sim::{Config, TimeMode};

    fn ids(page: &Value) -> Vec<&Value> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["id"])
            .collect()
    }

    /// A body that makes something of each kind that is made without an operation, by the path of the listing.
    async fn bodies(client: &Client) -> [(&'static str, Value); 3] {
        let network = client
            .post("/private-networks", &json!({"name": "base", "region": "ny2"}))
            .await
            .1;
        [
            ("/startup-scripts", json!({"name": "s", "script": "true"})),
            ("/private-networks", json!({"name": "n", "region": "ny2"})),
            (
                "/shared-drives",
                json!({"name": "d", "region": "ny2", "networkId": network["id"], "size": 50}),
            ),
        ]
    }

    #[tokio::test]
    async fn whatever_is_new_may_not_be_seen_at_once() {
        let client = Client::immediate().await;
        let bodies = bodies(&client).await;
        client.sim.switch(|quirks| {
            quirks.not_found_after_create = 1;
            quirks.listing_lag = 1;
        });
        for (path, body) in bodies {
            let (status, made) = client.post(path, &body).await;
            assert_eq!(status, 200, "{made}");
            let one = format!("{path}/{}", made["id"].as_str().unwrap());
            assert_eq!(
                [client.get(&one).await.0, client.get(&one).await.0],
                [404, 200],
                "{path}"
            );
            let (_, missing) = client.get(path).await;
            assert!(!ids(&missing).contains(&&made["id"]), "{path}");
            assert!(ids(&client.get(path).await.1).contains(&&made["id"]), "{path}");
        }
    }

    #[tokio::test]
    async fn listings_can_lag_in_time() {
        let client = Client::of(Config {
            time: TimeMode::Explicit,
            quirks: Quirks {
                listing_lag_seconds: 30,
                ..Quirks::default()
            },
            ..Config::default()
        })
        .await;
        client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        client.sim.advance(std::time::Duration::from_secs(29));
        assert_eq!(client.get("/private-networks").await.1["items"], json!([]));
        client.sim.advance(std::time::Duration::from_secs(1));
        assert_eq!(client.get("/private-networks").await.1["items"][0]["name"], "n");
    }

    #[tokio::test]
    async fn whatever_was_deleted_may_linger() {
        let client = Client::immediate().await;
        let bodies = bodies(&client).await;
        for (everything, statuses) in [(false, [200, 404, 404]), (true, [200, 200, 200])] {
            client.sim.switch(|quirks| {
                quirks.lingering = Lingering {
                    looks: 1,
                    everything,
                    ..Lingering::default()
                };
            });
            for ((path, body), status) in bodies.iter().zip(statuses) {
                let made = client.post(path, body).await.1;
                let one = format!("{path}/{}", made["id"].as_str().unwrap());
                assert_eq!(client.delete(&one).await.0, 200);
                let (found, told) = client.get(&one).await;
                assert_eq!(found, status, "{path}");
                assert_eq!(told["dtDeleted"].is_string(), status == 200, "{path}");
                assert_eq!(client.get(&one).await.0, 404, "{path}");
                assert_eq!(client.put(&one, &json!({"name": "x"})).await.0, 404, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn answers_can_be_behind_a_write() {
        let client = Client::immediate().await;
        let bodies = bodies(&client).await;
        client.sim.switch(|quirks| {
            quirks.staleness = Staleness {
                gets: 1,
                listings: 1,
                seconds: 0,
            };
        });
        for (path, body) in bodies {
            let made = client.post(path, &body).await.1;
            let one = format!("{path}/{}", made["id"].as_str().unwrap());
            assert_eq!(client.put(&one, &json!({"name": "new"})).await.1["name"], "new");
            let old = &body["name"];
            for name in [old, &json!("new")] {
                assert_eq!(&client.get(&one).await.1["name"], name, "{path}");
                assert_eq!(&client.get(path).await.1["items"][0]["name"], name, "{path}");
            }
            client.delete(&one).await;
            assert!(ids(&client.get(path).await.1).contains(&&made["id"]), "{path}");
            assert!(!ids(&client.get(path).await.1).contains(&&made["id"]), "{path}");
        }
    }
}
