//! A client assertion signed with the app's certificate key, as the Microsoft identity platform page "Microsoft identity
//! platform application authentication certificate credentials" describes it.

use std::{fmt, path::Path, sync::Arc};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use listsync_core::Timestamp;
use listsync_engine::ports::Clock;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{settings::ConnectError, validity};

const SETTING: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const LIFE_SECONDS: i64 = 600;

/// Signs a fresh assertion for each sign-in.
pub(crate) struct CertificateAssertion {
    key: EncodingKey,
    thumbprint: String,
    audience: String,
    client_id: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for CertificateAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateAssertion(…)")
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

/// A key with its certificate, read from one PEM file.
#[derive(Clone)]
pub(crate) struct Certificate {
    key: EncodingKey,
    thumbprint: String,
    /// Its `notAfter`, where it can be read.
    ends: Option<Timestamp>,
}

impl Certificate {
    /// When it expires.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    pub(crate) fn read(path: &Path) -> Result<Self, ConnectError> {
        let pem = std::fs::read_to_string(path).map_err(|source| ConnectError::File {
            setting: SETTING,
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&pem).map_err(|missing| {
            ConnectError::wrong(
                SETTING,
                format!("names a file without {missing} in PEM form: {}", path.display()),
            )
        })
    }

    fn parse(pem: &str) -> Result<Self, &'static str> {
        let certificate = block(pem, &["CERTIFICATE"]).and_then(contents).ok_or("a certificate")?;
        let key = block(pem, &["PRIVATE KEY", "RSA PRIVATE KEY"]).ok_or("an unencrypted RSA private key")?;
        let key = EncodingKey::from_rsa_pem(key.as_bytes()).map_err(|_| "an RSA private key")?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        Ok(Self { key, thumbprint, ends: validity::not_after(&certificate) })
    }

    pub(crate) fn assertion(
        self,
        audience: String,
        client_id: String,
        clock: Arc<dyn Clock>,
    ) -> CertificateAssertion {
        let Self { key, thumbprint, ends: _ } = self;
        CertificateAssertion { key, thumbprint, audience, client_id, clock }
    }
}

/// The first PEM block with one of the labels, its lines of dashes included.
fn block<'a>(pem: &'a str, labels: &[&str]) -> Option<&'a str> {
    labels.iter().find_map(|label| {
        let start = pem.find(&format!("-----BEGIN {label}-----"))?;
        let end = format!("-----END {label}-----");
        let length = pem[start..].find(&end)? + end.len();
        Some(&pem[start..start + length])
    })
}

fn contents(block: &str) -> Option<Vec<u8>> {
    let base64: String = block.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(base64).ok().filter(|der| !der.is_empty())
}

impl CertificateAssertion {
    fn sign(&self) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now().as_second();
        let claims = Claims {
            aud: &self.audience,
            iss: &self.client_id,
            sub: &self.client_id,
            jti: uuid::Uuid::new_v4().to_string(),
            nbf: now,
            iat: now,
            exp: now + LIFE_SECONDS,
        };
        let mut header = Header::new(Algorithm::RS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

#[async_trait::async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.sign().map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Credential, error))
    }
}
