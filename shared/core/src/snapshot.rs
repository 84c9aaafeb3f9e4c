//! A failed or partial read is never a short list: only a finished read makes a [`Snapshot`].

use std::collections::BTreeMap;

use crate::{address::Address, belief::Seen, id::ObjectId};

/// A directory object as far as a link needs it: a user or a guest.
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
    /// Whether it is a guest.
    pub kind: PrincipalKind,
}

/// Whether a directory object is one of the tenant's own people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user of the tenant.
    Own,
    /// A guest.
    Guest,
}

impl Principal {
    /// The address under which it becomes a contact: mail, else the primary proxy address, else the first other mail.
    #[must_use]
    pub fn contact_address(&self) -> Option<&Address> {
        self.mail.as_ref().or_else(|| self.proxies.first()).or_else(|| self.others.first())
    }

    /// Every address it answers to, in the order in which a look-up asks.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.mail.iter().chain(&self.proxies).chain(&self.upn).chain(&self.others)
    }
}

/// The rows of one read of a group and the count that the directory gave with them, of the same cast.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was read.
    pub rows: Vec<Principal>,
    /// What the directory says there is; none: it gave no count.
    pub count: Option<u64>,
}

/// A finished read of a group.
#[derive(Debug, Clone)]
pub struct Snapshot {
    members: BTreeMap<ObjectId, Principal>,
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
        let members: BTreeMap<_, _> = reading.rows.into_iter().map(|row| (row.id.clone(), row)).collect();
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
    pub fn members(&self) -> &BTreeMap<ObjectId, Principal> {
        &self.members
    }

    /// Takes the members out.
    #[must_use]
    pub fn into_members(self) -> BTreeMap<ObjectId, Principal> {
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
            let reading = Reading { rows: (0..rows).map(principal).collect(), count };
            let snapshot = Snapshot::from_reading(reading);
            let stranger = ObjectId::parse("stranger").expect("an id");
            let absent = snapshot.seen(&stranger) == Seen::Absent;
            prop_assert_eq!(absent, count == Some(u64::from(rows)));
        }
    }

    #[test]
    fn a_row_read_twice_counts_once() {
        let reading = Reading { rows: vec![principal(1), principal(1)], count: Some(1) };
        assert_eq!(Snapshot::from_reading(reading).completeness(), Completeness::Complete);
    }
}
