use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, NewContact, Origin, Standing},
    mark::Mark,
    register::{KeptOff, Stand},
};
use listsync_engine::ports::{Cursor, EntryPage, EntryQuery, ListCounts, PortError, PortResult, TakeEntry};

use super::{
    head::Head,
    people::{People, Wanted},
    row::{Leave, Row, row_key, row_partition},
};
use crate::{
    contacts,
    table::{Condition, Merge, Table, schema::SHARDS, span},
};

/// How many people are in memory as they are stored, where single ones are asked for.
const CHUNK: usize = 1_000;
/// How many parts of a list are read at a time, each a page in memory.
const AT_ONCE: usize = 4;

pub(super) async fn load(table: &Table, head: &Head, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
    match query {
        EntryQuery::All => all(table, &head.list.id, Box::new(|entry| entry)).await,
        EntryQuery::Contacts(contacts) => {
            let wanted = |some: &[ContactId]| Wanted { contacts: some.to_vec(), ..Wanted::default() };
            chosen(table, head, contacts.chunks(CHUNK).map(wanted)).await
        }
        EntryQuery::Addresses(addresses) => {
            let wanted = |some: &[Address]| Wanted { addresses: some.to_vec(), ..Wanted::default() };
            chosen(table, head, addresses.chunks(CHUNK).map(wanted)).await
        }
        EntryQuery::Objects(objects) => {
            let wanted = |some: &[ObjectId]| Wanted { objects: some.to_vec(), ..Wanted::default() };
            let mut found = chosen(table, head, objects.chunks(CHUNK).map(wanted)).await?;
            // Who was matched to another object between the two reads is nobody's answer.
            let objects: BTreeSet<&ObjectId> = objects.iter().collect();
            found.retain(|entry| entry.object_id.as_ref().is_some_and(|object| objects.contains(object)));
            Ok(found)
        }
    }
}

/// All of them, each as `taken` gives it back.
pub(super) async fn all(table: &Table, list: &ListId, taken: TakeEntry) -> PortResult<Vec<Entry>> {
    rows(table, list, (not_absent(), |row: &Row| taken(row.entry()))).await
}

fn not_absent() -> Condition {
    Condition::new("#standing <> :absent").with_text("absent", Standing::Absent.to_string())
}

/// A page of whoever stands to one of these lists, in the order of their ids; its cursor is the last one's.
pub(super) async fn page(
    table: &Table,
    lists: &[ListId],
    after: Option<&Cursor>,
    limit: usize,
) -> PortResult<EntryPage> {
    let after =
        after.map(|Cursor(id)| ContactId::parse(id).map_err(|_| PortError::bad_cursor())).transpose()?;
    let of_list = |list: &ListId| (0..SHARDS).map(|shard| row_partition(list, shard)).collect::<Vec<_>>();
    let wanted = Merge {
        partitions: lists.iter().flat_map(of_list).collect(),
        only: Some(not_absent()),
        after: after.map(|id| id.as_str().to_owned()),
        // One more tells whether there is another page.
        limit: limit.saturating_add(1),
    };
    let found = table.merged("read the list", &wanted).await?;
    let mut entries =
        found.values().map(|stored| Ok(Row::read(stored)?.entry())).collect::<PortResult<Vec<_>>>()?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| more);
    Ok(EntryPage { next: last.map(|entry| Cursor(entry.contact.to_string())), entries })
}

/// How many stand to a list in which way.
pub(super) async fn counts(table: &Table, list: &ListId) -> PortResult<ListCounts> {
    let mut counts = ListCounts::default();
    let wanted: fn(&Row) -> _ = |row| (row.standing, row.dates.until);
    for (standing, until) in rows(table, list, (not_absent(), wanted)).await? {
        counts.count(standing, until);
    }
    Ok(counts)
}

