//! Listings in pages: order, limit and the opaque cursor.
//!
//! A cursor holds the sort key and the position of the last item of its page, so that pages neither repeat nor skip
//! what was there all along, whatever comes and goes between them. Clients are to send it back as it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;

/// An item to list: what it is sorted by, and its position in the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub key: String,
    pub position: usize,
}

/// One page: the positions of its items, and the cursor of the next one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    pub positions: Vec<usize>,
    pub next: Option<String>,
}

impl Page {
    /// The answer.
    pub fn to_json(&self, items: Vec<Value>) -> Value {
        let mut page = json!({"hasMore": self.next.is_some(), "items": items});
        if let Some(next) = &self.next {
            page["nextPage"] = json!(next);
        }
        page
    }
}

/// What a listing is sorted by: one of `allowed`, the first of which is the default.
pub(crate) fn order_by<'a>(call: &Call<'_>, allowed: &[&'a str]) -> Result<&'a str, Problem> {
    let Some(wanted) = call.query("orderBy") else {
        return Ok(allowed[0]);
    };
    let found = allowed.iter().find(|field| **field == wanted);
    found
        .copied()
        .ok_or_else(|| Problem::invalid(vec![format!("orderBy: must be one of {}", allowed.join(", "))]))
}

/// The page that the request asks for.
pub(crate) fn page(call: &Call<'_>, mut items: Vec<Listed>) -> Result<Page, Problem> {
    let limit = limit(call)?;
    let ascending = match call.query("order") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(Problem::invalid(vec!["order: must be one of asc, desc".to_owned()])),
    };
    items.sort();
    if !ascending {
        items.reverse();
    }
    if let Some(after) = call.query("after") {
        let last = read_cursor(after).ok_or_else(|| Problem::bad_request("after: not a cursor"))?;
        items.retain(|item| if ascending { *item > last } else { *item < last });
    }
    let more = items.len() > limit;
    items.truncate(limit);
    // A page that repeats an item still has to get on by one.
    let repeats = usize::from(call.quirks.repeated_items && limit > 1);
    let next = items.iter().rev().nth(repeats).filter(|_| more).map(write_cursor);
    Ok(Page {
        positions: items.into_iter().map(|item| item.position).collect(),
        next,
    })
}

fn limit(call: &Call<'_>) -> Result<usize, Problem> {
    let limits = call.config.pages;
    let Some(text) = call.query("limit") else {
        return Ok(limits.default);
    };
    let limit = text.parse().ok().filter(|limit| (1..=limits.max).contains(limit));
    limit.ok_or_else(|| Problem::invalid(vec![format!("limit: must be between 1 and {}", limits.max)]))
}

fn write_cursor(last: &Listed) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", last.position, last.key))
}

fn read_cursor(text: &str) -> Option<Listed> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (position, key) = decoded.split_once(' ')?;
    Some(Listed {
        key: key.to_owned(),
        position: position.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::client::{Client, refusal};
    use super::*;
    use crate::sim::{Config, PageLimits, TimeMode};

    #[test]
    fn a_cursor_reads_back() {
        for (key, position) in [("a name", 12), ("", 0)] {
            let listed = Listed {
                key: key.to_owned(),
                position,
            };
            assert_eq!(read_cursor(&write_cursor(&listed)), Some(listed));
        }
        assert_eq!(read_cursor("nonsense!"), None);
    }

    fn names(page: &Value) -> Vec<&str> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap()).collect()
    }

    /// A client with three networks, made in the order b, a, c.
    async fn three(pages: PageLimits) -> Client {
        let client = Client::of(Config {
            pages,
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        for name in ["b", "a", "c"] {
            client
                .post("/private-networks", &json!({"name": name, "region": "ny2"}))
                .await;
        }
        client
    }

    /// The names on each page.
    async fn walk(client: &Client, query: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let (_, page) = client.get(&format!("/private-networks?{query}{cursor}")).await;
            seen.push(names(&page).join(","));
            let Some(next) = page["nextPage"].as_str() else {
                assert_eq!(page, json!({"hasMore": false, "items": page["items"]}));
                return seen;
            };
            assert_eq!(page["hasMore"], true);
            cursor = format!("&after={next}");
        }
    }

    #[tokio::test]
    async fn pages_follow_each_other_in_order() {
        let client = three(PageLimits::default()).await;
        assert_eq!(walk(&client, "").await, ["c,a,b"], "the newest first");
        assert_eq!(walk(&client, "limit=2&order=asc").await, ["b,a", "c"]);
        assert_eq!(walk(&client, "limit=2&orderBy=name").await, ["c,b", "a"]);
        assert_eq!(walk(&client, "limit=1&orderBy=name&order=asc").await, ["a", "b", "c"]);
    }

    #[tokio::test]
    async fn pages_can_repeat_an_item_and_still_come_to_an_end() {
        let client = three(PageLimits::default()).await;
        client.sim.switch(|quirks| quirks.repeated_items = true);
        assert_eq!(walk(&client, "limit=2&order=asc").await, ["b,a", "a,c"]);
        assert_eq!(walk(&client, "limit=1&order=asc").await, ["b", "a", "c"]);
    }

    #[tokio::test]
    async fn pages_are_of_the_size_that_is_asked_for_within_limits() {
        let client = three(PageLimits { default: 2, max: 120 }).await;
        assert_eq!(names(&client.get("/private-networks").await.1).len(), 2);
        assert_eq!(names(&client.get("/private-networks?limit=120").await.1).len(), 3);
        for bad in [
            "limit=0",
            "limit=121",
            "limit=x",
            "orderBy=region",
            "order=up",
            "after=xyz!",
        ] {
            let got = client.get(&format!("/private-networks?{bad}")).await;
            assert_eq!(refusal(&got), (400, "BAD_REQUEST"), "{bad}");
        }
    }
}
