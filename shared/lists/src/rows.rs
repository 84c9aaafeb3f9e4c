//! One row of a file: a contact, or the reason why it cannot be read.

use std::{collections::BTreeMap, fmt};

use csv::ByteRecord;
use listsync_core::{
    address::{Address, AddressError},
    list::NewContact,
};
use serde::{Serialize, Serializer};

use crate::columns::{Columns, NameColumns};

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
    /// It is not UTF-8.
    NotUtf8,
    /// It has no e-mail address.
    NoAddress,
    /// What stands in the e-mail column is none.
    Address(AddressError),
    /// It has more fields than the header.
    TooManyFields {
        /// As many as the header has.
        expected: usize,
        /// As many as it has.
        found: usize,
    },
    /// A quotation mark was opened and not closed, so that it runs over the rows that follow.
    OpenQuote,
}

impl RejectReason {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NoAddress => "no_address",
            Self::Address(_) => "bad_address",
            Self::TooManyFields { .. } => "too_many_fields",
            Self::OpenQuote => "open_quote",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8 text: save the file as CSV UTF-8"),
            Self::NoAddress => f.write_str("no e-mail address"),
            Self::Address(error) => error.fmt(f),
            Self::TooManyFields { expected, found } => write!(
                f,
                "{found} fields where the header has {expected}: quote a field that holds the separator"
            ),
            Self::OpenQuote => {
                f.write_str("a quotation mark is not closed, so the rows after it are swallowed")
            }
        }
    }
}

impl Serialize for RejectReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a row holds nothing at all: spreadsheets leave such rows behind.
pub(crate) fn is_blank(record: &ByteRecord) -> bool {
    record.iter().all(|field| field.trim_ascii().is_empty())
}

/// Reads a row as a contact.
pub(crate) fn contact(
    record: &ByteRecord,
    columns: &Columns,
    delimiter: u8,
) -> Result<NewContact, RejectReason> {
    let row = Row { record, columns };
    row.refuse_overlong()?;
    row.refuse_open_quote(delimiter)?;
    let given = row.text(columns.email)?;
    if given.is_empty() {
        return Err(RejectReason::NoAddress);
    }
    let address = Address::parse(given).map_err(|error| match error {
        AddressError::Empty => RejectReason::NoAddress,
        other => RejectReason::Address(other),
    })?;
    let mut fields = BTreeMap::new();
    for (column, title) in &columns.fields {
        if *column < record.len() {
            fields.insert(title.clone(), row.text(*column)?.to_owned());
        }
    }
    Ok(NewContact { address, name: row.name()?, fields })
}

struct Row<'a> {
    record: &'a ByteRecord,
    columns: &'a Columns,
}

impl<'a> Row<'a> {
    /// A field without outer space; empty where the row is too short for it.
    fn text(&self, column: usize) -> Result<&'a str, RejectReason> {
        let field = self.record.get(column).unwrap_or_default();
        std::str::from_utf8(field).map(str::trim).map_err(|_| RejectReason::NotUtf8)
    }

    fn name(&self) -> Result<String, RejectReason> {
        match self.columns.name {
            NameColumns::None => Ok(String::new()),
            NameColumns::One(column) => Ok(self.text(column)?.to_owned()),
            NameColumns::Two(first, last) => {
                Ok(format!("{} {}", self.text(first)?, self.text(last)?).trim().to_owned())
            }
        }
    }

    /// Empty fields beyond the header do no harm: spreadsheets write them.
    fn refuse_overlong(&self) -> Result<(), RejectReason> {
        let (expected, found) = (self.columns.count, self.record.len());
        if self.record.iter().skip(expected).all(|field| field.trim_ascii().is_empty()) {
            return Ok(());
        }
        Err(RejectReason::TooManyFields { expected, found })
    }

    /// A field may hold several lines, but one that holds what looks like further rows has swallowed them: to take
    /// the row would be to lose people unnoticed.
    fn refuse_open_quote(&self, delimiter: u8) -> Result<(), RejectReason> {
        let swallows = |field: &[u8]| {
            let mut lines = field.split(|byte| *byte == b'\n').skip(1);
            lines.any(|line| line.contains(&b'@') && (line.contains(&delimiter) || self.columns.count == 1))
        };
        if self.record.iter().any(swallows) { Err(RejectReason::OpenQuote) } else { Ok(()) }
    }
}
