use listsync_core::{
    Timestamp,
    link::{Link, LinkStatus, Side},
    new_group::MadeGroup,
};
use listsync_engine::ports::{Lease, Progress};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{lease, row};
use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{doc, doc_text, nanos},
};

/// Saves a new link; it is due at once.
pub(super) fn create(tx: &Connection, link: &Link, now: Timestamp) -> Outcome<()> {
    let list = catalog::number(tx, &link.list)?;
    refuse_second_source(tx, list, link)?;
    refuse_second_writer(tx, link)?;
    refuse_known_id(tx, link)?;
    tx.prepare_cached(
        "INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, progress, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        link.id.as_str(),
        list,
        link.tenant.as_str(),
        link.group.as_str(),
        link.mode.writes(Side::Group),
        link.mode.writes(Side::List),
        link.status == LinkStatus::Active,
        doc_text(link)?,
        doc_text(&Progress::default())?,
        nanos(now),
    ])?;
    Ok(())
}

fn refuse_second_source(tx: &Connection, list: i64, new: &Link) -> Outcome<()> {
    if !new.mode.writes(Side::List) {
        return Ok(());
    }
    let found: Option<String> = tx
        .query_row("SELECT doc FROM links WHERE list = ?1 AND writes_list = 1", [list], |row| row.get(0))
        .optional()?;
    let Some(text) = found else { return Ok(()) };
    let other: Link = doc(&text, "link")?;
    Err(Fail::rejected(
        "list_taken",
        format!(
            "list {} takes changes already, from group '{}' ({}) by link {}",
            new.list, other.group_name, other.group, other.id
        ),
        "unlink it first (listsync links unlink LIST), or link with --mode list-to-group",
    ))
}

/// Has a pending link be of the group that was made for it.
pub(super) fn settle(tx: &Connection, lease: &Lease, made: &MadeGroup) -> Outcome<()> {
    let n = lease::held(tx, lease)?;
    let state = row::load(tx, &lease.link)?.ok_or_else(|| row::gone(&lease.link))?;
    if !state.link.is_pending() {
        return Ok(());
    }
    let link = state.link.with_group(made.clone());
    refuse_second_writer(tx, &link)?;
    row::save_link(tx, &link)?;
    tx.execute("UPDATE links SET group_id = ?2 WHERE n = ?1", params![n, link.group.as_str()])?;
    Ok(())
}

fn refuse_second_writer(tx: &Connection, new: &Link) -> Outcome<()> {
    if !new.mode.writes(Side::Group) {
        return Ok(());
    }
    let found: Option<(String, String)> = tx
        .query_row(
            "SELECT k.id, l.name FROM links k JOIN lists l ON l.n = k.list
             WHERE k.tenant = ?1 AND k.group_id = ?2 AND k.writes_group = 1",
            params![new.tenant.as_str(), new.group.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((link, list)) = found else { return Ok(()) };
    Err(Fail::rejected(
        "group_taken",
        format!(
            "group '{}' ({}) is written already, from list '{list}' by link {link}",
            new.group_name, new.group
        ),
        "a group is written by one link: choose another group, or link with --mode group-to-list",
    ))
}

fn refuse_known_id(tx: &Connection, new: &Link) -> Outcome<()> {
    let known: bool =
        tx.query_row("SELECT EXISTS (SELECT 1 FROM links WHERE id = ?1)", [new.id.as_str()], |row| {
            row.get(0)
        })?;
    if known {
        return Err(Fail::rejected("link_exists", format!("there is a link {} already", new.id), ""));
    }
    Ok(())
}
