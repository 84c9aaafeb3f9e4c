use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    id::{ContactId, ListId, ObjectId},
    list::{Entry, Standing},
};
use listsync_engine::ports::{EntryQuery, PortResult};

use super::{
    head::Head,
    people::{People, Wanted},
    person::{Row, row_partition, stranger},
};
use crate::table::{Condition, Table, documents, schema::SHARDS, span};

pub(super) async fn load(table: &Table, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
    let wanted = match query {
        EntryQuery::All => {
            Head::load(table, list).await?;
            let not_absent = Condition::new("#standing <> :absent");
            let not_absent = not_absent.with_text("absent", Standing::Absent.to_string());
            return Ok(rows(table, list, not_absent).await?.iter().map(Row::entry).collect());
        }
        EntryQuery::Contacts(contacts) => Wanted { contacts: contacts.to_vec(), ..Wanted::default() },
        EntryQuery::Objects(objects) => Wanted { objects: objects.to_vec(), ..Wanted::default() },
        EntryQuery::Addresses(addresses) => Wanted { addresses: addresses.to_vec(), ..Wanted::default() },
    };
    Head::load(table, list).await?;
    let objects: Option<BTreeSet<ObjectId>> = match query {
        EntryQuery::Objects(objects) => Some(objects.iter().cloned().collect()),
        _ => None,
    };
    let people = People::load(table, list, wanted).await?;
    // Who was matched to another object between the two reads is nobody's answer.
    let answers = |entry: &Entry| match &objects {
        Some(objects) => entry.object_id.as_ref().is_some_and(|object| objects.contains(object)),
        None => true,
    };
    Ok(people.entries().into_iter().filter(answers).collect())
}

/// The rows of a list that a condition lets through, shard by shard, several at a time.
pub(super) async fn rows(table: &Table, list: &ListId, only: Condition) -> PortResult<Vec<Row>> {
    let shards = stream::iter(0..SHARDS).map(|shard| {
        let span = span(row_partition(list, shard)).only(only.clone());
        async move { documents(table.query("read the list", &span).await?, Row::read) }
    });
    let found: Vec<Vec<Row>> = shards.buffered(SHARDS as usize).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

impl People {
    fn entries(&self) -> Vec<Entry> {
        let mut ids: Vec<&ContactId> = self.known().collect();
        ids.sort_unstable();
        let draft = |id: &ContactId| self.by_id(id);
        ids.into_iter()
            .filter_map(draft)
            .map(|draft| draft.row.as_ref().map_or_else(|| stranger(&draft.contact), Row::entry))
            .collect()
    }
}
