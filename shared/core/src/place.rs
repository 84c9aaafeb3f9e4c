//! Where a link leads: something outside the list service that has members, such as a group of the directory.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{id::GroupId, link::Link};

/// The kinds of places that links can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// A group of the tenant's directory, which is Microsoft Entra ID.
    Entra,
}

impl Scheme {
    /// Every one, as people are told of them.
    pub const KNOWN: &[Self] = &[Self::Entra];

    /// The word before the colon.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Entra => "entra",
        }
    }

    /// By how much, at the most, what is read of such a place is behind what was done there. Zero: reads are exact, and links
    /// to it have no settle window.
    ///
    /// Entra promises nothing; a quarter of an hour was seen. Source: <https://learn.microsoft.com/graph/delta-query-overview>
    /// ("Processing delays") and issue 6376 of microsoftgraph/microsoft-graph-docs.
    #[must_use]
    pub fn lag(self) -> Duration {
        match self {
            Self::Entra => Duration::from_secs(15 * 60),
        }
    }
}

/// A place that is there, as documents show it: `entra:` and the group's object id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Its kind.
    pub scheme: Scheme,
    /// Its own id.
    pub id: GroupId,
}

impl Place {
    /// A group of the directory.
    #[must_use]
    pub fn entra(id: GroupId) -> Self {
        Self { scheme: Scheme::Entra, id }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.word(), self.id)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let NamedPlace { scheme, name } = NamedPlace::parse(&text).map_err(D::Error::custom)?;
        Ok(Self { scheme, id: GroupId::parse(name).map_err(D::Error::custom)? })
    }
}

impl Link {
    /// Of which kind the place is that it leads to, be it made already or not.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        Scheme::Entra
    }

    /// The place that it leads to, by the first of its groups; none: that is still to be made.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        (!self.is_pending()).then(|| Place::entra(self.group.clone()))
    }
}

/// A place as a person names it, of which the place itself may know nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedPlace<'a> {
    /// Its kind.
    pub scheme: Scheme,
    /// What follows the colon: an id or a name of that kind, as it was written.
    pub name: &'a str,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A word before the colon that no kind of place has.
    #[error(
        "'{0}:' is no kind of place that listsync knows; it knows {known}. A group whose name begins so is named {first}:{0}:…",
        known = known(),
        first = Scheme::Entra.word()
    )]
    UnknownScheme(String),
}

impl<'a> NamedPlace<'a> {
    /// Reads `SCHEME:NAME`; a text without a scheme names a group of the directory.
    ///
    /// A scheme is a word in lower case with the colon right behind it and something right behind that, as in a URI
    /// (RFC 3986, section 3.1), so that `Sales: Europe` is still a name.
    ///
    /// # Errors
    /// When the scheme is not known.
    pub fn parse(text: &'a str) -> Result<Self, PlaceError> {
        let text = text.trim();
        let bare = Self { scheme: Scheme::Entra, name: text };
        let Some((word, name)) = text.split_once(':').filter(|(word, name)| is_scheme(word, name)) else {
            return Ok(bare);
        };
        let known = Scheme::KNOWN.iter().find(|scheme| scheme.word() == word);
        match known {
            Some(scheme) => Ok(Self { scheme: *scheme, name: name.trim() }),
            None => Err(PlaceError::UnknownScheme(word.to_owned())),
        }
    }
}

fn is_scheme(word: &str, name: &str) -> bool {
    let is_known = Scheme::KNOWN.iter().any(|scheme| scheme.word() == word);
    let mut letters = word.bytes();
    let is_word = letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    is_known || (is_word && name.chars().next().is_some_and(|next| !next.is_whitespace()))
}

fn known() -> String {
    Scheme::KNOWN.iter().map(|scheme| format!("{}:GROUP", scheme.word())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entra(name: &str) -> Result<NamedPlace<'_>, PlaceError> {
        Ok(NamedPlace { scheme: Scheme::Entra, name })
    }

    #[test]
    fn a_bare_name_and_one_with_its_scheme_are_the_same_place() {
        for (text, name) in [
            ("staff", "staff"),
            ("entra:staff", "staff"),
            (" entra: staff ", "staff"),
            ("entra:", ""),
            ("Sales: Europe", "Sales: Europe"),
            ("Sales:Europe", "Sales:Europe"),
            ("sales: Europe", "sales: Europe"),
            ("entra:sales:europe", "sales:europe"),
            (":staff", ":staff"),
            ("9lives:x", "9lives:x"),
            ("a b:c", "a b:c"),
        ] {
            assert_eq!(NamedPlace::parse(text), entra(name), "{text}");
        }
    }

    #[test]
    fn an_unknown_kind_of_place_is_refused_with_those_that_are_known() {
        for word in ["ldap", "entr", "x-y.z+1"] {
            let text = format!("{word}:cn=staff");
            let refused = NamedPlace::parse(&text).expect_err("unknown");
            assert_eq!(refused, PlaceError::UnknownScheme(word.to_owned()));
            assert!(refused.to_string().contains("entra:GROUP"), "{refused}");
        }
    }

    #[test]
    fn a_place_is_shown_as_it_can_be_named() {
        let place = Place::entra(GroupId::parse("5d1f").expect("an id"));
        assert_eq!(place.to_string(), "entra:5d1f");
        assert_eq!(NamedPlace::parse(&place.to_string()), entra("5d1f"));
        let text = serde_json::to_string(&place).expect("written");
        assert_eq!(text, "\"entra:5d1f\"");
        assert_eq!(serde_json::from_str::<Place>(&text).expect("read"), place);
    }
}
