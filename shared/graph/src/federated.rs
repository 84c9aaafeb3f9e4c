//! A token of somebody else's identity provider, exchanged for one of Entra ID.

use std::{fmt, path::PathBuf, sync::Arc};

use azure_core::{
    error::{Error, ErrorKind},
    http::ClientMethodOptions,
};
use azure_identity::ClientAssertion;

use crate::settings::ProofSource;

/// Reads the file anew for each sign-in, as its owner replaces it.
#[derive(Debug)]
pub(crate) struct TokenFile(pub(crate) PathBuf);

#[async_trait::async_trait]
impl ClientAssertion for TokenFile {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let token = tokio::fs::read_to_string(&self.0).await.map_err(|error| {
            Error::with_error(ErrorKind::Io, error, "AZURE_FEDERATED_TOKEN_FILE cannot be read")
        })?;
        match token.trim() {
            "" => Err(Error::with_message(ErrorKind::Io, "AZURE_FEDERATED_TOKEN_FILE is empty")),
            token => Ok(token.to_owned()),
        }
    }
}

/// Asks the platform anew for each sign-in.
pub(crate) struct Platform(pub(crate) Arc<dyn ProofSource>);

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Platform(…)")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Platform {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.0
            .proof()
            .await
            .map_err(|error| Error::with_error(ErrorKind::Credential, error, "the platform gave no token"))
    }
}
