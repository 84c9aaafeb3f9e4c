//! The timer function: a schedule fires, and one message per due link goes onto the queue.
//!
//! The host, be it a loop on one machine or a scheduled function, only calls [`handle`], or [`answer`] with the event that
//! it was given.

mod event;

use listsync_engine::{Ports, fan_out, ports::PortResult};

pub use event::{CallError, answer, last_run_age};
pub use listsync_engine::fan_out::FanOut;

/// Sends one message per due link.
///
/// # Errors
/// When the links cannot be read; what was sent before stays sent, and a link whose message was not sent stays due.
pub async fn handle(ports: &Ports) -> PortResult<FanOut> {
    fan_out::tick(ports).await
}
