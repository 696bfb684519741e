//! Listings that come in pages.

use std::collections::HashSet;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Client,
    call::Call,
    error::{Error, Kind},
    types,
};

/// The largest page that the service gives.
const LIMIT: u32 = 120;

/// One page of a listing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: DeserializeOwned"))]
pub struct Page<T> {
    /// There are more items after these.
    #[serde(default, deserialize_with = "types::flag")]
    pub has_more: Option<bool>,
    /// What to ask for as `after` to get them.
    #[serde(default)]
    pub next_page: Option<String>,
    /// The items of this page.
    pub items: Vec<T>,
}

impl<T> Page<T> {
    /// What to ask for to get the next page; `None` at the end. `followed` holds the cursors of the listing so far.
    ///
    /// # Errors
    /// Why the listing cannot be followed to its end, as a sentence.
    pub(super) fn next(&self, followed: &mut HashSet<String>) -> Result<Option<String>, &'static str> {
        let next = self.next_page.as_ref().filter(|next| !next.is_empty());
        match (self.has_more.unwrap_or(next.is_some()), next) {
            (false, _) => Ok(None),
            (true, Some(next)) if followed.insert(next.clone()) => Ok(Some(next.clone())),
            (true, Some(_)) => Err("The listing comes round to a page it already gave."),
            (true, None) => Err("The listing says that there is more and not where."),
        }
    }
}

impl Client {
    /// One page of a listing.
    pub(super) async fn page<T: DeserializeOwned>(&self, call: Call, after: Option<&str>) -> Result<Page<T>, Error> {
        self.call(call.query("limit", Some(LIMIT)).query("after", after)).await
    }

    /// All items of a listing; `call` makes the request for a page. A listing that cannot be followed to its end is
    /// an error: callers conclude from what is missing.
    pub(super) async fn all<T: DeserializeOwned>(&self, call: impl Fn() -> Call) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut followed = HashSet::new();
        let mut after: Option<String> = None;
        loop {
            let page: Page<T> = self.page(call(), after.as_deref()).await?;
            let next = page.next(&mut followed);
            items.extend(page.items);
            match next {
                Ok(Some(next)) => after = Some(next),
                Ok(None) => return Ok(items),
                Err(message) => return Err(Error::new(Kind::Decode, call().label(), message)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    async fn list(pages: impl IntoIterator<Item = Value>) -> (Result<Vec<i64>, Error>, Vec<String>) {
        let server = Loopback::start(pages.into_iter().map(|page| Reply::json(200, &page))).await;
        let answer = server
            .client()
            .all(|| Call::get(&["numbers"]).query("name", Some("a b")))
            .await;
        (
            answer,
            server.requests().into_iter().map(|request| request.target).collect(),
        )
    }

    #[tokio::test]
    async fn pages_are_followed_to_the_end() {
        let (items, asked) = list([
            json!({"hasMore": true, "nextPage": "two/2", "items": [1, 2]}),
            json!({"hasMore": true, "nextPage": "three", "items": []}),
            json!({"hasMore": false, "nextPage": null, "items": [3]}),
        ])
        .await;
        assert_eq!(items.unwrap(), [1, 2, 3]);
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
    async fn a_page_may_leave_out_what_it_does_not_need() {
        for last in [
            json!({"items": [1]}),
            json!({"hasMore": false, "nextPage": "x", "items": [1]}),
            json!({"nextPage": "", "items": [1]}),
        ] {
            assert_eq!(list([last]).await.0.unwrap(), [1]);
        }
        let (items, _) = list([json!({"nextPage": "x", "items": [1]}), json!({"items": [2]})]).await;
        assert_eq!(items.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn a_listing_without_an_end_is_an_error() {
        let round = json!({"hasMore": true, "nextPage": "again", "items": [1]});
        let (items, asked) = list([round.clone(), round.clone(), round]).await;
        assert_eq!(items.unwrap_err().kind, Kind::Decode);
        assert_eq!(asked.len(), 2);
        let (items, _) = list([json!({"hasMore": true, "items": [1]})]).await;
        assert_eq!(items.unwrap_err().kind, Kind::Decode);
    }
}
