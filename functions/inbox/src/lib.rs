//! The inbox: a file that is dropped is taken into a list.
//!
//! Its place says how it is meant: `incoming/LIST/MODE/PROFILE/FILE`, where LIST is a list's name or id, MODE `full` or
//! `incremental`, and PROFILE a built-in profile or an own one that lies as `profiles/PROFILE.json`. An event says *look at
//! this file*, never what is in it; so a repeated one changes nothing, and where events come in another order than their
//! files, an older file is not taken in over a newer one. What a person has to see is laid down as
//! `rejected/LIST/MODE/PROFILE/FILE`: the rows that could not be read, and a text beside them.

mod event;
mod receive;
mod report;
mod slot;

use listsync_core::id::ListId;
use listsync_engine::ports::PortError;
use listsync_lists::Taken;

pub use event::{Event, Object};
pub use receive::{Desk, LARGEST, receive};

/// What became of a dropped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is taken in.
    Taken(Box<Taken>),
    /// It was taken in before: nothing was done.
    Again(ListId),
    /// It is not taken in, and nothing was changed.
    Refused(Refusal),
    /// It is a folder, or not there any more: nothing was done.
    Nothing,
}

/// Why a file is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A stable code.
    pub code: String,
    /// What is wrong and what to do. It may name the list, the profile and columns, so it is for the report, not for a log.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        let message = match error.hint.as_str() {
            "" => error.message,
            hint => format!("{}: {hint}", error.message),
        };
        Self { code: error.code, message }
    }
}
