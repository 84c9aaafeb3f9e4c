//! Deleting and erasing people: what they refused is kept of their addresses, by keyed hashes.

use std::collections::{BTreeSet, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{OptOut, OptOutReason, Via},
    id::{ContactId, ListId},
    list::Standing,
    summary::Summary,
    traces::Traces,
};
use rusqlite::{Connection, params};

use super::{
    departed, edit, former, say,
    suppressions::{self, Suppression},
};
use crate::{
    erasures,
    error::Outcome,
    lists::{
        changes,
        contacts::{self, Stored},
        held,
    },
    open,
    values::{collect, doc, doc_text},
};

/// Deletes a contact; the lists on which they stood.
pub(super) fn delete(tx: &Connection, id: &ContactId, at: Timestamp) -> Outcome<Vec<ListId>> {
    let contact = contacts::expect(tx, id)?;
    let refusals = edit::refusals(tx, contact.n)?;
    let addresses = edit::addresses(tx, contact.n)?;
    for address in &addresses {
        for no in &refusals {
            suppressions::add(tx, address, *no)?;
        }
    }
    departed::keep(tx, &contact, &addresses)?;
    depart(tx, &contact, at)
}

/// Erases a person: as a deletion, and nobody brings them back but they themselves.
pub(crate) fn erase(tx: &Connection, id: &ContactId, at: Timestamp) -> Outcome<Vec<ListId>> {
    let contact = contacts::expect(tx, id)?;
    let addresses = edit::addresses(tx, contact.n)?;
    let traces = Traces { addresses: addresses.iter().cloned().collect(), name: contact.name.clone() };
    let lists = delete(tx, id, at)?;
    held::forget_names(tx, &traces)?;
    let no = OptOut { reason: OptOutReason::Erased, at, via: Via::Operator };
    for address in &addresses {
        suppressions::add(tx, address, Suppression { list: None, no })?;
        erasures::note(tx, address, id, at)?;
        strike_from_runs(tx, address)?;
        held::forget_rows(tx, address)?;
        former::forget(tx, address)?;
    }
    tx.execute("UPDATE members SET address = NULL, named = NULL WHERE contact = ?1", [id.as_str()])?;
    open::note_unflushed(tx)?;
    Ok(lists)
}

/// Takes a contact out of everything; each list's log names them a last time.
pub(super) fn depart(tx: &Connection, contact: &Stored, at: Timestamp) -> Outcome<Vec<ListId>> {
    let mut left = Vec::new();
    for place in say::places(tx, contact.n)? {
        held::release_named(tx, place.list.n, &HashSet::from([contact.n]))?;
        changes::log_departure(tx, place.list.n, &contact.id, at)?;
        if place.standing != Standing::Absent {
            left.push(place.id);
        }
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
    Ok(left)
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
