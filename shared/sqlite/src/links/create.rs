use listsync_core::{
    Timestamp,
    link::{Clash, Link, LinkStatus, Side, may_stand},
    new_group::MadeGroup,
};
use listsync_engine::ports::{Lease, ListNames, PortError, Progress};
use rusqlite::{Connection, params};

use super::{lease, row};
use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{doc_text, nanos},
};

/// Saves a new link; it is due at once.
pub(super) fn create(tx: &Connection, link: &Link, now: Timestamp) -> Outcome<()> {
    let list = catalog::number(tx, &link.list)?;
    refuse_clash(tx, link)?;
    refuse_known_id(tx, link)?;
    let progress = Progress::default();
    tx.prepare_cached(
        "INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, group_names, progress,
             calm, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
        link.group_names(),
        doc_text(&progress)?,
        progress.troubles().is_none(),
        nanos(now),
    ])?;
    Ok(())
}

/// Refuses a link that may not stand beside those of its list and of its groups.
fn refuse_clash(tx: &Connection, new: &Link) -> Outcome<()> {
    let mut others = row::of_list(tx, &new.list)?;
    for group in new.groups() {
        others.extend(row::of_group(tx, &new.tenant, group)?);
    }
    let list = catalog::by_id(tx, &new.list)?.ok_or(Fail::Stored("list"))?;
    let Err(clash) = may_stand(new, &list.kind, others.iter().map(|state| &state.link)) else {
        return Ok(());
    };
    let theirs = match clash {
        Clash::PlaceTaken(other) => catalog::by_id(tx, &other.list)?.map(|list| list.name),
        Clash::ListFiltered | Clash::ListTaken(_) | Clash::PlaceTwice(_) => None,
    };
    let names = ListNames { new: &list.name, other: theirs.as_deref().unwrap_or(&list.name) };
    Err(PortError::link_refused(new, clash, names).into())
}

/// Has a pending link be of the group that was made for it.
pub(super) fn settle(tx: &Connection, lease: &Lease, made: &MadeGroup) -> Outcome<()> {
    let n = lease::held(tx, lease)?;
    let state = row::load(tx, &lease.link)?.ok_or_else(|| row::gone(&lease.link))?;
    if !state.link.is_pending() {
        return Ok(());
    }
    let link = state.link.with_group(made.clone());
    refuse_clash(tx, &link)?;
    row::save_link(tx, &link)?;
    tx.execute("UPDATE links SET group_id = ?2 WHERE n = ?1", params![n, link.group.as_str()])?;
    Ok(())
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
