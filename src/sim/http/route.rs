//! The table of the API's operations: method, path, who may, and what answers.
//!
//! Each kind states its own rows; [`find`] looks a request up in all of them.

use super::call::{Answer, Call};

/// What answers a request once it is known whose it is.
pub(crate) type Handler = fn(&mut Call<'_>) -> Answer;

/// Who may use an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody, without a key.
    Anyone,
    /// Whoever shows a key; without one the answer is `null` rather than a refusal.
    Session,
    /// Every member of the team, for what is theirs.
    Members,
    /// The team's owner and administrators.
    Admins,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub method: &'static str,
    /// A segment in braces takes any text and gives it a name.
    pub path: &'static str,
    pub who: Who,
    pub handler: Handler,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, handler: Handler) -> Self {
        Self {
            method,
            path,
            who: Who::Admins,
            handler,
        }
    }

    pub const fn get(path: &'static str, handler: Handler) -> Self {
        Self::new("GET", path, handler)
    }

    pub const fn post(path: &'static str, handler: Handler) -> Self {
        Self::new("POST", path, handler)
    }

    pub const fn put(path: &'static str, handler: Handler) -> Self {
        Self::new("PUT", path, handler)
    }

    pub const fn patch(path: &'static str, handler: Handler) -> Self {
        Self::new("PATCH", path, handler)
    }

    pub const fn delete(path: &'static str, handler: Handler) -> Self {
        Self::new("DELETE", path, handler)
    }

    /// The same for others than administrators.
    pub const fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// The named segments of a path that fits.
    fn params(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut segments = path.split('/');
        let mut params = Vec::new();
        for wanted in self.path.split('/') {
            let segment = segments.next()?;
            match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !segment.is_empty() => params.push((name, segment.to_owned())),
                _ if wanted == segment => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(params)
    }
}

/// The operation that a request is about, with the named segments of its path.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let mut routes = crate::sim::kinds::routes().filter(|route| route.method == method);
    routes.find_map(|route| Some((route, route.params(path)?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_path_is_taken_apart() {
        let found = |method, path| find(method, path).map(|(route, params)| (route.path, params));
        let id = |id: &str| ("id", id.to_owned());
        assert_eq!(found("GET", "/machines"), Some(("/machines", vec![])));
        assert_eq!(found("GET", "/machines/ps1"), Some(("/machines/{id}", vec![id("ps1")])));
        assert_eq!(
            found("DELETE", "/machines/ps1/accessors/u1"),
            Some((
                "/machines/{id}/accessors/{userId}",
                vec![id("ps1"), ("userId", "u1".to_owned())]
            ))
        );
        for (method, path) in [
            ("GET", "/machines/"),
            ("GET", "/machines/ps1/"),
            ("GET", "machines"),
            ("POST", "/machines/ps1"),
            ("GET", "/autoscaling-groups"),
            ("GET", "/billing/account-standing"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn no_operation_is_stated_twice() {
        let mut seen = BTreeSet::new();
        for route in crate::sim::kinds::routes() {
            assert!(
                seen.insert((route.method, route.path)),
                "{} {}",
                route.method,
                route.path
            );
        }
        assert_eq!(
            seen.len(),
            54,
            "the 53 of the reference that are about compute, and /templates"
        );
    }
}
