//! What is kept of alerts, as one value: read at once, changed, and written note by note.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use listsync_core::{
    Timestamp,
    alert::{Alert, Told},
    schedule::{SKEW, as_of, later},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{CLAIM, KEPT, deliver::Sent};
use crate::{
    ports::{AlertNote, Fault, PortError, PortResult, Written},
    service::Service,
};

const CLAIMED: &str = "claim";
const HEARTBEAT_AT: &str = "heartbeat-at";
const CHANNEL: &str = "channel/";
/// How long what is over is kept as such, so that whoever read it before finds its version.
const OVER: Duration = Duration::from_secs(3_600);
/// How many notes are written at a time.
const AT_ONCE: usize = 16;
/// The longest that a channel that failed is left alone.
const LONGEST_REST: Duration = Duration::from_secs(3_600);
const FIRST_REST: Duration = Duration::from_secs(60);

/// What was told of one subject, and what is still to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Page {
    /// What was told and is not over.
    #[serde(default)]
    pub(super) told: Told,
    /// What is to be sent.
    #[serde(default)]
    pub(super) pending: Vec<Pending>,
}

/// An alert that was not sent by every channel yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) alert: Alert,
    /// The channels that are still to send it; none: all that there are.
    pub(super) left: Option<BTreeSet<String>>,
}

impl Page {
    pub(super) fn add(&mut self, alert: Alert, channels: Option<&[&str]>) {
        let left = channels.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        self.pending.push(Pending { id: Uuid::now_v7().to_string(), alert, left });
    }

    fn is_over(&self) -> bool {
        self.told.is_empty() && self.pending.is_empty()
    }
}

/// How a channel does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelState {
    /// When it sent something last.
    pub sent_at: Option<Timestamp>,
    /// Why its last try failed.
    pub trouble: Option<Trouble>,
}

/// What came of sending by a channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try<'a> {
    pub(super) channel: &'a str,
    /// Whether it sent anything.
    pub(super) has_sent: bool,
    /// Why it did not send all.
    pub(super) error: Option<&'a PortError>,
}

/// Why a channel sends nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A stable code.
    pub code: String,
    /// What failed.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
    /// Since when: the first of the failures in a row.
    pub since: Timestamp,
    /// How many failures in a row there were.
    pub tries: u32,
    /// When it is tried again.
    pub next_at: Timestamp,
}

impl Trouble {
    /// A minute after the first failure, doubled with each, an hour at most.
    fn after(before: Option<&Self>, error: &PortError, now: Timestamp) -> Self {
        let tries = before.map_or(0, |before| before.tries).saturating_add(1);
        let rest = LONGEST_REST.min(FIRST_REST * 2_u32.pow(tries.saturating_sub(1).min(16)));
        let (code, message, hint) = (error.code.clone(), error.message.clone(), error.hint.clone());
        let since = before.map_or(now, |before| before.since);
        Self { code, message, hint, since, tries, next_at: later(now, rest) }
    }

    /// Whether the channel is to be left alone.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        as_of(self.next_at, now, LONGEST_REST + SKEW) > now
    }
}

/// All that is kept.
pub(super) struct Book {
    /// When it was read.
    pub(super) now: Timestamp,
    /// What was told of whom.
    pages: BTreeMap<String, Page>,
    channels: BTreeMap<String, ChannelState>,
    /// When a sign of life is due.
    pub(super) heartbeat_at: Option<Timestamp>,
    claimed_until: Option<Timestamp>,
    versions: BTreeMap<String, u64>,
    /// What has to be written.
    changed: BTreeSet<String>,
    /// How many notes others wrote meanwhile.
    pub(super) lost: usize,
}

