//! A record of every request, for tests to look at.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;

/// One request, or one part of a batch.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was answered, by the emulator's clock.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Path and query as sent, below `/v1.0`; of other requests the whole path.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The id of the part, inside a batch. The batch itself has an entry of its own, after its parts.
    pub part: Option<String>,
    /// The JSON body of the request, where the settings keep it. Secrets of token requests never are.
    pub request: Option<Value>,
    /// The body of the answer, where the settings keep it.
    pub answer: Option<Value>,
    /// The `client-request-id` that came with it.
    pub client_request_id: Option<String>,
    /// What the request did that a careful client never does.
    pub violation: Option<String>,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// HTTP requests to Graph; a batch is one.
    pub http_requests: u64,
    /// Calls, each part of a batch counting, the batch itself not.
    pub calls: u64,
    /// Calls that the throttle counts as writes.
    pub writes: u64,
    /// Calls that add or remove members: PATCH with `members@odata.bind`, POST and DELETE of `$ref`.
    pub member_writes: u64,
    /// Calls answered 429.
    pub throttled: u64,
    /// Requests to the token endpoint.
    pub token_requests: u64,
    /// The most HTTP requests to Graph that were under way at a time.
    pub most_under_way: u64,
    /// The most of them that had written members or owners of a group.
    pub most_writing: u64,
}

/// How many entries are kept; the oldest go first.
const MAX_ENTRIES: usize = 200_000;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    /// Those with a violation: they are never forgotten.
    violations: Vec<Entry>,
    pub(crate) counters: Counters,
}

impl Journal {
    pub(crate) fn add(&mut self, entry: Entry) {
        if entry.violation.is_some() {
            self.violations.push(entry.clone());
        }
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Gives the newest entry of a call another status: its answer was decided after it was recorded.
    pub(crate) fn revise(&mut self, method: &str, path: &str, status: u16) {
        let is_it = |entry: &&mut Entry| entry.method == method && entry.path == path;
        if let Some(entry) = self.entries.iter_mut().rev().find(is_it) {
            entry.status = status;
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn violations(&self) -> &[Entry] {
        &self.violations
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.counters = Counters::default();
    }
}
