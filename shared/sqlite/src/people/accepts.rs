//! The lists that contacts said yes to since their no to all of them.

use std::collections::BTreeSet;

use listsync_core::{consent::SinceNo, id::ListId};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::error::Outcome;

/// What a contact said of a list since their no to all.
pub(crate) fn since_no(tx: &Connection, list: i64, contact: i64) -> Outcome<SinceNo> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accepts WHERE contact = ?1 AND list = ?2)";
    let said: bool = tx.prepare_cached(sql)?.query_row([contact, list], |row| row.get(0))?;
    Ok(if said { SinceNo::Yes } else { SinceNo::Nothing })
}

/// Keeps a yes to a list against a no to all; whether there was any, and this is news.
pub(super) fn accept(tx: &Connection, list: i64, contact: i64) -> Outcome<bool> {
    let sql = "INSERT INTO accepts (contact, list)
        SELECT n, ?2 FROM contacts WHERE n = ?1 AND opted_out IS NOT NULL ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute([contact, list])? > 0)
}

/// Forgets a yes to a list.
pub(super) fn withdraw(tx: &Connection, list: i64, contact: i64) -> Outcome<()> {
    tx.prepare_cached("DELETE FROM accepts WHERE contact = ?1 AND list = ?2")?.execute([contact, list])?;
    Ok(())
}

/// Forgets every yes of a contact; whether there was any.
pub(super) fn withdraw_all(tx: &Connection, contact: i64) -> Outcome<bool> {
    Ok(tx.prepare_cached("DELETE FROM accepts WHERE contact = ?1")?.execute([contact])? > 0)
}

/// Keeps just these.
pub(super) fn set(tx: &Connection, contact: i64, lists: &BTreeSet<ListId>) -> Outcome<()> {
    withdraw_all(tx, contact)?;
    let sql = "INSERT INTO accepts (contact, list)
        SELECT ?1, n FROM lists WHERE id IN (SELECT value FROM json_each(?2))";
    tx.prepare_cached(sql)?.execute(params![contact, json!(lists).to_string()])?;
    Ok(())
}
