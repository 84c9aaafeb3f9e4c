//! What people do to a list and a group, and what becomes of it: each scenario reads incrementally and in full.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod agents;
mod alerts;
mod aliases;
mod authority;
mod bureau;
mod by_hand;
mod changed;
mod claims;
mod clock;
mod departures;
mod desk;
mod ends;
mod erased;
mod events;
mod experiment;
mod flights;
mod graces;
mod groups;
mod growth;
mod guard_model;
mod guarded;
mod guests;
mod holds;
mod identity;
mod imports_undo;
mod kills;
mod members;
mod notices;
mod office;
mod one_way;
mod pending;
mod people;
mod protected;
mod quiet;
mod refusals;
mod renames;
mod scopes;
mod service;
mod shown;
mod sources;
mod spokes;
mod status;
mod tokens;
mod trouble;
mod two_way;
mod undo;
mod who;
mod words;

/// Runs a scenario on a runtime whose timers stand still: virtual time is the clock's.
pub(crate) fn play(scenario: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(scenario);
}
