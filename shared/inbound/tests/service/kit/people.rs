use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{
        Contact, Decision, OptOut, OptOutReason, Place, Said, Saying, Scope, Undeliverable, Version, Via,
    },
    id::{ContactId, ListId},
    list::{List, Origin, Standing},
};
use listsync_engine::ports::{
    ApiKey, ContactChanges, ContactEdit, Contacts, Cursor, EventSource, Fault, Heard, Keys, ListEdit,
    MailState, Memory, Moves, PortError, PortResult, Secret, Seen, SigningKey,
};

/// Contacts, keys and memory, as far as links, pages and events need them.
#[derive(Clone, Default)]
pub(crate) struct People {
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    contacts: Vec<Contact>,
    places: BTreeMap<(ContactId, ListId), Standing>,
    said: Vec<(ContactId, Said)>,
    keys: Vec<SigningKey>,
    sources: Vec<EventSource>,
    seen: BTreeMap<String, Timestamp>,
    writes: u64,
    failures: u32,
}

fn unused<T>() -> PortResult<T> {
    Err(PortError::new(Fault::Unavailable, "unused", "no page and no event asks for this"))
}

fn rejected<T>(code: &str) -> PortResult<T> {
    Err(PortError::new(Fault::Rejected, code, "refused"))
}

impl People {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// How often something was written.
    pub(crate) fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// How many decisions are stored.
    pub(crate) fn said(&self) -> usize {
        self.lock().said.len()
    }

    /// Lets this many decisions fail.
    pub(crate) fn fail(&self, decisions: u32) {
        self.lock().failures = decisions;
    }

    /// A contact on a list.
    pub(crate) async fn join(&self, address: &Address, list: &ListId, at: Timestamp) -> Contact {
        let saying = Saying {
            address: address.clone(),
            decision: Decision::Subscribed,
            scope: Scope::List(list.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: Timestamp::from_second(at.as_second() - 86_400).unwrap(),
        };
        self.say(&saying).await.unwrap();
        self.find_contact(address).await.unwrap().unwrap()
    }
}

impl Book {
    fn of(&mut self, address: &Address) -> ContactId {
        if let Some(known) = self.contacts.iter().find(|contact| contact.address == *address) {
            return known.id.clone();
        }
        let id = ContactId::parse(&format!("contact-{}", self.contacts.len())).unwrap();
        self.contacts.push(Contact {
            id: id.clone(),
            address: address.clone(),
            aliases: [].into(),
            name: String::new(),
            external_id: None,
            fields: BTreeMap::new(),
            object_id: None,
            undeliverable: None,
            opted_out: None,
            version: Version(1),
        });
        id
    }

    fn contact(&mut self, id: &ContactId) -> &mut Contact {
        self.contacts.iter_mut().find(|contact| contact.id == *id).unwrap()
    }

    fn hear(&mut self, id: &ContactId, saying: &Saying) -> PortResult<Vec<ListId>> {
        let complained = self.contact(id).opted_out.is_some_and(|no| no.reason == OptOutReason::Complaint);
        let lists: Vec<ListId> = match &saying.scope {
            Scope::List(list) => vec![list.clone()],
            Scope::All => {
                self.places.keys().filter(|(who, _)| who == id).map(|(_, list)| list.clone()).collect()
            }
        };
        let standing = match saying.decision {
            Decision::Subscribed if complained => return rejected("complained"),
            Decision::Subscribed => {
                self.contact(id).opted_out = None;
                Standing::Member
            }
            Decision::OptedOut => {
                if saying.scope == Scope::All && !complained {
                    let no = OptOut { reason: saying.reason, at: saying.at, via: saying.via };
                    self.contact(id).opted_out = Some(no);
                }
                Standing::OptedOut
            }
        };
        let changed = lists.into_iter();
        Ok(changed
            .filter(|list| self.places.insert((id.clone(), list.clone()), standing) != Some(standing))
            .collect())
    }
}

#[async_trait]
impl Contacts for People {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        Ok(self.lock().contacts.iter().find(|contact| contact.id == *id).cloned())
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>> {
        Ok(self.lock().contacts.iter().find(|contact| contact.address == *address).cloned())
    }

    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>> {
        let book = self.lock();
        let places = book.places.iter().filter(|((who, _), _)| who == id);
        let place = |((_, list), standing): (&(ContactId, ListId), &Standing)| Place {
            list: list.clone(),
            standing: *standing,
            origin: Origin::Own,
            since: Timestamp::UNIX_EPOCH,
        };
        Ok(places.map(place).collect())
    }

    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>> {
        let book = self.lock();
        Ok(book.said.iter().rev().filter(|(who, _)| who == id).map(|(_, said)| said.clone()).collect())
    }

