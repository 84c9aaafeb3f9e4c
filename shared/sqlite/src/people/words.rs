//! What people said, as it is kept: the last word of a contact on a list, or on all, is the one in force.

use listsync_core::{
    contact::{Decision, OptOut},
    register::Word,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    error::Outcome,
    values::{name_of, named, nanos, timestamp},
};

/// Writes a decision down, of a list by its number or of all.
pub(super) fn write(
    tx: &Connection,
    contact: i64,
    (list, decision): (Option<i64>, Decision),
    OptOut { reason, at, via }: OptOut,
) -> Outcome<()> {
    tx.prepare_cached(
        "INSERT INTO sayings (contact, list, decision, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![contact, list, name_of(decision)?, name_of(reason)?, name_of(via)?, nanos(at)])?;
    Ok(())
}

/// What a contact said last of a list.
pub(crate) fn last_word(tx: &Connection, contact: i64, list: i64) -> Outcome<Option<Word>> {
    let mut statement = tx.prepare_cached(
        "SELECT decision, reason, via, at FROM sayings WHERE contact = ?1 AND list = ?2 ORDER BY n DESC LIMIT 1",
    )?;
    let found: Option<(String, String, String, i64)> = statement
        .query_row([contact, list], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((decision, reason, via, at)) = found else { return Ok(None) };
    let told = OptOut { reason: named(reason, "reason")?, via: named(via, "way")?, at: timestamp(at) };
    Ok(Some(match named(decision, "decision")? {
        Decision::Subscribed => Word::Yes,
        Decision::OptedOut => Word::No(told),
    }))
}

/// What a contact said last of all lists.
pub(super) fn last_of_all(tx: &Connection, contact: i64) -> Outcome<Option<Decision>> {
    let sql = "SELECT decision FROM sayings WHERE contact = ?1 AND list IS NULL ORDER BY n DESC LIMIT 1";
    let found: Option<String> = tx.prepare_cached(sql)?.query_row([contact], |row| row.get(0)).optional()?;
    found.map(|name| named(name, "decision")).transpose()
}
