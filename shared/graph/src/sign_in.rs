//! Access tokens: one credential that keeps its token, and is replaced when Graph refuses that token.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use listsync_engine::ports::{Clock, PortResult, ProofLife};

use crate::{
    certificate::Certificate,
    federated::{Platform, TokenFile},
    settings::{ConnectError, Credential, GraphSettings, PUBLIC_AUTHORITY, ProofSource},
    sign_in_refusal::{self, Asker},
    stored_secret::StoredSecret,
    transport,
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The sign-in of one app to one tenant.
pub(crate) struct SignIn {
    credential: RwLock<Arc<dyn TokenCredential>>,
    recipe: Recipe,
    scope: String,
    asker: Asker,
}

/// All that a credential is made of, so that it can be made again without its cached token.
struct Recipe {
    tenant: String,
    client_id: String,
    proof: Proof,
    client: reqwest::Client,
    authority: String,
    clock: Arc<dyn Clock>,
}

enum Proof {
    Secret(Secret),
    Certificate(Certificate),
    TokenFile(std::path::PathBuf),
    Platform(Arc<dyn ProofSource>),
    Stored(Arc<dyn ProofSource>),
}

impl SignIn {
    pub(crate) fn new(
        settings: &GraphSettings,
        client: reqwest::Client,
        scope: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConnectError> {
        let recipe = Recipe {
            tenant: named("AZURE_TENANT_ID", &settings.tenant)?,
            client_id: named("AZURE_CLIENT_ID", &settings.client_id)?,
            proof: Proof::read(&settings.credential)?,
            client,
            authority: authority(settings.authority_host.as_deref())?,
            clock,
        };
        let credential =
            recipe.make().map_err(|error| ConnectError::wrong("AZURE_TENANT_ID", error.to_string()))?;
        let asker = Asker {
            tenant: recipe.tenant.clone(),
            client_id: recipe.client_id.clone(),
            setting: settings.credential.setting(),
        };
        Ok(Self { credential: RwLock::new(credential), recipe, scope, asker })
    }

    /// A token that is valid for some minutes at least.
    pub(crate) async fn token(&self) -> PortResult<String> {
        let credential = self.current();
        let scopes = [self.scope.as_str()];
        match tokio::time::timeout(TIMEOUT, credential.get_token(&scopes, None)).await {
            Ok(Ok(token)) => Ok(token.token.secret().to_owned()),
            Ok(Err(error)) => Err(sign_in_refusal::refusal(&error, &self.asker)),
            Err(_) => Err(sign_in_refusal::too_slow(&self.asker)),
        }
    }

    /// Forgets the token at hand, so that the next one is new.
    pub(crate) fn renew(&self) {
        if let Ok(fresh) = self.recipe.make() {
            *self.credential.write().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
        }
    }

    /// Until when the app's proof holds, as far as it shows that by itself.
    pub(crate) fn proof_life(&self) -> ProofLife {
        match &self.recipe.proof {
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

    fn current(&self) -> Arc<dyn TokenCredential> {
        Arc::clone(&self.credential.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Recipe {
    fn make(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = transport::azure_options(&self.client, &self.authority);
        let (tenant, client_id) = (self.tenant.clone(), self.client_id.clone());
        Ok(match &self.proof {
            Proof::Secret(secret) => {
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&tenant, client_id, secret.clone(), Some(options))?
            }
            Proof::Certificate(certificate) => {
                let audience = format!("{}/{tenant}/oauth2/v2.0/token", self.authority);
                let assertion =
                    certificate.clone().assertion(audience, client_id.clone(), Arc::clone(&self.clock));
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant, client_id, assertion, Some(options))?
            }
            Proof::TokenFile(path) => {
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant, client_id, TokenFile(path.clone()), Some(options))?
            }
            Proof::Platform(identity) => {
                let options = ClientAssertionCredentialOptions { client_options };
                let platform = Platform(Arc::clone(identity));
                ClientAssertionCredential::new(tenant, client_id, platform, Some(options))?
            }
            Proof::Stored(source) => Arc::new(StoredSecret {
                source: Arc::clone(source),
                tenant,
                client_id,
                client_options,
                credential: tokio::sync::OnceCell::new(),
            }),
        })
    }
}

impl Proof {
    fn read(credential: &Credential) -> Result<Self, ConnectError> {
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
}

fn named(setting: &'static str, value: &str) -> Result<String, ConnectError> {
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
