//! Edits of one contact by operators and files.

use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, OptOutReason, Undeliverable, Version},
    id::ContactId,
    list::{NewContact, Origin},
    matched::Grounds,
};
use listsync_engine::ports::{ContactEdit, MailState};
use rusqlite::{Connection, params};

use super::{
    former, read,
    say::{self, Word},
    suppressions::{self, Suppression},
};
use crate::{
    error::{Fail, Outcome},
    lists::{
        contacts::{self, Source, Stored},
        matches,
    },
    values::{collect, name_of, nanos, typed},
};

pub(super) fn create(
    tx: &Connection,
    address: &Address,
    edit: &ContactEdit,
    source: Source,
) -> Outcome<Contact> {
    refuse_others(tx, address, None)?;
    let name = edit.name.clone().unwrap_or_default();
    let new = NewContact { address: address.clone(), name, fields: edit.fields.clone() };
    let made = contacts::insert(tx, &new, source)?;
    let rest = ContactEdit { address: None, name: None, fields: BTreeMap::new(), ..edit.clone() };
    let id = made.contact_id()?;
    apply(tx, &made, (&rest, source))?;
    read::expect(tx, &id)
}

pub(super) fn edit(
    tx: &Connection,
    id: &ContactId,
    expected: Option<Version>,
    (edit, source): (&ContactEdit, Source),
) -> Outcome<Contact> {
    let found = read::expect(tx, id)?;
    if expected.is_some_and(|expected| expected != found.version) {
        return Err(stale(&format!("contact {id}"), found.version));
    }
    let contact = contacts::expect(tx, id)?;
    apply(tx, &contact, (edit, source))?;
    if *edit != ContactEdit::default() {
        contacts::touch(tx, contact.n)?;
    }
    read::expect(tx, id)
}

/// That something was edited since it was read.
pub(super) fn stale(what: &str, now: Version) -> Fail {
    let message = format!("{what} was edited meanwhile: it is at version {}", now.0);
    Fail::rejected("version", message, "read it again, and edit what you find")
}

fn apply(tx: &Connection, contact: &Stored, (edit, source): (&ContactEdit, Source)) -> Outcome<()> {
    if let Some(address) = &edit.address {
        refuse_others(tx, address, Some(contact.n))?;
        set_address(tx, contact, (address, source))?;
    }
    for alias in &edit.add_aliases {
        refuse_others(tx, alias, Some(contact.n))?;
        add_alias(tx, contact.n, (alias, source.1))?;
    }
    for alias in &edit.remove_aliases {
        remove_alias(tx, contact.n, alias)?;
    }
    if let Some(key) = &edit.external_id {
        set_external_id(tx, contact.n, key)?;
    }
    if let Some(name) = &edit.name {
        tx.execute("UPDATE contacts SET name = ?2 WHERE n = ?1", params![contact.n, name])?;
    }
    if !edit.fields.is_empty() {
        let (address, name) = (contact.address()?, String::new());
        let new = NewContact { address, name, fields: edit.fields.clone() };
        let fresh = contacts::expect(tx, &contact.contact_id()?)?;
        contacts::update(tx, &fresh, &new, source)?;
    }
    match edit.mail {
        None => Ok(()),
        Some(MailState::Reaches) => set_undeliverable(tx, contact.n, None),
        Some(MailState::Undeliverable(reason)) => {
            set_undeliverable(tx, contact.n, Some(Undeliverable { reason, at: source.1 }))
        }
    }
}

/// Refuses an address that is somebody's, except this contact's own.
fn refuse_others(tx: &Connection, address: &Address, of: Option<i64>) -> Outcome<()> {
    match contacts::by_address(tx, address)? {
        Some(other) if of != Some(other.n) => Err(exists(&other, "address")),
        _ => Ok(()),
    }
}

fn exists(other: &Stored, what: &str) -> Fail {
    let message = format!("the {what} is contact {}'s already", other.id);
    Fail::rejected("contact_exists", message, "edit that contact, or merge the two")
}

