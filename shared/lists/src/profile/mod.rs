//! How the files of one source are written, and what their columns mean.

mod built_in;
mod dialect;

use std::collections::BTreeMap;

use listsync_engine::ports::ImportMode;
use serde::{Deserialize, Serialize};

use crate::Mapping;
pub use dialect::{Dates, Delimiter, Encoding, Others, Quote};

/// How the files of one source are written, and what their columns mean. As a document it is JSON:
///
/// ```json
/// {
///   "name": "our-hr",
///   "columns": {
///     "address": ["Work Email", "E-Mail"],
///     "given_name": "First Name",
///     "family_name": "Last Name",
///     "external_id": "Employee Number",
///     "status": "State",
///     "status_date": "Last Day",
///     "fields": {"department": "Dept", "cost_center": ["CC", "Cost Center"]}
///   },
///   "delimiter": ";",
///   "dates": "day_first",
///   "status_words": {"active": ["aktiv"], "leave": ["Elternzeit"], "terminated": ["ausgetreten"]},
///   "grace_days": 14,
///   "mode": "full"
/// }
/// ```
///
/// All but `name` may be left out. Column names are compared without regard to case, spaces and punctuation; of several
/// names of one column the first that the file has counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft")]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What stands in which column.
    pub columns: Columns,
    /// What becomes of columns that are not named.
    pub others: Others,
    /// What stands between two fields.
    pub delimiter: Delimiter,
    /// What stands around a field that holds a delimiter.
    pub quote: Quote,
    /// How the bytes are meant. A UTF-8 byte order mark goes before it.
    pub encoding: Encoding,
    /// In which order a date with slashes stands.
    pub dates: Dates,
    /// What the words in the status column mean.
    pub status_words: StatusWords,
    /// For so many days after the leave date a person is still present.
    pub grace_days: u16,
    /// What a file says of those whom it does not name, where nobody says otherwise.
    pub mode: Option<ImportMode>,
}

/// The names of a column, one or several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "Vec<String>")]
pub struct ColumnNames(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for ColumnNames {
    fn from(names: OneOrMany) -> Self {
        match names {
            OneOrMany::One(name) => Self(vec![name]),
            OneOrMany::Many(names) => Self(names),
        }
    }
}

impl From<ColumnNames> for Vec<String> {
    fn from(names: ColumnNames) -> Self {
        names.0
    }
}

impl From<&[&str]> for ColumnNames {
    fn from(names: &[&str]) -> Self {
        Self(names.iter().map(|&name| name.to_owned()).collect())
    }
}

/// What stands in which column. Without a name, the e-mail address and the display name are found by their usual names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// The e-mail address.
    pub address: ColumnNames,
    /// The display name.
    pub name: ColumnNames,
    /// The first name; with the last name it makes the display name, where no column holds that.
    pub given_name: ColumnNames,
    /// The last name.
    pub family_name: ColumnNames,
    /// The person's key in the source, which stays when their address changes.
    pub external_id: ColumnNames,
    /// Whether the person is active, on leave, or gone.
    pub status: ColumnNames,
    /// The day on which a person leaves: the last one.
    pub status_date: ColumnNames,
    /// Fields of the contact, by their name.
    pub fields: BTreeMap<String, ColumnNames>,
}

/// What the words in the status column mean. They are compared without regard to case, spaces and punctuation; a word
/// that is not among them is not guessed. If none is given, the usual ones hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusWords {
    /// At work.
    pub active: Vec<String>,
    /// Away for a while; present for a list.
    pub leave: Vec<String>,
    /// Gone, since the leave date where there is one.
    pub terminated: Vec<String>,
}

/// Why a document is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is no such document.
    #[error("the profile cannot be read: {0}")]
    Document(#[from] serde_json::Error),
    /// It has no name, or that of a built-in one.
    #[error("'{0}' cannot be the name of an own profile: choose one that is not empty and not built in")]
    Name(String),
    /// A word stands for two states.
    #[error("the status word '{0}' stands in two groups: leave it in one")]
    StatusWord(String),
    /// First and last name belong together.
    #[error("given_name and family_name make the name together: give both, or name")]
    HalfName,
}

impl Profile {
    /// The names of the built-in profiles.
    pub const BUILT_IN: [&str; 5] = ["generic", "workday", "bamboohr", "ukg", "adp"];

    /// Finds the columns by their usual names, and nothing else: no status, no key. Its files are UTF-8.
    #[must_use]
    pub fn generic() -> Self {
        Self {
            name: "generic".to_owned(),
            columns: Columns::default(),
            others: Others::default(),
            delimiter: Delimiter::default(),
            quote: Quote::default(),
            encoding: Encoding::Utf8,
            dates: Dates::default(),
            status_words: StatusWords::default(),
            grace_days: 0,
            mode: None,
        }
    }

    /// A built-in profile.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        built_in::named(name)
    }

    /// Reads an own profile.
    ///
    /// # Errors
    /// When the document is none, or contradicts itself.
    pub fn from_json(text: &str) -> Result<Self, ProfileError> {
        let draft: Draft = serde_json::from_str(text)?;
        let profile = Self::try_from(draft)?;
        if profile.name.is_empty() || Self::BUILT_IN.contains(&profile.name.as_str()) {
            return Err(ProfileError::Name(profile.name));
        }
        Ok(profile)
    }

    /// With the columns that a mapping names in place of its own.
    #[must_use]
    pub fn mapped(mut self, mapping: &Mapping) -> Self {
        let Mapping { email, name, external_id } = mapping;
        let columns = &mut self.columns;
        for (slot, column) in [
            (&mut columns.address, email),
            (&mut columns.name, name),
            (&mut columns.external_id, external_id),
        ] {
            if let Some(column) = column {
                *slot = ColumnNames(vec![column.clone()]);
            }
        }
        self
    }

    fn check(self) -> Result<Self, ProfileError> {
        let StatusWords { active, leave, terminated } = &self.status_words;
        let mut seen = Vec::new();
        for group in [active, leave, terminated] {
            let keys: Vec<_> = group.iter().map(|word| crate::columns::key(word)).collect();
            if let Some(twice) = keys.iter().position(|key| seen.contains(key)) {
                return Err(ProfileError::StatusWord(group[twice].clone()));
            }
            seen.extend(keys);
        }
        if self.columns.given_name.0.is_empty() != self.columns.family_name.0.is_empty() {
            return Err(ProfileError::HalfName);
        }
        Ok(self)
    }
}

/// A profile as it is written down, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    name: String,
    #[serde(default)]
    columns: Columns,
    #[serde(default)]
    others: Others,
    #[serde(default)]
    delimiter: Delimiter,
    #[serde(default)]
    quote: Quote,
    #[serde(default)]
    encoding: Encoding,
    #[serde(default)]
    dates: Dates,
    #[serde(default)]
    status_words: Option<StatusWords>,
    #[serde(default)]
    grace_days: u16,
    #[serde(default)]
    mode: Option<ImportMode>,
}

impl TryFrom<Draft> for Profile {
    type Error = ProfileError;

    fn try_from(draft: Draft) -> Result<Self, ProfileError> {
        let Draft {
            name,
            columns,
            others,
            delimiter,
            quote,
            encoding,
            dates,
            status_words,
            grace_days,
            mode,
        } = draft;
        let status_words = status_words.unwrap_or_default();
        let name = name.trim().to_owned();
        Self { name, columns, others, delimiter, quote, encoding, dates, status_words, grace_days, mode }
            .check()
    }
}

#[cfg(test)]
mod tests;
