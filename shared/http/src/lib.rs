//! The HTTP API: one router, which `listsync serve` and the Lambda function both serve.
//!
//! Every operation is described at `/openapi.json`, a file which a test makes of the handlers themselves. A handler is called
//! only if one table (`access.rs`) names it, with a key of the scope that the table asks for. Outside of it stand the signed opt-out pages (`/u/…`), the events (`/hooks/…`) and the
//! change notifications (`/graph/notifications`), which verify their callers in their own ways.

mod access;
mod app;
mod ask;
pub mod documents;
mod etag;
mod gate;
mod idempotency;
mod kept;
pub mod keys;
mod later;
mod openapi;
pub mod operations;
mod options;
mod page;
mod peer;
mod problem;
mod pulse;
mod rate;
mod routes;
mod scim;
mod trail;
mod uploads;
mod within;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{delete, get, post, put},
};
use listsync_engine::service::Service;
use listsync_inbound::admission::Admission;

pub use gate::Connected;
pub use listsync_engine::connect::Asker;
pub use options::{Limits, Options, Pace};
pub use page::{Page, PageQuery};
pub use peer::peer_of;
pub use problem::Problem;
pub use pulse::Pulse;

pub use openapi::document as openapi;

use app::App;
use operations::Operations;
use routes::{
    alerts, audit, contacts, decisions, filters, groups, health, history, holds, imports, keys as api_keys,
    links, lists, members, optout_links, prune, requests, runs, settings, sources, status, syncs, undo, why,
};

/// The API over a service: what answers over HTTP, and what is asked from inside the process. Clones are the same.
#[derive(Clone)]
pub struct Api(App);

impl Api {
    /// Over a service.
    #[must_use]
    pub fn new(service: Service, options: Options) -> Self {
        Self(App::new(service, options))
    }

    /// The router, to be mounted at the root of a host.
    pub fn router(&self) -> Router {
        mounted(&self.0)
    }

    /// The same operations for whoever asks from inside the process.
    #[must_use]
    pub fn operations(&self) -> Operations {
        Operations::new(self.0.clone())
    }
}

/// The router over a service, to be mounted at the root of a host.
pub fn router(service: Service, options: Options) -> Router {
    Api::new(service, options).router()
}

fn mounted(app: &App) -> Router {
    let service = app.service.clone();
    let router = handlers()
        .merge(scim::router())
        .route("/openapi.json", get(openapi::shown))
        .fallback(|| std::future::ready(()))
        .layer(middleware::from_fn_with_state(app.clone(), gate::gate))
        .layer(middleware::from_fn(scim::dress));
    let admission: Arc<dyn Admission> = Arc::new(app.clone());
    let public = listsync_inbound::pages::router(service.clone(), admission.clone())
        .merge(listsync_inbound::hooks::router(service.clone(), admission.clone()))
        .merge(listsync_inbound::notices::router(service, admission))
        .layer(middleware::from_fn_with_state(app.clone(), gate::public));
    router.with_state(app.clone()).merge(public)
}

/// The handlers of all operations that the OpenAPI document describes.
fn handlers() -> Router<App> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/v1/lists", get(lists::all).post(lists::create))
        .route("/v1/lists/{list}", get(lists::one).patch(lists::edit).delete(lists::delete))
        .route("/v1/lists/{list}/members", get(members::all))
        .route("/v1/lists/{list}/history", get(history::of_list))
        .route("/v1/lists/{list}/members/{member}", put(members::put).delete(members::remove))
        .route("/v1/lists/{list}/decisions", post(decisions::of_list))
        .route("/v1/decisions", post(decisions::of_all))
        .route("/v1/opt-out-links", post(optout_links::create))
        .route("/v1/my-lists-links", post(optout_links::create_mine))
        .route("/v1/lists/{list}/filter-preview", post(filters::preview))
        .route("/v1/lists/{list}/explain", get(filters::explain))
        .route("/v1/lists/{list}/imports", get(imports::of_list).post(imports::take_in))
        .route("/v1/imports", get(imports::all))
        .route("/v1/imports/{import}", get(imports::one))
        .route("/v1/imports/{import}/approve", post(imports::approve))
        .route("/v1/imports/{import}/discard", post(imports::discard))
        .route("/v1/imports/{import}/undo", get(imports::undo_plan).post(imports::undo))
        .route("/v1/contacts", get(contacts::all).post(contacts::create))
        .route("/v1/contacts/prune", get(prune::look).post(prune::carry_out))
        .route("/v1/contacts/{contact}", get(contacts::one).patch(contacts::edit).delete(contacts::delete))
        .route("/v1/contacts/{contact}/erase", post(contacts::erase))
        .route("/v1/contacts/{contact}/export", get(contacts::export))
        .route("/v1/contacts/{contact}/history", get(history::of_contact))
        .route("/v1/contacts/{contact}/merge", post(contacts::merge))
        .route("/v1/groups", get(groups::all))
        .route("/v1/links", get(links::all).post(links::create))
        .route("/v1/links/{link}", get(links::one).patch(links::change).delete(links::delete))
        .route("/v1/links/{link}/pause", post(links::pause))
        .route("/v1/links/{link}/resume", post(links::resume))
        .route("/v1/links/{link}/relink", post(links::relink))
        .route("/v1/links/{link}/plan", get(links::plan))
        .route("/v1/links/{link}/sync", post(syncs::start))
        .route("/v1/links/{link}/syncs/{generation}", get(syncs::one))
        .route("/v1/holds/{digest}/approve", post(holds::approve))
        .route("/v1/holds/{digest}/discard", post(holds::discard))
        .route("/v1/runs", get(runs::all))
        .route("/v1/runs/{run}", get(runs::one))
        .route("/v1/runs/{run}/failures.csv", get(runs::failures_csv))
        .route("/v1/runs/{run}/members", get(runs::members))
        .route("/v1/runs/{run}/undo", get(undo::plan).post(undo::carry_out))
        .route("/v1/requests/{request}", get(requests::one))
        .route("/v1/audit", get(audit::all))
        .route("/v1/status", get(status::status))
        .route("/v1/alerts", get(alerts::channels))
        .route("/v1/alerts/test", post(alerts::test))
        .route("/v1/lists/{list}/why", get(why::why))
        .route("/v1/settings", get(settings::get).patch(settings::edit))
        .route("/v1/keys", get(api_keys::all).post(api_keys::create))
        .route("/v1/keys/{key}", delete(api_keys::revoke))
        .route("/v1/sources", get(sources::all).post(sources::create))
        .route("/v1/sources/{source}", delete(sources::delete))
}
