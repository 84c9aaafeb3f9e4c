//! How a file is written.

use serde::{Deserialize, Serialize};

/// What stands between two fields: as a document `auto`, `tab`, or the character itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Delimiter {
    /// Comma, semicolon or tab, as the header row shows.
    #[default]
    Auto,
    /// This character of ASCII; neither a letter, a digit, a quotation mark nor a line end.
    Byte(u8),
}

impl TryFrom<String> for Delimiter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_bytes() {
            b"auto" => Ok(Self::Auto),
            b"tab" => Ok(Self::Byte(b'\t')),
            [byte] if *byte == b'\t' || (byte.is_ascii_punctuation() && !b"\"'@".contains(byte)) => {
                Ok(Self::Byte(*byte))
            }
            _ => Err(format!("'{text}' is no delimiter: write auto, tab, or a character such as ; or |")),
        }
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        match delimiter {
            Delimiter::Auto => "auto".to_owned(),
            Delimiter::Byte(b'\t') => "tab".to_owned(),
            Delimiter::Byte(byte) => char::from(byte).to_string(),
        }
    }
}

/// What stands around a field that holds a delimiter; within it, it is doubled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Quote {
    /// The quotation mark.
    #[default]
    #[serde(rename = "\"")]
    Double,
    /// The apostrophe, unless the header row stands in quotation marks.
    #[serde(rename = "'")]
    Single,
}

/// How the bytes of a file are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, or Windows-1252 where the first row beyond ASCII is no UTF-8.
    #[default]
    Auto,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, as older spreadsheets save it.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// In which order day and month stand in a date with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// Not known: a date that could be of two days is rejected.
    #[default]
    Auto,
    /// The day.
    DayFirst,
    /// The month.
    MonthFirst,
}

/// What becomes of columns that a profile does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// They are fields of the contact, under their own name.
    #[default]
    Keep,
    /// They are left out.
    Drop,
}

/// In which order a whole name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameOrder {
    /// As a message would show it.
    #[default]
    AsWritten,
    /// The last name, a comma and the first name, which are turned round; a name without comma stays.
    FamilyFirst,
}

/// What is done about columns that smell of status and that nobody has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusRule {
    /// A file with such a column is refused: it could be full of people who are gone.
    #[default]
    Expected,
    /// They say nothing; somebody has looked.
    PassedOver,
}

/// What is done about columns that tell who opted out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutRule {
    /// A file in which such a column tells of somebody is refused: they would be taken for members.
    #[default]
    Watched,
    /// They say nothing; somebody has looked.
    PassedOver,
}

/// By what the e-mail column is found where its title is none that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressBy {
    /// By nothing: the column is offered.
    #[default]
    Title,
    /// By its cells: it is the one column whose cells are all addresses.
    Cells,
}
