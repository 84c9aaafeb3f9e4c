//! Members whom a full read does not find in the group any more.
//!
//! Who left is read once more by id, as long as that may be news: their address may have changed
//! before they left, and it was for this run to have their contact follow it
//! (`engine/departures`). Nothing would read them later.

use std::collections::BTreeSet;

use listsync_core::{
    belief::left_of_late,
    id::ObjectId,
    member::{Member, MemberKey},
};

use super::{
    look::Look,
    observe::{Observed, Read, beside},
};
use crate::ports::{EntryQuery, PortResult};

/// Takes in what the directory says of those who have left, and their contacts.
pub(super) async fn read(look: Look<'_>, observed: &mut Observed) -> PortResult<()> {
    if !matches!(observed.read, Read::Full(_)) {
        return Ok(());
    }
    let left = observed.records.values().filter(|row| has_left(look, observed, row));
    let left: BTreeSet<ObjectId> = left.filter_map(|row| row.key.object_id().cloned()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let left: Vec<ObjectId> = left.into_iter().collect();
    let people = look.places().by_id(look.call(), &left).await?;
    observed.looked_up.extend(people);
    let known = look.ports.lists.entries(&look.link().list, EntryQuery::Objects(&left)).await?;
    let entries = std::mem::take(&mut observed.entries);
    // What this run learned of an entry is newer than what is stored in a preview.
    observed.entries = beside(entries, known);
    Ok(())
}

/// Whether a row is of somebody with a contact who left of late.
fn has_left(look: Look<'_>, observed: &Observed, row: &Member) -> bool {
    let MemberKey::Principal(id) = &row.key else { return false };
    row.contact.is_some()
        && left_of_late(row.group, observed.sight.of(id), look.now(), look.settings.settle_window)
        && !observed.looked_up.contains_key(id)
}
