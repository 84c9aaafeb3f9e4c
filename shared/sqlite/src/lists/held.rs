//! Imports as they are kept, and the removals that they hold.

use std::collections::HashSet;

use listsync_core::{Timestamp, id::ImportId, list::Standing};
use listsync_engine::ports::{Fault, Import, ImportState, PortError};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{changes, imports::dismiss, memberships};
use crate::{
    error::{Fail, Outcome},
    values::{collect, count, doc, doc_text, first, stored_limit},
};

/// Whom a later file names, an earlier one's held removals spare.
pub(crate) fn release_named(tx: &Connection, list: i64, named: &HashSet<i64>) -> Outcome<()> {
    let statement =
        tx.prepare_cached("SELECT n FROM imports WHERE list = ?1 AND state = 'held' ORDER BY n")?;
    for import in collect(statement, [list], |row| Ok(row.get::<_, i64>(0)?))? {
        for contact in held_by(tx, import)? {
            if named.contains(&contact) {
                tx.prepare_cached("DELETE FROM held WHERE import = ?1 AND contact = ?2")?
                    .execute([import, contact])?;
            }
        }
        if held_by(tx, import)?.is_empty() {
            tx.execute("UPDATE imports SET state = 'done' WHERE n = ?1", [import])?;
        }
    }
    Ok(())
}

fn held_by(tx: &Connection, import: i64) -> Outcome<Vec<i64>> {
    let mut statement = tx.prepare_cached("SELECT contact FROM held WHERE import = ?1 ORDER BY contact")?;
    Ok(statement.query_map([import], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn save(tx: &Connection, list: i64, import: &Import, held: &[i64]) -> Outcome<()> {
    tx.prepare_cached("INSERT INTO imports (id, list, state, seq, doc) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            import.id.as_str(),
            list,
            state_name(import.state),
            changes::last(tx, list)?,
            doc_text(import)?
        ])?;
    let n = tx.last_insert_rowid();
    let mut statement = tx.prepare_cached("INSERT INTO held (import, contact) VALUES (?1, ?2)")?;
    for contact in held {
        statement.execute([n, *contact])?;
    }
    Ok(())
}

const COLUMNS: &str = "doc, state, (SELECT count(*) FROM held WHERE import = imports.n)";

pub(super) fn latest(tx: &Connection, limit: usize) -> Outcome<Vec<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM imports ORDER BY n DESC LIMIT ?1");
    collect(tx.prepare_cached(&sql)?, [stored_limit(limit)], read)
}

/// The last import into a list.
pub(super) fn last_of(tx: &Connection, list: i64) -> Outcome<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE list = ?1 ORDER BY n DESC LIMIT 1");
    first(tx.prepare_cached(&sql)?, [list], read)
}

fn read(row: &rusqlite::Row<'_>) -> Outcome<Import> {
    let (text, state, held): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let import: Import = doc(&text, "import")?;
    Ok(Import { state: state_of(&state)?, held: count(held), ..import })
}

/// Does an import's held removals, as far as they still stand.
pub(super) fn approve(tx: &Connection, id: &ImportId, now: Timestamp) -> Outcome<Import> {
    let sql = format!("SELECT n, list, seq, {COLUMNS} FROM imports WHERE id = ?1");
    let found = tx
        .prepare_cached(&sql)?
        .query_row([id.as_str()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let (n, list, seq, text, state): (i64, i64, i64, String, String) = found.ok_or_else(|| {
        let message = format!("there is no import {id}");
        let hint = "see what there is: listsync imports ls";
        Fail::Port(PortError::new(Fault::Gone, "no_such_import", message).with_hint(hint))
    })?;
    if state_of(&state)? != ImportState::Held {
        let message = format!("import {id} holds no removals");
        return Err(Fail::rejected("not_held", message, "see them all: listsync imports ls"));
    }
    let mut import: Import = doc(&text, "import")?;
    let mut leavers = Vec::new();
    for contact in held_by(tx, n)? {
        let now = memberships::of(tx, list, contact)?;
        if now.standing == Standing::Member && now.seq <= seq {
            leavers.push(contact);
        }
    }
    import.removed += dismiss(tx, list, &leavers, now)?;
    import.held = 0;
    import.state = ImportState::Done;
    tx.execute("DELETE FROM held WHERE import = ?1", [n])?;
    tx.execute(
        "UPDATE imports SET state = ?2, doc = ?3 WHERE n = ?1",
        params![n, state_name(import.state), doc_text(&import)?],
    )?;
    Ok(import)
}

fn state_name(state: ImportState) -> &'static str {
    match state {
        ImportState::Done => "done",
        ImportState::Held => "held",
        ImportState::RemovalsSkipped => "removals_skipped",
        ImportState::Repeated => "repeated",
    }
}

fn state_of(name: &str) -> Outcome<ImportState> {
    Ok(match name {
        "done" => ImportState::Done,
        "held" => ImportState::Held,
        "removals_skipped" => ImportState::RemovalsSkipped,
        "repeated" => ImportState::Repeated,
        _ => return Err(Fail::Stored("import's state")),
    })
}
