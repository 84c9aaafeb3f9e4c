//! What the gateway before the function tells of a request, and what it takes as an answer.

use std::{future::Future, pin::Pin};

use axum::{
    body::to_bytes,
    extract::Request,
    http::{Response, StatusCode},
};
use lambda_http::{Body, IntoResponse, RequestExt as _, request::RequestContext};
use listsync_http::Connected;

/// Names where a request comes from, as the gateway saw it.
pub(crate) async fn named(mut request: Request) -> Request {
    let source = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    if let Some(address) = source.and_then(|source| source.parse().ok()) {
        request.extensions_mut().insert(Connected(address));
    }
    request
}

/// An answer of the router. What is UTF-8 goes to Lambda as a text and all else as base64: so far its bytes say enough. The
/// library's own way is by the type and the charset that the answer names, with the tables of every charset there is.
pub(crate) struct Answer(pub(crate) axum::response::Response);

impl IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        let (parts, body) = self.0.into_parts();
        Box::pin(async move {
            let Ok(bytes) = to_bytes(body, usize::MAX).await else { return broken_off() };
            let body = match String::from_utf8(bytes.into()) {
                Ok(text) if text.is_empty() => Body::Empty,
                Ok(text) => Body::Text(text),
                Err(other) => Body::Binary(other.into_bytes()),
            };
            Response::from_parts(parts, body)
        })
    }
}

/// In place of an answer of which a part is missing: nothing of that one may be taken for the whole.
fn broken_off() -> Response<Body> {
    tracing::error!("an answer broke off by a fault of the program");
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(body: impl Into<axum::body::Body>) -> Response<Body> {
        Answer(axum::response::Response::new(body.into())).into_response().await
    }

    #[tokio::test]
    async fn text_goes_as_it_is_and_other_bytes_unharmed() {
        assert_eq!(*sent("für alle").await.body(), Body::Text("für alle".to_owned()));
        assert_eq!(*sent(&b"f\xfcr"[..]).await.body(), Body::Binary(b"f\xfcr".to_vec()));
        assert_eq!(*sent("").await.body(), Body::Empty);
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_no_success() {
        let broken = futures::stream::iter([Ok("half of"), Err("gone")]);
        let answer = sent(axum::body::Body::from_stream(broken)).await;
        assert_eq!((answer.status(), answer.body()), (StatusCode::INTERNAL_SERVER_ERROR, &Body::Empty));
    }
}
