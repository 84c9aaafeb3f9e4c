//! People sign in by the authorization code flow with a proof key ("Microsoft identity platform and OAuth 2.0 authorization
//! code flow"; RFC 7636; RFC 9700, section 2.1.1). What the service's addresses and keys are, it says itself (OpenID Connect
//! Discovery 1.0, section 4).

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use listsync_core::Timestamp;
use listsync_engine::ports::{
    Call, Clock, Fault, PortError, PortResult, Proven, SignInAnswer, SignInQuestion, SignIns,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::{
    clockwork::{later, rest},
    id_token::{self, Doubt, Expected},
    proof::{self, Proof},
    settings::{ConnectError, Credential},
    transport,
};

/// The longest that one request takes.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What the service says of itself is asked for anew after so long.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// Keys are asked for again because of one that is not known, but not more often: anybody can name a key.
const KEYS_AGAIN: Duration = Duration::from_secs(300);
/// What is asked for: who it is, with `oid` and name, and nothing of anybody's data.
const SCOPE: &str = "openid profile";
/// A little more than any of these documents has.
const LARGEST: usize = 256 * 1024;

/// The app registration that people sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSettings {
    /// The tenant's id, or one of its domains (`AZURE_TENANT_ID`).
    pub tenant: String,
    /// The app's client id (`LISTSYNC_CONSOLE_CLIENT_ID`).
    pub client_id: String,
    /// How the app proves who it is; none: it is a public client, which the proof key protects alone.
    pub credential: Option<Credential>,
    /// Who signs people in; none: [`crate::PUBLIC_AUTHORITY`] (`AZURE_AUTHORITY_HOST`).
    pub authority_host: Option<String>,
    /// A PEM file of certificate authorities that are trusted besides the system's (`SSL_CERT_FILE`).
    pub ca_pem: Option<PathBuf>,
}

/// The sign-in of people to one tenant. It is to be made once and kept: it holds what the service says of itself.
pub struct WebSignIn {
    client: reqwest::Client,
    tenant: String,
    client_id: String,
    proof: Option<Proof>,
    authority: String,
    clock: Arc<dyn Clock>,
    known: tokio::sync::Mutex<Option<Known>>,
}

/// What the service says of itself.
#[derive(Clone)]
struct Known {
    endpoints: Endpoints,
    /// The id of the tenant.
    tenant: String,
    keys: JwkSet,
    at: Timestamp,
    keys_at: Timestamp,
}

#[derive(Clone, Deserialize)]
struct Endpoints {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

impl WebSignIn {
    /// Makes it. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting is malformed or names a file that cannot be used; the error names the setting.
    pub fn connect(settings: WebSettings, clock: Arc<dyn Clock>) -> Result<Self, ConnectError> {
        let WebSettings { tenant, client_id, credential, authority_host, ca_pem } = settings;
        Ok(Self {
            client: transport::client(ca_pem.as_deref())?,
            tenant: proof::named("AZURE_TENANT_ID", &tenant)?,
            client_id: proof::named("LISTSYNC_CONSOLE_CLIENT_ID", &client_id)?,
            proof: credential.as_ref().map(Proof::read).transpose()?,
            authority: proof::authority_of_people(authority_host.as_deref())?,
            clock,
            known: tokio::sync::Mutex::default(),
        })
    }

    /// What the service says of itself, as it said lately.
    async fn known(&self, call: Call<'_>) -> PortResult<Known> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some(known) = known.as_ref().filter(|known| now < later(known.at, FRESH)) {
            return Ok(known.clone());
        }
        let address = format!("{}/{}/v2.0/.well-known/openid-configuration", self.authority, self.tenant);
        let endpoints: Endpoints = self.fetch(call, &address).await?;
        let tenant = self.tenant_of(&endpoints)?;
        let keys = self.fetch(call, &endpoints.jwks_uri).await?;
        let fresh = Known { endpoints, tenant, keys, at: now, keys_at: now };
        *known = Some(fresh.clone());
        Ok(fresh)
    }

    /// The same with the keys of now.
    async fn with_newer_keys(&self, call: Call<'_>) -> PortResult<Known> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let Some(known) = known.as_mut() else { return Err(self.refused(Doubt::Key)) };
        if now >= later(known.keys_at, KEYS_AGAIN) {
            known.keys = self.fetch(call, &known.endpoints.jwks_uri).await?;
            known.keys_at = now;
        }
        Ok(known.clone())
    }

