//! Nos that were said under an address that only the directory knows to be somebody's. A run that
//! reads them gives each to its person, be it somebody whom the list has under another address, or
//! a member of the group whom nobody keeps.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    id::{ContactId, ObjectId},
    list::{Entry, Origin, Standing},
    matched::{Binding, Grounds},
    refusal::{Attributed, Keeper, No, attribute, untold},
    register::KeptOff,
    snapshot::Principal,
};

use super::{
    look::{Look, Matches},
    observe::{Observed, once_each},
    renames::Rest,
    resolve::bind,
};
use crate::ports::{ContactEdit, EntryQuery, Fault, PortResult};

/// Notes who of those that were read said no, and who was erased.
pub(super) async fn find(look: Look<'_>, observed: &mut Observed) -> PortResult<Rest> {
    let rest = find_nos(look, observed).await?;
    find_erased(look, observed).await?;
    Ok(rest)
}

/// An address that some entry has is not asked for: that tells by itself.
async fn find_nos(look: Look<'_>, observed: &mut Observed) -> PortResult<Rest> {
    let unkept = unkept(look, observed).await?;
    let asked: Vec<Address> = untold(observed.people(), &observed.entries).into_iter().cloned().collect();
    let mut nos = kept(look, observed, &unkept).await?;
    if !asked.is_empty() {
        for (address, by) in look.ports.lists.refused(&look.link().list, &asked).await? {
            let keeper = keeper(look, &address).await?;
            nos.insert(address, No { keeper, by });
        }
    }
    let Attributed { matched, given, telling, refusing } =
        attribute(observed.people(), &observed.entries, &nos);
    let told: BTreeSet<&ObjectId> = matched.values().chain(&telling).collect();
    observed.refusing = unkept.into_iter().filter(|(id, _)| !told.contains(id)).chain(refusing).collect();
    tell(look, observed, telling).await?;
    if !match_all(look, observed, matched).await? {
        return Ok(Rest::Some);
    }
    give(look, observed, given).await
}

/// Who was erased and is remembered by the contact that they had. The addresses alone do not tell: the directory may give
/// them others by now, or know them no more, and a read of changes does not ask for theirs.
async fn find_erased(look: Look<'_>, observed: &mut Observed) -> PortResult<()> {
    let kept: BTreeSet<&ContactId> = observed.entries.iter().map(|entry| &entry.contact).collect();
    let told: BTreeSet<&ObjectId> =
        observed.entries.iter().filter_map(|entry| entry.object_id.as_ref()).collect();
    let former =
        observed.records.values().filter_map(|row| Some((row.contact.as_ref()?, row.key.object_id()?)));
    let former: Vec<(ContactId, ObjectId)> = former
        .filter(|(contact, object)| !kept.contains(contact) && !told.contains(object))
        .map(|(contact, object)| (contact.clone(), object.clone()))
        .collect();
    if former.is_empty() {
        return Ok(());
    }
    let contacts: BTreeSet<ContactId> = former.iter().map(|(contact, _)| contact.clone()).collect();
    let erased = look.ports.lists.erased(&Vec::from_iter(contacts)).await?;
    let erased = former.into_iter().filter(|(contact, _)| erased.contains(contact));
    observed.refusing.extend(erased.map(|(_, object)| (object, KeptOff::Erasure)));
    Ok(())
}

/// Of the people of whom no entry tells those who were matched to a contact that said no and is kept no more, whatever address
/// they have now.
async fn unkept(look: Look<'_>, observed: &Observed) -> PortResult<BTreeMap<ObjectId, KeptOff>> {
    let kept: BTreeSet<&ObjectId> =
        observed.entries.iter().filter_map(|entry| entry.object_id.as_ref()).collect();
    let strangers = observed.people().map(|one| &one.id).filter(|id| !kept.contains(id));
    let strangers: Vec<ObjectId> = strangers.cloned().collect();
    match strangers.is_empty() {
        true => Ok(BTreeMap::new()),
        false => look.ports.lists.refused_objects(&look.link().list, &strangers).await,
    }
}

