//! Sign-in errors in words that say which setting to correct. The codes are those of the page "Microsoft Entra
//! authentication and authorization error codes".

use std::{error::Error, time::Duration};

use azure_core::http::StatusCode;
use listsync_engine::ports::{Fault, PortError};

/// Who tried to sign in, and the setting that its proof comes from.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) setting: &'static str,
}

pub(crate) fn too_slow(asker: &Asker) -> PortError {
    PortError::new(
        Fault::Unavailable,
        "sign_in_timeout",
        asker.says("the sign-in service did not answer in time"),
    )
    .with_hint("check that the authority (AZURE_AUTHORITY_HOST) can be reached from here")
}

pub(crate) fn refusal(error: &azure_core::Error, asker: &Asker) -> PortError {
    if let Some(refused) = source(error) {
        let message = asker.says(&refused.message);
        return PortError { message, ..refused.clone() };
    }
    let text = chain(error);
    if let Some(number) = aadsts(&text) {
        return asker.refused(number);
    }
    if text.contains("AZURE_FEDERATED_TOKEN_FILE") {
        let why = if text.contains("is empty") { "is empty" } else { "cannot be read" };
        return PortError::new(
            Fault::Denied,
            "federated_token_file",
            asker.says(&format!("the token file {why}")),
        )
        .with_hint("AZURE_FEDERATED_TOKEN_FILE must name a file that holds a fresh token");
    }
    if is_throttled(error) {
        let why = asker.says("the sign-in service asks for patience");
        return PortError::new(Fault::Throttled(PATIENCE), "sign_in_throttled", why);
    }
    PortError::new(Fault::Unavailable, "sign_in_unavailable", asker.says("the sign-in service cannot be reached"))
        .with_hint("check that the authority (AZURE_AUTHORITY_HOST) can be reached from here and its certificate is trusted (SSL_CERT_FILE)")
}

/// How long a sign-in service that answers 429 is left alone; its own hint does not come through the credential.
const PATIENCE: Duration = Duration::from_secs(30);

fn is_throttled(error: &azure_core::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let status = one.downcast_ref::<azure_core::Error>().and_then(azure_core::Error::http_status);
        if status == Some(StatusCode::TooManyRequests) {
            return true;
        }
        cause = one.source();
    }
    false
}

/// What the source of the proof said.
fn source(error: &azure_core::Error) -> Option<&PortError> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref() {
            return Some(refused);
        }
        cause = inner.source();
    }
    None
}

/// The texts of an error and all its causes; it is searched, never shown.
fn chain(error: &azure_core::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push('\n');
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

fn aadsts(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("AADSTS")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

impl Asker {
    fn says(&self, what: &str) -> String {
        format!("could not sign in to tenant {} as client {}: {what}", self.tenant, self.client_id)
    }

    fn refused(&self, number: u32) -> PortError {
        let setting = self.setting;
        let (fault, what, hint) = match number {
            7_000_215 => (
                Fault::Denied,
                "the client secret is wrong",
                format!("{setting} must hold the secret's value, not its id"),
            ),
            7_000_222 => (
                Fault::Denied,
                "the client secret has expired",
                format!("make a new secret for the app registration and set {setting}"),
            ),
            700_016 => (
                Fault::Denied,
                "the tenant knows no such client",
                "check AZURE_CLIENT_ID, and that the app registration is in the tenant of AZURE_TENANT_ID".to_owned(),
            ),
            90_002 | 900_021 | 900_023 => (
                Fault::Denied,
                "there is no such tenant",
                "check AZURE_TENANT_ID (the directory id on the tenant's overview page), and AZURE_AUTHORITY_HOST for a national cloud".to_owned(),
            ),
            700_027 | 5_000_275 | 50_012 => (
                Fault::Denied,
                "the certificate is not one of the app registration's",
                format!("upload the certificate of {setting} to the app registration, or name the right file"),
            ),
            70_021 | 700_211 | 700_212 | 700_213 | 700_223 | 700_238 => (
                Fault::Denied,
                "no federated credential of the app registration matches the token",
                format!("compare issuer, subject and audience of the token in {setting} with the federated credential"),
            ),
            700_024 => (
                Fault::Denied,
                "the assertion is outside its time range",
                format!("check this machine's clock, and that the token of {setting} is fresh"),
            ),
            7_000_112 => (
                Fault::Denied,
                "the application is disabled in the tenant",
                "enable it under the tenant's enterprise applications".to_owned(),
            ),
            90_033 | 50_196 | 90_010..=90_012 => {
                (Fault::Unavailable, "the sign-in service is troubled for the moment", String::new())
            }
            _ => (
                Fault::Denied,
                "the sign-in was refused",
                format!("look the code up, and check AZURE_TENANT_ID, AZURE_CLIENT_ID and {setting}"),
            ),
        };
        let code = format!("AADSTS{number}");
        PortError::new(fault, &code, self.says(&format!("{what} (code {code})"))).with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_inside_a_sentence() {
        assert_eq!(aadsts("x failed. AADSTS7000215: Invalid client secret provided."), Some(7_000_215));
        assert_eq!(aadsts("no code"), None);
    }

    #[test]
    fn each_refusal_names_tenant_client_and_setting() {
        let asker = Asker {
            tenant: "t.example".to_owned(),
            client_id: "c1".to_owned(),
            setting: "AZURE_CLIENT_SECRET",
        };
        let error = asker.refused(7_000_215);
        assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, "AADSTS7000215"));
        assert!(error.message.contains("t.example") && error.message.contains("c1"), "{error}");
        assert!(error.hint.contains("AZURE_CLIENT_SECRET"), "{}", error.hint);
    }
}