    /// The tenant's id, where all is of this authority: the secret goes to no other host, and no other tenant signs anybody in.
    fn tenant_of(&self, endpoints: &Endpoints) -> PortResult<String> {
        let Endpoints { issuer, authorization_endpoint, token_endpoint, jwks_uri } = endpoints;
        let root = format!("{}/", self.authority);
        let is_own =
            [authorization_endpoint, token_endpoint, jwks_uri].into_iter().all(|url| url.starts_with(&root));
        let tenant = issuer.strip_prefix(&root).and_then(|rest| rest.strip_suffix("/v2.0"));
        let is_id = |text: &str| uuid::Uuid::parse_str(text).is_ok();
        match tenant.filter(|tenant| is_own && is_id(tenant)) {
            Some(tenant) if !is_id(&self.tenant) || tenant.eq_ignore_ascii_case(&self.tenant) => {
                Ok(tenant.to_owned())
            }
            _ => Err(self
                .failed(Fault::Denied, "sign_in_settings", "the sign-in service is of another host or tenant")
                .with_hint("check AZURE_TENANT_ID and AZURE_AUTHORITY_HOST")),
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, call: Call<'_>, address: &str) -> PortResult<T> {
        let request = self.client.get(address).timeout(self.time(call)?);
        let (status, body) = self.sent(request).await?;
        let document = serde_json::from_slice(&body).ok().filter(|_| status == 200);
        document.ok_or_else(|| {
            self.failed(
                Fault::Unavailable,
                "sign_in_unavailable",
                &format!("the sign-in service answered with HTTP {status}"),
            )
            .with_hint("check AZURE_TENANT_ID and AZURE_AUTHORITY_HOST, or try again later")
        })
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> PortResult<(u16, Vec<u8>)> {
        let unreached = |_| {
            self.failed(Fault::Unavailable, "sign_in_unavailable", "the sign-in service cannot be reached")
                .with_hint("check that the authority (AZURE_AUTHORITY_HOST) can be reached from here and its certificate is trusted (SSL_CERT_FILE)")
        };
        let mut answer = request.send().await.map_err(unreached)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(part) = answer.chunk().await.map_err(unreached)? {
            if body.len() + part.len() > LARGEST {
                return Err(self.failed(
                    Fault::Unavailable,
                    "sign_in_unavailable",
                    "what answered is no sign-in service",
                ));
            }
            body.extend_from_slice(&part);
        }
        Ok((status, body))
    }

    fn time(&self, call: Call<'_>) -> PortResult<Duration> {
        let left = rest(self.clock.now(), call.until).min(TIMEOUT);
        if left.is_zero() {
            return Err(self.failed(Fault::Unavailable, "sign_in_timeout", "there is no time left"));
        }
        Ok(left)
    }

    /// Gives a code for an id token.
    async fn exchange(&self, call: Call<'_>, known: &Known, answer: SignInAnswer<'_>) -> PortResult<String> {
        let endpoint = known.endpoints.token_endpoint.clone();
        let proof = match &self.proof {
            Some(proof) => proof.fields(endpoint, &self.client_id, &self.clock).await?,
            None => Vec::new(),
        };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &self.client_id)
            .append_pair("code", answer.code)
            .append_pair("redirect_uri", answer.redirect)
            .append_pair("code_verifier", answer.verifier)
            .append_pair("scope", SCOPE)
            .extend_pairs(proof)
            .finish();
        let request = self
            .client
            .post(&known.endpoints.token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .timeout(self.time(call)?)
            .body(body);
        let (status, body) = self.sent(request).await?;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        match document["id_token"].as_str() {
            Some(token) if status == 200 => Ok(token.to_owned()),
            _ => Err(self.not_given(status, &document)),
        }
    }

    /// What the service said instead. Its own text is not repeated: it may hold names.
    fn not_given(&self, status: u16, document: &Value) -> PortError {
        let number = document.pointer("/error_codes/0").and_then(Value::as_u64);
        let told = number.map_or_else(|| format!("HTTP {status}"), |number| format!("AADSTS{number}"));
        match document["error"].as_str() {
            Some("invalid_grant" | "interaction_required") => self
                .failed(Fault::Rejected, REFUSED, &format!("the code was not taken ({told})"))
                .with_hint(AGAIN),
            Some(_) if (400..500).contains(&status) && status != 429 => {
                let hint = "check LISTSYNC_CONSOLE_CLIENT_ID, its secret or certificate, and the redirect address in the app's registration";
                self.failed(Fault::Denied, "sign_in_settings", &format!("the app was refused ({told})"))
                    .with_hint(hint)
            }
            _ => self
                .failed(
                    Fault::Unavailable,
                    "sign_in_unavailable",
                    &format!("the sign-in service gave nothing ({told})"),
                )
                .with_hint("try again in a minute"),
        }
    }

    fn refused(&self, doubt: Doubt) -> PortError {
        self.failed(Fault::Rejected, REFUSED, doubt.why()).with_hint(AGAIN)
    }

    fn failed(&self, fault: Fault, code: &str, why: &str) -> PortError {
        let Self { tenant, client_id, .. } = self;
        PortError::new(
            fault,
            code,
            format!("could not sign anybody in to tenant {tenant} by app {client_id}: {why}"),
        )
    }
}

const REFUSED: &str = "sign_in_refused";
const AGAIN: &str = "sign in again";

#[async_trait]
impl SignIns for WebSignIn {
    async fn address(&self, call: Call<'_>, question: SignInQuestion<'_>) -> PortResult<String> {
        let endpoint = self.known(call).await?.endpoints.authorization_endpoint;
        let mut address = Url::parse(&endpoint).map_err(|_| {
            self.failed(Fault::Unavailable, "sign_in_unavailable", "the sign-in service has no address")
        })?;
        address
            .query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("scope", SCOPE)
            .append_pair("redirect_uri", question.redirect)
            .append_pair("state", question.state)
            .append_pair("nonce", question.nonce)
            .append_pair("code_challenge", question.challenge)
            .append_pair("code_challenge_method", "S256");
        // Who is signed in at the service under this name goes through without a question ("Microsoft identity platform and
        // OAuth 2.0 authorization code flow", login_hint).
        if let Some(hint) = question.hint {
            address.query_pairs_mut().append_pair("login_hint", hint);
        }
        Ok(address.into())
    }

    async fn redeem(&self, call: Call<'_>, answer: SignInAnswer<'_>) -> PortResult<Proven> {
        let known = self.known(call).await?;
        let token = self.exchange(call, &known, answer).await?;
        let verified = |known: &Known| {
            let Known { endpoints, tenant, keys, .. } = known;
            let (issuer, client_id, now) = (&endpoints.issuer, &self.client_id, self.clock.now());
            id_token::verify(&token, keys, Expected { issuer, tenant, client_id, nonce: answer.nonce, now })
        };
        match verified(&known) {
            // The tenant has changed its keys since.
            Err(Doubt::Key) => verified(&self.with_newer_keys(call).await?),
            other => other,
        }
        .map_err(|doubt| self.refused(doubt))
    }
}
