//! What an operator wants to know before anything is synced.

use std::{collections::BTreeSet, time::Instant};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use listsync_core::Timestamp;
use listsync_engine::ports::{Call, Fault, PortResult};
use serde_json::Value;

use crate::{
    ask::Ask,
    deed::{Deed, READ_GROUPS, READ_ORGANIZATION},
    pages::as_is,
    send::Sender,
};

impl Sender {
    pub(crate) async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        let deed = Deed::new("could not read the tenant's domains", READ_ORGANIZATION);
        let roles = self.permissions().await?;
        if !roles.is_empty() && ORGANIZATION_READERS.iter().all(|role| !roles.contains(*role)) {
            // Graph would only say the same, at the price of a request per run.
            return Err(deed
                .failed(Fault::Denied, "Authorization_RequestDenied", "the credential may not read them")
                .with_hint(format!("grant {READ_ORGANIZATION}, or set internal-domains")));
        }
        let listing =
            self.list(call, &Ask::get("/organization?$select=verifiedDomains"), &deed, as_is).await?;
        let domains = listing.rows.iter().filter_map(|row| row.get("verifiedDomains")?.as_array()).flatten();
        Ok(domains.filter_map(|domain| domain.get("name")?.as_str()).map(str::to_lowercase).collect())
    }

    pub(crate) async fn permissions(&self) -> PortResult<BTreeSet<String>> {
        Ok(roles(&self.sign_in.token().await?))
    }

    pub(crate) async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64> {
        let deed = Deed::new("could not compare clocks", READ_GROUPS);
        let started = Instant::now();
        let answer = self.send(call, &Ask::get("/groups?$select=id&$top=1"), &deed).await?;
        let elapsed = i64::try_from(started.elapsed().as_secs()).unwrap_or_default();
        let date = answer.date.ok_or_else(|| deed.unreadable("its date"))?;
        Ok(date.as_second() - now.as_second() - elapsed)
    }
}

/// The application permissions that let an app read the organization (the page "List organizations").
const ORGANIZATION_READERS: [&str; 4] =
    ["Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// The application permissions in a token, for diagnosis only: Graph alone judges tokens.
fn roles(token: &str) -> BTreeSet<String> {
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Value = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
    let roles = claims.get("roles").and_then(Value::as_array).into_iter().flatten();
    roles.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_none_carries_no_permissions() {
        assert!(roles("opaque").is_empty());
        let claims = URL_SAFE_NO_PAD.encode(r#"{"roles":["User.Read.All"]}"#);
        assert_eq!(roles(&format!("h.{claims}.s")), BTreeSet::from(["User.Read.All".to_owned()]));
    }
}
