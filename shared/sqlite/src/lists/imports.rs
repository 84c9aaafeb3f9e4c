use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    id::{ImportId, ListId},
    import::{FileRows, Removals, judge_removals},
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{
    Fault, Import, ImportMode, ImportState, Imported, NewImport, PortError, Presence,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{
    catalog, changes,
    contacts::{self, Details},
    entries,
    memberships::{self, Move},
};
use crate::{
    error::{Fail, Outcome},
    values::{collect, count, doc, doc_text, stored_limit},
};

/// Takes a file into a list.
pub(super) fn take_in(tx: &Connection, list: &ListId, new: &NewImport) -> Outcome<Imported> {
    let n = catalog::number(tx, list)?;
    let listed = entries::size(tx, n)?;
    let mut import = blank(list, new)?;
    let mut named = HashSet::with_capacity(new.people.len());
    for row in new.people.iter().filter(|row| row.presence == Presence::Present) {
        named.insert(take_in_one(tx, n, &row.contact, &mut import)?);
    }
    let leavers = match new.mode {
        ImportMode::Incremental => Vec::new(),
        ImportMode::Full => members(tx, n)?.into_iter().filter(|member| !named.contains(member)).collect(),
    };
    let present = listed.saturating_sub(leavers.len() as u64);
    let file = FileRows { present, unreadable: new.rejected };
    let mut held = &leavers[..0];
    match judge_removals(file, listed) {
        _ if leavers.is_empty() => {}
        Removals::Do => import.removed = dismiss(tx, n, &leavers, new.at)?,
        Removals::Skip => import.state = ImportState::RemovalsSkipped,
        Removals::Hold => {
            import.state = ImportState::Held;
            held = &leavers;
        }
    }
    import.held = held.len() as u64;
    release_named(tx, n, &named)?;
    save(tx, n, &import, held)?;
    changes::compact(tx, n, new.at)?;
    Ok(Imported { import, refused: Vec::new() })
}

fn blank(list: &ListId, new: &NewImport) -> Outcome<Import> {
    let id = ImportId::parse(&Uuid::now_v7().to_string()).map_err(|_| Fail::Stored("import's id"))?;
    Ok(Import {
        id,
        list: list.clone(),
        file: new.file.clone(),
        at: new.at,
        mode: new.mode,
        state: ImportState::Done,
        rows: new.rows,
        added: 0,
        updated: 0,
        unchanged: 0,
        removed: 0,
        held: 0,
        opted_out: 0,
        repeated: new.repeated,
        rejected: new.rejected,
        leaving: new.people.iter().filter(|row| row.presence == Presence::Leaving).count() as u64,
        digest: new.digest.clone(),
        profile: new.profile.clone(),
    })
}

/// Takes one contact in, counts what came of it, and gives its number.
fn take_in_one(tx: &Connection, list: i64, new: &NewContact, import: &mut Import) -> Outcome<i64> {
    let joins = Move { to: Standing::Member, by: Origin::Csv, at: import.at };
    let Some(old) = contacts::by_address(tx, &new.address)? else {
        let made = contacts::insert(tx, new, None)?;
        memberships::set(tx, list, made.n, joins)?;
        import.added += 1;
        return Ok(made.n);
    };
    match memberships::of(tx, list, old.n)?.standing {
        Standing::OptedOut => import.opted_out += 1,
        Standing::Member => match contacts::update(tx, &old, new)? {
            Details::Changed => import.updated += 1,
            Details::Same => import.unchanged += 1,
        },
        Standing::Pending | Standing::Absent => {
            contacts::update(tx, &old, new)?;
            memberships::set(tx, list, old.n, joins)?;
            import.added += 1;
        }
    }
    Ok(old.n)
}

fn members(tx: &Connection, list: i64) -> Outcome<Vec<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT contact FROM memberships WHERE list = ?1 AND standing = 'member' ORDER BY contact",
    )?;
    Ok(statement.query_map([list], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn dismiss(tx: &Connection, list: i64, leavers: &[i64], at: Timestamp) -> Outcome<u64> {
    for contact in leavers {
        memberships::set(tx, list, *contact, Move { to: Standing::Absent, by: Origin::Csv, at })?;
    }
    Ok(leavers.len() as u64)
}

/// Whom a later file names, an earlier one's held removals spare.
pub(super) fn release_named(tx: &Connection, list: i64, named: &HashSet<i64>) -> Outcome<()> {
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

fn save(tx: &Connection, list: i64, import: &Import, held: &[i64]) -> Outcome<()> {
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
