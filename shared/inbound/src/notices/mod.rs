//! `POST /graph/notifications`: where Microsoft Graph tells of changes of groups (the pages "Receive change notifications
//! through webhooks", "Lifecycle notifications").
//!
//! A notice says look, never what changed: its group's links are asked for a run. The answer is given once that is stored,
//! after one read of the store for the request and some writes for each group that is linked.
//!
//! | answer | when |
//! |---|---|
//! | 200 | the trial call of a new subscription: its `validationToken`, decoded once, as plain text |
//! | 202 | taken, be it known or not: who sends what nobody ordered learns nothing |
//! | 400 | no collection of notices |
//! | 413 | more than 1 MiB |
//! | 429 | not verified, and more than a peer may try |
//! | 503 | the store or the queue is out of reach: Graph sends it again for four hours |

mod read;

use std::{collections::BTreeSet, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    Router,
    extract::{RawQuery, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use listsync_engine::{
    notices::{self, OrderNews},
    ports::{NoticeOrder, PortResult},
    service::Service,
    trigger,
};

use crate::{
    admission::{Admission, Peer, TooOften, Visitor},
    body::{Reading, Unread},
    form,
    hooks::MAX_BODY,
};
use read::{News, Notice};

/// Where it is mounted: the public URL of the deployment and this is what Graph is told.
pub const PATH: &str = "/graph/notifications";
/// By what the tenant's notices are counted, once their secret is verified.
const SENDER: &str = "graph notifications";
/// A trial call's token is some hundred characters long.
const LONGEST_TOKEN: usize = 4_096;

/// The route, to be mounted at the root.
pub fn router(service: Service, admission: Arc<dyn Admission>) -> Router {
    let receiver = Receiver { service, admission, reading: Reading::new(MAX_BODY) };
    Router::new().route(PATH, post(take)).with_state(Arc::new(receiver))
}

struct Receiver {
    service: Service,
    admission: Arc<dyn Admission>,
    reading: Reading,
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let query = form::urlencoded(query.unwrap_or_default().as_bytes());
    if let Some((_, token)) = query.iter().find(|(name, _)| name == "validationToken") {
        return echo(token);
    }
    let peer = Peer::of(&request);
    let body = match receiver.reading.read(request.into_body()).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(Unread::BrokenOff) => return StatusCode::BAD_REQUEST.into_response(),
        Err(Unread::Busy) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let Some(notices) = read::collection(&body) else {
        return receiver
            .admission
            .admit(&peer, Visitor::Stranger)
            .map_or_else(too_often, |()| StatusCode::BAD_REQUEST.into_response());
    };
    match receiver.heed(&peer, &notices).await {
        Ok(Ok(())) => StatusCode::ACCEPTED.into_response(),
        Ok(Err(often)) => too_often(often),
        Err(error) => {
            tracing::warn!(code = error.code, "a change notification could not be stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn too_often(TooOften { retry_after }: TooOften) -> Response {
    let wait = [(header::RETRY_AFTER, HeaderValue::from(retry_after))];
    (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
}

/// Anybody may have a text said back: so it is plain text, which no browser takes for a page, whatever is in it.
fn echo(token: &str) -> Response {
    if token.is_empty() || token.len() > LONGEST_TOKEN {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let plain: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (plain, token.to_owned()).into_response()
}

impl Receiver {
    /// Asks for a run of each link that a verified notice is about. Several of one group ask once. Whoever sends a secret of
    /// ours is counted as the directory, and anybody else as a stranger.
    async fn heed(&self, peer: &Peer, notices: &[Notice]) -> PortResult<Result<(), TooOften>> {
        let service = &self.service;
        let order = notices::standing(service).await?.and_then(|standing| standing.order);
        let is_known = |notice: &&Notice| order.as_ref().is_some_and(|order| is_ours(order, notice));
        let ours: Vec<&Notice> = notices.iter().filter(is_known).collect();
        let visitor = if ours.is_empty() { Visitor::Stranger } else { Visitor::Sender(SENDER) };
        if let Err(often) = self.admission.admit(peer, visitor) {
            return Ok(Err(often));
        }
        let Some(order) = order else { return Ok(Ok(())) };
        let mut groups = BTreeSet::new();
        for notice in &ours {
            match &notice.news {
                News::Changed(group) => drop(groups.insert(group)),
                News::Order(news) => about_order(service, &order, notice, *news).await?,
                News::Other => {}
            }
        }
        for group in &groups {
            trigger::raise_group(&service.ports, &order.tenant, group).await?;
        }
        if ours.len() < notices.len() {
            tracing::info!(ignored = notices.len() - ours.len(), "change notifications that nobody ordered");
        }
        Ok(Ok(()))
    }
}

/// By its secret alone, as nothing else in a notice cannot be guessed.
fn is_ours(order: &NoticeOrder, notice: &Notice) -> bool {
    verify_slices_are_equal(&order.secret.0, notice.client_state.as_bytes()).is_ok()
}

/// What is said of an order that was replaced meanwhile concerns nobody.
async fn about_order(
    service: &Service,
    order: &NoticeOrder,
    notice: &Notice,
    news: OrderNews,
) -> PortResult<()> {
    if notice.subscription_id != order.id {
        return Ok(());
    }
    tracing::info!(?news, "said of the subscription to change notifications");
    notices::heard(service, news).await
}
