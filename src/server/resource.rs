//! What every managed resource brings: create, read, update and delete over its typed model.

use super::Context;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::Model;

/// A managed resource type.
pub trait Resource: Send + Sync + 'static {
    /// The attributes and blocks.
    type Model: Model;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// The resource type's name with the provider's prefix.
    const TYPE_NAME: &'static str;
    /// The schema version. It goes up when stored state needs more than missing attributes filled in.
    const VERSION: i64 = 0;

    /// Makes a new object.
    fn create(
        context: &Context<Self::Configured>,
        change: Change<Self::Model>,
    ) -> impl Future<Output = Applied<Self::Model>> + Send;

    /// Looks at the object. `None` says that it is gone for certain.
    fn read(
        context: &Context<Self::Configured>,
        known: Current<Self::Model>,
    ) -> impl Future<Output = Result<Option<Current<Self::Model>>, Diagnostics>> + Send;

    /// Changes the object in place.
    fn update(
        context: &Context<Self::Configured>,
        prior: Self::Model,
        change: Change<Self::Model>,
    ) -> impl Future<Output = Applied<Self::Model>> + Send;

    /// Destroys the object. The answer's state is `None` once it is gone.
    fn delete(
        context: &Context<Self::Configured>,
        state: Self::Model,
    ) -> impl Future<Output = Applied<Self::Model>> + Send;
}

/// An object as it is known.
#[derive(Clone, Debug)]
pub struct Current<M> {
    /// Its state.
    pub state: M,
    /// What the resource noted for itself; empty where it noted nothing.
    pub note: Vec<u8>,
}

/// What an apply is to bring about.
#[derive(Clone, Debug)]
pub struct Change<M> {
    /// The planned state. Unknown values are the provider's to fill in; known ones must come true.
    pub planned: M,
    /// The configuration: the only place where write-only values are.
    pub config: M,
    /// What the resource noted for itself when it was last applied; empty where it noted nothing.
    pub note: Vec<u8>,
}

/// What came of an apply: a state and messages at once, so that "created, then failed" can be said.
#[derive(Clone, Debug)]
pub struct Applied<M> {
    /// What exists now. `None`: nothing does, or, beside an error, what existed before still does.
    pub state: Option<M>,
    /// Messages.
    pub diagnostics: Diagnostics,
    /// What the resource notes for its next plan and apply, besides the state: Terraform keeps it and shows it to nobody.
    pub note: Vec<u8>,
}

impl<M> Applied<M> {
    /// All went well and this is the state.
    pub fn done(state: M) -> Self {
        Self {
            state: Some(state),
            diagnostics: Diagnostics::new(),
            note: Vec::new(),
        }
    }

    /// The object is gone.
    pub fn gone() -> Self {
        Self {
            state: None,
            diagnostics: Diagnostics::new(),
            note: Vec::new(),
        }
    }

    /// Nothing changed.
    pub fn failed(diagnostics: impl Into<Diagnostics>) -> Self {
        Self {
            state: None,
            diagnostics: diagnostics.into(),
            note: Vec::new(),
        }
    }

    /// This much exists, and these are the messages.
    pub fn partly(state: M, diagnostics: impl Into<Diagnostics>) -> Self {
        Self {
            state: Some(state),
            diagnostics: diagnostics.into(),
            note: Vec::new(),
        }
    }

    /// Adds a message.
    #[must_use]
    pub fn with(mut self, diagnostic: Diagnostic) -> Self {
        self.diagnostics.push(diagnostic);
        self
    }
}
