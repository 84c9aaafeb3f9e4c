//! Asking the router as a client does.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::stage::Stage;

/// A request to be sent.
pub(crate) struct Ask<'a> {
    stage: &'a Stage,
    request: axum::http::request::Builder,
    body: Body,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Stage {
    /// A request without a key.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Ask { stage: self, request: Request::builder().method(method).uri(path), body: Body::empty() }
    }

    /// A request of an operator.
    pub(crate) fn operate(&self, method: &str, path: &str) -> Ask<'_> {
        self.ask(method, path).key(&self.operate)
    }

    /// A request of an administrator.
    pub(crate) fn administer(&self, method: &str, path: &str) -> Ask<'_> {
        self.ask(method, path).key(&self.admin)
    }
}

impl Ask<'_> {
    pub(crate) fn key(self, key: &str) -> Self {
        self.header(header::AUTHORIZATION.as_str(), &format!("Bearer {key}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::from(body.to_string());
        self.header("content-type", "application/json")
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.request.body(self.body).unwrap();
        let response = self.stage.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends it, and takes the document of an answer of this status.
    pub(crate) async fn expect(self, status: u16) -> Value {
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
        answer.document()
    }

    /// Sends it, and takes the code of the problem of this status.
    pub(crate) async fn refused(self, status: u16) -> (String, Option<String>) {
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.document();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:listsync:problem:{}", problem["code"].as_str().unwrap()));
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
        (problem["code"].as_str().unwrap().to_owned(), problem["field"].as_str().map(str::to_owned))
    }
}

impl Answer {
    pub(crate) fn document(&self) -> Value {
        match self.body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&self.body).unwrap(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
