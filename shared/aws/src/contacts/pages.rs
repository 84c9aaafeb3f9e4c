//! All contacts, page by page in the order of their ids.

use std::collections::BTreeSet;

use listsync_core::{
    contact::Contact as Card,
    id::{ContactId, ObjectId},
};
use listsync_engine::ports::PortResult;

use crate::{
    lists::person::{Contact, contact_key, contact_partition, object_key},
    table::{Merge, Table, schema},
};

/// Those after this one, at most `limit`.
pub(super) async fn page(table: &Table, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Card>> {
    let partitions = (0..schema::SHARDS).map(contact_partition).collect();
    let after = after.map(|id| id.as_str().to_owned());
    let found = table.merged("read the contacts", &Merge { partitions, only: None, after, limit }).await?;
    found.values().map(|stored| Ok(Contact::read(stored)?.card)).collect()
}

/// Those of these ids.
pub(super) async fn of_ids(table: &Table, ids: &[ContactId]) -> PortResult<Vec<Card>> {
    let ids: BTreeSet<&ContactId> = ids.iter().collect();
    let keys = ids.iter().map(|id| contact_key(id)).collect();
    let mut found = table.get_many("read the contacts", keys).await?;
    let found = ids.iter().filter_map(|id| found.remove(&contact_key(id)));
    found.map(|stored| Ok(Contact::read(&stored)?.card)).collect()
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
