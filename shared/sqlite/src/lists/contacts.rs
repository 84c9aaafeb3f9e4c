use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::OptOutReason,
    id::ContactId,
    list::{NewContact, Origin},
    matched::Grounds,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::{
    error::{Fail, Outcome},
    people::{fields::Provenance, suppressions},
    values::{fields, fields_text, named},
};

/// A contact's row, as far as edits look at it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) n: i64,
    pub(crate) id: String,
    pub(crate) object_id: Option<String>,
    grounds: Option<String>,
    pub(crate) address: String,
    pub(crate) external_id: Option<String>,
    pub(crate) name: String,
    pub(crate) fields: String,
    opted_out: Option<String>,
    erased: bool,
}

impl Stored {
    /// Why they are to be on no list at all: that they were erased stands beside whatever they said.
    pub(crate) fn opted_out(&self) -> Outcome<impl Iterator<Item = OptOutReason> + use<>> {
        let said = self.opted_out.clone().map(|name| named(name, "opt-out")).transpose()?;
        Ok(said.into_iter().chain(self.erased.then_some(OptOutReason::Erased)))
    }

    /// On what their match rests.
    pub(crate) fn grounds(&self) -> Outcome<Option<Grounds>> {
        grounds(self.grounds.clone())
    }

    pub(crate) fn address(&self) -> Outcome<Address> {
        Address::parse(&self.address).map_err(|_| Fail::Stored("contact's address"))
    }

    pub(crate) fn contact_id(&self) -> Outcome<ContactId> {
        ContactId::parse(&self.id).map_err(|_| Fail::Stored("contact's id"))
    }
}

/// Whether an edit changed a contact's name or fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Details {
    Changed,
    Same,
}

/// Who brings something in, and when.
pub(crate) type Source = (Origin, Timestamp);

const COLUMNS: &str = "n, id, object_id, address, external_id, name, fields, opted_out, grounds,
    erased_at IS NOT NULL";

/// Reads the document on what a match rests.
pub(crate) fn grounds(document: Option<String>) -> Outcome<Option<Grounds>> {
    let read = document.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(|_| Fail::Stored("grounds of a match"))
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        n: row.get(0)?,
        id: row.get(1)?,
        object_id: row.get(2)?,
        address: row.get(3)?,
        external_id: row.get(4)?,
        name: row.get(5)?,
        fields: row.get(6)?,
        opted_out: row.get(7)?,
        grounds: row.get(8)?,
        erased: row.get(9)?,
    })
}

/// By address, or else by alias.
pub(crate) fn by_address(tx: &Connection, address: &Address) -> Outcome<Option<Stored>> {
    let sql = select("address = ?1");
    if let Some(found) = tx.prepare_cached(&sql)?.query_row([address.as_str()], read).optional()? {
        return Ok(Some(found));
    }
    let sql = select("n = (SELECT contact FROM aliases WHERE address = ?1)");
    Ok(tx.prepare_cached(&sql)?.query_row([address.as_str()], read).optional()?)
}

/// By the external id that is shown, or else by a further one.
pub(crate) fn by_external_id(tx: &Connection, external_id: &str) -> Outcome<Option<Stored>> {
    if let Some(found) = by_first_id(tx, external_id)? {
        return Ok(Some(found));
    }
    let sql = select("n = (SELECT contact FROM further_ids WHERE external_id = ?1)");
    Ok(tx.prepare_cached(&sql)?.query_row([external_id], read).optional()?)
}

/// By the external id that is shown alone.
pub(crate) fn by_first_id(tx: &Connection, external_id: &str) -> Outcome<Option<Stored>> {
    let sql = select("external_id = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([external_id], read).optional()?)
}

pub(crate) fn by_id(tx: &Connection, contact: &ContactId) -> Outcome<Option<Stored>> {
    let sql = select("id = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([contact.as_str()], read).optional()?)
}

pub(crate) fn expect(tx: &Connection, contact: &ContactId) -> Outcome<Stored> {
    by_id(tx, contact)?.ok_or_else(|| Fail::gone("no_such_contact", format!("there is no contact {contact}")))
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

/// Makes a contact, who takes over what its address is suppressed for.
pub(crate) fn insert(tx: &Connection, new: &NewContact, (by, at): Source) -> Outcome<Stored> {
    let id = Uuid::now_v7().to_string();
    let given = without_blanks(new.fields.clone());
    let provenance = Provenance::of(given.keys(), (by, at));
    tx.prepare_cached(
        "INSERT INTO contacts (id, address, name, fields, provenance, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id,
        new.address.as_str(),
        new.name,
        fields_text(&given),
        provenance.text()?,
        next_change(tx)?
    ])?;
    let n = tx.last_insert_rowid();
    suppressions::take_over(tx, n, &new.address, at)?;
    let sql = select("n = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([n], read)?)
}

pub(crate) fn set_match(
    tx: &Connection,
    contact: i64,
    (object_id, grounds): (&str, &Grounds),
) -> Outcome<()> {
    let grounds = serde_json::to_string(grounds).map_err(|_| Fail::Stored("grounds of a match"))?;
    tx.prepare_cached("UPDATE contacts SET object_id = ?2, grounds = ?3 WHERE n = ?1")?
        .execute(params![contact, object_id, grounds])?;
    Ok(())
}

/// Takes over name and fields. An empty name says nothing; an empty field clears it; others stay.
pub(crate) fn update(tx: &Connection, old: &Stored, new: &NewContact, source: Source) -> Outcome<Details> {
    let name = if new.name.is_empty() { &old.name } else { &new.name };
    let before = fields(&old.fields)?;
    let mut merged = before.clone();
    merged.extend(new.fields.clone());
    let merged = without_blanks(merged);
    if *name == old.name && merged == before {
        return Ok(Details::Same);
    }
    let provenance = Provenance::load(tx, old.n)?.after(&before, &merged, source);
    tx.prepare_cached("UPDATE contacts SET name = ?2, fields = ?3, provenance = ?4 WHERE n = ?1")?
        .execute(params![old.n, name, fields_text(&merged), provenance.text()?])?;
    touch(tx, old.n)?;
    Ok(Details::Changed)
}

/// Counts an edit of a contact, and tells those who follow all contacts.
pub(crate) fn touch(tx: &Connection, contact: i64) -> Outcome<()> {
    tx.prepare_cached("UPDATE contacts SET version = version + 1, changed = ?2 WHERE n = ?1")?
        .execute(params![contact, next_change(tx)?])?;
    Ok(())
}

fn next_change(tx: &Connection) -> Outcome<i64> {
    let sql = "UPDATE counters SET value = value + 1 WHERE name = 'contacts' RETURNING value";
    Ok(tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

pub(super) fn fields_of(tx: &Connection, contact: &ContactId) -> Outcome<BTreeMap<String, String>> {
    fields(&expect(tx, contact)?.fields)
}

fn without_blanks(mut fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields.retain(|_, value| !value.is_empty());
    fields
}
