//! What every kind of Paperspace object has alike: making one so that none is lost, waiting for what was asked of it, and
//! the words for what goes wrong.
//!
//! | module | what it holds |
//! |---|---|
//! | `facts` | what the kit must know of an object and of an event, whatever their kind |
//! | `judge` | whether a wait is over; pure |
//! | `patience` | how long to look, and how often; pure |
//! | `wait` | the driver of a wait: looks, asks the judge, and hears the deadline and the user |
//! | `board` | one look at many objects, for all who wait for them or read them |
//! | `choose` | which of the objects found is the one whose answer was lost; pure |
//! | `make` | one POST, and what becomes of it |
//! | `words` | failures as diagnostics |
//! | `kind` | what a kind says of itself |
//! | `owner`, `note` | whose an object is, and what is noted beside its state |
//! | `find` | reads, so that only what is certainly gone is taken for gone |
//! | `look`, `events`, `retry`, `ask` | the looks of a wait and the events they ask for, the tries of a request that may be repeated, and asking until it is certain what came of it |
//! | `unanswered` | questions of a plan that get no answer |
//! | `plain` | the resource that the kit makes of a kind |
//! | `sources`, `query`, `filter` | the data sources and the list resource that it makes of one, and the arguments by which they choose |
//!
//! Nothing here knows a kind: it works on facts, so that a further kind costs little code. Only `find`, `look`, `plain`,
//! `sources` and `query` are generic, and stay thin.

mod ask;
mod board;
mod choose;
mod events;
mod facts;
mod filter;
mod find;
mod judge;
mod kind;
mod look;
mod make;
mod note;
mod owner;
mod patience;
mod plain;
mod query;
mod retry;
mod sources;
mod unanswered;
mod wait;
mod words;

pub use ask::{ask, is_busy};
pub use board::{Boards, Lister, Since};
pub use choose::{Candidate, Fit};
pub use facts::{EventFacts, Facts, Rest};
pub use filter::{By, Chosen};
pub use find::{Found, board, find_singly, there};
pub use judge::{Goal, Why};
pub use kind::{Answer, Holder, Kind, Managed, PutBack, Scope, Told, WhenGone};
pub use look::{Heard, Looks};
pub use make::{Made, Maker, Making, Unmade, make};
pub use note::Note;
pub use owner::{Asked, Owner};
pub use patience::delay;
pub use plain::{Plain, gone, look_up, make_apart};
pub use query::{Queried, Query};
pub use retry::Tries;
pub use sources::{Choosable, Listable, Many, One, as_in};
pub use unanswered::Unanswered;
pub use wait::{Halt, Terms, Work, settle, until_gone};
pub use words::{Left, Task, halted, name_exists, name_is_taken, unwatched, will_be_replaced};
