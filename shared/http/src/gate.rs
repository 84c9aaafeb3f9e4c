//! What every request goes through before its handler, and every answer after it.

use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use listsync_core::{
    audit::Actor,
    grant::{Grant, Lack, Lists, Reach, Verb},
};
use listsync_engine::{
    audit,
    ports::{ApiKey, Scopes},
};
use listsync_inbound::admission::Peer;

use crate::{
    access::{self, Breadth, Need, Repeat, Rule, Verdict},
    app::App,
    idempotency::{self, Claim},
    kept::Keeping,
    keys, later, peer,
    problem::Problem,
    rate::Purpose,
    trail::Trail,
    uploads::Size,
    within,
};

/// The address at the other end of a request's connection, as the host knows it. A host sets it as an extension of the
/// request; [`ConnectInfo`] is taken where it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected(pub IpAddr);

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The id of their key; empty without one.
    pub(crate) key: String,
    /// Who the audit says that it was.
    pub(crate) actor: Actor,
    /// What they may do, and where.
    pub(crate) grant: Grant,
    /// Whether the key is of the time when `operate` was to link any group.
    pub(crate) is_of_before: bool,
}

impl Caller {
    /// Somebody without a key, who may do nothing that needs one.
    fn nobody() -> Self {
        let grant = Grant { verbs: [].into(), lists: Lists::Only([].into()) };
        Self::of_grant(Actor::Key(String::new()), grant)
    }

    fn of(key: ApiKey) -> Self {
        let is_of_before = key.reading == Scopes::Three;
        Self { is_of_before, ..Self::of_grant(Actor::Key(key.id.clone()), key.grant()) }
    }

    /// Somebody whom the host knows.
    pub(crate) fn of_grant(actor: Actor, grant: Grant) -> Self {
        Self { key: actor.id().unwrap_or_default().to_owned(), actor, grant, is_of_before: false }
    }

    /// Whether they may do what a rule of the table is about.
    pub(crate) fn judge(&self, rule: &Rule) -> Result<(), Problem> {
        let Need::Key(needed, breadth) = rule.need else { return Ok(()) };
        let reach = match breadth {
            Breadth::Tenant => Reach::Tenant,
            Breadth::Lists => Reach::Covered,
        };
        self.grant.judge(needed, reach).map_err(|lack| lacking(lack, needed))
    }
}

/// Lets in who may, holds requests to their bounds, and makes a problem of each refusal.
pub(crate) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(path) = path else { return no_path().into_response() };
    let rule = match access::look_up(request.method(), &path) {
        Verdict::Rule(rule) => rule,
        Verdict::OtherMethods(methods) => return wrong_method(&methods),
        Verdict::Unknown => return no_key().into_response(),
    };
    let asking = Asking { peer: peer(&app, &request), key: bearer(request.headers()).map(str::to_owned) };
    match admitted(&app, rule, asking).await {
        Ok(caller) => bounded(app, (rule, caller), request, next).await,
        Err(problem) => problem.into_response(),
    }
}

/// Tells a mount that needs no key where its requests come from: it counts them itself, once it knows who they are.
pub(crate) async fn public(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = peer(&app, &request);
    request.extensions_mut().insert(peer);
    next.run(request).await
}

/// What tells one caller from another.
struct Asking {
    peer: Peer,
    key: Option<String>,
}

async fn admitted(app: &App, rule: &Rule, asking: Asking) -> Result<Caller, Problem> {
    let take = |purpose, caller: &str| app.rate.take((purpose, caller), &app.options.limits, app.now());
    let Need::Key(verb, _) = rule.need else {
        take(Purpose::Open, &asking.peer.0)?;
        return Ok(Caller::nobody());
    };
    let known = match &asking.key {
        Some(text) => keys::verify(app.service.keys.as_ref(), text, app.now()).await?,
        None => None,
    };
    let Some(key) = known else {
        take(Purpose::Stranger, &asking.peer.0)?;
        return Err(no_key());
    };
    // Whoever pushes a company sends one person after the other, and as fast as is answered.
    take(if verb == Verb::Scim { Purpose::Push } else { Purpose::Key }, &key.id)?;
    let caller = Caller::of(key);
    caller.judge(rule)?;
    app.uses.note(app.service.seen.as_ref(), &caller.key, app.now()).await;
    Ok(caller)
}

