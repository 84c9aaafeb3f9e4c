//! Who is never removed, by whatever address they were named.
//!
//! A protected address names a person, and a person has more addresses than any one side shows: who
//! is protected by an alias is on the list under the primary address, and a change feed shows object
//! ids alone. So a run asks the directory whose the address is and protects that object. What it
//! was told stays when the address is taken from its person, as a rename does: the administrator
//! meant the person.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::Address,
    case::Protection,
    id::ObjectId,
    member::MemberKey,
    settings::{Owners, Protected},
    snapshot::Principal,
};

/// Whose each protected address is, as the directory last told of it; empty: nobody answered to it.
/// Of several people all are meant, as nothing tells who is not.
pub type Named = BTreeMap<Address, BTreeSet<ObjectId>>;

/// Who is never removed from either side of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shield {
    object_ids: BTreeSet<ObjectId>,
    addresses: BTreeSet<Address>,
    /// What holds of a member whose addresses were not read.
    unread: Protection,
}

/// Nobody is protected.
impl Default for Shield {
    fn default() -> Self {
        let nobody = Protected::default();
        Self::new([&nobody, &nobody], &Named::new(), BTreeSet::new())
    }
}

impl Shield {
    /// Joins what the settings and the link say with what is known of the addresses in it.
    #[must_use]
    pub fn new(said: [&Protected; 2], named: &Named, owners: BTreeSet<ObjectId>) -> Self {
        let addresses = addresses(said);
        let of_address = |address: &Address| named.get(address).filter(|people| !people.is_empty());
        let ids = said.into_iter().flat_map(|protected| &protected.object_ids);
        let meant = addresses.iter().filter_map(of_address).flatten();
        // Whose address it is could be anybody's whose addresses were not read.
        let unread = match addresses.iter().all(|address| of_address(address).is_some()) {
            true => Protection::Ordinary,
            false => Protection::Protected,
        };
        Self { object_ids: ids.chain(meant).cloned().chain(owners).collect(), addresses, unread }
    }

    /// Whether members whose addresses were not read have to be read before one of them is removed.
    #[must_use]
    pub fn asks_who_is_unread(&self) -> bool {
        self.unread == Protection::Protected
    }

    /// Whether a member may be removed, by every address that is known of them.
    #[must_use]
    pub fn covers<'a>(
        &self,
        key: &MemberKey,
        known: impl IntoIterator<Item = &'a Address>,
        principal: Option<&'a Principal>,
    ) -> Protection {
        let by_id = key.object_id().is_some_and(|id| self.object_ids.contains(id));
        let read = principal.into_iter().flat_map(Principal::addresses);
        match by_id || known.into_iter().chain(read).any(|address| self.addresses.contains(address)) {
            true => Protection::Protected,
            // A contact that is nobody's in the directory has no addresses but those that are known.
            false if principal.is_none() && key.object_id().is_some() => self.unread,
            false => Protection::Ordinary,
        }
    }
}

/// Every protected address.
#[must_use]
pub fn addresses(said: [&Protected; 2]) -> BTreeSet<Address> {
    said.into_iter().flat_map(|protected| &protected.addresses).cloned().collect()
}

/// Whether the owners of the groups are protected.
#[must_use]
pub fn covers_owners(said: [&Protected; 2]) -> bool {
    said.into_iter().any(|protected| protected.owners == Owners::Protected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::PrincipalKind;

    fn address(local: &str) -> Address {
        Address::parse(&format!("{local}@contoso.example")).expect("an address")
    }

    fn object(id: &str) -> ObjectId {
        ObjectId::parse(id).expect("an id")
    }

    fn key(id: &str) -> MemberKey {
        MemberKey::Principal(object(id))
    }

    fn read(id: &str, mail: &str) -> Principal {
        Principal {
            id: object(id),
            kind: PrincipalKind::Own,
            name: String::new(),
            mail: Some(address(mail)),
            upn: None,
            proxies: Vec::new(),
            others: Vec::new(),
        }
    }

    fn shield(named: &[(&str, &[&str])]) -> Shield {
        let protected = Protected { addresses: [address("ceo")].into(), ..Protected::default() };
        let named =
            named.iter().map(|(local, ids)| (address(local), ids.iter().map(|id| object(id)).collect()));
        Shield::new([&protected, &Protected::default()], &named.collect(), BTreeSet::new())
    }

    /// Law 16.
    #[test]
    fn whom_an_address_was_found_to_mean_is_covered_however_little_was_read() {
        let shield = shield(&[("ceo", &["chief"])]);
        assert_eq!(shield.covers(&key("chief"), [], None), Protection::Protected);
        assert_eq!(shield.covers(&key("other"), [], None), Protection::Ordinary);
        assert!(!shield.asks_who_is_unread());
    }

    /// Law 16.
    #[test]
    fn while_an_address_is_nobodys_only_those_who_were_read_are_ordinary() {
        for named in [shield(&[]), shield(&[("ceo", &[])])] {
            assert!(named.asks_who_is_unread());
            assert_eq!(named.covers(&key("anybody"), [&address("anybody")], None), Protection::Protected);
            let read = read("anybody", "anybody");
            assert_eq!(named.covers(&key("anybody"), [], Some(&read)), Protection::Ordinary);
        }
    }

    #[test]
    fn of_several_people_with_one_address_all_are_covered() {
        let shield = shield(&[("ceo", &["old", "new"])]);
        for id in ["old", "new"] {
            assert_eq!(shield.covers(&key(id), [], None), Protection::Protected);
        }
    }

    #[test]
    fn an_address_that_was_read_covers_by_itself() {
        let shield = shield(&[("ceo", &["chief"])]);
        assert_eq!(shield.covers(&key("deputy"), [], Some(&read("deputy", "ceo"))), Protection::Protected);
        assert_eq!(shield.covers(&key("deputy"), [&address("ceo")], None), Protection::Protected);
    }
}
