//! Imports as they are kept, and whom they hold.

use std::collections::{BTreeMap, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    grant::Lists,
    growth::Grown,
    id::{ImportId, ListId},
    traces::Traces,
};
use listsync_engine::ports::{
    Affected, Fault, HeldPeople, Import, ImportRow, ImportState, NewImport, PortError, Undone,
};
use rusqlite::{Connection, params};

use super::{catalog, changes, memberships, taking::Taking};
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
        settle(tx, import)?;
    }
    Ok(())
}

/// Whom a later file names, an earlier one's rows put on the list no more: the later one says how they are.
pub(super) fn release_rows(tx: &Connection, list: i64, later: &NewImport) -> Outcome<()> {
    let statement = tx.prepare_cached(
        "SELECT n FROM imports WHERE list = ?1 AND state = 'held'
         AND EXISTS (SELECT 1 FROM held_rows WHERE import = imports.n) ORDER BY n",
    )?;
    for import in collect(statement, [list], |row| Ok(row.get::<_, i64>(0)?))? {
        for row in later.people.iter() {
            tx.prepare_cached("DELETE FROM held_rows WHERE import = ?1 AND address = ?2")?
                .execute(params![import, row.contact.address.as_str()])?;
        }
        settle(tx, import)?;
    }
    Ok(())
}

/// Forgets the rows of an address that wait to join any list.
pub(crate) fn forget_rows(tx: &Connection, address: &Address) -> Outcome<()> {
    let statement = tx.prepare_cached("SELECT import FROM held_rows WHERE address = ?1")?;
    for import in collect(statement, [address.as_str()], |row| Ok(row.get::<_, i64>(0)?))? {
        tx.execute(
            "DELETE FROM held_rows WHERE import = ?1 AND address = ?2",
            params![import, address.as_str()],
        )?;
        settle(tx, import)?;
    }
    Ok(())
}

/// Forgets the names of files that may name somebody.
pub(crate) fn forget_names(tx: &Connection, traces: &Traces) -> Outcome<()> {
    let statement = tx.prepare_cached("SELECT n, doc FROM imports")?;
    let imports: Vec<(i64, String)> = collect(statement, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (n, text) in imports {
        let mut import: Import = doc(&text, "import")?;
        if import.forget(traces) {
            tx.execute("UPDATE imports SET doc = ?2 WHERE n = ?1", params![n, doc_text(&import)?])?;
        }
    }
    Ok(())
}

/// An import that holds nobody any more waits no more.
fn settle(tx: &Connection, n: i64) -> Outcome<()> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE n = ?1 AND state = 'held'");
    if let Some(import) = first(tx.prepare_cached(&sql)?, [n], |row| read(row, 0))? {
        let state = state_name(import.settled().state);
        tx.execute("UPDATE imports SET state = ?2 WHERE n = ?1", params![n, state])?;
    }
    Ok(())
}

