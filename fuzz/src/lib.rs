//! What the targets share: samples with something wrong in them, and values of a type made of arbitrary bytes.

pub mod host;
pub mod samples;
pub mod values;