/// The contacts that such people have by now all the same, on no list that was read: once they are matched they tell of them,
/// as whoever came back may have taken back what they had said.
async fn kept(
    look: Look<'_>,
    observed: &Observed,
    unkept: &BTreeMap<ObjectId, KeptOff>,
) -> PortResult<BTreeMap<Address, No>> {
    let mut nos = BTreeMap::new();
    for (one, by) in observed.people().filter_map(|one| Some((one, unkept.get(&one.id)?))) {
        for address in one.addresses() {
            match keeper(look, address).await? {
                Keeper::Nobody | Keeper::Alias => {}
                keeper @ (Keeper::Own(_) | Keeper::Matched(_)) => {
                    nos.insert(address.clone(), No { keeper, by: *by });
                }
            }
        }
    }
    Ok(nos)
}

impl Observed {
    /// Everybody whose addresses were read: with the group, or by a look-up.
    fn people(&self) -> impl Iterator<Item = &Principal> + Clone {
        self.principals.values().chain(self.looked_up.values())
    }

    pub(super) fn take_in(&mut self, fresh: Vec<Entry>) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.extend(fresh);
        self.entries = once_each(entries);
    }
}

async fn keeper(look: Look<'_>, address: &Address) -> PortResult<Keeper> {
    Ok(match look.ports.lists.find_contact(address).await? {
        None => Keeper::Nobody,
        Some(contact) => match contact.object_id {
            Some(object) => Keeper::Matched(object),
            None if contact.address == *address => Keeper::Own(contact.id),
            None => Keeper::Alias,
        },
    })
}

/// Takes in what the further contacts of people say.
async fn tell(look: Look<'_>, observed: &mut Observed, people: BTreeSet<ObjectId>) -> PortResult<()> {
    if people.is_empty() {
        return Ok(());
    }
    let people: Vec<ObjectId> = people.into_iter().collect();
    let fresh = look.ports.lists.entries(&look.link().list, EntryQuery::Objects(&people)).await?;
    observed.take_in(fresh);
    Ok(())
}

/// Matches contacts that said no to their people; false: time ran out.
async fn match_all(
    look: Look<'_>,
    observed: &mut Observed,
    matched: BTreeMap<ContactId, ObjectId>,
) -> PortResult<bool> {
    if matched.is_empty() {
        return Ok(true);
    }
    let contacts: Vec<ContactId> = matched.keys().cloned().collect();
    let fresh = look.ports.lists.entries(&look.link().list, EntryQuery::Contacts(&contacts)).await?;
    let people: BTreeMap<&ObjectId, &Principal> = observed.people().map(|one| (&one.id, one)).collect();
    let bindings = fresh.iter().filter_map(|entry| {
        let object = matched.get(&entry.contact)?.clone();
        let primary = people.get(&object).and_then(|one| one.primary_address());
        let grounds = Grounds::new(entry.address.clone(), primary, look.now());
        Some(Binding { contact: entry.contact.clone(), object, grounds })
    });
    let bindings: Vec<Binding> = bindings.collect();
    observed.take_in(fresh);
    bind(look, observed, bindings).await
}

/// Has contacts take over addresses of their people, and so leave every list that a no under these
/// holds for.
async fn give(
    look: Look<'_>,
    observed: &mut Observed,
    given: BTreeMap<ContactId, BTreeSet<Address>>,
) -> PortResult<Rest> {
    let (mut taken, mut rest) = (Vec::new(), Rest::None);
    for (contact, add_aliases) in given {
        if !taken.is_empty() && look.is_out_of_time() {
            rest = Rest::Some;
            break;
        }
        if look.matches == Matches::Saved {
            let edit = ContactEdit { add_aliases, ..ContactEdit::default() };
            match look.ports.lists.edit_contact(&contact, None, &edit, Origin::Entra, look.now()).await {
                // Another contact has the address by now, or this one was deleted: the list's changes tell.
                Err(error) if matches!(error.fault, Fault::Rejected | Fault::Gone) => continue,
                other => drop(other?),
            }
        }
        taken.push(contact);
    }
    if taken.is_empty() {
        return Ok(rest);
    }
    let mut fresh = look.ports.lists.entries(&look.link().list, EntryQuery::Contacts(&taken)).await?;
    if look.matches == Matches::Unsaved {
        fresh.iter_mut().for_each(|entry| entry.standing = Standing::OptedOut);
    }
    observed.take_in(fresh);
    Ok(rest)
}
