//! Which addresses of the API may be given the key.
//!
//! Pure: it reads an address and never resolves a name.

use std::net::IpAddr;

use reqwest::Url;

use super::client::DEFAULT_BASE_URL;
use super::error::Error;

/// A checked address of the API, without a slash at the end.
#[derive(Clone, Debug)]
pub(super) struct Address {
    url: Url,
    loopback: bool,
}

impl Address {
    /// Reads an address. Messages quote no more of it than the scheme and the host, because a mistaken address may
    /// hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text.trim()).map_err(|error| {
            Error::config("The address of the API is not a URL; it should look like https://api.paperspace.com/v1.")
                .caused_by(error)
        })?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(Error::config("The address of the API names no host."));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config(
                "The address of the API holds a user name or a password; the API key is the only credential.",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::config(
                "The address of the API must end with its path: `?` and `#` have no place in it.",
            ));
        }
        let loopback = is_loopback(host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(Error::config(format!(
                    "http://{host} would send the API key unencrypted over the network. Use https, or plain http only \
                     with this computer itself: localhost, 127.0.0.0/8 or [::1]."
                )));
            }
            scheme => {
                return Err(Error::config(format!(
                    "The address of the API must begin with https://, not {scheme}:."
                )));
            }
        }
        Ok(Self { url, loopback })
    }

    /// The host is this computer.
    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Requests are encrypted.
    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of something beneath, each segment encoded so that none can reach beyond its place.
    pub(super) fn at<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The address as text, for people.
    pub(super) fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

/// Whose host an address of the API is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// The one where the service itself is found.
    Paperspace,
    /// This computer.
    Loopback,
    /// Another one, by its name or number.
    Other(String),
}

/// Tells whether an address of the API can be used at all, and whose host it is on, before anything is done with it.
///
/// # Errors
/// What is wrong with the address, without quoting what may be a password.
pub fn check_address(text: &str) -> Result<Host, Error> {
    let Address { url, loopback } = Address::parse(text)?;
    let is_default = Url::parse(DEFAULT_BASE_URL).is_ok_and(|default| default.origin() == url.origin());
    Ok(match (loopback, is_default) {
        (true, _) => Host::Loopback,
        (false, true) => Host::Paperspace,
        (false, false) => Host::Other(url.host_str().unwrap_or_default().to_owned()),
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = Address::parse(text).unwrap_err();
        assert_eq!(error.kind, super::super::Kind::Config);
        error.to_string()
    }

    #[test]
    fn paths_are_put_beneath_the_address() {
        for text in [
            "https://api.paperspace.com/v1",
            "https://api.paperspace.com/v1/",
            " https://api.paperspace.com/v1 ",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.as_str(), "https://api.paperspace.com/v1");
            assert_eq!(
                address.at(["machines", "ps1"]).as_str(),
                "https://api.paperspace.com/v1/machines/ps1"
            );
        }
        assert_eq!(
            Address::parse("http://localhost:1").unwrap().at(["machines"]).as_str(),
            "http://localhost:1/machines"
        );
    }

    #[test]
    fn segments_cannot_reach_beyond_their_place() {
        let address = Address::parse("https://api.paperspace.com/v1").unwrap();
        assert_eq!(address.at(["machines", "a/b?c#d"]).path(), "/v1/machines/a%2Fb%3Fc%23d");
    }

    #[test]
    fn plain_http_is_for_this_computer_only() {
        for text in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:80",
            "http://localhost:1/v1",
            "http://LOCALHOST",
        ] {
            assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in [
            "http://api.paperspace.com/v1",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.nip.io",
            "http://[::2]",
            "http://0.0.0.0",
        ] {
            assert!(refusal(text).contains("unencrypted"), "{text}");
        }
        assert!(!Address::parse("https://api.paperspace.com/v1").unwrap().is_loopback());
    }

    #[test]
    fn a_host_is_the_services_only_by_its_whole_name_and_port() {
        let host = |text| check_address(text).unwrap();
        for text in [
            DEFAULT_BASE_URL,
            "https://API.paperspace.com:443/",
            "https://api.paperspace.com/v2",
        ] {
            assert_eq!(host(text), Host::Paperspace, "{text}");
        }
        for (text, name) in [
            (
                "https://api.paperspace.com.example.com/v1",
                "api.paperspace.com.example.com",
            ),
            ("https://api.paperspace.com:8443/v1", "api.paperspace.com"),
            ("https://10.0.0.1", "10.0.0.1"),
            ("https://\u{430}pi.paperspace.com/v1", "xn--pi-6kc.paperspace.com"),
        ] {
            assert_eq!(host(text), Host::Other(name.to_owned()), "{text}");
        }
        assert_eq!(host("http://[::1]:8484/v1"), Host::Loopback);
    }

    #[test]
    fn odd_addresses_are_refused_and_never_quoted_whole() {
        assert!(refusal("https://user:hunter2@api.paperspace.com").contains("user name"));
        assert!(refusal("https://hunter2@api.paperspace.com").contains("user name"));
        assert!(refusal("https://api.paperspace.com/v1?key=hunter2").contains('?'));
        assert!(refusal("https://api.paperspace.com/v1#hunter2").contains('#'));
        assert!(refusal("ftp://api.paperspace.com").contains("ftp"));
        assert!(refusal("file:///v1").contains("host"));
        assert!(refusal("api.paperspace.com/v1").contains("not a URL"));
        assert!(refusal("").contains("not a URL"));
        for text in [
            "https://user:hunter2@h",
            "https://h?hunter2",
            "https://u:hunter2 @ h",
            "hunter2",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
        }
    }
}
