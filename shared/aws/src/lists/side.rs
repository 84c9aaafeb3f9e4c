use async_trait::async_trait;
use listsync_core::{
    id::ListId,
    list::{Entry, List},
    matched::Binding,
};
use listsync_engine::ports::{Cursor, EntryQuery, ListChanges, ListSide, PortResult};

use super::{changes, entries, head::Head, matches};
use crate::DynamoStore;

#[async_trait]
impl ListSide for DynamoStore {
    async fn list(&self, list: &ListId) -> PortResult<Option<List>> {
        Ok(Head::find(&self.table, list).await?.map(|head| head.list))
    }

    async fn cursor(&self, list: &ListId) -> PortResult<Cursor> {
        Ok(Cursor(Head::load(&self.table, list).await?.seq.to_string()))
    }

    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
        entries::load(&self.table, list, query).await
    }

    async fn size(&self, list: &ListId) -> PortResult<u64> {
        Ok(Head::load(&self.table, list).await?.members)
    }

    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges> {
        changes::since(&self.table, list, since).await
    }

    async fn bind(&self, matches: &[Binding]) -> PortResult<()> {
        matches::bind(&self.table, matches, self.clock.now()).await
    }
}
