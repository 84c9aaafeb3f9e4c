//! What became of a row.

use std::{fmt, sync::Arc};

use listsync_core::{address::AddressError, text::TextError};
use serde::{Serialize, Serializer};

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVerdict {
    /// Its number as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It names a person.
    Taken,
    /// It names a person whom an earlier row named, and fills what that left blank.
    Repeated,
    /// It names a person who leaves.
    Leaving,
    /// It names a person by their key, who is there and has no address in the file.
    Unreachable,
    /// It names a person who is hired and not there yet: they neither join nor leave by it.
    NotYet,
    /// It cannot be read, or contradicts another row.
    Rejected(RejectReason),
}

impl Verdict {
    /// A stable code; of a rejected row that of its reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Repeated => "repeated",
            Self::Leaving => "leaving",
            Self::Unreachable => "unreachable",
            Self::NotYet => "not_yet",
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectReason {
    /// It is not UTF-8, though the file is.
    NotUtf8,
    /// It is UTF-8, though an earlier row was Windows-1252.
    MixedEncoding,
    /// It has no e-mail address.
    NoAddress,
    /// What stands in the e-mail column is none.
    Address(AddressError),
    /// Several addresses stand in the e-mail column.
    SeveralAddresses,
    /// The key in the HR system is too long or holds a control character.
    ExternalId,
    /// The key holds a space, as a name does: it is no key.
    SpacedExternalId,
    /// A name or field of it is longer than is kept of anybody.
    TooLong(TextError),
    /// It has more fields than the header.
    TooManyFields {
        /// As many as the header has.
        expected: usize,
        /// As many as it has.
        found: usize,
    },
    /// A quotation mark was opened and not closed, so that it runs over the rows that follow.
    OpenQuote,
    /// What stands in the status column is no word that the profile knows, or one that vendors use both ways.
    UnknownStatus {
        /// The word, or its beginning.
        word: Arc<str>,
    },
    /// The leave date is none.
    BadDate,
    /// The leave date could be of two days.
    AmbiguousDate,
    /// Rows of one person have different addresses.
    TwoAddresses,
    /// Rows of one address have external ids that differ by leading zeros alone.
    SharedAddress,
    /// It says that somebody leaves of whom another row could not be read.
    NotSure,
}

impl RejectReason {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::MixedEncoding => "mixed_encoding",
            Self::NoAddress => "no_address",
            Self::Address(_) => "bad_address",
            Self::SeveralAddresses => "several_addresses",
            Self::ExternalId | Self::SpacedExternalId => "bad_external_id",
            Self::TooLong(_) => "too_long",
            Self::TooManyFields { .. } => "too_many_fields",
            Self::OpenQuote => "open_quote",
            Self::UnknownStatus { .. } => "unknown_status",
            Self::BadDate => "bad_date",
            Self::AmbiguousDate => "ambiguous_date",
            Self::TwoAddresses => "two_addresses",
            Self::SharedAddress => "shared_address",
            Self::NotSure => "not_sure",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8 text: save the file as CSV UTF-8, or say --encoding windows-1252",
            Self::MixedEncoding => "UTF-8 text where an earlier row is Windows-1252: save the file as CSV UTF-8",
            Self::NoAddress => "no e-mail address",
            Self::Address(error) => return error.fmt(f),
            Self::TooLong(error) => return error.fmt(f),
            Self::SeveralAddresses => "several addresses: leave the one that the person is to be reached by",
            Self::SpacedExternalId => "the external id holds a space, so it is no key: name the column of the key",
            Self::ExternalId => "the external id is longer than 128 characters or holds a control character",
            Self::TooManyFields { expected, found } => {
                return write!(
                    f,
                    "{found} fields where the header has {expected}: quote a field that holds the separator"
                );
            }
            Self::OpenQuote => "a quotation mark is not closed, so the rows after it are swallowed",
            Self::UnknownStatus { word } => {
                return write!(
                    f,
                    "the status '{word}' is not understood: say what it means with --status-word '{word}=active', =leave, =terminated or =not-yet"
                );
            }
            Self::BadDate => "the leave date is no date: write it as 2025-12-31",
            Self::AmbiguousDate => {
                "the leave date could be of two days, and no other tells: say --dates day-first or month-first"
            }
            Self::TwoAddresses => "rows with this external id have different addresses: which one holds?",
            Self::SharedAddress => {
                "rows with this address have external ids that differ by leading zeros: which one holds?"
            }
            Self::NotSure => "another row of this person could not be read, so it is not sure that they leave",
        })
    }
}

impl Serialize for RejectReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
