//! The lists that contacts said yes to since their no to all of them.

use std::collections::BTreeSet;

use listsync_core::{consent::SinceNo, id::ListId};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::error::Outcome;

/// What a contact said of a list since their no to all.
pub(super) fn since_no(tx: &Connection, list: i64, contact: i64) -> Outcome<SinceNo> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accepts WHERE contact = ?1 AND list = ?2)";
    let said: bool = tx.prepare_cached(sql)?.query_row([contact, list], |row| row.get(0))?;
    Ok(if said { SinceNo::Yes } else { SinceNo::Nothing })
}

/// Keeps just these.
pub(super) fn set(tx: &Connection, contact: i64, lists: &BTreeSet<ListId>) -> Outcome<()> {
    tx.prepare_cached("DELETE FROM accepts WHERE contact = ?1")?.execute([contact])?;
    let sql = "INSERT INTO accepts (contact, list)
        SELECT ?1, n FROM lists WHERE id IN (SELECT value FROM json_each(?2))";
    tx.prepare_cached(sql)?.execute(params![contact, json!(lists).to_string()])?;
    Ok(())
}
