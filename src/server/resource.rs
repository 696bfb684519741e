//! What a managed resource type brings: its model, its identity, and its functions over typed values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rpc::RawState;
use super::{Context, ImportTarget, PlanContext, Planning};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{IdentitySchema, Model};
use crate::value::Value;

/// A managed resource type.
///
/// What every type has is required: without an identity and an import nothing could be brought under management. What may
/// be asked of any type and is nothing for most, a plan of its own and rules beyond the schema's, has a default. What
/// others must know of a type, the states that it takes over, is a constant table: a row in it is all there is to register.
pub trait Resource: Send + Sync + 'static {
    /// The attributes and blocks.
    type Model: Model;
    /// What the resource notes for itself beside a state; `()` for nothing.
    type Note: Note;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// The resource type's name with the provider's prefix.
    const TYPE_NAME: &'static str;
    /// The schema version. It goes up when stored state needs more than missing attributes filled in.
    const VERSION: i64 = 0;
    /// The states of other types and providers that a `moved` block may hand over.
    const MOVES: &'static [Take<Self::Model>] = &[];
    /// The states under this type's own name that are of an older version or were written by another provider. Where no
    /// row takes an older state, it is read as one of this provider's own with attributes missing.
    const UPGRADES: &'static [Take<Self::Model>] = &[];

    /// The identity's schema, decided once and for ever: attributes may be added to it as optional, and none removed.
    fn identity_schema() -> IdentitySchema;

    /// The identity of an object; `None` while it is not known.
    fn identity(state: &Self::Model) -> Option<Value>;

    /// Tests a configuration, in which any value may still be unknown, beyond what the schema's rules say.
    fn validate_config(_config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Takes a hand in the plan after the schema's own rules have run: changes the planned state, adds attributes whose
    /// change needs a new object, and adds messages. It must change nothing anywhere else, and give the same answer when
    /// asked again during the apply.
    fn plan(
        _context: &PlanContext<Self::Configured>,
        _planning: &mut PlanningOf<Self>,
    ) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {}
    }

    /// Makes a new object.
    fn create(
        context: &Context<Self::Configured>,
        change: ChangeOf<Self>,
    ) -> impl Future<Output = OutcomeOf<Self>> + Send
    where
        Self: Sized;

    /// Looks at the object.
    fn read(
        context: &Context<Self::Configured>,
        known: CurrentOf<Self>,
    ) -> impl Future<Output = OutcomeOf<Self>> + Send
    where
        Self: Sized;

    /// Changes the object in place.
    fn update(
        context: &Context<Self::Configured>,
        prior: Self::Model,
        change: ChangeOf<Self>,
    ) -> impl Future<Output = OutcomeOf<Self>> + Send
    where
        Self: Sized;

    /// Destroys the object.
    fn delete(
        context: &Context<Self::Configured>,
        known: CurrentOf<Self>,
    ) -> impl Future<Output = OutcomeOf<Self>> + Send
    where
        Self: Sized;

    /// Finds an object that Terraform did not create and tells everything about it.
    fn import(
        context: &Context<Self::Configured>,
        target: ImportTarget,
    ) -> impl Future<Output = OutcomeOf<Self>> + Send
    where
        Self: Sized;
}

/// The plan of a resource `R`.
pub type PlanningOf<R> = Planning<<R as Resource>::Model, <R as Resource>::Note>;
/// What an apply is to bring about for a resource `R`.
pub type ChangeOf<R> = Change<<R as Resource>::Model, <R as Resource>::Note>;
/// An object of a resource `R` as it is known.
pub type CurrentOf<R> = Current<<R as Resource>::Model, <R as Resource>::Note>;
/// What came of an operation on an object of a resource `R`.
pub type OutcomeOf<R> = Outcome<<R as Resource>::Model, <R as Resource>::Note>;

/// What a resource notes for itself beside a state. Terraform stores it and shows it to nobody. The default says nothing
/// and is not stored; a field that is added later reads as its default in an older note.
pub trait Note: Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static> Note for T {}

/// An object as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Current<M, N> {
    /// Its state.
    pub state: M,
    /// What the resource noted beside it.
    pub note: N,
}

/// What an apply is to bring about.
#[derive(Clone, Debug)]
pub struct Change<M, N> {
    /// The planned state. Unknown values are the provider's to fill in; known ones must come true.
    pub planned: M,
    /// The configuration: the only place where write-only values are.
    pub config: M,
    /// The note that the plan left.
    pub note: N,
}

