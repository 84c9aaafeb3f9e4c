//! The HTTP API: one router, which `listsync serve` and the Lambda function both serve.
//!
//! Every operation is described at `/openapi.json`, which is made of the handlers themselves. A handler is called only if
//! one table (`access.rs`) names it, with a key of the scope that the table asks for; a handler that is missing there keeps
//! the router from being built. Outside of it stand the signed opt-out pages (`/u/…`), the events (`/hooks/…`) and the
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

use axum::{Json, Router, middleware, routing::get};
use listsync_engine::service::Service;
use listsync_inbound::admission::Admission;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use gate::Connected;
pub use listsync_engine::connect::Asker;
pub use options::{Limits, Options, Pace};
pub use page::{Page, PageQuery};
pub use peer::peer_of;
pub use problem::Problem;
pub use pulse::Pulse;

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
    ///
    /// # Panics
    /// When a handler and the table of who may call what do not agree: never in a build whose tests passed.
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
///
/// # Panics
/// As [`Api::router`].
pub fn router(service: Service, options: Options) -> Router {
    Api::new(service, options).router()
}

fn mounted(app: &App) -> Router {
    let service = app.service.clone();
    let (router, api) = handlers().split_for_parts();
    let document = openapi::completed(&api);
    let router = router
        .merge(scim::router())
        .route("/openapi.json", get(move || std::future::ready(Json(document.clone()))))
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

/// The OpenAPI document of the router.
#[must_use]
pub fn openapi() -> serde_json::Value {
    openapi::completed(&handlers().split_for_parts().1)
}

fn handlers() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::Beginning::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(lists::all, lists::create))
        .routes(routes!(lists::one, lists::edit, lists::delete))
        .routes(routes!(members::all))
        .routes(routes!(history::of_list))
        .routes(routes!(members::put, members::remove))
        .routes(routes!(decisions::of_list))
        .routes(routes!(decisions::of_all))
        .routes(routes!(optout_links::create))
        .routes(routes!(optout_links::create_mine))
        .routes(routes!(filters::preview))
        .routes(routes!(filters::explain))
        .routes(routes!(imports::of_list, imports::take_in))
        .routes(routes!(imports::all))
        .routes(routes!(imports::one))
        .routes(routes!(imports::approve))
        .routes(routes!(imports::discard))
        .routes(routes!(imports::undo_plan, imports::undo))
        .routes(routes!(contacts::all, contacts::create))
        .routes(routes!(prune::look, prune::carry_out))
        .routes(routes!(contacts::one, contacts::edit, contacts::delete))
        .routes(routes!(contacts::erase))
        .routes(routes!(contacts::export))
        .routes(routes!(history::of_contact))
        .routes(routes!(contacts::merge))
        .routes(routes!(groups::all))
        .routes(routes!(links::all, links::create))
        .routes(routes!(links::one, links::change, links::delete))
        .routes(routes!(links::pause))
        .routes(routes!(links::resume))
        .routes(routes!(links::relink))
        .routes(routes!(links::plan))
        .routes(routes!(syncs::start))
        .routes(routes!(syncs::one))
        .routes(routes!(holds::approve))
        .routes(routes!(holds::discard))
        .routes(routes!(runs::all))
        .routes(routes!(runs::one))
        .routes(routes!(runs::failures_csv))
        .routes(routes!(runs::members))
        .routes(routes!(undo::plan, undo::carry_out))
        .routes(routes!(requests::one))
        .routes(routes!(audit::all))
        .routes(routes!(status::status))
        .routes(routes!(alerts::channels))
        .routes(routes!(alerts::test))
        .routes(routes!(why::why))
        .routes(routes!(settings::get, settings::edit))
        .routes(routes!(api_keys::all, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(sources::all, sources::create))
        .routes(routes!(sources::delete))
}
