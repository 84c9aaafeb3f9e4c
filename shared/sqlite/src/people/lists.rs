//! Edits of a list itself.

use listsync_core::{
    Timestamp,
    consent::SinceNo,
    contact::Version,
    id::ListId,
    list::{List, ListKind, OptOutRule, Standing},
};
use listsync_engine::ports::ListEdit;
use rusqlite::{Connection, params};

use super::{accepts, edit, former, say};
use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{collect, count, name_of, standing},
};

pub(super) fn edit(
    tx: &Connection,
    id: &ListId,
    expected: Option<Version>,
    (edit, now): (&ListEdit, Timestamp),
) -> Outcome<List> {
    let row = catalog::numbered(tx, id)?;
    let list = catalog::by_id(tx, id)?.ok_or(Fail::Stored("list"))?;
    if expected.is_some_and(|expected| expected != list.version) {
        return Err(edit::stale(&format!("list {id}"), list.version));
    }
    if *edit == ListEdit::default() {
        return Ok(list);
    }
    if let Some(name) = &edit.name {
        let name = catalog::free_name(tx, name, Some(id))?;
        tx.execute(
            "UPDATE lists SET name = ?2, name_key = ?3 WHERE n = ?1",
            params![row.n, name, catalog::key(name)],
        )?;
        former::adopt(tx, row.n, now)?;
    }
    if let Some(kind) = edit.kind.as_ref().filter(|kind| **kind != list.kind) {
        set_kind(tx, (row.n, id), kind)?;
    }
    if let Some(rule) = edit.opt_out.filter(|rule| *rule != list.opt_out) {
        tx.execute("UPDATE lists SET opt_out = ?2 WHERE n = ?1", params![row.n, name_of(rule)?])?;
        follow_rule(tx, row.n, (rule, now))?;
    }
    if let Some(words) = &edit.status_words {
        let text = serde_json::to_string(words).map_err(|_| Fail::Stored("status words"))?;
        tx.execute("UPDATE lists SET status_words = ?2 WHERE n = ?1", params![row.n, text])?;
    }
    if let Some(own) = edit.max_additions {
        let limit = own.value().map(String::from);
        tx.execute("UPDATE lists SET max_additions = ?2 WHERE n = ?1", params![row.n, limit])?;
    }
    // An edit that changes nothing is none: who knows the list's version knows it still.
    let edited = catalog::by_id(tx, id)?.ok_or(Fail::Stored("list"))?;
    if edited == list {
        return Ok(list);
    }
    let version: i64 = tx.query_row(
        "UPDATE lists SET version = version + 1 WHERE n = ?1 RETURNING version",
        [row.n],
        |row| row.get(0),
    )?;
    Ok(List { version: Version(count(version)), ..edited })
}

fn set_kind(tx: &Connection, (n, id): (i64, &ListId), kind: &ListKind) -> Outcome<()> {
    let filter = match kind {
        ListKind::Static => None,
        ListKind::Filtered { filter } => Some(filter),
    };
    let written: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM links WHERE list = ?1 AND writes_list = 1)",
        [n],
        |row| row.get(0),
    )?;
    if filter.is_some() && written {
        let message = format!("list {id} takes members from its group, and a filtered list takes none");
        return Err(Fail::rejected("list_linked", message, "link it with --mode list-to-group first"));
    }
    tx.execute("UPDATE lists SET filter = ?2, followed = NULL WHERE n = ?1", params![n, filter])?;
    Ok(())
}

/// A list that becomes mandatory has no opt-outs; one that does not is left by those who said no.
fn follow_rule(tx: &Connection, list: i64, (rule, now): (OptOutRule, Timestamp)) -> Outcome<()> {
    let statement =
        tx.prepare_cached("SELECT contact, standing FROM memberships WHERE list = ?1 ORDER BY contact")?;
    let rows =
        collect(statement, [list], |row| Ok((row.get::<_, i64>(0)?, standing(&row.get::<_, String>(1)?)?)))?;
    for (contact, standing) in rows {
        let to = match (rule, standing) {
            (OptOutRule::NotAllowed, Standing::OptedOut) => Standing::Absent,
            (OptOutRule::Allowed, Standing::Member | Standing::Pending | Standing::Absent)
                if has_said_no(tx, list, contact, standing)? =>
            {
                Standing::OptedOut
            }
            _ => continue,
        };
        say::shift(tx, list, contact, (to, now))?;
    }
    Ok(())
}

fn has_said_no(tx: &Connection, list: i64, contact: i64, now: Standing) -> Outcome<bool> {
    let to_all = now != Standing::Absent
        && say::no_to_all(tx, contact)?.is_some()
        && accepts::since_no(tx, list, contact)? == SinceNo::Nothing;
    Ok(to_all || say::is_no(say::in_force(tx, contact, Some(list))?))
}
