//! Looking for one object, so that only what is certainly gone is taken for gone.
//!
//! Gone is what the service itself says is gone: its own answer that there is no such object, or a mark of deletion that
//! reads as a date, asked of whoever has the object ([`owner`](super::owner)), and contradicted by no listing. `null` proves
//! nothing, nor does a kind of which one cannot be asked for: there two complete listings have to lack it. Whatever else
//! goes wrong is an error and says nothing about the object.

use std::collections::HashSet;
use std::marker::PhantomData;

use super::board::{Board, Boards, Lister, Read, Since};
use super::kind::{Kind, Scope, Told};
use super::owner::Owner;
use crate::api::{self, Client, Error};
use crate::diag::Diagnostic;
use crate::provider::{Configured, errors};

/// So many complete listings have to lack what cannot be asked for.
const LISTINGS: u32 = 2;

/// What became of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<S> {
    /// It is there.
    There(S),
    /// It is gone, and this is known of its end: when, where the service says that.
    Gone(Option<jiff::Timestamp>),
}

/// How a kind is listed for all who want to know of its objects.
pub struct Listing<K>(PhantomData<fn() -> K>);

/// A listed object with what it is known by.
pub struct Listed<K: Kind> {
    key: String,
    is_deleted: bool,
    /// The object.
    pub seen: K::Seen,
}

/// The board of a kind.
pub fn board<K: Kind>(boards: &Boards) -> Board<Listing<K>> {
    boards.of(Listing::<K>(PhantomData))
}

impl<K: Kind> Lister for Listing<K> {
    type Seen = Listed<K>;

    const WHAT: &'static str = K::NOUN;
    const SINGLY: bool = K::SINGLY;

    async fn page(&self, client: &Client, after: Option<&str>) -> Result<api::Page<Listed<K>>, Error> {
        let page = K::page(client, &Scope::default(), after).await?;
        let listed = |seen: K::Seen| {
            let facts = K::facts(&seen);
            Listed {
                key: facts.key,
                is_deleted: facts.deleted.is_some(),
                seen,
            }
        };
        Ok(api::Page {
            bytes: page.bytes,
            has_more: page.has_more,
            next_page: page.next_page,
            items: page.items.into_iter().map(listed).collect(),
        })
    }

    fn key(seen: &Listed<K>) -> &str {
        &seen.key
    }

    fn is_deleted(seen: &Listed<K>) -> bool {
        seen.is_deleted
    }
}

/// The object, as a look that is shared with other reads or a request of its own tells it.
///
/// # Errors
/// An error for the user, and then nothing is known of the object.
pub async fn find<K: Kind>(
    configured: &Configured,
    client: &Client,
    key: &str,
    noted: &Owner,
) -> Result<Found<K::Seen>, Diagnostic> {
    match board::<K>(&configured.boards).read(key, client).await {
        Read::Told(listed) => Ok(Found::There(listed.seen.clone())),
        Read::Missing | Read::AskSingly => find_singly::<K>(configured, client, key, noted).await,
    }
}

