//! Sign-in errors in words that say which setting to correct. The codes are those of the page "Microsoft Entra
//! authentication and authorization error codes".

use std::{error::Error, time::Duration};

use listsync_engine::ports::{Fault, PortError};

use crate::{authority::Refused, reach::Barrier};

/// The code of an authority that was waited for as long as it is.
pub(crate) const TOO_SLOW: &str = "sign_in_timeout";
/// How long an authority that asks for patience without saying how much is left alone: what it says otherwise for apps
/// ("Client throttling" in the documentation of MSAL).
const PATIENCE: Duration = Duration::from_secs(60);

/// Who tried to sign in, and the setting that its proof comes from.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) setting: &'static str,
}

pub(crate) fn too_slow(asker: &Asker) -> PortError {
    PortError::new(Fault::Unavailable, TOO_SLOW, asker.says("the sign-in service did not answer in time"))
        .with_hint("check that the authority (AZURE_AUTHORITY_HOST) can be reached from here")
}

/// Why there is no token, by what the authority answered where it did.
pub(crate) fn refusal(error: &azure_core::Error, heard: Option<Refused>, asker: &Asker) -> PortError {
    if let Some(refused) = source(error) {
        return asker.of_source(refused);
    }
    if let Some(refused) = heard {
        return asker.answered(&refused);
    }
    let text = chain(error);
    if text.contains("AZURE_FEDERATED_TOKEN_FILE") {
        let why = if text.contains("is empty") { "is empty" } else { "cannot be read" };
        return PortError::new(
            Fault::Denied,
            "federated_token_file",
            asker.says(&format!("the token file {why}")),
        )
        .with_hint("AZURE_FEDERATED_TOKEN_FILE must name a file that holds a fresh token");
    }
    let barrier = Barrier::of(error);
    let what = match barrier.why() {
        Some(why) => format!("the sign-in service cannot be reached: {why}"),
        None => "the sign-in service cannot be reached".to_owned(),
    };
    PortError::new(Fault::Unavailable, "sign_in_unavailable", asker.says(&what))
        .with_hint(barrier.hint("AZURE_AUTHORITY_HOST"))
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

impl Asker {
    fn says(&self, what: &str) -> String {
        format!("could not sign in to tenant {} as client {}: {what}", self.tenant, self.client_id)
    }

    /// What the source of the proof said, as a failed sign-in.
    pub(crate) fn of_source(&self, error: &PortError) -> PortError {
        PortError { message: self.says(&error.message), ..error.clone() }
    }

    /// The status comes first: an authority that is overrun or troubled puts numbers into its answers as well, and they
    /// say nothing of the credential.
    fn answered(&self, answer: &Refused) -> PortError {
        let Refused { status, retry_after, number } = *answer;
        let told = number.map_or_else(|| format!("HTTP {status}"), |number| format!("AADSTS{number}"));
        let says = |what: &str| self.says(&format!("{what} (code {told})"));
        match (status, retry_after, number) {
            (429, wait, _) | (503, wait @ Some(_), _) => PortError::new(
                Fault::Throttled(wait.unwrap_or(PATIENCE)),
                "sign_in_throttled",
                says("the sign-in service asks for patience"),
            ),
            (408 | 500.., ..) => PortError::new(
                Fault::Unavailable,
                "sign_in_unavailable",
                says("the sign-in service is troubled for the moment"),
            ),
            (_, _, Some(number)) => self.refused(number),
            (_, _, None) => PortError::new(
                Fault::Unavailable,
                "sign_in_unavailable",
                says("what answered is no sign-in service"),
            )
            .with_hint("check AZURE_AUTHORITY_HOST, and what stands between it and this machine"),
        }
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

    fn asker() -> Asker {
        Asker { tenant: "t.example".to_owned(), client_id: "c1".to_owned(), setting: "AZURE_CLIENT_SECRET" }
    }

    #[test]
    fn the_status_counts_before_the_number() {
        let (minute, seven) = (Duration::from_secs(60), Duration::from_secs(7));
        for (status, retry_after, number, fault) in [
            (429, Some(seven), Some(90_055), Fault::Throttled(seven)),
            (429, None, None, Fault::Throttled(minute)),
            (503, Some(seven), Some(7_000_215), Fault::Throttled(seven)),
            (503, None, Some(7_000_215), Fault::Unavailable),
            (500, Some(seven), Some(999_999), Fault::Unavailable),
            (504, None, None, Fault::Unavailable),
            (404, None, None, Fault::Unavailable),
            (400, None, Some(90_033), Fault::Unavailable),
            (401, None, Some(7_000_215), Fault::Denied),
            (400, None, Some(999_999), Fault::Denied),
        ] {
            let error = asker().answered(&Refused { status, retry_after, number });
            assert_eq!(error.fault, fault, "{status} {number:?}");
            let blames = error.hint.contains("AZURE_CLIENT_SECRET");
            assert_eq!(blames, fault == Fault::Denied, "{status} {number:?}: {}", error.hint);
        }
    }

    #[test]
    fn each_refusal_names_tenant_client_and_setting() {
        let error = asker().refused(7_000_215);
        assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, "AADSTS7000215"));
        assert!(error.message.contains("t.example") && error.message.contains("c1"), "{error}");
        assert!(error.hint.contains("AZURE_CLIENT_SECRET"), "{}", error.hint);
    }
}