/// What there is after an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Object<M, N> {
    /// It exists like this.
    Exists(Current<M, N>),
    /// It is gone, for certain.
    Gone,
    /// It is as it was before: there where there was one, and nothing where there was none.
    AsBefore,
}

/// What came of an operation: what there is and messages at once, so that "created, then failed" can be said, and a warning
/// beside success.
#[derive(Clone, Debug)]
#[must_use]
pub struct Outcome<M, N> {
    /// What there is.
    pub object: Object<M, N>,
    /// Messages. An error says that the operation failed, whatever there is.
    pub diagnostics: Diagnostics,
}

impl<M, N> Outcome<M, N> {
    /// It exists like this.
    pub fn exists(state: M, note: N) -> Self {
        Self {
            object: Object::Exists(Current { state, note }),
            diagnostics: Diagnostics::new(),
        }
    }

    /// It is gone.
    pub fn gone() -> Self {
        Self {
            object: Object::Gone,
            diagnostics: Diagnostics::new(),
        }
    }

    /// The operation failed and changed nothing.
    pub fn as_before(why: impl Into<Diagnostics>) -> Self {
        Self {
            object: Object::AsBefore,
            diagnostics: why.into(),
        }
    }

    /// Adds messages.
    pub fn with(mut self, diagnostics: impl Into<Diagnostics>) -> Self {
        self.diagnostics.extend(diagnostics.into());
        self
    }
}

/// A stored state of another type, provider or version, to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The full address of the provider that wrote it, `host/namespace/type`; `None` where the host does not tell, which is
    /// so for a state that stands under this provider's own name.
    pub provider_address: Option<&'a str>,
    /// The resource type that wrote it.
    pub type_name: &'a str,
    /// The schema version that wrote it.
    pub version: i64,
    /// The state as stored.
    pub state: &'a RawState,
}

/// A row of [`Resource::MOVES`] or [`Resource::UPGRADES`].
#[derive(Clone, Copy)]
pub struct Take<M> {
    /// What is taken over, as words for documentation and messages: `paperspace_script of the provider Paperspace`.
    pub what: &'static str,
    /// The resource type that wrote it.
    pub type_name: &'static str,
    /// Reads the state. `Ok(None)`: it is not one of these after all.
    pub read: fn(&Source<'_>) -> Result<Option<M>, Diagnostics>,
}

/// The state that a row of the table takes over; `None` where no row does.
///
/// # Errors
/// The messages of the first row that knows the state and cannot read it.
pub(super) fn take_over<M>(rows: &[Take<M>], source: &Source<'_>) -> Result<Option<M>, Diagnostics> {
    for row in rows.iter().filter(|row| row.type_name == source.type_name) {
        if let Some(model) = (row.read)(source)? {
            return Ok(Some(model));
        }
    }
    Ok(None)
}

/// What the user is told when a resource's own code says of a create or an update that nothing exists.
pub(super) fn forgotten(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Returned Nothing",
        format!(
            "The change of a {type_name} ended without an error and without saying what exists now. This is a bug in the \
             provider: please report it with the log of `TF_LOG=DEBUG`."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_says_nothing_of_what_exists_is_to_blame() {
        let told = forgotten("toy_thing");
        assert_eq!(told.summary, "Provider Returned Nothing");
        assert!(
            told.is_error() && told.detail.contains("change of a toy_thing"),
            "{told:?}"
        );
    }

    #[test]
    fn the_first_row_of_the_type_that_knows_a_state_takes_it_over() {
        let row = |type_name, read| Take {
            what: "a thing",
            type_name,
            read,
        };
        let rows = [
            row("old_thing", |_: &Source<'_>| Ok(None)),
            row("other_thing", |_| Ok(Some("other"))),
            row("old_thing", |_| Ok(Some("second"))),
            row("old_thing", |_| Ok(Some("third"))),
            row("broken_thing", |_| Err(Diagnostic::error("Broken", "It is.").into())),
        ];
        let state = RawState::default();
        let taken = |type_name| {
            let source = Source {
                provider_address: None,
                type_name,
                version: 0,
                state: &state,
            };
            take_over(&rows, &source).map_err(|_| "broken")
        };
        assert_eq!(taken("old_thing"), Ok(Some("second")));
        assert_eq!(taken("other_thing"), Ok(Some("other")));
        assert_eq!(taken("new_thing"), Ok(None));
        assert_eq!(taken("broken_thing"), Err("broken"));
    }
}
