//! What the app proves itself by, and the credential that is made of it for each sign-in.

use std::{path::PathBuf, sync::Arc};

use azure_core::{
    credentials::{Secret, TokenCredential},
    http::HttpClient,
};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use listsync_engine::ports::{Clock, Fault, PortError, PortResult, ProofLife};

use crate::{
    certificate::Certificate,
    federated::{Platform, TokenFile},
    settings::{ConnectError, Credential, GraphSettings, PUBLIC_AUTHORITY, ProofSource},
    transport,
};

/// All that a credential is made of. Each sign-in makes one anew: the credential's own cache would hide what Entra says,
/// and knows nothing of tokens that live shorter than five minutes.
pub(crate) struct Recipe {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    proof: Proof,
    client: Arc<dyn HttpClient>,
    authority: String,
    clock: Arc<dyn Clock>,
}

/// How the app proves who it is.
pub(crate) enum Proof {
    Secret(Secret),
    Certificate(Certificate),
    TokenFile(PathBuf),
    Platform(Arc<dyn ProofSource>),
    Stored(Arc<dyn ProofSource>),
}

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn unproven(error: azure_core::Error) -> PortError {
    PortError::new(Fault::Denied, "federated_token_file", format!("the app cannot prove who it is: {error}"))
        .with_hint("check the certificate or the token file that the settings name")
}

/// What cannot sign in: the source of the proof gave none, or the credential is malformed.
pub(crate) enum Unmade {
    Source(PortError),
    Credential(azure_core::Error),
}

impl Recipe {
    pub(crate) fn read(
        settings: &GraphSettings,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConnectError> {
        let recipe = Self {
            tenant: named("AZURE_TENANT_ID", &settings.tenant)?,
            client_id: named("AZURE_CLIENT_ID", &settings.client_id)?,
            proof: Proof::read(&settings.credential)?,
            client,
            authority: authority(settings.authority_host.as_deref())?,
            clock,
        };
        // Tenant and authority are judged by any credential that names them.
        let judged = recipe.by_secret(Secret::from("-"));
        judged.map_err(|error| ConnectError::wrong("AZURE_TENANT_ID", error.to_string()))?;
        Ok(recipe)
    }

    /// A credential that has no token yet. A stored secret is read now, so that a new one is taken up.
    pub(crate) async fn credential(&self) -> Result<Arc<dyn TokenCredential>, Unmade> {
        let made = match &self.proof {
            Proof::Secret(secret) => self.by_secret(secret.clone()),
            Proof::Stored(source) => {
                self.by_secret(Secret::from(source.proof().await.map_err(Unmade::Source)?))
            }
            Proof::Certificate(certificate) => {
                let audience = format!("{}/{}/oauth2/v2.0/token", self.authority, self.tenant);
                let (client_id, clock) = (self.client_id.clone(), Arc::clone(&self.clock));
                self.by_assertion(certificate.clone().assertion(audience, client_id, clock))
            }
            Proof::TokenFile(path) => self.by_assertion(TokenFile(path.clone())),
            Proof::Platform(identity) => self.by_assertion(Platform(Arc::clone(identity))),
        };
        made.map_err(Unmade::Credential)
    }

    fn by_secret(&self, secret: Secret) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = transport::azure_options(Arc::clone(&self.client), &self.authority);
        let options = ClientSecretCredentialOptions { client_options };
        Ok(ClientSecretCredential::new(&self.tenant, self.client_id.clone(), secret, Some(options))?)
    }

    fn by_assertion(
        &self,
        assertion: impl ClientAssertion + 'static,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = transport::azure_options(Arc::clone(&self.client), &self.authority);
        let options = ClientAssertionCredentialOptions { client_options };
        let (tenant, client_id) = (self.tenant.clone(), self.client_id.clone());
        Ok(ClientAssertionCredential::new(tenant, client_id, assertion, Some(options))?)
    }