    async fn edit_contact(
        &self,
        id: &ContactId,
        _: Option<Version>,
        edit: &ContactEdit,
        _: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let mut book = self.lock();
        book.writes += 1;
        if let Some(address) = &edit.address {
            if book.contacts.iter().any(|contact| contact.address == *address) {
                return rejected("contact_exists");
            }
            book.contact(id).address = address.clone();
        }
        if let Some(MailState::Undeliverable(reason)) = edit.mail {
            book.contact(id).undeliverable = Some(Undeliverable { reason, at: now });
        }
        Ok(book.contact(id).clone())
    }

    async fn say(&self, saying: &Saying) -> PortResult<Heard> {
        let mut book = self.lock();
        if book.failures > 0 {
            book.failures -= 1;
            return unused();
        }
        book.writes += 1;
        let id = book.of(&saying.address);
        let lists = book.hear(&id, saying)?;
        let Saying { decision, scope, via, at, .. } = saying.clone();
        book.said.push((id.clone(), Said { decision, scope, via, at }));
        Ok(Heard { contact: Some(id), lists })
    }

    async fn contacts(&self, _: Option<&ContactId>, _: usize) -> PortResult<Vec<Contact>> {
        unused()
    }

    async fn contacts_cursor(&self) -> PortResult<Cursor> {
        unused()
    }

    async fn contacts_changed(&self, _: &Cursor) -> PortResult<ContactChanges> {
        unused()
    }

    async fn create_contact(
        &self,
        _: &Address,
        _: &ContactEdit,
        _: Origin,
        _: Timestamp,
    ) -> PortResult<Contact> {
        unused()
    }

    async fn merge_contacts(&self, _: &ContactId, _: &ContactId, _: Timestamp) -> PortResult<Contact> {
        unused()
    }

    async fn delete_contact(&self, _: &ContactId, _: Timestamp) -> PortResult<Vec<ListId>> {
        unused()
    }

    async fn erase_contact(&self, _: &ContactId, _: Timestamp) -> PortResult<Vec<ListId>> {
        unused()
    }

    async fn edit_list(
        &self,
        _: &ListId,
        _: Option<Version>,
        _: &ListEdit,
        _: Timestamp,
    ) -> PortResult<List> {
        unused()
    }

    async fn followed(&self, _: &ListId) -> PortResult<Option<Cursor>> {
        unused()
    }

    async fn move_members(&self, _: &ListId, _: &Moves, _: Timestamp) -> PortResult<(u64, u64)> {
        unused()
    }
}

#[async_trait]
impl Keys for People {
    async fn signing_keys(&self, now: Timestamp) -> PortResult<Vec<SigningKey>> {
        if self.lock().keys.is_empty() {
            self.rotate_signing_key(now).await?;
        }
        Ok(self.lock().keys.clone())
    }

    async fn rotate_signing_key(&self, now: Timestamp) -> PortResult<SigningKey> {
        let mut book = self.lock();
        let number = u8::try_from(book.keys.len()).unwrap();
        let secret = Secret(vec![number; 32]);
        let key = SigningKey { id: format!("k{number}"), secret, made: now, retired: None };
        book.keys.insert(0, key.clone());
        Ok(key)
    }

    async fn retire_signing_key(&self, id: &str, now: Timestamp) -> PortResult<()> {
        self.lock().keys.iter_mut().filter(|key| key.id == id).for_each(|key| key.retired = Some(now));
        Ok(())
    }

    async fn api_keys(&self) -> PortResult<Vec<ApiKey>> {
        unused()
    }

    async fn find_api_key(&self, _: &str) -> PortResult<Option<ApiKey>> {
        unused()
    }

    async fn save_api_key(&self, _: &ApiKey) -> PortResult<()> {
        unused()
    }

    async fn sources(&self) -> PortResult<Vec<EventSource>> {
        Ok(self.lock().sources.clone())
    }

    async fn source(&self, id: &str) -> PortResult<Option<EventSource>> {
        Ok(self.lock().sources.iter().find(|source| source.id == id).cloned())
    }

    async fn save_source(&self, source: &EventSource) -> PortResult<()> {
        self.lock().sources.push(source.clone());
        Ok(())
    }

    async fn delete_source(&self, id: &str) -> PortResult<()> {
        self.lock().sources.retain(|source| source.id != id);
        Ok(())
    }
}

#[async_trait]
impl Seen for People {
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>> {
        Ok(self.lock().seen.get(name).filter(|until| **until > now).map(|_| Vec::new()))
    }

    async fn remember(&self, name: &str, _: &[u8], until: Timestamp, now: Timestamp) -> PortResult<Memory> {
        let mut book = self.lock();
        book.writes += 1;
        match book.seen.insert(name.to_owned(), until) {
            Some(before) if before > now => Ok(Memory::Known(Vec::new())),
            _ => Ok(Memory::New),
        }
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.lock().seen.remove(name);
        Ok(())
    }
}
