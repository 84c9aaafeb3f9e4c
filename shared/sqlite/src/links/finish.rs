use listsync_core::protocol::Generations;
use listsync_engine::ports::{Finish, Finished, Lease};
use rusqlite::{Connection, params};

use super::{
    counts::{self, Place},
    lease, members, row,
};
use crate::{
    error::Outcome,
    lists::changes,
    values::{nanos, stored_count},
};

/// Saves all that a run hands on, sets synced, and frees the lease.
pub(super) fn finish(tx: &Connection, lease: &Lease, finish: &Finish) -> Outcome<Finished> {
    let n = lease::held(tx, lease)?;
    members::save(tx, n, &finish.members)?;
    save_state(tx, lease, n, finish)?;
    let (before, list) = tx
        .prepare_cached("SELECT requested, synced, list FROM links WHERE n = ?1")?
        .query_row([n], |row| {
            let [requested, synced] = [row::generation(row.get(0)?), row::generation(row.get(1)?)];
            Ok((Generations { requested, synced }, row.get(2)?))
        })?;
    let (after, finished) = before.finished(finish.synced);
    tx.prepare_cached(
        "UPDATE links SET synced = ?2, due_at = ?3, finished_at = ?4, leased_until = NULL, resync = 0,
             quiet = NULL WHERE n = ?1",
    )?
    .execute(params![n, stored_count(after.synced.0), nanos(finish.due_at), nanos(finish.at)])?;
    counts::prune(tx, Place { link: n, list }, finish.at)?;
    changes::compact(tx, list, finish.at)?;
    Ok(finished)
}

fn save_state(tx: &Connection, lease: &Lease, n: i64, finish: &Finish) -> Outcome<()> {
    let resync: bool =
        tx.prepare_cached("SELECT resync FROM links WHERE n = ?1")?.query_row([n], |row| row.get(0))?;
    let mut progress = finish.progress.clone();
    if resync {
        progress.forget_reads();
    }
    row::save_progress(tx, n, &progress)?;
    if finish.status.is_none() && finish.ruling_done.is_none() {
        return Ok(());
    }
    let state = row::load(tx, &lease.link)?.ok_or_else(|| row::gone(&lease.link))?;
    if state.ruling.is_some_and(|ruling| Some(&ruling.digest) == finish.ruling_done.as_ref()) {
        row::save_ruling(tx, n, None)?;
    }
    if let Some(status) = finish.status {
        let mut link = state.link;
        link.status = status;
        row::save_link(tx, &link)?;
    }
    Ok(())
}
