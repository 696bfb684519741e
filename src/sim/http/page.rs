//! Listings in pages: order, limit and the opaque cursor.
//!
//! A cursor holds the sort key and the position of the last item of its page, so that pages neither repeat nor skip
//! what was there all along, whatever comes and goes between them. Clients are to send it back as it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use crate::sim::quirks::Absence;

/// An item to list: what it is sorted by, its position in the store, and itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed<T> {
    pub key: String,
    pub position: usize,
    pub item: T,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The answer.
    pub fn to_json(&self, last_page: Absence, render: impl FnMut(&T) -> Value) -> Value {
        let items: Vec<Value> = self.items.iter().map(render).collect();
        let mut page = json!({"hasMore": self.next.is_some(), "items": items});
        match (&self.next, last_page) {
            (Some(next), _) => page["nextPage"] = json!(next),
            (None, Absence::Null) => page["nextPage"] = Value::Null,
            (None, Absence::Missing) => {}
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
pub(crate) fn page<T>(call: &Call<'_>, mut items: Vec<Listed<T>>) -> Result<Page<T>, Problem> {
    let limit = limit(call)?;
    let descending = match call.query("order") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Problem::invalid(vec!["order: must be one of asc, desc".to_owned()])),
    };
    items.sort_by(|a, b| (&a.key, a.position).cmp(&(&b.key, b.position)));
    if descending {
        items.reverse();
    }
    if let Some(after) = call.query("after") {
        let (position, key) = read_cursor(after).ok_or_else(|| Problem::bad_request("after: not a cursor"))?;
        items.retain(|item| {
            let (this, last) = ((item.key.as_str(), item.position), (key.as_str(), position));
            if descending { this < last } else { this > last }
        });
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| write_cursor(&last.key, last.position));
    Ok(Page {
        items: items.into_iter().map(|listed| listed.item).collect(),
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

fn write_cursor(key: &str, position: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{position} {key}"))
}

fn read_cursor(text: &str) -> Option<(usize, String)> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (position, key) = decoded.split_once(' ')?;
    Some((position.parse().ok()?, key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        assert_eq!(
            read_cursor(&write_cursor("a name", 12)),
            Some((12, "a name".to_owned()))
        );
        assert_eq!(read_cursor(&write_cursor("", 0)), Some((0, String::new())));
        assert_eq!(read_cursor("nonsense!"), None);
    }

    #[test]
    fn the_last_page_says_so_in_either_way() {
        let page = Page {
            items: vec![1],
            next: None,
        };
        assert_eq!(
            page.to_json(Absence::Missing, |n| json!(n)),
            json!({"hasMore": false, "items": [1]})
        );
        assert_eq!(
            page.to_json(Absence::Null, |n| json!(n)),
            json!({"hasMore": false, "nextPage": null, "items": [1]})
        );
    }
}
