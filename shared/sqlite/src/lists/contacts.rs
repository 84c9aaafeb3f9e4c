use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, Field, OptOut},
    id::ContactId,
    list::{NewContact, Origin},
    matched::Grounds,
    register::{By, Suppressed},
};
use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use crate::{
    error::{Fail, Outcome},
    people::{fields::Provenance, person, read},
    values::{collect, fields, fields_text, first, named, timestamp},
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
    /// Their no to all lists.
    pub(crate) to_all: Option<OptOut>,
    /// That they were erased, and did not say yes to all lists since.
    pub(crate) erased: Option<OptOut>,
}

impl Stored {
    /// On what their match rests.
    pub(crate) fn grounds(&self) -> Outcome<Option<Grounds>> {
        grounds(self.grounds.clone())
    }

    pub(crate) fn address(&self) -> Outcome<Address> {
        Address::parse(&self.address).map_err(|_| Fail::Stored("contact's address"))
    }

    pub(crate) fn contact_id(&self) -> Outcome<ContactId> {
        typed_id(&self.id)
    }
}

/// Who brings something in, and when.
pub(crate) type Source = (Origin, Timestamp);

const COLUMNS: &str =
    "n, id, object_id, address, external_id, name, fields, grounds, opted_out, opted_out_at,
    opted_out_via, erased_at";

/// Reads a no to all lists: why, when, and the way it came.
pub(crate) fn no_to_all(
    (reason, at, via): (Option<String>, Option<i64>, Option<String>),
) -> Outcome<Option<OptOut>> {
    let (Some(reason), Some(at), Some(via)) = (reason, at, via) else { return Ok(None) };
    Ok(Some(OptOut { reason: named(reason, "reason")?, at: timestamp(at), via: named(via, "way")? }))
}

/// Reads the document on what a match rests.
pub(crate) fn grounds(document: Option<String>) -> Outcome<Option<Grounds>> {
    let read = document.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(|_| Fail::Stored("grounds of a match"))
}

pub(crate) fn grounds_text(grounds: &Grounds) -> Outcome<String> {
    serde_json::to_string(grounds).map_err(|_| Fail::Stored("grounds of a match"))
}

fn read(row: &Row<'_>) -> Outcome<Stored> {
    Ok(Stored {
        n: row.get(0)?,
        id: row.get(1)?,
        object_id: row.get(2)?,
        address: row.get(3)?,
        external_id: row.get(4)?,
        name: row.get(5)?,
        fields: row.get(6)?,
        grounds: row.get(7)?,
        to_all: no_to_all((row.get(8)?, row.get(9)?, row.get(10)?))?,
        erased: row.get::<_, Option<i64>>(11)?.map(|at| Suppressed::erasure(timestamp(at))),
    })
}

fn one(tx: &Connection, condition: &str, key: impl Params) -> Outcome<Option<Stored>> {
    first(tx.prepare_cached(&select(condition))?, key, read)
}

/// By address, or else by alias.
pub(crate) fn by_address(tx: &Connection, address: &Address) -> Outcome<Option<Stored>> {
    match one(tx, "address = ?1", [address.as_str()])? {
        Some(found) => Ok(Some(found)),
        None => one(tx, "n = (SELECT contact FROM aliases WHERE address = ?1)", [address.as_str()]),
    }
}

/// By the external id that is shown, or else by a further one.
pub(crate) fn by_external_id(tx: &Connection, external_id: &str) -> Outcome<Option<Stored>> {
    match by_first_id(tx, external_id)? {
        Some(found) => Ok(Some(found)),
        None => one(tx, "n = (SELECT contact FROM further_ids WHERE external_id = ?1)", [external_id]),
    }
}

/// By the external id that is shown alone.
pub(crate) fn by_first_id(tx: &Connection, external_id: &str) -> Outcome<Option<Stored>> {
    one(tx, "external_id = ?1", [external_id])
}

pub(crate) fn by_id(tx: &Connection, contact: &ContactId) -> Outcome<Option<Stored>> {
    one(tx, "id = ?1", [contact.as_str()])
}

pub(crate) fn of_number(tx: &Connection, n: i64) -> Outcome<Stored> {
    one(tx, "n = ?1", [n])?.ok_or(Fail::Stored("contact"))
}

