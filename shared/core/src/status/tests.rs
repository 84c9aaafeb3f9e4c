use super::*;
use crate::member::HoldReason;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

const NOW: i64 = 1_000_000;

fn hold() -> Hold {
    Hold {
        digest: "d1".into(),
        reasons: vec![(crate::link::Side::Group, HoldReason::Limit)],
        list_removals: 0,
        group_removals: 60,
        list_additions: 0,
        group_additions: 0,
        scope: Vec::new(),
        since: at(70),
    }
}

fn failing() -> Failing {
    Failing {
        code: "no_such_group".into(),
        reason: "the group was deleted".into(),
        hint: "restore it".into(),
        since: at(60),
    }
}

fn people(code: &str, count: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(code.to_owned(), count)])
}

/// A link of which nothing is to be said.
fn calm(tally: &Tally) -> LinkFacts<'_> {
    LinkFacts {
        status: LinkStatus::Active,
        failing: None,
        hold: None,
        ruling: None,
        tally,
        finished_at: Some(at(NOW - 60)),
        is_requested: false,
        leased_until: None,
        due_at: at(NOW + 800),
        closed_until: None,
    }
}

fn shown(facts: &LinkFacts<'_>) -> (String, u8) {
    let state = State::of(facts, at(NOW));
    (state.text(|at| at.as_second().to_string()), state.exit_code())
}

#[test]
fn each_state_has_its_words_and_its_exit_code() {
    let (none, hold, failing) = (Tally::default(), hold(), failing());
    let ruling = |kind, digest: &str| Ruling { digest: digest.into(), kind };
    let (approved, discarded) = (ruling(RulingKind::Approved, "d1"), ruling(RulingKind::Discarded, "d1"));
    let of_another = ruling(RulingKind::Approved, "d0");
    let left = Tally { left_out: people("protected", 3), ..Tally::default() };
    let lost = Tally { not_placed: people("no_such_user", 3), since: Some(at(5)), ..left.clone() };
    let waiting = Tally { waiting: 2, until: Some(at(NOW + 50)), ..left.clone() };
    let soon = Tally { waiting: 1, ..Tally::default() };
    let by_hand = Tally { by_hand: 4, ..waiting.clone() };
    let closed = Some(at(NOW + 100));
    for (facts, text, exit) in [
        (calm(&none), "in step", 0),
        (calm(&left), "in step, 3 not placed", 0),
        (calm(&waiting), "waiting until 1000050 (2)", 2),
        (calm(&soon), "waiting (1)", 2),
        (calm(&by_hand), "to be made by hand (4)", 2),
        (calm(&lost), "not placed (3)", 3),
        (LinkFacts { hold: Some(&hold), ..calm(&lost) }, "held 60 since 70", 4),
        (LinkFacts { hold: Some(&hold), ruling: Some(&of_another), ..calm(&none) }, "held 60 since 70", 4),
        (
            LinkFacts { hold: Some(&hold), ruling: Some(&approved), ..calm(&none) },
            "approved, waits for a run (60)",
            2,
        ),
        (
            LinkFacts { hold: Some(&hold), ruling: Some(&discarded), ..calm(&none) },
            "discarded, waits for a run (60)",
            2,
        ),
        (
            LinkFacts { failing: Some(&failing), hold: Some(&hold), ..calm(&lost) },
            "failing since 60: the group was deleted",
            4,
        ),
        (LinkFacts { closed_until: closed, is_requested: true, ..calm(&none) }, "throttled until 1000100", 2),
        (LinkFacts { closed_until: closed, due_at: at(NOW), ..calm(&none) }, "throttled until 1000100", 2),
        (LinkFacts { closed_until: closed, ..calm(&none) }, "in step", 0),
        (
            LinkFacts { closed_until: Some(at(NOW)), is_requested: true, ..calm(&none) },
            "waiting for a sync",
            2,
        ),
        (LinkFacts { finished_at: None, is_requested: true, ..calm(&none) }, "never ran", 2),
        (LinkFacts { leased_until: Some(at(NOW + 30)), ..calm(&none) }, "syncing now", 2),
        (LinkFacts { leased_until: Some(at(NOW)), ..calm(&none) }, "in step", 0),
        (LinkFacts { due_at: at(NOW - 7_200), ..calm(&none) }, "overdue since 992800", 2),
        (LinkFacts { due_at: at(NOW - 7_199), ..calm(&none) }, "in step", 0),
        (LinkFacts { status: LinkStatus::Paused, failing: Some(&failing), ..calm(&lost) }, "paused", 0),
        (
            LinkFacts { status: LinkStatus::Halted(HaltReason::NoProgress), ..calm(&none) },
            "halted since 999940: two continuations in a row made no progress",
            4,
        ),
    ] {
        assert_eq!(shown(&facts), (text.to_owned(), exit), "{facts:?}");
    }
    let stale = State::StaleSource { heard_at: at(4), since: at(9) };
    assert_eq!(
        (stale.text(|at| at.as_second().to_string()).as_str(), stale.exit_code(), stale.since()),
        ("stale source: no file since 4", 3, Some(at(9)))
    );
    let import = State::ImportHeld { import: "i1".into(), since: at(9) };
    assert_eq!(
        (import.text(|at| at.as_second().to_string()).as_str(), import.exit_code()),
        ("import held since 9", 4)
    );
}

