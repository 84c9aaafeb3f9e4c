//! Contacts whose directory object is gone: an account that was deleted and made anew is the same person.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    belief::Seen,
    id::{ContactId, ObjectId},
    snapshot::Principal,
};

use super::{look::Look, observe::Observed};
use crate::ports::PortResult;

/// For each contact that is bound to an object not seen in the group, whose address is a member's that no contact is bound
/// to: that member, if the bound object is gone from the directory.
///
/// Without this the old object's leave would take the person off the list while the new one's join is refused for its
/// address.
pub(crate) async fn successors(
    look: Look<'_>,
    observed: &Observed,
) -> PortResult<Vec<(ContactId, ObjectId)>> {
    let suspects = suspects(observed);
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let bound: BTreeSet<ObjectId> = suspects.iter().map(|(_, bound, _)| bound.clone()).collect();
    let bound: Vec<ObjectId> = bound.into_iter().collect();
    let alive = look.ports.directory.by_id(look.call(), &bound).await?;
    let alive: BTreeSet<ObjectId> = alive.into_iter().map(|principal| principal.id).collect();
    let gone = suspects.into_iter().filter(|(_, bound, _)| !alive.contains(bound));
    Ok(gone.map(|(contact, _, successor)| (contact, successor)).collect())
}

fn suspects(observed: &Observed) -> Vec<(ContactId, ObjectId, ObjectId)> {
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
            let bound = entry.object_id.as_ref().filter(|id| observed.sight.of(id) != Seen::Present)?;
            let successor = by_address.get(&entry.address)?;
            Some((entry.contact.clone(), bound.clone(), successor.id.clone()))
        })
        .collect()
}
