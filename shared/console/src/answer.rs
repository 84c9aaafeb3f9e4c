//! Answers: pages, files, and refusals as pages.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use listsync_http::Problem;
use maud::{Markup, html};

use crate::{
    frame::{self, Here},
    visit::Visit,
};

/// Nothing is loaded from elsewhere, and nothing runs but the one script (Content Security Policy Level 3). The empty icon is a
/// `data:` address.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    // A page tells of people, and what may be done about them.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // With no referrer at all browsers send forms with no origin either.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// A whole document as an answer.
pub(crate) fn document(status: StatusCode, markup: Markup) -> Response {
    let mut response = (status, markup.into_string()).into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

/// What a page shows, before its frame is around it.
pub(crate) struct Page {
    pub(crate) here: Here,
    pub(crate) title: String,
    pub(crate) body: Markup,
    /// What was wrong with what was sent.
    pub(crate) wrong: Option<Problem>,
}

impl Page {
    pub(crate) fn new(here: Here, title: impl Into<String>, body: Markup) -> Self {
        Self { here, title: title.into(), body, wrong: None }
    }

    /// The same after something that was sent could not be taken.
    pub(crate) fn wrong(mut self, problem: Option<Problem>) -> Self {
        self.wrong = problem;
        self
    }

    pub(crate) fn answer(self, visit: &Visit) -> Response {
        let status = self.wrong.as_ref().map_or(StatusCode::OK, |problem| problem.status);
        document(status, frame::around(visit, &self))
    }
}

/// To a page, by a new request that changes nothing.
pub(crate) fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// What was found, or why it was not, as a page.
pub(crate) fn settled(visit: &Visit, here: Here, found: Result<Response, Problem>) -> Response {
    found.unwrap_or_else(|problem| refusal(visit, here, problem))
}

/// The page of a form that could not be taken, with what was wrong; where the page itself cannot be shown, just that.
pub(crate) fn again(visit: &Visit, here: Here, wrong: Problem, found: Result<Response, Problem>) -> Response {
    found.unwrap_or_else(|_| refusal(visit, here, wrong))
}

/// A refusal where nobody is known to be signed in.
pub(crate) fn refused(problem: Problem) -> Response {
    let body = html! { p.lead { (problem.detail) } @if !problem.hint.is_empty() { p { (problem.hint) } } };
    document(problem.status, frame::bare(heading(problem.status), &body))
}

/// A refusal to somebody who is signed in: what they asked for cannot be shown or done.
pub(crate) fn refusal(visit: &Visit, here: Here, problem: Problem) -> Response {
    let title = heading(problem.status);
    let body = html! {
        div.head { div { h1 { (title) }
            p.lead { (problem.detail) }
            @if !problem.hint.is_empty() { p { (problem.hint) } }
            p { a href="/" { "What needs me?" } }
        } }
    };
    document(problem.status, frame::around(visit, &Page::new(here, title, body)))
}

fn heading(status: StatusCode) -> &'static str {
    match status.as_u16() {
        202 => "It is being done",
        401 | 403 => "This is not yours to do",
        404 => "There is no such page",
        409 | 412 => "It is not as it was",
        413 => "This is too large",
        429 => "Too many requests",
        502..=504 => "Not at the moment",
        500.. => "Something went wrong",
        _ => "This cannot be done so",
    }
}
