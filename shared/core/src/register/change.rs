use std::collections::BTreeSet;

use super::{person::Person, stand::Word, suppressed::Suppressed};
use crate::{
    Timestamp,
    address::Address,
    consent::stronger,
    contact::{Contact, Decision, OptOut, OptOutReason, Scope, Version},
    id::ListId,
    list::{OptOutRule, Origin, Standing},
};

/// What becomes of a person, to be committed whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// They, as they shall be. A stance may be blank: it is of a list that they have nothing to do with.
    pub person: Person,
    /// How they come to stand differently to lists.
    pub moves: Vec<Move>,
    /// What is written down as said by them, oldest first. The last one of a list is the word that they have on it.
    pub words: Vec<Spoken>,
    /// What is to be known of each address that is theirs no more.
    pub left: Vec<Suppressed>,
    /// Whether each list that they stand on looks at them again, though they stand to it as before.
    pub looks: Looks,
    /// On which lists nothing that a file holds of them is done any more: somebody named them since.
    pub spared: BTreeSet<ListId>,
}

/// Whether lists look at somebody again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// They have no reason to.
    AsBefore,
    /// Who the person is has changed.
    Again(By),
}

/// Whose doing something is, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Whose.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
}

impl By {
    /// Their own.
    pub(super) fn themselves(at: Timestamp) -> Self {
        Self { origin: Origin::Own, at }
    }
}

/// That somebody comes to stand differently to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The list.
    pub list: ListId,
    /// How they stand from now on.
    pub to: Standing,
    /// Whose doing it is. Who leaves a list keeps the origin with which they came.
    pub by: By,
}

/// A decision that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// What it is about.
    pub scope: Scope,
    /// What was said.
    pub decision: Decision,
    /// Since when, and the way it came; why, where it is a no.
    pub told: OptOut,
}

impl Spoken {
    /// The list that it is about; none: it is about all.
    #[must_use]
    pub fn list(&self) -> Option<&ListId> {
        match &self.scope {
            Scope::List(list) => Some(list),
            Scope::All => None,
        }
    }
}

impl Change {
    /// What becomes of somebody by what was said under an address that is theirs now.
    #[must_use]
    pub fn bringing(person: Person, said: &[Suppressed], at: Timestamp) -> Self {
        let before = person.contact.clone();
        let mut change = Self::of(person);
        change.take_over(said, at);
        change.of_version_after(&before)
    }

    /// What becomes of somebody who comes to have a key or an object, by what was said by who had it before and is kept no
    /// more.
    #[must_use]
    pub fn recognizing(person: Person, said: &[Suppressed], at: Timestamp) -> Self {
        let before = person.contact.clone();
        let mut change = Self::of(person);
        change.recognize(said, at);
        change.of_version_after(&before)
    }

    /// What becomes of somebody who said no to a deleted list once another has its name: the no is to that one, unless they
    /// said yes to that very list, whatever it was called.
    #[must_use]
    pub fn inheriting(person: Person, list: &ListId, no: OptOut, at: Timestamp) -> Self {
        match person.stand(list).word {
            Some(Word::Yes) => Self::of(person),
            _ => Self::bringing(person, &[Suppressed { scope: Scope::List(list.clone()), no }], at),
        }
    }

    /// What becomes of somebody who is to be as they were before something: their contact, and how they stand to a list.
    #[must_use]
    pub fn returning(person: &Person, contact: Contact, stand: Option<(&ListId, Standing)>, by: By) -> Self {
        let before = &person.contact;
        let mut change = Self::of(person.clone());
        if contact.address != before.address {
            change.looks = Looks::Again(by);
        }
        change.person.contact = contact;
        if let Some((list, to)) = stand {
            change.shift(list, to, by);
        }
        change.left = change.person.nos();
        change.of_version_after(before)
    }

    /// The lists to which they stand differently, each once.
    #[must_use]
    pub fn moved(&self) -> Vec<ListId> {
        let mut seen = BTreeSet::new();
        self.moves.iter().map(|change| &change.list).filter(|list| seen.insert(*list)).cloned().collect()
    }

    pub(super) fn of(person: Person) -> Self {
        let (moves, words, left) = (Vec::new(), Vec::new(), Vec::new());
        Self { person, moves, words, left, looks: Looks::AsBefore, spared: BTreeSet::new() }
    }

    /// Whether whoever follows all contacts is told: filters and editors see another contact, or somebody said yes, whom a
    /// filter may take in again.
    #[must_use]
    pub fn is_news(&self, before: Option<&Contact>) -> bool {
        let said_yes = self.words.iter().any(|said| said.decision == Decision::Subscribed);
        said_yes || before.is_none_or(|before| before.version != self.person.contact.version)
    }

    /// The change with the contact's version raised where people see another contact than before.
    pub(super) fn of_version_after(mut self, before: &Contact) -> Self {
        let differs = before.looks_other_than(&self.person.contact);
        self.person.contact.version = Version(before.version.0 + u64::from(differs));
        self
    }

    pub(super) fn shift(&mut self, list: &ListId, to: Standing, by: By) {
        let Some(stance) = self.person.stances.get_mut(list) else { return };
        let comes = to != Standing::Absent;
        (stance.standing, stance.since) = (to, by.at);
        stance.origin = if comes { by.origin } else { stance.origin };
        self.spared.insert(list.clone());
        self.moves.push(Move { list: list.clone(), to, by });
    }

