//! The subscription to changes of groups (the pages "subscription resource type" and "Set up notifications for changes in
//! resource data"). One on all groups: a tenant grants an app a hundred on groups and users together.

use std::time::Duration;

use listsync_core::Timestamp;
use listsync_engine::ports::{Call, Fault, NoticeOrder, PortError, PortResult, Secret};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    ask::Ask,
    clockwork::later,
    deed::{Deed, SUBSCRIBE_GROUPS},
    path,
    send::Sender,
};

/// The longest life of a subscription to groups (the page "subscription resource type").
const LONGEST: Duration = Duration::from_secs(41_760 * 60);
/// Below it by so much, in case the clocks differ.
const SLACK: Duration = Duration::from_secs(10 * 60);

/// A subscription of ours, by the id that Graph gave it: besides a member's link the one thing that may be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubscriptionPath {
    path: String,
}

impl SubscriptionPath {
    pub(crate) fn new(id: &str) -> Self {
        Self { path: format!("/subscriptions/{}", path::segment(id)) }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Sender {
    pub(crate) async fn subscribe(
        &self,
        call: Call<'_>,
        url: &str,
        until: Timestamp,
    ) -> PortResult<NoticeOrder> {
        let deed = Deed::new("could not subscribe to changes of groups", SUBSCRIBE_GROUPS);
        let secret = secret();
        // An update of a group is also what its creation and a change of its members are told as.
        let body = json!({
            "changeType": "updated,deleted",
            "resource": "/groups",
            "notificationUrl": url,
            "lifecycleNotificationUrl": url,
            "expirationDateTime": self.end(until),
            "clientState": secret,
            "latestSupportedTlsVersion": "v1_2",
        });
        let answer = self.send(call, &Ask::post("/subscriptions", body), &deed).await?;
        if !answer.is_success() {
            return Err(refused(&deed, &answer));
        }
        let id = answer.body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        Ok(NoticeOrder {
            id: id.ok_or_else(|| deed.unreadable("the subscription's id"))?.to_owned(),
            tenant: self.throttle.tenant().clone(),
            url: url.to_owned(),
            secret: Secret(secret.into_bytes()),
            until: expiry(&answer, &deed)?,
        })
    }

    pub(crate) async fn renew(&self, call: Call<'_>, id: &str, until: Timestamp) -> PortResult<Timestamp> {
        let deed = Deed::new("could not renew the subscription to changes of groups", SUBSCRIBE_GROUPS);
        let body = json!({"expirationDateTime": self.end(until)});
        let ask = Ask::patch(SubscriptionPath::new(id).path(), body);
        expiry(&self.obtain(call, &ask, &deed).await?, &deed)
    }

    pub(crate) async fn unsubscribe(&self, call: Call<'_>, id: &str) -> PortResult<()> {
        let deed = Deed::new("could not end the subscription to changes of groups", SUBSCRIBE_GROUPS);
        self.obtain(call, &Ask::cancel(&SubscriptionPath::new(id)), &deed).await.map(drop)
    }

    fn end(&self, until: Timestamp) -> String {
        until.min(later(self.now(), LONGEST - SLACK)).to_string()
    }
}

/// What nobody can guess, in at most 128 characters.
fn secret() -> String {
    let part = || uuid::Uuid::new_v4().simple().to_string();
    part() + &part()
}

/// Graph may grant another life than was asked for.
fn expiry(answer: &Answer, deed: &Deed) -> PortResult<Timestamp> {
    let until = answer.body.get("expirationDateTime").and_then(Value::as_str);
    until.and_then(|until| until.parse().ok()).ok_or_else(|| deed.unreadable("the subscription's end"))
}

fn refused(deed: &Deed, answer: &Answer) -> PortError {
    let text = answer.text().to_ascii_lowercase();
    if answer.status == 400 && text.contains("validation") {
        let why = "Microsoft Graph called the address of LISTSYNC_PUBLIC_URL and did not get the answer that it waits for";
        return deed.failed(Fault::Rejected, "not_validated", why).with_hint(
            "the address has to be reachable from the internet over https, and lead to the HTTP API of this deployment",
        );
    }
    if answer.status == 403 && text.contains("limit") {
        return deed
            .failed(Fault::Rejected, "too_many_subscriptions", "the tenant grants this app no more of them")
            .with_hint("end subscriptions of the app that nobody needs; they also end by themselves");
    }
    deed.refused(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_enough_not_to_be_guessed_and_short_enough_for_graph() {
        let (one, other) = (secret(), secret());
        assert!(one != other && one.len() == 64);
    }
}
