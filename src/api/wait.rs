//! Waiting for the service to finish something: looking again and again, at a growing distance, until it is done, the
//! time is up or the caller gives up.
//!
//! It knows nothing of what is waited for; the look says whether it is there. Looks must only read, for one that is
//! under way is dropped when the wait ends.
