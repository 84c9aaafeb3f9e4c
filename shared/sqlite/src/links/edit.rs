use listsync_core::{
    Timestamp,
    id::LinkId,
    link::{Link, LinkPatch, LinkStatus},
    schedule::is_leased,
};
use listsync_engine::ports::{LinkEdit, LinkState, PortError, Progress, Ruling};
use rusqlite::{Connection, params};

use super::row;
use crate::{
    error::{Fail, Outcome},
    values::nanos,
};

/// A person's change.
pub(super) fn edit(tx: &Connection, id: &LinkId, edit: &LinkEdit, now: Timestamp) -> Outcome<()> {
    let state = row::load(tx, id)?.ok_or_else(|| row::gone(id))?;
    let n = row::number(tx, id)?;
    match edit {
        LinkEdit::Status(status) => set_status(tx, n, &state.link, *status, now),
        LinkEdit::Rule(ruling) => rule(tx, n, &state, ruling),
        LinkEdit::Change(patch) => change(tx, n, &state, patch, now),
        LinkEdit::Resync => resync(tx, n, state.progress),
        LinkEdit::Relink => relink(tx, n, &state, now),
        LinkEdit::Failing(reason) => row::save_progress(tx, n, &state.progress.given_up(reason, now)),
    }
}

fn set_status(tx: &Connection, n: i64, link: &Link, status: LinkStatus, now: Timestamp) -> Outcome<()> {
    if link.status == status {
        return Ok(());
    }
    row::save_link(tx, &Link { status, ..link.clone() })?;
    if status == LinkStatus::Active {
        tx.execute("UPDATE links SET due_at = ?2 WHERE n = ?1", params![n, nanos(now)])?;
    }
    Ok(())
}

fn change(tx: &Connection, n: i64, state: &LinkState, patch: &LinkPatch, now: Timestamp) -> Outcome<()> {
    let Some((after, progress)) = state.changed(patch, now)? else { return Ok(()) };
    row::save_progress(tx, n, &progress)?;
    // A run that is under way does not know of it, and its last write must not undo it.
    let anew = progress != state.progress;
    tx.execute(
        "UPDATE links SET due_at = min(due_at, ?2), resync = max(resync, ?3) WHERE n = ?1",
        params![n, nanos(now), anew],
    )?;
    row::save_link(tx, &after)
}

fn rule(tx: &Connection, n: i64, state: &LinkState, ruling: &Ruling) -> Outcome<()> {
    match &state.progress.hold {
        Some(hold) if hold.digest == ruling.digest => row::save_ruling(tx, n, Some(ruling)),
        _ => Err(Fail::rejected(
            "no_such_hold",
            format!("link {} holds nothing under this digest", state.link.id),
            "see what is held now, and its digest: listsync plan LIST",
        )),
    }
}

fn resync(tx: &Connection, n: i64, mut progress: Progress) -> Outcome<()> {
    progress.forget_reads();
    row::save_progress(tx, n, &progress)?;
    // A run that is under way does not know of it, and its last write must not undo it.
    tx.execute("UPDATE links SET resync = 1 WHERE n = ?1", [n])?;
    Ok(())
}

fn relink(tx: &Connection, n: i64, state: &LinkState, now: Timestamp) -> Outcome<()> {
    if is_leased(state.leased_until, now) {
        return Err(PortError::link_busy(&state.link.id).into());
    }
    tx.execute("DELETE FROM members WHERE link = ?1", [n])?;
    row::save_progress(tx, n, &state.progress.relinked())?;
    row::save_ruling(tx, n, None)?;
    row::save_link(tx, &Link { made_at: None, ..state.link.clone() })?;
    // A worker whose lease ran out must not bring back what was forgotten.
    tx.execute(
        "UPDATE links SET leased_until = NULL, resync = 0, lease_token = lease_token + 1 WHERE n = ?1",
        [n],
    )?;
    Ok(())
}
