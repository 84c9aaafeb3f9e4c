//! The embedded store and queue: everything that listsync keeps, in one SQLite file.
//!
//! [`SqliteStore`] implements every port that keeps something. Each call is one transaction, so a process that is
//! killed leaves the file as it was before or after a call, and two processes may work on one file.

mod alerts;
mod audit;
mod backup;
mod effects;
mod erasures;
mod error;
mod keys;
mod links;
mod lists;
mod migrations;
mod open;
mod people;
#[cfg(test)]
mod plans;
mod queue;
mod records;
mod seen;
mod store;
mod threads;
mod values;

pub use backup::{BackupError, back_up};
pub use erasures::LedgerError;
pub use open::OpenError;
pub use queue::{DeadLetter, RECEIVES};
pub use store::SqliteStore;
