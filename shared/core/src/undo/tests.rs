use super::*;
use crate::{
    Timestamp,
    effects::{BatchPlace, Certainty, DonePlace},
    link::{LinkStatus, Phase, Side},
    list::ListKind,
    member::Change,
    summary::{SideCounts, Summary},
};
use proptest::prelude::*;

const RAN: i64 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn contact(name: &str) -> ContactId {
    ContactId::parse(name).expect("an id")
}

fn object(name: &str) -> ObjectId {
    ObjectId::parse(name).expect("an id")
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@contoso.example")).expect("an address")
}

fn done(name: &str, side: Side, op: Op, cause: Cause) -> Done {
    Done {
        change: Change { side, op },
        because: Because::Known(cause),
        object: Some(object(name)),
        contact: Some(contact(name)),
        address: Some(address(name)),
        at: at(RAN),
    }
}

fn joined(name: &str) -> Done {
    done(name, Side::Group, Op::Add, Cause::ListAdded)
}

fn left(name: &str) -> Done {
    done(name, Side::List, Op::Remove, Cause::GroupRemoved)
}

fn recorded(done: Done) -> Recorded {
    let batch = BatchPlace { at: done.at, run: RunId::parse("r1").expect("an id"), number: 0 };
    let (place, link) = (DonePlace { batch, index: 0 }, LinkId::parse("k1").expect("an id"));
    Recorded { done, place, link, certainty: Certainty::Certain }
}

fn entry(name: &str, standing: Standing) -> Entry {
    Entry {
        contact: contact(name),
        address: address(name),
        name: String::new(),
        object_id: Some(object(name)),
        standing,
        origin: Origin::Csv,
        undeliverable: None,
        grounds: None,
        until: None,
    }
}

fn facts(effects: Vec<Done>, people: Vec<Entry>) -> Facts {
    Facts {
        run: RunId::parse("r1").expect("an id"),
        began: at(RAN),
        list: ListId::parse("l1").expect("an id"),
        link: LinkId::parse("k1").expect("an id"),
        mode: Mode::TwoWay,
        effects: effects.into_iter().map(recorded).collect(),
        others: Vec::new(),
        shifts: Vec::new(),
        people,
        protected: BTreeSet::new(),
        willing: BTreeSet::new(),
    }
}

fn shift(name: &str, second: i64, origin: Origin) -> Shift {
    let list = ListId::parse("l1").expect("an id");
    Shift { list, contact: contact(name), standing: Standing::Member, origin, at: at(second) }
}

/// Who comes back (+) or leaves (-), and who is left out and why.
fn told(undo: &Undo) -> Vec<String> {
    let signed = |sign: char, person: &Person| format!("{sign}{}", person.contact);
    let out = undo.left_out.iter().map(|one| {
        format!("{} {}", one.contact.as_ref().map_or("nobody", ContactId::as_str), one.why.code())
    });
    let back = undo.returning.iter().map(|person| signed('+', person));
    let off = undo.leaving.iter().map(|person| signed('-', person));
    back.chain(off).chain(out).collect()
}

fn only(facts: &Facts) -> String {
    let told = told(&Undo::of(facts));
    assert_eq!(told.len(), 1, "{told:?}");
    told.concat()
}

#[test]
fn each_effect_is_given_the_lists_opposite_by_its_cause() {
    use Standing::{Absent, Member};
    let rows = [
        (Side::Group, Op::Add, Cause::ListAdded, Member, "-ann"),
        (Side::List, Op::Add, Cause::GroupAdded, Member, "-ann"),
        (Side::Group, Op::Add, Cause::Invited, Member, "-ann"),
        (Side::Group, Op::Remove, Cause::ListRemoved, Absent, "+ann"),
        (Side::List, Op::Remove, Cause::GroupRemoved, Absent, "+ann"),
        (Side::Group, Op::Remove, Cause::OptedOut, Absent, "ann opted_out"),
        (Side::Group, Op::Remove, Cause::Extra, Absent, "ann never_listed"),
        (Side::Group, Op::Add, Cause::Restored, Member, "ann restored"),
        (Side::Group, Op::Remove, Cause::FirstMerge, Absent, "ann unclear"),
        (Side::Group, Op::Add, Cause::Unrecorded, Member, "-ann"),
    ];
    for (side, op, cause, standing, expected) in rows {
        let facts = facts(vec![done("ann", side, op, cause)], vec![entry("ann", standing)]);
        assert_eq!(only(&facts), expected, "{cause:?}");
    }
    let sent = done("ann", Side::Group, Op::Add, Cause::Unrecorded);
    let one_way = Facts { mode: Mode::ListToGroup, ..facts(vec![sent], vec![entry("ann", Member)]) };
    assert_eq!(only(&one_way), "ann unclear", "one-way it may have put back who was on the list all along");
    let later = Done { because: Because::Unknown(77), ..joined("ann") };
    assert_eq!(only(&facts(vec![later], vec![entry("ann", Member)])), "ann unclear");
}

