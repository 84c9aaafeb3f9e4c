//! Sending what is to be told, by every channel at a time.

use std::collections::BTreeMap;

use futures::future::join_all;
use listsync_core::{
    Timestamp,
    alert::{Alert, AlertKind, Message},
};
use tokio::time::timeout;

use super::{
    Alerting, SENDING,
    book::{Book, Pending},
};
use crate::{
    ports::{AlertChannel, Fault, PortError},
    service::Service,
};

/// What a channel came to.
pub(super) struct Sent {
    pub(super) channel: &'static str,
    /// What it sent, each by the name of its page and its own id.
    pub(super) delivered: Vec<(String, String)>,
    /// Why it did not send all.
    pub(super) error: Option<PortError>,
}

/// Whether a channel has something to send and is not to be left alone.
pub(super) fn is_due(book: &Book, channels: &[&str]) -> bool {
    channels.iter().any(|channel| !rests(book, channel) && waiting(book, channel).next().is_some())
}

/// Sends all that is due. No message is begun at this moment or later.
pub(super) async fn all(service: &Service, alerting: &Alerting, book: &Book, until: Timestamp) -> Vec<Sent> {
    let ready = alerting.channels.iter().filter(|channel| !rests(book, channel.name()));
    let sent = join_all(ready.map(|channel| by(service, &**channel, book, until))).await;
    sent.into_iter().flatten().collect()
}

fn rests(book: &Book, channel: &str) -> bool {
    let trouble = book.channel(channel).and_then(|state| state.trouble.as_ref());
    trouble.is_some_and(|trouble| trouble.rests(book.now))
}

fn waiting<'a>(book: &'a Book, channel: &'a str) -> impl Iterator<Item = (&'a str, &'a Pending)> {
    let is_left = move |pending: &&Pending| pending.left.as_ref().is_some_and(|left| left.contains(channel));
    book.pages()
        .flat_map(move |(name, page)| page.pending.iter().filter(is_left).map(move |pending| (name, pending)))
}

/// What was found at once, of one kind and with one error, is one message: an outage that fails every link is one cause.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Together<'a> {
    at: Timestamp,
    kind: AlertKind,
    code: &'a str,
}

/// None: there was nothing to send.
async fn by(service: &Service, channel: &dyn AlertChannel, book: &Book, until: Timestamp) -> Option<Sent> {
    let mut groups: BTreeMap<Together<'_>, Vec<(&str, &Pending)>> = BTreeMap::new();
    for (name, pending) in waiting(book, channel.name()) {
        let Alert { at, kind, code, .. } = &pending.alert;
        groups.entry(Together { at: *at, kind: *kind, code }).or_default().push((name, pending));
    }
    let mut sent = Sent { channel: channel.name(), delivered: Vec::new(), error: None };
    if groups.is_empty() {
        return None;
    }
    for group in groups.into_values() {
        let now = service.ports.clock.now();
        if now >= until {
            break;
        }
        let alerts = group.iter().map(|(_, pending)| (pending.id.clone(), pending.alert.clone()));
        let Some(message) = Message::of(alerts.collect()) else { continue };
        let outcome = timeout(SENDING, channel.send(&message, now)).await.unwrap_or_else(|_| Err(slow()));
        match outcome {
            Ok(()) => {
                let told = group.iter().map(|(name, pending)| ((*name).to_owned(), pending.id.clone()));
                sent.delivered.extend(told);
            }
            Err(error) => {
                tracing::warn!(
                    channel = channel.name(),
                    code = error.code,
                    hint = error.hint,
                    "an alert could not be sent: {error}"
                );
                // What is refused as it is says nothing of the others; a receiver that does not answer does.
                let goes_on = error.fault == Fault::Rejected;
                sent.error = Some(error);
                if !goes_on {
                    break;
                }
            }
        }
    }
    Some(sent)
}

fn slow() -> PortError {
    let message = format!("the receiver did not answer within {} s", SENDING.as_secs());
    PortError::new(Fault::Unavailable, "receiver_slow", message)
        .with_hint("see that the receiver answers at once, and does its work later")
}
