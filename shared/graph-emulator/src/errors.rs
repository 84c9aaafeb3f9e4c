//! Refusals in Graph's words. The page "Microsoft Graph error responses and resource types" gives the shape.

use http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::{Answer, Payload};

/// An OData error to be.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The ids and the time that every error carries.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
    pub(crate) date: String,
}

/// Code and message of a write that another one keeps away.
pub(crate) const CONCURRENT: (&str, &str) = (
    "Directory_ConcurrencyViolation",
    "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
);

impl Refusal {
    pub(crate) fn named(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.into(),
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::named(400, "Request_BadRequest", message)
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::named(400, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn needs_advanced(what: &str) -> Self {
        Self::unsupported_query(format!(
            "Unsupported Query: {what}. Try adding $count=true query parameter and ConsistencyLevel:eventual header. \
             Refer to https://aka.ms/graph-docs/advanced-queries for more information"
        ))
    }

    pub(crate) fn missing(id: impl std::fmt::Display) -> Self {
        Self::named(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub(crate) fn concurrent() -> Self {
        Self::named(409, CONCURRENT.0, CONCURRENT.1)
    }

    pub(crate) fn denied() -> Self {
        Self::named(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::named(401, "InvalidAuthenticationToken", message)
            .with_header("www-authenticate", "Bearer realm=\"\"".to_owned())
    }

    pub(crate) fn unknown_segment(segment: &str) -> Self {
        Self::named(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn invalid_id(id: &str) -> Self {
        Self::bad_request(format!("Invalid object identifier '{id}'."))
    }

    pub(crate) fn expired_page() -> Self {
        Self::named(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and cannot be included in your request.",
        )
    }

    pub(crate) fn expired_delta() -> Self {
        Self::named(
            400,
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
        )
    }

    pub(crate) fn already(link: &str) -> Self {
        Self::bad_request(format!(
            "One or more added object references already exist for the following modified properties: '{link}'."
        ))
    }

    pub(crate) fn not_linked(link: &str) -> Self {
        Self::bad_request(format!(
            "One or more removed object references do not exist for the following modified properties: '{link}'."
        ))
    }

    /// The OData error, with the ids in `innerError`.
    pub(crate) fn into_answer(self, stamp: &Stamp) -> Answer {
        let body: Value = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": stamp.date,
                "request-id": stamp.request_id,
                "client-request-id": stamp.client_request_id,
            },
        }});
        Answer { status: self.status, headers: self.headers, body: Payload::Json(body) }
    }
}
