//! The guard once more, written from the house's words and from nothing of the product, beside the product's own: over
//! random days of joins and leaves both let the same people go and hold the same.
//!
//! `LISTSYNC_SEED=n` plays the days of that seed alone; `LISTSYNC_HISTORIES=n` plays so many seeds.

use std::{collections::BTreeSet, io::Write as _, time::Duration};

use listsync_core::{
    Timestamp,
    limit::AdditionLimit,
    link::{Link, RemovalLimit},
    own::Own,
    plan::Limits,
};
use listsync_engine::ports::{Clock as _, Contacts as _, Decision, ListEdit, RulingKind};
use listsync_testkit::{dice::Dice, sample::person};

use crate::{
    desk::{BOTH, Desk, crowd, names},
    play,
};

/// So many seeds are played, each of so many days: two thousand days.
const SEEDS: u64 = 250;
const DAYS: u64 = 8;

type People = BTreeSet<String>;

/// One side: how many members it had since when, how many were removed or added when, and who is held.
#[derive(Default)]
struct Guard {
    sizes: Vec<(Timestamp, usize)>,
    done: Vec<(Timestamp, usize)>,
    held: People,
    joined: Vec<(Timestamp, usize)>,
    waiting: People,
}

/// The beginning of the day that ends now, how many members there were then, and how many moved since.
fn day(now: Timestamp, sizes: &[(Timestamp, usize)], done: &[(Timestamp, usize)]) -> (usize, usize) {
    let began = now.checked_sub(Duration::from_secs(24 * 3_600)).unwrap();
    let base = sizes.iter().rfind(|(at, _)| *at <= began).unwrap_or(&sizes[0]).1;
    (base, done.iter().filter(|(at, _)| *at >= began).map(|(_, count)| count).sum())
}

impl Guard {
    /// Who of those that are to be added joins.
    fn admit(
        &mut self,
        now: Timestamp,
        (limit, joining, approved): (AdditionLimit, &People, bool),
    ) -> People {
        let (base, done) = day(now, &self.sizes, &self.joined);
        let additions = done + joining.len();
        let above = match limit {
            AdditionLimit::Standard => additions > 50 && additions > base,
            AdditionLimit::Percent(share) => additions * 100 > usize::from(share) * base,
            AdditionLimit::Count(count) => additions as u64 > count,
            AdditionLimit::Off => false,
        };
        let named = if approved { self.waiting.clone() } else { People::new() };
        let asked_again = if above && base > 0 { joining.clone() } else { &self.waiting & joining };
        self.waiting = &asked_again - &named;
        let goes = joining - &self.waiting;
        self.joined.push((now, goes.len()));
        goes
    }

    /// Who of those that are to be removed goes. `free` left by their own word; `approved` were named by a person.
    fn judge(&mut self, now: Timestamp, turn: &Turn<'_>) -> People {
        let (base, done) = day(now, &self.sizes, &self.done);
        let removals = done + turn.leaving.len();
        let emptied = turn.leaving.len() + turn.free == turn.members && base.max(turn.members) >= 2;
        let above = match turn.limit {
            RemovalLimit::Standard => removals > 5 && removals * 5 > base || removals > 500,
            RemovalLimit::Percent(share) => removals * 100 > usize::from(share) * base,
            RemovalLimit::Count(count) => removals as u64 > count,
            RemovalLimit::Off => false,
        };
        let asked_again = match above || emptied {
            true => turn.leaving.clone(),
            false => &self.held & turn.leaving,
        };
        self.held = &asked_again - &turn.approved;
        let goes = turn.leaving - &self.held;
        self.done.push((now, goes.len()));
        goes
    }
}

/// What a run is about on one side.
struct Turn<'a> {
    limit: RemovalLimit,
    members: usize,
    leaving: &'a People,
    free: usize,
    approved: People,
}

/// Both sides, and who was last on both.
#[derive(Default)]
struct World {
    list: People,
    group: People,
    both: People,
    /// Who said no since the last run.
    out: People,
    of_list: Guard,
    of_group: Guard,
}

impl World {
    /// One run: removals as the guards say, additions, and what is remembered.
    fn run(&mut self, now: Timestamp, (limits, approved): (Limits, bool)) {
        let limit = limits.removals;
        let from_group = &(&(&self.both & &self.group) - &self.list) - &self.out;
        let from_list = &(&self.both & &self.list) - &self.group;
        let free = (&self.out & &self.group).len();
        let named = |guard: &Guard| if approved { guard.held.clone() } else { People::new() };
        let (one, other) = (named(&self.of_list), named(&self.of_group));
        let (listed, grouped) = (self.list.len(), self.group.len());
        let turn = Turn { limit, members: listed, leaving: &from_list, free: 0, approved: one };
        let off_list = self.of_list.judge(now, &turn);
        let turn = Turn { limit, members: grouped, leaving: &from_group, free, approved: other };
        let off_group = &self.of_group.judge(now, &turn) | &std::mem::take(&mut self.out);
        let (joining, coming) = (&self.list - &self.both, &self.group - &self.both);
        let limit = limits.additions;
        let joined = self.of_group.admit(now, (limit, &(&joining - &self.group), approved));
        let came = self.of_list.admit(now, (limit, &(&coming - &self.list), approved));
        let waiting = &self.of_list.waiting | &self.of_group.waiting;
        let kept = &(&(&self.list | &self.group) - &(&off_list | &off_group)) - &waiting;
        self.list = &(&self.list | &came) - &(&off_list | &off_group);
        self.group = &(&self.group | &joined) - &off_group;
        self.both = kept;
        self.note(now);
    }

