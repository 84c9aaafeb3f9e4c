//! Contacts, lists, standings, decisions and imports.

pub(crate) mod catalog;
pub(crate) mod changes;
pub(crate) mod contacts;
mod edits;
mod entries;
mod imports;
mod matches;
pub(crate) mod memberships;
mod side;
mod store;
