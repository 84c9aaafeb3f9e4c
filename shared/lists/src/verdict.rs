//! What became of a row.

use std::fmt;

use listsync_core::address::AddressError;
use serde::{Serialize, Serializer};

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowVerdict {
    /// Its number as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It names a person.
    Taken,
    /// It names a person whom an earlier row named, and fills what that left blank.
    Repeated,
    /// It names a person who leaves.
    Leaving,
    /// It cannot be read, or contradicts another row.
    Rejected(RejectReason),
}

impl Verdict {
    /// A stable code; of a rejected row that of its reason.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Repeated => "repeated",
            Self::Leaving => "leaving",
            Self::Rejected(reason) => reason.code(),
        }
    }
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedRow {
    /// Its number as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// Why.
    pub reason: RejectReason,
}

/// Why a row cannot be read. Its text names no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// It is not UTF-8, though the file is.
    NotUtf8,
    /// It is UTF-8, though an earlier row was Windows-1252.
    MixedEncoding,
    /// It has no e-mail address.
    NoAddress,
    /// What stands in the e-mail column is none.
    Address(AddressError),
    /// The key in the HR system is too long or holds a control character.
    ExternalId,
    /// It has more fields than the header.
    TooManyFields {
        /// As many as the header has.
        expected: usize,
        /// As many as it has.
        found: usize,
    },
    /// A quotation mark was opened and not closed, so that it runs over the rows that follow.
    OpenQuote,
    /// What stands in the status column is no word that the profile knows.
    UnknownStatus,
    /// The leave date is none.
    BadDate,
    /// The leave date could be of two days.
    AmbiguousDate,
    /// Rows of one person have different addresses.
    TwoAddresses,
    /// Rows of different persons have one address.
    SharedAddress,
}

impl RejectReason {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::MixedEncoding => "mixed_encoding",
            Self::NoAddress => "no_address",
            Self::Address(_) => "bad_address",
            Self::ExternalId => "bad_external_id",
            Self::TooManyFields { .. } => "too_many_fields",
            Self::OpenQuote => "open_quote",
            Self::UnknownStatus => "unknown_status",
            Self::BadDate => "bad_date",
            Self::AmbiguousDate => "ambiguous_date",
            Self::TwoAddresses => "two_addresses",
            Self::SharedAddress => "shared_address",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8 text: save the file as CSV UTF-8",
            Self::MixedEncoding => "UTF-8 text where an earlier row is Windows-1252: save the file as CSV UTF-8",
            Self::NoAddress => "no e-mail address",
            Self::Address(error) => return error.fmt(f),
            Self::ExternalId => "the external id is longer than 128 characters or holds a control character",
            Self::TooManyFields { expected, found } => {
                return write!(
                    f,
                    "{found} fields where the header has {expected}: quote a field that holds the separator"
                );
            }
            Self::OpenQuote => "a quotation mark is not closed, so the rows after it are swallowed",
            Self::UnknownStatus => "the status is no word that the profile knows: add it to its status words",
            Self::BadDate => "the leave date is no date: write it as 2025-12-31",
            Self::AmbiguousDate => {
                "the leave date could be of two days: tell the profile whether the day or the month comes first"
            }
            Self::TwoAddresses => "rows with this external id have different addresses: which one holds?",
            Self::SharedAddress => "rows with different external ids have this address: whose is it?",
        })
    }
}

impl Serialize for RejectReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
