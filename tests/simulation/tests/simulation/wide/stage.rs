//! A town in which somebody changes something now and then; what people wanted by it is taken down.

use std::{
    collections::BTreeSet,
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use listsync_core::{
    address::Address,
    id::{GroupId, ListId},
};
use listsync_engine::ports::Clock as _;
use listsync_testkit::{dice::Dice, sample::moment};

use super::{
    ledger::Ledger,
    names::Names,
    town::{Sight, Town},
};
use crate::{history::Telling, plant::Plant, trouble::Bystander};

/// Clones are the same. An edit may come between any two calls of a process.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) plant: Plant,
    inner: Arc<Mutex<Inner>>,
    telling: Telling,
}

pub(crate) struct Inner {
    pub(crate) town: Town,
    pub(crate) ledger: Ledger,
    pub(crate) names: Names,
    /// Whom nobody changes any more: their contacts are entangled.
    pub(crate) retired: BTreeSet<usize>,
    /// Who said something under an address that nothing tied to them, and under which.
    pub(crate) untied: BTreeSet<(usize, Address)>,
}

impl Stage {
    pub(crate) fn new(town: Town, telling: Telling) -> Self {
        let plant = town.plant.clone();
        let (ledger, names) = (Ledger::default(), Names::default());
        let inner = Inner { town, ledger, names, retired: BTreeSet::new(), untied: BTreeSet::new() };
        Self { plant, inner: Arc::new(Mutex::new(inner)), telling }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.telling == Telling::Aloud {
            let seconds = self.plant.clock.now().duration_since(moment(0)).as_secs();
            writeln!(std::io::stderr(), "{seconds:>7} s  {}", what()).expect("standard error takes it");
        }
    }

    /// Between then and now nobody was removed by a run alone.
    pub(crate) fn nobody_is_lost(&self, before: &Sight) {
        let inner = self.lock();
        let lost = inner.ledger.lost(&inner.town, before, &inner.town.sight());
        assert!(lost.is_empty(), "{lost:#?}");
    }

    /// Does something, and takes down what changed by it.
    pub(crate) fn noting<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let before = inner.town.sight();
        let done = change(&mut inner);
        let after = inner.town.sight();
        let Inner { town, ledger, .. } = &mut *inner;
        ledger.note(town, &before, &after);
        done
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

impl Inner {
    /// Somebody whose contacts are not entangled.
    pub(crate) fn anybody(&self, dice: &mut Dice) -> Option<usize> {
        let people: Vec<usize> =
            (0..self.town.folk.humans.len()).filter(|who| !self.retired.contains(who)).collect();
        dice.pick(&people).copied()
    }

    pub(crate) fn any_list(&self, dice: &mut Dice) -> ListId {
        dice.pick(&self.town.open_lists).expect("there is a list").clone()
    }

    pub(crate) fn any_group(&self, dice: &mut Dice) -> GroupId {
        let groups: Vec<GroupId> = self.town.groups().into_iter().collect();
        dice.pick(&groups).expect("there is a group").clone()
    }
}