    fn note(&mut self, now: Timestamp) {
        self.of_list.sizes.push((now, self.list.len()));
        self.of_group.sizes.push((now, self.group.len()));
    }
}

/// A desk, the model beside it, and the dice that say what people do.
struct Days {
    desk: Desk,
    world: World,
    dice: Dice,
    limits: Limits,
    next: usize,
}

impl Days {
    async fn begin(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let limits = [
            RemovalLimit::Standard,
            RemovalLimit::Standard,
            RemovalLimit::Percent(15),
            RemovalLimit::Count(4),
            RemovalLimit::Off,
        ];
        let removals = limits[dice.index(limits.len())];
        let limits = [
            AdditionLimit::Standard,
            AdditionLimit::Percent(30),
            AdditionLimit::Count(6),
            AdditionLimit::Off,
        ];
        let limits = Limits { removals, additions: limits[dice.index(limits.len())], ..Limits::default() };
        let start = crowd('p', 2 + dice.index(40));
        let as_link = |link| Link { max_removals: Some(removals), ..link };
        let reading = BOTH[dice.index(2)];
        let mut desk = Desk::linked(reading, (&names(&start), &names(&start)), as_link).await;
        desk.settings(|settings| settings.settle_window = Duration::ZERO).await;
        let own = ListEdit { max_additions: Some(Own::Set(limits.additions)), ..ListEdit::default() };
        desk.store.edit_list(&desk.list, None, &own, desk.clock.now()).await.unwrap();
        desk.sync().await;
        let all: People = start.into_iter().collect();
        let mut world = World { list: all.clone(), group: all.clone(), both: all, ..World::default() };
        world.note(desk.clock.now());
        Self { desk, world, dice, limits, next: 0 }
    }

    /// What people do before the next run: mostly little, sometimes a lot.
    async fn people_act(&mut self) {
        let most = if self.dice.chance(25) { 12 } else { 2 };
        for _ in 0..self.dice.index(most + 1) {
            self.join().await;
        }
        let all = self.dice.per_mille(30);
        let leaves = if all { usize::MAX } else { self.dice.index(most + 1) };
        let from_list = self.dice.chance(50);
        for _ in 0..leaves {
            let side = if from_list { &self.world.list } else { &self.world.group };
            let side: Vec<String> = side.iter().cloned().collect();
            let Some(name) = self.dice.pick(&side).cloned() else { break };
            self.leave(&name, from_list).await;
        }
    }

    /// Somebody new, or somebody who left one of the sides.
    async fn join(&mut self) {
        let (list, group) = (&self.world.list, &self.world.group);
        let known: Vec<String> = (list ^ group).into_iter().collect();
        let back = self.dice.chance(20).then(|| self.dice.pick(&known).cloned()).flatten();
        let name = back.unwrap_or_else(|| {
            self.next += 1;
            format!("n{:04}", self.next)
        });
        self.desk.directory.put_person(person(&name));
        if self.dice.chance(50) {
            self.desk.list_adds(&name).await;
            self.world.list.insert(name);
        } else {
            self.desk.group_adds(&name);
            self.world.group.insert(name);
        }
    }

    async fn leave(&mut self, name: &str, from_list: bool) {
        if !from_list {
            self.desk.group_removes(name);
            self.world.group.remove(name);
        } else if self.dice.chance(15) && self.world.both.contains(name) {
            self.desk.says(name, Decision::OptedOut).await;
            self.world.list.remove(name);
            self.world.out.insert(name.to_owned());
        } else {
            self.desk.list_removes(name).await;
            self.world.list.remove(name);
        }
    }

    /// Time passes, a run goes, and both are compared.
    async fn compare(&mut self, seed: u64) {
        self.desk.clock.advance(Duration::from_secs(60 * (1 + self.dice.below(480))));
        let hold = self.desk.state().await.progress.hold;
        let approved = hold.filter(|_| self.dice.chance(10));
        if let Some(hold) = &approved {
            self.desk.rule(RulingKind::Approved, &hold.digest).await;
        }
        self.world.run(self.desk.clock.now(), (self.limits, approved.is_some()));
        let summary = self.desk.sync().await;
        let World { list, group, of_list, of_group, .. } = &self.world;
        let by = format!("seed {seed}, {:?}", self.limits);
        let expected = (of_list.held.len() as u64, of_group.held.len() as u64);
        let held = (summary.held.list_removals, summary.held.group_removals);
        assert_eq!(held, expected, "{by}: removals held from list and group");
        let expected = (of_list.waiting.len() as u64, of_group.waiting.len() as u64);
        let held = (summary.held.list_additions, summary.held.group_additions);
        assert_eq!(held, expected, "{by}: additions held to list and group");
        assert_eq!(self.desk.listed().await, *list, "{by}: the list");
        assert_eq!(self.desk.grouped(), *group, "{by}: the group");
    }
}

fn play_days(seed: u64) {
    play(async {
        let mut days = Days::begin(seed).await;
        let end = days.desk.clock.now() + Duration::from_secs(DAYS * 24 * 3_600);
        while days.desk.clock.now() < end {
            days.people_act().await;
            days.compare(seed).await;
        }
    });
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn the_guard_holds_and_lets_go_as_the_houses_words_say() {
    if let Some(seed) = number("LISTSYNC_SEED") {
        return play_days(seed);
    }
    let seeds = number("LISTSYNC_HISTORIES").unwrap_or(SEEDS);
    writeln!(std::io::stderr(), "guard: seeds 0 to {} of {DAYS} days each", seeds.saturating_sub(1)).unwrap();
    (0..seeds).for_each(play_days);
}
