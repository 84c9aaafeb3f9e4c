//! One table, and the few calls that the store makes to it.

mod batch;
mod client;
mod item;
mod op;
pub(crate) mod schema;
mod transact;

pub(crate) use batch::CLEARED;
pub(crate) use client::{Table, span};
pub(crate) use item::{Key, Stored, documents, instant, ordered_instant};
pub(crate) use op::{Condition, Guard, Op};
pub(crate) use transact::{Fail, MOST_BYTES, Patience};