/// The object, asked for by itself.
///
/// # Errors
/// An error for the user, and then nothing is known of the object.
pub async fn find_singly<K: Kind>(
    configured: &Configured,
    client: &Client,
    key: &str,
    noted: &Owner,
) -> Result<Found<K::Seen>, Diagnostic> {
    let failed = |error: &Error| errors::diagnostic(&format!("read the {} {key}", K::NOUN), error);
    let asked = K::get(client, key).await;
    let listings = match sense::<K>(asked) {
        Sense::There(seen) => return Ok(Found::There(seen)),
        Sense::Failed(error) => return Err(failed(&error)),
        Sense::Deleted(at) => {
            confirm::<K>(configured, client, key, noted).await?;
            return Ok(Found::Gone(Some(at)));
        }
        Sense::Absent => 1,
        Sense::Nothing => LISTINGS,
    };
    confirm::<K>(configured, client, key, noted).await?;
    for _ in 0..listings {
        match listed::<K>(client, &Scope::default(), key).await {
            Ok(Some(seen)) => return Ok(Found::There(seen)),
            Ok(None) => {}
            // Who may ask for one object but not for all has the service's word for it.
            Err(error) if error.is_forbidden() && listings == 1 => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(Found::Gone(None))
}

async fn confirm<K: Kind>(
    configured: &Configured,
    client: &Client,
    key: &str,
    noted: &Owner,
) -> Result<(), Diagnostic> {
    let what = format!("the {} {key}", K::NOUN);
    configured.asked.confirm(client, noted, &what).await
}

/// What an answer says of the object.
#[derive(Debug)]
enum Sense<S> {
    There(S),
    Deleted(jiff::Timestamp),
    /// The service says that there is none.
    Absent,
    /// It says nothing.
    Nothing,
    Failed(Error),
}

fn sense<K: Kind>(asked: Result<Told<K::Seen>, Error>) -> Sense<K::Seen> {
    match asked {
        Ok(Told::There(seen)) => match K::facts(&seen).deleted {
            Some(at) => Sense::Deleted(at),
            None => Sense::There(seen),
        },
        Ok(Told::Null | Told::Unasked) => Sense::Nothing,
        Err(error) if error.is_not_found() => Sense::Absent,
        Err(error) => Sense::Failed(error),
    }
}

/// The cursor of the page that follows.
fn next<K: Kind>(page: &api::Page<K::Seen>, followed: &mut api::Trail) -> Result<Option<String>, Error> {
    page.next(followed)
        .map_err(|why| Error::new(api::Kind::Decode, format!("GET the {} listing", K::NOUN), why))
}

/// The object in a listing that is read to its end, unless it comes before; `None` where it is not there, or marked as
/// deleted.
///
/// # Errors
/// Why the listing could not be read to its end.
pub async fn listed<K: Kind>(client: &Client, scope: &Scope, key: &str) -> Result<Option<K::Seen>, Error> {
    let mut after: Option<String> = None;
    let mut followed = api::Trail::default();
    loop {
        let page = K::page(client, scope, after.as_deref()).await?;
        after = next::<K>(&page, &mut followed)?;
        let found = page.items.into_iter().find(|seen| {
            let facts = K::facts(seen);
            facts.key == key && facts.deleted.is_none()
        });
        if found.is_some() {
            return Ok(found);
        }
        if after.is_none() {
            return Ok(None);
        }
    }
}

/// The objects of a scope that are not marked as deleted: from one listing of everything if many ask at once, otherwise from
/// one of their own. Where a name is given, only those of exactly that name.
///
/// # Errors
/// Why it could not be read to its end.
pub async fn there<K: Kind>(
    boards: &Boards,
    client: &Client,
    scope: &Scope,
    since: Since,
) -> Result<Vec<K::Seen>, Error> {
    // The service's filter is not known to be exact.
    let is_named = |seen: &K::Seen| scope.name.is_none() || K::facts(seen).name == scope.name;
    // Everything of a team is the wrong place to look for what belongs to one machine.
    if scope.machine_id.is_none()
        && let Some(listed) = board::<K>(boards)
            .all(since, client, |listed| is_named(&listed.seen))
            .await
    {
        return Ok(listed.iter().map(|listed| listed.seen.clone()).collect());
    }
    let mut found = all::<K>(client, scope).await?;
    found.retain(is_named);
    Ok(found)
}

/// All objects of a listing that are not marked as deleted, each once.
///
/// # Errors
/// Why it could not be read to its end.
pub async fn all<K: Kind>(client: &Client, scope: &Scope) -> Result<Vec<K::Seen>, Error> {
    let mut pages = Pages::<K>::new(client, scope);
    let mut all = Vec::new();
    while let Some(page) = pages.next().await? {
        all.extend(page);
    }
    Ok(all)
}

/// A listing, page by page. Its objects are not marked as deleted, and each is there once.
pub struct Pages<'a, K> {
    client: &'a Client,
    scope: &'a Scope,
    /// Where to go on; `None` at the end.
    after: Option<Cursor>,
    followed: api::Trail,
    keys: HashSet<String>,
    kind: PhantomData<fn() -> K>,
}

/// A place in a listing.
enum Cursor {
    Start,
    After(String),
}

impl<'a, K: Kind> Pages<'a, K> {
    /// The listing of a scope, of which nothing has been asked for yet.
    pub fn new(client: &'a Client, scope: &'a Scope) -> Self {
        Self {
            client,
            scope,
            after: Some(Cursor::Start),
            followed: api::Trail::default(),
            keys: HashSet::new(),
            kind: PhantomData,
        }
    }

    /// Asks for the next page; `None` at the end. A page may be empty and others follow.
    ///
    /// # Errors
    /// Why the listing could not be read on.
    pub async fn next(&mut self) -> Result<Option<Vec<K::Seen>>, Error> {
        let after = match self.after.take() {
            None => return Ok(None),
            Some(Cursor::Start) => None,
            Some(Cursor::After(cursor)) => Some(cursor),
        };
        let page = K::page(self.client, self.scope, after.as_deref()).await?;
        self.after = next::<K>(&page, &mut self.followed)?.map(Cursor::After);
        let is_new = |seen: &K::Seen| {
            let facts = K::facts(seen);
            facts.deleted.is_none() && self.keys.insert(facts.key)
        };
        Ok(Some(page.items.into_iter().filter(is_new).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{PublicIp, StartupScript};
    use crate::provider::public_ip::PublicIps;
    use crate::provider::startup_script::StartupScripts;

    fn script(deleted: Option<&str>) -> StartupScript {
        StartupScript {
            id: "s1".to_owned(),
            name: None,
            description: None,
            is_enabled: None,
            is_run_once: None,
            assigned_machine_ids: None,
            dt_created: None,
            dt_deleted: deleted.map(Into::into),
        }
    }

    #[test]
    fn only_the_services_own_words_say_that_something_is_gone() {
        let sense = sense::<StartupScripts>;
        assert!(matches!(sense(Ok(Told::There(script(None)))), Sense::There(_)));
        assert!(matches!(
            sense(Ok(Told::There(script(Some("2024-04-30T15:51:24Z"))))),
            Sense::Deleted(_)
        ));
        // A mark of deletion that is no date is none.
        assert!(matches!(sense(Ok(Told::There(script(Some(""))))), Sense::There(_)));
        assert!(matches!(sense(Ok(Told::Null)), Sense::Nothing));
        let error = |kind| Err(Error::new(kind, "GET /startup-scripts/s1", "No."));
        assert!(matches!(sense(error(api::Kind::NotFound)), Sense::Absent));
        for kind in [
            api::Kind::Foreign,
            api::Kind::Server,
            api::Kind::Forbidden,
            api::Kind::Decode,
        ] {
            assert!(matches!(sense(error(kind)), Sense::Failed(_)), "{kind:?}");
        }
        let unasked: Sense<PublicIp> = super::sense::<PublicIps>(Ok(Told::Unasked));
        assert!(matches!(unasked, Sense::Nothing));
    }
}
