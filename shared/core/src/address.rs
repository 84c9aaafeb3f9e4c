//! The canonical key of an e-mail address.

use std::{fmt, str::FromStr, sync::Arc};

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address in its canonical form: what people are looked up by.
///
/// The local part is folded to lower case (Entra ID treats it so), the domain is a lower-case A-label (RFC 5890).
/// Plus-tags and dots stay: stripping them would merge people. `Debug` is redacted so that no log line can hold one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Arc<str>);

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("the address is empty")]
    Empty,
    /// Not of the form `local@domain`.
    #[error("not an e-mail address")]
    Syntax,
    /// A display name stands around the address.
    #[error("a display name stands around the address: give the bare address")]
    DisplayName,
    /// The domain is not one that mail can be sent to.
    #[error("the domain is not valid")]
    Domain,
    /// A character that cannot be seen, as pasted text brings it.
    #[error("the address holds an invisible character: type it anew")]
    Invisible,
    /// A guest's user principal name (`…#EXT#@…`), which is no mail address.
    #[error("this is a guest's sign-in name (#EXT#), not a mail address")]
    GuestName,
}

impl Address {
    /// Reads an address as people and exports write it: outer space and one `mailto:` or `smtp:` go.
    ///
    /// # Errors
    /// When it is no bare address with a domain of at least two labels.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text: String = text.trim().nfc().collect();
        let bare = strip_scheme(&text);
        if bare.is_empty() {
            return Err(AddressError::Empty);
        }
        if bare.contains(['<', '>']) {
            return Err(AddressError::DisplayName);
        }
        let (local, domain) = bare.rsplit_once('@').ok_or(AddressError::Syntax)?;
        if local.to_ascii_lowercase().contains("#ext#") {
            return Err(AddressError::GuestName);
        }
        if local.contains(['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}']) {
            return Err(AddressError::Invisible);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
        let local: String = local.to_lowercase().nfc().collect();
        let key = format!("{local}@{domain}");
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        match EmailAddress::parse_with_options(&key, options) {
            Ok(_) if !domain.ends_with('.') && !local.starts_with('"') => Ok(Self(key.into())),
            _ => Err(AddressError::Syntax),
        }
    }

    /// The address as text: for a request or an operator's screen, never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`, a lower-case A-label.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn strip_scheme(text: &str) -> &str {
    for scheme in ["mailto:", "smtp:"] {
        if let Some(head) = text.get(..scheme.len())
            && head.eq_ignore_ascii_case(scheme)
        {
            return &text[scheme.len()..];
        }
    }
    text
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_person_has_one_key() {
        for (given, key) in [
            (" Anna.Meier@Contoso.Example ", "anna.meier@contoso.example"),
            ("SMTP:Anna@contoso.example", "anna@contoso.example"),
            ("mailto:anna@contoso.example", "anna@contoso.example"),
            ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
            ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
            ("o'neil@contoso.example", "o'neil@contoso.example"),
        ] {
            assert_eq!(Address::parse(given).map(String::from).as_deref(), Ok(key), "{given}");
        }
    }

    #[test]
    fn tags_and_dots_keep_people_apart() {
        assert_ne!(Address::parse("a+news@b.example"), Address::parse("a@b.example"));
        assert_ne!(Address::parse("a.b@b.example"), Address::parse("ab@b.example"));
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        for (given, why) in [
            ("", AddressError::Empty),
            ("anna", AddressError::Syntax),
            ("Anna <anna@b.example>", AddressError::DisplayName),
            ("anna@localhost", AddressError::Syntax),
            ("anna@[192.0.2.1]", AddressError::Domain),
            ("anna@b.example.", AddressError::Domain),
            ("an\u{200b}na@b.example", AddressError::Invisible),
            ("anna_home.example#EXT#@contoso.example", AddressError::GuestName),
        ] {
            assert_eq!(Address::parse(given), Err(why), "{given}");
        }
    }

    /// Law 15.
    #[test]
    fn debug_tells_nothing() {
        let address = Address::parse("anna@b.example").expect("valid");
        assert_eq!(format!("{address:?}"), "Address(…)");
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "\\PC{0,40}") {
            if let Ok(once) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(once.as_str()), Ok(once.clone()));
            }
        }

        #[test]
        fn a_plain_address_is_taken(local in "[a-z0-9]{1,10}", domain in "[a-z]{1,10}") {
            let text = format!("{local}@{domain}.example");
            prop_assert!(Address::parse(&text).is_ok());
        }
    }
}
