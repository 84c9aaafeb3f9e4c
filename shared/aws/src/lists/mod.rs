//! Contacts, lists, standings, decisions and imports.

pub(crate) mod catalog;
pub(crate) mod changes;
mod decide;
mod edits;
mod entries;
pub(crate) mod head;
pub(crate) mod held;
mod imports;
mod journal;
mod matches;
pub(crate) mod people;
pub(crate) mod person;
mod side;
mod store;
pub(crate) mod tx;
