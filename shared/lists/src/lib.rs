//! The list service over its store: reading a file of contacts and taking it into a list.
//!
//! [`read`] reads a CSV file as HR systems write it, row by row, by a [`Profile`], and gives a verdict on each row;
//! [`take_in`] hands the result to a [`ListStore`](listsync_engine::ports::ListStore), which takes it in whole or not at
//! all; [`write_rejects`] gives back the rows that were not taken, to be corrected.

mod columns;
mod dates;
mod error;
mod gather;
mod gauge;
mod import;
mod mapping;
mod parse;
mod people;
mod profile;
mod records;
mod rejects;
mod rows;
mod sniff;
mod take_in;
mod text;
mod verdict;

pub use error::FileError;
pub use import::Source;
pub use mapping::{Mapping, MappingError};
pub use parse::{ParsedFile, Position, Reading, parse, read};
pub use people::People;
pub use profile::{
    ColumnNames, Columns, Dates, Delimiter, Encoding, Others, Profile, ProfileError, Quote, StatusWords,
};
pub use rejects::{RejectsError, write_rejects};
pub use take_in::{RowProblem, Taken, take_in};
pub use verdict::{RejectReason, RejectedRow, RowVerdict, Verdict};
