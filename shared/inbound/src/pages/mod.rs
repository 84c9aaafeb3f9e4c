//! `/u/{token}`: the page behind a signed opt-out link, and the one click of mail programs (RFC 8058).
//!
//! GET and HEAD change nothing, ever: link scanners open every address in a message. POST changes what its own field
//! says:
//!
//! | field | effect |
//! |---|---|
//! | `List-Unsubscribe=One-Click` | opts out of the link's list, or of all; answers a line of text |
//! | no body at all | the same: whoever posts to a signed link means it, and some mail programs leave the body out |
//! | `action=unsubscribe` | the same, from the page's button; answers the page |
//! | `action=unsubscribe_all` | opts out of every list |
//! | `action=undo` | takes the opt-out back that the page shows |
//! | `action=resubscribe` | subscribes to the link's list again; a consent of its own |
//!
//! Undoing and resubscribing lift what the person said themselves, and never a complaint. There is no redirect, no
//! cookie, no script; both encodings of forms are taken. Whatever is wrong with a token, the answer is one and the same
//! 404. A list that nobody may leave answers 403: a mail program must not tell its user that they left.
//!
//! `/my/{token}`: the page *my lists*, behind a link of [`crate::my_lists`].

mod act;
mod html;
mod mine;
mod person;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
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

use crate::{
    admission::{Admission, Peer, TooOften, Visitor},
    body::{self, Unread},
    form,
};

/// The largest form, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// What a person or mail program waits that is told nothing else, in seconds.
const SOON: u64 = 30;

/// The route, to be mounted at the root.
pub fn router(service: Service, admission: Arc<dyn Admission>) -> Router {
    Router::new()
        .route("/u/{token}", get(show).post(submit))
        .route("/my/{token}", get(mine::show).post(mine::submit))
        .with_state(Pages { service, admission })
}

#[derive(Clone)]
struct Pages {
    service: Service,
    admission: Arc<dyn Admission>,
}

type Token = Result<Path<String>, PathRejection>;

impl Pages {
    /// The person of a signed opt-out link, once they are let in.
    async fn enter(&self, token: &str, peer: &Peer, visitor: Visitor<'_>) -> Result<Person, Refusal> {
        let link = self.let_in(person::signed(&self.service, token).await?, peer, visitor)?;
        person::find(&self.service, &link).await?.ok_or(Refusal::NoLink)
    }

    /// Lets somebody in as the holder of a link, where it is one; anybody else is counted as a stranger. The signature is verified
    /// before anybody is counted, so that no crowd of others keeps a person from leaving a list.
    fn let_in<L>(&self, link: Option<L>, peer: &Peer, visitor: Visitor<'_>) -> Result<L, Refusal> {
        let visitor = if link.is_some() { visitor } else { Visitor::Stranger };
        self.admission.admit(peer, visitor)?;
        link.ok_or(Refusal::NoLink)
    }
}

/// Why nobody is let in.
enum Refusal {
    /// Whatever is wrong with the token, or its contact or list is gone.
    NoLink,
    /// They came too often.
    TooOften(TooOften),
    /// The store does not answer.
    Later(PortError),
}

impl From<TooOften> for Refusal {
    fn from(often: TooOften) -> Self {
        Self::TooOften(often)
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        Self::Later(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoLink => not_found(),
            Self::TooOften(often) => too_often(often),
            Self::Later(error) => later(error),
        }
    }
}

async fn show(State(pages): State<Pages>, token: Token, request: Request) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    match pages.enter(&token, &Peer::of(&request), Visitor::Reader(&token)).await {
        Ok(person) => page(StatusCode::OK, html::of(&person, None)),
        Err(refusal) => refusal.into_response(),
    }
}

async fn submit(State(pages): State<Pages>, token: Token, request: Request) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    let peer = Peer::of(&request);
    let (parts, sent) = request.into_parts();
    let person = match pages.enter(&token, &peer, Visitor::OptOut(&token)).await {
        Ok(person) => person,
        Err(refusal) => return refusal.into_response(),
    };
    match body::whole(sent, MAX_BODY).await {
        Ok(form) => act_on(&pages.service, person, &parts.headers, &form).await,
        Err(unread) => not_read(&unread),
    }
}

fn not_read(unread: &Unread) -> Response {
    match unread {
        Unread::TooLarge => text(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        Unread::BrokenOff | Unread::Busy => {
            text(StatusCode::BAD_REQUEST, "Nothing was changed: the request broke off.")
        }
    }
}

async fn act_on(service: &Service, person: Person, headers: &HeaderMap, body: &[u8]) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let fields = form::read(kind, body).unwrap_or_default();
    // A body that says something else was not understood, and changes nothing; one that is not there is a wish to leave.
    let action = if body.is_empty() { Some(Action::OneClick) } else { Action::of(&fields) };
    let Some(action) = action else {
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

fn too_often(TooOften { retry_after }: TooOften) -> Response {
    let line = "These are too many requests. Please try again in a minute.";
    wait(text(StatusCode::TOO_MANY_REQUESTS, line), retry_after)
}

fn wait(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The person or mail program is told to come back; what failed goes to the log.
fn later(error: PortError) -> Response {
    tracing::warn!(code = error.code, error = error.message, "an opt-out page could not be served");
    let seconds = match error.fault {
        Fault::Throttled(wait) => wait.as_secs().max(1),
        _ => SOON,
    };
    let line = "This does not work just now. Please try again in a minute.";
    wait(text(StatusCode::SERVICE_UNAVAILABLE, line), seconds)
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
