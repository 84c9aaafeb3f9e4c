//! Settings as people write them. Who is named has to be named in a way that can be right: a word that is taken for an
//! object id of nobody protects nobody, and nothing says so.

use super::{Owners, Protected};
use crate::{
    address::Address,
    guid::Guid,
    id::{GroupId, ObjectId},
    place::{NamedPlace, Scheme},
};

/// A text that names nobody who could be protected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is neither an object id (a GUID such as 2f4d0c1e-0000-4000-8000-000000000001), nor an address, nor the word \
     owners: did you mean owners?"
)]
pub struct ProtectedError(pub String);

/// A text that is no group's object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no object id of a group: copy the GUID, such as 2f4d0c1e-0000-4000-8000-000000000001, from Entra"
)]
pub struct GroupIdError(pub String);

/// A text that is no domain of people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no domain such as contoso.com")]
pub struct DomainError(pub String);

/// A text that is no account that could own a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a sign-in name such as anna@contoso.com nor an object id (a GUID)")]
pub struct OwnerError(pub String);

/// Reads who is to own a group: a sign-in name or an object id.
///
/// # Errors
/// When it is neither: the group would be without an owner.
pub fn parse_owner(text: &str) -> Result<String, OwnerError> {
    let text = text.trim();
    match Address::parse(text).is_ok() || Guid::parse(text).is_ok() {
        true => Ok(text.to_owned()),
        false => Err(OwnerError(text.to_owned())),
    }
}

impl Protected {
    /// Reads object ids, addresses and the word `owners`; empty texts say nothing.
    ///
    /// # Errors
    /// With the first text that is none of these.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ProtectedError> {
        let mut protected = Self::default();
        for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            if text.eq_ignore_ascii_case("owners") {
                protected.owners = Owners::Protected;
            } else if let Ok(address) = Address::parse(text) {
                protected.addresses.insert(address);
            } else if let (Ok(_), Ok(id)) = (Guid::parse(text), ObjectId::parse(text)) {
                protected.object_ids.insert(id);
            } else {
                return Err(ProtectedError(text.to_owned()));
            }
        }
        Ok(protected)
    }

    /// The texts that read back as the same.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let Self { object_ids, addresses, owners } = self;
        let owners = (*owners == Owners::Protected).then(|| "owners".to_owned());
        let ids = object_ids.iter().map(ToString::to_string);
        owners.into_iter().chain(ids).chain(addresses.iter().map(ToString::to_string)).collect()
    }

    /// Object ids that no directory has, from before they were looked at.
    pub fn impossible(&self) -> impl Iterator<Item = &ObjectId> {
        self.object_ids.iter().filter(|id| Guid::parse(id.as_str()).is_err())
    }
}

/// Reads a domain, in the form that addresses have it in: with a dot, as no mail comes to a bare name.
///
/// # Errors
/// When no address can have it.
pub fn parse_domain(text: &str) -> Result<String, DomainError> {
    let text = text.trim().trim_start_matches('@');
    let refuse = || DomainError(text.to_owned());
    let probe = Address::parse(&format!("probe@{text}")).map_err(|_| refuse())?;
    if probe.domain().contains('.') { Ok(probe.domain().to_owned()) } else { Err(refuse()) }
}

/// Reads a group's object id, with `entra:` before it or without.
///
/// # Errors
/// When it is no GUID.
pub fn parse_group_id(text: &str) -> Result<GroupId, GroupIdError> {
    let refuse = || GroupIdError(text.to_owned());
    let NamedPlace { scheme: Scheme::Entra, name } = NamedPlace::parse(text).map_err(|_| refuse())?;
    Guid::parse(name).map_err(|_| refuse())?;
    GroupId::parse(name).map_err(|_| refuse())
}

/// Whether a text was meant for an object id and is none: of hexadecimal digits and hyphens for the most part, in five
/// groups or of some 32 digits. No such unique name is chosen by anybody.
#[must_use]
pub fn is_almost_guid(text: &str) -> bool {
    let text = text.trim().trim_matches(['{', '}']);
    if Guid::parse(text).is_ok() {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    let others = text.chars().filter(|c| !c.is_ascii_hexdigit() && *c != '-').count();
    let is_grouped = text.matches('-').count() == 4 || !text.contains('-');
    is_grouped && (28..=36).contains(&digits) && others <= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "2f4d0c1e-0000-4000-8000-000000000001";

    #[test]
    fn who_is_protected_reads_back_as_it_was_written() {
        let texts = ["owners", ID, "anna@contoso.com"];
        assert_eq!(
            Protected::parse(texts).map(|protected| protected.texts()).as_deref(),
            Ok(&texts.map(str::to_owned)[..])
        );
        let upper = ID.to_ascii_uppercase();
        assert_eq!(
            Protected::parse([upper.as_str(), "", " "]).map(|protected| protected.texts()).as_deref(),
            Ok(&[ID.to_owned()][..])
        );
    }

    #[test]
    fn a_word_that_names_nobody_is_refused_with_the_word_that_was_meant() {
        for text in [
            "owner",
            "ceo",
            "John.Doe",
            "a b",
            "@nobody",
            "2f4d0c1e-0000-4000-8000-00000000000g",
            "2f4d0c1e-0000-4000-8000-0000000000012",
            "{2f4d0c1e-0000-4000-8000-000000000001}",
            "ann@",
        ] {
            let error = Protected::parse(["owners", text]).expect_err(text).to_string();
            assert!(error.contains(text) && error.contains("did you mean owners?"), "{error}");
        }
    }

    #[test]
    fn a_stored_id_that_nobody_can_have_is_found() {
        let mut protected = Protected::parse([ID]).expect("an id");
        protected.object_ids.insert(ObjectId::parse("ceo").expect("a plain name makes an id"));
        assert_eq!(protected.impossible().map(ObjectId::as_str).collect::<Vec<_>>(), ["ceo"]);
    }

    #[test]
    fn a_domain_has_a_dot_and_a_group_id_is_a_guid() {
        assert_eq!(parse_domain(" @Contoso.COM ").as_deref(), Ok("contoso.com"));
        for text in ["contoso", "", "a b.com", "ann@contoso.com", ".", "contoso."] {
            assert!(parse_domain(text).is_err(), "{text}");
        }
        assert_eq!(parse_group_id(ID).map(String::from).as_deref(), Ok(ID));
        for text in ["staff", "", "2f4d0c1e-0000-4000-8000-00000000000g"] {
            assert!(parse_group_id(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_with_a_slip_is_told_from_a_name() {
        for slip in [
            "2f4d0c1e-0000-4000-8000-00000000000g",
            "2f4d0c1e-0000-4000-8000-00000000001",
            "{2f4d0c1e-0000-4000-8000-00000000000x}",
            "2f4d0c1e0000400080000000000000g1",
        ] {
            assert!(is_almost_guid(slip), "{slip}");
        }
        for name in [
            ID,
            "staff",
            "all-hands-of-the-whole-company",
            "listsync-news-0123456789ab",
            "face-feed-dead-beef-cafe",
        ] {
            assert!(!is_almost_guid(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_can_be_an_id_an_address_or_the_word(text in "[0-9a-zA-Z.@ -]{0,40}") {
            if let Ok(protected) = Protected::parse([text.as_str()]) {
                prop_assert!(protected.object_ids.iter().all(|id| Guid::parse(id.as_str()).is_ok()));
            }
        }
    }
}
