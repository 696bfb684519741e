//! Values in msgpack, the form in which the host sends them and wants them back.
//!
//! The encoding carries no types, except beside a dynamic value, so both directions take the type along. An unknown
//! value is an extension; see [`Unknown`](super::Unknown) for what it may say. Bytes left out of a message, which stand
//! for null, are not this module's business.

mod decode;
mod encode;
mod reader;
mod refinements;

#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
