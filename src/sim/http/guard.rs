//! Who is let in: programs on this computer, and no web page.
//!
//! The simulator listens on the loopback interface alone, but a browser can be made to send requests there by any page
//! that it shows, under a name of the page's choosing. So a request must call the simulator by a name of its own, and
//! must not come from a page.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Turns away what may not come in, before anything is done or noted.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        Some(reason) => (StatusCode::FORBIDDEN, format!("paperspace-sim: {reason}\n")).into_response(),
        None => next.run(request).await,
    }
}

/// Why a request with these headers is not let in, if it is not.
fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    if headers.contains_key(ORIGIN) {
        return Some("requests of web pages are refused");
    }
    let mut hosts = headers.get_all(HOST).iter();
    let foreign = hosts.any(|host| !host.to_str().is_ok_and(is_own));
    foreign.then_some("this is not a name of the simulator; use localhost or 127.0.0.1")
}

/// Whether a `Host` header names this computer. Its port may be another, where one is forwarded.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::http::client::Client;

    #[test]
    fn only_this_computers_names_are_its_own() {
        for own in [
            "localhost",
            "LOCALHOST:8484",
            "127.0.0.1:1",
            "127.0.0.1",
            "[::1]:8484",
            "[::1]",
        ] {
            assert!(is_own(own), "{own}");
        }
        for foreign in [
            "example.com",
            "example.com:8484",
            "localhost.example.com",
            "127.0.0.1.example.com:80",
            "10.0.0.1:8484",
            "[::2]:8484",
            "",
        ] {
            assert!(!is_own(foreign), "{foreign}");
        }
    }

    #[tokio::test]
    async fn pages_and_foreign_names_reach_nothing() {
        let client = Client::immediate().await;
        let (api, control) = (client.sim.url(), client.sim.control_url());
        for url in [
            format!("{api}/machines"),
            format!("{control}/requests"),
            format!("{control}/state"),
        ] {
            for (header, value) in [
                ("origin", "https://example.com"),
                ("origin", "null"),
                ("host", "example.com"),
            ] {
                let request = client.http.get(&url).bearer_auth(&client.key).header(header, value);
                assert_eq!(request.send().await.unwrap().status(), 403, "{url} {header}: {value}");
            }
        }
        let reset = client
            .http
            .post(format!("{control}/reset"))
            .header("origin", "http://localhost");
        assert_eq!(reset.send().await.unwrap().status(), 403);
        assert!(
            client.sim.requests().is_empty(),
            "what is turned away is not on the list"
        );
        let local = client.sim.url().replace("127.0.0.1", "localhost");
        let request = client.http.get(format!("{local}/machines")).bearer_auth(&client.key);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}
