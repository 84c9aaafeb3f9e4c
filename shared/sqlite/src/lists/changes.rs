//! The change log of a list: its cursor is the number of the last change.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    Timestamp,
    history::Shift,
    id::{ContactId, ListId},
    list::Origin,
};
use listsync_engine::ports::{self, Cursor, ListChanges, LogPage, LogPlace, LogQuery};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::catalog;
use crate::{
    error::{Fail, Outcome},
    values::{
        collect, count, nanos, nanos_before, origin, origin_name, standing, stored_count, stored_limit,
        timestamp, typed,
    },
};

/// How long a change is kept at least: for as long as what runs did, as people read both as one history.
const KEPT: Duration = listsync_core::effects::KEPT;

/// What stands in the log for a contact whose match changed; else the new standing does.
pub(crate) const MATCH: &str = "match";

/// A change to be logged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logged<'a> {
    pub(crate) list: i64,
    pub(crate) contact: i64,
    pub(crate) what: &'a str,
    pub(crate) origin: Origin,
    pub(crate) at: Timestamp,
}

/// Writes one change down and gives its number.
pub(crate) fn log(tx: &Connection, change: Logged<'_>) -> Outcome<i64> {
    let seq = next(tx, change.list)?;
    tx.prepare_cached(
        "INSERT INTO changes (list, seq, contact, what, origin, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        change.list,
        seq,
        change.contact,
        change.what,
        origin_name(change.origin),
        nanos(change.at)
    ])?;
    Ok(seq)
}

/// Writes down that a contact is no more. What else the log says of them is to be taken out of it.
pub(crate) fn log_departure(tx: &Connection, list: i64, contact: &str, at: Timestamp) -> Outcome<()> {
    let seq = next(tx, list)?;
    tx.prepare_cached("INSERT INTO departures (list, seq, contact, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![list, seq, contact, nanos(at)])?;
    Ok(())
}

fn next(tx: &Connection, list: i64) -> Outcome<i64> {
    let mut statement = tx.prepare_cached("UPDATE lists SET seq = seq + 1 WHERE n = ?1 RETURNING seq")?;
    Ok(statement.query_row([list], |row| row.get(0))?)
}

/// The number of a list's last change.
pub(super) fn last(tx: &Connection, list: i64) -> Outcome<i64> {
    Ok(tx.prepare_cached("SELECT seq FROM lists WHERE n = ?1")?.query_row([list], |row| row.get(0))?)
}

pub(super) fn cursor(tx: &Connection, list: &ListId) -> Outcome<Cursor> {
    Ok(Cursor(last(tx, catalog::number(tx, list)?)?.to_string()))
}

/// The number that a cursor stands for; none: it is no cursor of ours.
pub(crate) fn number(cursor: &Cursor) -> Option<i64> {
    cursor.0.parse().ok().filter(|number| *number >= 0)
}

pub(super) fn since(tx: &Connection, list: &ListId, since: &Cursor) -> Outcome<ListChanges> {
    let n = catalog::number(tx, list)?;
    let (seq, compacted): (i64, i64) = tx
        .prepare_cached("SELECT seq, compacted FROM lists WHERE n = ?1")?
        .query_row([n], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // A cursor ahead of the list comes from a store that was set back to a copy.
    let since = number(since).filter(|since| (compacted..=seq).contains(since)).ok_or_else(|| {
        Fail::gone("cursor_gone", format!("list {list} does not know what changed since that cursor"))
    })?;
    let statement = tx.prepare_cached(
        "SELECT c.id, x.seq AS seq FROM changes x JOIN contacts c ON c.n = x.contact
             WHERE x.list = ?1 AND x.seq > ?2
         UNION ALL SELECT contact, seq FROM departures WHERE list = ?1 AND seq > ?2
         ORDER BY seq",
    )?;
    let contacts: Vec<ContactId> = collect(statement, [n, since], |row| typed(row, 0, "contact's id"))?;
    let mut seen = BTreeSet::new();
    let contacts = contacts.into_iter().filter(|contact| seen.insert(contact.clone())).collect();
    Ok(ListChanges { contacts, cursor: Cursor(seq.to_string()) })
}

/// A page of who came to stand otherwise, the newest first.
pub(super) fn page(tx: &Connection, query: &LogQuery) -> Outcome<LogPage> {
    let LogQuery { list, contact, from, limit } = query;
    let n = catalog::number(tx, list)?;
    let statement = tx.prepare_cached(
        "SELECT x.seq, c.id, x.what, x.origin, x.at FROM changes x JOIN contacts c ON c.n = x.contact
         WHERE x.list = ?1 AND x.seq <= ?2 AND x.what <> ?3 AND (?4 IS NULL OR c.id = ?4)
         ORDER BY x.seq DESC LIMIT ?5",
    )?;
    let from = from.map_or(i64::MAX, |from| stored_count(from.seq));
    let contact = contact.as_ref().map(|contact| contact.as_str());
    let wanted = params![n, from, MATCH, contact, stored_limit(limit.saturating_add(1))];
    let mut entries = collect(statement, wanted, |row| {
        let shift = Shift {
            list: list.clone(),
            contact: typed(row, 1, "contact's id")?,
            standing: standing(&row.get::<_, String>(2)?)?,
            origin: origin(&row.get::<_, String>(3)?)?,
            at: timestamp(row.get(4)?),
        };
        Ok(ports::Logged { place: LogPlace { seq: count(row.get(0)?), index: 0 }, shift })
    })?;
    let next = entries.get(*limit).map(|further| further.place);
    entries.truncate(*limit);
    Ok(LogPage { entries, next })
}

/// Forgets changes of a list that are old enough.
pub(crate) fn compact(tx: &Connection, list: i64, now: Timestamp) -> Outcome<()> {
    let limit = nanos_before(now, KEPT);
    let oldest: Option<i64> = tx
        .prepare_cached("SELECT at FROM changes WHERE list = ?1 ORDER BY seq LIMIT 1")?
        .query_row([list], |row| row.get(0))
        .optional()?;
    if oldest.is_none_or(|at| at >= limit) {
        return Ok(());
    }
    // Up to the first that is young, so that what is kept has no gap even where clocks disagreed.
    let first_kept: Option<i64> =
        tx.query_row("SELECT min(seq) FROM changes WHERE list = ?1 AND at >= ?2", [list, limit], |row| {
            row.get(0)
        })?;
    let upto = match first_kept {
        Some(seq) => seq - 1,
        None => last(tx, list)?,
    };
    tx.execute("DELETE FROM changes WHERE list = ?1 AND seq <= ?2", [list, upto])?;
    tx.execute("DELETE FROM departures WHERE list = ?1 AND seq <= ?2", [list, upto])?;
    tx.execute("UPDATE lists SET compacted = ?2 WHERE n = ?1", [list, upto])?;
    Ok(())
}
