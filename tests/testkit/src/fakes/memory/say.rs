//! What people say of themselves, in memory.

use listsync_core::{
    Timestamp,
    address::Address,
    consent::{SinceNo, holds_off},
    contact::{Decision, OptOut, OptOutReason, Saying, Scope, Via},
    id::{ContactId, ListId},
    list::{ListKind, NewContact, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{Heard, PortResult};

use super::{State, rejected, sides::Book};

/// A decision, about one list or about all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) list: Option<ListId>,
    pub(super) decision: Decision,
    pub(super) told: OptOut,
}

/// An opt-out of an address that is nobody's, of one list or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suppression {
    pub(super) list: Option<ListId>,
    pub(super) no: OptOut,
}

impl Book {
    pub(super) fn rule(&self, list: &ListId) -> OptOutRule {
        self.lists.get(list).map_or(OptOutRule::Allowed, |row| row.list.opt_out)
    }

    pub(super) fn is_filtered(&self, list: &ListId) -> bool {
        self.lists.get(list).is_some_and(|row| row.list.kind != ListKind::Static)
    }

    /// Whether nobody else may put a contact on a list.
    pub(super) fn refuses(&self, list: &ListId, contact: &ContactId) -> bool {
        let standing = self.standing(list, contact).map_or(Standing::Absent, |entry| entry.standing);
        match standing {
            Standing::OptedOut => true,
            Standing::Member | Standing::Pending => false,
            Standing::Absent => self
                .contacts
                .get(contact)
                .is_some_and(|person| person.contact.is_held_off(list, self.rule(list))),
        }
    }

    /// Whether nobody may put an address that is nobody's on a list.
    pub(super) fn holds_off(&self, list: &ListId, address: &Address) -> bool {
        let holds = |each: &Suppression| match &each.list {
            Some(of) => of == list && self.rule(list) == OptOutRule::Allowed,
            None => holds_off(each.no.reason, SinceNo::Nothing, self.rule(list)),
        };
        self.suppressions.get(address).into_iter().flatten().any(holds)
    }

    pub(super) fn suppress(&mut self, address: &Address, suppression: Suppression) {
        let kept = self.suppressions.entry(address.clone()).or_default();
        let same =
            |each: &Suppression| each.list == suppression.list && each.no.reason == suppression.no.reason;
        if !kept.iter().any(same) {
            kept.push(suppression);
        }
    }

    /// Makes what an address is suppressed for an opt-out of the contact that has it now.
    pub(super) fn take_over(&mut self, contact: &ContactId, address: &Address, at: Timestamp) {
        for Suppression { list, no } in self.suppressions.remove(address).unwrap_or_default() {
            match list {
                None => drop(self.refuse_all(contact, no)),
                Some(list) => {
                    self.note(
                        contact,
                        Word { list: Some(list.clone()), decision: Decision::OptedOut, told: no },
                    );
                    if self.rule(&list) == OptOutRule::Allowed {
                        // A list that is gone is nobody's to leave.
                        let _ = self.stand(&list, contact, Standing::OptedOut, (Origin::Own, at));
                    }
                }
            }
        }
    }

    /// A no to all lists is the person's last word on each; where they were.
    pub(super) fn refuse_all(&mut self, contact: &ContactId, told: OptOut) -> Vec<ListId> {
        let Some(person) = self.contacts.get_mut(contact) else { return Vec::new() };
        let before = person.contact.clone();
        person.contact.refuse_all(told);
        if person.contact != before {
            self.touch(contact);
        }
        self.leave_all(contact, told.at)
    }

