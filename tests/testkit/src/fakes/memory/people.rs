use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, OptOut, OptOutReason, Place, Said, Saying, Scope, Version, Via},
    id::{ContactId, ListId, ObjectId},
    list::{List, NewContact, Origin},
};
use listsync_engine::ports::{
    ContactChanges, ContactEdit, Contacts, Cursor, Heard, ListEdit, Moves, PortResult,
};

use super::{MemoryStore, gone, rejected, say::Suppression, sequence, sides::ListRow};

#[async_trait]
impl Contacts for MemoryStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        Ok(self.lock().book.person(id).ok().cloned())
    }

    async fn successor(&self, id: &ContactId) -> PortResult<Option<ContactId>> {
        Ok(self.lock().book.successors.get(id).cloned())
    }

    async fn is_departed(&self, _: &ContactId) -> PortResult<bool> {
        Ok(false)
    }

    async fn refuse_departed(&self, _: &ContactId, _: &Scope, _: OptOut) -> PortResult<()> {
        Err(gone("contact"))
    }

    async fn find_external(&self, _: &listsync_core::contact::ExternalId) -> PortResult<Option<Contact>> {
        Ok(None)
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>> {
        let state = self.lock();
        let id = state.book.by_address.get(address);
        Ok(id.and_then(|id| state.book.person(id).ok()).cloned())
    }

    async fn contacts_of(&self, objects: &[ObjectId]) -> PortResult<Vec<Contact>> {
        let state = self.lock();
        let ids = objects.iter().filter_map(|object| state.book.by_object.get(object)).flatten();
        Ok(ids.filter_map(|id| state.book.person(id).ok()).cloned().collect())
    }

    async fn contacts(&self, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Contact>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.lock();
        let people = state.book.contacts.range::<ContactId, _>((from, Bound::Unbounded));
        Ok(people.take(limit).map(|(_, person)| person.contact.clone()).collect())
    }

    async fn contacts_cursor(&self) -> PortResult<Cursor> {
        Ok(Cursor(self.lock().book.edits.to_string()))
    }

    async fn contacts_changed(&self, since: &Cursor) -> PortResult<ContactChanges> {
        let state = self.lock();
        let since = sequence(since)?;
        if since > state.book.edits {
            return Err(gone("cursor"));
        }
        let changed = state.book.contacts.iter().filter(|(_, person)| person.changed > since);
        let contacts = changed.map(|(id, _)| id.clone()).collect();
        Ok(ContactChanges { contacts, cursor: Cursor(state.book.edits.to_string()) })
    }

    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>> {
        let state = self.lock();
        state.book.person(id)?;
        let place = |(list, row): (&ListId, &ListRow)| {
            let entry = row.entries.get(id)?;
            let (standing, origin, since) = (entry.standing, entry.origin, entry.since);
            Some(Place { list: list.clone(), standing, origin, since })
        };
        Ok(state.book.lists.iter().filter_map(place).collect())
    }

    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>> {
        let state = self.lock();
        state.book.person(id)?;
        let words = state.book.contacts[id].words.iter().rev();
        let said = words.map(|(_, word)| Said {
            decision: word.decision,
            scope: word.list.clone().map_or(Scope::All, Scope::List),
            via: word.told.via,
            at: word.told.at,
        });
        Ok(said.collect())
    }

    async fn create_contact(
        &self,
        address: &Address,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let mut state = self.lock();
        state.book.free(address, None)?;
        edit.add_aliases.iter().try_for_each(|alias| state.book.free(alias, None))?;
        if edit.external_id.as_ref().is_some_and(|key| state.book.of_key(key).is_some()) {
            return Err(rejected("contact_exists", "the external id is somebody's"));
        }
        let name = edit.name.clone().unwrap_or_default();
        let new = NewContact { address: address.clone(), name, fields: edit.fields.clone() };
        let id = state.book.make(&new, (by, now));
        let rest = ContactEdit { address: None, name: None, fields: BTreeMap::new(), ..edit.clone() };
        state.book.edit(&id, &rest, (by, now))?;
        state.tally();
        state.book.person(&id).cloned()
    }

    async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let mut state = self.lock();
        let version = state.book.person(id)?.version;
        if expected.is_some_and(|expected| expected != version) {
            return Err(rejected("version", "the contact was edited meanwhile"));
        }
        state.book.edit(id, edit, (by, now))?;
        if *edit != ContactEdit::default() {
            state.book.touch(id);
        }
        state.tally();
        state.book.person(id).cloned()
    }

    async fn merge_contacts(
        &self,
        keep: &ContactId,
        other: &ContactId,
        now: Timestamp,
    ) -> PortResult<Contact> {
        if keep == other {
            return Err(rejected("same_contact", "a contact cannot be merged with itself"));
        }
        let mut state = self.lock();
        state.book.merge(keep, other, now)?;
        state.tally();
        state.book.person(keep).cloned()
    }

    async fn delete_contact(&self, id: &ContactId, _now: Timestamp) -> PortResult<Vec<ListId>> {
        let mut state = self.lock();
        let lists: BTreeSet<ListId> = state.book.lists.keys().cloned().collect();
        let left = state.book.forget(id, None)?;
        lists.iter().for_each(|list| state.spare(list, id));
        Ok(left)
    }

    async fn erase_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        let mut state = self.lock();
        let no = OptOut { reason: OptOutReason::Erased, at: now, via: Via::Operator };
        let lists: BTreeSet<ListId> = state.book.lists.keys().cloned().collect();
        let Contact { address, aliases, .. } = state.book.person(id)?.clone();
        let left = state.book.forget(id, Some(Suppression { list: None, no }))?;
        aliases.iter().chain([&address]).for_each(|address| state.forget_rows(address));
        lists.iter().for_each(|list| state.spare(list, id));
        for row in state.links.values_mut() {
            let members = row.members.values_mut().filter(|member| member.contact.as_ref() == Some(id));
            members.for_each(|member| (member.address, member.named) = (None, None));
        }
        Ok(left)
    }

    async fn say(&self, saying: &Saying) -> PortResult<Heard> {
        let mut state = self.lock();
        let heard = state.say(saying);
        state.tally();
        heard
    }

    async fn edit_list(
        &self,
        list: &ListId,
        expected: Option<Version>,
        edit: &ListEdit,
        now: Timestamp,
    ) -> PortResult<List> {
        let mut state = self.lock();
        let edited = state.edit_list(list, expected, (edit, now));
        state.tally();
        edited
    }

    async fn followed(&self, list: &ListId) -> PortResult<Option<Cursor>> {
        Ok(self.lock().book.list(list)?.followed.map(|number| Cursor(number.to_string())))
    }

    async fn move_members(&self, list: &ListId, moves: &Moves, now: Timestamp) -> PortResult<(u64, u64)> {
        let mut state = self.lock();
        let moved = state.book.move_members(list, moves, now);
        state.tally();
        moved
    }
}
