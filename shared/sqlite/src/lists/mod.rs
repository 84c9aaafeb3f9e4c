//! Contacts, lists, standings, decisions and imports.

pub(crate) mod catalog;
pub(crate) mod changes;
pub(crate) mod contacts;
mod edits;
mod ends;
pub(crate) mod entries;
mod gone;
pub(crate) mod held;
pub(crate) mod import_changes;
mod imports;
pub(crate) mod matches;
pub(crate) mod memberships;
mod side;
mod store;
mod taking;
mod undo;
