use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, Origin, Standing},
    register::Keeper,
};
use listsync_engine::ports::{Cursor, EntryPage, EntryQuery, ListCounts, ListSize, PortError};
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::{catalog, contacts};
use crate::{
    error::Outcome,
    people::person,
    values::{
        address_array, collect, count, first, named, origin, standing, stored_limit, timestamp, typed,
        typed_option,
    },
};

/// The entries that are wanted, as a value that can be sent to another thread.
pub(super) enum Wanted {
    All,
    Contacts(Vec<ContactId>),
    Objects(Vec<ObjectId>),
    Addresses(Vec<Address>),
}

impl From<EntryQuery<'_>> for Wanted {
    fn from(query: EntryQuery<'_>) -> Self {
        match query {
            EntryQuery::All => Self::All,
            EntryQuery::Contacts(contacts) => Self::Contacts(contacts.to_vec()),
            EntryQuery::Objects(objects) => Self::Objects(objects.to_vec()),
            EntryQuery::Addresses(addresses) => Self::Addresses(addresses.to_vec()),
        }
    }
}

const ALL: &str =
    "SELECT c.id, c.address, c.name, c.object_id, m.standing, m.origin, c.undeliverable, c.grounds, m.until
    FROM memberships m JOIN contacts c ON c.n = m.contact
    WHERE m.list = ?1 AND m.standing <> 'absent' ORDER BY m.contact";

/// A page of the same, after the contact of this number.
pub(crate) const PAGE: &str =
    "SELECT c.id, c.address, c.name, c.object_id, m.standing, m.origin, c.undeliverable, c.grounds, m.until,
        m.contact
    FROM memberships m JOIN contacts c ON c.n = m.contact
    WHERE m.list = ?1 AND m.contact > ?2 AND m.standing <> 'absent' ORDER BY m.contact LIMIT ?3";

const CHOSEN: &str =
    "SELECT c.id, c.address, c.name, c.object_id, m.standing, m.origin, c.undeliverable, c.grounds, m.until
    FROM contacts c LEFT JOIN memberships m ON m.list = ?1 AND m.contact = c.n";

/// All of them, each as `taken` gives it back.
pub(super) fn all(tx: &Connection, list: &ListId, taken: impl Fn(Entry) -> Entry) -> Outcome<Vec<Entry>> {
    let list = catalog::numbered(tx, list)?;
    collect(tx.prepare_cached(ALL)?, [list.n], |row| read(row).map(&taken))
}

pub(super) fn load(tx: &Connection, list: &ListId, wanted: &Wanted) -> Outcome<Vec<Entry>> {
    let (those, keys) = match wanted {
        Wanted::All => return all(tx, list, |entry| entry),
        Wanted::Contacts(contacts) => ("c.id IN wanted", json!(contacts).to_string()),
        Wanted::Objects(objects) => ("c.object_id IN wanted", json!(objects).to_string()),
        Wanted::Addresses(addresses) => (
            "c.address IN wanted OR c.n IN (SELECT contact FROM aliases WHERE address IN wanted)",
            address_array(addresses),
        ),
    };
    let list = catalog::numbered(tx, list)?;
    let sql = format!("WITH wanted AS (SELECT value FROM json_each(?2)) {CHOSEN} WHERE {those} ORDER BY c.n");
    let mut entries = collect(tx.prepare_cached(&sql)?, params![list.n, keys], read)?;
    // Who said no to all lists, and stands to this one in no other way, counts as opted out of it.
    for entry in entries.iter_mut().filter(|entry| entry.standing == Standing::Absent) {
        let contact = contacts::expect(tx, &entry.contact)?;
        if person::is_held_off(tx, list, (&contact, entry.standing))? {
            entry.standing = Standing::OptedOut;
        }
    }
    Ok(entries)
}

