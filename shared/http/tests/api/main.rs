//! The API as callers meet it: requests in, answers out, over the embedded store.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod access;
mod ask;
mod audit;
mod crowd;
mod documents;
mod edits;
mod filters;
mod groups;
mod idempotency;
mod imports;
mod later;
mod log;
mod pages;
mod people;
mod refusals;
mod scim;
mod stage;
mod status;
mod syncs;
mod undo;
mod uploads;