#[test]
fn how_somebody_stands_now_says_what_is_left_to_do() {
    use Standing::{Absent, Member, OptedOut, Pending};
    let rows = [
        (joined("ann"), Member, "-ann"),
        (joined("ann"), Absent, "ann as_before"),
        (joined("ann"), OptedOut, "ann opted_out"),
        (joined("ann"), Pending, "ann moved_since"),
        (left("ann"), Absent, "+ann"),
        (left("ann"), Member, "ann as_before"),
        (left("ann"), OptedOut, "ann opted_out"),
        (left("ann"), Pending, "ann moved_since"),
    ];
    for (done, standing, expected) in rows {
        let told = only(&facts(vec![done.clone()], vec![entry("ann", standing)]));
        assert_eq!(told, expected, "{done:?} {standing:?}");
    }
    assert_eq!(only(&facts(vec![joined("ann")], Vec::new())), "ann gone");
    let nameless = Done { contact: None, object: None, address: None, ..joined("ann") };
    assert_eq!(only(&facts(vec![nameless], vec![entry("ann", Member)])), "nobody gone");
}

#[test]
fn who_moved_since_is_left_alone_and_what_carried_the_run_on_is_no_move() {
    let ann = || facts(vec![joined("ann")], vec![entry("ann", Standing::Member)]);
    let shifted = |second, origin| Facts { shifts: vec![shift("ann", second, origin)], ..ann() };
    assert_eq!(only(&shifted(RAN + 1, Origin::Manual)), "ann moved_since");
    assert_eq!(only(&shifted(RAN - 1, Origin::Manual)), "-ann", "that was before");
    assert_eq!(only(&shifted(RAN + 1, Origin::Entra)), "-ann", "what runs did is told by effects");
    // What the run took over from one that was killed is as old as its intent, and was not all that it found.
    let sent = || Done { at: at(RAN - 9), ..joined("ann") };
    let taken_over = |second| Facts { effects: vec![recorded(sent())], ..shifted(second, Origin::Manual) };
    assert_eq!(only(&taken_over(RAN - 5)), "-ann", "they had come back before the run");
    assert_eq!(only(&taken_over(RAN + 1)), "ann moved_since");
    let by = |op, second| Done { at: at(second), ..done("ann", Side::Group, op, Cause::ListRemoved) };
    let besides = |done: Done| Facts { others: vec![recorded(done)], ..ann() };
    assert_eq!(only(&besides(by(Op::Remove, RAN + 1))), "ann moved_since");
    assert_eq!(only(&besides(by(Op::Remove, RAN - 1))), "-ann");
    assert_eq!(only(&besides(by(Op::Add, RAN + 1))), "-ann", "another link carried it on");
    let of_object = Done { contact: None, ..by(Op::Remove, RAN + 1) };
    assert_eq!(only(&besides(of_object)), "ann moved_since");
    let of_another = Done { contact: Some(contact("bob")), ..by(Op::Remove, RAN + 1) };
    assert_eq!(only(&besides(of_another)), "-ann", "the address may have gone from hand to hand");
}

#[test]
fn nobody_is_taken_off_against_their_word_or_a_protection() {
    let own = Entry { origin: Origin::Own, ..entry("ann", Standing::Member) };
    assert_eq!(only(&facts(vec![joined("ann")], vec![own])), "ann own_word");
    let member = || vec![entry("ann", Standing::Member)];
    let said_since = Facts { willing: [contact("ann")].into(), ..facts(vec![joined("ann")], member()) };
    assert_eq!(only(&said_since), "ann own_word");
    let protected = [contact("ann")].into();
    let facts = Facts { protected, ..facts(vec![joined("ann")], vec![entry("ann", Standing::Member)]) };
    assert_eq!(only(&facts), "ann protected");
    let back =
        Facts { effects: vec![recorded(left("ann"))], people: vec![entry("ann", Standing::Absent)], ..facts };
    assert_eq!(only(&back), "+ann", "who comes back is not removed");
}

