//! Contacts of the tenant's own domains that nobody answers to: flagged as not to be reached, until somebody does.

use listsync_core::{
    contact::UndeliverableReason,
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
    for entry in &mut observed.entries {
        let reason = unmatched.get(&entry.contact).map(|(reason, _)| *reason);
        let mail = match (entry.undeliverable, reason) {
            (None, Some(Unmatched::NoSuchUser)) => MailState::Undeliverable(UndeliverableReason::NoSuchUser),
            (Some(UndeliverableReason::NoSuchUser), reason) if is_found(entry, reason) => MailState::Reaches,
            _ => continue,
        };
        let edit = ContactEdit { mail: Some(mail), ..ContactEdit::default() };
        match look.ports.lists.edit_contact(&entry.contact, None, &edit, Origin::Entra, look.now()).await {
            // Deleted a moment ago: the list's changes tell the next run.
            Err(error) if error.fault == Fault::Gone => {}
            other => drop(other?),
        }
        entry.undeliverable = match mail {
            MailState::Reaches => None,
            MailState::Undeliverable(reason) => Some(reason),
        };
    }
    Ok(())
}

/// Whether somebody answers to the address, or it is no address of the tenant's own domains any more.
fn is_found(entry: &Entry, reason: Option<Unmatched>) -> bool {
    match reason {
        None => entry.object_id.is_some(),
        Some(reason) => reason != Unmatched::NoSuchUser,
    }
}
