//! Matches in doubt: what the directory answers for them, and what becomes of each.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    case::Asked,
    contact::{Decision, Scope},
    gather::key_of,
    id::{ContactId, ObjectId},
    identity::Unmatched,
    list::{Entry, Origin},
    matched::{Binding, Doubt, Grounds, doubt},
    snapshot::Principal,
};

use super::{
    look::{Look, Matches},
    observe::Observed,
    resolve::UnmatchedContacts,
    successor::{gone, inherit},
};
use crate::ports::{ContactEdit, Fault, PortResult};

/// Why the match of an entry is to be asked for anew, as far as this run read.
pub(super) fn doubt_of(observed: &Observed, entry: &Entry) -> Option<Doubt> {
    let row = observed.records.get(&key_of(entry));
    doubt(entry, row, entry.object_id.as_ref().and_then(|id| observed.principals.get(id)))
}

/// A match in doubt, and who answers to the contact's address now; else why nobody does.
pub(super) struct Answered {
    pub(super) entry: Entry,
    pub(super) doubt: Doubt,
    pub(super) answer: Result<Principal, Unmatched>,
}

impl Answered {
    fn is_same(&self) -> bool {
        self.answer.as_ref().is_ok_and(|person| Some(&person.id) == self.entry.object_id.as_ref())
    }
}

/// The matches that are to be saved; who keeps theirs for now, and why, is noted.
///
/// A contact follows the address that people gave it, where exactly one person answers who has no other contact. An object
/// that was not found is given up only for an heir, and only once the directory says that it is gone: as long as it may be
/// young, the addition is tried again.
pub(super) async fn settle(
    look: Look<'_>,
    observed: &Observed,
    answered: Vec<Answered>,
    unmatched: &mut UnmatchedContacts,
) -> PortResult<Vec<Binding>> {
    let unfound = answered.iter().filter(|one| one.doubt == Doubt::Unfound && !one.is_same());
    let gone = gone(look, &unfound.map(|one| &one.entry).collect::<Vec<_>>()).await?;
    let owners = owners(look, &answered).await?;
    let mut bindings = Vec::new();
    for Answered { entry, doubt, answer } in answered {
        let is_gone = entry.object_id.as_ref().is_some_and(|id| gone.contains(id));
        match (doubt, answer) {
            (_, Ok(person)) if Some(&person.id) == entry.object_id.as_ref() => {
                bindings.extend((doubt == Doubt::Readdressed).then(|| confirmed(look, &entry, &person)));
            }
            (Doubt::Readdressed, Ok(person)) => {
                let mut others = owners.get(&person.id).into_iter().flatten();
                if others.any(|other| *other != entry.contact) {
                    unmatched.insert(entry.contact, (Unmatched::CorrectedToAnother, Asked::Now));
                } else {
                    part(look, observed, (&entry, &person)).await?;
                    bindings.push(inherit(look, &entry.contact, &entry.address, &person));
                }
            }
            // Made before grounds were kept: that people edited the address is a guess, and nobody else has it.
            (Doubt::Readdressed, Err(why)) if entry.grounds.is_none() && why != Unmatched::Ambiguous => {
                let grounds = Grounds::new(entry.address.clone(), None, look.now());
                let object = entry.object_id.clone();
                bindings.extend(object.map(|object| Binding { contact: entry.contact, object, grounds }));
            }
            (Doubt::Readdressed, Err(why)) => {
                let contested = match why {
                    Unmatched::Ambiguous => Unmatched::CorrectedToSeveral,
                    _ => Unmatched::CorrectedToNobody,
                };
                unmatched.insert(entry.contact, (contested, Asked::Now));
            }
            (Doubt::Unfound, Ok(person)) if is_gone => {
                bindings.push(inherit(look, &entry.contact, &entry.address, &person))
            }
            (Doubt::Unfound, Err(why)) if is_gone => {
                unmatched.insert(entry.contact, (why, Asked::Now));
            }
            // Not every replica knows it yet, or the next one does again.
            (Doubt::Unfound, _) => {}
        }
    }
    Ok(bindings)
}

/// The object answers to the new address as well.
fn confirmed(look: Look<'_>, entry: &Entry, person: &Principal) -> Binding {
    let fresh = Grounds::new(entry.address.clone(), person.primary_address(), look.now());
    let grounds = match &entry.grounds {
        Some(known) => Grounds { address: fresh.address, ..known.clone() },
        None => fresh,
    };
    Binding { contact: entry.contact.clone(), object: person.id.clone(), grounds }
}

/// The contacts of those to whose address a contact was corrected.
async fn owners(
    look: Look<'_>,
    answered: &[Answered],
) -> PortResult<BTreeMap<ObjectId, BTreeSet<ContactId>>> {
    let corrected = answered.iter().filter(|one| one.doubt == Doubt::Readdressed && !one.is_same());
    let ids: BTreeSet<ObjectId> =
        corrected.filter_map(|one| Some(one.answer.as_ref().ok()?.id.clone())).collect();
    let ids: Vec<ObjectId> = ids.into_iter().collect();
    let mut owners: BTreeMap<ObjectId, BTreeSet<ContactId>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(owners);
    }
    for contact in look.ports.lists.contacts_of(&ids).await? {
        if let Some(object) = contact.object_id {
            owners.entry(object).or_default().insert(contact.id);
        }
    }
    Ok(owners)
}

/// Takes from a contact what were addresses of the person that it stood for: they may be a contact of their own again. What
/// was said no to under them stays with the addresses. If that would be somebody else's no, the addresses stay where they
/// are: who had them is off the list by that, and in the group as before, and each run says so.
async fn part(look: Look<'_>, observed: &Observed, (entry, heir): (&Entry, &Principal)) -> PortResult<()> {
    if look.matches == Matches::Unsaved {
        return Ok(());
    }
    let former = entry.object_id.as_ref().and_then(|id| observed.principals.get(id));
    let former: BTreeSet<Address> = match (former, &entry.grounds) {
        (Some(former), _) => former.addresses().cloned().collect(),
        (None, grounds) => grounds.iter().map(|grounds| grounds.address.clone()).collect(),
    };
    let remove_aliases: BTreeSet<Address> =
        former.into_iter().filter(|address| !heir.addresses().any(|own| own == address)).collect();
    if is_the_heirs_no(look, &entry.contact).await? {
        return Ok(());
    }
    let edit = ContactEdit { remove_aliases, ..ContactEdit::default() };
    match look.ports.lists.edit_contact(&entry.contact, None, &edit, Origin::Entra, look.now()).await {
        // Deleted a moment ago: the list's changes tell the next run.
        Err(error) if error.fault == Fault::Gone => Ok(()),
        other => other.map(drop),
    }
}

/// Whether a contact's no to all lists came with the address that people gave it: it is none of its own words. Left with the
/// former addresses, it would take somebody out of their groups who never said it.
async fn is_the_heirs_no(look: Look<'_>, contact: &ContactId) -> PortResult<bool> {
    let lists = &look.ports.lists;
    if lists.contact(contact).await?.is_none_or(|known| known.opted_out.is_none()) {
        return Ok(false);
    }
    let words = lists.sayings(contact).await?;
    let last = words.iter().find(|word| word.scope == Scope::All);
    Ok(last.is_none_or(|word| word.decision != Decision::OptedOut))
}
