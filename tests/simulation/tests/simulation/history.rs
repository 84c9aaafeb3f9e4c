//! One history: acts of change and trouble, a rest after each.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    link::{LinkStatus, RemovalLimit},
    member::Op,
    schedule::later,
    settings::Settings,
    stay::Stay,
    summary::{Outcome, ReadKind},
    trigger::Reason,
};
use listsync_engine::{
    ports::{
        Clock as _, Contacts as _, Decision, Ended as Ends, Ends as _, ImportMode, ImportState, LinkEdit,
        Links as _, ListStore as _, NewImport, Queue as _, Ruling, RulingKind, Runs as _,
    },
    preview::preview,
    trigger::raise,
    undo::carry_out,
    watch::Unwatched,
    worker::Handled,
};
use listsync_testkit::{
    dice::Dice,
    fakes::Lag,
    faults::Faults,
    sample::{address, contact, moment, object},
};

use crate::{
    files::Withdrawn,
    oracle::{Before, Exempt, Oracle},
    plant::poll_once,
    scene::{Scene, at_once, play as run_on_runtime},
    trouble::{Bystander, Trouble, few_at_once},
    undo::{Chronicle, Undone},
};

/// By when all stands as people wanted, after the last change and the last trouble: a read may show an old state for as
/// long as the lag, and what it showed is put right a settle window later; the rest is what runs and dead leases take.
const STANDS: Duration = Duration::from_secs(75 * 60);
/// By when nothing is left to be looked at again: another settle window later.
const RESTS: Duration = Duration::from_secs(120 * 60);

/// Whether a history tells what happens in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    Aloud,
    Silently,
}

/// Plays the history of a seed.
///
/// # Panics
/// When it does not come to rest as its people wanted.
pub(crate) fn play(seed: u64, telling: Telling) -> Ended {
    let mut ended = Ended::default();
    run_on_runtime(async {
        let mut history = History::new(seed, telling);
        for _ in 0..=history.dice.below(2) {
            history.act().await;
            history.rest().await;
        }
        history.stand_still().await;
        // Of dice of their own: what happened before is not changed by them.
        ended.undone = history.undo(&mut Dice::new(seed ^ 0x0000_756e_646f)).await;
        if ended.undone.runs == 0 {
            ended.withdrawn = history.withdraw(&mut Dice::new(seed ^ 0x0066_696c_6573)).await;
        }
        ended.exempt = history.oracle().exempt;
    });
    ended
}

/// What was looked at in one history.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ended {
    pub(crate) exempt: Exempt,
    pub(crate) undone: Undone,
    pub(crate) withdrawn: Withdrawn,
}

/// How many of a hundred reads of a group's changes repeat what is long past, in the history of a seed.
pub(crate) fn repeat_percent(seed: u64) -> u64 {
    let mut dice = Dice::new(!seed);
    if dice.chance(50) { dice.below(40) } else { 0 }
}

/// What edits need; the engine's own calls may be interrupted by them.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    oracle: Arc<Mutex<Oracle>>,
    chronicle: Arc<Mutex<Chronicle>>,
    people: Arc<Vec<String>>,
    telling: Telling,
}

/// How long whoever left the list stays in the group, in the history of a seed.
pub(crate) fn grace(seed: u64) -> Duration {
    let mut dice = Dice::new(seed.rotate_left(32));
    if dice.chance(30) { Duration::from_secs(60 * (1 + dice.below(60))) } else { Duration::ZERO }
}

struct History {
    stage: Stage,
    dice: Dice,
    runs: u64,
    trouble: Trouble,
    /// How many of ten moments see an edit.
    bustle: u64,
    /// Whoever left the list late leaves the group so much later.
    grace: Duration,
}

