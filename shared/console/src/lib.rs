//! The console: pages in the browser for whoever keeps lists, rendered here and whole without a script.
//!
//! A page asks the operations of the API from inside the process ([`listsync_http::operations`]), as whoever is signed in: who
//! may do what, what is refused, and what the audit says is theirs, and no rule stands here. The API knows nothing of the
//! console.
//!
//! Signed in is who follows a link that `listsync console` printed ([`session::SignIn`]), on the machine itself, or whom the
//! directory signs in ([`Entrance`]). Nothing is loaded from elsewhere, and a page has one stylesheet and one script of our own
//! (Content Security Policy Level 3), which does nothing that a page needs: it looks again while a sync goes on, and keeps the
//! place.

mod answer;
mod download;
mod draft;
mod edit;
mod entrance;
mod form;
mod frame;
mod owners;
mod pages;
mod parts;
pub mod session;
mod visit;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use listsync_engine::service::Service;
use listsync_http::operations::Operations;

pub use entrance::Entrance;
use owners::Owners;
use pages::{
    audit, enter, grid, hold, import, imports, keys, limits, list, members, new_list, notices, people,
    person, run, runs, settings, sign_in, status, undo, unlink, upload, why,
};

/// What every page stands on. Clones are the same.
#[derive(Clone)]
pub(crate) struct Console(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) operations: Operations,
    /// Where people sign in by the directory, if they do.
    pub(crate) entrance: Option<Entrance>,
    pub(crate) owners: Owners,
}

impl std::ops::Deref for Console {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    pub(crate) fn service(&self) -> &Service {
        self.operations.service()
    }

    pub(crate) fn now(&self) -> listsync_core::Timestamp {
        self.service().ports.clock.now()
    }
}

/// The pages, to be mounted beside the API at the root of a host. Who signs in does so on the machine itself.
pub fn router(operations: Operations) -> Router {
    router_with(operations, None)
}

/// The same, with an entrance for whoever has an account in the directory.
pub fn router_with(operations: Operations, entrance: Option<Entrance>) -> Router {
    let console = Console(Arc::new(Inner { operations, entrance, owners: Owners::default() }));
    Router::new()
        .route("/", get(status::show))
        .route("/console/style.css", get(|| asset("text/css; charset=utf-8", include_str!("style.css"))))
        .route(
            "/console/script.js",
            get(|| asset("text/javascript; charset=utf-8", include_str!("script.js"))),
        )
        .route("/sign-in", get(sign_in::ask).post(sign_in::enter))
        .route("/sign-in/directory", get(enter::go))
        .route("/sign-in/back", get(enter::back))
        .route("/sign-out", post(sign_in::leave))
        .route("/lists", get(grid::show).post(new_list::make))
        .route("/lists/new", get(new_list::ask))
        .route("/lists/{list}", get(list::show))
        .route("/lists/{list}/live", get(list::live))
        .route("/lists/{list}/links", post(list::link))
        .route("/lists/{list}/members", get(members::show).post(members::change))
        .route("/lists/{list}/history", get(members::history))
        .route("/lists/{list}/why", get(why::show))
        .route("/links/{link}/do", post(list::act))
        .route("/links/{link}/plan", get(limits::plan))
        .route("/links/{link}/limits", get(limits::ask).post(limits::change))
        .route("/links/{link}/unlink", get(unlink::ask).post(unlink::carry_out))
        .route("/holds", get(hold::all))
        .route("/holds/{digest}", get(hold::show).post(hold::rule))
        .route("/holds/{digest}/names.csv", get(hold::names))
        .route("/runs", get(runs::show))
        .route("/runs/{run}", get(run::show))
        .route("/runs/{run}/members.csv", get(run::members_csv))
        .route("/runs/{run}/failures.csv", get(run::failures_csv))
        .route("/runs/{run}/undo", get(undo::ask).post(undo::carry_out))
        .route("/people", get(people::show))
        .route("/people/{contact}", get(person::show))
        .route("/people/{contact}/consent", post(person::say))
        .route("/people/{contact}/erase", get(person::ask_erase).post(person::erase))
        .route("/imports", get(imports::show).post(upload::send))
        .route("/imports/drafts/{draft}", get(upload::look).post(upload::decide))
        .route("/imports/{import}", get(import::show).post(import::rule))
        .route("/imports/{import}/undo", get(import::ask_undo).post(import::undo))
        .route("/settings/list-service", get(settings::show).post(settings::save))
        .route("/settings/keys", get(keys::show).post(keys::make))
        .route("/settings/keys/revoke", post(keys::revoke))
        .route("/settings/senders", get(notices::senders))
        .route("/settings/notices", get(notices::show).post(notices::test))
        .route("/settings/audit", get(audit::show))
        // Each form is read with a bound of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(console)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // It changes with the program, whose version no address tells.
        (header::CACHE_CONTROL, HeaderValue::from_static("max-age=300")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}
