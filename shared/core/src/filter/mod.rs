//! Filters over contacts: the text of RFC 7644 section 3.4.2.2, and what it means here.
//!
//! A filter is a condition such as `department eq "Sales" and (location sw "Gen" or custom.costCenter eq "4711")`. The
//! grammar is the standard's; where it leaves the meaning open, this is what holds:
//!
//! - Texts and field names are compared without regard to case, texts in Unicode normal form C.
//! - A field that is missing or blank has no value (RFC 7643 section 2.5). Every comparison with it is false, also `ne`:
//!   nobody comes onto a list because something about them is unknown. `not (team eq "A")` names them too; `team eq
//!   null` and `team eq ""` name just them.
//! - Dates (`2024-01-01`, which is its midnight in UTC, or a full date-time) are compared as instants where both sides
//!   are dates.
//! - A number without quotes is compared as a number where the value is one too. In quotes it is a text for `eq` and
//!   `ne` (`"007"` is not `"7"`), and `gt`, `ge`, `lt`, `le` compare two numbers as numbers.
//! - `true` and `false` mean the same with and without quotes.
//! - There are no value paths (`emails[type eq "work"]`), as a contact has one value per field, and no patterns.

mod error;
mod explain;
mod literal;
mod parse;
mod person;
mod term;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use error::{Expected, FilterError};
pub use explain::{Explanation, Fact};
pub use person::{KnownFields, Person};
use term::Term;

/// A condition that a contact meets or not. It is its text: two filters are equal where their texts are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter {
    text: String,
    root: Node,
}

impl Filter {
    /// The longest text, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Reads a filter. Whether there are fields of the names that it uses is not known here: see [`Filter::check`].
    ///
    /// # Errors
    /// When the text is none, is longer than [`Filter::MAX_BYTES`], nests more than 64 levels deep, or asks what is
    /// not supported.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let root = parse::parse(text)?;
        Ok(Self { text: text.trim().to_owned(), root })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The fields that it asks for, as [`fold_name`] writes them.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&str> {
        let mut fields = BTreeSet::new();
        self.root.each_term(&mut |term| {
            fields.insert(term.field.as_str());
        });
        fields
    }

    /// Refuses a filter that asks for a field which is not `known`, to be called before it is saved: a misspelt field
    /// would be one that nobody has a value in. `known` is given names as [`fold_name`] writes them.
    ///
    /// # Errors
    /// [`FilterError::UnknownField`] with the first such field.
    pub fn check(&self, known: impl Fn(&str) -> bool) -> Result<(), FilterError> {
        let mut unknown = None;
        self.root.each_term(&mut |term| {
            if unknown.is_none() && !known(&term.field) {
                unknown = Some(term.written.clone());
            }
        });
        unknown.map_or(Ok(()), |field| Err(FilterError::UnknownField { field }))
    }

    /// Whether a contact meets it.
    #[must_use]
    pub fn matches(&self, contact: &dyn Attributes) -> bool {
        self.root.matches(contact)
    }

    /// Why a contact meets it or not. The outcome is that of [`Filter::matches`].
    #[must_use]
    pub fn explain(&self, contact: &dyn Attributes) -> Explanation {
        explain::explain(&self.root, contact)
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Filter {
    type Err = FilterError;
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;
    fn try_from(text: String) -> Result<Self, FilterError> {
        Self::parse(&text)
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.text
    }
}

/// What a filter can ask of a contact.
pub trait Attributes {
    /// The value of a field. The name is given as [`fold_name`] writes it, so `costCenter`, `cost_center` and a column
    /// titled "Cost Center" are one field: compare it with names folded the same way. A missing value and a blank text
    /// are the same.
    fn get(&self, field: &str) -> Option<Value<'_>>;
}

/// A value of a contact's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, which may read as a number or a date.
    Text(Cow<'a, str>),
    /// Yes or no.
    Bool(bool),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl<'a> Value<'a> {
    /// As text; none where it is blank.
    fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Bool(true) => Some("true".into()),
            Self::Bool(false) => Some("false".into()),
            Self::Text(text) if text.trim().is_empty() => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// A field's name as names are compared: letters and digits in lower case, and the dots between its parts. So a filter,
/// whose grammar knows no spaces in names, reaches a column of any title.
#[must_use]
pub fn fold_name(name: &str) -> String {
    name.chars().filter(|each| each.is_alphanumeric() || *each == '.').flat_map(char::to_lowercase).collect()
}

/// A condition, as a tree that is at most 64 levels deep.
#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Term(Box<Term>),
}

impl Node {
    fn matches(&self, contact: &dyn Attributes) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(contact)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(contact)),
            Self::Not(part) => !part.matches(contact),
            Self::Term(term) => term.holds(term.value(contact).as_deref()),
        }
    }

    fn each_term<'a>(&'a self, visit: &mut impl FnMut(&'a Term)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_term(visit);
                }
            }
            Self::Not(part) => part.each_term(visit),
            Self::Term(term) => visit(term),
        }
    }
}
