//! The list service over its store: reading a file of contacts and taking it into a list.
//!
//! [`parse`] reads a CSV file row by row and says of each row that it cannot read why; [`import`] hands the result to
//! a [`ListStore`](listsync_engine::ports::ListStore), which takes it in whole or not at all.

mod columns;
mod error;
mod import;
mod mapping;
mod parse;
mod rows;
mod sniff;

pub use error::FileError;
pub use import::{Source, import};
pub use mapping::{Mapping, MappingError};
pub use parse::{ParsedFile, Position, parse};
pub use rows::{RejectReason, RejectedRow};