    /// Takes somebody off the lists that their no to all holds for; which those were.
    pub(super) fn leave_all(&mut self, contact: &ContactId, at: Timestamp) -> Vec<ListId> {
        let Some(person) = self.contacts.get(contact) else { return Vec::new() };
        let here = |list: &&ListId| {
            let standing = self.standing(list, contact).map(|entry| entry.standing);
            matches!(standing, Some(Standing::Member | Standing::Pending))
                && person.contact.is_held_off(list, self.rule(list))
        };
        let moved: Vec<ListId> = self.lists.keys().filter(here).cloned().collect();
        for list in &moved {
            self.stand(list, contact, Standing::OptedOut, (Origin::Own, at)).expect("it is there");
        }
        moved
    }

    /// Writes a decision down, unless it only repeats the last one.
    pub(super) fn note(&mut self, contact: &ContactId, word: Word) {
        let same = |last: &Word| {
            last.decision == word.decision
                && (word.decision == Decision::Subscribed
                    || last.told.reason == word.told.reason
                    || last.told.reason == OptOutReason::Complaint)
        };
        if self.in_force(contact, word.list.as_ref()).is_none_or(|last| !same(last)) {
            self.write_down(contact, word);
        }
    }

    fn write_down(&mut self, contact: &ContactId, word: Word) {
        if let Some(person) = self.contacts.get_mut(contact) {
            self.said += 1;
            person.words.push((self.said, word));
        }
    }

    pub(super) fn in_force(&self, contact: &ContactId, list: Option<&ListId>) -> Option<&Word> {
        let words = self.contacts.get(contact)?.words.iter().map(|(_, word)| word);
        words.rev().find(|word| word.list.as_ref() == list)
    }

    pub(super) fn said_no(&self, contact: &ContactId, list: &ListId) -> Option<OptOut> {
        let last = self.in_force(contact, Some(list))?;
        (last.decision == Decision::OptedOut).then_some(last.told)
    }
}

impl State {
    pub(super) fn say(&mut self, saying: &Saying) -> PortResult<Heard> {
        let told = OptOut { reason: saying.reason, at: saying.at, via: saying.via };
        let address = &saying.address;
        match (saying.decision, &saying.scope) {
            (Decision::OptedOut, Scope::List(list)) => self.opt_out(address, list, told),
            (Decision::OptedOut, Scope::All) => Ok(self.opt_out_of_all(address, told)),
            (Decision::Subscribed, Scope::List(list)) => self.subscribe(address, list, told),
            (Decision::Subscribed, Scope::All) => self.subscribe_to_all(address, told),
        }
    }

    fn opt_out(&mut self, address: &Address, list: &ListId, told: OptOut) -> PortResult<Heard> {
        self.book.list(list)?;
        if self.book.rule(list) == OptOutRule::NotAllowed {
            return Err(rejected("opt_out_not_allowed", "the list is mandatory"));
        }
        let known = self.book.by_address.get(address).cloned();
        if known.is_none() && self.book.suppressions.contains_key(address) {
            self.book.suppress(address, Suppression { list: Some(list.clone()), no: told });
            return Ok(Heard { contact: None, lists: Vec::new() });
        }
        let contact = known.unwrap_or_else(|| self.obtain(address, told.at));
        self.spare(list, &contact);
        if let Some(person) = self.book.contacts.get_mut(&contact) {
            person.contact.accepts.remove(list);
        }
        let moved = self.shift(&contact, list, (Standing::OptedOut, told.at))?;
        self.book.note(&contact, Word { list: Some(list.clone()), decision: Decision::OptedOut, told });
        Ok(Heard { contact: Some(contact), lists: moved })
    }

    fn opt_out_of_all(&mut self, address: &Address, told: OptOut) -> Heard {
        let Some(contact) = self.book.by_address.get(address).cloned() else {
            self.book.suppress(address, Suppression { list: None, no: told });
            return Heard { contact: None, lists: Vec::new() };
        };
        let anew = !self.book.contacts[&contact].contact.accepts.is_empty();
        let lists = self.book.refuse_all(&contact, told);
        lists.iter().for_each(|list| self.spare(list, &contact));
        let word = Word { list: None, decision: Decision::OptedOut, told };
        match anew {
            true => self.book.write_down(&contact, word),
            false => self.book.note(&contact, word),
        }
        Heard { contact: Some(contact), lists }
    }

