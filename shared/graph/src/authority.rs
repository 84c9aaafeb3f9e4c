//! What the authority answers when it gives no token. `azure_identity` 1.0 hands on neither its `Retry-After` nor, where
//! the body is no JSON or its text holds an escape, its status; so answers are listened to on their way.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use listsync_core::Timestamp;
use listsync_engine::ports::Clock;
use serde_json::Value;

use crate::retry_after::{http_date, retry_after};

/// An answer without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// The number of its `AADSTS` code.
    pub(crate) number: Option<u32>,
}

/// Sends, and keeps the last refusal.
pub(crate) struct Ear {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    heard: Mutex<Option<Refused>>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ear(…)")
    }
}

impl Ear {
    pub(crate) fn new(client: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, heard: Mutex::default() }
    }

    /// The last refusal, once.
    pub(crate) fn take(&self) -> Option<Refused> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait::async_trait]
impl HttpClient for Ear {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.client.execute_request(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (status, headers, body) = answer.deconstruct();
        let bytes = body.collect().await?;
        let header = |wanted: &str| {
            headers
                .iter()
                .find(|(name, _)| name.as_str().eq_ignore_ascii_case(wanted))
                .map(|(_, v)| v.as_str())
        };
        let date: Option<Timestamp> = header("date").and_then(http_date);
        let now = date.unwrap_or_else(|| self.clock.now());
        let refused = Refused {
            status: u16::from(status),
            retry_after: header("retry-after").and_then(|value| retry_after(value, now)),
            number: number(&bytes),
        };
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
        Ok(AsyncRawResponse::from_bytes(status, headers, bytes))
    }
}

/// The number among `error_codes`, else the one in the text.
fn number(body: &[u8]) -> Option<u32> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let listed = document.pointer("/error_codes/0").and_then(Value::as_u64);
    match listed.and_then(|number| u32::try_from(number).ok()) {
        Some(number) => Some(number),
        None => {
            let text = String::from_utf8_lossy(body);
            let (_, rest) = text.split_once("AADSTS")?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_in_whatever_the_body_is() {
        for (body, expected) in [
            (
                r#"{"error_codes":[7000215],"error_description":"AADSTS7000215: Invalid.\r\nTrace"}"#,
                Some(7_000_215),
            ),
            (r#"{"error_description":"x failed. AADSTS90033: A transient error."}"#, Some(90_033)),
            ("<html>AADSTS50196</html>", Some(50_196)),
            ("<html>Service unavailable</html>", None),
            ("", None),
        ] {
            assert_eq!(number(body.as_bytes()), expected, "{body}");
        }
    }
}
