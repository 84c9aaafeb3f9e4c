//! A webhook, signed as Standard Webhooks has it.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use listsync_core::{Timestamp, alert::Message};
use listsync_engine::ports::{AlertChannel, Fault, PortError, PortResult};
use reqwest::header::{HeaderMap, HeaderValue};
use sha2::Sha256;

use crate::{Poster, SecretText, document::document};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// As many bytes as a secret has ("Signature scheme" of the specification).
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Messages to one URL, each with its id, the second of the try, and a signature over both and the body.
pub struct Webhook {
    /// By what it is sent.
    pub poster: Arc<Poster>,
    /// Where.
    pub url: Arc<dyn SecretText>,
    /// By what it is signed: `whsec_` and base64 of 24 to 64 bytes.
    pub secret: Arc<dyn SecretText>,
}

#[async_trait]
impl AlertChannel for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    async fn send(&self, message: &Message, now: Timestamp) -> PortResult<()> {
        let (url, secret) = (self.url.text().await?, self.secret.text().await?);
        let key = key(&secret).ok_or_else(odd_secret)?;
        let body = document(message).to_string();
        let second = now.as_second().to_string();
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-signature", signature(&key, &format!("{}.{second}.{body}", message.id))),
            ("webhook-timestamp", second),
        ];
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(name, HeaderValue::try_from(value).map_err(|_| odd_secret())?);
        }
        self.poster.post(&url, all, body).await
    }
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let key = BASE64.decode(secret.trim().strip_prefix(PREFIX)?).ok()?;
    BYTES.contains(&key.len()).then_some(key)
}

fn signature(key: &[u8], signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn odd_secret() -> PortError {
    PortError::new(Fault::Rejected, "alert_secret", "the secret of the webhook is none")
        .with_hint("give whsec_ and the base64 of 24 to 64 random bytes, as the receiver has it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_base64_of_enough_bytes_after_its_prefix() {
        let of = |bytes: usize| format!("{PREFIX}{}", BASE64.encode(vec![7; bytes]));
        assert_eq!(key(&of(24)), Some(vec![7; 24]));
        assert_eq!(key(&format!(" {}\n", of(64))), Some(vec![7; 64]));
        for odd in [of(23), of(65), BASE64.encode([7; 32]), "whsec_?".to_owned(), String::new()] {
            assert_eq!(key(&odd), None, "{odd}");
        }
    }
}
