//! Refusals of whatever stands before a handler, and of handlers, in SCIM's words.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use listsync_scim::{CONTENT_TYPE, ScimType, error_document};

use super::PREFIX;
use crate::problem::Problem;

/// Has what is refused below `/scim/v2` be a SCIM error. Other paths are left alone.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let is_scim = request.uri().path().starts_with(PREFIX);
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    if !is_scim || status < 400 {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>();
    let (kind, detail) = match &problem {
        Some(problem) if problem.hint.is_empty() => {
            (ScimType::of_code(&problem.code), problem.detail.clone())
        }
        Some(problem) => (ScimType::of_code(&problem.code), format!("{}: {}", problem.detail, problem.hint)),
        // One that is told once more.
        None => (None, "this was refused before".to_owned()),
    };
    let document = error_document(status, kind, &detail).to_string();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(document);
    response
}
