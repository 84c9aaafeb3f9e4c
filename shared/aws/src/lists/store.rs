use std::collections::BTreeMap;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    expected::Expected,
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    list::{List, NewContact, Origin},
};
use listsync_engine::ports::{
    AddOutcome, HeldPeople, Import, Imported, ListStore, LogPage, LogQuery, NewImport, PortResult,
    RemoveOutcome,
};

use super::{
    catalog, changes, edits, gone,
    head::Head,
    held, imports,
    person::{Contact, check_size, contact_key},
    ruling,
};
use crate::{DynamoStore, error, store::persistently};

#[async_trait]
impl ListStore for DynamoStore {
    async fn create_list(&self, name: &str, _now: Timestamp) -> PortResult<List> {
        self.clear_what_had_the_name(name).await?;
        persistently!("create the list", catalog::create(&self.table, name))
    }

    async fn lists(&self) -> PortResult<Vec<List>> {
        catalog::all(&self.table).await
    }

    async fn find_list(&self, name: &str) -> PortResult<Option<List>> {
        catalog::find(&self.table, name).await
    }

    /// Deletes a list. Its rows are cleared away before this returns; what is left after a crash goes with the next
    /// list or link that is deleted.
    async fn delete_list(&self, list: &ListId) -> PortResult<()> {
        persistently!("delete the list", catalog::delete(&self.table, list))?;
        self.clear_garbage().await
    }

    async fn add(
        &self,
        list: &ListId,
        contact: &NewContact,
        origin: Origin,
        now: Timestamp,
    ) -> PortResult<AddOutcome> {
        check_size(contact)?;
        persistently!("add the contact", edits::add(&self.table, list, contact, (origin, now)))
    }

    async fn remove(&self, list: &ListId, address: &Address, now: Timestamp) -> PortResult<RemoveOutcome> {
        persistently!("remove the contact", edits::remove(&self.table, list, address, now))
    }

    /// Takes a file in: its additions, transaction after transaction, then its removals. What is interrupted goes on
    /// where it was when the same file is imported again within the hour; until then the list has some of the file's
    /// people and has lost nobody.
    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported> {
        imports::take_in(&self.table, &*self.clock, (list, import)).await
    }

    async fn list_names(&self) -> PortResult<BTreeMap<ListId, String>> {
        catalog::names(&self.table).await
    }

    async fn expected(&self) -> PortResult<Vec<Expected>> {
        catalog::expected(&self.table).await
    }

    async fn heard(&self, list: &ListId, at: Timestamp) -> PortResult<()> {
        catalog::heard(&self.table, list, at).await
    }

    async fn imports_of(
        &self,
        lists: &Lists,
        before: Option<&ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        held::page(&self.table, lists, before, limit).await
    }

    async fn find_import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        held::by_id(&self.table, id).await
    }

    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import> {
        ruling::approve(&self.table, import, now).await
    }

    async fn held_people(&self, import: &ImportId) -> PortResult<HeldPeople> {
        ruling::people(&self.table, import).await
    }

    async fn discard_import(&self, import: &ImportId) -> PortResult<Import> {
        ruling::discard(&self.table, import).await
    }

    async fn log(&self, query: &LogQuery) -> PortResult<LogPage> {
        Head::load(&self.table, &query.list).await?;
        changes::page(&self.table, query).await
    }

    async fn gone(&self, list: &ListId, now: Timestamp) -> PortResult<u64> {
        gone::count(&self.table, list, now).await
    }

    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>> {
        let found = self.table.get("read the contact", &contact_key(contact)).await?;
        let found =
            found.ok_or_else(|| error::gone("no_such_contact", format!("there is no contact {contact}")))?;
        let fields = Contact::read(&found)?.card.fields;
        Ok(fields.into_iter().map(|(name, field)| (name, field.value)).collect())
    }
}
