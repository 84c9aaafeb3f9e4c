//! A visit: a request of somebody who is signed in. Who is not is asked to sign in first, and loses nothing that was typed.

use std::future::Future;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use listsync_core::{audit::Actor, id::LinkId};
use listsync_engine::{
    colleagues::{self, Colleague},
    ports::PortError,
};
use listsync_http::{Problem, operations::Asking};

use crate::{
    Console, answer,
    form::{Form, Upload},
    owners::{self, Owned},
    pages::{enter, sign_in},
    session::{Proof, Session, Source},
};

/// A request of somebody who is signed in.
pub(crate) struct Visit {
    pub(crate) console: Console,
    pub(crate) session: Session,
    /// The operations as they ask for them.
    pub(crate) asking: Asking,
    /// What is theirs by the groups that they own, where a role does not give them that.
    pub(crate) owned: Owned,
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

    /// Whether they may have this link synced: by a role any, by ownership those of their own groups.
    pub(crate) fn may_sync(&self, link: &LinkId) -> bool {
        self.session.holder.syncs_any() || self.owned.links.contains(link)
    }
}

/// Who asks.
enum Found {
    /// Nobody who is signed in.
    Nobody,
    /// Somebody who has to prove again who they are.
    Unproven(Session),
    /// Somebody.
    Visit(Box<Visit>),
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let wanted = parts.uri.clone();
        let to_prove = || Redirect::to(&sign_in::anew(console, &wanted)).into_response();
        match signed_in(parts, console).await? {
            // It goes through the directory and comes back here. A form would not, so that it is done before there is one.
            Found::Visit(visit)
                if is_navigation(&parts.headers) && visit.session.proof(console.now()) == Proof::Ageing =>
            {
                Err(to_prove())
            }
            Found::Visit(visit) => Ok(*visit),
            Found::Unproven(_) => Err(to_prove()),
            Found::Nobody => Err(Redirect::to(&sign_in::first(&parts.uri)).into_response()),
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
            Found::Visit(visit) if is_own && visit.session.is_form_token(form.get("token")) => {
                Ok(Self { visit: *visit, form })
            }
            // A page of an earlier session sent it, or of one that has ended: what was typed is shown again, to be sent by a
            // person. What another site sends is not even shown.
            Found::Visit(visit) if is_own => Err(sign_in::send_again(&visit, &form)),
            Found::Unproven(session) if is_own => {
                Err(sign_in::unproven(console, &session, &parts.uri, &form))
            }
            Found::Nobody if is_own => Err(sign_in::lost(console, &parts.uri, &form)),
            _ => Err(answer::refused(foreign())),
        }
    }
}

impl FromRequest<Console> for Sending {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let is_own = is_of_own_page(&parts.headers);
        match signed_in(&mut parts, console).await? {
            Found::Visit(visit) if is_own => Ok(Self { visit: *visit, headers: parts.headers, body }),
            Found::Unproven(_) if is_own => {
                Err(Redirect::to(&sign_in::anew(console, &Uri::from_static("/imports"))).into_response())
            }
            _ => Err(Redirect::to("/sign-in?to=/imports").into_response()),
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
async fn signed_in(parts: &mut Parts, console: &Console) -> Result<Found, Response> {
    let broken = |error: PortError| answer::refused(error.into());
    let seen = console.service().seen.as_ref();
    let found = Session::of_cookie(seen, &parts.headers, console.now()).await.map_err(broken)?;
    let found = match found {
        Some(session) if session.proof(console.now()) == Proof::Over => {
            console.operations.admit(&session.name()).map_err(answer::refused)?;
            return Ok(Found::Unproven(session));
        }
        Some(session) => known(console, session).await.map_err(answer::refused)?,
        None => None,
    };
    let Some((session, owned)) = found else {
        let client = console.operations.client(&parts.extensions, &parts.headers);
        console.operations.admit_stranger(client).map_err(answer::refused)?;
        return Ok(Found::Nobody);
    };
    console.operations.admit(&session.name()).map_err(answer::refused)?;
    let mut asking = console.operations.by(session.who());
    if !owned.lists.is_empty() {
        asking = asking.and(owners::grant(owned.lists.clone()));
    }
    Ok(Found::Visit(Box::new(Visit {
        console: console.clone(),
        session,
        asking,
        owned,
        uri: parts.uri.clone(),
    })))
}

/// The session with the name and the grant of now, and what is its holder's as an owner; none: who has it was erased.
async fn known(console: &Console, mut session: Session) -> Result<Option<(Session, Owned)>, Problem> {
    let Actor::Person(number) = &session.holder.actor else {
        return Ok(Some((session, Owned::default())));
    };
    let Some(Colleague { object, name, .. }) = colleagues::find(console.service(), number).await? else {
        return Ok(None);
    };
    session.name_of_holder = name;
    if session.holder.syncs_any() {
        return Ok(Some((session, Owned::default())));
    }
    let owned = console.owners.owned_by(console.service(), &object).await;
    if session.holder.source != Source::Owner {
        // What the role gives does not wait for a directory that does not answer.
        return Ok(Some((session, owned.unwrap_or_default())));
    }
    let owned = owned?;
    if owned.lists.is_empty() {
        return Err(enter::no_role());
    }
    session.holder.grant = owners::grant(owned.lists.clone());
    Ok(Some((session, owned)))
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

/// Whether a page is gone to, and not looked at by a script, which cannot go elsewhere (Fetch Metadata Request Headers, section
/// 2.3).
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

pub(crate) fn foreign() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "foreign_form", "this form was not sent from a page of the console")
        .hint("open the page again, and send it from there")
}