impl History {
    fn new(seed: u64, telling: Telling) -> Self {
        let mut dice = Dice::new(seed);
        let lag = match dice.below(4) {
            0 => Lag::NONE,
            1 => Lag { most: Duration::from_secs(120), replicas: 2 },
            _ => Lag { most: Duration::from_secs(900), replicas: 3 },
        };
        let max_removals =
            *dice.pick(&[RemovalLimit::Standard, RemovalLimit::Off]).expect("two to pick from");
        let settings = Settings { max_removals, ..Settings::default() };
        let people: Vec<String> = (0..2 + dice.below(12)).map(|number| format!("p{number}")).collect();
        let scene = Scene::new((lag, dice.fork()), &settings, &people);
        if dice.chance(30) {
            scene.directory.shorten_some_reads(dice.below(30));
        }
        // Of dice of their own: what else happens in a history is not changed by them.
        scene.directory.repeat_some_changes(repeat_percent(seed));
        scene.directory.take_few(few_at_once(seed));
        let grace = grace(seed);
        scene.give(grace);
        let trouble = Trouble::throw(&mut dice);
        let bustle = 1 + dice.below(4);
        let stage = Stage::new(scene, people, lag.most, telling);
        stage.oracle.lock().unwrap_or_else(PoisonError::into_inner).grace = grace;
        let mut history = Self { stage, dice, runs: 0, trouble, bustle, grace };
        history.stage.tell(|| format!("{lag:?} {max_removals} {trouble:?}, a grace of {grace:?}"));
        history.begin();
        history
    }

    /// Some are on the list, some in the group, before anything is linked.
    fn begin(&mut self) {
        let (list, group) = (self.dice.below(101), self.dice.below(101));
        for name in self.stage.people.clone().iter() {
            if self.dice.chance(list) {
                self.stage.list(name, Deed::Add);
            }
            if self.dice.chance(group) {
                self.stage.group(name, Op::Add);
            }
        }
        self.stage.scene.wait(1_000);
    }

    fn oracle(&self) -> std::sync::MutexGuard<'_, Oracle> {
        self.stage.oracle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// People change things, the timer beats, workers work, and much goes wrong.
    async fn act(&mut self) {
        for _ in 0..4 + self.dice.below(16) {
            let most = *self.dice.pick(&[5, 60, 600, 1_800]).expect("four to pick from");
            self.stage.scene.wait(self.dice.below(most));
            match self.dice.below(10) {
                busy if busy < self.bustle => self.stage.edit(&mut self.dice),
                5 => self.raise().await,
                6 | 7 => self.tick().await,
                8 => self.upset(),
                _ => {}
            }
            self.work().await;
        }
    }

    async fn raise(&mut self) {
        drop(raise(&self.stage.scene.ports, &self.stage.scene.link, Reason::Event).await);
    }

    async fn tick(&mut self) {
        let faults = self.faults();
        let scene = self.stage.scene.clone();
        self.stage.tell(|| "the timer beats".to_owned());
        let before = Before::of(&scene);
        self.with_others(scene.tick(&faults)).await;
        self.stage.note_ends(&before);
    }

    fn upset(&mut self) {
        match self.dice.below(3) {
            0 => self.stage.scene.directory.expire_cursors(&self.stage.scene.group),
            1 => self.stage.scene.directory.shorten_reads(5),
            _ => self.approve(),
        }
    }

    fn approve(&mut self) {
        let scene = &self.stage.scene;
        if let Some(hold) = scene.state().progress.hold {
            let ruling = Ruling { digest: hold.digest, kind: RulingKind::Approved };
            at_once(scene.store.edit(&scene.link, &LinkEdit::Rule(ruling), scene.clock.now()));
            self.stage.tell(|| "the operator approves what is held".to_owned());
        }
    }

