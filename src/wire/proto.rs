//! The messages and services generated from `proto/`, fenced in by a module that lifts for them the lints which only
//! make sense for code written by hand.
//!
//! Nothing outside of [`wire`](super) names these types, save tests that play the host.

use std::fmt;

/// Terraform's plugin protocol, version 6.
pub mod tfplugin6 {
    #![expect(
        missing_docs,
        unused_qualifications,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated from proto/tfplugin6.proto"
    )]
    include!(concat!(env!("OUT_DIR"), "/tfplugin6.rs"));
}

/// What go-plugin wants of every plugin.
pub mod goplugin {
    #![expect(
        missing_docs,
        unused_qualifications,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated from proto/goplugin.proto"
    )]
    include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
}

impl fmt::Debug for tfplugin6::DynamicValue {
    /// Sizes only: the bytes can hold an API key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DynamicValue({} bytes of msgpack, {} of JSON)",
            self.msgpack.len(),
            self.json.len()
        )
    }
}

impl fmt::Debug for tfplugin6::RawState {
    /// Sizes only: the bytes can hold an API key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawState({} bytes of JSON, {} flat entries)",
            self.json.len(),
            self.flatmap.len()
        )
    }
}