fn held_by(tx: &Connection, import: i64) -> Outcome<Vec<i64>> {
    let mut statement = tx.prepare_cached("SELECT contact FROM held WHERE import = ?1 ORDER BY contact")?;
    Ok(statement.query_map([import], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// What of an import waits.
pub(super) struct Waiting<'a> {
    pub(super) leavers: &'a [i64],
    pub(super) rows: &'a [ImportRow],
    /// The lists that whoever sent the file is given.
    pub(super) given: &'a Lists,
}

pub(super) fn save(tx: &Connection, list: i64, import: &Import, waiting: &Waiting<'_>) -> Outcome<()> {
    tx.prepare_cached(
        "INSERT INTO imports (id, list, state, seq, doc, given) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        import.id.as_str(),
        list,
        state_name(import.state),
        changes::last(tx, list)?,
        doc_text(import)?,
        doc_text(waiting.given)?
    ])?;
    let n = tx.last_insert_rowid();
    let mut statement = tx.prepare_cached("INSERT INTO held (import, contact) VALUES (?1, ?2)")?;
    for contact in waiting.leavers {
        statement.execute([n, *contact])?;
    }
    let mut statement =
        tx.prepare_cached("INSERT INTO held_rows (import, address, doc) VALUES (?1, ?2, ?3)")?;
    for row in waiting.rows {
        statement.execute(params![n, row.contact.address.as_str(), doc_text(row)?])?;
    }
    Ok(())
}

const COLUMNS: &str = "doc, state, (SELECT count(*) FROM held WHERE import = imports.n),
    (SELECT count(*) FROM held_rows WHERE import = imports.n)";

/// A page of all imports, before the one of this number.
pub(crate) fn page_of_all() -> String {
    format!("SELECT {COLUMNS}, n FROM imports WHERE n < ?1 ORDER BY n DESC LIMIT ?2")
}

/// A page of a list's imports, before the one of this number.
pub(crate) fn page_of_list() -> String {
    format!("SELECT {COLUMNS}, n FROM imports WHERE list = ?3 AND n < ?1 ORDER BY n DESC LIMIT ?2")
}

pub(super) fn page(
    tx: &Connection,
    lists: &Lists,
    before: Option<&ImportId>,
    limit: usize,
) -> Outcome<Vec<Import>> {
    let before = match before {
        Some(id) => {
            let statement = tx.prepare_cached("SELECT n FROM imports WHERE id = ?1")?;
            first(statement, [id.as_str()], |row| Ok(row.get(0)?))?.ok_or_else(|| no_such_import(id))?
        }
        None => i64::MAX,
    };
    let most = stored_limit(limit);
    let Lists::Only(lists) = lists else {
        return collect(tx.prepare_cached(&page_of_all())?, [before, most], |row| read(row, 0));
    };
    let mut found = BTreeMap::new();
    for list in lists {
        // One that was deleted has none.
        let Some(list) = catalog::found(tx, list)? else { continue };
        found.extend(collect(tx.prepare_cached(&page_of_list())?, [before, most, list], |row| {
            Ok((row.get::<_, i64>(4)?, read(row, 0)?))
        })?);
    }
    Ok(found.into_values().rev().take(limit).collect())
}

pub(super) fn by_id(tx: &Connection, id: &ImportId) -> Outcome<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE id = ?1");
    first(tx.prepare_cached(&sql)?, [id.as_str()], |row| read(row, 0))
}

/// The last import into a list.
pub(super) fn last_of(tx: &Connection, list: i64) -> Outcome<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE list = ?1 ORDER BY n DESC LIMIT 1");
    first(tx.prepare_cached(&sql)?, [list], |row| read(row, 0))
}

/// The import whose columns begin there.
fn read(row: &rusqlite::Row<'_>, from: usize) -> Outcome<Import> {
    let (text, state): (String, String) = (row.get(from)?, row.get(from + 1)?);
    let (held, held_additions) = (count(row.get(from + 2)?), count(row.get(from + 3)?));
    let import: Import = doc(&text, "import")?;
    Ok(Import { state: state_of(&state)?, held, held_additions, ..import })
}

/// What the list's imports of the 24 hours before a moment added, newest first.
pub(super) fn grown(tx: &Connection, list: i64, at: Timestamp) -> Outcome<Vec<Grown>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE list = ?1 ORDER BY n DESC");
    let mut statement = tx.prepare_cached(&sql)?;
    let (mut rows, mut all) = (statement.query([list])?, Vec::new());
    while let Some(row) = rows.next()? {
        let grown = read(row, 0)?.grown();
        if !grown.counts(at) {
            break;
        }
        all.push(grown);
    }
    Ok(all)
}

/// An import that holds something.
struct Held {
    n: i64,
    list: i64,
    /// The number of the list's last change when it was done.
    seq: i64,
    /// The lists that whoever sent the file was given: an approval reaches no further.
    given: Lists,
    import: Import,
}

fn found(tx: &Connection, id: &ImportId) -> Outcome<Held> {
    let sql = format!("SELECT n, list, seq, given, {COLUMNS} FROM imports WHERE id = ?1");
    let found = first(tx.prepare_cached(&sql)?, [id.as_str()], |row| {
        let given: Option<String> = row.get(3)?;
        let given = given.map_or(Ok(Lists::All), |text| doc(&text, "import's lists"))?;
        Ok(Held { n: row.get(0)?, list: row.get(1)?, seq: row.get(2)?, given, import: read(row, 4)? })
    })?;
    found.ok_or_else(|| no_such_import(id))
}

