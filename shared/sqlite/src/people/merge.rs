//! Making two contacts one.

use listsync_core::{Timestamp, contact::Contact, id::ContactId, register};
use rusqlite::{Connection, params};

use super::{forget, person, read};
use crate::{
    error::Outcome,
    lists::contacts::{self, Stored},
};

pub(super) fn merge(
    tx: &Connection,
    keep: &ContactId,
    other: &ContactId,
    now: Timestamp,
) -> Outcome<Contact> {
    let (kept, gone) = (contacts::expect(tx, keep)?, contacts::expect(tx, other)?);
    let (keep, other) = (person::load(tx, kept.n)?, person::load(tx, gone.n)?);
    let change = register::merge(&keep, &other, now)?;
    tx.execute("UPDATE sayings SET contact = ?1 WHERE contact = ?2", [kept.n, gone.n])?;
    succeed(tx, &kept, &gone)?;
    forget::depart(tx, &gone, now)?;
    person::save(tx, kept.n, &keep.contact, &change)?;
    read::of_number(tx, kept.n)
}

/// Whoever became the other is the kept contact now, as the other is.
fn succeed(tx: &Connection, kept: &Stored, gone: &Stored) -> Outcome<()> {
    tx.execute("UPDATE successors SET contact = ?1 WHERE contact = ?2", [kept.n, gone.n])?;
    tx.execute(
        "INSERT OR REPLACE INTO successors (former, contact) VALUES (?1, ?2)",
        params![gone.id, kept.n],
    )?;
    Ok(())
}