/// A page of whoever stands to one of these lists; its cursor is the number of its last contact.
pub(super) fn page(
    tx: &Connection,
    lists: &[ListId],
    after: Option<&Cursor>,
    limit: usize,
) -> Outcome<EntryPage> {
    let after = match after {
        Some(cursor) => cursor.0.parse::<i64>().map_err(|_| PortError::bad_cursor())?,
        None => 0,
    };
    // One more tells whether there is another page.
    let most = stored_limit(limit.saturating_add(1));
    let mut found = BTreeMap::new();
    for list in lists {
        let list = catalog::number(tx, list)?;
        let rows = collect(tx.prepare_cached(PAGE)?, params![list, after, most], |row| {
            Ok((row.get::<_, i64>(9)?, read(row)?))
        })?;
        for (number, entry) in rows {
            found.entry(number).or_insert(entry);
        }
    }
    let last = found.keys().nth(limit.saturating_sub(1)).filter(|_| found.len() > limit);
    let next = last.map(|number| Cursor(number.to_string()));
    Ok(EntryPage { entries: found.into_values().take(limit).collect(), next })
}

/// What is kept with a list of how many stand to it, so that it takes as long for a hundred thousand as for one.
pub(crate) const COUNTS: &str = "SELECT members, opted_out, pending, ending,
        (SELECT min(until) FROM memberships INDEXED BY memberships_ending
            WHERE list = lists.n AND until IS NOT NULL AND standing = 'member')
    FROM lists WHERE id = ?1";

/// How many stand to a list in which way.
pub(super) fn counts(tx: &Connection, list: &ListId) -> Outcome<ListCounts> {
    let read = |row: &Row<'_>| {
        Ok(ListCounts {
            members: count(row.get(0)?),
            opted_out: count(row.get(1)?),
            pending: count(row.get(2)?),
            ending: count(row.get(3)?),
            next_end: row.get::<_, Option<i64>>(4)?.map(timestamp),
        })
    };
    first(tx.prepare_cached(COUNTS)?, [list.as_str()], read)?.ok_or_else(|| catalog::gone(list))
}

/// The members of a list, each with their address.
pub(super) fn members(tx: &Connection, list: i64) -> Outcome<Vec<(i64, Address)>> {
    let statement = tx.prepare_cached(
        "SELECT c.n, c.address FROM memberships m JOIN contacts c ON c.n = m.contact
         WHERE m.list = ?1 AND m.standing = 'member'",
    )?;
    collect(statement, [list], |row| Ok((row.get(0)?, typed(row, 1, "contact's address")?)))
}

/// How many are members of a list.
pub(super) fn size(tx: &Connection, list: i64) -> Outcome<u64> {
    let members =
        tx.prepare_cached("SELECT members FROM lists WHERE n = ?1")?.query_row([list], |row| row.get(0))?;
    Ok(count(members))
}

/// The same of many, with who decides who is on them.
pub(crate) const SIZES: &str =
    "SELECT id, members, filter IS NOT NULL FROM lists WHERE id IN (SELECT value FROM json_each(?1))";

pub(super) fn sizes(tx: &Connection, lists: &[ListId]) -> Outcome<BTreeMap<ListId, ListSize>> {
    let read = |row: &Row<'_>| {
        let keeper = if row.get(2)? { Keeper::Filter } else { Keeper::People };
        Ok((typed(row, 0, "list's id")?, ListSize { keeper, members: count(row.get(1)?) }))
    };
    Ok(collect(tx.prepare_cached(SIZES)?, [json!(lists).to_string()], read)?.into_iter().collect())
}

fn read(row: &Row<'_>) -> Outcome<Entry> {
    let (stands, brought): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    Ok(Entry {
        contact: typed(row, 0, "contact's id")?,
        address: typed(row, 1, "contact's address")?,
        name: row.get(2)?,
        object_id: typed_option(row, 3, "contact's object id")?,
        standing: stands.as_deref().map_or(Ok(Standing::Absent), standing)?,
        origin: brought.as_deref().map_or(Ok(Origin::Manual), origin)?,
        undeliverable: row.get::<_, Option<String>>(6)?.map(|why| named(why, "reason")).transpose()?,
        grounds: contacts::grounds(row.get(7)?)?,
        until: row.get::<_, Option<i64>>(8)?.map(timestamp),
    })
}