    fn subscribe(&mut self, address: &Address, list: &ListId, told: OptOut) -> PortResult<Heard> {
        self.book.list(list)?;
        let contact = self.willing(address, Some(list), told)?;
        self.spare(list, &contact);
        let anew = self.book.contacts.get_mut(&contact).is_some_and(|person| person.contact.accept(list));
        // A filter may take them in again.
        self.book.touch(&contact);
        let now = self.book.standing(list, &contact).map_or(Standing::Absent, |entry| entry.standing);
        let to = match (self.book.is_filtered(list), now) {
            (true, Standing::OptedOut) => Standing::Absent,
            (true, other) => other,
            (false, _) => Standing::Member,
        };
        let moved = self.shift(&contact, list, (to, told.at))?;
        let word = Word { list: Some(list.clone()), decision: Decision::Subscribed, told };
        match anew {
            true => self.book.write_down(&contact, word),
            false => self.book.note(&contact, word),
        }
        Ok(Heard { contact: Some(contact), lists: moved })
    }

    fn subscribe_to_all(&mut self, address: &Address, told: OptOut) -> PortResult<Heard> {
        let contact = self.willing(address, None, told)?;
        if let Some(person) = self.book.contacts.get_mut(&contact) {
            person.contact.accept_all();
        }
        self.book.touch(&contact);
        let out = |list: &&ListId| {
            let standing = self.book.standing(list, &contact).map(|entry| entry.standing);
            standing == Some(Standing::OptedOut) && self.book.said_no(&contact, list).is_none()
        };
        let lists: Vec<ListId> = self.book.lists.keys().filter(out).cloned().collect();
        for list in &lists {
            let to = if self.book.is_filtered(list) { Standing::Absent } else { Standing::Member };
            self.shift(&contact, list, (to, told.at))?;
        }
        self.book.note(&contact, Word { list: None, decision: Decision::Subscribed, told });
        Ok(Heard { contact: Some(contact), lists })
    }

    /// The contact of an address; refused where a complaint stands against what they say yes to.
    fn willing(&mut self, address: &Address, list: Option<&ListId>, told: OptOut) -> PortResult<ContactId> {
        let known = self.book.by_address.get(address).cloned();
        let kept = known.as_ref().map(|id| &self.book.contacts[id].contact);
        let kept = kept.filter(|kept| list.is_none_or(|list| kept.since_no(list) == SinceNo::Nothing));
        let kept = kept.and_then(|kept| kept.opted_out);
        let of_list = list.and_then(|list| self.book.said_no(known.as_ref()?, list));
        let suppressed = self.book.suppressions.get(address).into_iter().flatten();
        let suppressed = suppressed.filter(|each| each.list.is_none() || each.list.as_ref() == list);
        let reasons = kept.into_iter().chain(of_list).chain(suppressed.map(|each| each.no));
        let complained = reasons.map(|no| no.reason).any(|reason| reason == OptOutReason::Complaint);
        if complained && told.via != Via::Operator {
            return Err(rejected("complained", "the contact reported a message as spam"));
        }
        Ok(known.unwrap_or_else(|| self.obtain(address, told.at)))
    }

    fn obtain(&mut self, address: &Address, at: Timestamp) -> ContactId {
        let new = NewContact { address: address.clone(), name: String::new(), fields: Default::default() };
        self.book.make(&new, (Origin::Own, at))
    }

    fn shift(
        &mut self,
        contact: &ContactId,
        list: &ListId,
        (to, at): (Standing, Timestamp),
    ) -> PortResult<Vec<ListId>> {
        let now = self.book.standing(list, contact).map_or(Standing::Absent, |entry| entry.standing);
        if now == to {
            return Ok(Vec::new());
        }
        self.book.stand(list, contact, to, (Origin::Own, at))?;
        Ok(vec![list.clone()])
    }
}