    /// Messages are handled once, twice, later, or never.
    async fn work(&mut self) {
        let scene = self.stage.scene.clone();
        for _ in 0..3 {
            let Some(delivery) = at_once(scene.store.receive(1, Duration::from_secs(90))).pop() else {
                return;
            };
            let fortune = self.dice.below(100);
            if fortune < 4 {
                self.stage.tell(|| "a message is lost".to_owned());
                at_once(scene.store.acknowledge(&delivery.receipt));
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
            let before = Before::of(&scene);
            let began = self.stage.chronicle().begin();
            let handled = self.with_others(scene.handle(&faults, (run, seconds), &body)).await;
            self.stage.note_ends(&before);
            self.nobody_is_lost(&before);
            let alone = match &handled {
                Some(Ok(Handled::Acknowledge(Some(summary)))) if self.runs == run => Some(summary.as_ref()),
                _ => None,
            };
            self.stage.chronicle().ran(&scene, began, &before, alone);
            self.stage.tell(|| match &handled {
                Some(Ok(Handled::Acknowledge(Some(summary)))) => format!("run {run} ends:\n{summary}"),
                other => format!("run {run} ends: {other:?}"),
            });
            if matches!(handled, Some(Ok(Handled::Acknowledge(_)))) && !self.dice.chance(6) {
                at_once(scene.store.acknowledge(&delivery.receipt));
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
            self.stage.scene.wait(self.dice.below(200));
            self.stage.tell(|| "a worker stands still".to_owned());
            if self.dice.chance(50) {
                self.stage.edit(&mut self.dice);
            }
            if self.dice.chance(70) {
                self.raise().await;
                self.stage.scene.work(&mut self.runs).await;
                self.stage.tell(|| "another worker had its turn".to_owned());
            }
            if self.dice.chance(10) {
                return None;
            }
        }
    }

    /// Faults for one process, with dice of their own.
    fn faults(&mut self) -> Faults {
        let stage = self.stage.clone();
        let clock = stage.scene.clock.clone();
        self.trouble.faults(&mut self.dice, &clock, stage)
    }

    /// No more trouble and no more changes: time passes until all stands as people wanted.
    async fn rest(&mut self) {
        self.stage.scene.directory.shorten_reads(0);
        self.stage.scene.directory.shorten_some_reads(0);
        self.stage.scene.directory.repeat_some_changes(0);
        self.stage.tell(|| "all come to rest".to_owned());
        // A date that comes later is a change like any other.
        let last_end = self.oracle().last_end();
        if let Some(last) = last_end {
            let left = last.duration_since(self.stage.scene.clock.now()).as_secs();
            self.stage.scene.wait(u64::try_from(left).unwrap_or(0) + 1);
        }
        let started = self.stage.scene.clock.now();
        let after = |time| started.checked_add(time).expect("in range");
        while self.stage.scene.clock.now() < after(RESTS + self.grace) {
            self.stage.scene.wait(240 + self.dice.below(240));
            self.calm_round().await;
            if self.stage.scene.clock.now() >= after(STANDS + self.grace) {
                let complaints = self.oracle().complaints(&self.stage.scene);
                assert!(
                    complaints.is_empty(),
                    "it does not stand: {complaints:#?} {:#?}",
                    self.last_summary()
                );
            }
        }
        let (state, last) = (self.stage.scene.state(), self.last_summary());
        assert!(self.is_quiet(started), "not at rest: {state:#?} {last:#?}");
        self.oracle().rest(&self.stage.scene.clone());
    }

    async fn calm_round(&mut self) {
        let scene = self.stage.scene.clone();
        if let LinkStatus::Halted(_) = scene.state().link.status {
            let resume = LinkEdit::Status(LinkStatus::Active);
            at_once(scene.store.edit(&scene.link, &resume, scene.clock.now()));
        }
        if scene.state().progress.hold.is_some() {
            self.approve();
            self.raise().await;
        }
        let before = Before::of(&scene);
        scene.tick(&Faults::none()).await;
        self.stage.note_ends(&before);
        let before = Before::of(&scene);
        let began = self.stage.chronicle().begin();
        let handled = scene.work(&mut self.runs).await;
        self.stage.note_ends(&before);
        self.nobody_is_lost(&before);
        let alone = self.last_summary().filter(|_| handled == 1);
        self.stage.chronicle().ran(&scene, began, &before, alone.as_ref());
        self.stage.tell(|| {
            let last = self.last_summary().map(|summary| summary.to_string()).unwrap_or_default();
            format!("{handled} messages handled at rest; the last run:\n{last}")
        });
    }

    /// However reads lag and feeds repeat themselves, a run takes nobody off a side whom nobody removed, be it for a moment.
    fn nobody_is_lost(&self, before: &Before) {
        let lost = self.oracle().lost(&self.stage.scene, before);
        assert!(lost.is_empty(), "taken off a side, and nobody removed them: {lost:?}");
        let hurried = self.oracle().hurried(&self.stage.scene, before);
        assert!(hurried.is_empty(), "taken out of the group before their grace was over: {hurried:?}");
    }

    fn last_summary(&self) -> Option<listsync_core::summary::Summary> {
        at_once(self.stage.scene.store.latest(Some(&self.stage.scene.link), 1)).pop()
    }

    fn is_quiet(&self, since: Timestamp) -> bool {
        let state = self.stage.scene.state();
        let settled = self.last_summary().is_some_and(|last| {
            last.started_at > since
                && last.outcome == Outcome::Converged
                && last.set_aside == 0
                && last.list.added + last.list.removed + last.group.added + last.group.removed == 0
        });
        settled && state.requested == state.synced && state.progress.hold.is_none()
    }

    /// At rest, a further run plans nothing and writes no row of a member.
    async fn stand_still(&mut self) {
        let scene = self.stage.scene.clone();
        // A change that is shown once more lets a run drop what is long past.
        scene.directory.set_lag(Lag::NONE);
        for _ in 0..4 {
            scene.wait(900);
            let before = scene.store.writes();
            self.calm_round().await;
            let after = scene.store.writes();
            // A full read also drops what is long past.
            if self.last_summary().is_some_and(|last| last.read == ReadKind::Incremental) {
                let rows = (after.members - before.members, after.entries - before.entries);
                assert_eq!(rows, (0, 0), "rows written at rest");
            }
        }
        let until = scene.clock.now().checked_add(Duration::from_secs(60)).expect("in range");
        let plan = preview(&scene.ports, &scene.link, until, &Unwatched).await.expect("a preview at rest");
        assert!(plan.effects.is_empty(), "a further run would change something: {plan:?}");
        assert!(self.oracle().complaints(&scene).is_empty());
    }
}

impl History {
    /// One of the runs is taken back, and all comes to rest once more.
    async fn undo(&mut self, dice: &mut Dice) -> Undone {
        let scene = self.stage.scene.clone();
        let runs = self.stage.chronicle().runs();
        if runs == 0 || !dice.chance(50) {
            return Undone::default();
        }
        let chronicle = std::mem::take(&mut *self.stage.chronicle());
        let (proposal, undone) = chronicle.undo(&scene, dice.below(runs)).await;
        self.stage.tell(|| format!("the operator takes back {}:\n{}", proposal.undo.run, proposal.undo));
        let before = Before::of(&scene);
        carry_out(&scene.ports, &proposal).await.expect("an undo at rest is carried out");
        self.stage.note(&before);
        self.rest().await;
        undone
    }

    /// One of the files is taken back, and all comes to rest once more.
    async fn withdraw(&mut self, dice: &mut Dice) -> Withdrawn {
        let scene = self.stage.scene.clone();
        let chronicle = std::mem::take(&mut *self.stage.chronicle());
        let files = chronicle.files(&scene);
        let Some(file) = dice.pick(&files) else { return Withdrawn::default() };
        self.stage.tell(|| format!("the operator takes the file {} back", file.import));
        let before = Before::of(&scene);
        let withdrawn = chronicle.withdraw(&scene, file).await;
        self.stage.note(&before);
        self.rest().await;
        withdrawn
    }
}

impl Bystander for Stage {
    fn edit(&mut self, dice: &mut Dice) {
        Stage::edit(self, dice);
    }

    fn hear(&mut self, call: &str) {
        self.tell(|| call.to_owned());
    }
}

/// What is done to a person's standing on the list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Add,
    Remove,
    Subscribe,
    OptOut,
}

impl Stage {
    pub(crate) fn new(scene: Scene, people: Vec<String>, lag: Duration, telling: Telling) -> Self {
        let oracle = Arc::new(Mutex::new(Oracle::new(lag)));
        let chronicle = Arc::default();
        Self { scene, oracle, chronicle, people: Arc::new(people), telling }
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.telling == Telling::Aloud {
            let seconds = self.scene.clock.now().duration_since(moment(0)).as_secs();
            writeln!(std::io::stderr(), "{seconds:>7} s  {}", what()).expect("standard error takes it");
        }
    }

