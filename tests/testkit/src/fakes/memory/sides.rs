//! Contacts and their standings, without any port around them.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, Field},
    grant::Lists,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, List, NewContact, Origin, Standing},
    matched::Binding,
};
use listsync_engine::ports::{PortResult, RemoveOutcome};

use super::{
    gone, rejected,
    say::{Suppression, Word},
};

/// Who brings something in, and when.
pub(super) type Source = (Origin, Timestamp);

#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) contacts: BTreeMap<ContactId, Person>,
    /// By address and by alias.
    pub(super) by_address: BTreeMap<Address, ContactId>,
    /// By the id of one who was merged.
    pub(super) successors: BTreeMap<ContactId, ContactId>,
    pub(super) by_object: BTreeMap<ObjectId, BTreeSet<ContactId>>,
    pub(super) lists: BTreeMap<ListId, ListRow>,
    /// What addresses that are nobody's are suppressed for.
    pub(super) suppressions: BTreeMap<Address, Vec<Suppression>>,
    /// Counts the contacts that were made, and the edits of contacts.
    pub(super) made: u64,
    pub(super) edits: u64,
    /// Counts what was said.
    pub(super) said: u64,
    pub(super) written: u64,
    /// The time of the present fold.
    pub(super) now: Timestamp,
}

/// A contact and what they said.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) contact: Contact,
    /// With the number of each among all that were ever said.
    pub(super) words: Vec<(u64, Word)>,
    /// The count of edits at the last one.
    pub(super) changed: u64,
}

#[derive(Debug)]
pub(super) struct ListRow {
    pub(super) list: List,
    pub(super) followed: Option<u64>,
    pub(super) sequence: u64,
    pub(super) log: BTreeMap<u64, ContactId>,
    pub(super) entries: BTreeMap<ContactId, Standings>,
}

/// How one contact stands to one list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standings {
    pub(super) standing: Standing,
    pub(super) origin: Origin,
    pub(super) since: Timestamp,
    /// Where the change log last names it.
    pub(super) logged: u64,
    /// When its standing last changed, in the numbers of the change log.
    pub(super) changed: u64,
    pub(super) leave: Leave,
}

/// How one who is not on a list left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// As anybody does, or never.
    Plain,
    /// By an import that a person approved.
    Approved,
}

/// Whether a contact was known with just this name and these fields.
pub(super) enum Known {
    Same(ContactId),
    Updated(ContactId),
}

impl Known {
    pub(super) fn id(&self) -> &ContactId {
        match self {
            Self::Same(id) | Self::Updated(id) => id,
        }
    }
}

impl Book {
    pub(super) fn list(&mut self, list: &ListId) -> PortResult<&mut ListRow> {
        self.lists.get_mut(list).ok_or_else(|| gone("list"))
    }

    /// Takes a contact's name and fields in; who is new takes over what the address is suppressed for.
    pub(super) fn learn(&mut self, new: &NewContact, source: Source) -> Known {
        match self.by_address.get(&new.address).cloned() {
            Some(id) if self.inform(&id, new, source) => Known::Updated(id),
            Some(id) => Known::Same(id),
            None => Known::Same(self.make(new, source)),
        }
    }

    /// Whether that was news. An empty name says nothing, an empty field clears it.
    pub(super) fn inform(&mut self, id: &ContactId, new: &NewContact, (source, at): Source) -> bool {
        let Some(Person { contact, .. }) = self.contacts.get_mut(id) else { return false };
        let mut news = !new.name.is_empty() && contact.name != new.name;
        if news {
            contact.name.clone_from(&new.name);
        }
        for (name, value) in &new.fields {
            if contact.fields.get(name).map_or("", |field| &field.value) == value {
                continue;
            }
            news = true;
            match value.as_str() {
                "" => contact.fields.remove(name),
                _ => contact.fields.insert(name.clone(), Field { value: value.clone(), source, at }),
            };
        }
        if news {
            self.touch(id);
        }
        news
    }

    pub(super) fn make(&mut self, new: &NewContact, source: Source) -> ContactId {
        self.made += 1;
        let id = ContactId::parse(&format!("c{:09}", self.made)).expect("a counted id is an id");
        let contact = Contact::new(id.clone(), new.address.clone());
        self.contacts.insert(id.clone(), Person { contact, words: Vec::new(), changed: 0 });
        self.by_address.insert(new.address.clone(), id.clone());
        if !self.inform(&id, new, source) {
            self.touch(&id);
        }
        self.take_over(&id, &new.address, source.1);
        id
    }

    /// Counts an edit.
    pub(super) fn touch(&mut self, id: &ContactId) {
        self.edits += 1;
        if let Some(person) = self.contacts.get_mut(id) {
            person.contact.version.0 += 1;
            person.changed = self.edits;
        }
    }

