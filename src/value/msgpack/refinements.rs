//! What the extension of an unknown value says about it.

use super::reader::{Extension, Reader};
use crate::value::error::Failure;
use crate::value::{Bound, MAX_DEPTH, Refinements, Unknown};

/// The extension code of an unknown value with refinements. With any other code, the payload means nothing.
const REFINED: i8 = 12;

/// The host sends far less.
const MAX_PAYLOAD: usize = 1024;

/// Reads the extension of an unknown value.
pub(super) fn decode(extension: &Extension<'_>) -> Result<Unknown, Failure> {
    if extension.code != REFINED {
        return Ok(Unknown::plain());
    }
    if extension.payload.len() > MAX_PAYLOAD {
        return Err(Failure::new(format!(
            "an unknown value comes with more than {MAX_PAYLOAD} bytes"
        )));
    }
    let mut payload = Reader(extension.payload);
    let entries = payload.map("a map of refinements")?;
    let mut refinements = Refinements::default();
    for _ in 0..entries {
        match payload.integer()? {
            1 => refinements.nullness = Some(payload.bool()?),
            2 => refinements.prefix = Some(payload.str("a string prefix")?.to_owned()),
            3 => refinements.lower = Some(bound(&mut payload)?),
            4 => refinements.upper = Some(bound(&mut payload)?),
            5 => refinements.min_len = Some(length(&mut payload)?),
            6 => refinements.max_len = Some(length(&mut payload)?),
            _ => payload.skip(MAX_DEPTH)?,
        }
    }
    // What follows the map is of a form that is not known, so that nothing is made of the whole. And an empty map says no
    // more than a plain unknown, while the host does not accept it back.
    if entries == 0 || !payload.0.is_empty() {
        return Ok(Unknown::plain());
    }
    Ok(Unknown::refined(refinements, extension.whole))
}

fn bound(payload: &mut Reader<'_>) -> Result<Bound, Failure> {
    if payload.array("a number and whether it is included")? != 2 {
        return Err(Failure::new("a bound consists of a number and whether it is included"));
    }
    Ok(Bound {
        number: payload.number()?,
        inclusive: payload.bool()?,
    })
}

fn length(payload: &mut Reader<'_>) -> Result<u64, Failure> {
    u64::try_from(payload.integer()?).map_err(|_| Failure::new("a length is negative"))
}
