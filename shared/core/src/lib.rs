//! What listsync decides, and nothing else.
//!
//! Everything here is a value or a pure function over values: no I/O, no clock, no environment, no randomness and no
//! hash-map order. Time comes in as an argument, so every decision can be replayed.

pub mod address;
pub mod alert;
pub mod audit;
pub mod backoff;
pub mod belief;
pub mod case;
pub mod consent;
pub mod contact;
pub mod csv;
pub mod duration;
pub mod effects;
pub mod expected;
pub mod filter;
pub mod flight;
pub mod gate;
pub mod gather;
pub mod grace;
pub mod grant;
pub mod growth;
pub mod guard;
pub mod guid;
pub mod handout;
pub mod history;
pub mod hold;
pub mod id;
pub mod identity;
pub mod import;
pub mod intent;
pub mod invite;
pub mod limit;
pub mod link;
pub mod linkable;
pub mod list;
pub mod mark;
pub mod matched;
pub mod member;
pub mod network;
pub mod new_group;
pub mod opt_outs;
pub mod own;
pub mod pace;
mod packed;
pub mod place;
pub mod plan;
pub mod protocol;
pub mod quiet;
pub mod reconcile;
pub mod records;
pub mod refusal;
pub mod register;
pub mod rename;
pub mod schedule;
pub mod scope;
pub mod settings;
pub mod shell;
pub mod shield;
pub mod sizes;
pub mod snapshot;
pub mod sources;
pub mod spread;
pub mod status;
pub mod stay;
pub mod summary;
pub mod suppression;
pub mod text;
pub mod traces;
pub mod trigger;
pub mod undo;
pub mod unsettled;
pub mod why;

/// An instant: UTC, as RFC 3339 in every document.
pub use jiff::{Timestamp, civil::Date};
