use super::{person::Person, stand::Word};
use crate::{Timestamp, list::Standing};

/// Whether somebody is kept for no list any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// They are: nothing speaks against deleting their contact.
    Idle,
    /// They are on a list, or are to be once they confirm it.
    Listed,
    /// They said no to a list that there is, to all, or were erased: what they said is never taken for a trace that nobody needs.
    SaidNo,
    /// They are on no list, and that, or something of them, changed too lately; or it is not known since when.
    Recent,
}

/// Judges somebody of whom nothing may have changed after this moment; none: whenever it was.
#[must_use]
pub fn idle(person: &Person, before: Option<Timestamp>) -> Idle {
    let stances = person.stances.values();
    let stands = |standing| matches!(standing, Standing::Member | Standing::Pending);
    if stances.clone().any(|stance| stands(stance.standing)) {
        return Idle::Listed;
    }
    let says_no = stances
        .clone()
        .any(|stance| stance.standing == Standing::OptedOut || matches!(stance.word, Some(Word::No(_))));
    let contact = &person.contact;
    // A no to a list that is no more outlives the contact under its address, as in any deletion.
    if says_no || contact.opted_out.is_some() || person.erased.is_some() {
        return Idle::SaidNo;
    }
    let Some(before) = before else { return Idle::Idle };
    let known = stances.map(|stance| stance.since).filter(|since| *since > Timestamp::UNIX_EPOCH);
    // Fields do not tell since when somebody is on no list: a list that was deleted leaves no stance behind.
    let Some(left) = known.max() else { return Idle::Recent };
    let last = contact.fields.values().map(|field| field.at).fold(left, Timestamp::max);
    if last <= before { Idle::Idle } else { Idle::Recent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::Address,
        contact::{Contact, Decision, Field, OptOut, OptOutReason, Via},
        id::{ContactId, ListId},
        list::{OptOutRule, Origin},
        register::{Keeper, Stance, Suppressed, Terms},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn list(name: &str) -> ListId {
        ListId::parse(name).expect("an id")
    }

    fn stance(standing: Standing, second: i64) -> Stance {
        let terms = Terms { opt_out: OptOutRule::Allowed, keeper: Keeper::People };
        Stance { terms, standing, origin: Origin::Csv, since: at(second), word: None }
    }

    fn anna(stances: &[(&str, Stance)]) -> Person {
        let address = Address::parse("anna@contoso.example").expect("an address");
        let mut anna = Person::new(Contact::new(ContactId::parse("anna").expect("an id"), address));
        anna.stances = stances.iter().map(|(name, stance)| (list(name), *stance)).collect();
        anna
    }

    fn no(reason: OptOutReason) -> OptOut {
        OptOut { reason, at: at(1), via: Via::Page }
    }

    #[test]
    fn who_left_every_list_long_ago_is_idle_and_who_is_on_one_is_not() {
        let (absent, since) = (stance(Standing::Absent, 10), Some(at(10)));
        assert_eq!(idle(&anna(&[("a", absent), ("b", absent)]), since), Idle::Idle);
        for standing in [Standing::Member, Standing::Pending] {
            let there = anna(&[("a", absent), ("b", stance(standing, 1))]);
            assert_eq!(idle(&there, None), Idle::Listed, "{standing}");
        }
    }

    #[test]
    fn whoever_said_no_to_anything_stays() {
        let absent = stance(Standing::Absent, 1);
        let word = Stance { word: Some(Word::No(no(OptOutReason::Own))), ..absent };
        assert_eq!(idle(&anna(&[("a", stance(Standing::OptedOut, 1))]), None), Idle::SaidNo);
        assert_eq!(idle(&anna(&[("a", absent), ("b", word)]), None), Idle::SaidNo);
        let mut to_all = anna(&[]);
        to_all.contact.refuse_all(no(OptOutReason::Complaint));
        let erased = Person { erased: Some(Suppressed::erasure(at(1))), ..anna(&[]) };
        for person in [to_all, erased] {
            assert_eq!(idle(&person, None), Idle::SaidNo);
        }
        let yes = Stance { word: Some(Word::Yes), ..absent };
        let yes = Person { of_all: Some(Decision::Subscribed), ..anna(&[("a", yes)]) };
        assert_eq!(idle(&yes, None), Idle::Idle, "a yes keeps nobody who is on no list");
    }

    #[test]
    fn what_changed_too_lately_or_nobody_knows_when_stays_unless_the_time_does_not_matter() {
        let mut lately = anna(&[("a", stance(Standing::Absent, 11))]);
        assert_eq!((idle(&lately, Some(at(10))), idle(&lately, None)), (Idle::Recent, Idle::Idle));
        assert_eq!((idle(&anna(&[]), Some(at(10))), idle(&anna(&[]), None)), (Idle::Recent, Idle::Idle));
        lately.stances = anna(&[("a", stance(Standing::Absent, 2))]).stances;
        let field = Field { value: "Sales".into(), source: Origin::Csv, at: at(11) };
        lately.contact.fields.insert("department".into(), field);
        assert_eq!(idle(&lately, Some(at(10))), Idle::Recent);
        assert_eq!(idle(&lately, Some(at(11))), Idle::Idle);
        lately.stances.clear();
        assert_eq!(
            idle(&lately, Some(at(99))),
            Idle::Recent,
            "their only list may have been deleted just now"
        );
    }
}
