//! What a resource's functions are given besides the values: the configured provider, the wish to stop, and a place to
//! record what exists before anything can go wrong.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::schema::Model;
use crate::value::Value;

/// The surroundings of a create, read, update, delete or import.
pub struct Context<C> {
    /// What the provider made of its configuration.
    pub configured: Arc<C>,
    /// Cancelled when the user interrupts: stop waiting and return what is known.
    pub cancel: CancellationToken,
    recorded: Arc<Mutex<Option<Value>>>,
}

impl<C> Context<C> {
    pub(super) fn new(configured: Arc<C>, cancel: CancellationToken) -> Self {
        Self {
            configured,
            cancel,
            recorded: Arc::default(),
        }
    }

    /// Records the state of something that exists from now on. Should the operation never return, because of a bug,
    /// this is the state that Terraform stores.
    pub fn record<M: Model>(&self, state: &M) {
        let value = M::schema().encode(state);
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    pub(super) fn recorder(&self) -> Recorder {
        Recorder(Arc::clone(&self.recorded))
    }
}

/// Reads what was recorded, from outside of the operation.
pub(super) struct Recorder(Arc<Mutex<Option<Value>>>);

impl Recorder {
    pub(super) fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The surroundings of a plan.
pub struct PlanContext<C> {
    /// What the provider made of its configuration; `None` while that holds unknown values.
    pub configured: Option<Arc<C>>,
    /// Cancelled when the user interrupts.
    pub cancel: CancellationToken,
}
