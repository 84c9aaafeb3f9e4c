//! The timer function: a schedule fires, and one message per due link goes onto the queue.
//!
//! The host, be it a loop on one machine or a scheduled function, only calls [`handle`], or [`answer`] with the event that
//! it was given.

mod event;

use std::time::Duration;

use listsync_core::{Timestamp, schedule::later};
use listsync_engine::{
    fan_out, filtered,
    notices::{self, Post},
    ports::PortResult,
    service::Service,
};

pub use event::{Answer, CallError, answer, last_run_age};
pub use listsync_engine::fan_out::FanOut;

/// How long the directory is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has filtered lists follow what changed of people, sends one message per due link, and sees to change notifications
/// where there is an address for them.
///
/// # Errors
/// When the links cannot be read; what was sent before stays sent, and a link whose message was not sent stays due.
pub async fn handle(service: &Service, post: Option<&Post>) -> PortResult<FanOut> {
    let sent = send_due(service).await?;
    tend(service, post, later(service.ports.clock.now(), PATIENCE)).await;
    Ok(sent)
}

/// The same without a look at change notifications, for a host that sees to those beside it: a directory that answers slowly
/// then keeps no link waiting.
///
/// # Errors
/// As [`handle`].
pub async fn send_due(service: &Service) -> PortResult<FanOut> {
    follow(service).await;
    fan_out::tick(&service.ports).await
}

/// Sees to change notifications.
///
/// # Errors
/// When the store or the queue does not answer. What the directory refuses is kept for the operator and tried again.
pub async fn see_to_notices(service: &Service, post: &Post) -> PortResult<()> {
    notices::tend(service, post, later(service.ports.clock.now(), PATIENCE)).await
}

/// Comes last and fails nothing: links are looked at when they are due, whether or not changes are heard of.
async fn tend(service: &Service, post: Option<&Post>, until: Timestamp) {
    let Some(post) = post else { return };
    if let Err(error) = notices::tend(service, post, until).await {
        tracing::warn!(code = error.code, "change notifications could not be seen to: {error}");
    }
}

/// What cannot be followed now is at the next beat: it must not keep links from their runs.
async fn follow(service: &Service) {
    if let Err(error) = filtered::follow_all(service).await {
        tracing::warn!(code = error.code, "a filtered list could not follow its filter: {error}");
    }
}
