//! The API key on its way into a request.
//!
//! The key lives in a secret type that never shows itself; here is the one place that reads it. The header made from
//! it is marked sensitive, so that the HTTP library hides it too.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::error::Error;

/// The `Authorization` header for a key. White space around the key, such as the end of the line in a file, is left
/// out; a key that cannot be a header is refused without being shown.
pub(super) fn bearer(key: &SecretString) -> Result<HeaderValue, Error> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        return Err(Error::config("The API key is empty."));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::config(
            "The API key holds characters that no API key has, such as a space or a line break.",
        ));
    }
    let mut header = HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| Error::config("The API key cannot be sent as an HTTP header."))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Tells whether a key can be sent at all, before anything is done with it.
///
/// # Errors
/// What is wrong with the key, without showing it.
pub fn check_key(key: &SecretString) -> Result<(), Error> {
    bearer(key).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_sensitive() {
        let header = bearer(&SecretString::from(" k3y\n")).unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer k3y");
        assert!(header.is_sensitive());
        assert!(!format!("{header:?}").contains("k3y"));
    }

    #[test]
    fn an_impossible_key_is_refused_without_being_shown() {
        for key in ["", "  ", "k3y k3y", "k3y\r\nX: y", "k3y\u{e9}", "k3y\0"] {
            let error = bearer(&SecretString::from(key)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("k3y"), "{key:?}");
        }
    }
}
