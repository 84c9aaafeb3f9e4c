//! Histories of several lists and links over one tenant: people are hired under lag, deleted, restored and renamed, addresses are
//! corrected, feeds repeat themselves, and holds stay for days that nobody rules on.

mod edits;
mod folk;
mod holds;
mod ledger;
mod names;
mod patience;
mod rest;
mod returns;
mod stage;
mod town;
mod wish;

use std::time::Duration;

use listsync_core::{
    link::{Mode, RemovalLimit},
    member::Op,
    settings::Settings,
    trigger::Reason,
};
use listsync_engine::{ports::Queue as _, trigger::raise, worker::Handled};
use listsync_testkit::{dice::Dice, fakes::Lag, faults::Faults};

pub(crate) use self::ledger::Told;
use self::{folk::Account, patience::Patience, stage::Stage, town::Town};
use crate::{
    history::{Telling, repeat_percent},
    plant::{at_once, play as run_on_runtime, poll_once},
    trouble::Trouble,
};

/// Plays the history of a seed.
///
/// # Panics
/// When it does not come to rest as its people wanted.
pub(crate) fn play(seed: u64, telling: Telling) -> Told {
    let mut told = Told::default();
    run_on_runtime(async {
        let mut history = History::new(seed, telling);
        history.begin();
        history.bustle().await;
        history.rest().await;
        for _ in 0..=history.dice.below(2) {
            match history.dice.below(20) {
                0..=3 => history.hiring().await,
                4..=6 => history.hold().await,
                7 | 8 => history.repeats().await,
                9 => history.returns().await,
                // Where there are many, what the guard counts over tells.
                10..=15 if history.is_crowd() => history.hold().await,
                _ => history.bustle().await,
            }
            history.rest().await;
        }
        history.stand_still().await;
        told = history.stage.lock().ledger.told;
        told.waits = history.patience.as_ref().map_or(0, Patience::asked);
    });
    told
}

struct History {
    stage: Stage,
    dice: Dice,
    runs: u64,
    trouble: Trouble,
    limit: RemovalLimit,
    /// How many of ten moments see an edit.
    pace: u64,
    /// In one town of four the directory asks for patience now and then.
    patience: Option<Patience>,
}

impl History {
    fn new(seed: u64, telling: Telling) -> Self {
        let mut dice = Dice::new(seed);
        let lag = match dice.below(4) {
            0 => Lag::NONE,
            1 => Lag { most: Duration::from_secs(120), replicas: 2 },
            _ => Lag { most: Duration::from_secs(900), replicas: 3 },
        };
        let limit = *dice.pick(&[RemovalLimit::Standard, RemovalLimit::Off]).expect("two to pick from");
        let settings = Settings { max_removals: limit, ..Settings::default() };
        let stage = Stage::new(Town::new(&mut dice, lag, &settings), telling);
        let trouble = if dice.chance(50) { Trouble::throw(&mut dice) } else { Trouble::NONE };
        let pace = 1 + dice.below(4);
        stage.tell(|| format!("{lag:?} {limit} {trouble:?}"));
        // Of dice of its own: what else happens in a history is not changed by it.
        let patience = (seed / 2).is_multiple_of(4).then(|| Patience::new(&stage.plant, Dice::new(!seed)));
        stage.plant.directory.repeat_some_changes(repeat_percent(seed));
        Self { stage, dice, runs: 0, trouble, limit, pace, patience }
    }

    /// Some are on lists, some in groups, before anything has run.
    fn begin(&mut self) {
        let (lists, groups, people) = {
            let town = &self.stage.lock().town;
            (town.open_lists.clone(), town.groups(), town.folk.humans.len())
        };
        for list in lists {
            let share = self.dice.below(101);
            (0..people).filter(|_| self.dice.chance(share)).for_each(|who| self.stage.list_adds(&list, who));
        }
        for group in groups {
            let share = self.dice.below(101);
            for who in (0..people).filter(|_| self.dice.chance(share)) {
                self.stage.group_edit(&group, Op::Add, who);
            }
        }
        self.stage.plant.wait(1_000);
    }

    fn is_crowd(&self) -> bool {
        self.stage.lock().town.folk.humans.len() >= town::CROWD
    }

    /// People change things, the timer beats, workers work, and much goes wrong.
    async fn bustle(&mut self) {
        for _ in 0..4 + self.dice.below(12) {
            let most = *self.dice.pick(&[5, 60, 600, 1_800]).expect("four to pick from");
            self.stage.plant.wait(self.dice.below(most));
            match self.dice.below(10) {
                busy if busy < self.pace => self.stage.edit(&mut self.dice),
                5 => self.raise().await,
                6..=8 => self.tick().await,
                9 => self.upset(),
                _ => {}
            }
            self.work().await;
        }
    }

    /// New people come to several lists within minutes, before every replica knows them.
    async fn hiring(&mut self) {
        let (new, lists) = {
            let town = &self.stage.lock().town;
            (town.folk.with(Account::Planned), town.open_lists.clone())
        };
        new.iter().for_each(|who| self.stage.hires(*who));
        for list in lists {
            self.stage.plant.wait(self.dice.below(90));
            new.iter().for_each(|who| self.stage.list_adds(&list, *who));
            self.tick().await;
            self.work().await;
        }
        for _ in 0..6 {
            self.stage.plant.wait(self.dice.below(600));
            self.tick().await;
            self.work().await;
        }
    }

