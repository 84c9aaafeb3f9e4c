//! A failed or partial read is never a short list: only a finished read makes a [`Snapshot`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{address::Address, belief::Seen, id::ObjectId, records::Principals};

/// A directory object as far as a link needs it: a user, a guest or an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its id.
    pub id: ObjectId,
    /// Its display name, possibly empty.
    pub name: String,
    /// `mail`, if it is an address.
    pub mail: Option<Address>,
    /// The proxy addresses, the primary one first.
    pub proxies: Vec<Address>,
    /// The user principal name, where it is an address of no `#EXT#` form.
    pub upn: Option<Address>,
    /// `otherMails`.
    pub others: Vec<Address>,
    /// Who stands behind it.
    pub kind: PrincipalKind,
}

/// Who stands behind the account of a directory object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user of the tenant.
    Own,
    /// A guest.
    Guest,
    /// An agent: software that has a user's account, and with it addresses and memberships.
    Agent,
}

impl Principal {
    /// The address under which it becomes a contact: mail, else the primary proxy address, else the first other mail.
    #[must_use]
    pub fn contact_address(&self) -> Option<&Address> {
        self.primary_address().or_else(|| self.others.first())
    }

    /// The address that the directory holds to be its first: mail, else the primary proxy address.
    #[must_use]
    pub fn primary_address(&self) -> Option<&Address> {
        self.mail.as_ref().or_else(|| self.proxies.first())
    }

    /// Every address it answers to, in the order in which a look-up asks.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.mail.iter().chain(&self.proxies).chain(&self.upn).chain(&self.others)
    }
}

/// A member of a group that is no person: it is never written, and no contact stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherKind {
    /// A group in the group.
    NestedGroup,
    /// A computer or a phone.
    Device,
    /// An application's account.
    ServicePrincipal,
    /// An organizational contact, which cannot be a member of a Microsoft 365 group.
    OrgContact,
}

impl OtherKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::NestedGroup, Self::Device, Self::ServicePrincipal, Self::OrgContact];

    /// The stable code under which summaries count it as skipped.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NestedGroup => "nested_group",
            Self::Device => "device",
            Self::ServicePrincipal => "service_principal",
            Self::OrgContact => "org_contact",
        }
    }
}

/// How many members of a group are no people, by kind; without those of which there is none.
pub type Others = BTreeMap<OtherKind, u64>;

/// How deep a group is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Its own members.
    Direct,
    /// The members of the groups in it too, as though they were its own.
    Nested,
}

/// Whether people of nested groups are among what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nesting {
    /// The group holds none, or they were not asked for.
    #[default]
    Flat,
    /// They are: what changed in a nested group does not show as a change of this one.
    Flattened,
}

/// The rows of one read of a group and the count that the directory gave with them, of the same cast.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was read.
    pub rows: Vec<Principal>,
    /// What the directory says there is; none: it gave no count.
    pub count: Option<u64>,
    /// Who else is a member and was left out.
    pub others: Others,
    /// Whether nested groups were read.
    pub nesting: Nesting,
}

/// A finished read of a group.
#[derive(Debug, Clone)]
pub struct Snapshot {
    members: Principals,
    completeness: Completeness,
}

/// Whether a read may speak of absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Rows and count agree.
    Complete,
    /// They do not: presences count, absences do not.
    CountMismatch,
}

impl Snapshot {
    /// Makes a snapshot of a read that came to its end.
    #[must_use]
    pub fn from_reading(reading: Reading) -> Self {
        let count = reading.count;
        let members = Principals::from(reading.rows);
        let completeness = match count {
            Some(count) if count == members.len() as u64 => Completeness::Complete,
            _ => Completeness::CountMismatch,
        };
        Self { members, completeness }
    }

    /// Whether rows and count agree.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        self.completeness
    }

    /// The members that were read.
    #[must_use]
    pub fn members(&self) -> &Principals {
        &self.members
    }

    /// Takes the members out.
    #[must_use]
    pub fn into_members(self) -> Principals {
        self.members
    }

    /// What the read says of one object.
    #[must_use]
    pub fn seen(&self, id: &ObjectId) -> Seen {
        match (self.members.contains_key(id), self.completeness) {
            (true, _) => Seen::Present,
            (false, Completeness::Complete) => Seen::Absent,
            (false, Completeness::CountMismatch) => Seen::Unmentioned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn principal(number: u32) -> Principal {
        Principal {
            id: ObjectId::parse(&format!("u{number}")).expect("an id"),
            name: String::new(),
            mail: None,
            proxies: Vec::new(),
            upn: None,
            others: Vec::new(),
            kind: PrincipalKind::Own,
        }
    }

    proptest! {
        #[test]
        fn a_read_whose_count_disagrees_never_says_absent(rows in 0..20_u32, count in proptest::option::of(0..20_u64)) {
            let reading = Reading { rows: (0..rows).map(principal).collect(), count, ..Reading::default() };
            let snapshot = Snapshot::from_reading(reading);
            let stranger = ObjectId::parse("stranger").expect("an id");
            let absent = snapshot.seen(&stranger) == Seen::Absent;
            prop_assert_eq!(absent, count == Some(u64::from(rows)));
        }
    }

    #[test]
    fn a_row_read_twice_counts_once() {
        let reading =
            Reading { rows: vec![principal(1), principal(1)], count: Some(1), ..Reading::default() };
        assert_eq!(Snapshot::from_reading(reading).completeness(), Completeness::Complete);
    }
}
