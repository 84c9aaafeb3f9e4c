//! AWS, asked at the first use: what does not use it does not pay for it.

use async_trait::async_trait;
use listsync_aws::{Aws, SecretName};
use listsync_core::{
    Timestamp,
    alert::{Envelope, Letter},
};
use listsync_engine::ports::{Mailer, PortResult};
use listsync_graph::ProofSource;
use tokio::sync::OnceCell;

/// The configuration of AWS, read once a process.
pub(crate) async fn aws() -> &'static Aws {
    static AWS: OnceCell<Aws> = OnceCell::const_new();
    AWS.get_or_init(Aws::from_env).await
}

/// A token of the account's own identity provider.
pub(crate) struct WebIdentity;

#[async_trait]
impl ProofSource for WebIdentity {
    async fn proof(&self) -> PortResult<String> {
        aws().await.assertion_source().assertion().await
    }
}

/// A secret in Secrets Manager or in a parameter.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredSecret(SecretName);

impl StoredSecret {
    /// Reads `secretsmanager:NAME` or `ssm:NAME`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        SecretName::parse(text).map(Self)
    }

    /// Reads it, anew each time.
    pub(crate) async fn read(&self) -> PortResult<String> {
        aws().await.secret(&self.0).await
    }
}

#[async_trait]
impl ProofSource for StoredSecret {
    async fn proof(&self) -> PortResult<String> {
        self.read().await
    }
}

/// The account's mail service.
pub(crate) struct Mail;

#[async_trait]
impl Mailer for Mail {
    async fn mail(&self, envelope: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<()> {
        aws().await.mailer().mail(envelope, letter, now).await
    }
}
