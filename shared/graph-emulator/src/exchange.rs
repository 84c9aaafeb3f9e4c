//! One Graph request and its answer, outside or inside a batch.

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::errors::Refusal;
use crate::odata::query::Query;

/// A request below `/v1.0`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// As sent, below `/v1.0`, without the query.
    pub(crate) path: String,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Sent,
    /// `https://host/v1.0`, as the client addressed it.
    pub(crate) base: String,
    pub(crate) place: Place,
}

/// What the request carried.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    Nothing,
    Json(Value),
    /// Bytes that are not JSON, or JSON without its content type; with the reason.
    Unreadable(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Alone,
    Part,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON object that a write must carry.
    pub(crate) fn object(&self) -> Result<&serde_json::Map<String, Value>, Refusal> {
        match &self.body {
            Sent::Json(Value::Object(map)) => Ok(map),
            Sent::Json(_) => Err(Refusal::bad_request("The request body must be a JSON object.")),
            Sent::Nothing => Err(Refusal::bad_request("Empty Payload. JSON content expected.")),
            Sent::Unreadable(reason) => Err(Refusal::named(400, "BadRequest", reason.clone())),
        }
    }

    pub(crate) fn no_body(&self) -> Result<(), Refusal> {
        match self.body {
            Sent::Nothing => Ok(()),
            _ => Err(Refusal::bad_request("A body is not supported on this request.")),
        }
    }

    /// Whether the request asks for the eventually consistent index.
    pub(crate) fn eventual(&self) -> bool {
        self.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
    }

    /// Both halves of an advanced query: the header, and `$count=true`.
    pub(crate) fn advanced(&self) -> bool {
        self.eventual() && self.query.flag("$count")
    }
}

/// An answer before it is put on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Payload,
}

#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Empty,
    Json(Value),
    Text(String),
    Html(String),
}

pub(crate) type Reply = Result<Answer, Refusal>;

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Payload::Json(body) }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, headers: Vec::new(), body: Payload::Json(body) }
    }

    pub(crate) fn accepted() -> Self {
        Self { status: StatusCode::ACCEPTED, headers: Vec::new(), body: Payload::Empty }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Payload::Empty }
    }

    pub(crate) fn count(count: usize) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Payload::Text(count.to_string()) }
    }

    pub(crate) fn json(&self) -> Option<Value> {
        match &self.body {
            Payload::Empty => None,
            Payload::Json(value) => Some(value.clone()),
            Payload::Text(text) | Payload::Html(text) => Some(json!(text)),
        }
    }
}
