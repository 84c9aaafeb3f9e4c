//! How a file was understood.

use listsync_core::Date;
use serde::{Deserialize, Serialize};

/// How a file was understood, for whoever looks at what an import did. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileReport {
    /// Which column was read as what.
    pub columns: Vec<ReadColumn>,
    /// The words of its status columns, and what they were taken for: 200 at most.
    pub status_words: Vec<StatusWord>,
    /// Leave dates as they were read: of the first 200 rows that have one that counts.
    pub leave_days: Vec<LeaveDay>,
    /// Rows that are no rows of people and were passed over, by number: the first 50.
    pub passed_over: Vec<u64>,
}

/// A column as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadColumn {
    /// What it was read as: `email`, `external_id`, `name`, `given_name`, `family_name`, `status`, `employment_status` or
    /// `status_date`.
    pub what: String,
    /// Its title in the file.
    pub title: String,
}

/// A word of a status column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusWord {
    /// As the file has it.
    pub word: String,
    /// What it was taken for: `active`, `leave`, `terminated`, `not-yet`, `employed` (a word of the company's own) or `unsure`.
    pub meaning: String,
    /// In how many rows it stands.
    pub rows: u64,
}

/// A leave date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveDay {
    /// The row that has it.
    pub row: u64,
    /// The day as it was read.
    pub day: Date,
}
