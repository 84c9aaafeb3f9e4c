//! Contacts, lists, standings, decisions and imports.

pub(crate) mod catalog;
pub(crate) mod changes;
pub(crate) mod draft;
pub(crate) mod edits;
pub(crate) mod ends;
pub(crate) mod entries;
pub(crate) mod feed;
mod gone;
pub(crate) mod head;
pub(crate) mod held;
pub(crate) mod import_changes;
mod imports;
mod journal;
mod matches;
pub(crate) mod owner;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod pointers;
pub(crate) mod row;
mod rows;
mod ruling;
mod side;
mod store;
pub(crate) mod tx;
