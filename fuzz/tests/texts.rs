//! Texts that people and the service write: durations, addresses, numbers, dates.

use std::time::Duration;

use bolero::check;
use fuzz::samples::{Samples, Spoilt};
use terraform_provider_paperspace::api::{Date, check_address};
use terraform_provider_paperspace::schema::parse_duration;
use terraform_provider_paperspace::value::Number;

const PIECES: &[&[u8]] = &[
    b"0",
    b"9999999999",
    b"18446744073709551615",
    b"ns",
    b"y",
    b"e",
    b".",
    b"-",
    b":",
    b"@",
    b"[",
    b"%",
    b"T",
    b" ",
    "\u{b5}s".as_bytes(),
    b"\xff",
];

const YEAR: Duration = Duration::from_secs(31_557_600);

fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(duration) = parse_duration(&text) {
        assert!(!duration.is_zero() && duration <= YEAR, "{text:?}: {duration:?}");
    }
    if let Err(error) = check_address(&text) {
        // The host is quoted, and the password is none only where nothing was changed about its place.
        let holds_password = text.contains("://user:hunter2@") && text.matches("hunter2").count() == 1;
        assert!(
            !holds_password || !error.to_string().contains("hunter2"),
            "{text:?}: {error}"
        );
    }
    if let Ok(number) = text.parse::<Number>() {
        let written = number.to_string();
        assert_eq!(written.parse(), Ok(number), "{text:?}: {written}");
    }
    _ = Date::from(text.as_ref()).instant();
}

#[test]
fn texts() {
    let samples = Samples::read("texts", PIECES);
    samples.whole().for_each(read);
    check!()
        .with_type::<Spoilt>()
        .for_each(|spoilt| read(&samples.spoil(spoilt)));
}
