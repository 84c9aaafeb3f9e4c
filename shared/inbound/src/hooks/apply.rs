//! What an event does: its decision is stored, the event remembered, the syncs asked for.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    Timestamp,
    audit::{Action, Actor, Completion, Object, ObjectKind},
    contact::{Contact, Decision, OptOutReason, Said, Saying, Scope, UndeliverableReason, Via},
    id::ListId,
    list::Origin,
};
use listsync_engine::{
    audit::{self, Deed},
    naming, people,
    ports::{ContactEdit, EventSource, Fault, MailState, PortError, PortResult, SourceKind},
    service::Service,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::bound;
use crate::events::{Entry, Event, EventKind, MEMORY_SECONDS, Reading, TOLERANCE_SECONDS};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is stored, and the lists that it changed are being synced.
    Applied,
    /// It was handled before.
    Repeated,
    /// It concerns no list.
    Ignored,
    /// A message that may yet arrive.
    Transient,
    /// The person has said otherwise since, or is reached elsewhere by now.
    Superseded,
    /// We keep nobody of that address, or nobody on the list that the source is bound to.
    UnknownAddress,
    /// The list that it names is not there, or not one of the source's.
    UnknownList,
    /// The list's rule, or the person's complaint, stands against it.
    Refused,
    /// The new address is somebody else's, here or in the directory: an operator may merge the two, or edit the one.
    Conflict,
    /// It could not be understood, while others beside it could.
    Unreadable,
}

/// How many events of a request came to what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<Outcome, u64>);

impl Tally {
    /// How many came to this.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(&outcome).copied().unwrap_or_default()
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The events of one request being applied, in their order.
pub(super) struct Applying<'a> {
    service: &'a Service,
    source: &'a EventSource,
    now: Timestamp,
    /// Lists that were asked for, as a batch names the same one over and over.
    lists: BTreeMap<String, Option<ListId>>,
    tally: Tally,
}

impl<'a> Applying<'a> {
    pub(super) fn new(service: &'a Service, source: &'a EventSource, now: Timestamp) -> Self {
        Self { service, source, now, lists: BTreeMap::new(), tally: Tally::default() }
    }

    /// Applies one entry, unless it was before. It is remembered once its decision is stored, not sooner: what fails
    /// between is done over, which changes nothing. What could not be applied is not remembered, so that it can be
    /// sent again once its list is there.
    pub(super) async fn take(&mut self, entry: &Entry) -> PortResult<()> {
        let outcome = match &entry.reading {
            Reading::Ignored => Outcome::Ignored,
            Reading::Transient => Outcome::Transient,
            Reading::Unreadable(misread) => {
                tracing::warn!(
                    self.source.id,
                    field = misread.field,
                    why = misread.why,
                    "an event is unreadable"
                );
                Outcome::Unreadable
            }
            Reading::Event(event) => self.once(&entry.name, event).await?,
        };
        *self.tally.0.entry(outcome).or_default() += 1;
        Ok(())
    }

    /// What became of them all, in the log too.
    pub(super) fn finish(self) -> Tally {
        let of = |outcome| self.tally.of(outcome);
        let left = [Outcome::UnknownList, Outcome::Refused, Outcome::Conflict, Outcome::Unreadable];
        let left: u64 = left.into_iter().map(of).sum();
        let (total, applied) = (self.tally.total(), of(Outcome::Applied));
        if left > 0 {
            tracing::warn!(self.source.id, total, applied, left, tally = ?self.tally.0, "events could not be applied");
        } else {
            tracing::info!(self.source.id, total, applied, "events taken");
        }
        self.tally
    }

    async fn once(&mut self, name: &str, event: &Event) -> PortResult<Outcome> {
        let name = self.memory(name);
        if self.service.seen.recall(&name, self.now).await?.is_some() {
            return Ok(Outcome::Repeated);
        }
        let outcome = match self.apply(event).await {
            Ok(outcome) => outcome,
            Err(error) => refused(error)?,
        };
        if outcome == Outcome::Applied {
            let until = self.now.as_second() + MEMORY_SECONDS;
            let until = Timestamp::from_second(until).unwrap_or(Timestamp::MAX);
            self.service.seen.remember(&name, &[], until, self.now).await?;
        }
        Ok(outcome)
    }

    /// A sender's names may be of any length.
    fn memory(&self, name: &str) -> String {
        let digest = Sha256::digest(name);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("event/{}/{digest}", self.source.id)
    }

    async fn apply(&mut self, event: &Event) -> PortResult<Outcome> {
        match &event.kind {
            EventKind::Subscribe => self.say(event, Decision::Subscribed, OptOutReason::Own).await,
            EventKind::Unsubscribe => self.say(event, Decision::OptedOut, OptOutReason::Own).await,
            EventKind::Complaint => self.say(event, Decision::OptedOut, OptOutReason::Complaint).await,
            EventKind::HardBounce => {
                let mail = MailState::Undeliverable(UndeliverableReason::HardBounce);
                self.edit(event, ContactEdit { mail: Some(mail), ..ContactEdit::default() }).await
            }
            EventKind::AddressChange { new } => {
                self.edit(event, ContactEdit { address: Some(new.clone()), ..ContactEdit::default() }).await
            }
        }
    }

