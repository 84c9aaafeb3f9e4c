//! What the log and CloudWatch are told of a file: ids and numbers.

use listsync_core::Timestamp;
use listsync_engine::ports::PortResult;
use listsync_inbox::Received;
use listsync_lists::Taken;
use listsync_wiring::function::{self, Metric, Unit};

/// One line and one set of metrics per file. A folder, or what came again, is no file.
pub(crate) fn tell(now: Timestamp, received: &PortResult<Received>) {
    match received {
        Ok(Received::Taken(outcome)) => taken(now, outcome),
        Ok(Received::Again(list)) => tracing::info!(list.id = %list, "a file came again: nothing was done"),
        Ok(Received::Refused(refusal)) => {
            tracing::warn!(refusal.code, "a file is refused: its report says why");
            function::tell(now, &[Metric("RefusedFiles", Unit::Count, 1)]);
        }
        Ok(Received::Nothing) => {}
        Err(error) => {
            tracing::error!(code = error.code, hint = error.hint, "a file could not be taken in: {error}")
        }
    }
}

fn taken(now: Timestamp, taken: &Taken) {
    let Taken { import, links, .. } = taken;
    tracing::info!(
        import.id = %import.id,
        list.id = %import.list,
        rows = import.rows,
        added = import.added,
        updated = import.updated,
        removed = import.removed,
        held = import.held,
        held_additions = import.held_additions,
        rejected = import.rejected,
        links = links.len(),
        "file taken in"
    );
    let metrics = [
        Metric("Files", Unit::Count, 1),
        Metric("Rows", Unit::Count, import.rows),
        Metric("RejectedRows", Unit::Count, import.rejected),
        Metric("HeldRemovals", Unit::Count, import.held),
        Metric("HeldAdditions", Unit::Count, import.held_additions),
    ];
    function::tell(now, &metrics);
}
