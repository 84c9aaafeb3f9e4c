//! Contacts and their standings, without any port around them.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, List, NewContact, Origin, Standing},
};
use listsync_engine::ports::{PortResult, RemoveOutcome};

use super::gone;

#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) contacts: BTreeMap<ContactId, Contact>,
    pub(super) by_address: BTreeMap<Address, ContactId>,
    pub(super) by_object: BTreeMap<ObjectId, BTreeSet<ContactId>>,
    pub(super) lists: BTreeMap<ListId, ListRow>,
    pub(super) written: u64,
}

#[derive(Debug)]
pub(super) struct Contact {
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, String>,
    pub(super) object_id: Option<ObjectId>,
}

#[derive(Debug)]
pub(super) struct ListRow {
    pub(super) list: List,
    pub(super) sequence: u64,
    pub(super) log: BTreeMap<u64, ContactId>,
    pub(super) entries: BTreeMap<ContactId, Standings>,
}

/// How one contact stands to one list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standings {
    pub(super) standing: Standing,
    pub(super) origin: Origin,
    /// Where the change log last names it.
    pub(super) logged: u64,
    /// When its standing last changed, in the numbers of the change log.
    pub(super) changed: u64,
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

    pub(super) fn learn(&mut self, new: &NewContact) -> Known {
        if let Some(id) = self.by_address.get(&new.address)
            && let Some(contact) = self.contacts.get_mut(id)
        {
            let renamed = !new.name.is_empty() && contact.name != new.name;
            let differs = new.fields.iter().any(|(name, value)| contact.fields.get(name) != Some(value));
            if renamed {
                contact.name.clone_from(&new.name);
            }
            contact.fields.extend(new.fields.clone());
            let id = id.clone();
            return if renamed || differs { Known::Updated(id) } else { Known::Same(id) };
        }
        let id = ContactId::parse(&format!("c{}", self.contacts.len() + 1)).expect("a counted id is an id");
        let contact = Contact {
            address: new.address.clone(),
            name: new.name.clone(),
            fields: new.fields.clone(),
            object_id: None,
        };
        self.contacts.insert(id.clone(), contact);
        self.by_address.insert(new.address.clone(), id.clone());
        Known::Same(id)
    }

    pub(super) fn standing(&self, list: &ListId, contact: &ContactId) -> Option<Standings> {
        self.lists.get(list).and_then(|row| row.entries.get(contact)).copied()
    }

    /// Gives a contact this standing; the change log names it if that is news.
    pub(super) fn stand(
        &mut self,
        list: &ListId,
        contact: &ContactId,
        standing: Standing,
        origin: Origin,
    ) -> PortResult<()> {
        let row = self.list(list)?;
        if row.entries.get(contact).is_some_and(|entry| entry.standing == standing) {
            return Ok(());
        }
        let logged = row.log_change(contact);
        row.entries.insert(contact.clone(), Standings { standing, origin, logged, changed: logged });
        self.written += 1;
        Ok(())
    }

    pub(super) fn remove(&mut self, list: &ListId, contact: &ContactId) -> PortResult<RemoveOutcome> {
        self.list(list)?;
        match self.standing(list, contact) {
            Some(Standings { standing: Standing::Member | Standing::Pending, origin, .. }) => {
                self.stand(list, contact, Standing::Absent, origin)?;
                Ok(RemoveOutcome::Removed)
            }
            _ => Ok(RemoveOutcome::Absent),
        }
    }

    /// Matches a contact to an object. A first match is no change of any list: the run that made it has taken it in.
    pub(super) fn bind(&mut self, contact: &ContactId, object: Option<&ObjectId>) {
        let Some(known) = self.contacts.get_mut(contact) else { return };
        if known.object_id.as_ref() == object {
            return;
        }
        let before = std::mem::replace(&mut known.object_id, object.cloned());
        if let Some(object) = object {
            self.by_object.entry(object.clone()).or_default().insert(contact.clone());
        }
        self.written += 1;
        let Some(before) = before else { return };
        if let Some(others) = self.by_object.get_mut(&before) {
            others.remove(contact);
        }
        for row in self.lists.values_mut().filter(|row| row.entries.contains_key(contact)) {
            let logged = row.log_change(contact);
            if let Some(entry) = row.entries.get_mut(contact) {
                entry.logged = logged;
            }
        }
    }

    pub(super) fn entry(&self, list: &ListId, id: &ContactId) -> Option<Entry> {
        let contact = self.contacts.get(id)?;
        let standing = self.standing(list, id);
        Some(Entry {
            contact: id.clone(),
            address: contact.address.clone(),
            name: contact.name.clone(),
            object_id: contact.object_id.clone(),
            standing: standing.map_or(Standing::Absent, |entry| entry.standing),
            origin: standing.map_or(Origin::Manual, |entry| entry.origin),
            undeliverable: None,
        })
    }
}

impl ListRow {
    pub(super) fn members(&self) -> impl Iterator<Item = &ContactId> {
        self.entries.iter().filter(|(_, entry)| entry.standing == Standing::Member).map(|(id, _)| id)
    }

    fn log_change(&mut self, contact: &ContactId) -> u64 {
        if let Some(entry) = self.entries.get(contact) {
            self.log.remove(&entry.logged);
        }
        self.sequence += 1;
        self.log.insert(self.sequence, contact.clone());
        self.sequence
    }
}
