//! Mailchimp's audience webhooks (Mailchimp Marketing API, "Sync audience data with webhooks").
//!
//! They are forms without a signature: what vouches for them is a secret in the URL. A webhook should not hear changes
//! made through Mailchimp's API, or our own writes come back as events. It is of one audience, so its source should have
//! a list; the audience's id in the form is Mailchimp's and says nothing to us.
//!
//! An `unsubscribe` with the action `delete` (an admin deleted the contact) counts as an opt-out too: let the webhook
//! not hear changes by admins where that is not meant.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use listsync_core::Timestamp;
use listsync_engine::ports::Secret;

use super::{Entry, Event, EventKind, Misread, NotVerified, Reading, address, digest};
use crate::form;

/// Whether the secret in the URL is one of the source's.
///
/// # Errors
/// When not.
pub fn verify(secrets: &[Secret], given: &str) -> Result<(), NotVerified> {
    let mut secrets = secrets.iter().filter(|secret| !secret.0.is_empty());
    let is_known = secrets.any(|secret| verify_slices_are_equal(&secret.0, given.as_bytes()).is_ok());
    if is_known { Ok(()) } else { Err(NotVerified) }
}

/// The one event of a verified form. Mailchimp gives it no id: it is named by its content and time.
///
/// # Errors
/// When it has no `type`, or an event that concerns us lacks its address.
pub fn read(body: &[u8]) -> Result<Entry, Misread> {
    let fields = Form(form::urlencoded(body));
    let is_abuse = fields.get("data[reason]") == Some("abuse");
    let reading = match fields.required("type")? {
        "subscribe" => fields.event(EventKind::Subscribe, "data[email]")?,
        "unsubscribe" | "cleaned" if is_abuse => fields.event(EventKind::Complaint, "data[email]")?,
        "unsubscribe" => fields.event(EventKind::Unsubscribe, "data[email]")?,
        "cleaned" => fields.event(EventKind::HardBounce, "data[email]")?,
        "upemail" => {
            let new = address("data[new_email]", fields.required("data[new_email]")?)?;
            fields.event(EventKind::AddressChange { new }, "data[old_email]")?
        }
        _ => Reading::Ignored,
    };
    Ok(Entry { name: format!("body {}", digest(body)), reading })
}

struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        form::field(&self.0, name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, Misread> {
        self.get(name).ok_or_else(|| Misread::new(name, "is missing"))
    }

    fn event(&self, kind: EventKind, whose: &str) -> Result<Reading, Misread> {
        let address = address(whose, self.required(whose)?)?;
        Ok(Reading::Event(Event { kind, address, list: None, at: self.fired_at() }))
    }

    /// Mailchimp writes `2026-03-01 12:00:00`, in UTC.
    fn fired_at(&self) -> Option<Timestamp> {
        format!("{}Z", self.get("fired_at")?).parse().ok()
    }
}
