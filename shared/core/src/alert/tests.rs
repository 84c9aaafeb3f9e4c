use std::collections::BTreeMap;

use super::*;
use crate::{hold::RulingKind, link::HaltReason, status::Failing};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn failing(code: &str, since: i64) -> State {
    State::Failing(Failing {
        code: code.into(),
        reason: "the group was deleted".into(),
        hint: String::new(),
        since: at(since),
    })
}

fn held(changes: u64, since: i64) -> State {
    State::Held { changes, digest: format!("d{changes}"), since: at(since) }
}

fn halted(since: i64) -> State {
    State::Halted { reason: HaltReason::NoProgress, failing: None, since: Some(at(since)) }
}

fn in_step() -> State {
    State::InStep { left_out: BTreeMap::new() }
}

fn import_held(import: &str) -> State {
    State::ImportHeld { import: import.into(), since: at(1) }
}

/// Every state once, and what it is to somebody whom nothing, or something, was told.
fn every_state() -> Vec<(State, Tidings, Tidings)> {
    use Tidings::{Alert, Nothing, Quiet, Recovery};
    let (people, none) = (2, None);
    let ruled = |kind| State::Ruled { kind, changes: 3 };
    vec![
        (halted(9), Alert(AlertKind::Halted), Alert(AlertKind::Halted)),
        (failing("gone", 9), Alert(AlertKind::Failing), Alert(AlertKind::Failing)),
        (held(60, 9), Alert(AlertKind::Held), Alert(AlertKind::Held)),
        (import_held("i9"), Alert(AlertKind::ImportHeld), Alert(AlertKind::ImportHeld)),
        (
            State::StaleSource { heard_at: at(1), since: at(9) },
            Alert(AlertKind::StaleSource),
            Alert(AlertKind::StaleSource),
        ),
        (State::Paused, Nothing, Quiet),
        (in_step(), Nothing, Recovery),
        (State::NotPlaced { reasons: BTreeMap::new(), since: None }, Nothing, Recovery),
        (State::Waiting { people, until: none }, Nothing, Recovery),
        (State::ByHand { changes: 2 }, Nothing, Recovery),
        (ruled(RulingKind::Approved), Nothing, Nothing),
        (ruled(RulingKind::Discarded), Nothing, Nothing),
        (State::Throttled { until: at(9) }, Nothing, Nothing),
        (State::NeverRan, Nothing, Nothing),
        (State::Syncing, Nothing, Nothing),
        (State::Queued, Nothing, Nothing),
        (State::Overdue { since: at(1) }, Nothing, Nothing),
        (State::NotLinked, Nothing, Nothing),
    ]
}

#[test]
fn each_state_is_told_as_the_table_has_it() {
    for (state, of_nothing, of_something) in every_state() {
        let mut told = Told::default();
        assert_eq!(told.take_in(Standing::Is(&state)), of_nothing, "{state:?}");
        let mut told = Told::default();
        told.take_in(Standing::Is(&failing("denied", 1)));
        assert_eq!(told.take_in(Standing::Is(&state)), of_something, "{state:?}");
        // Just what nothing goes on with without a person is an alert: a source that is silent is nobody's own fault there.
        let is_stuck = state.exit_code() == 4 || matches!(state, State::StaleSource { .. });
        assert_eq!(matches!(of_nothing, Tidings::Alert(_)), is_stuck, "{state:?}");
    }
}

#[test]
fn a_cause_is_told_once_however_long_it_lasts_and_however_it_grows() {
    let mut told = Told::default();
    let mut tell = |state: State| told.take_in(Standing::Is(&state));
    assert_eq!(tell(held(60, 5)), Tidings::Alert(AlertKind::Held));
    assert_eq!(tell(held(60, 5)), Tidings::Nothing);
    assert_eq!(tell(held(300, 5)), Tidings::Nothing, "others joined it");
    assert_eq!(tell(failing("unavailable", 7)), Tidings::Alert(AlertKind::Failing));
    assert_eq!(tell(failing("unavailable", 7)), Tidings::Nothing);
    assert_eq!(tell(failing("group_gone", 7)), Tidings::Alert(AlertKind::Failing), "another error");
    assert_eq!(tell(failing("unavailable", 7)), Tidings::Nothing, "that was told");
    assert_eq!(tell(held(60, 5)), Tidings::Nothing, "it comes through again, and still holds the same");
    assert_eq!(tell(State::Ruled { kind: RulingKind::Approved, changes: 60 }), Tidings::Nothing);
    assert_eq!(tell(held(3, 9)), Tidings::Alert(AlertKind::Held), "others ask again");
    assert_eq!(tell(State::Syncing), Tidings::Nothing);
    assert_eq!(tell(in_step()), Tidings::Recovery);
    assert_eq!(tell(in_step()), Tidings::Nothing);
    assert_eq!(tell(held(60, 5)), Tidings::Alert(AlertKind::Held), "all is forgotten with the recovery");
}

#[test]
fn what_a_person_stopped_or_removed_is_taken_back_without_a_word() {
    for over in [Standing::Is(&State::Paused), Standing::Gone] {
        let mut told = Told::default();
        assert_eq!(told.take_in(over), Tidings::Nothing);
        told.take_in(Standing::Is(&halted(1)));
        assert_eq!(told.take_in(over), Tidings::Quiet);
        assert!(told.is_empty());
    }
}

