//! What a run holds of everybody: of a large group all of it at once.

use crate::{
    id::{ContactId, ObjectId},
    list::Entry,
    member::{Member, MemberKey},
    snapshot::Principal,
};

/// What is told from others of its kind by a key that it has.
pub trait Keyed {
    /// By what.
    type Key: Ord;

    /// Its own.
    fn key(&self) -> &Self::Key;
}

/// Rows, at most one for each key, in the order of their keys.
///
/// They stand in one piece of memory: a map would hold each key twice, and beside it the rows of which it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorted<T>(Vec<T>);

/// What a link remembers of its members.
pub type Records = Sorted<Member>;
/// Directory objects, as they were read.
pub type Principals = Sorted<Principal>;

impl Keyed for Member {
    type Key = MemberKey;

    fn key(&self) -> &MemberKey {
        &self.key
    }
}

impl Keyed for Entry {
    type Key = ContactId;

    fn key(&self) -> &ContactId {
        &self.contact
    }
}

impl Keyed for Principal {
    type Key = ObjectId;

    fn key(&self) -> &ObjectId {
        &self.id
    }
}

impl<T: Keyed> Sorted<T> {
    /// The row with this key, if there is one.
    #[must_use]
    pub fn get(&self, key: &T::Key) -> Option<&T> {
        let place = self.0.binary_search_by(|row| row.key().cmp(key)).ok()?;
        self.0.get(place)
    }

    /// Whether there is one.
    #[must_use]
    pub fn contains_key(&self, key: &T::Key) -> bool {
        self.get(key).is_some()
    }

    /// All of them.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Whose they are.
    pub fn keys(&self) -> impl Iterator<Item = &T::Key> {
        self.0.iter().map(T::key)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those that are wanted.
    pub fn retain(&mut self, is_wanted: impl FnMut(&T) -> bool) {
        self.0.retain(is_wanted);
    }
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Keyed> From<Vec<T>> for Sorted<T> {
    /// Of several with one key the last counts.
    fn from(mut rows: Vec<T>) -> Self {
        // Rows of one key keep their order, so that the last of them is the one to stay.
        rows.sort_by(|one, other| one.key().cmp(other.key()));
        rows.dedup_by(|next, kept| {
            let is_same = next.key() == kept.key();
            if is_same {
                std::mem::swap(next, kept);
            }
            is_same
        });
        Self(rows)
    }
}

impl<T: Keyed> Extend<T> for Sorted<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, rows: I) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(rows);
        *self = all.into();
    }
}

impl<T> IntoIterator for Sorted<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{id::ContactId, list::Entry};

    fn row((key, is_known): (u8, bool)) -> Member {
        let key = MemberKey::Contact(ContactId::parse(&format!("c{key}")).expect("an id"));
        Member { in_baseline: is_known, ..Member::unknown(key) }
    }

    /// A run over a large group holds so much of each member, beside the texts.
    #[test]
    fn a_row_does_not_grow() {
        assert!(size_of::<Member>() <= 200, "{}", size_of::<Member>());
        assert!(size_of::<Entry>() <= 160, "{}", size_of::<Entry>());
    }

    proptest! {
        #[test]
        fn they_are_what_a_map_of_them_would_be(
            first in prop::collection::vec((0_u8..20, any::<bool>()), 0..30),
            more in prop::collection::vec((0_u8..20, any::<bool>()), 0..30),
        ) {
            let rows = |of: &[(u8, bool)]| of.iter().copied().map(row).collect::<Vec<_>>();
            let map: BTreeMap<MemberKey, Member> =
                rows(&first).into_iter().chain(rows(&more)).map(|row| (row.key.clone(), row)).collect();
            let mut records = Records::from(rows(&first));
            records.extend(rows(&more));
            prop_assert!(records.keys().eq(map.keys()) && records.values().eq(map.values()));
            for key in 0..20 {
                let key = row((key, true)).key;
                prop_assert_eq!(records.get(&key), map.get(&key));
            }
        }
    }
}
