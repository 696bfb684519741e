//! Listings that come in pages.
//!
//! A listing is bounded in every respect, because whoever asks for it holds all of it: in pages, in items, in the length of
//! its text, and in pages that tell nothing new. Callers conclude from what a listing lacks, so one that cannot be
//! followed to its end is an error, and never a shorter listing.

use std::collections::HashSet;

use super::{
    Client,
    answer::{Fields, FromJson, Item, Object, Trouble},
    call::Call,
    error::{Error, Kind},
};

/// The largest page that the service gives.
const LIMIT: u32 = 120;

/// The most pages that a listing may have.
const MOST_PAGES: usize = 1_000;

/// The most items that a listing may have, which is what so many pages hold.
const MOST_ITEMS: usize = MOST_PAGES * LIMIT as usize;

/// The most text that a listing may have, in bytes: that of some 50,000 machines.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// The most pages in a row that may tell nothing new. The service repeats items across pages, and a filter may leave
/// a page without any.
const MOST_IDLE_PAGES: usize = 10;

/// One page of a listing. Items that cannot be read for what they are known by are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// There are more items after these.
    pub has_more: Option<bool>,
    /// What to ask for as `after` to get them.
    pub next_page: Option<String>,
    /// The items of this page.
    pub items: Vec<T>,
    /// How many bytes of text it was, items that are left out included.
    pub bytes: usize,
}

impl<T: FromJson> Object for Page<T> {
    const NOUN: &'static str = "page";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            has_more: fields.get("hasMore"),
            next_page: fields.get("nextPage"),
            items: fields.need("items")?,
            bytes: fields.length(),
        })
    }
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page {
            has_more: self.has_more,
            next_page: self.next_page,
            items: self.items.into_iter().map(item).collect(),
            bytes: self.bytes,
        }
    }

    /// What to ask for to get the next page; `None` at the end. `trail` is of the pages before this one, and of this one
    /// from then on.
    ///
    /// # Errors
    /// Why the listing cannot be followed to its end, as a sentence.
    pub fn next(&self, trail: &mut Trail) -> Result<Option<String>, &'static str> {
        trail.items = trail.items.saturating_add(self.items.len());
        trail.bytes = trail.bytes.saturating_add(self.bytes);
        if trail.items > MOST_ITEMS || trail.bytes > MOST_TEXT {
            return Err("The listing is larger than a listing can be.");
        }
        let next = self.next_page.as_ref().filter(|next| !next.is_empty());
        match (self.has_more.unwrap_or(next.is_some()), next) {
            (false, _) => Ok(None),
            (true, Some(_)) if trail.followed.len() + 1 >= MOST_PAGES => {
                Err("The listing has more pages than a listing can have.")
            }
            (true, Some(next)) if trail.followed.insert(next.clone()) => Ok(Some(next.clone())),
            (true, Some(_)) => Err("The listing comes round to a page that it gave already."),
            (true, None) => Err("The listing says that there is more and not where."),
        }
    }
}

/// What is remembered of the pages of a listing that is followed, so that it has an end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    /// What was asked for as `after`.
    followed: HashSet<String>,
    items: usize,
    bytes: usize,
}

/// A listing that is being put together.
struct Listing<T> {
    items: Vec<T>,
    known: HashSet<String>,
    trail: Trail,
    idle: usize,
}

impl<T: Item> Listing<T> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            known: HashSet::new(),
            trail: Trail::default(),
            idle: 0,
        }
    }

    /// Takes a page in, each object once, and tells where to go on.
    fn take(&mut self, page: Page<T>) -> Result<Option<String>, &'static str> {
        let next = page.next(&mut self.trail)?;
        let before = self.items.len();
        for item in page.items {
            if self.known.insert(item.key().to_owned()) {
                self.items.push(item);
            }
        }
        self.idle = if self.items.len() > before { 0 } else { self.idle + 1 };
        if next.is_some() && self.idle >= MOST_IDLE_PAGES {
            return Err("The listing goes on and tells nothing new.");
        }
        Ok(next)
    }
}

impl Client {
    /// One page of a listing.
    pub(super) async fn page<T: FromJson + Send>(&self, call: Call, after: Option<&str>) -> Result<Page<T>, Error> {
        self.call(call.query("limit", Some(LIMIT)).query("after", after)).await
    }

