//! A no to all lists, and what is said of single lists after it: the one rule, for every store.
//!
//! The no is to every list, present or future, whether or not the person ever stood to it, and only a yes to all takes it back.
//! A yes to one list speaks of that list alone. Were it taken for a yes to all, somebody who wants one list again would be put
//! on every list that they never stood to, by the next file or group, while those that they had left would still be closed.

use std::collections::BTreeSet;

use crate::{
    contact::{Contact, OptOut, OptOutReason},
    id::ListId,
    list::OptOutRule,
};

/// What somebody said of one list since their no to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinceNo {
    /// Nothing: the no is the last word.
    Nothing,
    /// They want this one.
    Yes,
}

/// Whether a no to all lists keeps somebody off a list of this rule, where they stand to it in no other way.
///
/// A mandatory list passes over it, though not over an erasure: who was erased comes back by their own word only.
#[must_use]
pub(crate) fn holds_off(reason: OptOutReason, since: SinceNo, rule: OptOutRule) -> bool {
    match (since, rule) {
        (SinceNo::Yes, _) => false,
        (SinceNo::Nothing, OptOutRule::Allowed) => true,
        (SinceNo::Nothing, OptOutRule::NotAllowed) => reason == OptOutReason::Erased,
    }
}

/// Of two nos to the same the one that is harder to take back; of two equals the first.
#[must_use]
pub(crate) fn stronger(first: Option<OptOut>, second: Option<OptOut>) -> Option<OptOut> {
    let rank = |no: OptOut| match no.reason {
        OptOutReason::Erased => 0,
        OptOutReason::Own => 1,
        OptOutReason::Complaint => 2,
    };
    match (first, second) {
        (Some(first), Some(second)) if rank(second) > rank(first) => Some(second),
        (first, second) => first.or(second),
    }
}

impl Contact {
    /// What they said of a list since their no to all.
    #[must_use]
    pub fn since_no(&self, list: &ListId) -> SinceNo {
        match self.accepts.contains(list) {
            true => SinceNo::Yes,
            false => SinceNo::Nothing,
        }
    }

    /// Whether their no to all lists keeps them off this one, where they stand to it in no other way.
    #[must_use]
    pub fn is_held_off(&self, list: &ListId, rule: OptOutRule) -> bool {
        self.opted_out.is_some_and(|no| holds_off(no.reason, self.since_no(list), rule))
    }

    /// Whether a no to all lists is their last word on every one.
    #[must_use]
    pub fn wants_no_list(&self) -> bool {
        self.opted_out.is_some() && self.accepts.is_empty()
    }

    /// They say no to all lists: to those, too, that they said yes to before.
    pub fn refuse_all(&mut self, no: OptOut) {
        self.opted_out = stronger(self.opted_out, Some(no));
        self.accepts.clear();
    }

    /// They say yes to one list; whether a no to all lists stood against it.
    pub fn accept(&mut self, list: &ListId) -> bool {
        self.opted_out.is_some() && self.accepts.insert(list.clone())
    }

    /// They say yes to all lists.
    pub fn accept_all(&mut self) {
        self.opted_out = None;
        self.accepts.clear();
    }

    /// The lists that the person accepts whom two contacts turn out to be. Where both said no to all, only what both accept
    /// since: which of the words came last is not known of the other.
    #[must_use]
    pub fn accepts_with(&self, other: &Self) -> BTreeSet<ListId> {
        match (self.opted_out, other.opted_out) {
            (Some(_), Some(_)) => self.accepts.intersection(&other.accepts).cloned().collect(),
            (Some(_), None) => self.accepts.clone(),
            (None, _) => other.accepts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timestamp, address::Address, contact::Via, id::ContactId};

    fn list(name: &str) -> ListId {
        ListId::parse(name).expect("an id")
    }

    fn no(reason: OptOutReason) -> OptOut {
        OptOut { reason, at: Timestamp::UNIX_EPOCH, via: Via::Page }
    }

    fn anna() -> Contact {
        let address = Address::parse("anna@contoso.example").expect("an address");
        Contact::new(ContactId::parse("anna").expect("an id"), address)
    }

    #[test]
    fn a_no_to_all_holds_for_every_list_and_a_mandatory_one_passes_over_all_but_an_erasure() {
        for (reason, mandatory) in
            [(OptOutReason::Own, false), (OptOutReason::Complaint, false), (OptOutReason::Erased, true)]
        {
            assert!(holds_off(reason, SinceNo::Nothing, OptOutRule::Allowed));
            assert_eq!(holds_off(reason, SinceNo::Nothing, OptOutRule::NotAllowed), mandatory);
            assert!(!holds_off(reason, SinceNo::Yes, OptOutRule::Allowed));
        }
    }

    #[test]
    fn a_later_yes_to_one_list_lifts_it_for_that_list_only_until_the_next_no() {
        let mut anna = anna();
        anna.refuse_all(no(OptOutReason::Own));
        assert!(anna.accept(&list("news")));
        assert!(!anna.accept(&list("news")), "she said so before");
        assert!(!anna.is_held_off(&list("news"), OptOutRule::Allowed));
        assert!(anna.is_held_off(&list("staff"), OptOutRule::Allowed));
        anna.refuse_all(no(OptOutReason::Own));
        assert!(anna.is_held_off(&list("news"), OptOutRule::Allowed));
        anna.accept_all();
        assert!(!anna.is_held_off(&list("staff"), OptOutRule::Allowed));
        assert!(!anna.accept(&list("news")), "nothing stood against it");
    }

    #[test]
    fn a_complaint_stays_one_when_the_person_opts_out_once_more() {
        let [own, complaint, erased] =
            [OptOutReason::Own, OptOutReason::Complaint, OptOutReason::Erased].map(|reason| Some(no(reason)));
        assert_eq!(stronger(complaint, own), complaint);
        assert_eq!(stronger(own, complaint), complaint);
        assert_eq!(stronger(erased, own), own);
        assert_eq!(stronger(None, erased), erased);
    }

    #[test]
    fn of_two_who_are_one_only_what_was_accepted_against_each_no_stays_so() {
        let (mut one, mut other) = (anna(), anna());
        one.refuse_all(no(OptOutReason::Own));
        one.accept(&list("news"));
        one.accept(&list("staff"));
        assert_eq!(one.accepts_with(&other), one.accepts, "the other said nothing");
        assert_eq!(other.accepts_with(&one), one.accepts);
        other.refuse_all(no(OptOutReason::Own));
        other.accept(&list("news"));
        assert_eq!(one.accepts_with(&other), [list("news")].into());
    }
}