/// Gives a contact another address; the former one becomes an alias, and each list looks at them again.
pub(crate) fn set_address(
    tx: &Connection,
    contact: &Stored,
    (address, (by, at)): (&Address, Source),
) -> Outcome<()> {
    if contact.address == address.as_str() {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM aliases WHERE address = ?1")?.execute([address.as_str()])?;
    tx.prepare_cached("UPDATE contacts SET address = ?2 WHERE n = ?1")?
        .execute(params![contact.n, address.as_str()])?;
    tx.prepare_cached("INSERT INTO aliases (address, contact) VALUES (?1, ?2)")?
        .execute(params![contact.address, contact.n])?;
    // Whether messages reach an address is not known of another.
    set_undeliverable(tx, contact.n, None)?;
    if let (Origin::Entra, Some(object), Some(grounds)) = (by, &contact.object_id, contact.grounds()?) {
        // The person's own, as the directory has it: that is no other person's.
        contacts::set_match(tx, contact.n, (object, &Grounds { address: address.clone(), ..grounds }))?;
    }
    suppressions::take_over(tx, contact.n, address, at)?;
    matches::log_on_its_lists(tx, contact.n, (by, at))
}

fn add_alias(tx: &Connection, contact: i64, (alias, at): (&Address, Timestamp)) -> Outcome<()> {
    tx.execute(
        "INSERT INTO aliases (address, contact) SELECT ?1, ?2
         WHERE NOT EXISTS (SELECT 1 FROM contacts WHERE address = ?1) ON CONFLICT DO NOTHING",
        params![alias.as_str(), contact],
    )?;
    suppressions::take_over(tx, contact, alias, at)
}

/// Takes an alias away; what the person said stays with the address.
fn remove_alias(tx: &Connection, contact: i64, alias: &Address) -> Outcome<()> {
    let gone = tx.execute(
        "DELETE FROM aliases WHERE address = ?1 AND contact = ?2",
        params![alias.as_str(), contact],
    )?;
    if gone == 0 {
        return Ok(());
    }
    for no in refusals(tx, contact)? {
        suppressions::add(tx, alias, no)?;
    }
    for kept in addresses(tx, contact)? {
        former::spread(tx, alias, &kept)?;
    }
    Ok(())
}

/// What a contact said no to, as it is kept of their addresses without them.
pub(super) fn refusals(tx: &Connection, contact: i64) -> Outcome<Vec<Suppression>> {
    let said = say::no_to_all(tx, contact)?.filter(|no| no.reason != OptOutReason::Erased);
    let to_all = said.into_iter().chain(say::erasure(tx, contact)?);
    let mut all: Vec<Suppression> = to_all.map(|no| Suppression { list: None, no }).collect();
    let statement = tx.prepare_cached(
        "SELECT DISTINCT list FROM sayings WHERE contact = ?1 AND list IS NOT NULL ORDER BY list",
    )?;
    for list in collect(statement, [contact], |row| Ok(row.get::<_, i64>(0)?))? {
        if let Some(Word { list, told, .. }) =
            say::in_force(tx, contact, Some(list))?.filter(|word| say::is_no(Some(*word)))
        {
            all.push(Suppression { list, no: told });
        }
    }
    Ok(all)
}

pub(crate) fn set_external_id(tx: &Connection, contact: i64, key: &ExternalId) -> Outcome<()> {
    if let Some(other) = contacts::by_external_id(tx, key.as_str())?
        && other.n != contact
    {
        return Err(exists(&other, "external id"));
    }
    tx.prepare_cached("UPDATE contacts SET external_id = ?2 WHERE n = ?1")?
        .execute(params![contact, key.as_str()])?;
    tx.prepare_cached("DELETE FROM further_ids WHERE external_id = ?1")?.execute([key.as_str()])?;
    Ok(())
}

fn set_undeliverable(tx: &Connection, contact: i64, state: Option<Undeliverable>) -> Outcome<()> {
    let why = state.map(|state| name_of(state.reason)).transpose()?;
    // Known for the same reason, it is known since then.
    tx.prepare_cached(
        "UPDATE contacts SET undeliverable = ?2,
             undeliverable_at = CASE WHEN undeliverable IS ?2 THEN undeliverable_at ELSE ?3 END WHERE n = ?1",
    )?
    .execute(params![contact, why, state.map(|state| nanos(state.at))])?;
    Ok(())
}

/// Every address of a contact.
pub(super) fn addresses(tx: &Connection, contact: i64) -> Outcome<Vec<Address>> {
    let statement = tx.prepare_cached(
        "SELECT address FROM contacts WHERE n = ?1 UNION ALL SELECT address FROM aliases WHERE contact = ?1",
    )?;
    collect(statement, [contact], |row| typed(row, 0, "address"))
}