pub(crate) fn expect(tx: &Connection, contact: &ContactId) -> Outcome<Stored> {
    by_id(tx, contact)?.ok_or_else(|| Fail::gone("no_such_contact", format!("there is no contact {contact}")))
}

/// Every contact that was matched to an object, oldest first.
pub(crate) fn by_object(tx: &Connection, object_id: &str) -> Outcome<Vec<Stored>> {
    collect(tx.prepare_cached(&select("object_id = ?1 ORDER BY n"))?, [object_id], read)
}

fn select(condition: &str) -> String {
    format!("SELECT {COLUMNS} FROM contacts WHERE {condition}")
}

/// Makes a contact, who takes over what its address is suppressed for.
pub(crate) fn insert(tx: &Connection, new: &NewContact, (by, at): Source) -> Outcome<Stored> {
    let id = Uuid::now_v7().to_string();
    let given = new.fields.iter().filter(|(_, value)| !value.is_empty());
    let field = |value: &String| Field { value: value.clone(), source: by, at };
    let given: BTreeMap<String, Field> = given.map(|(name, value)| (name.clone(), field(value))).collect();
    tx.prepare_cached(
        "INSERT INTO contacts (id, address, name, fields, provenance, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id,
        new.address.as_str(),
        new.name,
        values_text(&given),
        Provenance::known(&given).text()?,
        next_change(tx)?
    ])?;
    let n = tx.last_insert_rowid();
    person::bring(tx, n, &new.address, at)?;
    of_number(tx, n)
}

pub(crate) fn set_match(
    tx: &Connection,
    contact: i64,
    (object_id, grounds): (&str, &Grounds),
) -> Outcome<()> {
    let grounds = grounds_text(grounds)?;
    tx.prepare_cached("UPDATE contacts SET object_id = ?2, grounds = ?3 WHERE n = ?1")?
        .execute(params![contact, object_id, grounds])?;
    Ok(())
}

/// The id of a contact's row.
pub(crate) fn id_of(tx: &Connection, n: i64) -> Outcome<String> {
    let statement = tx.prepare_cached("SELECT id FROM contacts WHERE n = ?1")?;
    first(statement, [n], |row| Ok(row.get(0)?))?.ok_or(Fail::Stored("contact"))
}

pub(crate) fn typed_id(id: &str) -> Outcome<ContactId> {
    ContactId::parse(id).map_err(|_| Fail::Stored("contact's id"))
}

/// A contact before an update and after it.
pub(crate) struct Updated {
    pub(crate) before: Contact,
    pub(crate) after: Contact,
}

/// Takes over name and fields. An empty name says nothing; an empty field clears it; others stay. None: all is as it was.
pub(crate) fn update(
    tx: &Connection,
    old: &Stored,
    new: &NewContact,
    source: Source,
) -> Outcome<Option<Box<Updated>>> {
    let known = fields(&old.fields)?;
    let says = |(name, value): (&String, &String)| known.get(name).map_or("", String::as_str) != value;
    if (new.name.is_empty() || new.name == old.name) && !new.fields.iter().any(says) {
        return Ok(None);
    }
    let before = read::of_number(tx, old.n)?;
    let mut contact = before.clone();
    contact.take_in(new, By { origin: source.0, at: source.1 });
    let (values, provenance) = (values_text(&contact.fields), Provenance::known(&contact.fields).text()?);
    tx.prepare_cached("UPDATE contacts SET name = ?2, fields = ?3, provenance = ?4 WHERE n = ?1")?
        .execute(params![old.n, contact.name, values, provenance])?;
    touch(tx, old.n)?;
    Ok(Some(Box::new(Updated { before, after: contact })))
}

/// Tells those who follow all contacts.
pub(crate) fn tell(tx: &Connection, contact: i64) -> Outcome<()> {
    tx.prepare_cached("UPDATE contacts SET changed = ?2 WHERE n = ?1")?
        .execute(params![contact, next_change(tx)?])?;
    Ok(())
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

/// A contact's fields as they are stored, without who set them.
pub(crate) fn values_text(fields: &BTreeMap<String, Field>) -> String {
    fields_text(&fields.iter().map(|(name, field)| (name.clone(), field.value.clone())).collect())
}
