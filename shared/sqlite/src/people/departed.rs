//! Contacts that were deleted, as links in old messages name them: by keyed hashes of their addresses it is found who has one of
//! these now, and by those of all their marks whom a no is to hold off.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::{OptOut, Scope},
    id::ContactId,
    mark::Mark,
    register::Suppressed,
};
use rusqlite::{Connection, params};

use super::{edit, former, suppressions};
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog,
        contacts::{self, Stored},
    },
    values::collect,
};

/// Keeps by which marks a contact was known that is about to go, and whoever had become that contact.
pub(super) fn keep(tx: &Connection, contact: &Stored, marks: &[Mark<'_>]) -> Outcome<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO departed (contact, hash)
         SELECT ?1, ?3 UNION ALL SELECT former, ?3 FROM successors WHERE contact = ?2 ON CONFLICT DO NOTHING",
    )?;
    for mark in marks {
        insert.execute(params![contact.id, contact.n, suppressions::hash(tx, *mark)?])?;
    }
    Ok(())
}

/// A contact that has an address now is whom everybody became who had it before and is no more.
pub(super) fn succeed(tx: &Connection, contact: i64, address: &Address) -> Outcome<()> {
    if tx.query_row("SELECT EXISTS (SELECT 1 FROM departed)", [], |row| row.get(0))? {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO successors (former, contact) SELECT contact, ?1 FROM departed WHERE hash = ?2",
        )?
        .execute(params![contact, suppressions::hash(tx, address)?])?;
    }
    Ok(())
}

/// Whether a contact of that id was deleted or erased.
pub(super) fn is_known(tx: &Connection, id: &ContactId) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM departed WHERE contact = ?1)";
    Ok(tx.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?)
}

/// Those of these contacts who were erased.
pub(super) fn erased(tx: &Connection, ids: &[ContactId]) -> Outcome<BTreeSet<ContactId>> {
    let mut erased = BTreeSet::new();
    for id in ids {
        for hash in hashes(tx, id)? {
            if suppressions::of_hash(tx, &hash)?.iter().any(Suppressed::is_erasure) {
                erased.insert(id.clone());
            }
        }
    }
    Ok(erased)
}

/// Keeps a no under each mark that such a contact had; one about a deleted list is kept of anybody, for the next list of its
/// name. Who has one of their keys by now is not found by its hash: the no waits for whoever comes to have it next.
pub(super) fn refuse(tx: &Connection, id: &ContactId, scope: &Scope, no: OptOut) -> Outcome<()> {
    let former = match scope {
        Scope::List(list) if catalog::found(tx, list)?.is_none() => Some(list),
        Scope::List(_) | Scope::All => None,
    };
    let mut hashes = hashes(tx, id)?;
    if former.is_some()
        && let Some(contact) = contacts::by_id(tx, id)?
    {
        for address in edit::addresses(tx, contact.n)? {
            hashes.push(suppressions::hash(tx, &address)?);
        }
    }
    if hashes.is_empty() {
        return Err(Fail::gone("no_such_contact", format!("there was no contact {id}")));
    }
    match former {
        Some(list) => former::refuse(tx, list, &hashes, no),
        None => hashes.iter().try_for_each(|hash| suppressions::add_hashed(tx, hash, scope, no)),
    }
}

/// The addresses that such a contact had.
fn hashes(tx: &Connection, id: &ContactId) -> Outcome<Vec<String>> {
    let statement = tx.prepare_cached("SELECT hash FROM departed WHERE contact = ?1 ORDER BY hash")?;
    collect(statement, [id.as_str()], |row| Ok(row.get(0)?))
}
