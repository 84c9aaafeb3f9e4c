use std::fmt::Write as _;

use super::{Alert, Message};
use crate::{
    address::Address,
    text::{clipped, visible_line},
};

/// From whom letters come, and to whom they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who sends them.
    pub from: Address,
    /// Who gets them; at least one.
    pub to: Vec<Address>,
}

/// A message as a letter in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same whenever the same is sent again: the local part of its Message-ID.
    pub id: String,
    /// Its subject, on one line.
    pub subject: String,
    /// Its text, with lines that end in a line feed.
    pub text: String,
}

impl Letter {
    /// Of a message. A name cannot end its line, so what stands in a line of its own is ours.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let Message { id, kind: _, title, alerts, more, at: _ } = message;
        let mut text = String::new();
        for alert in alerts {
            text += &paragraph(alert);
        }
        if *more > 0 {
            let _ = writeln!(text, "and {more} more: listsync status\n");
        }
        text += "-- \nSent by listsync. Its operator sets who gets this.\n";
        Self { id: id.clone(), subject: format!("listsync: {}", line(title)), text }
    }
}

fn paragraph(alert: &Alert) -> String {
    let Alert { list, text, advice, .. } = alert;
    let name = list.as_ref().map_or_else(String::new, |list| format!("{}: ", line(&list.name)));
    let advice = if advice.is_empty() { String::new() } else { format!("    {}\n", line(advice)) };
    format!("{name}{}\n{advice}\n", line(text))
}

fn line(text: &str) -> String {
    clipped(&visible_line(text)).into_owned()
}
