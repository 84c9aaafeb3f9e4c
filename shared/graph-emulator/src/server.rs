//! The HTTP side: what belongs to Graph, what to Entra, what to the control surface.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Router};
use futures::stream;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::connection::Switch;
use crate::control;
use crate::exchange::{Answer, Payload};
use crate::faults::Effect;
use crate::journal::Entry;
use crate::people_sign_in;
use crate::postman;
use crate::serve::{self, Cut, Incoming, Outcome};
use crate::token::{self, TokenRequest};
use crate::traffic::RequestNumber;
use crate::world::World;

/// Whether scripts may steer the emulator over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// `/emulator/...` does not exist.
    Off,
    /// `/emulator/...` answers anybody who can reach the port.
    On,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) control: Control,
    pub(crate) has_postman: AtomicBool,
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notices are sent from the first subscription on.
    pub(crate) fn start_postman(self: &Arc<Self>) {
        if !self.has_postman.swap(true, Ordering::SeqCst) {
            tokio::spawn(postman::rounds(Arc::downgrade(self)));
        }
    }
}

/// The largest request body.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// How long the first half of a truncated body has to reach the client.
const HALF_WAY: Duration = Duration::from_millis(20);

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(axum::extract::DefaultBodyLimit::max(MAX_BODY)).with_state(shared)
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    Extension(switch): Extension<Switch>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let origin = origin(&uri, &headers);
    let under_way = is_graph(uri.path()).then(|| UnderWay::begin(&shared));
    let number = under_way.as_ref().map(|request| request.number);
    let mut outcome = route(&shared, (method, &uri, number), headers, (&body, &origin));
    if let Some(subscription) = outcome.handshake.take() {
        postman::try_out(&shared, subscription, &mut outcome).await;
    }
    if !outcome.delay.is_zero() {
        tokio::time::sleep(outcome.delay).await;
    }
    drop(under_way);
    deliver(outcome, switch)
}

/// A request to Graph, until it is answered or its connection ends.
struct UnderWay {
    shared: Arc<Shared>,
    number: RequestNumber,
}

impl UnderWay {
    fn begin(shared: &Arc<Shared>) -> Self {
        let mut world = shared.world();
        let number = world.traffic.begin();
        let most = world.journal.counters.most_under_way.max(world.traffic.len());
        world.journal.counters.most_under_way = most;
        Self { shared: Arc::clone(shared), number }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.world().traffic.end(self.number);
    }
}

/// Whether a path is one of Graph's.
fn is_graph(path: &str) -> bool {
    path.strip_prefix("/v1.0").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn route(
    shared: &Shared,
    target: (Method, &Uri, Option<RequestNumber>),
    headers: HeaderMap,
    content: (&Bytes, &str),
) -> Outcome {
    let (method, uri, number) = target;
    let (body, origin) = content;
    let path = uri.path();
    let mut world = shared.world();
    world.traffic.serve(number);
    if let Some(rest) = path.strip_prefix("/v1.0").filter(|_| is_graph(path)) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path_and_query = format!("{rest}{query}");
        let incoming = Incoming { method, path_and_query, headers, body, origin: origin.to_owned() };
        return serve::graph(&mut world, &incoming);
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method.as_str(), segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            issue(&mut world, (path, &TokenRequest { tenant, origin, form: body }))
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            let tenant =
                if world.is_tenant(tenant) { world.tenant.id.to_string() } else { (*tenant).to_owned() };
            Outcome::of(openid(origin, &tenant))
        }
        ("GET" | "POST", [tenant, "oauth2", "v2.0", "authorize"]) => {
            let query = uri.query().unwrap_or_default();
            Outcome::of(people_sign_in::authorize(&mut world, method.as_str(), tenant, query, body))
        }
        ("GET", [tenant, "discovery", "v2.0", "keys"]) if world.is_tenant(tenant) => {
            Outcome::of(people_sign_in::keys())
        }
        ("GET", ["common", "discovery", "instance"]) => Outcome::of(instance(origin)),
        (method, ["emulator", rest @ ..]) if shared.control == Control::On => {
            Outcome::of(control::answer(&mut world, method, rest, body))
        }
        _ => Outcome::of(plain(
            404,
            json!({"error": {"code": "NotFound", "message": "There is nothing here."}}),
        )),
    }
}

