use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    contact::Version,
    expected::Expected,
    id::ListId,
    list::{List, ListKind},
    register::{Keeper, Refusal, Terms},
};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::{
    error::{Fail, Outcome},
    people::former,
    values::{collect, count, first, named, nanos, timestamp, typed, typed_option},
};

/// A list's row, as far as edits of its members look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) n: i64,
    pub(crate) terms: Terms,
}

/// The number of a list's row.
pub(crate) fn number(tx: &Connection, list: &ListId) -> Outcome<i64> {
    numbered(tx, list).map(|list| list.n)
}

/// The same of a list that may be gone.
pub(crate) fn found(tx: &Connection, list: &ListId) -> Outcome<Option<i64>> {
    first(tx.prepare_cached("SELECT n FROM lists WHERE id = ?1")?, [list.as_str()], |row| Ok(row.get(0)?))
}

pub(crate) fn numbered(tx: &Connection, list: &ListId) -> Outcome<Numbered> {
    let statement = tx.prepare_cached("SELECT n, opt_out, filter IS NOT NULL FROM lists WHERE id = ?1")?;
    first(statement, [list.as_str()], |row| read_numbered(row, 0))?.ok_or_else(|| gone(list))
}

pub(crate) fn gone(list: &ListId) -> Fail {
    Fail::gone("no_such_list", format!("there is no list {list}"))
}

pub(crate) fn of_number(tx: &Connection, n: i64) -> Outcome<Numbered> {
    let statement = tx.prepare_cached("SELECT n, opt_out, filter IS NOT NULL FROM lists WHERE n = ?1")?;
    first(statement, [n], |row| read_numbered(row, 0))?.ok_or(Fail::Stored("list"))
}

/// Reads a list's number, its rule and whether it has a filter from three columns.
pub(crate) fn read_numbered(row: &Row<'_>, from: usize) -> Outcome<Numbered> {
    let opt_out = named(row.get(from + 1)?, "list's rule")?;
    let keeper = if row.get(from + 2)? { Keeper::Filter } else { Keeper::People };
    Ok(Numbered { n: row.get(from)?, terms: Terms { opt_out, keeper } })
}

/// The id of a list's row.
pub(crate) fn id(tx: &Connection, n: i64) -> Outcome<ListId> {
    let statement = tx.prepare_cached("SELECT id FROM lists WHERE n = ?1")?;
    first(statement, [n], |row| typed(row, 0, "list's id"))?.ok_or(Fail::Stored("list"))
}

/// The number of a list that people keep.
pub(super) fn by_people(tx: &Connection, list: &ListId) -> Outcome<Numbered> {
    let found = numbered(tx, list)?;
    if found.terms.keeper == Keeper::Filter {
        return Err(Refusal::Filtered(list.clone()).into());
    }
    Ok(found)
}

const COLUMNS: &str = "id, name, filter, opt_out, version, status_words, max_additions,
    expect_every";

pub(crate) fn by_id(tx: &Connection, list: &ListId) -> Outcome<Option<List>> {
    let sql = format!("SELECT {COLUMNS} FROM lists WHERE id = ?1");
    first(tx.prepare_cached(&sql)?, [list.as_str()], read)
}

pub(super) fn all(tx: &rusqlite::Transaction<'_>) -> Outcome<Vec<List>> {
    let sql = format!("SELECT {COLUMNS} FROM lists ORDER BY name_key");
    collect(tx.prepare_cached(&sql)?, [], read)
}

pub(super) fn names(tx: &rusqlite::Transaction<'_>) -> Outcome<BTreeMap<ListId, String>> {
    // As they lie in the table, which is nearly the order of their ids, as ids grow.
    let statement = tx.prepare_cached("SELECT id, name FROM lists")?;
    let names = collect(statement, [], |row| Ok((typed(row, 0, "list's id")?, row.get(1)?)))?;
    Ok(names.into_iter().collect())
}

