use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{Alert, AlertKind};
use crate::Timestamp;

/// So many alerts are listed in one message; of the others it says how many there are.
pub const LISTED: usize = 20;

/// What is sent: alerts of one kind and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same whenever the same is sent again, so that a receiver knows a repeat.
    pub id: String,
    /// What it is about.
    pub kind: AlertKind,
    /// What happened, in one line.
    pub title: String,
    /// The first [`LISTED`] of them.
    pub alerts: Vec<Alert>,
    /// How many more there are.
    pub more: u64,
    /// When the first of them was found.
    pub at: Timestamp,
}

impl Message {
    /// Of alerts, each with an id of its own; none of none.
    #[must_use]
    pub fn of(mut alerts: Vec<(String, Alert)>) -> Option<Self> {
        alerts.sort_by(|(one, a), (other, b)| (a.at, one).cmp(&(b.at, other)));
        let (_, first) = alerts.first()?;
        let (kind, at) = (first.kind, first.at);
        let mut hash = Sha256::new();
        for (id, _) in &alerts {
            hash.update(id.as_bytes());
            hash.update([0]);
        }
        let mut id = "alert_".to_owned();
        for byte in &hash.finalize()[..16] {
            let _ = write!(id, "{byte:02x}");
        }
        let title = title(kind, first, alerts.len());
        let more = alerts.len().saturating_sub(LISTED) as u64;
        let alerts = alerts.into_iter().take(LISTED).map(|(_, alert)| alert).collect();
        Some(Self { id, kind, title, alerts, more, at })
    }
}

fn title(kind: AlertKind, first: &Alert, count: usize) -> String {
    let name = first.list.as_ref().map_or("", |list| list.name.as_str());
    match (kind, count) {
        (AlertKind::Halted, 1) => format!("'{name}' was halted"),
        (AlertKind::Halted, _) => format!("{count} links were halted"),
        (AlertKind::Failing, 1) => format!("'{name}' cannot be synced"),
        (AlertKind::Failing, _) => format!("{count} links cannot be synced"),
        (AlertKind::Held, 1) => match first.count {
            1 => format!("'{name}': 1 change waits for a decision"),
            changes => format!("'{name}': {changes} changes wait for a decision"),
        },
        (AlertKind::Held, _) => format!("Changes of {count} links wait for a decision"),
        (AlertKind::ImportHeld, 1) => format!("A file for '{name}' waits for a decision"),
        (AlertKind::ImportHeld, _) => format!("{count} files wait for a decision"),
        (AlertKind::StaleSource, 1) => format!("No file came for '{name}'"),
        (AlertKind::StaleSource, _) => format!("No files came for {count} lists"),
        (AlertKind::OptOuts, 1) => format!("'{name}': {} people opted out within a day", first.count),
        (AlertKind::OptOuts, _) => format!("Many people opted out of {count} links within a day"),
        (AlertKind::Recovered, 1) if name.is_empty() => {
            "The credential for the directory was renewed".to_owned()
        }
        (AlertKind::Recovered, 1) => format!("'{name}' goes on again"),
        (AlertKind::Recovered, _) => format!("{count} links or files go on again"),
        (AlertKind::CredentialExpiring, _) => "The credential for the directory expires".to_owned(),
        (AlertKind::Heartbeat, _) => "Alerts of listsync arrive".to_owned(),
        (AlertKind::Test, _) => "A test of the alerts of listsync".to_owned(),
    }
}
