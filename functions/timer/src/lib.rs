//! The timer function: a schedule fires, and one message per due link goes onto the queue.
//!
//! The host, be it a loop on one machine or a scheduled function, only calls [`handle`], or [`answer`] with the event that
//! it was given.

mod event;

use std::time::Duration;

use futures::join;
use listsync_core::{Timestamp, schedule::later};
use listsync_engine::{
    alerts::{self, Alerting},
    fan_out, filtered,
    notices::{self, Post},
    ports::PortResult,
    service::Service,
};

pub use event::{Answer, CallError, answer, held_imports, last_run_age};
pub use listsync_engine::fan_out::FanOut;

/// How long the directory is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a beat works on.
#[derive(Clone)]
pub struct Timer {
    /// The list service.
    pub service: Service,
    /// Where change notifications are to be sent; none: there are none.
    pub post: Option<Post>,
    /// By which ways people are told of trouble; none: their settings make no sense.
    pub alerting: Option<Alerting>,
}

/// Has filtered lists follow what changed of people, sends one message per due link, sees to change notifications where
/// there is an address for them, and tells people of trouble.
///
/// # Errors
/// When the links cannot be read; what was sent before stays sent, and a link whose message was not sent stays due.
pub async fn handle(timer: &Timer) -> PortResult<FanOut> {
    let sent = send_due(&timer.service).await;
    finish(timer, later(timer.service.ports.clock.now(), PATIENCE)).await;
    sent
}

/// The same without change notifications and alerts, for a host that sees to those beside it: a directory, or a receiver, that
/// answers slowly then keeps no link waiting.
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

/// Tells people of trouble.
///
/// # Errors
/// When the store does not answer. What cannot be sent is kept for the operator and tried again.
pub async fn tell(service: &Service, alerting: &Alerting) -> PortResult<()> {
    alerts::tell(service, alerting, later(service.ports.clock.now(), PATIENCE)).await
}

/// What a beat does besides its messages, each beside the other: neither fails anything.
async fn finish(Timer { service, post, alerting }: &Timer, until: Timestamp) {
    join!(tend(service, post.as_ref(), until), async {
        let Some(alerting) = alerting else { return };
        if let Err(error) = alerts::tell(service, alerting, until).await {
            tracing::warn!(code = error.code, "people could not be told of trouble: {error}");
        }
    });
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