    async fn say(&mut self, event: &Event, decision: Decision, reason: OptOutReason) -> PortResult<Outcome> {
        let (scope, reason) = match reason {
            // Who reports one message as spam wants none of any list, as far as the source can tell.
            OptOutReason::Complaint => {
                match bound::of_complaint(self.service, self.source, &event.address).await? {
                    Scope::All => (Scope::All, reason),
                    one => (one, OptOutReason::Own),
                }
            }
            OptOutReason::Own | OptOutReason::Erased => match self.scope(event).await? {
                Some(scope) => (scope, reason),
                None => return Ok(Outcome::UnknownList),
            },
        };
        let at = event.at.map_or(self.now, |at| at.min(self.now));
        let (address, via) = (event.address.clone(), Via::Event);
        let saying = Saying { address, decision, scope, reason, via, at };
        if self.is_superseded(&saying).await? {
            return Ok(Outcome::Superseded);
        }
        let heard = people::say(self.service, &saying, self.delay()).await?.what;
        let said = (saying.decision, &saying.scope);
        audit::record(self.service, Deed::of_consent(self.actor(), said, heard.contact.as_ref())).await;
        Ok(Outcome::Applied)
    }

    /// Whether the person has decided otherwise since: senders repeat events for days, and promise no order.
    async fn is_superseded(&self, saying: &Saying) -> PortResult<bool> {
        if saying.reason == OptOutReason::Complaint || saying.at == self.now {
            return Ok(false);
        }
        let Some(contact) = self.service.contacts.find_contact(&saying.address).await? else {
            return Ok(false);
        };
        let said = self.service.contacts.sayings(&contact.id).await?;
        Ok(said.iter().any(|later| is_over(later, saying)))
    }

    async fn edit(&self, event: &Event, edit: ContactEdit) -> PortResult<Outcome> {
        let Some(contact) = self.service.contacts.find_contact(&event.address).await? else {
            return Ok(Outcome::UnknownAddress);
        };
        if !bound::knows(self.service, self.source, &contact.id).await? {
            // The same as of nobody: whom else there is is not the source's to learn.
            return Ok(Outcome::UnknownAddress);
        }
        if is_so(&contact, &edit) {
            return Ok(Outcome::Applied);
        }
        // What happened to a former address says nothing about the present one.
        if contact.address != event.address {
            return Ok(Outcome::Superseded);
        }
        if let Some(new) = &edit.address
            && bound::is_somebody_elses(self.service, &contact, new).await?
        {
            return Ok(Outcome::Conflict);
        }
        people::edit_later(self.service, (&contact.id, None), &edit, Origin::Own, self.delay()).await?;
        let deed = Deed {
            actor: self.actor(),
            action: Action::ContactEdit,
            objects: vec![Object::new(ObjectKind::Contact, &contact.id)],
            completion: Completion::Done,
        };
        audit::record(self.service, deed).await;
        Ok(Outcome::Applied)
    }

    fn actor(&self) -> Actor {
        Actor::Source(self.source.id.clone())
    }

    /// What a subscription event is about; none: a list that is not there.
    async fn scope(&mut self, event: &Event) -> PortResult<Option<Scope>> {
        let named = match &event.list {
            Some(name) => Some(self.list(name).await?),
            None => None,
        };
        Ok(match (&self.source.list, named) {
            (None, None) => Some(Scope::All),
            (None, Some(list)) => list.map(Scope::List),
            (Some(own), None) => Some(Scope::List(own.clone())),
            // A topic of SES is not a list of ours, where the source has one.
            (Some(own), Some(_)) if self.source.kind != SourceKind::Standard => {
                Some(Scope::List(own.clone()))
            }
            (Some(own), Some(list)) => list.filter(|list| list == own).map(Scope::List),
        })
    }

    async fn list(&mut self, name: &str) -> PortResult<Option<ListId>> {
        if let Some(known) = self.lists.get(name) {
            return Ok(known.clone());
        }
        let found = naming::find_list(self.service.ports.lists.as_ref(), name).await?.map(|list| list.id);
        self.lists.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    fn delay(&self) -> Duration {
        Duration::from_secs(self.source.delay_seconds.into())
    }
}

/// Whether a decision of the person outweighs an older one that arrives late. Clocks differ: within five minutes, a no
/// outweighs.
fn is_over(later: &Said, late: &Saying) -> bool {
    let is_about = later.scope == late.scope || later.scope == Scope::All || late.scope == Scope::All;
    let ahead = later.at.as_second() - late.at.as_second();
    let is_later = match late.decision {
        Decision::Subscribed => later.at >= late.at,
        Decision::OptedOut => ahead > TOLERANCE_SECONDS,
    };
    is_about && later.decision != late.decision && is_later
}

fn is_so(contact: &Contact, edit: &ContactEdit) -> bool {
    let is_reached = edit.address.as_ref().is_none_or(|address| *address == contact.address);
    let is_flagged = edit.mail.is_none_or(|mail| match (mail, contact.undeliverable) {
        (MailState::Undeliverable(reason), Some(known)) => known.reason == reason,
        (MailState::Reaches, None) => true,
        _ => false,
    });
    is_reached && is_flagged
}

/// What a refusal of the store means for the event. Trying again would not help, where it will never be taken.
fn refused(error: PortError) -> PortResult<Outcome> {
    match (error.fault, error.code.as_str()) {
        (Fault::Gone, _) => Ok(Outcome::UnknownList),
        (Fault::Rejected, "contact_exists") => Ok(Outcome::Conflict),
        (Fault::Rejected, _) => Ok(Outcome::Refused),
        _ => Err(error),
    }
}
