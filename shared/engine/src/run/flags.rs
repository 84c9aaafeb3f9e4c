//! Contacts of the tenant's own domains that nobody answers to: flagged as not to be reached, until somebody does.

use listsync_core::{
    contact::UndeliverableReason,
    id::ObjectId,
    identity::Unmatched,
    list::{Entry, Origin},
};

use super::{
    look::{Look, Matches},
    observe::Observed,
    resolve::UnmatchedContacts,
};
use crate::ports::{ContactEdit, Fault, MailState, PortResult};

/// Has each contact's flag say what this run found. What a mail system or a person said of an address stays.
pub(super) async fn keep(
    look: Look<'_>,
    observed: &mut Observed,
    unmatched: &UnmatchedContacts,
) -> PortResult<()> {
    if look.matches == Matches::Unsaved {
        return Ok(());
    }
    for index in 0..observed.entries.len() {
        let entry = &observed.entries[index];
        let reason = unmatched.get(&entry.contact).map(|(reason, _)| *reason);
        let mail = match (entry.undeliverable, reason) {
            (None, Some(Unmatched::NoSuchUser)) => MailState::Undeliverable(UndeliverableReason::NoSuchUser),
            (Some(UndeliverableReason::NoSuchUser), reason) if is_found(observed, index, reason) => {
                MailState::Reaches
            }
            _ => continue,
        };
        let edit = ContactEdit { mail: Some(mail), ..ContactEdit::default() };
        match look.ports.lists.edit_contact(&entry.contact, None, &edit, Origin::Entra, look.now()).await {
            // Deleted a moment ago: the list's changes tell the next run.
            Err(error) if error.fault == Fault::Gone => {}
            other => drop(other?),
        }
        observed.entries[index].undeliverable = match mail {
            MailState::Reaches => None,
            MailState::Undeliverable(reason) => Some(reason),
        };
    }
    Ok(())
}

/// Whether somebody answers to the address, or it is no address of the tenant's own domains any more.
///
/// That a contact is matched says nothing here: a match stays when its object is gone.
fn is_found(observed: &Observed, index: usize, reason: Option<Unmatched>) -> bool {
    let entry: &Entry = &observed.entries[index];
    let is_read = |id: &ObjectId| observed.principals.contains_key(id) || observed.looked_up.contains_key(id);
    match reason {
        None => observed.matched.contains(&entry.contact) || entry.object_id.as_ref().is_some_and(is_read),
        Some(reason) => reason != Unmatched::NoSuchUser,
    }
}
