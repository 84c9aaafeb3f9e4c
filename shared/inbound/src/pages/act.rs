//! What a submitted form does.

use std::time::Duration;

use listsync_core::contact::{Decision, OptOutReason, Saying, Scope, Via};
use listsync_engine::{
    ports::{Fault, PortResult},
    service::Service,
};

use super::person::{Person, Stance, stance};
use crate::{decisions, form};

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Of a mail program (RFC 8058).
    OneClick,
    Unsubscribe,
    UnsubscribeAll,
    Undo,
    Resubscribe,
}

impl Action {
    pub(super) fn of(fields: &[(String, String)]) -> Option<Self> {
        if let Some(action) = form::field(fields, "action") {
            return match action {
                "unsubscribe" => Some(Self::Unsubscribe),
                "unsubscribe_all" => Some(Self::UnsubscribeAll),
                "undo" => Some(Self::Undo),
                "resubscribe" => Some(Self::Resubscribe),
                _ => None,
            };
        }
        let value = form::field(fields, "List-Unsubscribe")?;
        value.eq_ignore_ascii_case("One-Click").then_some(Self::OneClick)
    }
}

/// What became of it.
pub(super) struct Acted {
    pub(super) action: Action,
    pub(super) outcome: Outcome,
    /// The person, as they stand now.
    pub(super) person: Person,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is stored.
    Done,
    /// So it was before.
    AlreadySo,
    /// The list's rule, or a complaint, stands against it.
    Refused,
}

impl Acted {
    pub(super) fn is_refused(&self) -> bool {
        self.outcome == Outcome::Refused
    }
}

/// Does it: the decision is stored, then the syncs are asked for.
pub(super) async fn act(service: &Service, mut person: Person, action: Action) -> PortResult<Acted> {
    let outcome = match decision(&person, action) {
        Err(outcome) => outcome,
        Ok((decision, scope)) => {
            let saying = Saying {
                address: person.contact.address.clone(),
                decision,
                scope,
                reason: OptOutReason::Own,
                via: if action == Action::OneClick { Via::OneClick } else { Via::Page },
                at: service.ports.clock.now(),
            };
            match decisions::say(service, &saying, Duration::ZERO).await {
                Ok(_) => Outcome::Done,
                Err(error) if error.fault == Fault::Rejected => Outcome::Refused,
                Err(error) => return Err(error),
            }
        }
    };
    if let Some(contact) = service.contacts.contact(&person.contact.id).await? {
        person.stance = stance(service, &contact, &person.about).await?;
        person.contact = contact;
    }
    Ok(Acted { action, outcome, person })
}

/// What is to be stored, or that nothing is.
fn decision(person: &Person, action: Action) -> Result<(Decision, Scope), Outcome> {
    let scope = person.about.scope();
    match (action, person.stance) {
        (Action::OneClick | Action::Unsubscribe, Stance::Mandatory) => Err(Outcome::Refused),
        (Action::OneClick | Action::Unsubscribe, Stance::Out) => Err(Outcome::AlreadySo),
        (Action::OneClick | Action::Unsubscribe, Stance::OutOfAll | Stance::Complained)
            if scope == Scope::All =>
        {
            Err(Outcome::AlreadySo)
        }
        (Action::OneClick | Action::Unsubscribe, _) => Ok((Decision::OptedOut, scope)),
        (Action::UnsubscribeAll, _) if person.contact.opted_out.is_some() => Err(Outcome::AlreadySo),
        (Action::UnsubscribeAll, _) => Ok((Decision::OptedOut, Scope::All)),
        (Action::Undo | Action::Resubscribe, Stance::Complained) => Err(Outcome::Refused),
        (Action::Undo | Action::Resubscribe, Stance::Open | Stance::Mandatory) => Err(Outcome::AlreadySo),
        (Action::Undo, Stance::OutOfAll) => Ok((Decision::Subscribed, Scope::All)),
        (Action::Undo, Stance::Out) | (Action::Resubscribe, Stance::Out | Stance::OutOfAll) => {
            Ok((Decision::Subscribed, scope))
        }
    }
}
