//! What a client has changed, and in which order: so that a look at an object can be told from one that is older than the
//! object's last change.
//!
//! It is kept by the chain that every request passes, so no caller can forget to note a change. Changes are numbered and
//! not timed: whether a look began before or after one does not depend on a clock.
//!
//! It knows no resource of the API. Whatever stands in a request's path, and whatever its body names as the id of
//! something, counts as changed by it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::call::Call;

/// The changes by one client and its clones. The count moves on at the beginning and at the end of each.
#[derive(Debug, Default)]
pub struct Writes {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    count: u64,
    /// Where the count stood when each object was last touched.
    last: HashMap<String, u64>,
}

/// A change on its way. It ends by being dropped, however that comes about.
pub(super) struct Write<'a> {
    writes: &'a Writes,
    touched: Vec<String>,
}

impl Writes {
    /// How far the changes have come. What was read at the same count is not older than any of them.
    pub fn count(&self) -> u64 {
        self.book().count
    }

    /// Where the count stood at the last change of the object with that id; 0 where there was none. A look that was begun at
    /// a lower count is older than the change.
    pub fn last(&self, id: &str) -> u64 {
        self.book().last.get(id).copied().unwrap_or_default()
    }

    /// Notes that the request is being made, unless it only reads.
    pub(super) fn begin(&self, call: &Call) -> Option<Write<'_>> {
        (!call.is_read()).then(|| {
            let touched = touched(call);
            self.touch(&touched);
            Write { writes: self, touched }
        })
    }

    /// Notes a change of one object from its beginning to its end, for tests of what goes by it.
    #[cfg(test)]
    pub(crate) fn note(&self, id: &str) {
        let touched = [id.to_owned()];
        self.touch(&touched);
        self.touch(&touched);
    }

    fn touch(&self, ids: &[String]) {
        let mut book = self.book();
        book.count += 1;
        let count = book.count;
        for id in ids {
            match book.last.get_mut(id) {
                Some(last) => *last = count,
                None => drop(book.last.insert(id.clone(), count)),
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.writes.touch(&self.touched);
    }
}

/// What a request may change: what its path names, and what its body calls the id of something. An assignment changes both
/// ends, and a new machine changes the startup script that it runs.
fn touched(call: &Call) -> Vec<String> {
    let named = call.body.as_ref().and_then(Value::as_object).into_iter().flatten();
    let named = named.filter(|(field, _)| field.ends_with("Id"));
    let named = named.filter_map(|(_, id)| id.as_str().map(str::to_owned));
    call.segments.iter().cloned().chain(named).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_counts_from_its_beginning_to_its_end() {
        let writes = Writes::default();
        let write = writes.begin(&Call::put("machines").id("ps1"));
        assert_eq!((writes.count(), writes.last("ps1"), writes.last("ps2")), (1, 1, 0));
        let other = writes.begin(&Call::delete("machines").id("ps2"));
        assert_eq!((writes.count(), writes.last("ps1"), writes.last("ps2")), (2, 1, 2));
        drop(write);
        assert_eq!((writes.count(), writes.last("ps1"), writes.last("ps2")), (3, 3, 2));
        drop(other);
        assert_eq!((writes.count(), writes.last("ps1"), writes.last("ps2")), (4, 3, 4));
    }

    #[test]
    fn reading_changes_nothing() {
        let writes = Writes::default();
        assert!(writes.begin(&Call::get("machines").id("ps1")).is_none());
        assert_eq!((writes.count(), writes.last("ps1")), (0, 0));
    }

    #[test]
    fn both_ends_of_an_assignment_are_changed() {
        let writes = Writes::default();
        let body = json!({"machineId": "ps1", "name": "s2", "networkId": null});
        drop(writes.begin(&Call::post("startup-scripts").id("s1").then("assign").body(&body)));
        assert_eq!((writes.last("s1"), writes.last("ps1"), writes.last("s2")), (2, 2, 0));
    }
}
