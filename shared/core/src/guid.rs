//! Object ids of the directory, in the form in which all of them are written.

use std::fmt;

use serde::Serialize;

/// An object id of the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` of hexadecimal digits, and so of nothing that any
/// language takes for code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Guid(String);

/// A text that is no GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a GUID has 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12")]
pub struct GuidError;

impl Guid {
    /// Takes a text as a GUID, in lower case.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, GuidError> {
        let groups: Vec<&str> = text.split('-').collect();
        let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        match lengths == [8, 4, 4, 4, 12] && groups.iter().all(is_hex) {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err(GuidError),
        }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> Self {
        guid.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_guid_is_taken_in_lower_case() {
        let guid = Guid::parse("2F4D0C1E-0000-4000-8000-00000000000A").map(String::from);
        assert_eq!(guid.as_deref(), Ok("2f4d0c1e-0000-4000-8000-00000000000a"));
    }

    #[test]
    fn what_only_looks_like_one_is_refused() {
        for text in [
            "",
            "2f4d0c1e",
            "2f4d0c1e-0000-4000-8000-00000000000g",
            "2f4d0c1e-0000-4000-8000-00000000000",
            " 2f4d0c1e-0000-4000-8000-000000000001",
            "2f4d0c1e-0000-4000-8000-000000000001\n",
            "{2f4d0c1e-0000-4000-8000-000000000001}",
            "2f4d0c1e-0000-4000-8000-00000000000\u{ff11}",
        ] {
            assert_eq!(Guid::parse(text), Err(GuidError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_guid_holds_nothing_but_digits_and_hyphens(text in "\\PC{0,40}|[0-9a-fA-F'$-]{36}") {
            if let Ok(guid) = Guid::parse(&text) {
                prop_assert!(guid.to_string().bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
            }
        }
    }
}
