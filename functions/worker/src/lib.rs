//! The worker function: a message names a link, one run looks at it.
//!
//! The host, be it a loop on one machine or a function fed by a queue, receives messages, calls [`handle`] for each,
//! and acknowledges what is to be acknowledged; everything else comes back, and in the end goes to the dead letters.

use listsync_core::{Timestamp, id::RunId};
use listsync_engine::{
    Ports,
    watch::Watch,
    worker::{self, RunContext},
};
use uuid::Uuid;

pub use listsync_engine::worker::Handled;

/// Handles one message. The run ends early, with its progress saved and a message sent to go on, so that nothing is
/// under way any more at `until`: the end of the invocation, or of the time that the message is hidden.
pub async fn handle(ports: &Ports, body: &str, until: Timestamp, watch: &dyn Watch) -> Handled {
    worker::handle(ports, body, &RunContext { run: new_run_id(), until }, watch).await
}

/// A new run's id: ids made later sort later.
///
/// # Panics
/// Never: a UUID is an id.
#[must_use]
pub fn new_run_id() -> RunId {
    RunId::parse(&Uuid::now_v7().to_string()).expect("a UUID is an id")
}