fn no_such_import(id: &ImportId) -> Fail {
    let message = format!("there is no import {id}");
    let hint = "see what there is: listsync imports ls";
    Fail::Port(PortError::new(Fault::Gone, "no_such_import", message).with_hint(hint))
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

    /// The rows whose people join once it is approved: who is not on the list, would still be put there, and did not leave it
    /// since.
    fn joiners(&self, taking: &Taking<'_>, tx: &Connection) -> Outcome<Vec<ImportRow>> {
        let statement = tx.prepare_cached("SELECT doc FROM held_rows WHERE import = ?1 ORDER BY address")?;
        let rows = collect(statement, [self.n], |row| doc(&row.get::<_, String>(0)?, "held row"))?;
        let mut joiners = Vec::new();
        for row in rows {
            if taking.joins(&row, Some(self.seq))? {
                joiners.push(row);
            }
        }
        Ok(joiners)
    }

    fn taking<'a>(&self, tx: &'a Connection) -> Outcome<Taking<'a>> {
        Taking::begin(tx, catalog::of_number(tx, self.list)?, (self.import.clone(), self.given.clone()))
    }

    /// Nothing of it waits any more.
    fn settle(self, tx: &Connection, import: Import) -> Outcome<Import> {
        tx.execute("DELETE FROM held WHERE import = ?1", [self.n])?;
        tx.execute("DELETE FROM held_rows WHERE import = ?1", [self.n])?;
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
    let joins = held.joiners(&held.taking(tx)?, tx)?.into_iter().map(Affected::by).collect();
    Ok(HeldPeople::sorted(joins, leaves))
}

/// Does what an import holds, as far as it still stands.
pub(super) fn approve(tx: &Connection, id: &ImportId, now: Timestamp) -> Outcome<Import> {
    let held = holding(tx, id)?;
    let mut taking = held.taking(tx)?;
    let joiners = held.joiners(&taking, tx)?;
    let leavers: Vec<i64> = held.leavers(tx)?.into_iter().map(|(contact, _)| contact).collect();
    taking.at = now;
    taking.dismiss(&leavers)?;
    for contact in &leavers {
        memberships::left_approved(tx, held.list, *contact)?;
    }
    for row in &joiners {
        taking.take(row)?;
    }
    let import = Import { held: 0, held_additions: 0, ..taking.end()?.import };
    held.settle(tx, import.settled())
}

/// Drops what an import holds.
pub(super) fn discard(tx: &Connection, id: &ImportId) -> Outcome<Import> {
    let held = holding(tx, id)?;
    let import = held.import.clone().dropped();
    held.settle(tx, import)
}

/// The list of an import.
pub(super) fn list_of(tx: &Connection, id: &ImportId) -> Outcome<ListId> {
    Ok(found(tx, id)?.import.list)
}

/// Says of an import that it was taken back.
pub(super) fn end_undo(tx: &Connection, id: &ImportId, undone: Undone) -> Outcome<Import> {
    let Held { n, import, .. } = found(tx, id)?;
    let import = import.taken_back(undone);
    tx.execute(
        "UPDATE imports SET state = ?2, doc = ?3 WHERE n = ?1",
        params![n, state_name(import.state), doc_text(&import)?],
    )?;
    tx.execute("DELETE FROM import_changes WHERE import = ?1", [id.as_str()])?;
    Ok(import)
}

fn state_name(state: ImportState) -> &'static str {
    match state {
        ImportState::Done => "done",
        ImportState::Held => "held",
        ImportState::Discarded => "discarded",
        ImportState::RemovalsSkipped => "removals_skipped",
        ImportState::Repeated => "repeated",
        ImportState::Undone => "undone",
    }
}

fn state_of(name: &str) -> Outcome<ImportState> {
    Ok(match name {
        "done" => ImportState::Done,
        "held" => ImportState::Held,
        "discarded" => ImportState::Discarded,
        "removals_skipped" => ImportState::RemovalsSkipped,
        "repeated" => ImportState::Repeated,
        "undone" => ImportState::Undone,
        _ => return Err(Fail::Stored("import's state")),
    })
}
