use listsync_core::{
    Timestamp,
    id::ListId,
    list::{Origin, Standing},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::changes::{self, Logged};
use crate::{
    error::Outcome,
    values::{collect, nanos, origin_name, standing, standing_name, typed},
};

/// How a contact stands to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) standing: Standing,
    /// The number of the change that made it so; 0: never on the list.
    pub(crate) seq: i64,
}

impl Membership {
    /// Whether it changed after the list was read up to this number.
    pub(crate) fn changed_after(self, seen: Option<i64>) -> bool {
        seen.is_some_and(|seen| self.seq > seen)
    }
}

/// A new standing, who brought it, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) to: Standing,
    pub(crate) by: Origin,
    pub(crate) at: Timestamp,
}

pub(crate) fn of(tx: &Connection, list: i64, contact: i64) -> Outcome<Membership> {
    let found: Option<(String, i64)> = tx
        .prepare_cached("SELECT standing, seq FROM memberships WHERE list = ?1 AND contact = ?2")?
        .query_row([list, contact], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((name, seq)) => Ok(Membership { standing: standing(&name)?, seq }),
        None => Ok(Membership { standing: Standing::Absent, seq: 0 }),
    }
}

/// The lists that a contact stands on, or said no to.
pub(crate) fn lists_of(tx: &Connection, contact: i64) -> Outcome<Vec<ListId>> {
    let statement = tx.prepare_cached(
        "SELECT lists.id FROM memberships JOIN lists ON lists.n = memberships.list
         WHERE memberships.contact = ?1 AND memberships.standing <> 'absent'",
    )?;
    collect(statement, [contact], |row| typed(row, 0, "list's id"))
}

/// Sets a standing that is another than the present one, and logs it. Who leaves keeps the origin.
pub(crate) fn set(tx: &Connection, list: i64, contact: i64, change: Move) -> Outcome<()> {
    let Move { to, by, at } = change;
    let what = standing_name(to);
    let seq = changes::log(tx, Logged { list, contact, what, origin: by, at })?;
    tx.prepare_cached(
        "INSERT INTO memberships (list, contact, standing, origin, since, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (list, contact) DO UPDATE SET standing = ?3, since = ?5, seq = ?6,
             origin = CASE WHEN ?3 = 'absent' THEN origin ELSE ?4 END",
    )?
    .execute(params![list, contact, what, origin_name(by), nanos(at), seq])?;
    Ok(())
}
