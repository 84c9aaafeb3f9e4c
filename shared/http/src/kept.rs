//! Answers that are kept in the store, to be given or looked at later.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problem::Problem;

/// On an answer that was given before.
const REPEATED: &str = "idempotency-replayed";
/// What the store takes at most for one value, in bytes, with room for its frame.
const LARGEST: usize = 200 * 1024;
/// The headers of an answer that are kept without its body.
const OUTLINE: [HeaderName; 2] = [header::LOCATION, header::ETAG];
/// The headers of an answer that are kept.
const HEADERS: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::LINK];

/// Whether an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// It may.
    Whole,
    /// It names people, who may be erased before it is looked at: its status, and where to look.
    Outline,
    /// It holds a secret that is shown once: only its status.
    Status,
}

/// An answer, as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) enum Kept {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        /// In base64.
        body: String,
    },
    /// It was too large, or holds a secret.
    Gone { status: u16 },
}

impl Kept {
    /// What is kept of an answer, and the answer.
    pub(crate) async fn of(response: Response, keeping: Keeping) -> (Self, Response) {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            let broken = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "the answer broke off");
            return (Self::Gone { status }, broken.into_response());
        };
        let header = |name: &HeaderName| {
            Some((name.as_str().to_owned(), parts.headers.get(name)?.to_str().ok()?.to_owned()))
        };
        let kept = match keeping {
            Keeping::Whole if body.len() <= LARGEST => {
                let headers = HEADERS.iter().filter_map(header).collect();
                Self::Answer { status, headers, body: STANDARD.encode(&body) }
            }
            Keeping::Outline => {
                let headers = OUTLINE.iter().filter_map(header).collect();
                Self::Answer { status, headers, body: String::new() }
            }
            Keeping::Whole | Keeping::Status => Self::Gone { status },
        };
        (kept, Response::from_parts(parts, Body::from(body)))
    }

    pub(crate) fn status(&self) -> u16 {
        let (Self::Answer { status, .. } | Self::Gone { status }) = self;
        *status
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let Self::Answer { headers, .. } = self else { return None };
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// Its body, where that is JSON.
    pub(crate) fn document(&self) -> Option<Value> {
        let Self::Answer { body, .. } = self else { return None };
        serde_json::from_slice(&STANDARD.decode(body).ok()?).ok()
    }

    /// The answer once more, marked as such.
    ///
    /// # Errors
    /// When only its status was kept: with that.
    pub(crate) fn given_again(self) -> Result<Response, u16> {
        let (status, headers, body) = match self {
            Self::Answer { status, headers, body } => (status, headers, body),
            Self::Gone { status } => return Err(status),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = (status, STANDARD.decode(body).unwrap_or_default()).into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert(REPEATED, HeaderValue::from_static("true"));
        Ok(response)
    }
}