    /// Writes down what was said of one list, which is the word on it from now on.
    pub(super) fn word(&mut self, list: &ListId, word: Word, told: OptOut) {
        let Some(stance) = self.person.stances.get_mut(list) else { return };
        stance.word = Some(word);
        self.write(Scope::List(list.clone()), decision(word), told);
    }

    /// Writes down a no to one list, unless it only repeats the last word: a complaint stays one when the person opts out once
    /// more by themselves.
    pub(super) fn no_to(&mut self, list: &ListId, no: OptOut) {
        let said = self.person.stances.get(list).and_then(|stance| stance.word).and_then(Word::no);
        match stronger(said, Some(no)) {
            after if after == said => {}
            _ => self.word(list, Word::No(no), no),
        }
    }

    pub(super) fn write(&mut self, scope: Scope, decision: Decision, told: OptOut) {
        if scope == Scope::All {
            self.person.of_all = Some(decision);
        }
        self.words.push(Spoken { scope, decision, told });
    }

    /// A no to all lists becomes the last word on each, and takes them off those where they are. It is written down by whoever
    /// knows that they said it: taken over with an address it is none of their own words.
    pub(super) fn refuse_all(&mut self, no: OptOut, at: Timestamp) {
        self.refuse_all_but(no, BTreeSet::new(), at);
    }

    fn refuse_all_but(&mut self, no: OptOut, accepts: BTreeSet<ListId>, at: Timestamp) {
        if no.reason == OptOutReason::Erased {
            self.person.erased = self.person.erased.or(Some(no));
        }
        self.person.contact.refuse_all(no);
        self.person.contact.accepts = accepts;
        self.leave(at);
    }

    /// Takes them off each list that what they said keeps them off.
    pub(super) fn leave(&mut self, at: Timestamp) {
        let lists: Vec<ListId> = self.person.stances.keys().cloned().collect();
        for list in lists {
            let stand = self.person.stand(&list);
            let rule = self.person.stances.get(&list).map_or(OptOutRule::Allowed, |on| on.terms.opt_out);
            let is_there = matches!(stand.standing, Standing::Member | Standing::Pending);
            if is_there && stand.refuses(rule).is_some() {
                self.shift(&list, Standing::OptedOut, By::themselves(at));
            }
        }
    }

    /// Makes what was said under an address that is theirs now their own.
    ///
    /// A no to one list counts though they said yes to it under another address: which came last is not known of both, and
    /// the no is the side on which nobody is written to against their will.
    pub(super) fn take_over(&mut self, said: &[Suppressed], at: Timestamp) {
        for Suppressed { scope, no } in said {
            match scope {
                Scope::All => self.refuse_all(*no, at),
                Scope::List(list) => match self.person.stances.get(list).map(|stance| stance.terms.opt_out) {
                    Some(rule) => {
                        self.no_to(list, *no);
                        let standing = self.person.stand(list).standing;
                        if rule == OptOutRule::Allowed && standing != Standing::OptedOut {
                            self.shift(list, Standing::OptedOut, By::themselves(at));
                        }
                    }
                    // The list is no more: it may be made again.
                    None => {
                        let former = &mut self.person.of_former;
                        let no = stronger(former.get(list).copied(), Some(*no)).unwrap_or(*no);
                        former.insert(list.clone(), no);
                    }
                },
            }
        }
    }

    /// Makes what was said under a key or an object that is theirs now their own, but for what they said yes to.
    ///
    /// Unlike under an address, nobody says anything under a key. Whoever was deleted, came back under their address and said
    /// yes has taken back what waits under the address alone. A file that names their key once more is not to undo that. A
    /// complaint stays, as a yes of the person alone does not lift one.
    pub(super) fn recognize(&mut self, said: &[Suppressed], at: Timestamp) {
        for one in said {
            let yields = one.no.reason != OptOutReason::Complaint;
            match &one.scope {
                Scope::All if yields && self.person.of_all == Some(Decision::Subscribed) => {}
                Scope::All if yields => self.refuse_all_but(one.no, self.wanted(), at),
                Scope::List(list) if yields && self.person.stand(list).word == Some(Word::Yes) => {}
                Scope::All | Scope::List(_) => self.take_over(std::slice::from_ref(one), at),
            }
        }
    }

    /// The lists that a no to all, come with a key, leaves them: where they said no to all before, those that they said yes to
    /// since; else each whose last word is a yes.
    fn wanted(&self) -> BTreeSet<ListId> {
        if self.person.contact.opted_out.is_some() {
            return self.person.contact.accepts.clone();
        }
        let wanted = self.person.stances.iter().filter(|(_, stance)| stance.word == Some(Word::Yes));
        wanted.map(|(list, _)| list.clone()).collect()
    }

    /// Which addresses they had and have no more.
    ///
    /// Of keys and the object it is not asked. A file ends a number of somebody whom it knows by another, and an edit corrects
    /// one: whoever it is given to next is somebody else, and this contact keeps what it said.
    #[must_use]
    pub fn lost<'a>(&self, before: &'a Contact) -> Vec<&'a Address> {
        let now = self.person.contact.addresses();
        before.addresses().into_iter().filter(|address| !now.contains(address)).collect()
    }
}

impl Contact {
    /// Whether people and filters see another contact, whatever it is matched to.
    #[must_use]
    pub fn looks_other_than(&self, other: &Self) -> bool {
        let seen = |of: &Self| Self { object_id: None, grounds: None, version: Version(0), ..of.clone() };
        seen(self) != seen(other)
    }
}

fn decision(word: Word) -> Decision {
    match word {
        Word::Yes => Decision::Subscribed,
        Word::No(_) => Decision::OptedOut,
    }
}
