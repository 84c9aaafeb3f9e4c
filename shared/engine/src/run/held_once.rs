//! Ids and addresses of a full read, each held once: the directory, the link and the list tell the same of each member, and of a
//! large group all of it is in memory at once. What is equal stays equal, but for a name that the list only repeats.

use std::sync::Arc;

use listsync_core::{
    gather::key_of,
    list::Entry,
    member::{Member, MemberKey},
    records::{Principals, Records},
};

use super::look::Look;
use crate::ports::PortResult;

/// What was read before the list.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) principals: Principals,
    pub(super) records: Records,
}

/// Reads the link's rows. Each takes the texts of whom the directory tells as it is read: were its own to be let go of
/// afterwards, what they leave free would lie scattered among those that stay.
pub(super) async fn rows(look: Look<'_>, principals: Principals) -> PortResult<Known> {
    let principals = Arc::new(principals);
    let theirs = principals.clone();
    let taken = Box::new(move |row| shared_with(&theirs, row));
    let records = look.ports.links.all_members(&look.link().id, taken).await?.into();
    Ok(Known { principals: Arc::unwrap_or_clone(principals), records })
}

fn shared_with(principals: &Principals, mut row: Member) -> Member {
    if let Some(principal) = row.key.object_id().and_then(|id| principals.get(id)) {
        row.key = MemberKey::Principal(principal.id.clone());
        if let Some(address) = &mut row.address {
            take(address, principal.mail.as_ref());
        }
    }
    row
}

/// Reads the list, the same way: each entry takes the texts of the directory and of its row.
pub(super) async fn list(look: Look<'_>, known: Known) -> PortResult<(Vec<Entry>, Known)> {
    let known = Arc::new(known);
    let theirs = known.clone();
    let taken = Box::new(move |entry| theirs.shared_with(entry));
    let entries = look.ports.lists.all_entries(&look.link().list, taken).await?;
    Ok((entries, Arc::unwrap_or_clone(known)))
}

impl Known {
    /// The entry with the texts of whom the directory tells, and of their row.
    fn shared_with(&self, mut entry: Entry) -> Entry {
        if let Some(principal) = entry.object_id.as_ref().and_then(|id| self.principals.get(id)) {
            entry.object_id = Some(principal.id.clone());
            take(&mut entry.address, principal.mail.as_ref());
            // Of whom the list has no name the directory's counts.
            if entry.name == principal.name {
                entry.name = String::new();
            }
        }
        let row = self.records.get(&key_of(&entry));
        take(&mut entry.contact, row.and_then(|row| row.contact.as_ref()));
        if let Some(grounds) = &mut entry.grounds {
            take(&mut grounds.address, Some(&entry.address));
            if let Some(named) = &mut grounds.named {
                take(&mut named.address, Some(&entry.address));
            }
        }
        entry
    }
}

/// Takes the text of what is the same.
fn take<T: Clone + PartialEq>(of: &mut T, same: Option<&T>) {
    if let Some(same) = same.filter(|same| *same == of) {
        *of = same.clone();
    }
}
