//! Histories that dice tell: people change both sides, replicas lag and disagree, messages come twice, late or never,
//! calls fail and processes die. Then all comes to rest, and what people did has to stand. Laws 4, 5, 6, 13 and 14.
//!
//! A seed that is even plays one list with one link ([`history`]), an odd one a town of several ([`wide`]).
//! `LISTSYNC_SEED=n` plays the history of that seed alone and writes down all that happens in it;
//! `LISTSYNC_HISTORIES=n` plays so many, from `LISTSYNC_FIRST_SEED` on: `tests/histories` sets them.

mod crashes;
mod files;
mod history;
mod laws;
mod oracle;
mod plant;
mod scene;
mod trouble;
mod undo;
mod wide;

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use history::Telling;
use oracle::Exempt;

const HISTORIES: u64 = 5_000;

/// What was looked at in histories of either kind.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    of_one_link: Exempt,
    undone: undo::Undone,
    withdrawn: files::Withdrawn,
    of_towns: wide::Told,
}

impl std::ops::Add for Told {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            of_one_link: self.of_one_link + other.of_one_link,
            undone: self.undone + other.undone,
            withdrawn: self.withdrawn + other.withdrawn,
            of_towns: self.of_towns + other.of_towns,
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").expect("standard error takes it");
}

#[test]
fn every_history_comes_to_rest_as_its_people_wanted() {
    if let Some(seed) = number("LISTSYNC_SEED") {
        let told = play(seed, Telling::Aloud);
        return say(&format!("history {seed} ends well: {told:?}"));
    }
    let histories = number("LISTSYNC_HISTORIES").unwrap_or(HISTORIES);
    let first = number("LISTSYNC_FIRST_SEED").unwrap_or(0);
    let (next, failed) = (AtomicU64::new(first), AtomicU64::new(u64::MAX));
    let began = Instant::now();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let total = std::thread::scope(|scope| {
        let play = || play_some(&next, &failed, first + histories);
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(play)).collect();
        threads.into_iter().fold(Told::default(), |sum, thread| {
            sum + thread.join().expect("a thread that plays histories catches their failures")
        })
    });
    let seed = failed.into_inner();
    assert_eq!(
        seed,
        u64::MAX,
        "history {seed} ends badly; to see it: LISTSYNC_SEED={seed} cargo test --release -p listsync-testkit --test simulation"
    );
    let (last, rate) = (first + histories, histories as f64 / began.elapsed().as_secs_f64());
    say(&format!("histories of the seeds {first}..{last} end well, {rate:.0} a second: {total:?}"));
    let Told { of_one_link, undone, withdrawn, of_towns } = total;
    assert!(of_one_link.asked > 5 * of_one_link.contested, "most wishes are checked: {total:?}");
    let undone_enough = histories < 100 || (undone.runs > histories / 20 && undone.people > undone.moved);
    assert!(undone_enough, "most of what is taken back is checked: {total:?}");
    let withdrawn_enough = histories < 1_000 || (withdrawn.files > histories / 100 && withdrawn.people > 0);
    assert!(withdrawn_enough, "files are taken back, too: {total:?}");
    assert!(of_towns.wishes > 5 * of_towns.contested, "most wishes are checked: {total:?}");
}

fn play(seed: u64, telling: Telling) -> Told {
    match seed % 2 {
        0 => {
            let history::Ended { exempt, undone, withdrawn } = history::play(seed, telling);
            Told { of_one_link: exempt, undone, withdrawn, ..Told::default() }
        }
        _ => Told { of_towns: wide::play(seed, telling), ..Told::default() },
    }
}

/// Plays histories until there are enough or one fails; the smallest seed that failed is kept.
fn play_some(next: &AtomicU64, failed: &AtomicU64, end: u64) -> Told {
    let mut sum = Told::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end || failed.load(Ordering::Relaxed) < seed {
            return sum;
        }
        match catch_unwind(AssertUnwindSafe(|| play(seed, Telling::Silently))) {
            Ok(told) => sum = sum + told,
            Err(_) => {
                failed.fetch_min(seed, Ordering::Relaxed);
            }
        }
    }
}
