//! Ids and addresses of a full read, each held once: the directory, the link and the list tell the same of each member, and of a
//! large group all of it is in memory at once. What is equal stays equal: only the text is shared.

use std::collections::BTreeMap;

use listsync_core::{
    gather::key_of,
    id::ObjectId,
    list::Entry,
    member::{Member, MemberKey},
    records::Records,
    snapshot::Principal,
};

type Principals = BTreeMap<ObjectId, Principal>;

/// The link's rows, with the texts of whom the directory tells.
pub(super) fn rows(mut rows: Vec<Member>, principals: &Principals) -> Records {
    for row in &mut rows {
        let Some((id, principal)) = row.key.object_id().and_then(|id| principals.get_key_value(id)) else {
            continue;
        };
        row.key = MemberKey::Principal(id.clone());
        if let Some(address) = &mut row.address {
            take(address, principal.mail.as_ref());
        }
    }
    rows.into()
}

/// The list's entries, with the texts of whom the directory tells and of their rows.
pub(super) fn entries(mut entries: Vec<Entry>, principals: &Principals, records: &Records) -> Vec<Entry> {
    for entry in &mut entries {
        if let Some((id, principal)) = entry.object_id.as_ref().and_then(|id| principals.get_key_value(id)) {
            entry.object_id = Some(id.clone());
            take(&mut entry.address, principal.mail.as_ref());
        }
        let row = records.get(&key_of(entry));
        take(&mut entry.contact, row.and_then(|row| row.contact.as_ref()));
        if let Some(grounds) = &mut entry.grounds {
            take(&mut grounds.address, Some(&entry.address));
            if let Some(named) = &mut grounds.named {
                take(&mut named.address, Some(&entry.address));
            }
        }
    }
    entries
}

/// Takes the text of what is the same.
fn take<T: Clone + PartialEq>(of: &mut T, same: Option<&T>) {
    if let Some(same) = same.filter(|same| *same == of) {
        *of = same.clone();
    }
}