fn issue(world: &mut World, target: (&str, &TokenRequest<'_>)) -> Outcome {
    let (path, request) = target;
    world.journal.counters.token_requests += 1;
    let effects = world.faults.strike("POST", path, &mut world.rng);
    let mut outcome = Outcome::of(plain(200, Value::Null));
    let mut refused = None;
    for effect in effects {
        match effect {
            Effect::Refuse(refusal) | Effect::RefuseAfter(refusal) => refused = Some(refusal),
            Effect::ResetBefore | Effect::ResetAfter => outcome.cut = Some(Cut::Reset),
            Effect::Truncate => outcome.cut = Some(Cut::Truncate),
            Effect::Delay(by) => outcome.delay += by,
            _ => {}
        }
    }
    outcome.delay += world.settings.latency;
    outcome.answer = match refused {
        Some(refused) => {
            let mut answer =
                plain(refused.status, json!({"error": refused.code, "error_description": refused.message}));
            answer.headers.extend(refused.retry_after.map(|wait| ("retry-after", wait)));
            answer
        }
        None => {
            let answer = token::issue(world, request);
            plain(answer.status, answer.body)
        }
    };
    let entry = Entry {
        at: world.clock.now(),
        method: "POST".to_owned(),
        path: path.to_owned(),
        status: outcome.answer.status.as_u16(),
        part: None,
        request: None,
        answer: None,
        client_request_id: None,
        violation: None,
    };
    world.journal.add(entry);
    outcome
}

fn openid(origin: &str, tenant: &str) -> Answer {
    plain(
        200,
        json!({
            "issuer": format!("{origin}/{tenant}/v2.0"),
            "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
            "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
    )
}

fn instance(origin: &str) -> Answer {
    let host = origin.trim_start_matches("https://");
    plain(
        200,
        json!({
            "tenant_discovery_endpoint": format!("{origin}/common/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }),
    )
}

pub(crate) fn plain(status: u16, body: Value) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers: Vec::new(),
        body: Payload::Json(body),
    }
}

/// `https://host` as the client wrote it.
fn origin(uri: &Uri, headers: &HeaderMap) -> String {
    let named = uri.authority().map(http::uri::Authority::as_str);
    let host = named.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
    format!("https://{}", host.unwrap_or("localhost"))
}

fn deliver(outcome: Outcome, switch: Switch) -> Response {
    if outcome.cut == Some(Cut::Reset) {
        switch.cut();
    }
    let (kind, bytes) = match outcome.answer.body {
        Payload::Empty => (None, Bytes::new()),
        Payload::Json(value) => (Some("application/json"), Bytes::from(value.to_string())),
        Payload::Text(text) => (Some("text/plain"), Bytes::from(text)),
        Payload::Html(text) => (Some("text/html; charset=utf-8"), Bytes::from(text)),
    };
    let mut builder = Response::builder().status(outcome.answer.status);
    for (name, value) in outcome.answer.headers {
        builder = builder.header(name, value);
    }
    if let Some(kind) = kind {
        builder = builder.header(header::CONTENT_TYPE, kind);
    }
    let body = if outcome.cut == Some(Cut::Truncate) {
        builder = builder.header(header::CONTENT_LENGTH, bytes.len());
        truncated(bytes, switch)
    } else {
        Body::from(bytes)
    };
    builder.body(body).unwrap_or_default()
}

/// The first half of `bytes`, and then a broken connection.
fn truncated(bytes: Bytes, switch: Switch) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    Body::from_stream(stream::unfold(Some(half), move |half| {
        let switch = switch.clone();
        async move {
            if let Some(half) = half {
                return Some((Ok(half), None));
            }
            tokio::time::sleep(HALF_WAY).await;
            switch.cut();
            Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), None))
        }
    }))
}
