//! The laws of the embedded store, through its ports only.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backups;
mod decisions;
mod edits;
mod erasing;
mod files;
mod folds;
mod imports;
mod kit;
mod leases;
mod links;
mod lists;
mod members;
mod model;
mod processes;
mod queue;
mod records;
mod restoring;
