//! What Amazon SES tells about a message: feedback notifications and published events (Amazon SES Developer Guide, "Amazon
//! SNS notification contents for Amazon SES" and "Contents of event data that Amazon SES publishes to Amazon SNS").

use std::collections::BTreeMap;

use listsync_core::Timestamp;
use serde_json::Value;

use super::{Entry, Event, EventKind, Misread, Reading, address};

/// The events in the `Message` of a verified notification; `message` is its `MessageId`.
///
/// A text that is not JSON is ignored: SES sends one to try the topic. So is an event of a type that concerns no list.
#[must_use]
pub fn read(message: &str, text: &str) -> Vec<Entry> {
    let notice: Value = serde_json::from_str(text).unwrap_or_default();
    let readings = match kind(&notice) {
        "Bounce" => bounce(&notice["bounce"]),
        "Complaint" => complaint(&notice["complaint"]),
        "Subscription" => subscription(&notice),
        "DeliveryDelay" => vec![Reading::Transient],
        _ => vec![Reading::Ignored],
    };
    let readings = readings.into_iter().enumerate();
    readings.map(|(index, reading)| Entry { name: format!("message {message}#{index}"), reading }).collect()
}

/// A feedback notification says `notificationType`, a published event `eventType`.
fn kind(notice: &Value) -> &str {
    let kind = notice["eventType"].as_str().or_else(|| notice["notificationType"].as_str());
    kind.unwrap_or_default()
}

fn bounce(bounce: &Value) -> Vec<Reading> {
    if bounce["bounceType"] != "Permanent" {
        return vec![Reading::Transient];
    }
    recipients(bounce, "/bounce/bouncedRecipients", &EventKind::HardBounce)
}

/// A report of `not-spam` is a recipient who takes a message out of the spam folder.
fn complaint(complaint: &Value) -> Vec<Reading> {
    if complaint["complaintFeedbackType"] == "not-spam" {
        return vec![Reading::Ignored];
    }
    recipients(complaint, "/complaint/complainedRecipients", &EventKind::Complaint)
}

fn recipients(notice: &Value, pointer: &str, kind: &EventKind) -> Vec<Reading> {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let Some(recipients) = notice[name].as_array() else {
        return vec![Reading::Unreadable(Misread::new(pointer, "is missing"))];
    };
    let at = notice["timestamp"].as_str().and_then(|at| at.parse().ok());
    let recipients = recipients.iter().enumerate();
    recipients
        .map(|(index, recipient)| {
            let whose = recipient["emailAddress"].as_str().unwrap_or_default();
            event(
                &format!("{pointer}/{index}/emailAddress"),
                whose,
                Told { kind: kind.clone(), list: None, at },
            )
        })
        .collect()
}

struct Told {
    kind: EventKind,
    list: Option<String>,
    at: Option<Timestamp>,
}

fn event(field: &str, whose: &str, told: Told) -> Reading {
    match address(field, bare(whose)) {
        Ok(address) => Reading::Event(Event { kind: told.kind, address, list: told.list, at: told.at }),
        Err(misread) => Reading::Unreadable(misread),
    }
}

/// SES repeats a recipient as the sender wrote it, a display name included.
fn bare(recipient: &str) -> &str {
    let inner = recipient.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(recipient, |(address, _)| address)
}

/// A recipient changed their preferences by SES's own unsubscribe link. A topic of SES's contact list stands for the
/// list of the same name, where the source has no list of its own; who left everything left it all.
fn subscription(notice: &Value) -> Vec<Reading> {
    let change = &notice["subscription"];
    let at = change["timestamp"].as_str().and_then(|at| at.parse().ok());
    let whose = notice["mail"]["destination"][0].as_str().unwrap_or_default();
    let told = |kind, list| event("/mail/destination/0", whose, Told { kind, list, at });
    let (new, old) = (&change["newTopicPreferences"], &change["oldTopicPreferences"]);
    if new["unsubscribeAll"] == true {
        return vec![told(EventKind::Unsubscribe, None)];
    }
    let before = topics(old);
    let moved = topics(new).into_iter().filter(|(topic, status)| before.get(topic) != Some(status));
    let told: Vec<Reading> = moved
        .filter_map(|(topic, status)| match status {
            "OptOut" => Some(told(EventKind::Unsubscribe, Some(topic.to_owned()))),
            "OptIn" => Some(told(EventKind::Subscribe, Some(topic.to_owned()))),
            _ => None,
        })
        .collect();
    if told.is_empty() { vec![Reading::Ignored] } else { told }
}

/// The status of each topic: the recipient's own, else the topic's default.
fn topics(preferences: &Value) -> BTreeMap<&str, &str> {
    let lists = ["topicDefaultSubscriptionStatus", "topicSubscriptionStatus"];
    let topics = lists.iter().filter_map(|name| preferences[*name].as_array()).flatten();
    topics
        .filter_map(|topic| Some((topic["topicName"].as_str()?, topic["subscriptionStatus"].as_str()?)))
        .collect()
}
