//! The worker function: a message names a link, one run looks at it.
//!
//! The host, be it a loop on one machine or a function fed by a queue, receives messages, calls [`handle`] for each,
//! and acknowledges what is to be acknowledged; everything else comes back, and in the end goes to the dead letters.
//! [`batch`] does that for a host that is handed several messages at a time.

mod batch;

use listsync_core::{Timestamp, id::RunId};
use listsync_engine::{
    Ports,
    watch::Watch,
    worker::{self, RunContext},
};
use uuid::Uuid;

pub use batch::{Bounds, Record, batch};
pub use listsync_engine::worker::{Handled, Receive};

/// A message under the hands of a worker.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// Its body, not judged yet.
    pub body: &'a str,
    /// The end of the invocation, or of the time that the message is hidden.
    pub until: Timestamp,
    /// Whether it comes again.
    pub receive: Receive,
}

/// Handles one message. The run ends early, with its progress saved and a message sent to go on, so that nothing is
/// under way any more at [`Taken::until`].
pub async fn handle(ports: &Ports, taken: Taken<'_>, watch: &dyn Watch) -> Handled {
    let Taken { body, until, receive } = taken;
    worker::handle(ports, body, &RunContext { run: new_run_id(), until, receive }, watch).await
}

/// A new run's id: ids made later sort later.
///
/// # Panics
/// Never: a UUID is an id.
#[must_use]
pub fn new_run_id() -> RunId {
    RunId::parse(&Uuid::now_v7().to_string()).expect("a UUID is an id")
}
