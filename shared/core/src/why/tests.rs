use super::*;
use crate::{
    id::ContactId,
    member::{Change, HoldReason, Intent, MemberKey},
    status::Failing,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn object() -> ObjectId {
    ObjectId::parse("o1").expect("an id")
}

fn ann() -> Address {
    Address::parse("ann@contoso.example").expect("an address")
}

fn person(standing: Standing) -> PersonFacts {
    let entry = EntryFacts {
        address: ann(),
        standing,
        origin: Origin::Csv,
        since: Some(at(7)),
        until: None,
        is_undeliverable: false,
    };
    PersonFacts {
        address: ann(),
        entry: Some(entry),
        is_refused: standing == Standing::OptedOut,
        refused_at: None,
    }
}

fn row(open: Option<Open>) -> Member {
    let contact = ContactId::parse("c1").ok();
    let group = Some(Belief::observed(true, at(9)));
    Member { contact, group, open, ..Member::unknown(MemberKey::Principal(object())) }
}

fn link(read_now: ReadNow, row: Option<Member>) -> LinkPersonFacts {
    LinkPersonFacts {
        mode: Mode::TwoWay,
        rule: Rule::TwoWay,
        writes: Writes::Direct,
        state: State::InStep { left_out: Default::default() },
        identity: Identity::Matched(object()),
        row,
        read_now,
        protection: Protection::Ordinary,
        ruling: None,
        due_at: at(100),
    }
}

fn told(person: &PersonFacts, link: &LinkPersonFacts) -> Vec<Step> {
    let steps = steps(person, link, &|at| at.as_second().to_string());
    let questions: Vec<Question> = steps.iter().map(|step| step.question).collect();
    use Question::*;
    assert_eq!(questions, [Contact, Consent, Directory, Group, Exceptions, Next]);
    steps
}

fn of(question: Question, person: &PersonFacts, link: &LinkPersonFacts) -> (Answer, String) {
    let step = told(person, link).into_iter().find(|step| step.question == question).expect("it is asked");
    (step.answer, step.text)
}

#[test]
fn somebody_in_step_is_told_so_step_by_step() {
    let facts = link(ReadNow::Present, Some(Member { in_baseline: true, ..row(None) }));
    let texts: Vec<String> =
        told(&person(Standing::Member), &facts).into_iter().map(|step| step.text).collect();
    assert_eq!(
        texts,
        [
            "yes since 7, by a file",
            "right: no opt-out of theirs holds here",
            "o1, matched before",
            "yes as read now; yes as believed, since 9",
            "no",
            "nothing: both sides have them",
        ]
    );
}

#[test]
fn each_way_to_stand_to_the_list_has_its_words() {
    let facts = link(ReadNow::Absent, None);
    for (standing, answer, text) in [
        (Standing::Member, Answer::Fine, "yes since 7, by a file"),
        (Standing::OptedOut, Answer::Stop, "no: opted out since 7"),
        (Standing::Pending, Answer::Stop, "not yet: a confirmation is awaited since 7"),
        (Standing::Absent, Answer::Stop, "no: the contact is kept, and not on this list"),
    ] {
        assert_eq!(of(Question::Contact, &person(standing), &facts), (answer, text.to_owned()));
    }
    let unknown = PersonFacts { entry: None, ..person(Standing::Member) };
    assert_eq!(of(Question::Contact, &unknown, &facts).1, "no: no contact has ann@contoso.example");
    let mut alias = person(Standing::Member);
    alias.address = Address::parse("a.meier@contoso.example").expect("an address");
    assert_eq!(of(Question::Contact, &alias, &facts).1, "yes since 7, as ann@contoso.example, by a file");
    assert_eq!(of(Question::Consent, &person(Standing::OptedOut), &facts).0, Answer::Stop);
}

#[test]
fn who_it_is_in_the_directory_is_told_or_why_nobody_knows() {
    let two = vec![object(), ObjectId::parse("o2").expect("an id")];
    for (identity, answer, text) in [
        (Identity::Found(object()), Answer::Fine, "o1, found by the address just now"),
        (Identity::Several(two), Answer::Stop, "2 people answer to the address: o1, o2"),
        (Identity::Nobody { is_external: false }, Answer::Stop, "nobody answers to the address"),
        (
            Identity::Nobody { is_external: true },
            Answer::Stop,
            "nobody: the address is external, and the directory has no guest for it",
        ),
        (Identity::Lost(object()), Answer::Stop, "matched to o1, which the directory does not know any more"),
        (Identity::Unknown("it is away".into()), Answer::Note, "not known: it is away"),
    ] {
        let facts = LinkPersonFacts { identity, ..link(ReadNow::NotAsked, None) };
        assert_eq!(of(Question::Directory, &person(Standing::Member), &facts), (answer, text.to_owned()));
    }
}

#[test]
fn what_is_protected_held_failed_or_set_aside_is_told_with_its_next_try() {
    let change = Change { side: Side::Group, op: Op::Remove };
    let held = Open::Held { digest: "d1".into(), change, reason: HoldReason::Limit };
    let failed = Open::Failed { code: "no_such_user".into(), attempts: 2, retry_at: at(60) };
    for (open, exceptions, next) in [
        (
            held.clone(),
            "held: remove from group, as more removals than the limit lets through",
            "nothing, until a person rules on the hold",
        ),
        (failed, "nobody in the directory answers to the address (no_such_user)", "tried again from 60 on"),
        (
            Open::SetAside { recheck_at: at(61) },
            "a read contradicts what was just written or seen; it is read again (set_aside)",
            "read or done again from 61 on",
        ),
        (
            Open::Skipped { code: "protected".into() },
            "protected: never removed (protected)",
            "nothing: a rule wants it so",
        ),
    ] {
        let facts = link(ReadNow::Absent, Some(row(Some(open))));
        assert_eq!(
            of(Question::Exceptions, &person(Standing::Member), &facts),
            (Answer::Note, exceptions.to_owned())
        );
        assert_eq!(of(Question::Next, &person(Standing::Member), &facts).1, next);
    }
    let ruled = LinkPersonFacts {
        ruling: Some(RulingKind::Approved),
        ..link(ReadNow::Present, Some(row(Some(held))))
    };
    assert!(
        of(Question::Exceptions, &person(Standing::Absent), &ruled).1.ends_with("approved, waits for a run")
    );
    let guarded = LinkPersonFacts { protection: Protection::Protected, ..link(ReadNow::Present, None) };
    assert_eq!(of(Question::Exceptions, &person(Standing::Member), &guarded).1, "protected: never removed");
    let intent = Some(Intent { op: Op::Add, since: at(8) });
    let open = link(ReadNow::Absent, Some(Member { intent, ..row(None) }));
    assert!(of(Question::Exceptions, &person(Standing::Member), &open).1.contains("about to be added at 8"));
}

#[test]
fn a_link_that_does_not_run_says_so_before_anything_else() {
    let fails = Failing {
        code: "gone".into(),
        reason: "the group was deleted".into(),
        hint: "restore it".into(),
        since: at(3),
    };
    for (state, text) in [
        (State::Paused, "nothing: the link is paused"),
        (State::Failing(fails), "nothing, until runs succeed again: the group was deleted"),
    ] {
        let facts = LinkPersonFacts { state, ..link(ReadNow::Absent, None) };
        assert_eq!(of(Question::Next, &person(Standing::Member), &facts).1, text);
    }
}

#[test]
fn what_happens_next_is_what_the_table_decides_or_the_opt_out_that_stands_above_it() {
    let standing = |listed| if listed { Standing::Member } else { Standing::Absent };
    for (baseline, listed, there, text) in [
        (false, true, false, "added to the group by the next run, due 100"),
        (false, false, true, "added to the list by the next run, due 100"),
        (true, true, false, "removed from the list by the next run that may, due 100"),
        (true, false, true, "removed from the group by the next run that may, due 100"),
        (true, true, true, "nothing: both sides have them"),
        (false, false, false, "nothing: neither side has them"),
    ] {
        let read = if there { ReadNow::Present } else { ReadNow::Absent };
        let facts = link(read, Some(Member { in_baseline: baseline, ..row(None) }));
        assert_eq!(of(Question::Next, &person(standing(listed)), &facts).1, text);
    }
    let extra = LinkPersonFacts {
        rule: Rule::Follow { leader: Side::List, extras: crate::link::Extras::Keep },
        ..link(ReadNow::Present, None)
    };
    let left = "nothing: whom only the side that follows has is left there";
    assert_eq!(of(Question::Next, &person(Standing::Absent), &extra).1, left);
    let no = of(Question::Next, &person(Standing::OptedOut), &link(ReadNow::Present, None)).1;
    assert!(no.starts_with("removed from the group") && no.ends_with("the opt-out holds"), "{no}");
    let nobody = LinkPersonFacts {
        identity: Identity::Nobody { is_external: false },
        ..link(ReadNow::NotAsked, None)
    };
    assert!(of(Question::Next, &person(Standing::Member), &nobody).1.starts_with("looked up again"));
    let away = link(ReadNow::Unknown("it is away".into()), None);
    assert_eq!(of(Question::Next, &person(Standing::Member), &away).1, "the next run looks, due 100");
}

/// Whatever leaves somebody out is told by its code, in words of its own, and so is what comes next.
#[test]
fn every_reason_under_which_a_row_is_open_has_its_words_and_what_happens_next() {
    use crate::{case::skip, identity::Unmatched};
    let skipped = [
        skip::OPTED_OUT,
        skip::SUPPRESSED,
        skip::PROTECTED,
        skip::NO_ADDRESS,
        skip::FIRST_RUN,
        skip::SHARED_MAILBOX,
        skip::AGENT,
        skip::INVITED,
        skip::INVITING,
        skip::GRACE,
        skip::SOURCE_UNREAD,
    ];
    let code = |code: &str| Open::Skipped { code: code.to_owned() };
    let failed = |code: &str| Open::Failed { code: code.to_owned(), attempts: 1, retry_at: at(60) };
    let mut told = std::collections::BTreeSet::new();
    let all = skipped.map(code).into_iter().chain(Unmatched::ALL.map(|reason| failed(reason.code())));
    let all =
        all.chain([Open::Declined { side: Side::Group }, Open::Due, Open::SetAside { recheck_at: at(60) }]);
    for open in all {
        let facts = link(ReadNow::Absent, Some(row(Some(open.clone()))));
        let person = person(Standing::Member);
        let unsettled =
            Unsettled::of(facts.row.as_ref().expect("a row"), Writes::Direct).expect("it is open");
        let (answer, exceptions) = of(Question::Exceptions, &person, &facts);
        assert_eq!((answer, exceptions.ends_with(&format!("({})", unsettled.code))), (Answer::Note, true));
        assert!(!exceptions.contains("the directory refused it"), "{open:?} has no words of its own");
        assert!(told.insert(exceptions.clone()), "two reasons have one sentence: {exceptions}");
        let next = of(Question::Next, &person, &facts).1;
        let expected = match unsettled.prospect {
            Prospect::Waits(Some(_)) => "read or done again from 60 on",
            Prospect::NotPlaced(Some(_)) => "tried again from 60 on",
            Prospect::LeftOut => "nothing: a rule wants it so",
            Prospect::Waits(None) | Prospect::NotPlaced(None) => {
                "added to the group by the next run, due 100"
            }
        };
        assert_eq!(next, expected, "{open:?}");
    }
    let unknown = link(ReadNow::Absent, Some(row(Some(failed("Directory_QuotaExceeded")))));
    let exceptions = of(Question::Exceptions, &person(Standing::Member), &unknown).1;
    assert!(exceptions.ends_with("the directory refused it (Directory_QuotaExceeded)"), "{exceptions}");
}
