//! Requests, before anything is known of hosts, tokens or time.

use listsync_engine::throttle::Refused;
use serde_json::{Value, json};

use crate::{member_link::MemberLink, path, subscriptions::SubscriptionPath};

/// One request below the root of Graph.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    verb: Verb,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
    writes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Patch,
    Unlink,
    Cancel,
}

/// Whether a repeat or a cut-off can matter to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Effect {
    /// What the directory has too many of when it refuses one of these for a while.
    pub(crate) fn refused(self) -> Refused {
        match self {
            Self::Read => Refused::Any,
            Self::Write => Refused::Writes,
        }
    }
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { verb: Verb::Get, path: path.into(), headers: Vec::new(), body: None, writes: 0 }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { verb: Verb::Post, path: path.into(), headers: Vec::new(), body: Some(body), writes: 1 }
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { verb: Verb::Patch, path: path.into(), headers: Vec::new(), body: Some(body), writes: 1 }
    }

    /// Takes a member out of a group: but for [`Ask::cancel`] the only DELETE there is.
    pub(crate) fn unlink(link: &MemberLink) -> Self {
        let path = link.path().to_owned();
        Self { verb: Verb::Unlink, path, headers: Vec::new(), body: None, writes: 1 }
    }

    /// Ends a subscription of ours.
    pub(crate) fn cancel(subscription: &SubscriptionPath) -> Self {
        let path = subscription.path().to_owned();
        Self { verb: Verb::Cancel, path, headers: Vec::new(), body: None, writes: 1 }
    }

    /// At most twenty requests in one (the page "Combine multiple HTTP requests using JSON batching").
    pub(crate) fn batch(parts: &[Self]) -> Self {
        let requests: Vec<Value> =
            parts.iter().enumerate().map(|(index, part)| part.as_part(index)).collect();
        let writes = parts.iter().map(|part| part.writes).sum();
        Self { writes, ..Self::post("/$batch", json!({ "requests": requests })) }
    }

    /// Asks the eventually consistent index, which advanced queries need (the page "Advanced query capabilities on
    /// Microsoft Entra ID objects"). The header must be given again for each page.
    pub(crate) fn eventual(self) -> Self {
        self.with_header("ConsistencyLevel", "eventual")
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same for another page: its link brings the query, but not the headers.
    pub(crate) fn page(&self, path: String) -> Self {
        Self { headers: self.headers.clone(), ..Self::get(path) }
    }

    fn as_part(&self, index: usize) -> Value {
        let mut part = json!({ "id": part_id(index), "method": self.method().as_str(), "url": self.path });
        let mut headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        if let Some(body) = &self.body {
            headers.insert("Content-Type".to_owned(), json!("application/json"));
            part["body"] = body.clone();
        }
        if !headers.is_empty() {
            part["headers"] = Value::Object(headers);
        }
        part
    }

    pub(crate) fn method(&self) -> reqwest::Method {
        match self.verb {
            Verb::Get => reqwest::Method::GET,
            Verb::Post => reqwest::Method::POST,
            Verb::Patch => reqwest::Method::PATCH,
            Verb::Unlink | Verb::Cancel => reqwest::Method::DELETE,
        }
    }

    pub(crate) fn effect(&self) -> Effect {
        if self.writes > 0 { Effect::Write } else { Effect::Read }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn headers(&self) -> &[(&'static str, &'static str)] {
        &self.headers
    }

    pub(crate) fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }
}

/// What the part with this place in a batch is called.
pub(crate) fn part_id(index: usize) -> String {
    (index + 1).to_string()
}

/// `path?$select=…&$filter=…` with both encoded as needed.
pub(crate) fn filtered(path: &str, select: &str, filter: &str) -> String {
    format!("{path}?$select={select}&$filter={}", path::encoded(filter))
}

#[cfg(test)]
mod tests {
    use listsync_core::id::{GroupId, ObjectId};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_only_delete_takes_a_link_away_and_never_a_person(group in "\\PC{1,40}", member in "\\PC{1,40}") {
            let (Ok(group), Ok(member)) = (GroupId::parse(&group), ObjectId::parse(&member)) else { return Ok(()) };
            let ask = Ask::unlink(&MemberLink::new(&group, &member));
            prop_assert_eq!(ask.method(), reqwest::Method::DELETE);
            let url = url::Url::parse(&format!("https://graph.example/v1.0{}", ask.path())).expect("a URL");
            let segments: Vec<&str> = url.path_segments().expect("segments").collect();
            prop_assert_eq!(segments.len(), 6, "{}", url);
            prop_assert_eq!((segments[1], segments[3], segments[5]), ("groups", "members", "$ref"));
            prop_assert_eq!(url.query(), None);
        }
    }

    proptest! {
        #[test]
        fn the_other_delete_ends_a_subscription_and_nothing_else(id in "\\PC{1,40}") {
            let ask = Ask::cancel(&SubscriptionPath::new(&id));
            let url = url::Url::parse(&format!("https://graph.example/v1.0{}", ask.path())).expect("a URL");
            let segments: Vec<&str> = url.path_segments().expect("segments").collect();
            prop_assert_eq!((segments.len(), segments[1]), (3, "subscriptions"), "{}", url);
            prop_assert_eq!(url.query(), None);
        }
    }

    #[test]
    fn nothing_but_a_member_link_or_a_subscription_can_make_a_delete() {
        let asks = [Ask::get("/a"), Ask::post("/a", json!({})), Ask::patch("/a", json!({})), Ask::batch(&[])];
        assert!(asks.iter().all(|ask| ask.method() != reqwest::Method::DELETE));
    }

    #[test]
    fn a_batch_counts_the_writes_in_it_and_a_read_batch_is_a_read() {
        let patch = Ask::patch("/groups/g", json!({}));
        let batch = Ask::batch(&[patch.clone(), patch]);
        assert_eq!((batch.writes(), batch.effect()), (2, Effect::Write));
        let reads = Ask::batch(&[Ask::get("/users").eventual()]);
        assert_eq!((reads.writes(), reads.effect()), (0, Effect::Read));
        let part = &reads.body().expect("a body")["requests"][0];
        assert_eq!(part["headers"]["ConsistencyLevel"], "eventual");
        assert_eq!(part.get("body"), None);
    }
}
