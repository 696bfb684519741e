//! What a resource's functions are given besides the values: the configured provider, the wish to stop, and a place to
//! record what exists before anything can go wrong.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::any::Call;
use super::note;
use super::resource::Note;
use crate::schema::Model;
use crate::value::Value;

/// The surroundings of a create, read, update, delete or import.
pub struct Context<C> {
    /// What the provider made of its configuration.
    pub configured: Arc<C>,
    /// Cancelled when the user interrupts: stop waiting and return what is known.
    pub cancel: CancellationToken,
    recorded: Arc<Mutex<Option<Recorded>>>,
}

/// A state and the private data beside it.
type Recorded = (Value, Vec<u8>);

impl<C: Send + Sync + 'static> Context<C> {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            configured: call.configured(),
            cancel: call.cancel.clone(),
            recorded: Arc::default(),
        }
    }
}

impl<C> Context<C> {
    /// Records the state of something that exists from now on, and what is noted beside it. Should the operation never
    /// return, because of a bug, this is what Terraform stores.
    pub fn record<M: Model, N: Note>(&self, state: &M, note: &N) {
        let recorded = (M::schema().encode(state), note::encode(note));
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(recorded);
    }

    pub(super) fn recorder(&self) -> Recorder {
        Recorder(Arc::clone(&self.recorded))
    }
}

/// Reads what was recorded, from outside of the operation.
pub(super) struct Recorder(Arc<Mutex<Option<Recorded>>>);

impl Recorder {
    pub(super) fn take(&self) -> Option<Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What an import names.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportTarget {
    /// An id, as on the command line.
    Id(String),
    /// An identity, of the shape of the resource's identity schema.
    Identity(Value),
}
