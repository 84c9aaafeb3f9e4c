//! Registered applications and what they prove themselves with.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::state::ObjectId;

/// An application registration with its service principal.
#[derive(Clone, Debug)]
pub struct App {
    /// The application (client) id.
    pub client_id: ObjectId,
    /// The object id of its service principal.
    pub service_principal: ObjectId,
    /// Client secrets.
    pub secrets: Vec<String>,
    /// Assertions of other issuers that are trusted.
    pub federated: Vec<Federated>,
    /// Certificates (PEM) whose keys may sign assertions.
    pub certificates: Vec<String>,
    /// Where people who sign in to it are sent back to, as a web app's redirect addresses.
    pub redirects: Vec<String>,
    /// Application permissions that an administrator consented to.
    pub roles: BTreeSet<String>,
}

/// A federated credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Federated {
    /// Exactly this token is accepted.
    Token(String),
    /// A JWT with this issuer and subject is accepted; its signature is not checked.
    Subject {
        /// The `iss` claim.
        issuer: String,
        /// The `sub` claim.
        subject: String,
    },
}

/// Why an assertion is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadAssertion {
    /// It is not a JWT.
    Malformed,
    /// It is over, or not meant for this endpoint.
    OutOfRange,
    /// Nobody registered its issuer and subject.
    UnknownSubject,
    /// No registered certificate made its signature.
    UnknownKey,
}

impl App {
    pub(crate) fn accepts(&self, assertion: &str, audience: &str, now_s: i64) -> Result<(), BadAssertion> {
        let exact =
            |federated: &Federated| matches!(federated, Federated::Token(token) if token == assertion);
        if self.federated.iter().any(exact) {
            return Ok(());
        }
        let claims = claims(assertion).ok_or(BadAssertion::Malformed)?;
        if claims["exp"].as_i64().is_none_or(|exp| exp <= now_s) {
            return Err(BadAssertion::OutOfRange);
        }
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let known = Federated::Subject { issuer: text("iss"), subject: text("sub") };
        if self.federated.contains(&known) {
            return Ok(());
        }
        let own = self.client_id.to_string();
        if text("iss") != own || text("sub") != own {
            return Err(BadAssertion::UnknownSubject);
        }
        if text("aud") != audience {
            return Err(BadAssertion::OutOfRange);
        }
        self.check_signature(assertion)
    }

    fn check_signature(&self, assertion: &str) -> Result<(), BadAssertion> {
        let header = jsonwebtoken::decode_header(assertion).map_err(|_| BadAssertion::Malformed)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256) {
            return Err(BadAssertion::Malformed);
        }
        let mut validation = Validation::new(header.alg);
        // Times and audience were judged by the emulator's own clock and host.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        for pem in &self.certificates {
            if !names(&header, pem) {
                continue;
            }
            let Ok(key) = DecodingKey::from_rsa_pem(pem.as_bytes()) else { continue };
            if jsonwebtoken::decode::<Value>(assertion, &key, &validation).is_ok() {
                return Ok(());
            }
        }
        Err(BadAssertion::UnknownKey)
    }
}

/// Whether the header's thumbprint is that of the certificate. Entra demands one of the two.
fn names(header: &jsonwebtoken::Header, pem: &str) -> bool {
    let Some(der) = der(pem) else { return false };
    if let Some(sha256) = &header.x5t_s256 {
        return *sha256 == URL_SAFE_NO_PAD.encode(Sha256::digest(&der));
    }
    // A SHA-1 thumbprint is only checked for its form: the signature is what proves the key.
    header
        .x5t
        .as_ref()
        .is_some_and(|sha1| URL_SAFE_NO_PAD.decode(sha1.trim_end_matches('=')).is_ok_and(|b| b.len() == 20))
}

fn der(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END").next()?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
