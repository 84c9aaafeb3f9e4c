use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, List},
    matched::Binding,
    register::KeptOff,
};
use listsync_engine::ports::{
    Cursor, EntryPage, EntryQuery, Fault, Glance, ListChanges, ListCounts, ListSide, ListSize, PortResult,
    TakeEntry,
};

use super::{catalog, changes, entries, head::Head, matches};
use crate::{DynamoStore, contacts};

#[async_trait]
impl ListSide for DynamoStore {
    async fn list(&self, list: &ListId) -> PortResult<Option<List>> {
        Ok(Head::find(&self.table, list).await?.map(|head| head.list))
    }

    async fn cursor(&self, list: &ListId) -> PortResult<Cursor> {
        Ok(Cursor(self.ruled(list).await?.seq.to_string()))
    }

    async fn glance(&self, list: &ListId) -> PortResult<Option<Glance>> {
        let head = match self.ruled(list).await {
            Err(error) if error.fault == Fault::Gone => return Ok(None),
            head => head?,
        };
        Ok(Some(Glance { cursor: Cursor(head.seq.to_string()), list: head.list }))
    }

    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
        entries::load(&self.table, &self.ruled(list).await?, query).await
    }

    async fn all_entries(&self, list: &ListId, taken: TakeEntry) -> PortResult<Vec<Entry>> {
        entries::all(&self.table, &self.ruled(list).await?.list.id, taken).await
    }

    async fn entries_page(
        &self,
        lists: &[ListId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<EntryPage> {
        for list in lists {
            self.ruled(list).await?;
        }
        entries::page(&self.table, lists, after, limit).await
    }

    async fn counts(&self, list: &ListId) -> PortResult<ListCounts> {
        self.ruled(list).await?;
        entries::counts(&self.table, list).await
    }

    async fn size(&self, list: &ListId) -> PortResult<u64> {
        Ok(self.ruled(list).await?.members)
    }

    async fn sizes(&self, lists: &[ListId]) -> PortResult<BTreeMap<ListId, ListSize>> {
        catalog::sizes(&self.table, lists, self.clock.now()).await
    }

    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges> {
        changes::since(&self.table, &self.ruled(list).await?, since).await
    }

    async fn refused(&self, list: &ListId, addresses: &[Address]) -> PortResult<BTreeMap<Address, KeptOff>> {
        entries::refused(&self.table, &self.ruled(list).await?, addresses).await
    }

    async fn refused_objects(
        &self,
        list: &ListId,
        objects: &[ObjectId],
    ) -> PortResult<BTreeMap<ObjectId, KeptOff>> {
        entries::refused_objects(&self.table, &self.ruled(list).await?, objects).await
    }

    async fn approved_leavers(
        &self,
        list: &ListId,
        contacts: &[ContactId],
    ) -> PortResult<BTreeMap<ContactId, Timestamp>> {
        entries::approved_leavers(&self.table, list, contacts).await
    }

    async fn bind(&self, matches: &[Binding]) -> PortResult<BTreeSet<ContactId>> {
        matches::bind(&self.table, matches, self.clock.now()).await
    }
}

impl DynamoStore {
    /// The list, where everybody stands as its rule has it.
    async fn ruled(&self, list: &ListId) -> PortResult<Head> {
        contacts::ruled(&self.table, list, self.clock.now()).await
    }
}
