//! Imports as they are kept, and the removals that they hold.

use std::collections::HashSet;

use listsync_core::{Timestamp, id::ImportId};
use listsync_engine::ports::{Affected, Fault, HeldPeople, Import, ImportState, PortError};
use rusqlite::{Connection, params};

use super::{changes, imports::dismiss};
use crate::{
    error::{Fail, Outcome},
    values::{collect, count, doc, doc_text, first, stored_limit, typed},
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
    collect(tx.prepare_cached(&sql)?, [stored_limit(limit)], |row| read(row, 0))
}

/// The last import into a list.
pub(super) fn last_of(tx: &Connection, list: i64) -> Outcome<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE list = ?1 ORDER BY n DESC LIMIT 1");
    first(tx.prepare_cached(&sql)?, [list], |row| read(row, 0))
}

/// The import whose columns begin there.
fn read(row: &rusqlite::Row<'_>, from: usize) -> Outcome<Import> {
    let (text, state, held): (String, String, i64) = (row.get(from)?, row.get(from + 1)?, row.get(from + 2)?);
    let import: Import = doc(&text, "import")?;
    Ok(Import { state: state_of(&state)?, held: count(held), ..import })
}

/// An import that holds something.
struct Held {
    n: i64,
    list: i64,
    /// The number of the list's last change when it was done.
    seq: i64,
    import: Import,
}

fn found(tx: &Connection, id: &ImportId) -> Outcome<Held> {
    let sql = format!("SELECT n, list, seq, {COLUMNS} FROM imports WHERE id = ?1");
    let found = first(tx.prepare_cached(&sql)?, [id.as_str()], |row| {
        Ok(Held { n: row.get(0)?, list: row.get(1)?, seq: row.get(2)?, import: read(row, 3)? })
    })?;
    found.ok_or_else(|| {
        let message = format!("there is no import {id}");
        let hint = "see what there is: listsync imports ls";
        Fail::Port(PortError::new(Fault::Gone, "no_such_import", message).with_hint(hint))
    })
}

/// One whom a person can rule on.
fn holding(tx: &Connection, id: &ImportId) -> Outcome<Held> {
    let held = found(tx, id)?;
    if held.import.state != ImportState::Held {
        let message = format!("import {id} holds nothing");
        return Err(Fail::rejected("not_held", message, "see them all: listsync imports ls"));
    }
    Ok(held)
}

impl Held {
    /// Who leaves once it is approved: of those whom it holds, who is on the list and was not put there since.
    fn leavers(&self, tx: &Connection) -> Outcome<Vec<(i64, Affected)>> {
        let statement = tx.prepare_cached(
            "SELECT c.n, c.address, c.name FROM held JOIN contacts c ON c.n = held.contact
             JOIN memberships m ON m.list = ?2 AND m.contact = c.n
             WHERE held.import = ?1 AND m.standing = 'member' AND m.seq <= ?3 ORDER BY c.n",
        )?;
        collect(statement, [self.n, self.list, self.seq], |row| {
            let address = typed(row, 1, "contact's address")?;
            Ok((row.get(0)?, Affected { row: None, address, name: row.get(2)? }))
        })
    }

    /// Nothing of it waits any more.
    fn settle(self, tx: &Connection, import: Import) -> Outcome<Import> {
        tx.execute("DELETE FROM held WHERE import = ?1", [self.n])?;
        tx.execute(
            "UPDATE imports SET state = ?2, doc = ?3 WHERE n = ?1",
            params![self.n, state_name(import.state), doc_text(&import)?],
        )?;
        Ok(import)
    }
}

/// Whom an approval would move now.
pub(super) fn people(tx: &Connection, id: &ImportId) -> Outcome<HeldPeople> {
    let held = found(tx, id)?;
    let leaves = held.leavers(tx)?.into_iter().map(|(_, person)| person).collect();
    Ok(HeldPeople::sorted(Vec::new(), leaves))
}

/// Does an import's held removals, as far as they still stand.
pub(super) fn approve(tx: &Connection, id: &ImportId, now: Timestamp) -> Outcome<Import> {
    let held = holding(tx, id)?;
    let leavers: Vec<i64> = held.leavers(tx)?.into_iter().map(|(contact, _)| contact).collect();
    let left = dismiss(tx, held.list, &leavers, now)?;
    let import = held.import.clone();
    let removed = import.removed + left;
    held.settle(tx, Import { removed, held: 0, state: ImportState::Done, ..import })
}

/// Drops what an import holds.
pub(super) fn discard(tx: &Connection, id: &ImportId) -> Outcome<Import> {
    let held = holding(tx, id)?;
    let import = held.import.clone().dropped();
    held.settle(tx, import)
}

fn state_name(state: ImportState) -> &'static str {
    match state {
        ImportState::Done => "done",
        ImportState::Held => "held",
        ImportState::Discarded => "discarded",
        ImportState::RemovalsSkipped => "removals_skipped",
        ImportState::Repeated => "repeated",
    }
}

fn state_of(name: &str) -> Outcome<ImportState> {
    Ok(match name {
        "done" => ImportState::Done,
        "held" => ImportState::Held,
        "discarded" => ImportState::Discarded,
        "removals_skipped" => ImportState::RemovalsSkipped,
        "repeated" => ImportState::Repeated,
        _ => return Err(Fail::Stored("import's state")),
    })
}
