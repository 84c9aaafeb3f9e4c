use listsync_core::{id::ListId, list::List};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::{
    error::{Fail, Outcome},
    values::{collect, first, typed},
};

/// The number of a list's row.
pub(crate) fn number(tx: &Connection, list: &ListId) -> Outcome<i64> {
    tx.prepare_cached("SELECT n FROM lists WHERE id = ?1")?
        .query_row([list.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Fail::gone("no_such_list", format!("there is no list {list}")))
}

pub(crate) fn by_id(tx: &Connection, list: &ListId) -> Outcome<Option<List>> {
    let statement = tx.prepare_cached("SELECT id, name FROM lists WHERE id = ?1")?;
    first(statement, [list.as_str()], read)
}

pub(super) fn all(tx: &rusqlite::Transaction<'_>) -> Outcome<Vec<List>> {
    collect(tx.prepare_cached("SELECT id, name FROM lists ORDER BY name_key")?, [], read)
}

pub(super) fn find(tx: &Connection, name: &str) -> Outcome<Option<List>> {
    let by_name = tx.prepare_cached("SELECT id, name FROM lists WHERE name_key = ?1")?;
    match first(by_name, [key(name)], read)? {
        Some(list) => Ok(Some(list)),
        None => ListId::parse(name).map_or(Ok(None), |id| by_id(tx, &id)),
    }
}

pub(super) fn create(tx: &Connection, name: &str) -> Outcome<List> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Fail::rejected(
            "bad_list_name",
            "a list's name must not be empty or hold control characters",
            "give another name",
        ));
    }
    if let Some(other) = find(tx, name)? {
        return Err(Fail::rejected(
            "list_exists",
            format!("there is a list '{}' already ({})", other.name, other.id),
            "give another name, or use that list",
        ));
    }
    let id = Uuid::now_v7().to_string();
    tx.prepare_cached("INSERT INTO lists (id, name, name_key) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        name,
        key(name)
    ])?;
    let id = ListId::parse(&id).map_err(|_| Fail::Stored("list's id"))?;
    Ok(List::new(id, name.to_owned()))
}

pub(super) fn delete(tx: &Connection, list: &ListId) -> Outcome<()> {
    let n = number(tx, list)?;
    let linked: bool =
        tx.query_row("SELECT EXISTS (SELECT 1 FROM links WHERE list = ?1)", [n], |row| row.get(0))?;
    if linked {
        return Err(Fail::rejected(
            "list_linked",
            format!("list {list} is linked to a group"),
            "unlink it first: listsync links unlink LIST",
        ));
    }
    tx.execute("DELETE FROM lists WHERE n = ?1", [n])?;
    Ok(())
}

/// A name without regard to case.
fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn read(row: &Row<'_>) -> Outcome<List> {
    Ok(List::new(typed(row, 0, "list's id")?, row.get(1)?))
}
