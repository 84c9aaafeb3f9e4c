//! Subscriptions of applications, and the notices that wait to be sent for them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ObjectId, date_time};
use crate::settings::NoticeSettings;
use crate::state::directory::Directory;

/// For how long a notice that is not taken is sent again (the page "Receive change notifications through webhooks").
const PATIENCE_MS: i64 = 4 * 3_600 * 1_000;
/// How many posts are remembered; the oldest go first.
const MAX_POSTS: usize = 10_000;

/// An application's wish to hear of changes.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// The application that made it.
    pub app_id: String,
    /// What it is about: `/groups`, or `/groups/` and an id.
    pub resource: String,
    /// `updated`, `deleted`, or both.
    pub change_type: String,
    /// Where notices go.
    pub notification_url: String,
    /// Where lifecycle notices go.
    pub lifecycle_url: Option<String>,
    /// What each notice carries.
    pub client_state: Option<String>,
    /// The newest TLS version that the receiver speaks.
    pub tls: String,
    /// When it ends.
    pub expires: Timestamp,
    pub(crate) is_validated: bool,
}

/// What is told of a subscription itself (the page "Lifecycle notifications").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleEvent {
    /// It has to be reauthorized or renewed.
    ReauthorizationRequired,
    /// It was removed.
    SubscriptionRemoved,
    /// Some notices were not sent.
    Missed,
}

/// A post of notices that was made.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where to.
    pub url: String,
    /// The notices in it.
    pub notices: Vec<Value>,
    /// The status of the answer, within ten seconds; none: there was none.
    pub status: Option<u16>,
}

#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) url: String,
    pub(crate) notice: Value,
    pub(crate) due_ms: i64,
    pub(crate) first_ms: i64,
    pub(crate) tries: u32,
}

/// All that is kept of them.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    all: BTreeMap<Uuid, Subscription>,
    /// How many changes of groups were told of, or came before any subscription.
    told: usize,
    outbox: Vec<Letter>,
    posts: Vec<Post>,
}

impl Subscriptions {
    pub(crate) fn add(&mut self, subscription: Subscription) {
        self.all.insert(subscription.id, subscription);
    }

    pub(crate) fn get_mut(&mut self, id: Uuid) -> Option<&mut Subscription> {
        self.all.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<Subscription> {
        self.all.remove(&id)
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Subscription> {
        self.all.values().filter(|subscription| subscription.is_validated)
    }

    pub(crate) fn posts(&self) -> &[Post] {
        &self.posts
    }

    pub(crate) fn posted(&mut self, post: Post) {
        if self.posts.len() == MAX_POSTS {
            self.posts.remove(0);
        }
        self.posts.push(post);
    }

    /// Ends those whose time is over, and writes a notice for each change since the last time. Changes of one group that
    /// are found together are one notice.
    pub(crate) fn collect(&mut self, directory: &Directory, at: (i64, NoticeSettings, &str)) {
        let (now, settings, tenant) = at;
        self.all.retain(|_, subscription| subscription.expires.as_millisecond() > now);
        let log = directory.group_log_from(self.told);
        self.told += log.len();
        let mut changed: Vec<ObjectId> = log.iter().map(|(_, group)| *group).collect();
        changed.sort_unstable();
        changed.dedup();
        for group in changed {
            let kind = if directory.is_purged_group(group) { "deleted" } else { "updated" };
            for subscription in self.all.values().filter(|one| one.is_validated && one.wants(group, kind)) {
                let notice = subscription.notice(group, kind, tenant);
                for copy in 0..settings.copies.max(1) {
                    let due_ms = now + crate::clock::millis(settings.delay) * i64::from(copy + 1);
                    let url = subscription.notification_url.clone();
                    self.outbox.push(Letter { url, notice: notice.clone(), due_ms, first_ms: now, tries: 0 });
                }
            }
        }
    }

    /// Tells every subscription of an event.
    pub(crate) fn tell(&mut self, event: LifecycleEvent, now: i64, tenant: &str) {
        for subscription in self.all.values().filter(|one| one.is_validated) {
            let Some(url) = subscription.lifecycle_url.clone() else { continue };
            let notice = subscription.lifecycle_notice(event, tenant);
            self.outbox.push(Letter { url, notice, due_ms: now, first_ms: now, tries: 0 });
        }
        if event == LifecycleEvent::SubscriptionRemoved {
            self.all.clear();
        }
    }

    /// The letters that are due, by address: one post each.
    pub(crate) fn due(&mut self, now: i64) -> BTreeMap<String, Vec<Letter>> {
        let (due, later) = std::mem::take(&mut self.outbox).into_iter().partition(|one| one.due_ms <= now);
        self.outbox = later;
        let mut posts: BTreeMap<String, Vec<Letter>> = BTreeMap::new();
        for letter in due {
            let letters: &mut Vec<Letter> = posts.entry(letter.url.clone()).or_default();
            letters.push(letter);
        }
        posts
    }

    /// Letters that were not taken are sent again, each time after twice the wait.
    pub(crate) fn send_again(&mut self, letters: Vec<Letter>, now: i64) {
        for letter in letters {
            let wait = 500_i64 << letter.tries.min(10);
            if now + wait - letter.first_ms < PATIENCE_MS {
                self.outbox.push(Letter { due_ms: now + wait, tries: letter.tries + 1, ..letter });
            }
        }
    }
}

impl Subscription {
    fn wants(&self, group: ObjectId, kind: &str) -> bool {
        let about = self.resource.trim_start_matches('/').strip_prefix("groups").unwrap_or_default();
        let is_about = about.is_empty() || about.trim_start_matches('/') == group.to_string();
        is_about && self.change_type.split(',').any(|wanted| wanted == kind)
    }

    /// As on the page "Receive change notifications through webhooks".
    fn notice(&self, group: ObjectId, kind: &str, tenant: &str) -> Value {
        json!({
            "subscriptionId": self.id.to_string(),
            "subscriptionExpirationDateTime": date_time(self.expires.as_millisecond()),
            "clientState": self.client_state,
            "changeType": kind,
            "resource": format!("Groups/{group}"),
            "tenantId": tenant,
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.Group",
                "@odata.id": format!("Groups/{group}"),
                "id": group.to_string(),
                "organizationId": tenant,
            },
        })
    }

    fn lifecycle_notice(&self, event: LifecycleEvent, tenant: &str) -> Value {
        let event = match event {
            LifecycleEvent::ReauthorizationRequired => "reauthorizationRequired",
            LifecycleEvent::SubscriptionRemoved => "subscriptionRemoved",
            LifecycleEvent::Missed => "missed",
        };
        json!({
            "subscriptionId": self.id.to_string(),
            "subscriptionExpirationDateTime": date_time(self.expires.as_millisecond()),
            "clientState": self.client_state,
            "tenantId": tenant,
            "lifecycleEvent": event,
        })
    }
}
