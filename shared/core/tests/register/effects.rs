use listsync_core::{
    list::{OptOutRule, Standing},
    register::{Candidate, ListOutcome, Meant, Stand, Word, addition, removal},
};

use super::no;
use listsync_core::contact::OptOutReason;

/// Every contact that an effect may mean: however they stand, and whatever they said.
fn candidates() -> Vec<Candidate> {
    let mut all = Vec::new();
    for standing in [Standing::Member, Standing::Pending, Standing::Absent, Standing::OptedOut] {
        for word in [None, Some(Word::No(no(OptOutReason::Own)))] {
            for [is_changed, is_matched, is_own_address] in FACTS {
                let stand = Stand { standing, word, ..Stand::BLANK };
                all.push(Candidate { stand, is_changed, is_matched, is_own_address });
            }
        }
    }
    all
}

const FACTS: [[bool; 3]; 8] = [
    [false, false, false],
    [false, false, true],
    [false, true, false],
    [false, true, true],
    [true, false, false],
    [true, false, true],
    [true, true, false],
    [true, true, true],
];

fn is_held_off(one: &Candidate) -> bool {
    one.stand.held_off(OptOutRule::Allowed).is_some()
}

#[test]
fn a_run_adds_nobody_who_is_held_off_under_any_key() {
    let said = Stand { word: Some(Word::No(no(OptOutReason::Own))), ..Stand::BLANK };
    let alone = addition(&[], None, said, OptOutRule::Allowed);
    assert_eq!(alone, (Meant::Nobody, ListOutcome::OptedOut));
    assert_eq!(addition(&[], None, Stand::BLANK, OptOutRule::Allowed), (Meant::Nobody, ListOutcome::Done));
    let all = candidates();
    for one in &all {
        let (meant, outcome) = addition(&[], Some(one), Stand::BLANK, OptOutRule::Allowed);
        assert_eq!(meant, Meant::OfAddress);
        match outcome {
            ListOutcome::Conflict => assert!(one.is_matched),
            _ => assert!(!one.is_matched),
        }
        assert!(!(outcome == ListOutcome::Done && is_held_off(one)), "{one:?}");
        for other in &all {
            for objects in [vec![*one], vec![*one, *other]] {
                for same in [None, Some(other)] {
                    let (meant, outcome) = addition(&objects, same, Stand::BLANK, OptOutRule::Allowed);
                    let held = objects.iter().chain(same).any(is_held_off);
                    assert_eq!(outcome == ListOutcome::OptedOut, held, "{objects:?} {same:?}");
                    if let (Meant::OfObject(place), ListOutcome::Done) = (meant, outcome) {
                        let meant = objects[place];
                        assert!(!meant.is_changed && meant.stand.standing != Standing::Member);
                        let none = objects.iter().all(|one| one.stand.standing != Standing::Member);
                        assert!(none, "who is a member under another contact is not added: {objects:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_run_takes_off_members_alone_and_nobody_who_changed_since() {
    for one in candidates() {
        let expected = match (one.stand.standing, one.is_changed) {
            (Standing::Member, true) => ListOutcome::Superseded,
            (Standing::Member, false) => ListOutcome::Done,
            _ => ListOutcome::AlreadySo,
        };
        assert_eq!(removal(&one), expected);
    }
}
