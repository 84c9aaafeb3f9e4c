use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, Place, Said, Saying, Scope, Undeliverable, Version},
    id::{ContactId, ListId},
    link::Side,
    list::{List, ListKind, NewContact, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{
    ContactChanges, ContactEdit, Contacts, Cursor, Heard, ListEdit, MailState, Moves, PortResult,
};

use super::{
    MemoryStore, State, gone, rejected,
    say::Suppression,
    sequence,
    sides::{Book, Source},
};

impl Book {
    fn person(&self, id: &ContactId) -> PortResult<&Contact> {
        self.contacts.get(id).map(|person| &person.contact).ok_or_else(|| gone("contact"))
    }

    fn contact_mut(&mut self, id: &ContactId) -> PortResult<&mut Contact> {
        self.contacts.get_mut(id).map(|person| &mut person.contact).ok_or_else(|| gone("contact"))
    }

    pub(super) fn of_key(&self, key: &ExternalId) -> Option<ContactId> {
        let mut people = self.contacts.values().map(|person| &person.contact);
        people.find(|contact| contact.external_id.as_ref() == Some(key)).map(|contact| contact.id.clone())
    }

    /// Whether that was news.
    pub(super) fn set_key(&mut self, id: &ContactId, key: &ExternalId) -> PortResult<bool> {
        if self.of_key(key).is_some_and(|other| other != *id) {
            return Err(rejected("contact_exists", "the external id is somebody's"));
        }
        let contact = self.contact_mut(id)?;
        let before = contact.external_id.replace(key.clone());
        Ok(before.as_ref() != Some(key))
    }

    /// Whether that was news. The former address becomes an alias.
    pub(super) fn set_address(&mut self, id: &ContactId, address: &Address, at: Timestamp) -> bool {
        let Some(person) = self.contacts.get_mut(id) else { return false };
        let contact = &mut person.contact;
        if contact.address == *address {
            return false;
        }
        let before = std::mem::replace(&mut contact.address, address.clone());
        contact.aliases.remove(address);
        contact.aliases.insert(before);
        contact.undeliverable = None;
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

    fn free(&self, address: &Address, of: Option<&ContactId>) -> PortResult<()> {
        match self.by_address.get(address) {
            Some(other) if Some(other) != of => Err(rejected("contact_exists", "the address is somebody's")),
            _ => Ok(()),
        }
    }

    fn edit(&mut self, id: &ContactId, edit: &ContactEdit, (by, at): Source) -> PortResult<()> {
        self.check(id, edit)?;
        if let Some(address) = &edit.address {
            self.set_address(id, address, at);
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

    fn merge(&mut self, keep: &ContactId, other: &ContactId, at: Timestamp) -> PortResult<()> {
        self.person(keep)?;
        let gone = self.person(other)?.clone();
        let refusals: Vec<_> = self.refusals(keep).into_iter().chain(self.refusals(other)).collect();
        let places: Vec<(ListId, Standing)> = self
            .lists
            .iter()
            .filter_map(|(list, row)| Some((list.clone(), row.entries.get(other)?.standing)))
            .collect();
        let words = std::mem::take(&mut self.contacts.get_mut(other).expect("it is there").words);
        self.depart(other);
        for address in gone.aliases.iter().chain([&gone.address]) {
            self.by_address.insert(address.clone(), keep.clone());
        }
        let person = self.contacts.get_mut(keep).expect("it is there");
        person.words.extend(words);
        person.words.sort_by_key(|(number, _)| *number);
        let contact = &mut person.contact;
        contact.aliases.extend(gone.aliases.into_iter().chain([gone.address]));
        if contact.name.is_empty() {
            contact.name = gone.name;
        }
        contact.external_id = contact.external_id.take().or(gone.external_id);
        for (name, field) in gone.fields {
            contact.fields.entry(name).or_insert(field);
        }
        if let (None, Some(object)) = (&contact.object_id, gone.object_id) {
            self.bind(keep, Some(&object));
        }
        self.unite(keep, (places, refusals), at)
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
                None => drop(self.refuse_all(keep, no)),
                list => self.note(
                    keep,
                    super::say::Word { list, decision: listsync_core::contact::Decision::OptedOut, told: no },
                ),
            }
        }
        self.touch(keep);
        self.log_on_its_lists(keep);
        Ok(())
    }

    /// Takes a contact out of everything; each list's log names them a last time.
    fn depart(&mut self, id: &ContactId) -> Vec<ListId> {
        let mut left = Vec::new();
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

    fn forget(&mut self, id: &ContactId, more: Option<Suppression>) -> PortResult<Vec<ListId>> {
        let Contact { address, aliases, .. } = self.person(id)?.clone();
        for no in self.refusals(id).into_iter().chain(more) {
            aliases.iter().chain([&address]).for_each(|address| self.suppress(address, no.clone()));
        }
        Ok(self.depart(id))
    }

    fn move_members(&mut self, list: &ListId, moves: &Moves, at: Timestamp) -> PortResult<(u64, u64)> {
        let version = self.list(list)?.list.version;
        if !self.is_filtered(list) {
            return Err(rejected("list_static", "the list has no filter"));
        }
        if moves.version.is_some_and(|of| of != version) {
            return Err(rejected("version", "the list was edited meanwhile"));
        }
        let (mut joined, mut left) = (0, 0);
        for contact in moves.join.iter().filter(|id| self.contacts.contains_key(*id)).collect::<Vec<_>>() {
            let now = self.standing(list, contact).map(|entry| entry.standing);
            if now != Some(Standing::Member) && !self.refuses(list, contact) {
                self.stand(list, contact, Standing::Member, (Origin::Filter, at))?;
                joined += 1;
            }
        }
        for contact in &moves.leave {
            let outcome = self.dismiss(list, contact, (Origin::Filter, at))?;
            left += u64::from(outcome == listsync_engine::ports::RemoveOutcome::Removed);
        }
        if let Some(upto) = &moves.upto {
            self.list(list)?.followed = Some(sequence(upto)?);
        }
        Ok((joined, left))
    }

    fn follow_rule(&mut self, list: &ListId, rule: OptOutRule, at: Timestamp) -> PortResult<()> {
        let entries: BTreeMap<ContactId, Standing> =
            self.list(list)?.entries.iter().map(|(id, entry)| (id.clone(), entry.standing)).collect();
        for (id, standing) in entries {
            let to_all = standing != Standing::Absent && self.person(&id)?.opted_out.is_some();
            let said_no = to_all || self.said_no(&id, list).is_some();
            match rule {
                OptOutRule::NotAllowed if standing == Standing::OptedOut => {
                    self.stand(list, &id, Standing::Absent, (Origin::Own, at))?;
                }
                OptOutRule::Allowed if said_no => {
                    self.stand(list, &id, Standing::OptedOut, (Origin::Own, at))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl State {
    fn edit_list(
        &mut self,
        list: &ListId,
        expected: Option<Version>,
        (edit, now): (&ListEdit, Timestamp),
    ) -> PortResult<List> {
        let before = self.book.list(list)?.list.clone();
        if expected.is_some_and(|expected| expected != before.version) {
            return Err(rejected("version", "the list was edited meanwhile"));
        }
        if *edit == ListEdit::default() {
            return Ok(before);
        }
        if let Some(name) = &edit.name {
            let taken = |row: &super::sides::ListRow| {
                row.list.id != *list && row.list.name.to_lowercase() == name.to_lowercase()
            };
            if name.trim().is_empty() {
                return Err(rejected("bad_list_name", "a list needs a name"));
            }
            if self.book.lists.values().any(taken) {
                return Err(rejected("list_exists", "another list has this name"));
            }
        }
        let filters = matches!(edit.kind, Some(ListKind::Filtered { .. }));
        let writes = |row: &super::links::LinkRow| {
            row.state.link.list == *list && row.state.link.mode.writes(Side::List)
        };
        if filters && self.links.values().any(writes) {
            return Err(rejected("list_linked", "a link writes to the list"));
        }
        let row = self.book.list(list)?;
        row.list.name = edit.name.as_deref().unwrap_or(&before.name).trim().to_owned();
        if edit.kind.as_ref().is_some_and(|kind| *kind != before.kind) {
            row.list.kind = edit.kind.clone().unwrap_or_default();
            row.followed = None;
        }
        row.list.opt_out = edit.opt_out.unwrap_or(before.opt_out);
        row.list.version.0 += 1;
        let after = row.list.clone();
        if after.opt_out != before.opt_out {
            self.book.follow_rule(list, after.opt_out, now)?;
        }
        Ok(after)
    }
}

#[async_trait]
impl Contacts for MemoryStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        Ok(self.lock().book.person(id).ok().cloned())
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>> {
        let state = self.lock();
        let id = state.book.by_address.get(address);
        Ok(id.and_then(|id| state.book.person(id).ok()).cloned())
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
        let place = |(list, row): (&ListId, &super::sides::ListRow)| {
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
        use listsync_core::contact::{OptOut, OptOutReason, Via};
        let mut state = self.lock();
        let no = OptOut { reason: OptOutReason::Erased, at: now, via: Via::Operator };
        let lists: BTreeSet<ListId> = state.book.lists.keys().cloned().collect();
        let left = state.book.forget(id, Some(Suppression { list: None, no }))?;
        lists.iter().for_each(|list| state.spare(list, id));
        for row in state.links.values_mut() {
            let members = row.members.values_mut().filter(|member| member.contact.as_ref() == Some(id));
            members.for_each(|member| member.address = None);
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
