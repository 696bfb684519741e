//! What a configuration block may hold, declared once and used for everything.
//!
//! A resource, data source or provider block is a [`Model`]: a struct whose fields are declared, with a lens each, in
//! one function. From that declaration follow the wire schema ([`Block`]), decoding with exact paths, encoding,
//! validation ([`validate`]), the plan rules that `server` applies ([`PlanRules`]) and the documentation.
//!
//! [`Block`] is the half without types: plain data that the edge renders and the plan rules walk. [`Schema`] adds the
//! lenses into the typed model. This module must not know protobuf, nor what any RPC means, nor Paperspace.

mod block;
mod check;
pub mod docs;
mod field;
mod identity;
mod model;
mod timeouts;
mod validate;

pub use block::{Attribute, AttributeKind, Block, BlockNesting, Mode, NestedBlock, Nesting, PlanRules};
pub use check::{Check, parse_duration};
pub use field::{Element, Field, Nested};
pub use identity::{IdentityAttribute, IdentitySchema};
pub use model::{Model, Schema};
pub use timeouts::{Timeout, Timeouts};
pub use validate::{refuse_write_only, validate};
