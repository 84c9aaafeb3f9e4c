//! How the files of one source are written, and what their columns mean.

mod built_in;
mod dialect;
mod expected;
mod overrides;
mod words;

use std::collections::BTreeMap;

use listsync_engine::ports::ImportMode;
use serde::{Deserialize, Serialize};

pub use dialect::{AddressBy, Dates, Delimiter, Encoding, NameOrder, OptOutRule, Others, Quote, StatusRule};
pub use expected::Expected;
pub use overrides::Overrides;
use words::GivenWords;
pub use words::{StatusWordError, StatusWords, status_word};

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
///   "skip_rows": 2,
///   "names": "family_first",
///   "mode": "full"
/// }
/// ```
///
/// All but `name` may be left out. A column is found by its exact title; else without regard to case, spaces and `_ . -`; else,
/// where it is one column only, without an area in parentheses at its end. Of several names of one column the first that the
/// file has counts; of status columns, all.
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
    /// So many rows stand above the header row; 0: it is found.
    pub skip_rows: u16,
    /// In which order whole names stand.
    pub names: NameOrder,
    /// What is done about columns that smell of status.
    pub status_rule: StatusRule,
    /// What is done about columns that tell who opted out.
    pub opt_out_rule: OptOutRule,
    /// By what the e-mail column is found where its title does not tell.
    pub address_by: AddressBy,
    /// Titles that the file has to have, as somebody names them for this file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
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
    /// Whether the person is active, on leave, or gone. All that the file has count: who is gone in any of them is gone.
    pub status: ColumnNames,
    /// A status in the company's own words, such as Full-Time: only words of leaving say that the person is gone.
    pub employment_status: ColumnNames,
    /// The day on which a person leaves: the last one.
    pub status_date: ColumnNames,
    /// Fields of the contact, by their name.
    pub fields: BTreeMap<String, ColumnNames>,
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
            skip_rows: 0,
            names: NameOrder::default(),
            status_rule: StatusRule::default(),
            opt_out_rule: OptOutRule::default(),
            address_by: AddressBy::default(),
            required: Vec::new(),
            mode: None,
        }
    }

    /// Whether it is one of [`Self::BUILT_IN`], with or without what somebody changed in it for a file.
    pub(crate) fn is_built_in(&self) -> bool {
        Self::BUILT_IN.contains(&self.name.as_str())
    }

    /// Whether its files are to say who is there: where none of its columns does, a column that smells of it is missed.
    pub(crate) fn expects_status(&self) -> bool {
        !self.columns.status.0.is_empty() || !self.columns.employment_status.0.is_empty()
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

    fn check(self) -> Result<Self, ProfileError> {
        if let Some(word) = self.status_words.twofold() {
            return Err(ProfileError::StatusWord(word));
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
    status_words: GivenWords,
    #[serde(default)]
    grace_days: u16,
    #[serde(default)]
    skip_rows: u16,
    #[serde(default)]
    names: NameOrder,
    #[serde(default)]
    status_rule: StatusRule,
    #[serde(default)]
    opt_out_rule: OptOutRule,
    #[serde(default)]
    address_by: AddressBy,
    #[serde(default)]
    mode: Option<ImportMode>,
}

impl TryFrom<Draft> for Profile {
    type Error = ProfileError;

    fn try_from(draft: Draft) -> Result<Self, ProfileError> {
        let profile = Self {
            name: draft.name.trim().to_owned(),
            columns: draft.columns,
            others: draft.others,
            delimiter: draft.delimiter,
            quote: draft.quote,
            encoding: draft.encoding,
            dates: draft.dates,
            status_words: draft.status_words.completed(),
            grace_days: draft.grace_days,
            skip_rows: draft.skip_rows,
            names: draft.names,
            status_rule: draft.status_rule,
            opt_out_rule: draft.opt_out_rule,
            address_by: draft.address_by,
            required: Vec::new(),
            mode: draft.mode,
        };
        profile.check()
    }
}

#[cfg(test)]
mod tests;
