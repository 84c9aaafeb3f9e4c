//! People whose primary address changed: their contact follows, and what was decided under the former address stays.

use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    id::{ContactId, ObjectId},
    list::{Entry, Origin},
    member::MemberKey,
    rename::Named,
};

use super::{
    look::{Look, Matches},
    observe::Observed,
};
use crate::ports::{ContactEdit, Fault, PortResult};

/// What became of changed addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Renamed {
    /// Contacts that have their person's new address.
    pub(crate) done: u64,
    /// Contacts that keep the former one, because another contact has the new one.
    pub(crate) taken: u64,
    /// Whether time ran out before all were looked at.
    pub(crate) rest: Rest,
}

/// Whether something is left for another run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    #[default]
    None,
    Some,
}

/// Compares the addresses of everybody who was read with those of the last time, and has contacts follow them.
pub(crate) async fn follow_renames(look: Look<'_>, observed: &mut Observed) -> PortResult<Renamed> {
    let mut renamed = Renamed::default();
    let mut read = std::mem::take(&mut observed.looked_up);
    let principals =
        observed.principals.values().filter_map(|one| Some((one.id.clone(), one.primary_address()?.clone())));
    read.extend(principals);
    let mut listed: BTreeMap<ObjectId, Vec<usize>> = BTreeMap::new();
    for (index, entry) in observed.entries.iter().enumerate() {
        if let Some(id) = entry.object_id.as_ref().filter(|id| read.contains_key(id)) {
            listed.entry(id.clone()).or_default().push(index);
        }
    }
    for (id, address) in read {
        let before =
            observed.records.get(&MemberKey::Principal(id.clone())).and_then(|row| row.named.as_ref());
        let after = Named::after(before, &address, look.now(), look.settings.settle_window);
        if before == Some(&after) {
            continue;
        }
        if renamed.done > 0 && look.is_out_of_time() {
            return Ok(Renamed { rest: Rest::Some, ..renamed });
        }
        let mut is_taken = false;
        for entry in listed.remove(&id).into_iter().flatten() {
            let entry = &mut observed.entries[entry];
            let Some(address) = Named::renames(before, &after, &entry.address) else { continue };
            match rename(look, entry, address).await? {
                Outcome::Done => renamed.done += 1,
                Outcome::Taken => is_taken = true,
            }
        }
        if is_taken {
            // Not remembered, so that each full read tries it again.
            renamed.taken += 1;
        } else {
            observed.named.insert(id, after);
        }
    }
    Ok(renamed)
}

enum Outcome {
    Done,
    Taken,
}

async fn rename(look: Look<'_>, entry: &mut Entry, address: Address) -> PortResult<Outcome> {
    if is_anothers(look, &entry.contact, &address).await? {
        return Ok(Outcome::Taken);
    }
    if look.matches == Matches::Saved {
        let edit = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
        match look.ports.lists.edit_contact(&entry.contact, None, &edit, Origin::Entra, look.now()).await {
            // Somebody was faster.
            Err(error) if error.fault == Fault::Rejected => return Ok(Outcome::Taken),
            // Deleted a moment ago: the list's changes tell the next run.
            Err(error) if error.fault == Fault::Gone => {}
            other => drop(other?),
        }
    }
    entry.address = address;
    entry.undeliverable = None;
    Ok(Outcome::Done)
}

async fn is_anothers(look: Look<'_>, contact: &ContactId, address: &Address) -> PortResult<bool> {
    let known = look.ports.lists.find_contact(address).await?;
    Ok(known.is_some_and(|known| known.id != *contact))
}
