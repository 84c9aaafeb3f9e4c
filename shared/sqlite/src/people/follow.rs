//! Many who are moved at once, as by the rule that a list follows, and the feed that it follows.

use listsync_core::{Timestamp, contact::Version, id::ListId, list::Standing, register::Refusal};
use listsync_engine::ports::{ContactChanges, Cursor, Mover, Moves};
use rusqlite::{Connection, params};

use super::person;
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog, changes, contacts,
        memberships::{self, Move},
    },
    values::{collect, count, typed},
};

fn last(tx: &Connection) -> Outcome<i64> {
    let mut statement = tx.prepare_cached("SELECT value FROM counters WHERE name = 'contacts'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

pub(super) fn cursor(tx: &Connection) -> Outcome<Cursor> {
    Ok(Cursor(last(tx)?.to_string()))
}

pub(super) fn changed(tx: &Connection, since: &Cursor) -> Outcome<ContactChanges> {
    let upto = last(tx)?;
    // A cursor ahead of the store comes from one that was set back to a copy.
    let since = changes::number(since).filter(|since| *since <= upto).ok_or_else(|| {
        Fail::gone("cursor_gone", "it is not known which contacts changed since that cursor")
    })?;
    let statement = tx.prepare_cached("SELECT id FROM contacts WHERE changed > ?1 ORDER BY changed, id")?;
    let contacts = collect(statement, [since], |row| typed(row, 0, "contact's id"))?;
    Ok(ContactChanges { contacts, cursor: Cursor(upto.to_string()) })
}

pub(super) fn followed(tx: &Connection, list: &ListId) -> Outcome<Option<Cursor>> {
    let n = catalog::number(tx, list)?;
    let mut statement = tx.prepare_cached("SELECT followed FROM lists WHERE n = ?1")?;
    let followed: Option<i64> = statement.query_row([n], |row| row.get(0))?;
    Ok(followed.map(|number| Cursor(number.to_string())))
}

pub(super) fn move_members(
    tx: &Connection,
    list: &ListId,
    moves: &Moves,
    at: Timestamp,
) -> Outcome<(u64, u64)> {
    let row = catalog::numbered(tx, list)?;
    moves.mover.judge(list, row.terms.keeper)?;
    let version = version(tx, row.n)?;
    if moves.version.is_some_and(|of| of != version) {
        return Err(Refusal::ListEdited { list: list.clone(), now: version }.into());
    }
    let (by, (mut joined, mut left)) = (moves.mover.origin(), (0, 0));
    for id in &moves.join {
        let Some(contact) = contacts::by_id(tx, id)? else { continue };
        let now = memberships::of(tx, row.n, contact.n)?;
        let joins = match moves.mover {
            Mover::Filter | Mover::Operator => now.standing != Standing::Member,
            Mover::EndDate => now.dates.are_early(now.standing, at),
        };
        if joins && !person::is_held_off(tx, row, (&contact, now.standing))? {
            memberships::set(tx, row.n, contact.n, Move { to: Standing::Member, by, at })?;
            joined += 1;
        }
    }
    for id in &moves.leave {
        let Some(contact) = contacts::by_id(tx, id)? else { continue };
        let now = memberships::of(tx, row.n, contact.n)?;
        let leaves = match moves.mover {
            Mover::Filter | Mover::Operator => matches!(now.standing, Standing::Member | Standing::Pending),
            Mover::EndDate => now.dates.are_over(now.standing, at),
        };
        if leaves {
            memberships::set(tx, row.n, contact.n, Move { to: Standing::Absent, by, at })?;
            left += 1;
        }
    }
    if let Some(upto) = moves.upto.as_ref().and_then(changes::number) {
        tx.prepare_cached("UPDATE lists SET followed = ?2 WHERE n = ?1")?.execute(params![row.n, upto])?;
    }
    changes::compact(tx, row.n, at)?;
    Ok((joined, left))
}

pub(super) fn version(tx: &Connection, list: i64) -> Outcome<Version> {
    let mut statement = tx.prepare_cached("SELECT version FROM lists WHERE n = ?1")?;
    Ok(Version(count(statement.query_row([list], |row| row.get(0))?)))
}
