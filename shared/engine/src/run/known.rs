//! What is known of who a contact is before the directory is asked.

use std::collections::BTreeMap;

use listsync_core::{
    case::Asked,
    gather::{key_of, takes_part},
    id::{ContactId, ObjectId},
    identity::{Match, Unmatched},
    link::Externals,
    list::Entry,
    matched::{Binding, Doubt, Grounds, waiting},
    member::{MemberKey, Open},
    settings::Settings,
    snapshot::Principal,
};

use super::{doubts::doubt_of, look::Look, observe::Observed};

/// What is known of who a contact is before anybody is asked.
pub(super) enum Known {
    /// The object that it is matched to.
    Settled,
    /// This one, which was read anyway.
    Here(ObjectId),
    /// It has none, or not the one that it is matched to, for this reason.
    Without(Unmatched, Asked),
    /// The directory is to be asked.
    Not,
}

pub(super) fn known(
    look: Look<'_>,
    observed: &Observed,
    (entry, settings, local): (&Entry, &Settings, &BTreeMap<ContactId, Match<ObjectId>>),
) -> Known {
    let doubt = doubt_of(observed, entry);
    // An address that people gave is asked for whoever has it: else the group would keep who the contact was.
    if doubt != Some(Doubt::Readdressed) && is_left_out(look, settings, entry) {
        let asked = if waits(look, observed, entry).is_some() { Asked::Earlier } else { Asked::Now };
        return Known::Without(Unmatched::ExternalSkipped, asked);
    }
    if let Some(doubt) = doubt {
        let row = observed.records.get(&key_of(entry));
        let waiting = row.and_then(|row| waiting(row, doubt, entry, look.now()));
        return waiting.map_or(Known::Not, |reason| Known::Without(reason, Asked::Earlier));
    }
    if entry.object_id.is_some() {
        return Known::Settled;
    }
    let waits = waits(look, observed, entry).filter(|reason| still_says(look, observed, (entry, *reason)));
    match (local.get(&entry.contact), waits) {
        (Some(Match::One(id)), _) => Known::Here(id.clone()),
        (Some(Match::Several(_)), _) => Known::Without(Unmatched::Ambiguous, Asked::Now),
        (None, Some(reason)) => Known::Without(reason, Asked::Earlier),
        (None, None) => Known::Not,
    }
}

/// The match to a member that was read anyway.
pub(super) fn here(look: Look<'_>, observed: &Observed, (entry, object): (&Entry, ObjectId)) -> Binding {
    let primary = observed.principals.get(&object).and_then(Principal::primary_address);
    let grounds = Grounds::new(entry.address.clone(), primary, look.now());
    Binding { contact: entry.contact.clone(), object, grounds }
}

/// The matches of contacts that have none any more, while the link's row names their object: earlier versions dropped a
/// match for all links when one could not add it. A list's presence is never lost with a match.
pub(super) fn remembered(look: Look<'_>, observed: &Observed) -> Vec<Binding> {
    let unbound = observed.entries.iter().filter(|entry| entry.object_id.is_none() && takes_part(entry));
    let unbound: BTreeMap<&ContactId, &Entry> = unbound.map(|entry| (&entry.contact, entry)).collect();
    if unbound.is_empty() {
        return Vec::new();
    }
    let held = observed
        .records
        .values()
        .filter(|row| row.in_baseline || row.group.is_some_and(|belief| belief.present));
    held.filter_map(|row| {
        let (entry, object) = (unbound.get(row.contact.as_ref()?)?, row.key.object_id()?.clone());
        let address = row.address.clone().unwrap_or_else(|| entry.address.clone());
        let grounds = Grounds { address, since: look.now(), named: row.named.as_deref().cloned() };
        Some(Binding { contact: entry.contact.clone(), object, grounds })
    })
    .collect()
}

/// Whether the link leaves this contact out, even where another link has matched it.
fn is_left_out(look: Look<'_>, settings: &Settings, entry: &Entry) -> bool {
    look.link().externals == Externals::Skip && settings.is_external(&entry.address)
}

/// Whether the reason for which nobody was asked is one of the directory's. That externals were left aside, or not invited, was
/// the link's own word, which may have been changed since.
fn still_says(look: Look<'_>, observed: &Observed, (entry, reason): (&Entry, Unmatched)) -> bool {
    let open = observed.records.get(&key_of(entry)).and_then(|record| record.open.as_ref());
    let was_not_invited = matches!(open, Some(Open::Failed { code, .. }) if code == reason.code());
    match (reason, look.link().externals) {
        (Unmatched::ExternalSkipped, _) => false,
        // What came of an invitation has a code of its own.
        (Unmatched::GuestNotInvited, Externals::Invite) => !was_not_invited,
        _ => true,
    }
}

/// Why a contact had no directory object when it was last asked for, while it is not time to ask again.
pub(super) fn waits(look: Look<'_>, observed: &Observed, entry: &Entry) -> Option<Unmatched> {
    let record = observed.records.get(&key_of(entry))?;
    // Under another address it was never asked for.
    let is_same = record.address.as_ref().is_none_or(|asked| *asked == entry.address);
    match &record.open.as_ref().map(|open| open.as_of(look.now(), look.settings.settle_window)) {
        Some(Open::Failed { code, retry_at, .. }) if is_same && *retry_at > look.now() => {
            // What came of an invitation has a code of its own: there was no guest then.
            let is_contact = matches!(record.key, MemberKey::Contact(_));
            Unmatched::from_code(code).or(is_contact.then_some(Unmatched::GuestNotInvited))
        }
        _ => None,
    }
}
