//! What the client has to be told, and what is wrong when it cannot start.

use std::{fmt, path::PathBuf, sync::Arc};

use listsync_engine::ports::PortResult;

/// Microsoft's own Graph v1.0.
pub const PUBLIC_GRAPH: &str = "https://graph.microsoft.com/v1.0";
/// Microsoft's own authority.
pub const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// Where the app's proof of who it is comes from, when neither the environment nor a file holds it.
#[async_trait::async_trait]
pub trait ProofSource: Send + Sync {
    /// The proof as it is now.
    async fn proof(&self) -> PortResult<String>;
}

/// How the app proves who it is.
#[derive(Clone)]
pub enum Credential {
    /// A client secret's value (`AZURE_CLIENT_SECRET`).
    Secret(String),
    /// A PEM file with an RSA key and its certificate (`AZURE_CLIENT_CERTIFICATE_PATH`).
    CertificateFile(PathBuf),
    /// A file with a token of a federated identity, read anew for each sign-in (`AZURE_FEDERATED_TOKEN_FILE`).
    FederatedTokenFile(PathBuf),
    /// A token of the platform that this runs on, asked for anew at each sign-in. Entra ID takes it as proof once the
    /// app registration has a federated credential for it (Microsoft identity platform, "Workload identity federation").
    WebIdentity(Arc<dyn ProofSource>),
    /// A client secret that is read for each sign-in, so that a new one is taken up without a restart.
    StoredSecret(Arc<dyn ProofSource>),
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secret(one), Self::Secret(other)) => one == other,
            (Self::CertificateFile(one), Self::CertificateFile(other))
            | (Self::FederatedTokenFile(one), Self::FederatedTokenFile(other)) => one == other,
            (Self::WebIdentity(one), Self::WebIdentity(other))
            | (Self::StoredSecret(one), Self::StoredSecret(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Credential {}

impl Credential {
    /// The setting that it comes from.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Secret(_) => "AZURE_CLIENT_SECRET",
            Self::CertificateFile(_) => "AZURE_CLIENT_CERTIFICATE_PATH",
            Self::FederatedTokenFile(_) => "AZURE_FEDERATED_TOKEN_FILE",
            Self::WebIdentity(_) | Self::StoredSecret(_) => "LISTSYNC_CREDENTIAL",
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(_) => f.write_str("Secret(…)"),
            Self::CertificateFile(path) => f.debug_tuple("CertificateFile").field(path).finish(),
            Self::FederatedTokenFile(path) => f.debug_tuple("FederatedTokenFile").field(path).finish(),
            Self::WebIdentity(_) => f.write_str("WebIdentity(…)"),
            Self::StoredSecret(_) => f.write_str("StoredSecret(…)"),
        }
    }
}

/// Where Graph is and who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphSettings {
    /// The root of all paths, with the version: [`PUBLIC_GRAPH`] unless the tenant is in a national cloud
    /// (`LISTSYNC_GRAPH_URL`).
    pub graph_url: String,
    /// The tenant's id, or one of its domains (`AZURE_TENANT_ID`).
    pub tenant: String,
    /// The app registration's client id (`AZURE_CLIENT_ID`).
    pub client_id: String,
    /// How the app proves who it is.
    pub credential: Credential,
    /// Who gives out tokens; none: [`PUBLIC_AUTHORITY`] (`AZURE_AUTHORITY_HOST`).
    pub authority_host: Option<String>,
    /// A PEM file of certificate authorities that are trusted besides the system's (`SSL_CERT_FILE`).
    pub ca_pem: Option<PathBuf>,
}

/// Why the client cannot start. Each names the setting to correct.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A setting is empty or malformed.
    #[error("{setting} {reason}")]
    Setting {
        /// Its name in the environment.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that a setting names cannot be read.
    #[error("{setting} names a file that cannot be read: {path}")]
    File {
        /// The setting's name in the environment.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client cannot be set up, for instance because no certificate authority is known.
    #[error(
        "the HTTPS client cannot be set up: check the system's certificate authorities, or set SSL_CERT_FILE"
    )]
    Http(#[source] reqwest::Error),
}

impl ConnectError {
    /// The setting that is wrong.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Setting { setting, .. } | Self::File { setting, .. } => setting,
            Self::Http(_) => "SSL_CERT_FILE",
        }
    }

    pub(crate) fn wrong(setting: &'static str, reason: impl Into<String>) -> Self {
        Self::Setting { setting, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let shown = format!("{:?}", Credential::Secret("hunter2".to_owned()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