#[test]
fn what_is_remembered_stays_small() {
    let mut told = Told::default();
    for second in 0..1_000 {
        assert_eq!(told.take_in(Standing::Is(&held(1, second))), Tidings::Alert(AlertKind::Held));
        assert!(told.0.len() <= MOST_CAUSES);
    }
}

fn alert(kind: AlertKind, name: &str, count: u64) -> Alert {
    let list = AlertList { id: ListId::parse("news").expect("an id"), name: name.into() };
    let subject = Subject { list, link: None };
    Alert { kind, ..Alert::of_state(kind, &held(count, 0), subject, at(1)) }
}

#[test]
fn a_message_says_what_happened_and_has_the_same_id_for_the_same_alerts() {
    let one = |id: &str| (id.to_owned(), alert(AlertKind::Held, "News", 60));
    let message = Message::of(vec![one("a"), one("b")]).expect("a message");
    let again = Message::of(vec![one("b"), one("a")]).expect("a message");
    assert_eq!((&message.id, message.id.len()), (&again.id, "alert_".len() + 32));
    assert_ne!(message.id, Message::of(vec![one("a")]).expect("a message").id);
    assert_ne!(message.id, Message::of(vec![one("ab")]).expect("a message").id);
    assert_eq!(message.title, "Changes of 2 links wait for a decision");
    assert_eq!(
        Message::of(vec![one("a")]).expect("a message").title,
        "'News': 60 changes wait for a decision"
    );
    assert_eq!(message.alerts[0].text, "held 60 since 1970-01-01 00:00 UTC");
    assert!(message.alerts[0].advice.contains("listsync links approve d60"));
    assert_eq!(Message::of(Vec::new()), None);
}

#[test]
fn a_message_about_very_many_lists_the_first_and_counts_the_others() {
    let many = (0..1_000).map(|number| (number.to_string(), alert(AlertKind::Failing, "News", 0)));
    let message = Message::of(many.collect()).expect("a message");
    assert_eq!((message.alerts.len(), message.more), (LISTED, 1_000 - LISTED as u64));
    assert_eq!(message.title, "1000 links cannot be synced");
}

#[test]
fn a_credential_is_told_of_thirty_seven_and_one_days_before_its_end_and_when_it_is_renewed() {
    let (mut told, day) = (Told::default(), 24 * 3_600);
    let end = at(100 * day);
    let mut days = Vec::new();
    for hour in 0..100 * 24 {
        match told.take_in_credential(Some(end), at(hour * 3_600)) {
            Tidings::Alert(kind) => days.push((kind, 100 - hour / 24)),
            other => assert_eq!(other, Tidings::Nothing),
        }
    }
    assert_eq!(days, [30, 7, 1].map(|days| (AlertKind::CredentialExpiring, days)));
    assert_eq!(told.take_in_credential(Some(at(500 * day)), end), Tidings::Recovery);
    assert_eq!(told.take_in_credential(Some(at(500 * day)), end), Tidings::Nothing);
    // Met late, it is told once, and then again on its last day.
    let mut late = Told::default();
    let tell = |late: &mut Told, left: i64| late.take_in_credential(Some(end), at((100 - left) * day));
    assert_eq!(tell(&mut late, 5), Tidings::Alert(AlertKind::CredentialExpiring));
    assert_eq!(tell(&mut late, 4), Tidings::Nothing);
    assert_eq!(tell(&mut late, 0), Tidings::Alert(AlertKind::CredentialExpiring));
    assert_eq!(tell(&mut late, -3), Tidings::Nothing);
    assert_eq!(late.take_in_credential(None, end), Tidings::Quiet);
    let alert = Alert::of_credential(AlertKind::CredentialExpiring, "worker", end, at(99 * day));
    assert_eq!(alert.text, "the credential of the worker expires at 1970-04-11 00:00 UTC");
}

#[test]
fn one_surge_of_opt_outs_is_told_once_and_its_end_is_not() {
    let surge = |people, since| Some(Surge { people, of: 200, since: at(since) });
    let mut told = Told::default();
    assert_eq!(told.take_in_opt_outs(None), Tidings::Nothing);
    assert_eq!(told.take_in_opt_outs(surge(60, 5)), Tidings::Alert(AlertKind::OptOuts));
    assert_eq!(told.take_in_opt_outs(surge(90, 5)), Tidings::Nothing, "others joined it");
    assert_eq!(told.take_in_opt_outs(None), Tidings::Quiet);
    assert_eq!(told.take_in_opt_outs(surge(60, 99)), Tidings::Alert(AlertKind::OptOuts), "another one");
    let list = AlertList { id: ListId::parse("news").expect("an id"), name: "News".into() };
    let subject = Subject { list, link: None };
    let alert = Alert::of_opt_outs(Surge { people: 60, of: 200, since: at(5) }, subject, at(9));
    assert_eq!(alert.text, "60 of 200 opted out within 24 hours; all were taken off, as their word holds");
    let message = Message::of(vec![("a".into(), alert)]).expect("a message");
    assert_eq!(message.title, "'News': 60 people opted out within a day");
}
