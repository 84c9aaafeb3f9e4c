//! Deleting and erasing people: what they refused is kept of their marks, by keyed hashes.

use std::collections::{BTreeSet, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::Contact,
    effects::Whom,
    id::{ContactId, ListId},
    register::{self, Farewell, Idle, Refusal, idle, part},
    summary::Summary,
    traces::Traces,
};
use rusqlite::{Connection, params};

use super::{departed, former, person, read, suppressions};
use crate::{
    effects, erasures,
    error::{Fail, Outcome},
    lists::{
        changes,
        contacts::{self, Stored},
        held, import_changes,
    },
    open,
    values::{collect, doc, doc_text},
};

/// Deletes a contact; the lists on which they stood.
pub(crate) fn delete(tx: &Connection, id: &ContactId, at: Timestamp) -> Outcome<Vec<ListId>> {
    forget(tx, id, Farewell::Deleted, at)
}

/// Deletes a contact that is kept for no list; whether it did.
pub(super) fn prune(
    tx: &Connection,
    id: &ContactId,
    before: Option<Timestamp>,
    at: Timestamp,
) -> Outcome<bool> {
    let Some(contact) = contacts::by_id(tx, id)? else { return Ok(false) };
    if idle(&person::load(tx, contact.n)?, before) != Idle::Idle {
        return Ok(false);
    }
    delete(tx, id, at)?;
    Ok(true)
}

/// Erases a person: as a deletion, and nobody brings them back but they themselves.
pub(crate) fn erase(tx: &Connection, id: &ContactId, at: Timestamp) -> Outcome<Vec<ListId>> {
    let contact = read::expect(tx, id)?;
    let lists = forget(tx, id, Farewell::Erased, at)?;
    for mark in contact.marks_besides() {
        erasures::note(tx, mark, Some(id), at)?;
        former::forget(tx, mark)?;
    }
    let Contact { name, aliases, address, object_id, .. } = contact;
    let addresses: BTreeSet<Address> = aliases.into_iter().chain([address]).collect();
    for address in &addresses {
        former::forget(tx, address)?;
    }
    let whom = Whom { contact: Some(id.clone()), object: object_id, addresses };
    strike(tx, whom, name, at)?;
    tx.execute("UPDATE members SET address = NULL, named = NULL WHERE contact = ?1", [id.as_str()])?;
    open::note_unflushed(tx)?;
    Ok(lists)
}

/// Erases whoever has an address that is no contact's.
pub(super) fn erase_address(tx: &Connection, address: &Address, at: Timestamp) -> Outcome<()> {
    if let Some(known) = contacts::by_address(tx, address)? {
        let id = ContactId::parse(&known.id).map_err(|_| Fail::Stored("contact's id"))?;
        return Err(Refusal::Taken(id).into());
    }
    suppressions::put(tx, address, &register::erase(suppressions::of(tx, address)?, at))?;
    let whom = Whom { addresses: BTreeSet::from([address.clone()]), ..Whom::default() };
    strike(tx, whom, String::new(), at)?;
    tx.execute("UPDATE members SET address = NULL, named = NULL WHERE address = ?1", [address.as_str()])?;
    open::note_unflushed(tx)?;
    Ok(())
}

/// Takes somebody out of all that is kept besides contacts, and notes that they were erased.
fn strike(tx: &Connection, whom: Whom, name: String, at: Timestamp) -> Outcome<()> {
    for address in &whom.addresses {
        erasures::note(tx, address, whom.contact.as_ref(), at)?;
        strike_from_runs(tx, address)?;
        held::forget_rows(tx, address)?;
    }
    import_changes::strike(tx, whom.contact.as_ref(), &whom.addresses)?;
    effects::strike(tx, &whom)?;
    held::forget_names(tx, &Traces { addresses: whom.addresses, name })
}

fn forget(tx: &Connection, id: &ContactId, farewell: Farewell, at: Timestamp) -> Outcome<Vec<ListId>> {
    let contact = contacts::expect(tx, id)?;
    let person = person::load(tx, contact.n)?;
    let card = person.contact.clone();
    let parting = part(person, farewell, at);
    for address in card.addresses() {
        suppressions::put(tx, address, &parting.left)?;
    }
    for mark in card.marks_besides() {
        suppressions::add(tx, mark, &parting.left)?;
        for address in card.addresses() {
            former::spread(tx, address, mark)?;
        }
    }
    departed::keep(tx, &contact, &card.marks().collect::<Vec<_>>())?;
    depart(tx, &contact, at)?;
    Ok(parting.lists)
}

/// Takes a contact out of everything; each list's log names them a last time.
pub(super) fn depart(tx: &Connection, contact: &Stored, at: Timestamp) -> Outcome<()> {
    let lists = tx.prepare_cached(
        "SELECT l.n FROM lists l JOIN memberships m ON m.list = l.n AND m.contact = ?1 ORDER BY l.n",
    )?;
    for list in collect(lists, [contact.n], |row| Ok(row.get(0)?))? {
        held::release_named(tx, list, &HashSet::from([contact.n]))?;
        changes::log_departure(tx, list, &contact.id, at)?;
    }
    for sql in [
        "DELETE FROM memberships WHERE contact = ?1 AND list IN (SELECT n FROM lists)",
        "DELETE FROM changes WHERE contact = ?1 AND list IN (SELECT n FROM lists)",
        "DELETE FROM sayings WHERE contact = ?1",
        "DELETE FROM held WHERE contact = ?1",
        "DELETE FROM contacts WHERE n = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([contact.n])?;
    }
    Ok(())
}

/// Takes an address out of what past runs tell.
pub(crate) fn strike_from_runs(tx: &Connection, address: &Address) -> Outcome<()> {
    let statement = tx.prepare_cached("SELECT n, doc FROM runs WHERE instr(doc, ?1) > 0")?;
    let found: Vec<(i64, String)> =
        collect(statement, [address.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (n, text) in found {
        let mut summary: Summary = doc(&text, "run")?;
        summary.forget(&BTreeSet::from([address.clone()]));
        tx.execute("UPDATE runs SET doc = ?2 WHERE n = ?1", params![n, doc_text(&summary)?])?;
    }
    Ok(())
}
