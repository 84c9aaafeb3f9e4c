//! A client secret that is kept elsewhere and read at the first sign-in.

use std::{fmt, sync::Arc};

use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::{Error, ErrorKind},
    http::ClientOptions,
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use tokio::sync::OnceCell;

use crate::settings::ProofSource;

/// Signs in with the secret as it was when it was read; a new one of these reads it again.
pub(crate) struct StoredSecret {
    pub(crate) source: Arc<dyn ProofSource>,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_options: ClientOptions,
    pub(crate) credential: OnceCell<Arc<ClientSecretCredential>>,
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSecret(…)")
    }
}

impl StoredSecret {
    async fn read(&self) -> azure_core::Result<Arc<ClientSecretCredential>> {
        let secret = self.source.proof().await.map_err(|error| {
            Error::with_error(ErrorKind::Credential, error, "the client secret cannot be read")
        })?;
        let (client_id, client_options) = (self.client_id.clone(), self.client_options.clone());
        let options = ClientSecretCredentialOptions { client_options };
        ClientSecretCredential::new(&self.tenant, client_id, Secret::from(secret), Some(options))
    }
}

#[async_trait::async_trait]
impl TokenCredential for StoredSecret {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.credential.get_or_try_init(|| self.read()).await?.get_token(scopes, options).await
    }
}
