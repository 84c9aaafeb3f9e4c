use std::collections::BTreeSet;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, OptOut, Place, Said, Saying, Scope, Version},
    id::{ContactId, ListId, ObjectId},
    list::{List, Origin},
};
use listsync_engine::ports::{
    ContactChanges, ContactEdit, Contacts, Cursor, Heard, Heir, ListEdit, Moves, PortResult,
};
use rusqlite::Transaction;

use super::{departed, edit, follow, forget, former, lists, merge, read, say};
use crate::{SqliteStore, erasures, error::Outcome};

#[async_trait]
impl Contacts for SqliteStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        let id = id.clone();
        self.read("read the contact", move |tx| read::one(tx, &id)).await
    }

    async fn successor(&self, id: &ContactId) -> PortResult<Option<ContactId>> {
        let id = id.clone();
        self.read("look up who a contact became", move |tx| read::successor(tx, &id)).await
    }

    async fn is_departed(&self, id: &ContactId) -> PortResult<bool> {
        let id = id.clone();
        self.read("look for a former contact", move |tx| departed::is_known(tx, &id)).await
    }

    async fn heir(&self, list: &ListId) -> PortResult<Option<Heir>> {
        let list = list.clone();
        self.read("look for a former list", move |tx| former::heir(tx, &list)).await
    }

    async fn erased(&self, ids: &[ContactId]) -> PortResult<BTreeSet<ContactId>> {
        let ids = ids.to_vec();
        self.read("look for former contacts", move |tx| departed::erased(tx, &ids)).await
    }

    async fn refuse_departed(&self, id: &ContactId, scope: &Scope, no: OptOut) -> PortResult<()> {
        let (id, scope) = (id.clone(), scope.clone());
        self.write("save the decision", move |tx| departed::refuse(tx, &id, &scope, no)).await
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>> {
        let address = address.clone();
        self.read("look the contact up", move |tx| read::find(tx, &address)).await
    }

    async fn find_external(&self, key: &ExternalId) -> PortResult<Option<Contact>> {
        let key = key.clone();
        self.read("look the contact up", move |tx| read::find_external(tx, &key)).await
    }

    async fn contacts_of(&self, objects: &[ObjectId]) -> PortResult<Vec<Contact>> {
        let objects = objects.to_vec();
        self.read("read the contacts of people", move |tx| read::of_objects(tx, &objects)).await
    }

    async fn contacts_by_id(&self, ids: &[ContactId]) -> PortResult<Vec<Contact>> {
        let ids = ids.to_vec();
        self.read("read the contacts", move |tx| read::of_ids(tx, &ids)).await
    }

    async fn contacts(&self, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Contact>> {
        let after = after.cloned();
        self.read("read the contacts", move |tx| read::page(tx, after.as_ref(), limit)).await
    }

    async fn contacts_cursor(&self) -> PortResult<Cursor> {
        self.read("read the contacts' cursor", |tx| follow::cursor(tx)).await
    }

    async fn contacts_changed(&self, since: &Cursor) -> PortResult<ContactChanges> {
        let since = since.clone();
        self.read("read which contacts changed", move |tx| follow::changed(tx, &since)).await
    }

    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>> {
        let id = id.clone();
        self.read("read the contact's lists", move |tx| read::places(tx, &id)).await
    }

    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>> {
        let id = id.clone();
        self.read("read the contact's decisions", move |tx| read::sayings(tx, &id)).await
    }

    async fn create_contact(
        &self,
        address: &Address,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let (address, change) = (address.clone(), edit.clone());
        self.write("make the contact", move |tx| edit::create(tx, &address, &change, (by, now))).await
    }

    async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let (id, change) = (id.clone(), edit.clone());
        self.write("edit the contact", move |tx| edit::edit(tx, &id, expected, (&change, (by, now)))).await
    }

    async fn merge_contacts(
        &self,
        keep: &ContactId,
        other: &ContactId,
        now: Timestamp,
    ) -> PortResult<Contact> {
        let (keep, other) = (keep.clone(), other.clone());
        self.write("merge the contacts", move |tx| merge::merge(tx, &keep, &other, now)).await
    }

    async fn delete_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        let id = id.clone();
        self.write("delete the contact", move |tx| forget::delete(tx, &id, now)).await
    }

    async fn prune_contact(
        &self,
        id: &ContactId,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> PortResult<bool> {
        let id = id.clone();
        self.write("delete the contact", move |tx| forget::prune(tx, &id, before, now)).await
    }

    async fn erase_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        let id = id.clone();
        self.erase("erase the contact", move |tx| forget::erase(tx, &id, now)).await
    }

    async fn erase_address(&self, address: &Address, now: Timestamp) -> PortResult<()> {
        let address = address.clone();
        self.erase("erase the address", move |tx| forget::erase_address(tx, &address, now)).await
    }

    async fn say(&self, saying: &Saying) -> PortResult<Heard> {
        let saying = saying.clone();
        self.write("save the decision", move |tx| say::say(tx, &saying)).await
    }

    async fn edit_list(
        &self,
        list: &ListId,
        expected: Option<Version>,
        edit: &ListEdit,
        now: Timestamp,
    ) -> PortResult<List> {
        let (list, change) = (list.clone(), edit.clone());
        self.write("edit the list", move |tx| lists::edit(tx, &list, expected, (&change, now))).await
    }

    async fn followed(&self, list: &ListId) -> PortResult<Option<Cursor>> {
        let list = list.clone();
        self.read("read how far the filter was followed", move |tx| follow::followed(tx, &list)).await
    }

    async fn move_members(&self, list: &ListId, moves: &Moves, now: Timestamp) -> PortResult<(u64, u64)> {
        let (list, moves) = (list.clone(), moves.clone());
        self.write("move the members", move |tx| follow::move_members(tx, &list, &moves, now)).await
    }
}

impl SqliteStore {
    /// Does an erasure, keeps it in the file beside the store, and leaves nothing in the log of what was before.
    async fn erase<T: Send + 'static>(
        &self,
        doing: &'static str,
        erase: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        let beside = self.beside();
        let kept = move |tx: &Transaction<'_>| {
            let done = erase(tx)?;
            beside.map_or(Ok(()), |beside| erasures::keep(tx, &beside))?;
            Ok(done)
        };
        let done = self.write(doing, kept).await?;
        self.flush().await?;
        Ok(done)
    }
}
