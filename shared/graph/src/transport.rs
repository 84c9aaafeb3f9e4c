//! The one HTTPS client, and the only place that knows that `azure_core` and this crate use the same `reqwest`: when one
//! of them moves to another major version, this module stops compiling and nothing else does.

use std::{path::Path, sync::Arc, time::Duration};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    http::{ClientOptions, HttpClient, RetryOptions, Transport},
};

use crate::settings::ConnectError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that follows no redirects (a token must not travel) and trusts the extra authorities besides the system's.
/// On Linux the system's are read by way of `SSL_CERT_FILE` where that is set.
pub(crate) fn client(ca_pem: Option<&Path>) -> Result<reqwest::Client, ConnectError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("listsync/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if let Some(path) = ca_pem {
        builder = builder.tls_certs_merge(authorities(path)?);
    }
    builder.build().map_err(ConnectError::Http)
}

fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, ConnectError> {
    const SETTING: &str = "SSL_CERT_FILE";
    let pem = std::fs::read(path).map_err(|source| ConnectError::File {
        setting: SETTING,
        path: path.to_owned(),
        source,
    })?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ConnectError::wrong(
            SETTING,
            format!("names a file without a PEM certificate: {}", path.display()),
        )),
    }
}

/// What the credentials send with: this client, and our authority. They try once: `azure_core` 1.1 waits a `Retry-After` in
/// full, whatever bounds it is given, and whoever asks here knows how much time there is.
pub(crate) fn azure_options(client: Arc<dyn HttpClient>, authority: &str) -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = authority.to_owned();
    ClientOptions {
        transport: Some(Transport::new(client)),
        retry: RetryOptions::none(),
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        ..ClientOptions::default()
    }
}
