use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId, Place, Said, Scope, Undeliverable, Version},
    id::{ContactId, ListId, ObjectId},
};
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::fields::Provenance;
use crate::{
    error::{Fail, Outcome},
    lists::contacts,
    values::{
        collect, count, fields, first, named, origin, standing, stored_limit, timestamp, typed, typed_option,
    },
};

const COLUMNS: &str = "c.id, c.address, c.name, c.external_id, c.fields, c.provenance, c.object_id,
    c.undeliverable, c.undeliverable_at, c.opted_out, c.opted_out_at, c.opted_out_via, c.version,
    (SELECT json_group_array(a.address) FROM aliases a WHERE a.contact = c.n),
    (SELECT json_group_array(f.external_id) FROM further_ids f WHERE f.contact = c.n), c.grounds,
    (SELECT json_group_array(l.id) FROM accepts a JOIN lists l ON l.n = a.list WHERE a.contact = c.n)";

pub(super) fn one(tx: &Connection, id: &ContactId) -> Outcome<Option<Contact>> {
    let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE c.id = ?1");
    first(tx.prepare_cached(&sql)?, [id.as_str()], read)
}

pub(crate) fn of_number(tx: &Connection, n: i64) -> Outcome<Contact> {
    let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE c.n = ?1");
    first(tx.prepare_cached(&sql)?, [n], read)?.ok_or(Fail::Stored("contact"))
}

pub(super) fn successor(tx: &Connection, former: &ContactId) -> Outcome<Option<ContactId>> {
    let statement = tx.prepare_cached(
        "SELECT c.id FROM successors s JOIN contacts c ON c.n = s.contact WHERE s.former = ?1",
    )?;
    first(statement, [former.as_str()], |row| typed(row, 0, "contact's id"))
}

pub(super) fn expect(tx: &Connection, id: &ContactId) -> Outcome<Contact> {
    one(tx, id)?.ok_or_else(|| Fail::gone("no_such_contact", format!("there is no contact {id}")))
}

pub(super) fn find(tx: &Connection, address: &Address) -> Outcome<Option<Contact>> {
    let Some(found) = contacts::by_address(tx, address)? else { return Ok(None) };
    one(tx, &found.contact_id()?)
}

pub(super) fn find_external(tx: &Connection, key: &ExternalId) -> Outcome<Option<Contact>> {
    let Some(found) = contacts::by_external_id(tx, key.as_str())? else { return Ok(None) };
    one(tx, &found.contact_id()?)
}

/// Those who are matched to these objects.
pub(super) fn of_objects(tx: &Connection, objects: &[ObjectId]) -> Outcome<Vec<Contact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contacts c WHERE c.object_id IN (SELECT value FROM json_each(?1)) ORDER BY c.n"
    );
    collect(tx.prepare_cached(&sql)?, [json!(objects).to_string()], read)
}

/// Those of these ids.
pub(super) fn of_ids(tx: &Connection, ids: &[ContactId]) -> Outcome<Vec<Contact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contacts c WHERE c.id IN (SELECT value FROM json_each(?1)) ORDER BY c.id"
    );
    collect(tx.prepare_cached(&sql)?, [json!(ids).to_string()], read)
}

/// A page of all contacts, after this id.
pub(crate) fn page_of_all() -> String {
    format!("SELECT {COLUMNS} FROM contacts c WHERE c.id > ?1 ORDER BY c.id LIMIT ?2")
}

pub(super) fn page(tx: &Connection, after: Option<&ContactId>, limit: usize) -> Outcome<Vec<Contact>> {
    let after = after.map_or("", ContactId::as_str);
    collect(tx.prepare_cached(&page_of_all())?, params![after, stored_limit(limit)], read)
}

fn read(row: &Row<'_>) -> Outcome<Contact> {
    let aliases: BTreeSet<Address> =
        serde_json::from_str(&row.get::<_, String>(13)?).map_err(|_| Fail::Stored("aliases"))?;
    let further_ids: BTreeSet<ExternalId> =
        serde_json::from_str(&row.get::<_, String>(14)?).map_err(|_| Fail::Stored("further ids"))?;
    let accepts: BTreeSet<ListId> =
        serde_json::from_str(&row.get::<_, String>(16)?).map_err(|_| Fail::Stored("accepted lists"))?;
    let provenance = Provenance::parse(&row.get::<_, String>(5)?)?;
    let undeliverable = match (row.get::<_, Option<String>>(7)?, row.get::<_, Option<i64>>(8)?) {
        (Some(why), Some(at)) => Some(Undeliverable { reason: named(why, "reason")?, at: timestamp(at) }),
        _ => None,
    };
    Ok(Contact {
        id: typed(row, 0, "contact's id")?,
        address: typed(row, 1, "contact's address")?,
        aliases,
        name: row.get(2)?,
        external_id: typed_option(row, 3, "external id")?,
        further_ids,
        fields: provenance.fields(fields(&row.get::<_, String>(4)?)?),
        object_id: typed_option(row, 6, "contact's object id")?,
        grounds: contacts::grounds(row.get(15)?)?,
        undeliverable,
        opted_out: contacts::no_to_all((row.get(9)?, row.get(10)?, row.get(11)?))?,
        accepts,
        version: Version(count(row.get(12)?)),
    })
}

pub(super) fn places(tx: &Connection, id: &ContactId) -> Outcome<Vec<Place>> {
    let contact = contacts::expect(tx, id)?;
    let statement = tx.prepare_cached(
        "SELECT l.id, m.standing, m.origin, m.since, m.until
         FROM lists l JOIN memberships m ON m.list = l.n AND m.contact = ?1 ORDER BY l.id",
    )?;
    collect(statement, [contact.n], |row| {
        Ok(Place {
            list: typed(row, 0, "list's id")?,
            standing: standing(&row.get::<_, String>(1)?)?,
            origin: origin(&row.get::<_, String>(2)?)?,
            since: timestamp(row.get(3)?),
            until: row.get::<_, Option<i64>>(4)?.map(timestamp),
        })
    })
}

pub(super) fn sayings(tx: &Connection, id: &ContactId) -> Outcome<Vec<Said>> {
    let contact = contacts::expect(tx, id)?;
    let statement = tx.prepare_cached(
        "SELECT s.decision, l.id, s.via, s.at FROM sayings s LEFT JOIN lists l ON l.n = s.list
         WHERE s.contact = ?1 ORDER BY s.at DESC, s.n DESC",
    )?;
    collect(statement, [contact.n], |row| {
        Ok(Said {
            decision: named(row.get(0)?, "decision")?,
            scope: typed_option(row, 1, "list's id")?.map_or(Scope::All, Scope::List),
            via: named(row.get(2)?, "way")?,
            at: timestamp(row.get(3)?),
        })
    })
}
