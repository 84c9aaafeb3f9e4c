//! Contacts in memory: edits, merges, deletions.

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, Decision, ExternalId, Undeliverable},
    id::{ContactId, ListId},
    import::Keys,
    list::{NewContact, Origin, Standing},
    matched::{Binding, Grounds},
};
use listsync_engine::ports::{ContactEdit, MailState, PortResult};

use super::{
    gone, rejected,
    say::{Suppression, Word},
    sides::{Book, Source},
};

impl Book {
    pub(super) fn person(&self, id: &ContactId) -> PortResult<&Contact> {
        self.contacts.get(id).map(|person| &person.contact).ok_or_else(|| gone("contact"))
    }

    fn contact_mut(&mut self, id: &ContactId) -> PortResult<&mut Contact> {
        self.contacts.get_mut(id).map(|person| &mut person.contact).ok_or_else(|| gone("contact"))
    }

    pub(super) fn of_key(&self, key: &ExternalId) -> Option<ContactId> {
        let mut people = self.contacts.values().map(|person| &person.contact);
        people
            .find(|contact| Keys::of(contact).iter().any(|own| own == key))
            .map(|contact| contact.id.clone())
    }

    /// Whether that was news.
    pub(super) fn set_key(&mut self, id: &ContactId, key: &ExternalId) -> PortResult<bool> {
        if self.of_key(key).is_some_and(|other| other != *id) {
            return Err(rejected("contact_exists", "the external id is somebody's"));
        }
        let contact = self.contact_mut(id)?;
        contact.further_ids.remove(key);
        let before = contact.external_id.replace(key.clone());
        Ok(before.as_ref() != Some(key))
    }

    /// Whether that was news.
    pub(super) fn set_keys(&mut self, id: &ContactId, keys: Keys) -> PortResult<bool> {
        let contact = self.contact_mut(id)?;
        let news = Keys::of(contact) != keys;
        (contact.external_id, contact.further_ids) = (keys.first, keys.further);
        Ok(news)
    }

    /// Whether that was news. The former address becomes an alias.
    pub(super) fn set_address(&mut self, id: &ContactId, address: &Address, (by, at): Source) -> bool {
        let Some(person) = self.contacts.get_mut(id) else { return false };
        let contact = &mut person.contact;
        if contact.address == *address {
            return false;
        }
        let before = std::mem::replace(&mut contact.address, address.clone());
        contact.aliases.remove(address);
        contact.aliases.insert(before);
        contact.undeliverable = None;
        if let (Origin::Entra, Some(grounds)) = (by, &mut contact.grounds) {
            grounds.address = address.clone();
        }
        self.by_address.insert(address.clone(), id.clone());
        self.take_over(id, address, at);
        self.log_on_its_lists(id);
        true
    }

    /// What a contact said no to, as it is kept of their addresses without them.
    fn refusals(&self, id: &ContactId) -> Vec<Suppression> {
        let to_all = self.contacts.get(id).and_then(|person| person.contact.opted_out);
        let to_all = to_all.map(|no| Suppression { list: None, no });
        let of_lists = self
            .lists
            .keys()
            .filter_map(|list| self.said_no(id, list).map(|no| Suppression { list: Some(list.clone()), no }));
        to_all.into_iter().chain(of_lists).collect()
    }

    pub(super) fn free(&self, address: &Address, of: Option<&ContactId>) -> PortResult<()> {
        match self.by_address.get(address) {
            Some(other) if Some(other) != of => Err(rejected("contact_exists", "the address is somebody's")),
            _ => Ok(()),
        }
    }

