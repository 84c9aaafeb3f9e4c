use listsync_core::{
    Timestamp,
    id::LinkId,
    link::{Link, LinkPatch, LinkStatus},
    schedule::is_leased,
};
use listsync_engine::ports::{LinkEdit, PortError, PortResult, Ruling};

use super::row::{LinkRow, fresh_name};
use crate::{
    error, garbage,
    table::{Fail, Table},
};

const DOING: &str = "change the link";

/// A person's change.
pub(super) async fn edit(table: &Table, id: &LinkId, edit: &LinkEdit, now: Timestamp) -> Result<(), Fail> {
    let read = LinkRow::load(table, id).await?;
    let row = read.clone();
    let after = match edit {
        LinkEdit::Status(status) => match with_status(row, *status, now) {
            Some(after) => after,
            None => return Ok(()),
        },
        LinkEdit::Rule(ruling) => ruled(row, ruling)?,
        LinkEdit::Change(patch) => match changed(row, patch, now)? {
            Some(after) => after,
            None => return Ok(()),
        },
        LinkEdit::Resync => {
            let mut progress = row.progress.clone();
            progress.forget_reads();
            // A run that is under way does not know of it, and its last write must not undo it.
            LinkRow { progress, resync: true, ..row }
        }
        LinkEdit::Failing(reason) => LinkRow { progress: row.progress.clone().given_up(reason, now), ..row },
        LinkEdit::Relink => return relink(table, read, now).await,
    };
    after.save(table, DOING, &read).await
}

fn with_status(row: LinkRow, status: LinkStatus, now: Timestamp) -> Option<LinkRow> {
    if row.link.status == status {
        return None;
    }
    let due_at = if status == LinkStatus::Active { now } else { row.due_at };
    Some(LinkRow { link: Link { status, ..row.link.clone() }, due_at, ..row })
}

fn changed(row: LinkRow, patch: &LinkPatch, now: Timestamp) -> PortResult<Option<LinkRow>> {
    let Some((link, progress)) = row.clone().state().changed(patch, now)? else {
        return Ok(None);
    };
    // A run that is under way does not know of it, and its last write must not undo it.
    let resync = row.resync || progress != row.progress;
    Ok(Some(LinkRow { link, progress, resync, due_at: row.due_at.min(now), ..row }))
}

fn ruled(row: LinkRow, ruling: &Ruling) -> Result<LinkRow, PortError> {
    match &row.progress.hold {
        Some(hold) if hold.digest == ruling.digest => Ok(LinkRow { ruling: Some(ruling.clone()), ..row }),
        _ => Err(error::rejected(
            "no_such_hold",
            format!("link {} holds nothing under this digest", row.link.id),
            "see what is held now, and its digest: listsync plan LIST",
        )),
    }
}

async fn relink(table: &Table, read: LinkRow, now: Timestamp) -> Result<(), Fail> {
    if is_leased(read.leased_until, now) {
        return Err(PortError::link_busy(&read.link.id).into());
    }
    let after = LinkRow {
        progress: read.progress.relinked(),
        ruling: None,
        link: Link { made_at: None, ..read.link.clone() },
        leased_until: None,
        resync: false,
        // A worker whose lease ran out must not bring back what was forgotten.
        token: read.token + 1,
        space: fresh_name(),
        in_group: 0,
        ..read.clone()
    };
    let mut ops = after.save_ops(&read)?;
    ops.push(garbage::space(&read.space));
    table.transact(DOING, &ops).await
}
