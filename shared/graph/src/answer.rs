//! What came back, of a request or of one part of a batch.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use listsync_core::{Timestamp, flight::Strain};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::retry_after::{http_date, retry_after};

/// A finished answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) request_id: String,
    pub(crate) earlier: Earlier,
}

/// Whether an earlier attempt of the same request may have taken effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// None can have.
    #[default]
    Harmless,
    /// One may have.
    Perhaps,
}

/// An answer that says success and holds no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Answer {
    /// Reads an answer whose body arrived in full.
    pub(crate) fn read(
        status: u16,
        headers: &HeaderMap,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Self, Unreadable> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let json = text("content-type").is_some_and(|kind| kind.contains("json"));
        let body = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) if json && (200..300).contains(&status) => return Err(Unreadable),
            Err(_) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        };
        let date = text("date").and_then(http_date);
        Ok(Self {
            status,
            body,
            retry_after: text("retry-after").and_then(|value| retry_after(value, date.unwrap_or(now))),
            date,
            request_id: text("request-id").unwrap_or_default().to_owned(),
            earlier: Earlier::default(),
        })
    }

    /// Reads one of the `responses` of a batch, with its id.
    pub(crate) fn read_part(part: &Value, now: Timestamp) -> Option<(String, Self)> {
        let id = part.get("id")?.as_str()?.to_owned();
        let status = u16::try_from(part.get("status")?.as_u64()?).ok()?;
        let header = |wanted: &str| {
            let headers = part.get("headers")?.as_object()?;
            let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            match value {
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            }
        };
        let answer = Self {
            status,
            body: part.get("body").cloned().unwrap_or(Value::Null),
            retry_after: header("retry-after").and_then(|value| retry_after(&value, now)),
            date: None,
            request_id: header("request-id").unwrap_or_default(),
            earlier: Earlier::default(),
        };
        Some((id, answer))
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The innermost code: nested ones are more exact (the page "Microsoft Graph error responses and resource types").
    pub(crate) fn code(&self) -> &str {
        let mut at = self.body.get("error");
        let mut code = "";
        while let Some(error) = at {
            if let Some(found) = error.get("code").and_then(Value::as_str).filter(|found| !found.is_empty()) {
                code = found;
            }
            at = inner(error);
        }
        code
    }

    /// Graph's own text: to be searched, never shown, as it may name people.
    pub(crate) fn text(&self) -> &str {
        self.body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default()
    }

    /// What Microsoft's support asks for.
    pub(crate) fn request_id(&self) -> &str {
        let mut at = self.body.get("error");
        while let Some(error) = at {
            if let Some(id) = error.get("request-id").and_then(Value::as_str) {
                return id;
            }
            at = inner(error);
        }
        &self.request_id
    }

    /// Whether another write to the same place was under way (the page "Microsoft Graph error responses and resource types").
    pub(crate) fn is_clash(&self) -> bool {
        self.status == 409 && self.code().eq_ignore_ascii_case("Directory_ConcurrencyViolation")
    }

    /// What it says of how much the directory bears.
    pub(crate) fn strain(&self) -> Strain {
        match self.status {
            429 | 503 | 504 => Strain::Slowed,
            _ if self.is_clash() => Strain::Clashed,
            _ => Strain::None,
        }
    }

    /// Whether the directory has not heard yet everywhere of something that was just made.
    pub(crate) fn is_unreplicated(&self) -> bool {
        self.text().contains("source resource object or one of the objects being referenced do not exist")
    }

    /// A bare number, as `$count` answers: as JSON, as text, or, in a batch, as text in base64.
    pub(crate) fn number(&self) -> Option<u64> {
        match &self.body {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => digits(text).or_else(|| {
                let decoded = STANDARD.decode(text.trim()).ok()?;
                digits(std::str::from_utf8(&decoded).ok()?)
            }),
            _ => None,
        }
    }
}

fn inner(error: &Value) -> Option<&Value> {
    error.get("innerError").or_else(|| error.get("innererror")).filter(|inner| inner.is_object())
}

fn digits(text: &str) -> Option<u64> {
    text.trim_start_matches('\u{feff}').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_innermost_code_counts_in_either_spelling() {
        let body = json!({"error": {"code": "Outer", "message": "m",
            "innererror": {"request-id": "r1", "innerError": {"code": "Inner"}}}});
        let answer = Answer { status: 400, body, ..Answer::default() };
        assert_eq!((answer.code(), answer.request_id()), ("Inner", "r1"));
    }

    #[test]
    fn a_count_is_read_however_it_is_wrapped() {
        for body in [json!(123), json!("123"), json!("\u{feff}123"), json!("MTIz")] {
            let answer = Answer { status: 200, body: body.clone(), ..Answer::default() };
            assert_eq!(answer.number(), Some(123), "{body}");
        }
        assert_eq!(Answer { status: 200, body: json!({}), ..Answer::default() }.number(), None);
    }

    #[test]
    fn json_that_breaks_off_is_no_answer() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().expect("a header"));
        assert!(Answer::read(200, &headers, b"{\"value\":[", Timestamp::UNIX_EPOCH).is_err());
        assert!(Answer::read(502, &headers, b"<html>", Timestamp::UNIX_EPOCH).is_ok());
    }
}