    pub(super) fn edit(&mut self, id: &ContactId, edit: &ContactEdit, (by, at): Source) -> PortResult<()> {
        self.check(id, edit)?;
        if let Some(address) = &edit.address {
            self.set_address(id, address, (by, at));
        }
        for alias in &edit.add_aliases {
            if self.by_address.insert(alias.clone(), id.clone()).is_none() {
                self.contact_mut(id)?.aliases.insert(alias.clone());
                self.take_over(id, alias, at);
            }
        }
        for alias in &edit.remove_aliases {
            if self.contact_mut(id)?.aliases.remove(alias) {
                self.by_address.remove(alias);
                self.refusals(id).into_iter().for_each(|no| self.suppress(alias, no));
            }
        }
        if let Some(key) = &edit.external_id {
            self.set_key(id, key)?;
        }
        let (address, name) = (self.person(id)?.address.clone(), edit.name.clone().unwrap_or_default());
        self.inform(id, &NewContact { address, name, fields: edit.fields.clone() }, (by, at));
        let contact = self.contact_mut(id)?;
        if let Some(name) = &edit.name {
            contact.name.clone_from(name);
        }
        match (edit.mail, contact.undeliverable) {
            (Some(MailState::Reaches), _) => contact.undeliverable = None,
            (Some(MailState::Undeliverable(reason)), before) if before.map(|b| b.reason) != Some(reason) => {
                contact.undeliverable = Some(Undeliverable { reason, at });
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether every address and key of an edit is free, so that the rest of it cannot fail.
    fn check(&self, id: &ContactId, edit: &ContactEdit) -> PortResult<()> {
        edit.address.iter().chain(&edit.add_aliases).try_for_each(|address| self.free(address, Some(id)))?;
        match &edit.external_id {
            Some(key) if self.of_key(key).is_some_and(|other| other != *id) => {
                Err(rejected("contact_exists", "the external id is somebody's"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn merge(&mut self, keep: &ContactId, other: &ContactId, at: Timestamp) -> PortResult<()> {
        self.person(keep)?;
        let gone = self.person(other)?.clone();
        let keys = Keys::of(&gone);
        let refusals: Vec<_> = self.refusals(keep).into_iter().chain(self.refusals(other)).collect();
        let places: Vec<(ListId, Standing)> = self
            .lists
            .iter()
            .filter_map(|(list, row)| Some((list.clone(), row.entries.get(other)?.standing)))
            .collect();
        let words = std::mem::take(&mut self.contacts.get_mut(other).expect("it is there").words);
        let former: Vec<ContactId> = self.former(other).chain([other.clone()]).collect();
        self.depart(other);
        self.successors.extend(former.into_iter().map(|id| (id, keep.clone())));
        for address in gone.aliases.iter().chain([&gone.address]) {
            self.by_address.insert(address.clone(), keep.clone());
        }
        let person = self.contacts.get_mut(keep).expect("it is there");
        let accepts = person.contact.accepts_with(&gone);
        person.words.extend(words);
        person.words.sort_by_key(|(number, _)| *number);
        let contact = &mut person.contact;
        contact.aliases.extend(gone.aliases.into_iter().chain([gone.address]));
        if contact.name.is_empty() {
            contact.name = gone.name;
        }
        let keys = Keys::of(contact).joined(&keys);
        (contact.external_id, contact.further_ids) = (keys.first, keys.further);
        for (name, field) in gone.fields {
            contact.fields.entry(name).or_insert(field);
        }
        if let (None, Some(object)) = (&contact.object_id, gone.object_id) {
            let grounds = Grounds::taken_over(gone.grounds, contact.address.clone(), at);
            self.bind(&Binding { contact: keep.clone(), object, grounds });
        }
        self.unite(keep, (places, refusals), at)?;
        if let Some(person) = self.contacts.get_mut(keep) {
            person.contact.accepts = accepts;
        }
        self.leave_all(keep, at);
        Ok(())
    }

    /// Whom a contact took over.
    fn former(&self, id: &ContactId) -> impl Iterator<Item = ContactId> {
        self.successors
            .iter()
            .filter(move |(_, successor)| *successor == id)
            .map(|(former, _)| former.clone())
    }

    /// Takes over another's places and opt-outs; the stronger of two counts.
    fn unite(
        &mut self,
        keep: &ContactId,
        (places, refusals): (Vec<(ListId, Standing)>, Vec<Suppression>),
        at: Timestamp,
    ) -> PortResult<()> {
        let rank = |standing| match standing {
            Standing::Absent => 0,
            Standing::Pending => 1,
            Standing::Member => 2,
            Standing::OptedOut => 3,
        };
        for (list, standing) in places {
            let now = self.standing(&list, keep).map_or(Standing::Absent, |entry| entry.standing);
            if rank(standing) > rank(now) {
                self.stand(&list, keep, standing, (Origin::Manual, at))?;
            }
        }
        for Suppression { list, no } in refusals {
            match list {
                None => self.contacts.get_mut(keep).expect("it is there").contact.refuse_all(no),
                list => self.note(keep, Word { list, decision: Decision::OptedOut, told: no }),
            }
        }
        self.touch(keep);
        self.log_on_its_lists(keep);
        Ok(())
    }

    /// Takes a contact out of everything; each list's log names them a last time.
    fn depart(&mut self, id: &ContactId) -> Vec<ListId> {
        let mut left = Vec::new();
        self.successors.retain(|_, successor| successor != id);
        for (list, row) in self.lists.iter_mut().filter(|(_, row)| row.entries.contains_key(id)) {
            row.log_change(id);
            let before = row.entries.remove(id);
            if before.is_some_and(|entry| entry.standing != Standing::Absent) {
                left.push(list.clone());
            }
        }
        if let Some(person) = self.contacts.remove(id) {
            let Contact { address, aliases, object_id, .. } = person.contact;
            aliases.iter().chain([&address]).for_each(|address| drop(self.by_address.remove(address)));
            if let Some(others) = object_id.and_then(|object| self.by_object.get_mut(&object)) {
                others.remove(id);
            }
        }
        left
    }

    pub(super) fn forget(&mut self, id: &ContactId, more: Option<Suppression>) -> PortResult<Vec<ListId>> {
        let Contact { address, aliases, .. } = self.person(id)?.clone();
        for no in self.refusals(id).into_iter().chain(more) {
            aliases.iter().chain([&address]).for_each(|address| self.suppress(address, no.clone()));
        }
        Ok(self.depart(id))
    }
}
