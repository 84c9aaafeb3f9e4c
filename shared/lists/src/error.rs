use std::io;

/// Why a file cannot be read as contacts at all: what was found, and what to do. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read to its end.
    #[error("could not read the file to its end: try again, or copy it anew")]
    Read(#[source] io::Error),
    /// There is nothing in it.
    #[error("the file is empty: export it anew, with a header row")]
    Empty,
    /// It is no text with separated columns.
    #[error("the file is no CSV text but {found}: save it as CSV UTF-8 (comma delimited)")]
    NotCsv {
        /// What it looks like.
        found: &'static str,
    },
    /// The header row is not UTF-8.
    #[error("the header row is not UTF-8 text: save the file as CSV UTF-8")]
    HeaderNotUtf8,
    /// The first row holds an address, so it is no header.
    #[error(
        "the first row holds an e-mail address instead of column names: add a header row such as email,name"
    )]
    NoHeader,
    /// No column's name is known for e-mail addresses.
    #[error("no column is an e-mail column; found {}: name it with --map email=COLUMN", quoted(.found))]
    NoEmailColumn {
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A mapping names a column that is not there.
    #[error("there is no column '{column}'; found {}: name one of these with --map", quoted(.found))]
    NoSuchColumn {
        /// The column that was named.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
}

fn quoted(columns: &[String]) -> String {
    if columns.is_empty() {
        return "no column".to_owned();
    }
    columns.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(", ")
}
