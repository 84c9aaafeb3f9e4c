//! Law 4: what counts as evidence against what we hold true of a member, as a table, and that it takes nobody for gone who was
//! there all the time, whatever a feed repeats and whichever replicas answer.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    belief::{Belief, Seen, Settling, weigh},
    member::Op,
    place::Scheme,
};

const LAG: i64 = 900;
const WINDOW: i64 = 1_800;

fn settling() -> Settling {
    Settling::new(Scheme::Entra.lag(), Duration::from_secs(1_800))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

const CAME: Seen = Seen::Rumoured(Op::Add);
const LEFT: Seen = Seen::Rumoured(Op::Remove);
const KINDS: [Seen; 6] = [Seen::Present, Seen::Absent, Seen::Left, Seen::Unmentioned, CAME, LEFT];

/// What becomes of a belief that is, in this order, written and young, written and replicated, written and settled, observed
/// and young, observed and replicated, observed and settled.
///
/// `=` it stays; `-` they left; `+` they came; `s` they are read again when the belief settles, `w` a window from now.
const TABLE: [(bool, Seen, &str); 12] = [
    (true, Seen::Present, "=== ==="),
    (true, Seen::Absent, "ss- ss-"),
    (true, Seen::Left, "ss- s--"),
    (true, Seen::Unmentioned, "=== ==="),
    (true, CAME, "=== ==="),
    (true, LEFT, "ssw ssw"),
    (false, Seen::Present, "ss+ ss+"),
    (false, Seen::Absent, "=== ==="),
    (false, Seen::Left, "=== ==="),
    (false, Seen::Unmentioned, "=== ==="),
    (false, CAME, "ssw ssw"),
    (false, LEFT, "=== ==="),
];
/// The same of whom nothing is held.
const STRANGERS: [(Seen, char); 6] = [
    (Seen::Present, '+'),
    (Seen::Absent, '='),
    (Seen::Left, '='),
    (Seen::Unmentioned, '='),
    (CAME, 'w'),
    (LEFT, '='),
];
/// The first and the last second of each age; the last has no end.
const AGES: [[i64; 2]; 3] = [[0, LAG - 1], [LAG, WINDOW - 1], [WINDOW, 100 * WINDOW]];

/// What the table says of one belief, in its own signs.
fn sign(belief: Option<Belief>, seen: Seen, now: i64) -> char {
    let got = weigh(belief, seen, at(now), settling());
    let settles_at = belief.map(|held| held.settles_at(settling().window()));
    match (got.belief, got.set_aside_until) {
        (same, None) if same == belief => '=',
        (same, Some(until)) if same == belief && Some(until) == settles_at => 's',
        (same, Some(until)) if same == belief && until == at(now + WINDOW) => 'w',
        (Some(now_is), None) if now_is == Belief::observed(true, at(now)) => '+',
        (Some(now_is), None) if now_is == Belief::observed(false, at(now)) => '-',
        other => panic!("{belief:?} {seen:?} {other:?}"),
    }
}

#[test]
fn the_table_of_evidence() {
    for held in [true, false] {
        for kind in KINDS {
            let rows: Vec<_> = TABLE.iter().filter(|row| (row.0, row.1) == (held, kind)).collect();
            let [(_, _, expected)] = rows[..] else { panic!("{held} {kind:?}: {rows:?}") };
            for edge in 0..2 {
                let of = |make: fn(bool, Timestamp) -> Belief| -> String {
                    let sign = |age: &[i64; 2]| sign(Some(make(held, at(0))), kind, age[edge]);
                    AGES.iter().map(sign).collect()
                };
                let got = format!("{} {}", of(Belief::written), of(Belief::observed));
                assert_eq!(got, *expected, "held to be there: {held}, {kind:?}, edge {edge}");
            }
        }
    }
    for (kind, expected) in STRANGERS {
        assert_eq!(sign(None, kind, 5_000), expected, "{kind:?}");
    }
    assert_eq!(STRANGERS.map(|row| row.0), KINDS);
}

#[test]
fn a_leave_is_asked_for_where_a_read_that_agrees_would_count_at_once() {
    let asks = |belief: Belief, age| belief.is_open_to_leave(at(age), settling());
    for (age, written, observed) in [
        (0, false, false),
        (899, false, false),
        (900, false, true),
        (1_799, false, true),
        (1_800, true, true),
    ] {
        assert_eq!(asks(Belief::written(true, at(0)), age), written, "{age}");
        assert_eq!(asks(Belief::observed(true, at(0)), age), observed, "{age}");
        assert!(!asks(Belief::observed(false, at(0)), age), "{age}");
    }
}

#[test]
fn feed_and_read_together_are_evidence_and_where_they_disagree_a_rumour() {
    for held in [true, false] {
        let against = Seen::Rumoured(if held { Op::Remove } else { Op::Add });
        assert_eq!(Seen::together(None, true, held), Seen::Present);
        assert_eq!(Seen::together(None, false, held), Seen::Absent);
        assert_eq!(Seen::together(Some(Op::Add), true, held), Seen::Present);
        assert_eq!(Seen::together(Some(Op::Remove), false, held), Seen::Left);
        assert_eq!(Seen::together(Some(Op::Add), false, held), against);
        assert_eq!(Seen::together(Some(Op::Remove), true, held), against);
    }
}

#[test]
fn where_reads_are_exact_there_is_no_window_and_a_short_window_is_the_lag() {
    let window = Duration::from_secs(1_800);
    let exact = Settling::new(Duration::ZERO, window);
    assert_eq!(exact.window(), Duration::ZERO);
    for seen in [Seen::Absent, Seen::Left] {
        assert!(!weigh(Some(Belief::written(true, at(5))), seen, at(5), exact).is_present(), "{seen:?}");
    }
    let short = Settling::new(Scheme::Entra.lag(), Duration::from_secs(60));
    let left = |age| !weigh(Some(Belief::observed(true, at(0))), Seen::Left, at(age), short).is_present();
    assert_eq!((left(59), left(60)), (false, true));
}

/// Numbers without end from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % end.unsigned_abs()).expect("below an i64")
    }
}

