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
        if let Some(roles) = self.roles(call).await?
            && ORGANIZATION_READERS.iter().all(|role| !roles.contains(*role))
        {
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

    pub(crate) async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        Ok(self.roles(call).await?.unwrap_or_default())
    }

    /// The application permissions that the token shows; none: it cannot be read.
    pub(crate) async fn roles(&self, call: Call<'_>) -> PortResult<Option<BTreeSet<String>>> {
        Ok(roles(&self.token(call).await?))
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

/// The application permissions in a token, for diagnosis only: Graph alone judges tokens. None: it cannot be read. A token
/// whose claims can be read and hold no `roles` carries none: Entra leaves the claim out where no application permission
/// was consented to ("Access token claims reference").
fn roles(token: &str) -> Option<BTreeSet<String>> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let roles = claims.as_object()?.get("roles").and_then(Value::as_array).into_iter().flatten();
    Some(roles.filter_map(Value::as_str).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_without_permissions_is_told_from_one_that_cannot_be_read() {
        for opaque in ["opaque", "", "a.b.c", "h.bm9uZQ.s"] {
            assert_eq!(roles(opaque), None, "{opaque}");
        }
        let carries = |claims: &str| roles(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        assert_eq!(carries(r#"{"idtyp":"app"}"#), Some(BTreeSet::new()));
        assert_eq!(
            carries(r#"{"roles":["User.Read.All"]}"#),
            Some(BTreeSet::from(["User.Read.All".to_owned()]))
        );
    }
}
