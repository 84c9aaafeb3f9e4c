//! One table, and the few calls that the store makes to it.

mod batch;
mod client;
mod item;
mod mark;
mod merge;
mod op;
pub(crate) mod schema;
mod span;
mod transact;
mod write;

pub(crate) use batch::CLEARED;
pub(crate) use client::Table;
pub(crate) use item::{Key, Stored, documents, instant, ordered_instant};
pub(crate) use mark::TRAIL;
pub(crate) use merge::Merge;
pub(crate) use op::{Condition, Guard, Op};
pub(crate) use span::{Span, span};
pub(crate) use transact::{Fail, MOST_BYTES, Patience};