/// One member as it truly was: since when it is in the group or not, oldest first.
struct Truth(Vec<(i64, bool)>);

impl Truth {
    fn of(&self, second: i64) -> bool {
        self.0.iter().rev().find(|(since, _)| *since <= second).is_some_and(|(_, present)| *present)
    }

    fn becomes(&mut self, second: i64, present: bool) {
        if self.of(second) != present {
            self.0.push((second, present));
        }
    }

    fn was_absent_within(&self, from: i64, to: i64) -> bool {
        !self.of(from) || self.0.iter().any(|(since, present)| !present && (from..=to).contains(since))
    }
}

/// How many were taken for gone at once, before the window was over.
#[derive(Debug, Default)]
struct Told {
    gone: u64,
    early: u64,
}

/// Plays one member: persons and we write, and runs look. Each read is behind by as much as it likes, up to the lag and
/// each for itself; the feed says what it likes, whenever it likes.
fn play(seed: u64, told: &mut Told) {
    let mut numbers = Numbers(seed);
    let begins_in = numbers.below(2) == 0;
    let mut truth = Truth(vec![(i64::MIN / 2, begins_in)]);
    let mut belief: Option<Belief> = None;
    let mut now = 10_000;
    for _ in 0..16 {
        now += [0, 1, 30, 300, 900, 1_000, 1_800, 4_000][usize::try_from(numbers.below(8)).expect("small")];
        match numbers.below(8) {
            0 | 1 => truth.becomes(now, numbers.below(2) == 0),
            2 => {
                let present = numbers.below(3) > 0;
                truth.becomes(now, present);
                belief = Some(Belief::written(present, at(now)));
            }
            _ => {
                let shown = truth.of(now - numbers.below(LAG + 1));
                let held = belief.is_some_and(|held| held.present);
                let seen = match (numbers.below(4), numbers.below(2)) {
                    (0, _) => Seen::together(None, shown, held),
                    (1 | 2, 0) => Seen::together(Some(Op::Add), shown, held),
                    (1 | 2, _) => Seen::together(Some(Op::Remove), shown, held),
                    // Of whom no read was made.
                    (_, 0) => CAME,
                    _ => LEFT,
                };
                let after = weigh(belief, seen, at(now), settling());
                if held && !after.is_present() {
                    let since = belief.expect("held").since.as_second();
                    assert!(
                        truth.was_absent_within(since.max(now - LAG), now),
                        "case {seed}: taken for gone at {now} by {seen:?} against {belief:?}: {:?}",
                        truth.0
                    );
                    told.gone += 1;
                    told.early += u64::from(now - since < WINDOW);
                }
                belief = after.belief;
            }
        }
    }
}

#[test]
fn nobody_is_taken_for_gone_who_was_there_all_the_time() {
    const CASES: u64 = 1_000_000;
    let mut told = Told::default();
    for seed in 0..CASES {
        play(seed, &mut told);
    }
    assert!(told.gone > CASES / 50 && told.early > CASES / 500, "it would show nothing: {told:?}");
}
