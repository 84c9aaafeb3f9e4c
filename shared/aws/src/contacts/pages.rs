//! All contacts, page by page in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    contact::Contact as Card,
    id::{ContactId, ObjectId},
};
use listsync_engine::ports::PortResult;

use crate::{
    lists::person::{Contact, contact_key, contact_partition, object_key},
    table::{Table, schema, span},
};

/// What one shard has given so far.
#[derive(Debug, Default)]
struct Shard {
    last: Option<String>,
    is_done: bool,
}

/// Those after this one, at most `limit`. The shards are merged: each is read as far as the page needs it.
pub(super) async fn page(table: &Table, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Card>> {
    let start = after.map(|id| id.as_str().to_owned());
    let mut shards: BTreeMap<u32, Shard> = (0..schema::SHARDS)
        .map(|shard| (shard, Shard { last: start.clone(), is_done: limit == 0 }))
        .collect();
    let mut found: BTreeMap<ContactId, Card> = BTreeMap::new();
    let some = limit / schema::SHARDS as usize + 8;
    loop {
        // Up to here no shard has anything that was not read.
        let horizon = shards.values().filter(|shard| !shard.is_done).map(|shard| shard.last.clone()).min();
        let Some(horizon) = horizon else { break };
        let is_whole = |id: &ContactId| horizon.as_deref().is_some_and(|end| id.as_str() <= end);
        if found.keys().filter(|id| is_whole(id)).count() >= limit {
            break;
        }
        let behind = shards.iter().filter(|(_, shard)| !shard.is_done && shard.last == horizon);
        let behind: Vec<u32> = behind.map(|(number, _)| *number).collect();
        for number in behind {
            let read = read(table, number, (horizon.as_deref(), some)).await?;
            let shard = shards.entry(number).or_default();
            shard.is_done = read.len() < some;
            shard.last = read.last().map(|card| card.id.as_str().to_owned()).or(shard.last.take());
            found.extend(read.into_iter().map(|card| (card.id.clone(), card)));
        }
    }
    Ok(found.into_values().take(limit).collect())
}

/// Those who are matched to these objects. Who was matched to another between the two reads is nobody's answer.
pub(super) async fn of_objects(table: &Table, objects: &[ObjectId]) -> PortResult<Vec<Card>> {
    let doing = "read the contacts of people";
    let index = table.get_many(doing, objects.iter().map(object_key).collect()).await?;
    let ids: BTreeSet<ContactId> = index
        .values()
        .flat_map(|stored| stored.set("contacts"))
        .filter_map(|id| ContactId::parse(&id).ok())
        .collect();
    let found = table.get_many(doing, ids.iter().map(contact_key).collect()).await?;
    let mut cards = Vec::new();
    for id in &ids {
        let Some(stored) = found.get(&contact_key(id)) else { continue };
        let card = Contact::read(stored)?.card;
        if card.object_id.as_ref().is_some_and(|object| objects.contains(object)) {
            cards.push(card);
        }
    }
    Ok(cards)
}

async fn read(table: &Table, shard: u32, (after, some): (Option<&str>, usize)) -> PortResult<Vec<Card>> {
    let span = span(contact_partition(shard)).limit(some);
    let span = match after {
        Some(after) => span.after(after),
        None => span,
    };
    let found = table.query("read the contacts", &span).await?;
    found.iter().map(|stored| Ok(Contact::read(stored)?.card)).collect()
}