impl Book {
    pub(super) async fn read(service: &Service, now: Timestamp) -> PortResult<Self> {
        let mut book = Self {
            now,
            pages: BTreeMap::new(),
            channels: BTreeMap::new(),
            heartbeat_at: None,
            claimed_until: None,
            versions: BTreeMap::new(),
            changed: BTreeSet::new(),
            lost: 0,
        };
        for AlertNote { name, version, value, .. } in service.alerts.alert_notes(now).await? {
            // What does not read was written by another version, and is told anew in its place.
            match name.strip_prefix(CHANNEL) {
                Some(channel) => drop(book.channels.insert(channel.to_owned(), read(&value))),
                None if name == CLAIMED => book.claimed_until = read(&value),
                None if name == HEARTBEAT_AT => book.heartbeat_at = read(&value),
                None => drop(book.pages.insert(name.clone(), read(&value))),
            }
            book.versions.insert(name, version);
        }
        Ok(book)
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = (&str, &Page)> {
        self.pages.iter().map(|(name, page)| (name.as_str(), page))
    }

    pub(super) fn channels(&self) -> impl Iterator<Item = (&str, &ChannelState)> {
        self.channels.iter().map(|(name, state)| (name.as_str(), state))
    }

    pub(super) fn channel(&self, name: &str) -> Option<&ChannelState> {
        self.channels.get(name)
    }

    /// Changes what is kept of a subject; it is written if that made a difference.
    pub(super) fn page<T>(&mut self, name: &str, change: impl FnOnce(&mut Page) -> T) -> T {
        let mut page = self.pages.get(name).cloned().unwrap_or_default();
        let before = page.clone();
        let result = change(&mut page);
        if page != before {
            self.pages.insert(name.to_owned(), page);
            self.changed.insert(name.to_owned());
        }
        result
    }

    pub(super) fn set_heartbeat(&mut self, due: Timestamp) {
        self.heartbeat_at = Some(due);
        self.changed.insert(HEARTBEAT_AT.to_owned());
    }

    /// Leaves of what is to be sent only what these channels still are to send, and no longer than it is worth it.
    pub(super) fn keep_to(&mut self, channels: &[&str], now: Timestamp) {
        let names: Vec<String> = self.pages.keys().cloned().collect();
        for name in names {
            self.page(&name, |page| {
                page.pending.retain_mut(|pending| {
                    let left = pending.left.get_or_insert_with(|| {
                        channels.iter().map(|channel| (*channel).to_owned()).collect()
                    });
                    left.retain(|channel| channels.contains(&channel.as_str()));
                    !left.is_empty() && later(pending.alert.at, KEPT) > now
                });
            });
        }
    }

    pub(super) fn has_news(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Takes the right to tell; whether it was to be had. One that reaches further than any was taken under a clock that ran
    /// ahead.
    pub(super) async fn claim(&mut self, service: &Service) -> PortResult<bool> {
        if self.claimed_until.is_some_and(|until| as_of(until, self.now, CLAIM + SKEW) > self.now) {
            return Ok(false);
        }
        self.set_claim(service, later(self.now, CLAIM)).await
    }

    /// Gives it back.
    pub(super) async fn release(&mut self, service: &Service) -> PortResult<()> {
        self.set_claim(service, self.now).await.map(drop)
    }

    async fn set_claim(&mut self, service: &Service, until: Timestamp) -> PortResult<bool> {
        let version = self.versions.get(CLAIMED).copied().unwrap_or(0);
        let note = AlertNote { name: CLAIMED.to_owned(), version, value: bytes(&until)?, until: None };
        let written = service.alerts.write_alert_note(&note, self.now).await?;
        self.versions.insert(CLAIMED.to_owned(), version + 1);
        Ok(written == Written::Done)
    }

    /// Writes what was changed. A note that somebody else wrote since is theirs: it is not told from here.
    pub(super) async fn save(&mut self, service: &Service) -> PortResult<()> {
        let mut notes = Vec::with_capacity(self.changed.len());
        for name in std::mem::take(&mut self.changed) {
            notes.push(self.note(name)?);
        }
        let now = self.now;
        let mut writes = stream::iter(notes)
            .map(|note| async move { (service.alerts.write_alert_note(&note, now).await, note) })
            .buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some((written, AlertNote { name, version, .. })) = writes.next().await {
            match written {
                Ok(Written::Done) => drop(self.versions.insert(name, version + 1)),
                Ok(Written::Outdated) => {
                    self.pages.remove(&name);
                    self.lost += 1;
                }
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn note(&self, name: String) -> PortResult<AlertNote> {
        let version = self.versions.get(&name).copied().unwrap_or(0);
        let (value, is_over) = match (name.strip_prefix(CHANNEL), self.pages.get(&name)) {
            (Some(channel), _) => (bytes(&self.channels.get(channel))?, false),
            (None, Some(page)) => (bytes(page)?, page.is_over()),
            (None, None) => (bytes(&self.heartbeat_at)?, false),
        };
        Ok(AlertNote { name, version, value, until: is_over.then(|| later(self.now, OVER)) })
    }

    /// Takes in what was sent, and what failed.
    pub(super) fn take_sent(&mut self, sent: &[Sent], now: Timestamp) {
        for Sent { channel, delivered, error } in sent {
            for (name, id) in delivered {
                self.page(name, |page| {
                    page.pending.retain_mut(|pending| {
                        let left = pending.left.get_or_insert_default();
                        if pending.id == *id {
                            left.remove(*channel);
                        }
                        !left.is_empty()
                    });
                });
            }
            let has_sent = !delivered.is_empty();
            self.take_try(Try { channel, has_sent, error: error.as_ref() }, now);
        }
    }

    /// Has a channel be tried again at the next beat: whoever tests it puts right what is wrong just now.
    pub(super) fn rest_no_longer(&mut self, channel: &str) {
        if let Some(trouble) = self.channels.get_mut(channel).and_then(|state| state.trouble.as_mut()) {
            trouble.next_at = self.now;
        }
    }

    /// Takes in how a channel did when something was sent by it.
    pub(super) fn take_try(&mut self, Try { channel, has_sent, error }: Try<'_>, now: Timestamp) {
        let state = self.channels.entry(channel.to_owned()).or_default();
        if has_sent {
            state.sent_at = Some(now);
        }
        state.trouble = error.map(|error| Trouble::after(state.trouble.as_ref(), error, now));
        self.changed.insert(format!("{CHANNEL}{channel}"));
    }
}

pub(super) fn busy() -> PortError {
    PortError::new(Fault::Busy, "alerts_busy", "alerts are being sent just now")
        .with_hint("try again in a minute")
}

fn read<T: DeserializeOwned + Default>(value: &[u8]) -> T {
    serde_json::from_slice(value).unwrap_or_default()
}

fn bytes<T: Serialize>(value: &T) -> PortResult<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|_| PortError::new(Fault::Rejected, "unwritable", "could not write what was told"))
}
