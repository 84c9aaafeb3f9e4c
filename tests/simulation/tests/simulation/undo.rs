//! What runs of a history did, and what is left of it once one of them is taken back: whoever it moved and nobody moved since
//! is where they were before it, and nobody else is touched. That both sides agree in the end the oracle sees to, to which an
//! undo is an operator's edit like any other.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Add,
    time::Duration,
};

use listsync_core::{
    contact::{Decision, Scope},
    id::RunId,
    link::Phase,
    list::{Origin, Standing},
    quiet::Quiet,
    summary::{Outcome, Summary},
    undo::Undo,
};
use listsync_engine::{
    ports::{Call, Clock as _, Contacts as _, EffectsQuery, EntryQuery, ListSide as _, Meter, Runs as _},
    undo::{Proposal, propose},
};
use listsync_testkit::sample::address;

use crate::{
    files::TakenIn,
    oracle::Before,
    scene::{Scene, at_once},
};

/// The code of a failure that a test brings about.
const INJECTED: &str = "injected";

/// Whether an effect on each of these is kept of a run.
fn is_kept<'a>(scene: &Scene, summary: &Summary, mut names: impl Iterator<Item = &'a String>) -> bool {
    let (run, since) = (Some(summary.run.clone()), summary.started_at);
    let query = EffectsQuery {
        list: scene.list.clone(),
        run,
        since,
        until: scene.clock.now(),
        from: None,
        limit: 1_000,
    };
    let page = at_once(scene.store.effects(&query));
    let done = page.batches.iter().flat_map(|batch| &batch.done);
    let kept: BTreeSet<_> = done.filter_map(|done| done.address.clone()).collect();
    names.all(|name| kept.contains(&address(name)))
}

/// How many runs were taken back, from how many people, and how many of those whom they had moved had moved since.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Undone {
    pub(crate) runs: u64,
    pub(crate) people: u64,
    pub(crate) moved: u64,
}

impl Add for Undone {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            people: self.people + other.people,
            moved: self.moved + other.moved,
        }
    }
}

/// A run that nobody had a turn beside.
pub(crate) struct Ran {
    run: RunId,
    pub(crate) began: u64,
    pub(crate) joined: BTreeSet<String>,
    pub(crate) left: BTreeSet<String>,
}

/// What happened, in its order.
#[derive(Default)]
pub(crate) struct Chronicle {
    pub(crate) events: u64,
    /// When somebody was last changed by anybody but a run.
    pub(crate) touched: BTreeMap<String, u64>,
    /// Who said something of themselves.
    pub(crate) said: BTreeSet<String>,
    pub(crate) ran: Vec<Ran>,
    pub(crate) files: Vec<TakenIn>,
}

impl Chronicle {
    /// People changed something.
    pub(crate) fn touch(&mut self, names: BTreeSet<String>) {
        self.events += 1;
        self.touched.extend(names.into_iter().map(|name| (name, self.events)));
    }

    /// Somebody said something of themselves, though they may stand as before.
    pub(crate) fn says(&mut self, name: &str) {
        self.said.insert(name.to_owned());
    }