    /// A list that people keep.
    pub(super) fn by_people(&mut self, list: &ListId) -> PortResult<&mut ListRow> {
        if self.is_filtered(list) {
            return Err(rejected("list_filtered", "the list is kept by its filter"));
        }
        self.list(list)
    }

    pub(super) fn standing(&self, list: &ListId, contact: &ContactId) -> Option<Standings> {
        self.lists.get(list).and_then(|row| row.entries.get(contact)).copied()
    }

    /// Whether a contact stands on other lists than these.
    pub(super) fn is_out_of_reach(&self, given: &Lists, contact: &ContactId) -> bool {
        let stands_on = self.lists.iter().filter(|(_, row)| {
            row.entries.get(contact).is_some_and(|entry| entry.standing != Standing::Absent)
        });
        !given.hold_all_of(stands_on.map(|(list, _)| list))
    }

    /// Gives a contact this standing; the change log names it if that is news.
    pub(super) fn stand(
        &mut self,
        list: &ListId,
        contact: &ContactId,
        standing: Standing,
        (origin, since): Source,
    ) -> PortResult<()> {
        let row = self.list(list)?;
        if row.entries.get(contact).is_some_and(|entry| entry.standing == standing) {
            return Ok(());
        }
        let logged = row.log_change(contact);
        let leave = Leave::Plain;
        let stands = Standings { standing, origin, since, logged, changed: logged, leave };
        row.entries.insert(contact.clone(), stands);
        self.written += 1;
        Ok(())
    }

    pub(super) fn dismiss(
        &mut self,
        list: &ListId,
        contact: &ContactId,
        (_, at): Source,
    ) -> PortResult<RemoveOutcome> {
        self.list(list)?;
        match self.standing(list, contact) {
            Some(Standings { standing: Standing::Member | Standing::Pending, origin, .. }) => {
                self.stand(list, contact, Standing::Absent, (origin, at))?;
                Ok(RemoveOutcome::Removed)
            }
            _ => Ok(RemoveOutcome::Absent),
        }
    }

    /// The same by an import that a person approved.
    pub(super) fn dismiss_approved(
        &mut self,
        list: &ListId,
        contact: &ContactId,
        source: Source,
    ) -> PortResult<()> {
        self.dismiss(list, contact, source)?;
        if let Some(entry) = self.list(list)?.entries.get_mut(contact) {
            entry.leave = Leave::Approved;
        }
        Ok(())
    }

    /// Matches a contact to an object. A first match is no change of any list: the run that made it has taken it in.
    pub(super) fn bind(&mut self, Binding { contact, object, grounds }: &Binding) {
        let Some(Person { contact: known, .. }) = self.contacts.get_mut(contact) else { return };
        if known.object_id.as_ref() == Some(object) && known.grounds.as_ref() == Some(grounds) {
            return;
        }
        known.grounds = Some(grounds.clone());
        let before = known.object_id.replace(object.clone());
        self.by_object.entry(object.clone()).or_default().insert(contact.clone());
        self.written += 1;
        let Some(before) = before.filter(|before| before != object) else { return };
        if let Some(others) = self.by_object.get_mut(&before) {
            others.remove(contact);
        }
        self.log_on_its_lists(contact);
    }

    /// Tells each list that a contact was ever on to look at them again.
    pub(super) fn log_on_its_lists(&mut self, contact: &ContactId) {
        for row in self.lists.values_mut().filter(|row| row.entries.contains_key(contact)) {
            let logged = row.log_change(contact);
            if let Some(entry) = row.entries.get_mut(contact) {
                entry.logged = logged;
            }
        }
    }

    /// The entry of a contact; who said no to all lists, and stands to this one in no other way, counts as opted out.
    pub(super) fn entry(&self, list: &ListId, id: &ContactId) -> Option<Entry> {
        let Person { contact, .. } = self.contacts.get(id)?;
        let standing = self.standing(list, id);
        let stands = standing.map_or(Standing::Absent, |entry| entry.standing);
        Some(Entry {
            contact: id.clone(),
            address: contact.address.clone(),
            name: contact.name.clone(),
            object_id: contact.object_id.clone(),
            grounds: contact.grounds.clone(),
            standing: if self.refuses(list, id) { Standing::OptedOut } else { stands },
            origin: standing.map_or(Origin::Manual, |entry| entry.origin),
            undeliverable: contact.undeliverable.map(|state| state.reason),
        })
    }
}

impl ListRow {
    pub(super) fn members(&self) -> impl Iterator<Item = &ContactId> {
        self.entries.iter().filter(|(_, entry)| entry.standing == Standing::Member).map(|(id, _)| id)
    }

    pub(super) fn log_change(&mut self, contact: &ContactId) -> u64 {
        if let Some(entry) = self.entries.get(contact) {
            self.log.remove(&entry.logged);
        }
        self.sequence += 1;
        self.log.insert(self.sequence, contact.clone());
        self.sequence
    }
}