    /// All items of a listing, each once; `call` makes the request for a page.
    pub(super) async fn all<T: Item + Send>(&self, call: impl Fn() -> Call) -> Result<Vec<T>, Error> {
        let mut listing = Listing::new();
        let mut after: Option<String> = None;
        loop {
            let page: Page<T> = self.page(call(), after.as_deref()).await?;
            match listing.take(page) {
                Ok(Some(next)) => after = Some(next),
                Ok(None) => return Ok(listing.items),
                Err(message) => return Err(Error::new(Kind::Decode, call().label(), message)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::{
            StartupScript,
            loopback::{Loopback, Reply},
        },
        *,
    };

    fn items(ids: &[&str]) -> Value {
        ids.iter().map(|id| json!({"id": id})).collect()
    }

    async fn list(pages: impl IntoIterator<Item = Value>) -> (Result<Vec<String>, Error>, Vec<String>) {
        let server = Loopback::start(pages.into_iter().map(|page| Reply::json(200, &page))).await;
        let answer = server
            .client()
            .all(|| Call::get("numbers").query("name", Some("a b")))
            .await
            .map(|items: Vec<StartupScript>| items.into_iter().map(|item| item.id).collect());
        (
            answer,
            server.requests().into_iter().map(|request| request.target).collect(),
        )
    }

    #[tokio::test]
    async fn pages_are_followed_to_the_end() {
        let (ids, asked) = list([
            json!({"hasMore": true, "nextPage": "two/2", "items": items(&["1", "2"])}),
            json!({"hasMore": true, "nextPage": "three", "items": []}),
            json!({"hasMore": false, "nextPage": null, "items": items(&["3"])}),
        ])
        .await;
        assert_eq!(ids.unwrap(), ["1", "2", "3"]);
        assert_eq!(
            asked,
            [
                "/v1/numbers?name=a+b&limit=120",
                "/v1/numbers?name=a+b&limit=120&after=two%2F2",
                "/v1/numbers?name=a+b&limit=120&after=three",
            ]
        );
    }

    #[tokio::test]
    async fn an_item_that_comes_twice_counts_once_and_one_without_an_identifier_not_at_all() {
        let (ids, _) = list([
            json!({"nextPage": "x", "items": [{"id": "1"}, {"name": "a"}, 7, {"id": "2"}]}),
            json!({"items": items(&["2", "3", "1"])}),
        ])
        .await;
        assert_eq!(ids.unwrap(), ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn a_page_may_leave_out_what_it_does_not_need() {
        for last in [
            json!({"items": items(&["1"])}),
            json!({"hasMore": false, "nextPage": "x", "items": items(&["1"])}),
            json!({"nextPage": "", "items": items(&["1"])}),
            json!({"nextPage": 7, "items": items(&["1"])}),
            json!({"hasMore": "false", "items": items(&["1"])}),
        ] {
            assert_eq!(list([last]).await.0.unwrap(), ["1"]);
        }
        let (ids, _) = list([
            json!({"nextPage": "x", "items": items(&["1"])}),
            json!({"items": items(&["2"])}),
        ])
        .await;
        assert_eq!(ids.unwrap(), ["1", "2"]);
    }

    #[test]
    fn a_page_needs_its_items() {
        for page in [json!({}), json!({"items": null}), json!({"items": {}}), json!([])] {
            assert!(
                super::super::answer::read::<Page<StartupScript>>(&page).is_err(),
                "{page}"
            );
        }
    }

    #[tokio::test]
    async fn a_listing_without_an_end_is_an_error() {
        let round = json!({"hasMore": true, "nextPage": "again", "items": items(&["1"])});
        let (ids, asked) = list([round.clone(), round.clone(), round]).await;
        assert_eq!(ids.unwrap_err().kind, Kind::Decode);
        assert_eq!(asked.len(), 2);
        let (ids, _) = list([json!({"hasMore": true, "items": items(&["1"])})]).await;
        assert_eq!(ids.unwrap_err().kind, Kind::Decode);
    }

    fn page(number: usize, id: &str) -> Page<StartupScript> {
        let json = json!({"hasMore": true, "nextPage": number.to_string(), "items": items(&[id])});
        super::super::answer::read(&json).unwrap()
    }

    #[test]
    fn a_listing_has_a_most_of_text_and_of_items() {
        let heavy = |number, bytes| Page {
            bytes,
            ..page(number, "a")
        };
        assert!(page(1, "a").bytes > 40);
        assert!(heavy(1, MOST_TEXT).next(&mut Trail::default()).is_ok());
        assert!(heavy(1, MOST_TEXT + 1).next(&mut Trail::default()).is_err());
        let mut trail = Trail::default();
        assert!(heavy(1, MOST_TEXT).next(&mut trail).is_ok());
        assert!(heavy(2, 1).next(&mut trail).is_err());
        let full = |number, items| Page {
            items: vec![(); items],
            ..page(number, "a").map(drop)
        };
        assert!(full(1, MOST_ITEMS).next(&mut Trail::default()).is_ok());
        assert!(full(1, MOST_ITEMS + 1).next(&mut Trail::default()).is_err());
        let mut trail = Trail::default();
        assert!(full(1, MOST_ITEMS).next(&mut trail).is_ok());
        assert!(full(2, 1).next(&mut trail).is_err());
    }

    #[test]
    fn a_page_of_something_else_is_the_same_page() {
        let one = page(7, "a");
        let other = one.clone().map(|script| script.id.len());
        assert_eq!((other.has_more, &other.next_page), (one.has_more, &one.next_page));
        assert_eq!((other.items, other.bytes), (vec![1], one.bytes));
    }

    #[test]
    fn a_listing_has_an_end() {
        let mut listing = Listing::new();
        for number in 1..MOST_PAGES {
            let next = listing.take(page(number, &number.to_string()));
            assert_eq!(next, Ok(Some(number.to_string())));
        }
        assert!(listing.take(page(MOST_PAGES, "last")).is_err());
    }

    #[test]
    fn pages_that_tell_nothing_new_have_an_end() {
        let mut listing = Listing::new();
        let mut number = 0;
        let mut take = |id: &str| {
            number += 1;
            listing.take(page(number, id))
        };
        assert!(take("a").is_ok());
        for _ in 1..MOST_IDLE_PAGES {
            assert!(take("a").is_ok());
        }
        assert!(take("b").is_ok(), "something new starts the count again");
        for _ in 1..MOST_IDLE_PAGES {
            assert!(take("a").is_ok());
        }
        assert!(take("a").is_err());
    }
}
