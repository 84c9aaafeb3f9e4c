//! AWS, asked at the first use: what does not use it does not pay for it.

use std::{future::ready, sync::OnceLock};

use async_trait::async_trait;
use futures::{FutureExt as _, future::BoxFuture};
use listsync_aws::{Aws, SecretName};
use listsync_core::{
    Timestamp,
    alert::{Envelope, Letter},
};
use listsync_engine::ports::{Mailer, PortResult};
use listsync_graph::ProofSource;
use tokio::sync::OnceCell;

/// How a program that is no function reads the configuration of AWS. A function has no other way than its environment, and
/// is linked without this one.
static AS_TOOLS_DO: OnceLock<fn() -> BoxFuture<'static, Aws>> = OnceLock::new();

/// Has the configuration read as every tool of AWS reads it. To be called before anything of AWS is used.
pub(crate) fn read_as_tools_do() {
    AS_TOOLS_DO.get_or_init(|| || Aws::from_env().boxed());
}

/// The configuration of AWS, read once a process.
pub(crate) async fn aws() -> &'static Aws {
    static AWS: OnceCell<Aws> = OnceCell::const_new();
    let read = || match AS_TOOLS_DO.get() {
        Some(read) => read(),
        None => ready(Aws::of_function()).boxed(),
    };
    AWS.get_or_init(read).await
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
