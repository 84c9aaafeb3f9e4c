//! Edits of a list itself.

use listsync_core::{
    Timestamp,
    contact::Version,
    id::ListId,
    list::{List, ListKind, Origin},
    register::Refusal,
};
use listsync_engine::ports::ListEdit;
use rusqlite::{Connection, params};

use super::{former, person};
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog, contacts,
        memberships::{self, Move},
    },
    values::{collect, count, name_of},
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
        return Err(Refusal::ListEdited { list: list.id, now: list.version }.into());
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
        follow_rule(tx, id, now)?;
    }
    if let Some(words) = &edit.status_words {
        let text = serde_json::to_string(words).map_err(|_| Fail::Stored("status words"))?;
        tx.execute("UPDATE lists SET status_words = ?2 WHERE n = ?1", params![row.n, text])?;
    }
    if let Some(own) = edit.max_additions {
        let limit = own.value().map(String::from);
        tx.execute("UPDATE lists SET max_additions = ?2 WHERE n = ?1", params![row.n, limit])?;
    }
    if let Some(expect) = edit.expect_every {
        catalog::expect(tx, row.n, expect.every(), now)?;
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
        return Err(Refusal::Written(id.clone()).into());
    }
    tx.execute("UPDATE lists SET filter = ?2, followed = NULL WHERE n = ?1", params![n, filter])?;
    Ok(())
}

/// Gives everybody the standing that the list's rule leaves them.
fn follow_rule(tx: &Connection, id: &ListId, now: Timestamp) -> Outcome<()> {
    let list = catalog::numbered(tx, id)?;
    let statement = tx.prepare_cached("SELECT contact FROM memberships WHERE list = ?1 ORDER BY contact")?;
    for contact in collect(statement, [list.n], |row| Ok(row.get(0)?))? {
        let stand = person::stand(tx, list, &contacts::of_number(tx, contact)?)?;
        let to = stand.under(list.terms.opt_out);
        if to != stand.standing {
            memberships::set(tx, list.n, contact, Move { to, by: Origin::Own, at: now })?;
        }
    }
    Ok(())
}
