//! Reads and writes of many items, without a condition.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_engine::ports::PortResult;

use super::{
    client::Table,
    item::{Key, Stored},
    span::span,
    transact::Patience,
};
use crate::error;

/// How many items one read may ask for.
const READ: usize = 100;
/// How many items one write may carry.
const WRITE: usize = 25;
/// How many items are in memory while a partition is cleared.
pub(crate) const CLEARED: usize = 1_000;
/// How many requests are under way at a time.
pub(crate) const AT_ONCE: usize = 8;

impl Table {
    /// These items as they are now; those that are not there are left out.
    pub(crate) async fn get_many(
        &self,
        doing: &'static str,
        mut keys: Vec<Key>,
    ) -> PortResult<HashMap<Key, Stored>> {
        keys.sort_unstable();
        keys.dedup();
        let chunks: Vec<Vec<Key>> = keys.chunks(READ).map(<[Key]>::to_vec).collect();
        let answers = stream::iter(chunks).map(|keys| self.get_some(doing, keys));
        let found: Vec<Vec<Stored>> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
        found.into_iter().flatten().map(|stored| Ok((stored.key()?, stored))).collect()
    }

    async fn get_some(&self, doing: &'static str, keys: Vec<Key>) -> PortResult<Vec<Stored>> {
        let (mut found, mut left) =
            (Vec::with_capacity(keys.len()), keys.iter().map(Key::attributes).collect());
        let mut patience = Patience::new(doing);
        loop {
            let wanted = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
            let wanted = wanted.map_err(|_| error::malformed(doing))?;
            let asked = self.client.batch_get_item().request_items(&self.name, wanted);
            let mut answer = asked.send().await.map_err(|failed| error::port(doing, &failed))?;
            let items = answer.responses.as_mut().and_then(|tables| tables.remove(&self.name));
            for item in items.unwrap_or_default() {
                found.push(Stored::known(item)?);
            }
            left = match answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name)) {
                Some(unprocessed) if !unprocessed.keys.is_empty() => unprocessed.keys,
                _ => return Ok(found),
            };
            patience.wait().await?;
        }
    }

    /// Writes these items over.
    pub(crate) async fn put_many(&self, doing: &'static str, items: Vec<Stored>) -> PortResult<()> {
        let put = |Stored(item): Stored| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
        };
        let writes = items.into_iter().map(put).collect::<Result<Vec<_>, _>>();
        self.write_many(doing, writes.map_err(|_| error::malformed(doing))?).await
    }

    /// Deletes these items.
    pub(crate) async fn delete_many(&self, doing: &'static str, mut keys: Vec<Key>) -> PortResult<()> {
        keys.sort_unstable();
        keys.dedup();
        let delete = |key: Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let writes = keys.into_iter().map(delete).collect::<Result<Vec<_>, _>>();
        self.write_many(doing, writes.map_err(|_| error::malformed(doing))?).await
    }

    /// Deletes a partition, some at a time.
    pub(crate) async fn clear(&self, doing: &'static str, partition: &str) -> PortResult<()> {
        loop {
            let some = self.query(doing, &span(partition).limit(CLEARED)).await?;
            if some.is_empty() {
                return Ok(());
            }
            let keys = some.iter().map(Stored::key).collect::<PortResult<_>>()?;
            self.delete_many(doing, keys).await?;
        }
    }

    async fn write_many(&self, doing: &'static str, writes: Vec<WriteRequest>) -> PortResult<()> {
        let chunks: Vec<Vec<WriteRequest>> = writes.chunks(WRITE).map(<[WriteRequest]>::to_vec).collect();
        let sent = stream::iter(chunks).map(|writes| self.write_some(doing, writes));
        sent.buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    async fn write_some(&self, doing: &'static str, mut left: Vec<WriteRequest>) -> PortResult<()> {
        let mut patience = Patience::new(doing);
        loop {
            let sent = self.client.batch_write_item().request_items(&self.name, left).send().await;
            let answer = sent.map_err(|failed| error::port(doing, &failed))?;
            left = match answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.name)) {
                Some(unprocessed) if !unprocessed.is_empty() => unprocessed,
                _ => return Ok(()),
            };
            patience.wait().await?;
        }
    }
}