/// Every combination of facts, told apart by an oracle that knows no order: whether anything at all stands in the way.
#[test]
fn a_link_is_in_step_just_where_nothing_stands_in_the_way_and_the_gravest_trouble_decides_the_exit_code() {
    let (hold, failing) = (hold(), failing());
    let approved = Ruling { digest: "d1".into(), kind: RulingKind::Approved };
    let choices = |bit: u32, number: u32| number >> bit & 1 == 1;
    for number in 0..1_u32 << 11 {
        let on = |bit| choices(bit, number);
        let tally = Tally {
            waiting: u64::from(on(0)),
            until: None,
            not_placed: if on(1) { people("no_such_user", 1) } else { BTreeMap::new() },
            since: None,
            left_out: if on(2) { people("protected", 1) } else { BTreeMap::new() },
            by_hand: u64::from(on(3)),
        };
        let facts = LinkFacts {
            failing: on(4).then_some(&failing),
            hold: on(5).then_some(&hold),
            ruling: on(6).then_some(&approved),
            finished_at: (!on(7)).then(|| at(NOW - 60)),
            is_requested: on(8),
            leased_until: on(9).then(|| at(NOW + 30)),
            due_at: at(if on(10) { NOW - 100_000 } else { NOW + 800 }),
            ..calm(&tally)
        };
        let state = State::of(&facts, at(NOW));
        let grave = on(4) || (on(5) && !on(6));
        let waits = on(0) || on(3) || on(5) || on(7) || on(8) || on(9) || on(10);
        let exit = match (grave, on(1), waits) {
            (true, ..) => 4,
            (false, true, _) => 3,
            (false, false, true) => 2,
            (false, false, false) => 0,
        };
        assert_eq!(state.exit_code(), exit, "{facts:?}: {state:?}");
        assert_eq!(matches!(state, State::InStep { .. }), exit == 0, "{state:?}");
    }
}

#[test]
fn what_needs_somebody_comes_first_and_of_that_the_oldest() {
    let held = |since| State::Held { changes: 6, digest: String::new(), since: at(since) };
    let fails = |since| State::Failing(Failing { since: at(since), ..failing() });
    let lost = |since| State::NotPlaced { reasons: people("no_such_user", 1), since: Some(at(since)) };
    let waits = |until| State::Waiting { people: 1, until };
    let step = |left_out| State::InStep { left_out };
    let ordered = vec![
        fails(5),
        held(6),
        State::ImportHeld { import: "i1".into(), since: at(7) },
        fails(8),
        lost(1),
        State::StaleSource { heard_at: at(0), since: at(2) },
        lost(3),
        State::Throttled { until: at(20) },
        waits(Some(at(30))),
        waits(None),
        State::Paused,
        step(people("protected", 1)),
        step(BTreeMap::new()),
        State::NotLinked,
    ];
    let mut shuffled = ordered.clone();
    shuffled.reverse();
    shuffled.swap(2, 9);
    shuffled.sort_by_key(State::rank);
    assert_eq!(shuffled, ordered);
    assert_eq!(State::worst(shuffled.split_off(3)), Some(fails(8)));
    assert_eq!(State::worst([]), None);
}

#[test]
fn whatever_needs_somebody_says_what_to_do() {
    let (hold, failing, none) = (hold(), failing(), Tally::default());
    let lost = Tally { not_placed: people("no_such_user", 3), ..Tally::default() };
    for facts in [
        LinkFacts { hold: Some(&hold), ..calm(&none) },
        LinkFacts { failing: Some(&failing), ..calm(&none) },
        LinkFacts { status: LinkStatus::Halted(HaltReason::NoGroup), ..calm(&none) },
        calm(&lost),
    ] {
        let advice = State::of(&facts, at(NOW)).advice("News");
        assert!(!advice.is_empty() && !advice.ends_with('.'), "{advice}");
    }
}

#[test]
fn that_a_message_is_given_up_hides_no_error_that_is_known() {
    let first = Failing::given_up(None, "nobody finished it", at(3));
    assert_eq!((first.code.as_str(), first.since), ("", at(3)));
    assert_eq!(Failing::given_up(Some(failing()), "nobody finished it", at(90)), failing());
}

#[test]
fn what_an_earlier_release_kept_of_a_failing_link_is_read() {
    let stored = r#"{"reason":"nobody finished it","since":"2026-01-01T00:00:00Z"}"#;
    let read: Failing = serde_json::from_str(stored).expect("it reads");
    assert_eq!((read.code.as_str(), read.hint.as_str()), ("", ""));
}
