//! The list service over its store: reading a file of contacts and taking it into a list.
//!
//! [`read`] reads a CSV file as HR systems write it, row by row, by a [`Profile`], and gives a verdict on each row;
//! [`take_in`] hands the result to a [`ListStore`](listsync_engine::ports::ListStore), which takes it in whole or not at
//! all; [`write_rejects`] gives back the rows that were not taken, to be corrected.

mod addresses;
mod columns;
mod dates;
mod error;
mod gather;
mod gauge;
mod head;
mod import;
mod known;
mod mapping;
mod names;
mod opt_outs;
mod parse;
mod people;
mod person;
mod preview;
mod profile;
mod records;
mod rejects;
mod report;
mod rows;
mod sniff;
mod status;
mod take_in;
mod text;
mod titles;
mod told;
mod transcode;
mod verdict;

pub use error::FileError;
pub use head::{Passed, PassedRow};
pub use import::Source;
pub use listsync_core::import::Meaning;
pub use mapping::{Mapping, MappingError};
pub use opt_outs::{OptOuts, bring_opt_outs};
pub use parse::{ParsedFile, Position, Reading, parse, read};
pub use people::People;
pub use preview::{Preview, preview};
pub use profile::{
    AddressBy, ColumnNames, Columns, Dates, Delimiter, Encoding, Expected, NameOrder, OptOutRule, Others,
    Overrides, Profile, ProfileError, Quote, StatusRule, StatusWordError, StatusWords, status_word,
};
pub use rejects::{RejectsError, write_rejects};
pub use take_in::{RowProblem, Taken, problems_of, take_in};
pub use told::left_undone;
pub use verdict::{RejectReason, RejectedRow, RowVerdict, Verdict};
