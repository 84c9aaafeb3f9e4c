//! What is kept of a look that found nothing: one write of the link's row.

use listsync_core::{
    id::{LinkId, RunId},
    quiet::Quiet,
    summary::Summary,
};
use listsync_engine::ports::{LinkState, QuietNote};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::row;
use crate::{
    error::Outcome,
    values::{doc_text, nanos, stored_count},
};

/// Writes the row if it is as it was read.
pub(super) fn note(tx: &Connection, read: &LinkState, note: &QuietNote) -> Outcome<bool> {
    let QuietNote { quiet, asked, due_at } = note;
    let link = &read.link.id;
    if row::load(tx, link)?.as_ref() != Some(read) {
        return Ok(false);
    }
    let after = read.generations().looked(*asked);
    tx.prepare_cached(
        "UPDATE links SET requested = ?2, synced = ?3, due_at = ?4, finished_at = ?5, quiet = ?6 WHERE id = ?1",
    )?
    .execute(params![
        link.as_str(),
        stored_count(after.requested.0),
        stored_count(after.synced.0),
        nanos(*due_at),
        nanos(quiet.finished_at),
        doc_text(quiet)?
    ])?;
    Ok(true)
}

/// The link's last run, where it found nothing.
pub(crate) fn kept(tx: &Connection, link: &LinkId) -> Outcome<Option<Summary>> {
    let Some(state) = row::load(tx, link)? else { return Ok(None) };
    let Some(quiet) = &state.quiet else { return Ok(None) };
    let name: Option<String> = tx
        .prepare_cached("SELECT name FROM lists WHERE id = ?1")?
        .query_row([state.link.list.as_str()], |row| row.get(0))
        .optional()?;
    Ok(Some(quiet.summary(&state.link, name.as_deref().unwrap_or_default())))
}

/// The run of this id, where it is one that found nothing and is a link's last.
pub(crate) fn kept_run(tx: &Connection, run: &RunId) -> Outcome<Option<Summary>> {
    let Some(link) = Quiet::link_of(run) else { return Ok(None) };
    Ok(kept(tx, &link)?.filter(|summary| summary.run == *run))
}
