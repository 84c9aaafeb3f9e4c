use std::collections::BTreeMap;

use listsync_core::{address::Address, id::ContactId, list::NewContact};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::{
    error::{Fail, Outcome},
    values::{fields, fields_text},
};

/// A contact's row, as far as edits look at it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) n: i64,
    pub(crate) id: String,
    pub(crate) object_id: Option<String>,
    name: String,
    fields: String,
}

/// Whether an edit changed a contact's name or fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Details {
    Changed,
    Same,
}

const COLUMNS: &str = "n, id, object_id, name, fields";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        n: row.get(0)?,
        id: row.get(1)?,
        object_id: row.get(2)?,
        name: row.get(3)?,
        fields: row.get(4)?,
    })
}

pub(crate) fn by_address(tx: &Connection, address: &Address) -> Outcome<Option<Stored>> {
    let sql = select("address = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([address.as_str()], read).optional()?)
}

pub(crate) fn by_id(tx: &Connection, contact: &ContactId) -> Outcome<Option<Stored>> {
    let sql = select("id = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([contact.as_str()], read).optional()?)
}

/// Every contact that was matched to an object, oldest first.
pub(crate) fn by_object(tx: &Connection, object_id: &str) -> Outcome<Vec<Stored>> {
    let sql = select("object_id = ?1 ORDER BY n");
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map([object_id], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn select(condition: &str) -> String {
    format!("SELECT {COLUMNS} FROM contacts WHERE {condition}")
}

/// Makes a contact.
pub(crate) fn insert(tx: &Connection, new: &NewContact, object_id: Option<&str>) -> Outcome<Stored> {
    let id = Uuid::now_v7().to_string();
    let stored = fields_text(&without_blanks(new.fields.clone()));
    tx.prepare_cached(
        "INSERT INTO contacts (id, address, name, fields, object_id) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id, new.address.as_str(), new.name, stored, object_id])?;
    let n = tx.last_insert_rowid();
    Ok(Stored { n, id, object_id: object_id.map(str::to_owned), name: new.name.clone(), fields: stored })
}

pub(crate) fn set_object(tx: &Connection, contact: i64, object_id: Option<&str>) -> Outcome<()> {
    tx.prepare_cached("UPDATE contacts SET object_id = ?2 WHERE n = ?1")?
        .execute(params![contact, object_id])?;
    Ok(())
}

/// Takes over name and fields. An empty name says nothing; an empty field clears it; others stay.
pub(super) fn update(tx: &Connection, old: &Stored, new: &NewContact) -> Outcome<Details> {
    let name = if new.name.is_empty() { &old.name } else { &new.name };
    let mut merged = fields(&old.fields)?;
    merged.extend(new.fields.clone());
    let merged = fields_text(&without_blanks(merged));
    if *name == old.name && merged == old.fields {
        return Ok(Details::Same);
    }
    tx.prepare_cached("UPDATE contacts SET name = ?2, fields = ?3 WHERE n = ?1")?
        .execute(params![old.n, name, merged])?;
    Ok(Details::Changed)
}

pub(super) fn fields_of(tx: &Connection, contact: &ContactId) -> Outcome<BTreeMap<String, String>> {
    let stored = by_id(tx, contact)?
        .ok_or_else(|| Fail::gone("no_such_contact", format!("there is no contact {contact}")))?;
    fields(&stored.fields)
}

fn without_blanks(mut fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields.retain(|_, value| !value.is_empty());
    fields
}