#[test]
fn what_a_killed_run_had_sent_counts_where_the_run_did_nothing_to_them_itself() {
    let settled = || Done { at: at(RAN - 1), ..joined("ann") };
    let absent = || vec![entry("ann", Standing::Absent)];
    assert_eq!(only(&facts(vec![settled(), left("ann")], absent())), "+ann");
    assert_eq!(only(&facts(vec![settled()], vec![entry("ann", Standing::Member)])), "-ann");
    let own = facts(vec![joined("ann"), left("ann")], absent());
    assert_eq!(only(&own), "ann unclear", "a run does one thing to each");
}

#[test]
fn an_effect_that_made_a_contact_means_the_one_on_the_list() {
    let made = Done { contact: None, ..done("ann", Side::List, Op::Add, Cause::GroupAdded) };
    let alias = |standing| Entry { object_id: Some(object("ann")), ..entry("alias", standing) };
    let of = |people| facts(vec![made.clone()], people);
    assert_eq!(only(&of(vec![entry("ann", Standing::Member)])), "-ann");
    let several = of(vec![entry("ann", Standing::Member), alias(Standing::Absent)]);
    assert_eq!(only(&several), "-ann");
    let neither = Undo::of(&of(vec![entry("ann", Standing::Absent), alias(Standing::Absent)]));
    assert_eq!(told(&neither), ["nobody unclear"]);
    let both = Undo::of(&of(vec![entry("ann", Standing::Member), alias(Standing::Member)]));
    assert_eq!(told(&both), ["-alias", "-ann"], "either would hold them there");
    let twice = facts(vec![joined("ann"), left("ann")], vec![entry("ann", Standing::Member)]);
    assert_eq!(only(&twice), "ann unclear");
}

#[test]
fn the_digest_has_no_time_in_it_and_covers_whom_it_moves_alone() {
    let people = || vec![entry("ann", Standing::Member), entry("bob", Standing::Absent)];
    let plain = Undo::of(&facts(vec![joined("ann"), left("bob")], people()));
    let later = Done { at: at(RAN + 500), ..joined("ann") };
    let mut renamed = people();
    renamed[0].address = address("anna");
    assert_eq!(Undo::of(&facts(vec![left("bob"), later], renamed)).digest, plain.digest);
    let with_cid = Undo::of(&facts(vec![joined("ann"), left("bob"), joined("cid")], people()));
    assert_eq!(with_cid.digest, plain.digest, "who is left out is not moved");
    let alone = Undo::of(&facts(vec![joined("ann")], people()));
    assert_ne!(alone.digest, plain.digest);
    let other = Facts { run: RunId::parse("r2").expect("an id"), ..facts(vec![joined("ann")], people()) };
    assert_ne!(Undo::of(&other).digest, alone.digest);
}

#[test]
fn it_is_shown_with_names_reasons_and_totals() {
    let people = vec![
        entry("ann", Standing::Member),
        entry("bob", Standing::Absent),
        entry("cid", Standing::OptedOut),
        entry("dan", Standing::Absent),
    ];
    let undo = Undo::of(&facts(vec![joined("ann"), left("bob"), left("cid"), joined("dan")], people));
    let expected = format!(
        "+ list   bob@contoso.example\n- list   ann@contoso.example\n  left out: cid@contoso.example (opted out)\n\
         1 to come back to the list, 1 to leave it; left out: 1 as before already, 1 opted out.\nundo {}\n",
        undo.digest
    );
    assert_eq!(undo.to_string(), expected);
    let one = serde_json::to_value(undo.left_out.first()).expect("a document");
    assert_eq!((&one["code"], &one["address"]), (&"as_before".into(), &"dan@contoso.example".into()));
}

