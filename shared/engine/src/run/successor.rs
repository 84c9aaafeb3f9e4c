//! Contacts whose directory object is gone: an account that was deleted and made anew is the same person.
//!
//! An object is gone where a read by id does not find it although every replica must know it. A young account is unknown to
//! some replicas, so that no such read speaks of it.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    belief::Seen,
    id::{ContactId, ObjectId},
    list::Entry,
    matched::{Binding, Grounds},
    snapshot::Principal,
};

use super::{look::Look, observe::Observed};
use crate::ports::PortResult;

/// Of these contacts' objects, those that the directory says are gone.
pub(super) async fn gone(look: Look<'_>, bound: &[&Entry]) -> PortResult<BTreeSet<ObjectId>> {
    let (now, window) = (look.now(), look.settings.settle_window);
    // A match that was made before grounds were kept is an old one.
    let is_known = |entry: &&&Entry| entry.grounds.as_ref().is_none_or(|one| one.are_settled(now, window));
    let ids: BTreeSet<ObjectId> =
        bound.iter().filter(is_known).filter_map(|entry| entry.object_id.clone()).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let asked: Vec<ObjectId> = ids.iter().cloned().collect();
    let alive = look.places().by_id(look.call(), &asked).await?;
    let alive: BTreeSet<ObjectId> = alive.into_iter().map(|principal| principal.id).collect();
    Ok(ids.into_iter().filter(|id| !alive.contains(id)).collect())
}

/// For each contact that is bound to an object not seen in the group, whose address is a member's that no contact is bound
/// to: that member, if the bound object is gone from the directory.
///
/// Without this the old object's leave would take the person off the list while the new one's join is refused for its
/// address.
pub(crate) async fn successors(look: Look<'_>, observed: &Observed) -> PortResult<Vec<Binding>> {
    let suspects = suspects(observed);
    let bound: Vec<&Entry> = suspects.iter().map(|(entry, _)| *entry).collect();
    let gone = gone(look, &bound).await?;
    let orphans = suspects
        .into_iter()
        .filter(|(entry, _)| entry.object_id.as_ref().is_some_and(|bound| gone.contains(bound)));
    Ok(orphans.map(|(entry, heir)| inherit(look, &entry.contact, &entry.address, heir)).collect())
}

/// The match of a contact to whoever has its address now.
pub(super) fn inherit(look: Look<'_>, contact: &ContactId, address: &Address, heir: &Principal) -> Binding {
    Binding {
        contact: contact.clone(),
        object: heir.id.clone(),
        grounds: Grounds::new(address.clone(), heir.primary_address(), look.now()),
    }
}

fn suspects(observed: &Observed) -> Vec<(&Entry, &Principal)> {
    let bound: BTreeSet<&ObjectId> =
        observed.entries.iter().filter_map(|entry| entry.object_id.as_ref()).collect();
    let strangers = observed.principals.values().filter(|principal| !bound.contains(&principal.id));
    let by_address: BTreeMap<&Address, &Principal> = strangers
        .flat_map(|principal| {
            principal.mail.iter().chain(&principal.proxies).map(move |address| (address, principal))
        })
        .collect();
    let entries = observed.entries.iter();
    entries
        .filter_map(|entry| {
            entry.object_id.as_ref().filter(|id| observed.sight.of(id) != Seen::Present)?;
            Some((entry, *by_address.get(&entry.address)?))
        })
        .collect()
}
