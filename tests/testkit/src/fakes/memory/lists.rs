use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{OptOutReason, Saying, Scope, Via},
    id::{ContactId, ImportId, ListId},
    list::{Entry, List, NewContact, Origin, Standing},
    matched::Binding,
};
use listsync_engine::ports::{
    AddOutcome, Contacts as _, Cursor, Decision, EntryQuery, HeldPeople, Import, Imported, ListChanges,
    ListSide, ListStore, NewImport, PortResult, RemoveOutcome,
};

use super::{
    MemoryStore, State, gone, rejected, sequence,
    sides::{Book, Leave, ListRow, Source},
};

#[async_trait]
impl ListSide for MemoryStore {
    async fn list(&self, list: &ListId) -> PortResult<Option<List>> {
        Ok(self.lock().book.lists.get(list).map(|row| row.list.clone()))
    }

    async fn cursor(&self, list: &ListId) -> PortResult<Cursor> {
        Ok(Cursor(self.lock().book.list(list)?.sequence.to_string()))
    }

    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
        let mut state = self.lock();
        state.book.list(list)?;
        Ok(state.book.wanted(list, query).iter().filter_map(|id| state.book.entry(list, id)).collect())
    }

    async fn size(&self, list: &ListId) -> PortResult<u64> {
        Ok(self.lock().book.list(list)?.members().count() as u64)
    }

    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges> {
        let mut state = self.lock();
        let row = state.book.list(list)?;
        let since = sequence(since)?;
        if since > row.sequence {
            return Err(gone("cursor"));
        }
        let contacts = row.log.range(since + 1..).map(|(_, contact)| contact.clone()).collect();
        Ok(ListChanges { contacts, cursor: Cursor(row.sequence.to_string()) })
    }

    async fn refused(&self, list: &ListId, addresses: &[Address]) -> PortResult<BTreeSet<Address>> {
        let mut state = self.lock();
        state.book.list(list)?;
        let book = &state.book;
        let is_refused = |address: &&Address| match book.by_address.get(*address) {
            Some(id) => book.refuses(list, id),
            None => book.holds_off(list, address),
        };
        Ok(addresses.iter().filter(is_refused).cloned().collect())
    }

    async fn approved_leavers(
        &self,
        list: &ListId,
        contacts: &[ContactId],
    ) -> PortResult<BTreeMap<ContactId, Timestamp>> {
        let state = self.lock();
        let approved = |contact: &ContactId| {
            let entry = state.book.standing(list, contact)?;
            (entry.standing == Standing::Absent && entry.leave == Leave::Approved).then_some(entry.since)
        };
        Ok(contacts.iter().filter_map(|contact| Some((contact.clone(), approved(contact)?))).collect())
    }

    async fn bind(&self, matches: &[Binding]) -> PortResult<()> {
        let mut state = self.lock();
        matches.iter().for_each(|binding| state.book.bind(binding));
        state.tally();
        Ok(())
    }
}

impl Book {
    fn wanted(&self, list: &ListId, query: EntryQuery<'_>) -> BTreeSet<ContactId> {
        let entries = self.lists.get(list).map(|row| &row.entries);
        match query {
            EntryQuery::All => entries
                .into_iter()
                .flatten()
                .filter(|(_, entry)| entry.standing != Standing::Absent)
                .map(|(id, _)| id.clone())
                .collect(),
            EntryQuery::Contacts(ids) => ids.iter().cloned().collect(),
            EntryQuery::Objects(ids) => {
                ids.iter().filter_map(|id| self.by_object.get(id)).flatten().cloned().collect()
            }
            EntryQuery::Addresses(addresses) => {
                addresses.iter().filter_map(|address| self.by_address.get(address)).cloned().collect()
            }
        }
    }
}

impl State {
    /// Takes over what the book counted.
    pub(super) fn tally(&mut self) {
        self.writes.entries += std::mem::take(&mut self.book.written);
    }

