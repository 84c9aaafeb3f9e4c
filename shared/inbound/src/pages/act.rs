//! What a submitted form does.

use std::time::Duration;

use listsync_core::{
    audit::{Actor, Completion},
    contact::{Decision, OptOut, OptOutReason, Saying, Scope, Via},
};
use listsync_engine::{
    audit::{self, Deed},
    people,
    ports::{Fault, PortResult},
    service::Service,
};

use super::person::{About, Holder, Person, Stance, stance};
use crate::form;

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
            let via = if action == Action::OneClick { Via::OneClick } else { Via::Page };
            let said = said(service, &person, decision, scope.clone(), via).await;
            recorded(service, &person.holder, (decision, &scope), &said).await;
            match said {
                Ok(()) => Outcome::Done,
                Err(error) if error.fault == Fault::Rejected => Outcome::Refused,
                Err(error) => return Err(error),
            }
        }
    };
    person.stance = match &person.holder {
        Holder::Kept(contact) if person.may_return() => match service.contacts.contact(&contact.id).await? {
            Some(contact) => {
                let stance = stance(service, &contact, &person.about).await?;
                person.holder = Holder::Kept(Box::new(contact));
                stance
            }
            None => person.stance,
        },
        // Nothing that is kept tells how they stand, so what they just said does.
        Holder::Kept(_) | Holder::Departed(_) => match (outcome, action) {
            (Outcome::Done, Action::UnsubscribeAll) => Stance::OutOfAll,
            (Outcome::Done, _) => Stance::Out,
            _ => person.stance,
        },
    };
    Ok(Acted { action, outcome, person })
}

/// Stores what somebody says of a list, or of all.
async fn said(
    service: &Service,
    Person { holder, about, .. }: &Person,
    decision: Decision,
    scope: Scope,
    via: Via,
) -> PortResult<()> {
    let (reason, at) = (OptOutReason::Own, service.ports.clock.now());
    match (holder, about, &scope) {
        (Holder::Departed(_), ..) | (_, About::Former(_), Scope::List(_)) => {
            people::refuse_departed(service, holder.contact(), &scope, OptOut { reason, at, via }).await
        }
        (Holder::Kept(contact), ..) => {
            let saying = Saying { address: contact.address.clone(), decision, scope, reason, via, at };
            people::say(service, &saying, Duration::ZERO).await.map(drop)
        }
    }
}

/// Has the audit say so, also where it was stored and a later step failed: the person may never try again.
async fn recorded(service: &Service, holder: &Holder, said: (Decision, &Scope), result: &PortResult<()>) {
    let completion = match result {
        Ok(()) => Some(Completion::Done),
        Err(error) => audit::completion_of(error),
    };
    if let Some(completion) = completion {
        let deed = Deed::of_consent(Actor::Oneself, said, Some(holder.contact()));
        audit::record(service, Deed { completion, ..deed }).await;
    }
}

/// What is to be stored, or that nothing is.
fn decision(person: &Person, action: Action) -> Result<(Decision, Scope), Outcome> {
    let scope = person.about.scope();
    match (action, person.stance) {
        (Action::Undo | Action::Resubscribe, _) if !person.may_return() => Err(Outcome::Refused),
        (Action::OneClick | Action::Unsubscribe, Stance::Mandatory) => Err(Outcome::Refused),
        (Action::OneClick | Action::Unsubscribe, Stance::Out) => Err(Outcome::AlreadySo),
        (Action::OneClick | Action::Unsubscribe, Stance::OutOfAll | Stance::Complained)
            if scope == Scope::All =>
        {
            Err(Outcome::AlreadySo)
        }
        (Action::OneClick | Action::Unsubscribe, _) => Ok((Decision::OptedOut, scope)),
        // Whoever said yes to a list since says no to that one as well now.
        (Action::UnsubscribeAll, _) if person.holder.wants_no_list() => Err(Outcome::AlreadySo),
        (Action::UnsubscribeAll, _) => Ok((Decision::OptedOut, Scope::All)),
        (Action::Undo | Action::Resubscribe, Stance::Complained) => Err(Outcome::Refused),
        (Action::Undo | Action::Resubscribe, Stance::Open | Stance::Mandatory) => Err(Outcome::AlreadySo),
        (Action::Undo, Stance::OutOfAll) => Ok((Decision::Subscribed, Scope::All)),
        (Action::Undo, Stance::Out) | (Action::Resubscribe, Stance::Out | Stance::OutOfAll) => {
            Ok((Decision::Subscribed, scope))
        }
    }
}

#[cfg(test)]
mod tests {
    use listsync_core::{
        address::Address,
        contact::Contact,
        id::{ContactId, ListId},
        list::List,
    };

    use super::*;
    use crate::pages::{html, person::About};

    fn person(stance: Stance) -> Person {
        let list = ListId::parse("list-1").expect("an id");
        Person {
            holder: Holder::Kept(Box::new(Contact {
                name: "Anna".to_owned(),
                ..Contact::new(
                    ContactId::parse("contact-1").expect("an id"),
                    Address::parse("anna@contoso.example").expect("an address"),
                )
            })),
            about: About::List(List::new(list, "Policies".to_owned())),
            stance,
        }
    }

    #[test]
    fn nobody_leaves_a_mandatory_list_and_the_page_says_so() {
        let person = person(Stance::Mandatory);
        for action in [Action::OneClick, Action::Unsubscribe] {
            assert_eq!(decision(&person, action), Err(Outcome::Refused));
        }
        assert_eq!(decision(&person, Action::UnsubscribeAll), Ok((Decision::OptedOut, Scope::All)));
        let page = html::of(&person, None);
        assert!(page.contains("is a mandatory list"));
        assert!(page.contains("value=\"unsubscribe_all\"") && !page.contains("value=\"unsubscribe\""));
    }

    #[test]
    fn an_opt_out_of_one_list_is_stored_beside_one_of_all() {
        let person = person(Stance::OutOfAll);
        let scope = person.about.scope();
        assert_eq!(decision(&person, Action::OneClick), Ok((Decision::OptedOut, scope)));
        assert_eq!(decision(&person, Action::Undo), Ok((Decision::Subscribed, Scope::All)));
    }
}
