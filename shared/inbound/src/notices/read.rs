//! The collection of notices that a request carries.

use listsync_core::id::GroupId;
use listsync_engine::notices::OrderNews;
use serde::Deserialize;

/// One notice, not verified yet.
pub(super) struct Notice {
    pub(super) subscription_id: String,
    /// Empty where it carries none.
    pub(super) client_state: String,
    pub(super) news: News,
}

/// What it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Changed(GroupId),
    Order(OrderNews),
    /// Nothing that concerns us.
    Other,
}

/// "changeNotificationCollection resource type": what else is in it is left alone.
#[derive(Deserialize)]
struct Collection {
    value: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    subscription_id: Option<String>,
    #[serde(default)]
    client_state: Option<String>,
    #[serde(default)]
    lifecycle_event: Option<String>,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    resource_data: Option<ResourceData>,
}

#[derive(Deserialize)]
struct ResourceData {
    #[serde(default)]
    id: Option<String>,
}

/// The notices of a body; none: it is no collection.
pub(super) fn collection(body: &[u8]) -> Option<Vec<Notice>> {
    let collection: Collection = serde_json::from_slice(body).ok()?;
    let notice = |item: Item| Notice {
        news: news(&item),
        subscription_id: item.subscription_id.unwrap_or_default(),
        client_state: item.client_state.unwrap_or_default(),
    };
    Some(collection.value.into_iter().map(notice).collect())
}

fn news(item: &Item) -> News {
    match item.lifecycle_event.as_deref() {
        Some("reauthorizationRequired") => return News::Order(OrderNews::Prolong),
        Some("subscriptionRemoved") => return News::Order(OrderNews::Ended),
        Some("missed") => return News::Order(OrderNews::Missed),
        Some(_) => return News::Other,
        None => {}
    }
    let data = item.resource_data.as_ref().and_then(|data| data.id.as_deref());
    // `Groups/{id}`, and `groups/{id}/members` where a subscription is about members.
    let path = item.resource.as_deref().and_then(|path| path.trim_matches('/').split('/').nth(1));
    let group = data.or(path).and_then(|id| GroupId::parse(id).ok());
    group.map_or(News::Other, News::Changed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(item: Value) -> News {
        let mut notices = collection(json!({"value": [item]}).to_string().as_bytes()).expect("a collection");
        notices.remove(0).news
    }

    #[test]
    fn a_group_is_named_by_its_data_or_by_its_path() {
        let group = || News::Changed(GroupId::parse("ABC-1").expect("an id"));
        assert_eq!(of(json!({"resource": "Groups/other", "resourceData": {"id": "abc-1"}})), group());
        assert_eq!(of(json!({"resource": "groups/abc-1/members"})), group());
        assert_eq!(of(json!({"resource": "groups"})), News::Other);
    }

    #[test]
    fn an_event_of_the_subscription_is_no_change() {
        let event = |name: &str| of(json!({"lifecycleEvent": name, "resource": "Groups/g"}));
        assert_eq!(event("reauthorizationRequired"), News::Order(OrderNews::Prolong));
        assert_eq!(event("subscriptionRemoved"), News::Order(OrderNews::Ended));
        assert_eq!(event("missed"), News::Order(OrderNews::Missed));
        assert_eq!(event("somethingNew"), News::Other);
    }

    #[test]
    fn what_is_no_collection_is_told_from_an_empty_one() {
        assert!(collection(b"[]").is_none() && collection(b"").is_none());
        assert_eq!(collection(b"{\"value\": []}").map(|notices| notices.len()), Some(0));
    }
}
