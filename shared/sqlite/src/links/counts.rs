//! What the guard counts: changes of the last days, of a group by its link, of a list by all its links; and how many members
//! a list had.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    id::{LinkId, ListId},
    link::Side,
    member::{Change, Op},
    sizes::{Found, Sizes},
};
use listsync_engine::ports::Moved;
use rusqlite::{Connection, params};

use super::row;
use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{collect, count, doc, doc_text, first, nanos, nanos_before, stored_count, timestamp},
};

/// How long they are kept; the guard looks a day back.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Changes that the guard of a link counts, done at or after this moment, oldest first.
pub(super) fn moved(tx: &Connection, link: &LinkId, since: Timestamp) -> Outcome<Vec<Moved>> {
    let link = row::number(tx, link)?;
    let statement = tx.prepare_cached(
        "SELECT side, at, count, members_before, n, op FROM removals WHERE link = ?1 AND at >= ?2
         UNION ALL
         SELECT 'list', at, count, members_before, n, op FROM list_removals
             WHERE list = (SELECT list FROM links WHERE n = ?1) AND at >= ?2
         ORDER BY 2, 5",
    )?;
    collect(statement, [link, nanos(since)], |row| {
        Ok(Moved {
            change: Change { side: side(&row.get::<_, String>(0)?)?, op: op(&row.get::<_, String>(5)?)? },
            at: timestamp(row.get(1)?),
            count: count(row.get(2)?),
            members_before: count(row.get(3)?),
        })
    })
}

fn side(name: &str) -> Outcome<Side> {
    match name {
        "list" => Ok(Side::List),
        "group" => Ok(Side::Group),
        _ => Err(Fail::Stored("side")),
    }
}

fn op(name: &str) -> Outcome<Op> {
    match name {
        "add" => Ok(Op::Add),
        "remove" => Ok(Op::Remove),
        _ => Err(Fail::Stored("kind of change")),
    }
}

/// Where changes are counted: with a link and with its list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) link: i64,
    pub(super) list: i64,
}

pub(super) fn record(tx: &Connection, place: Place, moved: &Moved) -> Outcome<()> {
    let Moved { change: Change { side, op }, at, count, members_before } = moved;
    let op = match op {
        Op::Add => "add",
        Op::Remove => "remove",
    };
    let (at, count, before) = (nanos(*at), stored_count(*count), stored_count(*members_before));
    match side {
        Side::Group => tx
            .prepare_cached(
                "INSERT INTO removals (link, side, at, count, members_before, op)
                     VALUES (?1, 'group', ?2, ?3, ?4, ?5)",
            )?
            .execute(params![place.link, at, count, before, op])?,
        Side::List => tx
            .prepare_cached(
                "INSERT INTO list_removals (list, at, count, members_before, op) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![place.list, at, count, before, op])?,
    };
    Ok(())
}

/// Drops what is too old to count.
pub(super) fn prune(tx: &Connection, place: Place, now: Timestamp) -> Outcome<()> {
    let oldest = nanos_before(now, KEPT);
    tx.prepare_cached("DELETE FROM removals WHERE link = ?1 AND at < ?2")?.execute([place.link, oldest])?;
    tx.prepare_cached("DELETE FROM list_removals WHERE list = ?1 AND at < ?2")?
        .execute([place.list, oldest])?;
    Ok(())
}

/// How many members a list had, lately.
pub(super) fn sizes(tx: &Connection, list: &ListId) -> Outcome<Option<Sizes>> {
    let list = catalog::number(tx, list)?;
    sizes_of(tx, list)
}

fn sizes_of(tx: &Connection, list: i64) -> Outcome<Option<Sizes>> {
    let statement = tx.prepare_cached("SELECT doc FROM list_sizes WHERE list = ?1")?;
    first(statement, [list], |row| doc(&row.get::<_, String>(0)?, "list's sizes"))
}

/// Keeps how many members a list has, where that is news.
pub(super) fn note_size(tx: &Connection, list: &ListId, found: Found) -> Outcome<()> {
    let list = catalog::number(tx, list)?;
    let kept = sizes_of(tx, list)?;
    let after = Sizes::after(kept.as_ref(), found);
    if kept.as_ref() != Some(&after) {
        tx.prepare_cached("INSERT OR REPLACE INTO list_sizes (list, doc) VALUES (?1, ?2)")?
            .execute(params![list, doc_text(&after)?])?;
    }
    Ok(())
}

/// Forgets the sizes of lists that no link is left of: they would grow old, and no base.
pub(super) fn forget_unlinked(tx: &Connection) -> Outcome<()> {
    tx.execute("DELETE FROM list_sizes WHERE list NOT IN (SELECT list FROM links)", [])?;
    Ok(())
}
