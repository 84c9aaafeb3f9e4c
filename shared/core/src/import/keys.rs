//! Which keys of the systems that files come from are a contact's.

use std::collections::BTreeSet;

use crate::contact::{Contact, ExternalId};

/// The keys of a contact. Most have one; somebody who was hired anew has another besides, and a mailbox that several people
/// share has one of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// The one that is shown.
    pub first: Option<ExternalId>,
    /// The others.
    pub further: BTreeSet<ExternalId>,
}

/// That a key would be added beside one that is the same but for leading zeros. Spreadsheets drop those: to take it for
/// another key would be to have the person twice, to take it for the same one would be to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the contact has this key with other zeros before it")]
pub struct ZerosDiffer;

/// What a row comes to that says of keys that they are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// None of the keys is the contact's, who has others: somebody else has left who had the address once.
    NotTheirs,
    /// Keys of theirs are left: an employment before the present one has ended, or a colleague at the same mailbox has gone.
    Remains(Keys),
    /// Nothing is left of them: they leave. Their keys stay, as they may come back.
    Leaves,
}

impl Keys {
    /// Those of a contact.
    #[must_use]
    pub fn of(contact: &Contact) -> Self {
        Self { first: contact.external_id.clone(), further: contact.further_ids.clone() }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &ExternalId> {
        self.first.iter().chain(&self.further)
    }

    /// After a row that says of some keys that they are in force, and of others that they have ended.
    ///
    /// # Errors
    /// When one of them is a key of the contact but for leading zeros.
    pub fn with<'a>(
        &self,
        in_force: impl IntoIterator<Item = &'a ExternalId>,
        ended: &[ExternalId],
    ) -> Result<Self, ZerosDiffer> {
        let mut keys: Vec<&ExternalId> = self.iter().filter(|key| !ended.contains(key)).collect();
        for key in in_force {
            if self.iter().any(|own| differs_by_zeros(own, key)) {
                return Err(ZerosDiffer);
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        if ended.iter().any(|key| self.iter().any(|own| differs_by_zeros(own, key))) {
            return Err(ZerosDiffer);
        }
        Ok(Self::from_all(keys))
    }

    /// After a row that says that keys have ended, and of nobody that they are there.
    #[must_use]
    pub fn without<'a>(&self, ended: impl IntoIterator<Item = &'a ExternalId>) -> Departure {
        let ended: Vec<&ExternalId> = ended.into_iter().collect();
        let left: Vec<&ExternalId> = self.iter().filter(|key| !ended.contains(key)).collect();
        match (ended.is_empty(), left.is_empty(), left.len() == self.iter().count()) {
            // Without a key the row speaks of the address, and of whoever has it.
            (true, ..) | (_, true, _) => Departure::Leaves,
            (false, false, true) => Departure::NotTheirs,
            (false, false, false) => Departure::Remains(Self::from_all(left)),
        }
    }

    /// Of two contacts that are one.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let all: Vec<&ExternalId> = self.iter().chain(other.iter()).collect();
        let mut once: Vec<&ExternalId> = Vec::new();
        all.into_iter().for_each(|key| {
            if !once.contains(&key) {
                once.push(key);
            }
        });
        Self::from_all(once)
    }

    fn from_all(keys: Vec<&ExternalId>) -> Self {
        let mut keys = keys.into_iter().cloned();
        Self { first: keys.next(), further: keys.collect() }
    }
}

/// Whether two keys are the same but for leading zeros.
#[must_use]
pub fn differs_by_zeros(one: &ExternalId, other: &ExternalId) -> bool {
    let bare = |key: &ExternalId| key.as_str().trim_start_matches('0').to_owned();
    one != other && bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ExternalId {
        ExternalId::parse(text).expect("a key")
    }

    fn keys(texts: &[&str]) -> Keys {
        let all: Vec<ExternalId> = texts.iter().map(|text| key(text)).collect();
        Keys::from_all(all.iter().collect())
    }

    #[test]
    fn a_new_number_is_added_and_an_ended_one_goes() {
        for (own, in_force, ended, expected) in [
            (&[][..], &["100"][..], &[][..], &["100"][..]),
            (&["100"], &["100"], &[], &["100"]),
            (&["100"], &["250"], &[], &["100", "250"]),
            (&["100"], &["250"], &["100"], &["250"]),
            (&["301"], &["302", "303"], &[], &["301", "302", "303"]),
        ] {
            let in_force: Vec<_> = in_force.iter().map(|text| key(text)).collect();
            let ended: Vec<_> = ended.iter().map(|text| key(text)).collect();
            assert_eq!(keys(own).with(&in_force, &ended), Ok(keys(expected)), "{own:?} {in_force:?}");
        }
    }

    #[test]
    fn a_key_with_other_zeros_is_refused() {
        assert_eq!(keys(&["00101"]).with(&[key("101")], &[]), Err(ZerosDiffer));
        assert_eq!(keys(&["00101"]).with(&[key("7")], &[key("101")]), Err(ZerosDiffer));
        assert!(keys(&["10100"]).with(&[key("101")], &[]).is_ok());
    }

    #[test]
    fn who_has_another_number_in_force_stays_and_a_mailbox_leaves_with_its_last() {
        let ended = |own: &[&str], ended: &[&str]| {
            let ended: Vec<_> = ended.iter().map(|text| key(text)).collect();
            keys(own).without(&ended)
        };
        assert_eq!(ended(&["250"], &["100"]), Departure::NotTheirs);
        assert_eq!(ended(&["100", "250"], &["100"]), Departure::Remains(keys(&["250"])));
        assert_eq!(ended(&["301", "302"], &["302", "301"]), Departure::Leaves);
        assert_eq!(ended(&["100"], &["100"]), Departure::Leaves);
        assert_eq!(ended(&[], &["100"]), Departure::Leaves, "an address that no key protects");
        assert_eq!(ended(&["100"], &[]), Departure::Leaves, "a row without a key speaks of the address");
    }
}
