//! Taking a file into a list.

use listsync_core::{
    id::{ImportId, ListId},
    import::{FileLeavers, Removals},
};
use listsync_engine::ports::{Again, Import, ImportMode, ImportState, Imported, NewImport};
use rusqlite::Connection;
use uuid::Uuid;

use super::{catalog, changes, entries, held, taking::Taking};
use crate::error::{Fail, Outcome};

/// Takes a file into a list.
pub(super) fn take_in(tx: &Connection, list: &ListId, new: &NewImport) -> Outcome<Imported> {
    let row = catalog::by_people(tx, list)?;
    if let Some(import) = repeated(tx, row.n, new)? {
        return Ok(Imported { import, refused: Vec::new() });
    }
    let listed = entries::size(tx, row.n)?;
    let mut taking = Taking::begin(tx, row, (Import { listed, ..begun(list, new)? }, new.given.clone()))?;
    for kept in &new.kept {
        taking.keep(kept)?;
    }
    taking.judge(new)?;
    for person in new.people.iter() {
        taking.take_or_hold(person)?;
    }
    let leavers: Vec<i64> = match new.mode {
        ImportMode::Incremental => Vec::new(),
        ImportMode::Full => {
            members(tx, row.n)?.into_iter().filter(|member| !taking.named.contains(member)).collect()
        }
    };
    let judged = new.judge(FileLeavers { missing: leavers.len() as u64, ..taking.leavers });
    let mut kept: Vec<i64> = taking.staying.iter().copied().collect();
    match judged.missing {
        _ if leavers.is_empty() => {}
        Removals::Do => taking.dismiss(&leavers)?,
        Removals::Skip => taking.import.kept_back = leavers.len() as u64,
        Removals::Hold => kept.extend(leavers),
    }
    let Taking { mut import, named, refused, held: rows, .. } = taking.end()?;
    import.held = kept.len() as u64;
    import.held_additions = rows.len() as u64;
    let import = import.settled();
    held::release_named(tx, row.n, &named)?;
    held::release_rows(tx, row.n, new)?;
    held::save(tx, row.n, &import, &held::Waiting { leavers: &kept, rows: &rows, given: &new.given })?;
    changes::compact(tx, row.n, new.at)?;
    Ok(Imported { import, refused })
}

/// The list's last import, where this is the same file once more.
fn repeated(tx: &Connection, list: i64, new: &NewImport) -> Outcome<Option<Import>> {
    if new.again == Again::TakeIn || new.digest.is_none() {
        return Ok(None);
    }
    let last = held::last_of(tx, list)?;
    let same = last
        .filter(|last| last.state == ImportState::Done && last.digest == new.digest && last.mode == new.mode);
    Ok(same.map(|last| Import { state: ImportState::Repeated, ..last }))
}

fn begun(list: &ListId, new: &NewImport) -> Outcome<Import> {
    let id = ImportId::parse(&Uuid::now_v7().to_string()).map_err(|_| Fail::Stored("import's id"))?;
    Ok(Import::begun(id, list, new))
}

fn members(tx: &Connection, list: i64) -> Outcome<Vec<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT contact FROM memberships WHERE list = ?1 AND standing = 'member' ORDER BY contact",
    )?;
    Ok(statement.query_map([list], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