pub(crate) fn find(tx: &Connection, name: &str) -> Outcome<Option<List>> {
    let sql = format!("SELECT {COLUMNS} FROM lists WHERE name_key = ?1");
    match first(tx.prepare_cached(&sql)?, [key(name)], read)? {
        Some(list) => Ok(Some(list)),
        None => ListId::parse(name).map_or(Ok(None), |id| by_id(tx, &id)),
    }
}

pub(super) fn create(tx: &Connection, name: &str, now: Timestamp) -> Outcome<List> {
    let name = free_name(tx, name, None)?;
    let id = Uuid::now_v7().to_string();
    tx.prepare_cached("INSERT INTO lists (id, name, name_key) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        name,
        key(name)
    ])?;
    former::adopt(tx, tx.last_insert_rowid(), now)?;
    let id = ListId::parse(&id).map_err(|_| Fail::Stored("list's id"))?;
    Ok(List::new(id, name.to_owned()))
}

/// A name that may be given to a list, to this one where it is there already.
pub(crate) fn free_name<'a>(tx: &Connection, name: &'a str, of: Option<&ListId>) -> Outcome<&'a str> {
    let name = List::good_name(name)?;
    match find(tx, name)? {
        Some(other) if of != Some(&other.id) => Err(other.has_the_name().into()),
        _ => Ok(name),
    }
}

pub(super) fn delete(tx: &Connection, list: &ListId) -> Outcome<()> {
    let n = number(tx, list)?;
    let linked: bool =
        tx.query_row("SELECT EXISTS (SELECT 1 FROM links WHERE list = ?1)", [n], |row| row.get(0))?;
    if linked {
        return Err(Refusal::Linked(list.clone()).into());
    }
    former::keep(tx, n)?;
    tx.execute("DELETE FROM lists WHERE n = ?1", [n])?;
    Ok(())
}

/// The lists whose files should come.
pub(super) fn expected(tx: &Connection) -> Outcome<Vec<Expected>> {
    let sql = "SELECT id, expect_every, heard_at FROM lists INDEXED BY lists_expected
               WHERE expect_every IS NOT NULL";
    collect(tx.prepare_cached(sql)?, [], |row| {
        Ok(Expected {
            list: typed(row, 0, "list's id")?,
            every: Duration::from_secs(count(row.get(1)?)),
            heard_at: timestamp(row.get(2)?),
        })
    })
}

/// Has files of the list be waited for, from now on where they were not before, or not any more.
pub(crate) fn expect(tx: &Connection, n: i64, every: Option<Duration>, now: Timestamp) -> Outcome<()> {
    let seconds = every.map(|every| i64::try_from(every.as_secs()).unwrap_or(i64::MAX));
    let sql = "UPDATE lists SET expect_every = ?2,
                   heard_at = CASE WHEN ?2 IS NOT NULL THEN coalesce(heard_at, ?3) END WHERE n = ?1";
    tx.prepare_cached(sql)?.execute(params![n, seconds, nanos(now)])?;
    Ok(())
}

/// A file of the list came.
pub(super) fn heard(tx: &Connection, list: &ListId, at: Timestamp) -> Outcome<()> {
    let sql = "UPDATE lists SET heard_at = ?2 WHERE id = ?1 AND expect_every IS NOT NULL";
    tx.prepare_cached(sql)?.execute(params![list.as_str(), nanos(at)])?;
    Ok(())
}

/// A name without regard to case.
pub(crate) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn read(row: &Row<'_>) -> Outcome<List> {
    let filter: Option<String> = row.get(2)?;
    Ok(List {
        id: typed(row, 0, "list's id")?,
        name: row.get(1)?,
        kind: filter.map_or(ListKind::Static, |filter| ListKind::Filtered { filter }),
        opt_out: named(row.get(3)?, "list's rule")?,
        version: Version(count(row.get(4)?)),
        status_words: serde_json::from_str(&row.get::<_, String>(5)?)
            .map_err(|_| Fail::Stored("status words"))?,
        max_additions: typed_option(row, 6, "list's limit")?,
        expect_every: row.get::<_, Option<i64>>(7)?.map(|seconds| Duration::from_secs(count(seconds))),
        // What was said no to on a deleted list of its name is written down for each person.
        formerly: BTreeSet::new(),
    })
}
