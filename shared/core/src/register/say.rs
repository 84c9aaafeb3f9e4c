use super::{
    change::{By, Change},
    person::{Person, Stance},
    refusal::Refusal,
    stand::Word,
    suppressed::{Suppressed, keep},
};
use crate::{
    contact::{Contact, Decision, OptOut, Saying, Scope, Via},
    id::ListId,
    list::{OptOutRule, Standing},
};

/// Whoever an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// Somebody who is kept.
    Kept(Box<Person>),
    /// Nobody who is.
    Stranger(Box<Stranger>),
}

/// Somebody who is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The person that they would be: a contact with a fresh id and their address, and blank stances.
    pub blank: Person,
    /// What was said under the address before.
    pub said: Vec<Suppressed>,
}

/// What comes of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This becomes of the person, who is kept from now on.
    Changed(Box<Change>),
    /// Nobody is kept for it: this is to be known of their address.
    Suppressed(Vec<Suppressed>),
}

impl Speaker {
    /// Their contact, or the one that they would have.
    #[must_use]
    pub fn contact(&self) -> &Contact {
        match self {
            Self::Kept(person) => &person.contact,
            Self::Stranger(stranger) => &stranger.blank.contact,
        }
    }
}

impl Stranger {
    fn kept(self, at: crate::Timestamp) -> Change {
        let mut change = Change::of(self.blank);
        change.take_over(&self.said, at);
        change
    }
}

/// What somebody's decision comes to: the one place where an opt-out is made or lifted. A store gives a stance to the list
/// that it is about.
///
/// Who is kept says no to one list or all of them, and leaves where they are. Who is not is made a contact by a yes and by a no
/// to one list, as it has to be found by that list's readers; a no to all lists, or one beside an earlier no, is kept of their
/// address alone. A yes to one list lifts a no to all for that list only. A yes to all lists brings them back where a no to
/// all had taken them off, not where their last word on the list itself is a no.
///
/// # Errors
/// [`Refusal::Mandatory`] for a no to a list that nobody leaves; [`Refusal::Complained`] for a yes against which a complaint
/// stands, unless an operator records it.
pub fn say(speaker: Speaker, saying: &Saying) -> Result<Answer, Refusal> {
    let told = OptOut { reason: saying.reason, at: saying.at, via: saying.via };
    let (known, said_before) = match &speaker {
        Speaker::Kept(person) => (&**person, false),
        Speaker::Stranger(stranger) => (&stranger.blank, !stranger.said.is_empty()),
    };
    let stance = |list: &ListId| known.stances.get(list).copied();
    if let (Decision::OptedOut, Scope::List(list)) = (saying.decision, &saying.scope)
        && stance(list).is_some_and(|stance| stance.terms.opt_out == OptOutRule::NotAllowed)
    {
        return Err(Refusal::Mandatory(list.clone()));
    }
    let (before, mut change) = match (speaker, saying.decision) {
        (Speaker::Kept(person), _) => (person.contact.clone(), Change::of(*person)),
        (Speaker::Stranger(stranger), Decision::OptedOut) if said_before || saying.scope == Scope::All => {
            return Ok(Answer::Suppressed(keep(stranger.said, &saying.scope, told)));
        }
        (Speaker::Stranger(stranger), _) => (stranger.blank.contact.clone(), stranger.kept(saying.at)),
    };
    if let Scope::List(list) = &saying.scope {
        change.spared.insert(list.clone());
    }
    match (saying.decision, &saying.scope) {
        (Decision::OptedOut, Scope::List(list)) => opt_out(&mut change, list, told),
        (Decision::OptedOut, Scope::All) => opt_out_of_all(&mut change, told),
        (Decision::Subscribed, Scope::List(list)) => subscribe(&mut change, list, told)?,
        (Decision::Subscribed, Scope::All) => subscribe_to_all(&mut change, told)?,
    }
    Ok(Answer::Changed(Box::new(change.of_version_after(&before))))
}

fn opt_out(change: &mut Change, list: &ListId, told: OptOut) {
    change.person.contact.accepts.remove(list);
    change.no_to(list, told);
    if change.person.stand(list).standing != Standing::OptedOut {
        change.shift(list, Standing::OptedOut, By::themselves(told.at));
    }
}

fn opt_out_of_all(change: &mut Change, told: OptOut) {
    let before = change.person.clone();
    change.refuse_all(told, told.at);
    if change.person != before || before.of_all != Some(Decision::OptedOut) {
        change.write(Scope::All, Decision::OptedOut, told);
    }
}

fn subscribe(change: &mut Change, list: &ListId, told: OptOut) -> Result<(), Refusal> {
    let stand = change.person.stand(list);
    if stand.complained() && told.via != Via::Operator {
        return Err(Refusal::Complained);
    }
    let Some(Stance { terms, .. }) = change.person.stances.get(list).copied() else { return Ok(()) };
    let lifts = change.person.contact.accept(list);
    let to = match (terms.welcome(), stand.standing) {
        // The filter has them already, or decides anew.
        (Standing::Absent, Standing::Member | Standing::Pending) => stand.standing,
        (welcome, _) => welcome,
    };
    if to != stand.standing {
        change.shift(list, to, By::themselves(told.at));
    }
    if lifts || to != stand.standing || stand.word != Some(Word::Yes) {
        change.word(list, Word::Yes, told);
    }
    Ok(())
}

fn subscribe_to_all(change: &mut Change, told: OptOut) -> Result<(), Refusal> {
    let person = &mut change.person;
    let complaint = crate::contact::OptOutReason::Complaint;
    if person.contact.opted_out.is_some_and(|no| no.reason == complaint) && told.via != Via::Operator {
        return Err(Refusal::Complained);
    }
    let lifts = person.contact.opted_out.is_some() || person.erased.is_some();
    person.contact.accept_all();
    person.erased = None;
    let took_off =
        |stance: &Stance| stance.standing == Standing::OptedOut && !matches!(stance.word, Some(Word::No(_)));
    let back = person.stances.iter().filter(|(_, stance)| took_off(stance));
    let back: Vec<_> = back.map(|(list, stance)| (list.clone(), stance.terms.welcome())).collect();
    let said_last = person.of_all == Some(Decision::Subscribed);
    for (list, to) in &back {
        change.shift(list, *to, By::themselves(told.at));
    }
    if lifts || !back.is_empty() || !said_last {
        change.write(Scope::All, Decision::Subscribed, told);
    }
    Ok(())
}
