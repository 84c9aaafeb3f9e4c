//! A visit: a request of somebody who is signed in. Who is not is asked to sign in first, and loses nothing that was typed.

use std::future::Future;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use listsync_core::audit::Actor;
use listsync_engine::{
    colleagues::{self, Colleague},
    ports::PortError,
};
use listsync_http::{Problem, operations::Asking};

use crate::{
    Console, answer,
    form::{Form, Upload},
    owners,
    pages::{enter, sign_in},
    session::{COOKIE, Session, Source},
};

/// A request of somebody who is signed in.
pub(crate) struct Visit {
    pub(crate) console: Console,
    pub(crate) session: Session,
    /// The operations as they ask for them.
    pub(crate) asking: Asking,
    /// What was asked for.
    pub(crate) uri: Uri,
}

/// A form of somebody who is signed in, sent from a page of theirs.
pub(crate) struct Posted {
    pub(crate) visit: Visit,
    pub(crate) form: Form,
}

/// A form with a file, of somebody who is signed in, before it is read.
pub(crate) struct Sending {
    visit: Visit,
    headers: HeaderMap,
    body: Body,
}

/// It, sent from a page of theirs.
pub(crate) struct Uploaded {
    pub(crate) visit: Visit,
    pub(crate) upload: Upload,
}

impl Visit {
    /// The parameters of the query string.
    pub(crate) fn query(&self) -> Form {
        Form::read(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// Whether who visits may do this at all.
    pub(crate) fn may(&self, method: Method, path: &'static str) -> bool {
        self.asking.may(method, path)
    }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        match signed_in(parts, console).await? {
            Some(visit) => Ok(visit),
            None => Err(Redirect::to(&sign_in::first(&parts.uri)).into_response()),
        }
    }
}

impl FromRequest<Console> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let is_own = is_of_own_page(&parts.headers);
        let found = signed_in(&mut parts, console).await?;
        let body = console.operations.form(body).await.map_err(answer::refused)?;
        let form = Form::read(&body);
        match found {
            Some(visit) if is_own && visit.session.is_form_token(form.get("token")) => {
                Ok(Self { visit, form })
            }
            // A page of an earlier session sent it, or of one that has ended: what was typed is shown again, to be sent by a
            // person. What another site sends is not even shown.
            Some(visit) if is_own => Err(sign_in::send_again(&visit, &form)),
            None if is_own => Err(sign_in::lost(console, &parts.uri, &form)),
            _ => Err(answer::refused(foreign())),
        }
    }
}

impl FromRequest<Console> for Sending {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let is_own = is_of_own_page(&parts.headers);
        match signed_in(&mut parts, console).await?.filter(|_| is_own) {
            Some(visit) => Ok(Self { visit, headers: parts.headers, body }),
            None => Err(Redirect::to("/sign-in?to=/imports").into_response()),
        }
    }
}

impl Sending {
    /// Reads it once there is a place for it, which it has until it is answered.
    pub(crate) async fn answered<F>(self, work: impl FnOnce(Uploaded) -> F) -> Response
    where
        F: Future<Output = Response>,
    {
        let Self { visit, headers, body } = self;
        let operations = visit.console.operations.clone();
        let answered = operations.with_file(body, |body| async {
            let body = body;
            let upload = Upload::read(&headers, &body)?;
            if !visit.session.is_form_token(upload.form.get("token")) {
                return Err(foreign());
            }
            operations.judge_file(&upload.content)?;
            Ok(work(Uploaded { visit, upload }).await)
        });
        answered.await.unwrap_or_else(answer::refused)
    }
}

/// Who is signed in by the request's cookie, and has not asked too often.
async fn signed_in(parts: &mut Parts, console: &Console) -> Result<Option<Visit>, Response> {
    let broken = |error: PortError| answer::refused(error.into());
    let seen = console.service().seen.as_ref();
    let found = match cookie(&parts.headers, COOKIE) {
        Some(secret) => Session::of(seen, secret, console.now()).await.map_err(broken)?,
        None => None,
    };
    let found = match found {
        Some(session) => known(console, session).await.map_err(answer::refused)?,
        None => None,
    };
    let Some(session) = found else {
        let client = console.operations.client(&parts.extensions, &parts.headers);
        console.operations.admit_stranger(client).map_err(answer::refused)?;
        return Ok(None);
    };
    console.operations.admit(&session.name()).map_err(answer::refused)?;
    let asking = console.operations.by(session.who());
    Ok(Some(Visit { console: console.clone(), session, asking, uri: parts.uri.clone() }))
}

/// The session with the name and the grant of now; none: who has it was erased.
async fn known(console: &Console, mut session: Session) -> Result<Option<Session>, Problem> {
    let Actor::Person(number) = &session.holder.actor else { return Ok(Some(session)) };
    let Some(Colleague { object, name, .. }) = colleagues::find(console.service(), number).await? else {
        return Ok(None);
    };
    session.name_of_holder = name;
    if session.holder.source == Source::Owner {
        let lists = console.owners.lists_of(console.service(), &object).await?;
        if lists.is_empty() {
            return Err(enter::no_role());
        }
        session.holder.grant = owners::grant(lists);
    }
    Ok(Some(session))
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// Whether a form was sent from a page of this host, as far as the browser says (Fetch Metadata Request Headers, section 2.2;
/// RFC 6454, section 7). A form has its token besides.
pub(crate) fn is_of_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
        (None, None) => true,
    }
}

pub(crate) fn foreign() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "foreign_form", "this form was not sent from a page of the console")
        .hint("open the page again, and send it from there")
}