    /// Somebody changes something.
    pub(crate) fn edit(&self, dice: &mut Dice) {
        let name = dice.pick(&self.people).expect("there are people").clone();
        match dice.below(20) {
            0..=3 => {
                self.list(&name, Deed::Add);
                self.ends(&name, &mut Dice::new(!dice.clone().throw()));
            }
            4..=7 => self.list(&name, Deed::Remove),
            8 => self.list(&name, Deed::Subscribe),
            9 | 10 => self.list(&name, Deed::OptOut),
            11..=14 => self.group(&name, Op::Add),
            15..=18 => self.group(&name, Op::Remove),
            _ => self.import(dice),
        }
    }

    /// Some are put on the list for a time. Of dice of their own: what else happens is not changed by them.
    fn ends(&self, name: &str, dice: &mut Dice) {
        let (store, now) = (&self.scene.store, self.scene.clock.now());
        let Some(contact) = at_once(store.find_contact(&address(name))).filter(|_| dice.chance(25)) else {
            return;
        };
        let until = later(now, Duration::from_secs(60 * (1 + dice.below(90))));
        let said = at_once(store.stay(&self.scene.list, &contact.id, Stay::Until(until)));
        if said == Ends::At(Some(until)) {
            self.tell(|| format!("list: {name} is on it until {until}"));
            self.oracle.lock().unwrap_or_else(PoisonError::into_inner).ends(name, until);
        }
    }