/// Each of these people once, in the order of their ids.
async fn chosen(table: &Table, head: &Head, wanted: impl Iterator<Item = Wanted>) -> PortResult<Vec<Entry>> {
    let mut found = BTreeMap::new();
    for some in wanted {
        let people = People::load(table, head, some).await?;
        found.extend(people.entries().map(|entry| (entry.contact.clone(), entry)));
    }
    Ok(found.into_values().collect())
}

/// Which of these addresses a no keeps off the list, be they a contact's or nobody's, and whether they were erased.
pub(super) async fn refused(
    table: &Table,
    head: &Head,
    addresses: &[Address],
) -> PortResult<BTreeMap<Address, KeptOff>> {
    let mut refused = BTreeMap::new();
    for some in addresses.chunks(CHUNK) {
        let wanted = Wanted { addresses: some.to_vec(), ..Wanted::default() };
        let people = People::load(table, head, wanted).await?;
        for address in some.iter().filter(|address| people.knows(address)) {
            let name = String::new();
            let new = NewContact { address: address.clone(), name, fields: BTreeMap::new() };
            let draft = people.obtain(&new, &[], (Origin::Own, Timestamp::UNIX_EPOCH))?;
            if let Some(by) = draft.kept_off() {
                refused.insert(address.clone(), by);
            }
        }
    }
    Ok(refused)
}

/// Which of these objects, to which no contact is matched, a no keeps off the list.
pub(super) async fn refused_objects(
    table: &Table,
    head: &Head,
    objects: &[ObjectId],
) -> PortResult<BTreeMap<ObjectId, KeptOff>> {
    let mut refused = BTreeMap::new();
    let pepper = table.pepper().await?;
    for some in objects.chunks(CHUNK) {
        let found: BTreeMap<_, _> =
            contacts::waiting(table, some.iter().map(Mark::Object)).await?.into_iter().collect();
        for object in some {
            let Some(owner) = found.get(&pepper.key(object)) else { continue };
            let stand = Stand::of_stranger(&owner.suppressed, |id| head.list.ids().any(|known| known == id));
            if let Some(by) = stand.kept_off(head.list.opt_out) {
                refused.insert(object.clone(), by);
            }
        }
    }
    Ok(refused)
}

/// What is wanted of the rows of a list that a condition lets through, part by part, several at a time.
pub(crate) async fn rows<T>(
    table: &Table,
    list: &ListId,
    (only, wanted): (Condition, impl Fn(&Row) -> T + Sync),
) -> PortResult<Vec<T>> {
    let wanted = &wanted;
    let shards = stream::iter(0..SHARDS).map(|shard| {
        let span = span(row_partition(list, shard)).only(only.clone());
        async move { table.read("read the list", &span, |stored| Ok(wanted(&Row::read(stored)?))).await }
    });
    let found: Vec<Vec<T>> = shards.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Of these contacts, who left the list by a word and did not come back since.
pub(super) async fn approved_leavers(
    table: &Table,
    list: &ListId,
    contacts: &[ContactId],
) -> PortResult<BTreeMap<ContactId, Timestamp>> {
    let keys = contacts.iter().map(|contact| row_key(list, contact)).collect();
    let rows = table.get_many("read the list", keys).await?.into_values();
    let rows = rows.map(|stored| Row::read(&stored)).collect::<PortResult<Vec<Row>>>()?;
    let approved = |row: &Row| row.standing == Standing::Absent && row.leave == Leave::Approved;
    Ok(rows.into_iter().filter(approved).map(|row| (row.contact, row.since)).collect())
}

impl People {
    fn entries(&self) -> impl Iterator<Item = Entry> {
        let drafts = self.known().filter_map(|id| self.by_id(id));
        drafts.map(|draft| {
            let stranger = || Row::blank(&draft.contact.card, Timestamp::UNIX_EPOCH).entry();
            let entry = draft.row.as_ref().map_or_else(stranger, Row::entry);
            let standing = if draft.is_opted_out() { Standing::OptedOut } else { entry.standing };
            Entry { standing, ..entry }
        })
    }
}