    /// Until when the proof holds, as far as it shows that by itself.
    pub(crate) fn life(&self) -> ProofLife {
        match &self.proof {
            Proof::Certificate(certificate) => match certificate.ends() {
                Some(end) => ProofLife::Until(end),
                None => ProofLife::Unreadable("the certificate's validity is not in the form of RFC 5280"),
            },
            Proof::TokenFile(_) | Proof::Platform(_) => {
                ProofLife::Endless("a federated identity proves itself anew at each sign-in")
            }
            Proof::Secret(_) | Proof::Stored(_) => ProofLife::Unreadable(
                "a client secret does not show its end, and the app's registration can be read only with \
                 Application.Read.All: look in Entra under App registrations > your app > Certificates & secrets",
            ),
        }
    }
}

impl Proof {
    pub(crate) fn read(credential: &Credential) -> Result<Self, ConnectError> {
        Ok(match credential {
            Credential::Secret(secret) => Self::Secret(Secret::from(named(credential.setting(), secret)?)),
            Credential::CertificateFile(path) => Self::Certificate(Certificate::read(path)?),
            Credential::FederatedTokenFile(path) => {
                std::fs::metadata(path).map_err(|source| ConnectError::File {
                    setting: credential.setting(),
                    path: path.clone(),
                    source,
                })?;
                Self::TokenFile(path.clone())
            }
            Credential::WebIdentity(source) => Self::Platform(Arc::clone(source)),
            Credential::StoredSecret(source) => Self::Stored(Arc::clone(source)),
        })
    }

    /// What a request for a token carries of it ("OAuth 2.0 authorization code flow", the request with a secret and that with
    /// a certificate).
    pub(crate) async fn fields(
        &self,
        endpoint: String,
        client_id: &str,
        clock: &Arc<dyn Clock>,
    ) -> PortResult<Vec<(&'static str, String)>> {
        let asserted = match self {
            Self::Secret(secret) => return Ok(vec![("client_secret", secret.secret().to_owned())]),
            Self::Stored(source) => return Ok(vec![("client_secret", source.proof().await?)]),
            Self::Platform(source) => source.proof().await?,
            Self::Certificate(certificate) => {
                let (client_id, clock) = (client_id.to_owned(), Arc::clone(clock));
                certificate
                    .clone()
                    .assertion(endpoint, client_id, clock)
                    .secret(None)
                    .await
                    .map_err(unproven)?
            }
            Self::TokenFile(path) => TokenFile(path.clone()).secret(None).await.map_err(unproven)?,
        };
        Ok(vec![("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", asserted)])
    }
}

pub(crate) fn named(setting: &'static str, value: &str) -> Result<String, ConnectError> {
    let value = value.trim();
    let odd = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
    match value {
        "" => Err(ConnectError::wrong(setting, "is empty")),
        _ if setting != "AZURE_CLIENT_SECRET" && value.contains(odd) => {
            Err(ConnectError::wrong(setting, "holds a character that no id or domain has"))
        }
        _ => Ok(value.to_owned()),
    }
}

/// Where people sign in, which on this machine itself may be without TLS: what a browser sends there is its own.
pub(crate) fn authority_of_people(host: Option<&str>) -> Result<String, ConnectError> {
    let text = host.map(|host| host.trim().trim_end_matches('/')).unwrap_or_default();
    let local = url::Url::parse(text).ok().filter(|url| url.scheme() == "http" && url.path() == "/");
    let is_local = local.is_some_and(|url| match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    });
    if is_local { Ok(text.to_owned()) } else { authority(host) }
}

/// The authority without a slash at its end.
fn authority(host: Option<&str>) -> Result<String, ConnectError> {
    const SETTING: &str = "AZURE_AUTHORITY_HOST";
    let text = host.map(str::trim).filter(|host| !host.is_empty()).unwrap_or(PUBLIC_AUTHORITY);
    let url =
        url::Url::parse(text).map_err(|error| ConnectError::wrong(SETTING, format!("is no URL: {error}")))?;
    if url.scheme() != "https" || url.host().is_none() {
        return Err(ConnectError::wrong(SETTING, "must begin with https://"));
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(ConnectError::wrong(SETTING, "must be a host without a path"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}
