//! Whether a person's new primary address is to become their contact's.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, address::Address, schedule::later};

/// The primary address that the directory gives for somebody, as it was last read.
///
/// It tells a change of address from a contact that was listed under an alias all along: only who was listed under the
/// former primary address is renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The address.
    pub address: Address,
    /// The one before it, and when the change was seen.
    #[serde(default)]
    pub former: Option<Box<Former>>,
}

/// A primary address that somebody has no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// The address.
    pub address: Address,
    /// When another was first seen.
    pub until: Timestamp,
}

impl Named {
    /// The first time that somebody's address is read.
    #[must_use]
    pub fn first(address: Address) -> Self {
        Self { address, former: None }
    }

    /// What is remembered after the directory gave this address.
    ///
    /// The former address may be what a replica still shows: it counts as news only once the settle window has passed.
    #[must_use]
    pub fn after(before: Option<&Self>, read: &Address, now: Timestamp, window: Duration) -> Self {
        let Some(before) = before else { return Self::first(read.clone()) };
        let is_stale = before
            .former
            .as_ref()
            .is_some_and(|former| former.address == *read && later(former.until.min(now), window) > now);
        if before.address == *read || is_stale {
            return before.clone();
        }
        let former = Former { address: before.address.clone(), until: now };
        Self { address: read.clone(), former: Some(Box::new(former)) }
    }

    /// The address that a contact is to have which was listed under this one until now; none: it keeps its own.
    #[must_use]
    pub fn renames(before: Option<&Self>, after: &Self, listed: &Address) -> Option<Address> {
        let was = before.map(|before| &before.address);
        (was == Some(listed) && after.address != *listed).then(|| after.address.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(1_800);

    fn address(local: &str) -> Address {
        Address::parse(&format!("{local}@contoso.example")).expect("an address")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn only_a_contact_under_the_former_primary_address_is_renamed() {
        let before = Named::first(address("ann"));
        let after = Named::after(Some(&before), &address("ann.lee"), at(9), WINDOW);
        assert_eq!(Named::renames(Some(&before), &after, &address("ann")), Some(address("ann.lee")));
        assert_eq!(Named::renames(Some(&before), &after, &address("a.alias")), None, "listed under an alias");
        assert_eq!(Named::renames(None, &after, &address("ann")), None, "nothing was known before");
        assert_eq!(Named::renames(Some(&after), &after, &address("ann.lee")), None, "it is so already");
    }

    #[test]
    fn a_replica_that_lags_behind_a_rename_does_not_undo_it_and_a_person_may() {
        let before = Named::first(address("ann"));
        let after = Named::after(Some(&before), &address("ann.lee"), at(0), WINDOW);
        for (second, expected) in [(60, "ann.lee"), (1_799, "ann.lee"), (1_800, "ann")] {
            let read = Named::after(Some(&after), &address("ann"), at(second), WINDOW);
            assert_eq!(read.address, address(expected), "after {second} s");
        }
        let again = Named::after(Some(&after), &address("ann.miller"), at(60), WINDOW);
        assert_eq!(again.address, address("ann.miller"), "one that nobody saw before is news at once");
    }
}
