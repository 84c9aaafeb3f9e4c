use std::{fmt::Write as _, io};

use crate::Expected;

/// Why a file cannot be read as contacts at all: what was found, and what to do. Nothing was changed. No text of it
/// holds what stands in a row.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read to its end.
    #[error("could not read the file to its end: try again, or copy it anew")]
    Read(#[source] io::Error),
    /// There is nothing in it.
    #[error("the file is empty: export it anew, with a header row")]
    Empty,
    /// There is no row after the header.
    #[error("the file has a header and no row: export it anew")]
    HeaderOnly,
    /// It is no text with separated columns, or in an encoding that is not read.
    #[error("the file is no CSV text but {found}: save it as CSV UTF-8 (comma delimited)")]
    NotCsv {
        /// What it looks like.
        found: &'static str,
    },
    /// The header row is not UTF-8, though the profile says so.
    #[error("the header row is not UTF-8 text: save the file as CSV UTF-8, or say --encoding windows-1252")]
    HeaderNotUtf8,
    /// The first row holds an address, so it is no header.
    #[error(
        "the first row holds an e-mail address instead of column names: add a header row such as email,name"
    )]
    NoHeader,
    /// No column's name is known for e-mail addresses.
    #[error("no column is an e-mail column; found {}: {}", quoted(.found), how_to_name(.offered.as_deref(), .expected))]
    NoEmailColumn {
        /// The columns that there are.
        found: Vec<String>,
        /// The one column whose cells are addresses.
        offered: Option<String>,
        /// What the profile expects.
        expected: Box<Expected>,
    },
    /// A column smells of status, and what it says is not understood: the file could be full of people who are gone.
    #[error(
        "the column{} {} may say who is gone, and {}: read it with --status-column '{}', or with --map 'status_date={}' where it holds days, or say --no-status where it does not",
        plural(.columns),
        quoted(.columns),
        why_not_understood(.expected),
        .columns.first().map_or("COLUMN", String::as_str),
        .columns.first().map_or("COLUMN", String::as_str)
    )]
    StatusNotUnderstood {
        /// Its title, and those of others.
        columns: Vec<String>,
        /// What the profile expects.
        expected: Box<Expected>,
    },
    /// A column says that people opted out: whoever took them for members would write to those who said no.
    #[error(
        "the column{} {} says that people of the file opted out: put them into a file of their own and import that with --as opt-outs, and this one without them; or say --no-opt-outs where the column means something else",
        plural(.columns),
        quoted(.columns),
    )]
    TellsOptOuts {
        /// Its title, and those of others.
        columns: Vec<String>,
    },
    /// A mapping names a column that is not there.
    #[error("there is no column '{column}'; found {}: name one of these", quoted(.found))]
    NoSuchColumn {
        /// The column that was named.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A quotation mark was opened and not closed until the file's end.
    #[error(
        "row {row} opens a quotation mark that nothing closes: the file is half-written, or the mark belongs doubled"
    )]
    OpenQuote {
        /// The row as a spreadsheet numbers it.
        row: u64,
    },
    /// The last row breaks off.
    #[error(
        "the last row, {row}, breaks off: it has {found} of {expected} fields and no line end; export the file anew"
    )]
    HalfWritten {
        /// The row as a spreadsheet numbers it.
        row: u64,
        /// As many fields as the header has.
        expected: usize,
        /// As many as it has.
        found: usize,
    },
    /// A row is longer than any row of contacts.
    #[error("row {row} has more than {limit} bytes: a quotation mark in or before it may not be closed")]
    LongRow {
        /// The row as a spreadsheet numbers it.
        row: u64,
        /// As many bytes as a row may have.
        limit: usize,
    },
}

impl FileError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "file_unreadable",
            Self::Empty => "file_empty",
            Self::HeaderOnly => "file_header_only",
            Self::NotCsv { .. } => "file_not_csv",
            Self::HeaderNotUtf8 => "file_not_utf8",
            Self::NoHeader => "file_no_header",
            Self::NoEmailColumn { .. } => "file_no_email_column",
            Self::StatusNotUnderstood { .. } => "file_status_not_understood",
            Self::TellsOptOuts { .. } => "file_tells_opt_outs",
            Self::NoSuchColumn { .. } => "file_no_such_column",
            Self::OpenQuote { .. } => "file_open_quote",
            Self::HalfWritten { .. } => "file_half_written",
            Self::LongRow { .. } => "file_long_row",
        }
    }
}

fn quoted(columns: &[String]) -> String {
    if columns.is_empty() {
        return "no column".to_owned();
    }
    columns.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(", ")
}

fn plural(columns: &[String]) -> &'static str {
    if columns.len() == 1 { "" } else { "s" }
}

/// A hint that named the e-mail column alone would have the rest of what the profile needs dropped unnoticed.
fn how_to_name(offered: Option<&str>, expected: &Expected) -> String {
    let needed: String = expected.needed().fold(String::new(), |mut text, what| {
        let _ = write!(text, ",{what}=COLUMN");
        text
    });
    let mut text = match offered {
        Some(column) => {
            format!("the cells of '{column}' are addresses, take it with --email-column auto; or ")
        }
        None => String::new(),
    };
    let _ = write!(text, "name it with --map email=COLUMN{needed} ({expected})");
    text
}

fn why_not_understood(expected: &Expected) -> String {
    match expected.status_words {
        Some(_) => expected.to_string(),
        None => format!("the profile '{}' looks for no status", expected.profile),
    }
}
