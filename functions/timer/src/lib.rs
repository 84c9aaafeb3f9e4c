//! The timer function: a schedule fires, and one message per due link goes onto the queue.
//!
//! The host, be it a loop on one machine or a scheduled function, only calls [`handle`], or [`answer`] with the event that
//! it was given.

mod event;

use listsync_engine::{fan_out, filtered, ports::PortResult, service::Service};

pub use event::{Answer, CallError, answer, last_run_age};
pub use listsync_engine::fan_out::FanOut;

/// Has filtered lists follow what changed of people, then sends one message per due link.
///
/// # Errors
/// When the links cannot be read; what was sent before stays sent, and a link whose message was not sent stays due.
pub async fn handle(service: &Service) -> PortResult<FanOut> {
    follow(service).await;
    fan_out::tick(&service.ports).await
}

/// What cannot be followed now is at the next beat: it must not keep links from their runs.
async fn follow(service: &Service) {
    if let Err(error) = filtered::follow_all(service).await {
        tracing::warn!(code = error.code, "a filtered list could not follow its filter: {error}");
    }
}
