use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::{Origin, Standing},
    stay::Dates,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::changes::{self, Logged};
use crate::{
    error::Outcome,
    values::{collect, nanos, origin_name, standing, standing_name, timestamp, typed},
};

/// How a contact stands to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) standing: Standing,
    /// The number of the change that made it so; 0: never on the list.
    pub(crate) seq: i64,
    pub(crate) dates: Dates,
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
    let found: Option<(String, i64, Option<i64>, Option<i64>)> = tx
        .prepare_cached(
            "SELECT standing, seq, until, lapsed FROM memberships WHERE list = ?1 AND contact = ?2",
        )?
        .query_row([list, contact], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    match found {
        Some((name, seq, until, lapsed)) => {
            let dates = Dates { until: until.map(timestamp), lapsed: lapsed.map(timestamp) };
            Ok(Membership { standing: standing(&name)?, seq, dates })
        }
        None => Ok(Membership { standing: Standing::Absent, seq: 0, dates: Dates::default() }),
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

/// Sets a standing that is another than the present one, and logs it. Who leaves keeps the origin, and a date brings nobody.
pub(crate) fn set(tx: &Connection, list: i64, contact: i64, change: Move) -> Outcome<()> {
    let Move { to, by, at } = change;
    // Only a date has to know the one before: imports of many thousands set as many standings.
    let before = if by == Origin::EndDate { of(tx, list, contact)?.dates } else { Dates::default() };
    let Dates { until, lapsed } = before.after(to, by);
    let what = standing_name(to);
    let seq = changes::log(tx, Logged { list, contact, what, origin: by, at })?;
    tx.prepare_cached(
        "INSERT INTO memberships (list, contact, standing, origin, since, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (list, contact) DO UPDATE SET standing = ?3, since = ?5, seq = ?6, leave = NULL, until = ?7, lapsed = ?8,
             origin = CASE WHEN ?3 = 'absent' OR ?4 = 'end_date' THEN origin ELSE ?4 END",
    )?
    .execute(params![
        list,
        contact,
        what,
        origin_name(by),
        nanos(at),
        seq,
        until.map(nanos),
        lapsed.map(nanos)
    ])?;
    Ok(())
}

/// Remembers of somebody who left just now that a person approved it.
pub(super) fn left_approved(tx: &Connection, list: i64, contact: i64) -> Outcome<()> {
    tx.prepare_cached("UPDATE memberships SET leave = 'approved' WHERE list = ?1 AND contact = ?2")?
        .execute([list, contact])?;
    Ok(())
}

/// Of these contacts, who left the list by a word and did not come back since.
pub(super) fn approved_leavers(
    tx: &Connection,
    list: i64,
    contacts: &[ContactId],
) -> Outcome<BTreeMap<ContactId, Timestamp>> {
    let statement = tx.prepare_cached(
        "SELECT c.id, m.since FROM contacts c JOIN memberships m ON m.list = ?1 AND m.contact = c.n
         WHERE m.standing = 'absent' AND m.leave = 'approved' AND c.id IN (SELECT value FROM json_each(?2))",
    )?;
    let ids = json!(contacts).to_string();
    let read = |row: &Row<'_>| Ok((typed(row, 0, "contact's id")?, timestamp(row.get(1)?)));
    Ok(collect(statement, params![list, ids], read)?.into_iter().collect())
}
