//! `POST /hooks/{source}`: where services that send to the lists deliver their events.
//!
//! The order is: find the source, read the body and verify it, count the sender, then for each event store its decision and
//! remember the event, then ask for the syncs, then answer. So a sender that hears nothing tries again, and what it repeats
//! changes nothing; and nobody has a byte of a body read who does not name a source that is there.
//!
//! | answer | when |
//! |---|---|
//! | 200, 202 | every event was handled; the body counts what became of them |
//! | 400 | verified, but not understood: a problem document (RFC 9457) names the field. Nothing was stored |
//! | 401 | unknown source, wrong signature or secret, stale: all the same |
//! | 413 | more than 1 MiB |
//! | 429 | verified, and more than a source may send; or not verified, and more than a peer may try |
//! | 503 | the store or the queue is out of reach, or too many large bodies are being read: try again |
//!
//! An event that is understood and cannot be applied (an unknown list, an address that we do not keep, a list that
//! nobody may leave) is accepted and counted. A refusal would be repeated for days, until the sender switches the
//! endpoint off and everybody else's opt-outs are lost; and the sender cannot mend our lists. It is logged as a warning.
//!
//! Mailchimp, which signs nothing, delivers to `/hooks/{source}/{secret}` and tries that address by `GET` first.

mod apply;
mod bound;
mod receive;
mod refusal;
mod visit;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use listsync_engine::service::Service;

use crate::admission::{Admission, Peer};

pub use apply::{Outcome, Tally};
use receive::{Delivered, Receiver};
use refusal::Refusal;
pub use visit::{Visit, VisitError, Web};

/// The largest request, in bytes. Senders of batches stay below it.
pub const MAX_BODY: usize = 1024 * 1024;

/// The routes, to be mounted at the root. Certificates of Amazon SNS are fetched over the web.
pub fn router(service: Service, admission: Arc<dyn Admission>) -> Router {
    router_with(service, admission, Arc::new(Web::default()))
}

/// As [`router`], with another way to fetch.
pub fn router_with(service: Service, admission: Arc<dyn Admission>, visit: Arc<dyn Visit>) -> Router {
    Router::new()
        .route("/hooks/{source}", post(deliver))
        .route("/hooks/{source}/{secret}", get(try_out).post(deliver_with_secret))
        .with_state(Arc::new(Receiver::new(service, admission, visit)))
}

async fn deliver(
    State(receiver): State<Arc<Receiver>>,
    source: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path(source)) = source else { return Refusal::NotVerified.into_response() };
    answer(&receiver, (&source, None), request).await
}

async fn deliver_with_secret(
    State(receiver): State<Arc<Receiver>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path((source, secret))) = path else { return Refusal::NotVerified.into_response() };
    answer(&receiver, (&source, Some(&secret)), request).await
}

async fn answer(receiver: &Receiver, (source, secret): (&str, Option<&str>), request: Request) -> Response {
    let peer = Peer::of(&request);
    let (parts, body) = request.into_parts();
    let delivered = Delivered { source, secret, headers: &parts.headers };
    match receiver.receive(delivered, body).await {
        Ok(accepted) => accepted.into_response(),
        Err(refusal) => receiver.refused(&peer, refusal).into_response(),
    }
}

async fn try_out(
    State(receiver): State<Arc<Receiver>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path((source, secret))) = path else { return Refusal::NotVerified.into_response() };
    let peer = Peer::of(&request);
    drop(request);
    match receiver.try_out(&source, &secret).await {
        Ok(()) => "This address takes events.\n".into_response(),
        Err(refusal) => receiver.refused(&peer, refusal).into_response(),
    }
}
