//! SCIM 2.0: what provisioning systems call, below `/scim/v2`. It goes through the same gate as the API, and what is refused is
//! refused in SCIM's words.

mod bulk;
mod dress;
mod etag;
mod groups;
mod search;
mod server;
mod users;

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use listsync_scim::{CONTENT_TYPE, Capabilities, Cut, ListQuery, Refusal, ScimType};
use serde_json::Value;

use crate::{
    app::App,
    ask::{self, Asked},
    problem::Problem,
};

pub(crate) use dress::dress;

/// Where it begins.
pub(crate) const PREFIX: &str = "/scim/v2";
/// The largest body, in bytes: a group of 20,000 members.
const LARGEST: usize = 4 * 1024 * 1024;

/// The routes.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(server::config))
        .route("/scim/v2/ResourceTypes", get(server::resource_types))
        .route("/scim/v2/ResourceTypes/{name}", get(server::resource_type))
        .route("/scim/v2/Schemas", get(server::schemas))
        .route("/scim/v2/Schemas/{schema}", get(server::schema))
        .route("/scim/v2/Users", get(users::all).post(users::create))
        .route("/scim/v2/Users/.search", post(search::users))
        .route(
            "/scim/v2/Users/{contact}",
            get(users::one).put(users::replace).patch(users::edit).delete(users::delete),
        )
        .route("/scim/v2/Groups", get(groups::all).post(groups::create))
        .route("/scim/v2/Groups/.search", post(search::groups))
        .route(
            "/scim/v2/Groups/{list}",
            get(groups::one).put(groups::replace).patch(groups::edit).delete(groups::delete),
        )
        .route("/scim/v2/.search", post(search::everything))
        .route("/scim/v2/Bulk", post(bulk::carry_out))
}

/// Where the server's SCIM begins, as clients see it.
pub(crate) struct Base(pub(crate) String);

impl FromRequestParts<App> for Base {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        // A host without a public URL is one that is reached as it listens.
        let origin = match (&app.options.public_url, host) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => String::new(),
        };
        Ok(Self(format!("{origin}{PREFIX}")))
    }
}

impl Base {
    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities { base: &self.0, documentation: "https://www.rfc-editor.org/rfc/rfc7644" }
    }
}

/// The parameters of a URL, in order.
type Pairs = Vec<(String, String)>;

/// How a client sees a resource.
struct View {
    /// Where the server's SCIM begins.
    base: String,
    /// What of a resource it wants back.
    cut: Cut,
}

impl FromRequestParts<App> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Base(base) = Base::from_request_parts(parts, app).await?;
        let Asked(pairs) = Asked::<Pairs>::from_request_parts(parts, app).await?;
        Ok(Self { base, cut: ListQuery::of_url(&pairs)?.cut })
    }
}

/// The body as JSON.
async fn document(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    document_of(headers, body, LARGEST).await
}

/// The same, of at most so many bytes.
async fn document_of(headers: &HeaderMap, body: Body, most: usize) -> Result<Value, Problem> {
    ask::judge_type(headers, &[CONTENT_TYPE, "application/json"])?;
    let body = ask::read(body, most).await?;
    serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("the body is no JSON: {error}"))
    })
}

/// An answer.
fn answer(status: StatusCode, document: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))];
    (status, headers, document.to_string()).into_response()
}

/// An answer that is one resource, with its version and its place.
fn resource(status: StatusCode, document: &Value, tag: &str) -> Response {
    let mut response = answer(status, document);
    let place = document["meta"]["location"].as_str().and_then(|place| HeaderValue::from_str(place).ok());
    response.headers_mut().extend(HeaderValue::from_str(tag).ok().map(|tag| (header::ETAG, tag)));
    if status == StatusCode::CREATED {
        response.headers_mut().extend(place.map(|place| (header::LOCATION, place)));
    }
    response
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, refusal.kind.code(), refusal.detail)
    }
}

/// What a path names is not there.
fn missing(what: &str) -> Problem {
    Problem::missing(what)
}

/// Somebody has it already.
fn taken(detail: &str) -> Problem {
    Refusal::of(ScimType::Uniqueness, detail).into()
}
