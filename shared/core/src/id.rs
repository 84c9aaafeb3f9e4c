//! Typed identifiers: a [`GroupId`] will not go where a [`ListId`] belongs. Clones share their text: a run over a large
//! group holds each id many times.

use std::{str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("the id is empty")]
    Empty,
    /// Longer than 128 characters.
    #[error("the id is longer than 128 characters")]
    TooLong,
    /// A character outside printable ASCII, or a slash, quote or space.
    #[error("the id holds a character that no id has")]
    Character,
}

fn checked(text: &str) -> Result<Arc<str>, IdError> {
    match text.trim() {
        "" => Err(IdError::Empty),
        long if long.len() > 128 => Err(IdError::TooLong),
        // What was taken once is stored so, and is read by the thousand: one look at each byte is enough.
        good if good.bytes().all(|b| GOOD[usize::from(b)]) => Ok(good.into()),
        mixed if mixed.bytes().all(may_be_in_an_id) => Ok(mixed.to_ascii_lowercase().into()),
        _ => Err(IdError::Character),
    }
}

/// By its byte, whether a character may be in an id and is no capital letter.
const GOOD: [bool; 256] = {
    let mut good = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        good[byte as usize] = may_be_in_an_id(byte) && !byte.is_ascii_uppercase();
        byte += 1;
    }
    good
};

const fn may_be_in_an_id(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'\'' | b'"' | b'?' | b'#' | b'%' | b'&')
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as an id, in lower case, as identifiers compare without regard to case.
            ///
            /// # Errors
            /// When it is empty, longer than 128 characters, or holds a character that no id has.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                checked(text).map(Self)
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    )+};
}

typed_ids! {
    /// One configured pairing of a list and a group.
    LinkId,
    /// One contact list.
    ListId,
    /// One contact, on however many lists.
    ContactId,
    /// One attempt at one link.
    RunId,
    /// One object of the directory: a user, a guest.
    ObjectId,
    /// One group of the directory.
    GroupId,
    /// One directory tenant.
    TenantId,
    /// One import of a file into a list.
    ImportId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_without_regard_to_case() {
        assert_eq!(GroupId::parse("AB-1"), GroupId::parse(" ab-1 "));
    }

    #[test]
    fn ids_that_could_change_a_path_are_refused() {
        for odd in ["a/b", "a b", "a'b", "a?b", "a%2fb", "ä"] {
            assert_eq!(ObjectId::parse(odd), Err(IdError::Character), "{odd}");
        }
        assert_eq!(ObjectId::parse("  "), Err(IdError::Empty));
        assert_eq!(ObjectId::parse(&"a".repeat(129)), Err(IdError::TooLong));
    }
}
