//! What a sender hears whose request was not taken.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use listsync_engine::ports::{Fault, PortError};
use serde_json::{Map, Value, json};

use super::{MAX_BODY, VisitError};
use crate::{
    admission::TooOften,
    body::Unread,
    events::{Misread, NotVerified},
};

/// What a sender waits that is told nothing else, in seconds.
const SOON: u64 = 30;

pub(super) enum Refusal {
    /// Unknown source, wrong signature, stale: the same answer, so that nobody learns which.
    NotVerified,
    TooLarge,
    /// Verified, but not understood.
    Misread(Misread),
    /// After this many seconds it may work.
    Later(u64),
    /// More came than may; after this many seconds there is room again.
    TooOften(u64),
}

impl From<TooOften> for Refusal {
    fn from(TooOften { retry_after }: TooOften) -> Self {
        Self::TooOften(retry_after)
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::TooLarge,
            Unread::BrokenOff => Self::Misread(Misread::new("", "the body broke off")),
            Unread::Busy => Self::Later(SOON),
        }
    }
}

impl From<NotVerified> for Refusal {
    fn from(_: NotVerified) -> Self {
        Self::NotVerified
    }
}

impl From<Misread> for Refusal {
    fn from(misread: Misread) -> Self {
        Self::Misread(misread)
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        tracing::warn!(code = error.code, error = error.message, "events could not be stored");
        match error.fault {
            Fault::Throttled(wait) => Self::Later(wait.as_secs().max(1)),
            _ => Self::Later(SOON),
        }
    }
}

impl From<VisitError> for Refusal {
    fn from(error: VisitError) -> Self {
        match error {
            VisitError::Refused => Self::NotVerified,
            VisitError::Unreachable => Self::Later(SOON),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotVerified => Problem {
                status: StatusCode::UNAUTHORIZED,
                code: "not_verified",
                detail: NotVerified.to_string(),
                field: None,
                header: Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature"))),
            },
            Self::TooLarge => Problem {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                code: "too_large",
                detail: format!("the body is larger than {MAX_BODY} bytes: send fewer events at a time"),
                field: None,
                header: None,
            },
            Self::Misread(Misread { field, why }) => Problem {
                status: StatusCode::BAD_REQUEST,
                code: "malformed",
                detail: why,
                field: Some(field),
                header: None,
            },
            Self::Later(seconds) => Problem {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "unavailable",
                detail: "the events could not be stored now: send them again".to_owned(),
                field: None,
                header: Some((header::RETRY_AFTER, HeaderValue::from(seconds))),
            },
            Self::TooOften(seconds) => Problem {
                status: StatusCode::TOO_MANY_REQUESTS,
                code: "too_many_requests",
                detail: "these are too many requests: send them again later".to_owned(),
                field: None,
                header: Some((header::RETRY_AFTER, HeaderValue::from(seconds))),
            },
        }
        .into_response()
    }
}

/// A problem document (RFC 9457), of the shape that the HTTP API has.
struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut document = Map::from_iter([
            ("type".to_owned(), json!(format!("urn:listsync:problem:{}", self.code))),
            ("title".to_owned(), json!(self.status.canonical_reason())),
            ("status".to_owned(), json!(self.status.as_u16())),
            ("detail".to_owned(), json!(self.detail)),
            ("code".to_owned(), json!(self.code)),
        ]);
        document.extend(self.field.map(|field| ("field".to_owned(), json!(field))));
        let mut response = (self.status, Value::Object(document).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.header);
        response
    }
}