fn summary(phase: Option<Phase>) -> Summary {
    let counts = serde_json::to_value(SideCounts { added: 1, ..SideCounts::default() }).expect("counts");
    let mut summary: Summary = serde_json::from_value(serde_json::json!({
        "run": "r1", "link": "k1", "trigger": "schedule",
        "started_at": at(RAN), "finished_at": at(RAN), "read": "full", "outcome": "converged",
        "list": counts, "group": counts, "held": {"list_removals": 0, "group_removals": 0, "digest": ""},
        "skipped": {}, "set_aside": 0, "failures": [], "graph": {"requests": 1, "writes": 0}, "duration_ms": 1
    }))
    .expect("a summary of before reads");
    summary.phase = phase;
    summary
}

#[test]
fn runs_whose_end_is_no_state_to_come_back_from_are_refused_as_a_whole() {
    let steady = summary(Some(Phase::Steady));
    let run = RunFacts {
        summary: &steady,
        mode: Some(Mode::TwoWay),
        status: LinkStatus::Active,
        phase: Phase::Steady,
        kind: &ListKind::Static,
        known_since: at(RAN),
    };
    let (first, older) = (summary(Some(Phase::First)), summary(None));
    let filtered = ListKind::Filtered { filter: "title pr".into() };
    assert_eq!(Refused::of(&run), None);
    assert_eq!(Refused::of(&RunFacts { mode: Some(Mode::ListToGroup), ..run }), None);
    for (facts, code) in [
        (RunFacts { mode: None, ..run }, "undo_no_link"),
        (RunFacts { mode: Some(Mode::GroupToList), ..run }, "undo_group_decides"),
        (RunFacts { kind: &filtered, ..run }, "undo_filter_decides"),
        (RunFacts { summary: &first, ..run }, "undo_first_run"),
        (RunFacts { phase: Phase::First, ..run }, "undo_first_run"),
        (RunFacts { summary: &older, ..run }, "undo_not_kept"),
        (RunFacts { known_since: at(RAN + 1), ..run }, "undo_not_kept"),
        (RunFacts { status: LinkStatus::Paused, ..run }, "undo_stopped"),
    ] {
        let refused = Refused::of(&facts).expect(code);
        assert_eq!(refused.code(), code);
        assert!(!refused.hint().is_empty() && !refused.to_string().is_empty());
    }
}

/// Whatever became of people, each to whom the run did something is told of once, and an undo that is carried out leaves
/// nothing to do.
fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Member),
        Just(Standing::Absent),
        Just(Standing::OptedOut),
        Just(Standing::Pending)
    ]
}

proptest! {
    #[test]
    fn everybody_is_told_of_once_and_what_is_done_is_not_done_again(
        cases in proptest::collection::vec((any::<bool>(), standing(), 0..3_i64, any::<bool>()), 0..12)
    ) {
        let name = |number: usize| format!("p{number}");
        let effects: Vec<Done> = cases.iter().enumerate().map(|(number, (joins, ..))| {
            if *joins { joined(&name(number)) } else { left(&name(number)) }
        }).collect();
        let people = cases.iter().enumerate().map(|(number, (_, standing, ..))| entry(&name(number), *standing));
        let shifts = cases.iter().enumerate().map(|(number, (_, _, moved, _))| {
            shift(&name(number), RAN + moved - 1, Origin::Manual)
        });
        let protected = cases.iter().enumerate().filter(|(_, case)| case.3);
        let before = Facts {
            shifts: shifts.collect(),
            protected: protected.map(|(number, _)| contact(&name(number))).collect(),
            ..facts(effects, people.collect())
        };
        let undo = Undo::of(&before);
        let told = undo.returning.len() + undo.leaving.len() + undo.left_out.len();
        prop_assert_eq!(told, cases.len());
        let mut after = before.clone();
        for entry in &mut after.people {
            if undo.returning.iter().any(|person| person.contact == entry.contact) {
                entry.standing = Standing::Member;
            }
            if undo.leaving.iter().any(|person| person.contact == entry.contact) {
                entry.standing = Standing::Absent;
            }
        }
        // The edits themselves are in the list's log by now.
        let edited = undo.returning.iter().chain(&undo.leaving);
        after.shifts.extend(edited.map(|person| shift(person.contact.as_str(), RAN + 9, Origin::Manual)));
        let again = Undo::of(&after);
        prop_assert!(again.is_empty(), "{again:?}");
        let as_before = again.reasons().get(&WhyNot::AsBefore).copied().unwrap_or_default();
        prop_assert!(as_before >= undo.returning.len() + undo.leaving.len());
    }
}
