//! What the app proves itself by, without a secret that is stored with the code.
//!
//! An assertion is a token of this AWS account's own identity provider (STS `GetWebIdentityToken`), which Microsoft Entra
//! trusts by a federated credential of the app registration: issuer, the account's issuer address; subject, the ARN of
//! the function's role; audience, [`AUDIENCE`]. The account has to enable outbound web identity federation first. Where
//! that is not to be, a client secret comes from Secrets Manager or from an SSM parameter.

use listsync_engine::ports::{Fault, PortError, PortResult};

use crate::error;

/// The audience that Entra wants in an assertion ("Workload identity federation" in Microsoft's documentation).
pub const AUDIENCE: &str = "api://AzureADTokenExchange";
/// For how long an assertion is asked for: it is exchanged at once.
const LIFE_SECONDS: i32 = 300;

/// Gives client assertions for Microsoft Entra.
#[derive(Debug, Clone)]
pub struct AssertionSource {
    client: aws_sdk_sts::Client,
}

impl AssertionSource {
    /// Asks this STS.
    #[must_use]
    pub fn new(client: aws_sdk_sts::Client) -> Self {
        Self { client }
    }

    /// A fresh assertion, valid for five minutes.
    ///
    /// # Errors
    /// When STS does not answer, the role may not ask (`sts:GetWebIdentityToken`), or the account has not enabled
    /// outbound web identity federation.
    pub async fn assertion(&self) -> PortResult<String> {
        const DOING: &str = "get a web identity token";
        let asked = self
            .client
            .get_web_identity_token()
            .audience(AUDIENCE)
            .signing_algorithm("RS256")
            .duration_seconds(LIFE_SECONDS);
        let answer = asked.send().await.map_err(|failed| explained(error::port(DOING, &failed)))?;
        answer.web_identity_token.ok_or_else(|| error::malformed(DOING))
    }
}

fn explained(failed: PortError) -> PortError {
    let disabled = failed.code.contains("Federation") || failed.code.contains("OutboundWebIdentity");
    match failed.fault {
        _ if disabled => PortError { fault: Fault::Denied, ..failed }
            .with_hint("enable outbound web identity federation for the AWS account"),
        Fault::Denied => failed.with_hint("let the function's role ask for sts:GetWebIdentityToken"),
        _ => failed,
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretName {
    /// In Secrets Manager, by name or ARN: the whole text is the secret.
    SecretsManager(String),
    /// In an SSM parameter, by name or ARN; it is decrypted.
    Parameter(String),
}

impl SecretName {
    /// Reads `secretsmanager:NAME` or `ssm:NAME`; the NAME may be an ARN.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().split_once(':') {
            Some(("secretsmanager", name)) if !name.is_empty() => Some(Self::SecretsManager(name.to_owned())),
            Some(("ssm", name)) if !name.is_empty() => Some(Self::Parameter(name.to_owned())),
            _ => None,
        }
    }
}

/// Reads a secret's text.
pub(crate) async fn read(
    secrets: &aws_sdk_secretsmanager::Client,
    parameters: &aws_sdk_ssm::Client,
    name: &SecretName,
) -> PortResult<String> {
    let text = match name {
        SecretName::SecretsManager(name) => {
            let answer = secrets.get_secret_value().secret_id(name).send().await;
            answer.map_err(|failed| error::port("read the secret", &failed))?.secret_string
        }
        SecretName::Parameter(name) => {
            let answer = parameters.get_parameter().name(name).with_decryption(true).send().await;
            let answer = answer.map_err(|failed| error::port("read the parameter", &failed))?;
            answer.parameter.and_then(|parameter| parameter.value)
        }
    };
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    text.ok_or_else(|| {
        error::rejected(
            "empty_secret",
            "the secret holds no text",
            "store the client secret's value as it is",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_with_where_it_is_kept() {
        let arn = "secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:x-1";
        let kept = arn.trim_start_matches("secretsmanager:").to_owned();
        assert_eq!(SecretName::parse(arn), Some(SecretName::SecretsManager(kept)));
        assert_eq!(
            SecretName::parse("ssm:/listsync/x"),
            Some(SecretName::Parameter("/listsync/x".to_owned()))
        );
        for odd in ["", "x", "ssm:", "vault:x"] {
            assert_eq!(SecretName::parse(odd), None, "{odd}");
        }
    }
}
