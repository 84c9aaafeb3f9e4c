//! Several operations in one request. Each goes through the gate and its handler as a request of its own, with the key of the
//! whole: it is counted, judged and recorded as if it had come alone.

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use listsync_scim::{
    CONTENT_TYPE,
    bulk::{self, Bulk, Method, Operation, Outcome},
    error_document,
};
use tower::ServiceExt as _;

use super::{Base, PREFIX, answer, document_of};
use crate::{app::App, ask, gate::Connected, problem::Problem};

pub(crate) async fn carry_out(
    State(app): State<App>,
    Base(base): Base,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let mut bulk = Bulk::read(&document_of(&parts.headers, body, bulk::MOST_BYTES).await?)?;
    if bulk.len() > bulk::MOST_OPERATIONS {
        let detail = format!("a bulk request has at most {} operations", bulk::MOST_OPERATIONS);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let router = crate::mounted(&app);
    let mut outcomes = Vec::with_capacity(bulk.len());
    while let Some((operation, ready)) = bulk.take() {
        let outcome = match ready {
            Ok(()) => one(&router, &parts, &operation, &base).await,
            Err(refusal) => {
                let (kind, status) = (refusal.kind, refusal.kind.status());
                let error = Some(error_document(status, Some(kind), &refusal.detail));
                Outcome { status, location: None, version: None, error }
            }
        };
        if outcome.error.is_some() {
            bulk.failed();
        } else {
            let id = outcome.location.as_deref().and_then(|location| location.rsplit('/').next());
            bulk.done(&operation, id);
        }
        outcomes.push(outcome.told(&operation));
    }
    Ok(answer(StatusCode::OK, &bulk::answered(outcomes)))
}

/// Does one operation, as whoever sent the whole.
async fn one(router: &Router, whole: &Parts, operation: &Operation, base: &str) -> Outcome {
    let response = match router.clone().oneshot(request(whole, operation)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, body) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = head.status.as_u16();
    // What was made says where it is; what was there already is where it was.
    let there = || (operation.method != Method::Post).then(|| format!("{base}{}", operation.path));
    let (location, version) = (text(header::LOCATION).or_else(there), text(header::ETAG));
    if status < 400 {
        return Outcome { status, location, version, error: None };
    }
    let error = match ask::read(body, bulk::MOST_BYTES).await {
        Ok(body) => serde_json::from_slice(&body).ok(),
        Err(_) => None,
    };
    let error = error.unwrap_or_else(|| error_document(status, None, "this was refused"));
    Outcome { status, location, version: None, error: Some(error) }
}

fn request(whole: &Parts, operation: &Operation) -> Request {
    let body = match operation.method {
        Method::Delete => Body::empty(),
        Method::Post | Method::Put | Method::Patch => Body::from(operation.data.to_string()),
    };
    let mut request = Request::new(body);
    *request.method_mut() = match operation.method {
        Method::Post => axum::http::Method::POST,
        Method::Put => axum::http::Method::PUT,
        Method::Patch => axum::http::Method::PATCH,
        Method::Delete => axum::http::Method::DELETE,
    };
    // The path holds nothing but letters, digits and a few signs that stand for themselves.
    *request.uri_mut() = format!("{PREFIX}{}", operation.path).parse().unwrap_or_default();
    let headers = request.headers_mut();
    for name in [header::AUTHORIZATION, header::HOST] {
        headers.extend(whole.headers.get(&name).map(|value| (name, value.clone())));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    let version = operation.version.as_deref().and_then(|version| HeaderValue::from_str(version).ok());
    headers.extend(version.map(|version| (header::IF_MATCH, version)));
    let from = request.extensions_mut();
    if let Some(connected) = whole.extensions.get::<Connected>() {
        from.insert(*connected);
    }
    if let Some(connected) = whole.extensions.get::<ConnectInfo<std::net::SocketAddr>>() {
        from.insert(*connected);
    }
    request
}
