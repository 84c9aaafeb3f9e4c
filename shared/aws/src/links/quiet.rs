//! What is kept of a look that found nothing: one write of the link's head.

use aws_sdk_dynamodb::types::AttributeValue;
use listsync_core::{
    Timestamp,
    id::{LinkId, RunId},
    quiet::Quiet,
    summary::Summary,
};
use listsync_engine::ports::{LinkState, PortResult, QuietNote};

use super::row::{LinkRow, due_key, due_shard, key};
use crate::{
    DynamoStore, error,
    lists::head::Head,
    table::{Condition, Table, instant},
};

/// Writes the head if it is as it was read. The condition is the counter of the row's changes: whoever took the lease, raised
/// the link or edited it has raised that. In the index it takes the link's place at its next time.
pub(super) async fn note(table: &Table, read: &LinkState, note: &QuietNote) -> PortResult<bool> {
    const DOING: &str = "note that nothing changed";
    let QuietNote { quiet, asked, due_at } = note;
    let link = &read.link.id;
    let text = serde_json::to_string(quiet).map_err(|_| error::malformed(DOING))?;
    let after = read.generations().looked(*asked);
    let update = Condition::new(
        "SET #requested = :requested, #synced = :synced, #due_at = :due_at, #due_shard = :shard, \
         #due_key = :due_key, #finished_at = :at, #quiet = :quiet, #rev = :next",
    );
    let update = update
        .with_number("requested", after.requested.0)
        .with_number("synced", after.synced.0)
        .with_number("due_at", instant(*due_at))
        .with_text("shard", due_shard(link))
        .with_text("due_key", due_key(*due_at, link))
        .with_number("at", instant(quiet.finished_at))
        .with_text("quiet", text)
        .with_number("next", read.rev + 1);
    let as_read = Condition::new("#rev = :rev AND #active = :yes")
        .with_number("rev", read.rev)
        .with("yes", AttributeValue::Bool(true));
    Ok(table.update(DOING, (&key(link), update, as_read)).await?.is_some())
}

/// A run that found nothing, and when it ended.
pub(crate) struct Kept {
    pub(crate) summary: Summary,
    pub(crate) finished_at: Timestamp,
}

impl DynamoStore {
    /// The link's last run, where it found nothing.
    pub(crate) async fn kept_quiet(&self, link: &LinkId) -> PortResult<Option<Kept>> {
        let Some(row) = LinkRow::find(&self.table, link).await? else { return Ok(None) };
        let Some(quiet) = &row.quiet else { return Ok(None) };
        let name = Head::find(&self.table, &row.link.list).await?.map(|head| head.list.name);
        let summary = quiet.summary(&row.link, name.as_deref().unwrap_or_default());
        Ok(Some(Kept { summary, finished_at: quiet.finished_at }))
    }

    /// The run of this id, where it is one that found nothing and is a link's last.
    pub(crate) async fn kept_quiet_run(&self, run: &RunId) -> PortResult<Option<Kept>> {
        let Some(link) = Quiet::link_of(run) else { return Ok(None) };
        Ok(self.kept_quiet(&link).await?.filter(|kept| kept.summary.run == *run))
    }
}