    /// A run begins: what is to be given to [`Self::ran`].
    pub(crate) fn begin(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// It ended; with its summary, where nothing else was run meanwhile and it was not killed. What cannot be told of one run
    /// that can be taken back counts as anybody's doing.
    pub(crate) fn ran(&mut self, scene: &Scene, began: u64, before: &Before, summary: Option<&Summary>) {
        let (joined, left) = before.moved(scene);
        // Of a message that found another run under way no summary is kept: what was seen was that run's doing, which died.
        // What the store did not take of a run that it failed is told of by the run that settles it (`engine/run/told`).
        let own = |summary: &&Summary| {
            // A look that found nothing moved nobody, and is no run to take back: who moved meanwhile was moved by people.
            Quiet::link_of(&summary.run).is_none()
                && summary.phase == Some(Phase::Steady)
                && summary.outcome != Outcome::Busy
                && (summary.reason != INJECTED || is_kept(scene, summary, joined.union(&left)))
        };
        match summary.filter(own) {
            Some(summary) if joined.is_disjoint(&left) => {
                self.ran.push(Ran { run: summary.run.clone(), began, joined, left });
            }
            _ => self.touch(joined.union(&left).cloned().collect()),
        }
    }

    /// How many runs there are to choose from.
    pub(crate) fn runs(&self) -> u64 {
        self.ran.iter().filter(|ran| !ran.joined.is_empty() || !ran.left.is_empty()).count() as u64
    }

    /// What takes one of them back, with what is right of it: everybody whom it moved and nobody since is in it.
    pub(crate) async fn undo(&self, scene: &Scene, which: u64) -> (Proposal, Undone) {
        let mut moving = self.ran.iter().filter(|ran| !ran.joined.is_empty() || !ran.left.is_empty());
        let ran = moving.nth(usize::try_from(which).expect("a small number")).expect("one of them");
        let summary = at_once(scene.store.load(&ran.run)).expect("its summary is kept");
        let meter = Meter::default();
        let until = scene.clock.now().checked_add(Duration::from_secs(60)).expect("in range");
        let proposed = propose(&scene.ports, &*scene.store, &summary, Call { until, meter: &meter }).await;
        let proposal = proposed.expect("a run of a link at rest can be taken back");
        let free: BTreeSet<&String> = ran.joined.iter().chain(&ran.left).collect();
        let free: BTreeSet<&String> = free.into_iter().filter(|name| self.is_free(ran, name)).collect();
        let (wrong, people) = wrong(scene, &proposal.undo, ran, &free);
        assert!(wrong.is_empty(), "{} leaves out who did not move: {wrong:?} {:#?}", ran.run, proposal.undo);
        let all = (ran.joined.len() + ran.left.len()) as u64;
        (proposal, Undone { runs: 1, people, moved: all - free.len() as u64 })
    }

    /// Whether neither a person nor another run moved somebody since a run began.
    fn is_free(&self, ran: &Ran, name: &str) -> bool {
        let later = self.ran.iter().filter(|other| other.began > ran.began);
        let back = |other: &Ran| {
            if ran.joined.contains(name) { other.left.contains(name) } else { other.joined.contains(name) }
        };
        self.touched.get(name).is_none_or(|at| *at < ran.began) && !later.into_iter().any(back)
    }
}

/// Who did not move since and would not be put back where they were, and how many are.
fn wrong(scene: &Scene, undo: &Undo, ran: &Ran, free: &BTreeSet<&String>) -> (Vec<String>, u64) {
    let entries = at_once(scene.store.entries(&scene.list, EntryQuery::All));
    let local = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
    let by_name: BTreeMap<String, (Standing, Origin)> =
        entries.iter().map(|entry| (local(entry.address.as_str()), (entry.standing, entry.origin))).collect();
    let of = |people: &BTreeSet<listsync_core::undo::Person>| -> BTreeSet<String> {
        people.iter().map(|person| local(person.address.as_str())).collect()
    };
    let (returning, leaving) = (of(&undo.returning), of(&undo.leaving));
    let mut wrong = Vec::new();
    let mut people = 0;
    for name in free {
        let known = by_name.get(*name);
        let is_right = match (ran.joined.contains(*name), known) {
            // Their own word stands, whichever it was.
            (_, Some((Standing::OptedOut, _))) | (true, Some((Standing::Member, Origin::Own))) => true,
            (true, Some((Standing::Member, _))) if wills(scene, name) => !leaving.contains(*name),
            (true, _) => leaving.contains(*name),
            (false, _) => returning.contains(*name),
        };
        people += u64::from(leaving.contains(*name) || returning.contains(*name));
        if !is_right {
            wrong.push(format!("{name} {known:?}"));
        }
    }
    (wrong, people)
}

/// Whether somebody's last word on the list is a yes.
fn wills(scene: &Scene, name: &str) -> bool {
    let known = at_once(scene.store.find_contact(&address(name)));
    let said = known.map(|contact| at_once(scene.store.sayings(&contact.id))).unwrap_or_default();
    let on_it =
        said.into_iter().filter(|one| [Scope::All, Scope::List(scene.list.clone())].contains(&one.scope));
    on_it.max_by_key(|one| one.at).is_some_and(|one| one.decision == Decision::Subscribed)
}