    /// Feeds tell once more of additions and removals that are long past and were reversed since.
    async fn repeats(&mut self) {
        let former = {
            let inner = self.stage.lock();
            let sight = inner.town.sight();
            let mut former = Vec::new();
            for tie in inner.town.ties.iter().filter(|tie| tie.mode != Mode::ListToGroup) {
                for group in &tie.groups {
                    let put = inner.ledger.was_put(group).into_iter();
                    let gone = put.filter(|who| !sight.is_in(group, *who) && !inner.retired.contains(who));
                    former.extend(gone.map(|who| (group.clone(), Op::Add, who)));
                    let back = inner.town.were_removed(group).into_iter();
                    let back = back.filter(|who| sight.is_in(group, *who) && !inner.retired.contains(who));
                    former.extend(back.map(|who| (group.clone(), Op::Remove, who)));
                }
            }
            former
        };
        let Some((group, op, who)) = self.dice.pick(&former).cloned() else { return };
        self.stage.tell(|| format!("the feed of {group} repeats what was long past: {op} p{who}"));
        {
            let mut inner = self.stage.lock();
            inner.ledger.told.repeats += 1;
            let town = &inner.town;
            town.plant.directory.repeat_change(&group, op, &town.folk.humans[who].object);
        }
        self.stage.plant.wait(900);
        self.calm_round(rest::Holds::Approved).await;
        self.stands("after the repeat");
    }

    /// Somebody asks for a run of some link.
    async fn raise(&mut self) {
        let links: Vec<_> = self.stage.lock().town.ties.iter().map(|tie| tie.link.clone()).collect();
        if let Some(link) = self.dice.pick(&links) {
            drop(raise(&self.stage.plant.ports, link, Reason::Event).await);
        }
    }

    async fn tick(&mut self) {
        let faults = self.faults();
        let plant = self.stage.plant.clone();
        self.stage.tell(|| "the timer beats".to_owned());
        self.with_others(plant.tick(&faults)).await;
    }

    fn upset(&mut self) {
        let group = self.stage.lock().any_group(&mut self.dice);
        match self.dice.below(3) {
            0 => self.stage.plant.directory.expire_cursors(&group),
            1 => self.stage.plant.directory.shorten_reads(5),
            _ => self.rules(),
        }
    }

    /// Messages are handled once, twice, later, or never.
    async fn work(&mut self) {
        let plant = self.stage.plant.clone();
        for _ in 0..6 {
            let Some(delivery) = at_once(plant.store.receive(1, Duration::from_secs(90))).pop() else {
                return;
            };
            let fortune = self.dice.below(100);
            if fortune < 4 {
                self.stage.tell(|| "a message is lost".to_owned());
                at_once(plant.store.acknowledge(&delivery.receipt));
                continue;
            }
            if fortune < 10 {
                self.stage.tell(|| "a message is late".to_owned());
                continue;
            }
            let faults = self.faults();
            self.runs += 1;
            let seconds = if self.dice.chance(10) { 6 + self.dice.below(30) } else { 900 };
            self.stage.tell(|| format!("run {} begins: {}", self.runs, delivery.body));
            let (run, body) = (self.runs, delivery.body);
            let before = self.stage.lock().town.sight();
            let handled = self.with_others(plant.handle(&faults, (run, seconds), &body)).await;
            self.stage.nobody_is_lost(&before);
            self.stage.tell(|| match &handled {
                Some(Ok(Handled::Acknowledge(Some(summary)))) => format!("run {run} ends:\n{summary}"),
                other => format!("run {run} ends: {other:?}"),
            });
            if matches!(handled, Some(Ok(Handled::Acknowledge(_)))) && !self.dice.chance(6) {
                at_once(plant.store.acknowledge(&delivery.receipt));
            }
        }
    }

    /// Runs a process; while it stands still, time passes and another worker has its turn.
    async fn with_others<T>(&mut self, process: impl Future<Output = T>) -> Option<T> {
        let mut process = std::pin::pin!(process);
        loop {
            if let Some(value) = poll_once(process.as_mut()).await {
                return Some(value);
            }
            // Where a gate is kept it matters what happens within seconds.
            let most = if self.patience.is_some() { 12 } else { 200 };
            self.stage.plant.wait(self.dice.below(most));
            self.stage.tell(|| "a worker stands still".to_owned());
            if self.dice.chance(50) {
                self.stage.edit(&mut self.dice);
            }
            if self.dice.chance(70) {
                self.raise().await;
                self.others_work().await;
                self.stage.tell(|| "another worker had its turn".to_owned());
            }
            if self.dice.chance(10) {
                return None;
            }
        }
    }

    /// A process to which nothing happens handles whatever messages there are; how many there were.
    async fn others_work(&mut self) -> usize {
        let (plant, patience) = (self.stage.plant.clone(), self.patience.clone());
        plant.work_as(&mut self.runs, &|| patient(patience.as_ref(), Faults::none())).await
    }

    fn faults(&mut self) -> Faults {
        let clock = self.stage.plant.clock.clone();
        let faults = self.trouble.faults(&mut self.dice, &clock, self.stage.clone());
        patient(self.patience.as_ref(), faults)
    }
}

/// The faults of a process that keeps the directory's patience, where that asks for any.
fn patient(patience: Option<&Patience>, faults: Faults) -> Faults {
    match patience {
        Some(patience) => patience.kept_by(faults),
        None => faults,
    }
}