    /// Takes down who left the list by date since.
    fn note_ends(&self, before: &Before) {
        let ended = self.oracle.lock().unwrap_or_else(PoisonError::into_inner).note_ends(&self.scene, before);
        if !ended.is_empty() {
            self.tell(|| format!("list: their date has come: {ended:?}"));
            self.chronicle().touch(ended);
        }
    }

    fn noting(&self, change: impl FnOnce()) {
        let before = Before::of(&self.scene);
        self.note_ends(&before);
        change();
        self.note(&before);
    }

    /// Takes down what a person changed since.
    fn note(&self, before: &Before) {
        self.oracle.lock().unwrap_or_else(PoisonError::into_inner).note(&self.scene, before);
        self.chronicle().touch(before.changed(&self.scene));
    }

    fn chronicle(&self) -> MutexGuard<'_, Chronicle> {
        self.chronicle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn list(&self, name: &str, deed: Deed) {
        use listsync_core::list::Origin;
        self.tell(|| format!("list: {deed:?} {name}"));
        if matches!(deed, Deed::Subscribe | Deed::OptOut) {
            self.chronicle().says(name);
        }
        let (store, list, now) = (&self.scene.store, &self.scene.list, self.scene.clock.now());
        self.noting(|| match deed {
            Deed::Add => drop(at_once(store.add(list, &contact(name), Origin::Manual, now))),
            Deed::Remove => drop(at_once(store.remove(list, &address(name), now))),
            Deed::Subscribe => at_once(store.decide(list, &address(name), Decision::Subscribed, now)),
            Deed::OptOut => at_once(store.decide(list, &address(name), Decision::OptedOut, now)),
        });
    }

    pub(crate) fn group(&self, name: &str, op: Op) {
        self.tell(|| format!("group: {op} {name}"));
        self.noting(|| {
            self.scene.directory.edit(&self.scene.group, op, &object(name));
        });
    }

    fn import(&self, dice: &mut Dice) {
        let mode = if dice.chance(50) { ImportMode::Full } else { ImportMode::Incremental };
        let share = 50 + dice.below(51);
        let named: Vec<_> = self.people.iter().filter(|_| dice.chance(share)).collect();
        self.tell(|| format!("{mode:?} import of {named:?}"));
        let people = named.iter().map(|name| contact(name).into()).collect();
        let unreadable = u64::from(dice.chance(10));
        let import = NewImport {
            rejected: unreadable,
            unreadable,
            ..NewImport::new("staff.csv", mode, people, self.scene.clock.now())
        };
        let approved = dice.chance(50);
        let before = Before::of(&self.scene);
        self.note_ends(&before);
        let taken = at_once(self.scene.store.import(&self.scene.list, &import)).import;
        if taken.state == ImportState::Held && approved {
            at_once(self.scene.store.approve_import(&taken.id, self.scene.clock.now()));
        }
        self.note(&before);
        self.chronicle().took_in(taken.id, &before, &self.scene);
    }
}
