//! `/u/{token}`: the page behind a signed opt-out link, and the one click of mail programs (RFC 8058).
//!
//! GET and HEAD change nothing, ever: link scanners open every address in a message. POST changes what its own field
//! says:
//!
//! | field | effect |
//! |---|---|
//! | `List-Unsubscribe=One-Click` | opts out of the link's list, or of all; answers a line of text |
//! | `action=unsubscribe` | the same, from the page's button; answers the page |
//! | `action=unsubscribe_all` | opts out of every list |
//! | `action=undo` | takes the opt-out back that the page shows |
//! | `action=resubscribe` | subscribes to the link's list again; a consent of its own |
//!
//! Undoing and resubscribing lift what the person said themselves, and never a complaint. There is no redirect, no
//! cookie, no script; both encodings of forms are taken. Whatever is wrong with a token, the answer is one and the same
//! 404. A list that nobody may leave answers 403: a mail program must not tell its user that they left.

mod act;
mod html;
mod person;

use axum::{
    Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use listsync_engine::{
    ports::{Fault, PortError},
    service::Service,
};

use act::{Acted, Action};
use person::Person;

use crate::form;

/// The largest form, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// What a person or mail program waits that is told nothing else, in seconds.
const SOON: u64 = 30;

/// The route, to be mounted at the root.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/u/{token}", get(show).post(submit))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(service)
}

type Token = Result<Path<String>, PathRejection>;

async fn show(State(service): State<Service>, token: Token) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    match person::find(&service, &token).await {
        Ok(Some(person)) => page(StatusCode::OK, html::of(&person, None)),
        Ok(None) => not_found(),
        Err(error) => later(error),
    }
}

async fn submit(
    State(service): State<Service>,
    token: Token,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    match person::find(&service, &token).await {
        Ok(Some(person)) => match body {
            Ok(body) => act_on(&service, person, &headers, &body).await,
            Err(_) => text(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        },
        Ok(None) => not_found(),
        Err(error) => later(error),
    }
}

async fn act_on(service: &Service, person: Person, headers: &HeaderMap, body: &[u8]) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let fields = form::read(kind, body).unwrap_or_default();
    let Some(action) = Action::of(&fields) else {
        let why = "Nothing was changed: the request does not say what to do. Open the link in a browser.";
        return text(StatusCode::BAD_REQUEST, why);
    };
    match act::act(service, person, action).await {
        Ok(acted) if action == Action::OneClick => one_click(&acted),
        Ok(acted) => {
            let status = if acted.is_refused() { StatusCode::FORBIDDEN } else { StatusCode::OK };
            page(status, html::of(&acted.person, Some(&acted)))
        }
        Err(error) => later(error),
    }
}

fn one_click(acted: &Acted) -> Response {
    if acted.is_refused() {
        text(StatusCode::FORBIDDEN, "This list is mandatory: nobody can unsubscribe from it.")
    } else {
        text(StatusCode::OK, "You are unsubscribed.")
    }
}

fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, html::not_found())
}

/// The person or mail program is told to come back; what failed goes to the log.
fn later(error: PortError) -> Response {
    tracing::warn!(code = error.code, error = error.message, "an opt-out page could not be served");
    let seconds = match error.fault {
        Fault::Throttled(wait) => wait.as_secs().max(1),
        _ => SOON,
    };
    let mut response =
        text(StatusCode::SERVICE_UNAVAILABLE, "This does not work just now. Please try again in a minute.");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn text(status: StatusCode, line: &'static str) -> Response {
    guarded((status, format!("{line}\n")).into_response())
}

fn page(status: StatusCode, html: String) -> Response {
    guarded((status, Html(html)).into_response())
}

/// The token is in the URL: it must not be stored, indexed or told to other sites. The page runs nothing.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, html::policy());
    response
}
