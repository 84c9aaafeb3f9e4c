//! A refusal as every client of the API gets it: a problem document (RFC 9457).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use listsync_engine::ports::{Fault, PortError};
use serde::Serialize;
use utoipa::ToSchema;

/// What a client that is told to wait without a time waits, in seconds.
const SOON: u64 = 5;

/// Why a request was refused, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// What is wrong, with what.
    pub detail: String,
    /// A stable code.
    pub code: String,
    /// The field, parameter or header that is wrong, where it is one.
    pub field: Option<String>,
    /// What to do next, possibly empty.
    pub hint: String,
    /// Seconds to wait before the next try.
    pub retry_after: Option<u64>,
}

/// A [`Problem`] as clients get it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// A URI that names the kind of problem: `urn:listsync:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, with what.
    detail: String,
    /// A stable code.
    code: String,
    /// The field, parameter or header that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Seconds to wait before the next try; also the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl From<Problem> for ProblemDocument {
    fn from(problem: Problem) -> Self {
        let Problem { status, detail, code, field, hint, retry_after } = problem;
        Self {
            kind: format!("urn:listsync:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail,
            code,
            field,
            hint: Some(hint).filter(|hint| !hint.is_empty()),
            retry_after,
        }
    }
}

impl Problem {
    /// A problem without advice.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            code: code.to_owned(),
            field: None,
            hint: String::new(),
            retry_after: None,
        }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same with the field that is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same with the seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// A value that cannot be taken, with its field.
    #[must_use]
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).field(field)
    }

    /// A parameter of the URL that cannot be taken.
    #[must_use]
    pub fn parameter(field: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_parameter", detail).field(field)
    }

    /// What the URL names is not there.
    #[must_use]
    pub fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, &format!("no_such_{what}"), format!("there is no such {what}"))
    }

    /// Something stands in the way.
    #[must_use]
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let PortError { fault, code, message, hint } = error;
        let (status, wait) = match fault {
            Fault::Throttled(wait) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait.as_secs())),
            Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(SOON)),
            Fault::Busy => (StatusCode::CONFLICT, Some(SOON)),
            Fault::Gone => (StatusCode::NOT_FOUND, None),
            Fault::Denied => (StatusCode::BAD_GATEWAY, None),
            Fault::Rejected if code == "version" => (StatusCode::PRECONDITION_FAILED, None),
            Fault::Rejected | Fault::LeaseLost => (StatusCode::CONFLICT, None),
        };
        let mut problem = Self::new(status, &code, message).hint(hint);
        problem.retry_after = wait.map(|seconds| seconds.max(1));
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, wait, problem) = (self.status, self.retry_after, self.clone());
        let mut response = (status, Json(ProblemDocument::from(self))).into_response();
        // Whoever tells it in other words finds it here.
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"listsync\""));
        }
        response
    }
}