    pub(super) fn add(
        &mut self,
        list: &ListId,
        contact: &NewContact,
        origin: Source,
    ) -> PortResult<AddOutcome> {
        self.book.by_people(list)?;
        let known = self.book.by_address.get(&contact.address);
        let refused = match known {
            Some(known) => self.book.refuses(list, known),
            None => self.book.holds_off(list, &contact.address),
        };
        if refused {
            return Ok(AddOutcome::OptedOut);
        }
        let id = self.book.learn(contact, origin).id().clone();
        match self.book.standing(list, &id).map(|entry| entry.standing) {
            Some(Standing::OptedOut) => Ok(AddOutcome::OptedOut),
            Some(Standing::Member) => {
                self.spare(list, &id);
                Ok(AddOutcome::Already)
            }
            Some(Standing::Pending | Standing::Absent) | None => {
                self.book.stand(list, &id, Standing::Member, origin)?;
                Ok(AddOutcome::Added)
            }
        }
    }
}

#[async_trait]
impl ListStore for MemoryStore {
    async fn create_list(&self, name: &str, _now: Timestamp) -> PortResult<List> {
        let mut state = self.lock();
        if state.book.lists.values().any(|row| row.list.name.to_lowercase() == name.to_lowercase()) {
            return Err(rejected("name_taken", "another list has this name"));
        }
        let id = ListId::parse(&format!("l{}", state.count_up())).expect("a counted id is an id");
        let list = List::new(id.clone(), name.to_owned());
        let row = ListRow {
            list: list.clone(),
            followed: None,
            sequence: 0,
            log: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        state.book.lists.insert(id, row);
        Ok(list)
    }

    async fn lists(&self) -> PortResult<Vec<List>> {
        let mut lists: Vec<_> = self.lock().book.lists.values().map(|row| row.list.clone()).collect();
        lists.sort_by_key(|list| list.name.to_lowercase());
        Ok(lists)
    }

    async fn find_list(&self, name: &str) -> PortResult<Option<List>> {
        let wanted = name.to_lowercase();
        let state = self.lock();
        let mut rows = state.book.lists.values();
        let found = rows.find(|row| row.list.name.to_lowercase() == wanted || row.list.id.as_str() == wanted);
        Ok(found.map(|row| row.list.clone()))
    }

    async fn delete_list(&self, list: &ListId) -> PortResult<()> {
        let mut state = self.lock();
        state.book.list(list)?;
        if state.links.values().any(|row| row.state.link.list == *list) {
            return Err(rejected("list_linked", "a link stands on the list"));
        }
        state.book.lists.remove(list);
        Ok(())
    }

    async fn add(
        &self,
        list: &ListId,
        contact: &NewContact,
        origin: Origin,
        now: Timestamp,
    ) -> PortResult<AddOutcome> {
        let mut state = self.lock();
        let outcome = state.add(list, contact, (origin, now));
        state.tally();
        outcome
    }

    async fn remove(&self, list: &ListId, address: &Address, now: Timestamp) -> PortResult<RemoveOutcome> {
        let mut state = self.lock();
        state.book.by_people(list)?;
        let Some(contact) = state.book.by_address.get(address).cloned() else {
            return Ok(RemoveOutcome::Absent);
        };
        let outcome = state.book.dismiss(list, &contact, (Origin::Manual, now));
        state.tally();
        outcome
    }

    async fn decide(
        &self,
        list: &ListId,
        address: &Address,
        decision: Decision,
        now: Timestamp,
    ) -> PortResult<()> {
        let saying = Saying {
            address: address.clone(),
            decision,
            scope: Scope::List(list.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: now,
        };
        self.say(&saying).await.map(drop)
    }

    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported> {
        let mut state = self.lock();
        let taken = state.import(list, import);
        state.tally();
        taken
    }

    async fn find_import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        Ok(self.lock().imports.iter().find(|taken| taken.import.id == *id).map(|taken| taken.import.clone()))
    }

    async fn imports(&self, limit: usize) -> PortResult<Vec<Import>> {
        let state = self.lock();
        Ok(state.imports.iter().rev().take(limit).map(|taken| taken.import.clone()).collect())
    }

    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import> {
        let mut state = self.lock();
        let approved = state.approve_import(import, now);
        state.tally();
        approved
    }

    async fn held_people(&self, import: &ImportId) -> PortResult<HeldPeople> {
        self.lock().held_people(import)
    }

    async fn discard_import(&self, import: &ImportId) -> PortResult<Import> {
        self.lock().discard_import(import)
    }

    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>> {
        let state = self.lock();
        let fields = state.book.contacts.get(contact).map(|person| &person.contact.fields);
        let texts = fields.into_iter().flatten().map(|(name, field)| (name.clone(), field.value.clone()));
        Ok(texts.collect())
    }
}