/// The handler runs in a task of its own: a caller who hangs up, or a time that runs out, leaves nothing half done. What
/// takes longer goes on, and its caller is told where to look; a question that nobody waits for any more is dropped.
async fn bounded(
    app: App,
    (rule, caller): (&'static Rule, Caller),
    request: Request,
    next: Next,
) -> Response {
    let (time, is_question) = (app.options.limits.time, request.method().is_safe());
    let key = caller.key.clone();
    let mut task = tokio::spawn(answered(app.clone(), (rule, caller), request, next));
    match tokio::time::timeout(time, &mut task).await {
        Ok(Ok(response)) => as_problem(response),
        Ok(Err(_)) => broken().into_response(),
        Err(_) if is_question => {
            task.abort();
            timed_out().into_response()
        }
        Err(_) => {
            let accepted = later::go_on(&app, key, (task, keeping(rule))).await;
            as_problem(accepted.unwrap_or_else(|error| Problem::from(error).into_response()))
        }
    }
}

fn keeping(rule: &Rule) -> Keeping {
    match rule.repeat {
        Repeat::Kept => Keeping::Whole,
        Repeat::NamesPeople => Keeping::Outline,
        Repeat::ShownOnce => Keeping::Status,
    }
}

async fn answered(
    app: App,
    (rule, caller): (&'static Rule, Caller),
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(caller.clone());
    if request.method() != axum::http::Method::POST || rule.need == Need::Nothing {
        return handled(&app, (rule, &caller), request, next).await;
    }
    // Until it is answered: what was read of it is in memory for so long.
    let size = Size::of(request.body());
    let place = match app.uploads.admit(size, app.options.limits).await {
        Ok(place) => place,
        Err(problem) => return problem.into_response(),
    };
    let (claim, request) = match idempotency::claim(&app, &caller.key, request).await {
        Ok(claimed) => claimed,
        Err(response) => return *response,
    };
    let response = handled(&app, (rule, &caller), request, next).await;
    drop(place);
    match claim {
        Claim::None => response,
        Claim::Ours(claimed) => idempotency::keep(&app, &claimed, keeping(rule), response).await,
    }
}

/// The handler's answer. What it did is recorded before anybody is told: each request that changes something goes through
/// here, and each repeat that is answered out of memory does not.
async fn handled(
    app: &App,
    (rule, caller): (&'static Rule, &Caller),
    mut request: Request,
    next: Next,
) -> Response {
    let trail = Trail::default();
    request.extensions_mut().insert(trail.clone());
    // Also a handler that broke off may have done something.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|_| broken().into_response());
    if let Some(deed) = trail.deed(caller.actor.clone(), rule.audited, response.status()) {
        audit::record(&app.service, deed).await;
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

fn peer(app: &App, request: &Request) -> Peer {
    client(app, request.extensions(), request.headers()).map_or_else(Peer::default, peer::peer_of)
}

/// Where a request comes from, as far as the host or a trusted proxy tells.
pub(crate) fn client(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let named = extensions.get::<Connected>().map(|Connected(address)| *address);
    let connected = || extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    let connected = named.or_else(connected)?;
    Some(peer::client(&app.options.trusted_proxies, connected, headers))
}

pub(crate) fn no_key() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "a valid API key is needed")
        .hint("send it as 'Authorization: Bearer lsk_…'; make one with 'listsync keys create'")
}

fn lacking(lack: Lack, needed: Verb) -> Problem {
    match lack {
        Lack::Verb(_) => {
            Problem::new(StatusCode::FORBIDDEN, "scope", format!("this needs a key of the scope {needed}"))
                .hint("use another key")
        }
        Lack::Tenant | Lack::List => within::no_tenant(),
    }
}

fn no_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing under this path")
        .hint("/openapi.json tells what there is")
}

fn wrong_method(methods: &[&str]) -> Response {
    let allowed = methods.join(", ");
    let detail = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    let mut response = problem.into_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

pub(crate) fn timed_out() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timed_out", "this took too long")
        .hint("ask for less at a time, or again later")
        .retry_after(5)
}

pub(crate) fn broken() -> Problem {
    tracing::error!("a request broke off by a fault of the program");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "fault",
        "the request broke off by a fault of the program",
    )
}

/// An answer of the framework's own becomes a problem as all others, and none is kept on its way: they tell of people.
fn as_problem(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let status = response.status();
    if status.as_u16() < 400 {
        return response;
    }
    let is_problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), "a request could not be answered");
    }
    if is_problem {
        return response;
    }
    Problem::new(status, "refused", "the request cannot be taken as it is").into_response()
}
