//! Files of a history, and what is left of it once one of them is taken back: whoever it put on the list and nobody moved since
//! is off it, whoever it took off is back, and what somebody said of themselves stands.

use std::{collections::BTreeSet, ops::Add};

use listsync_core::{grant::Lists, id::ImportId, list::Standing, trigger::Reason};
use listsync_engine::{
    imports_undo::{carry_out, plan_over},
    ports::{Clock as _, ImportState, ListStore as _},
    trigger::raise_list,
};

use crate::{
    oracle::Before,
    scene::{Scene, at_once},
    undo::Chronicle,
};

/// How many files were taken back, from how many people, and how many of those whom they had moved had moved since.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Withdrawn {
    pub(crate) files: u64,
    pub(crate) people: u64,
    pub(crate) moved: u64,
}

impl Add for Withdrawn {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            people: self.people + other.people,
            moved: self.moved + other.moved,
        }
    }
}

/// A file that was taken in, with whom it moved on the list.
pub(crate) struct TakenIn {
    pub(crate) import: ImportId,
    pub(crate) at: u64,
    pub(crate) joined: BTreeSet<String>,
    pub(crate) left: BTreeSet<String>,
}

impl TakenIn {
    fn moved(&self) -> bool {
        !self.joined.is_empty() || !self.left.is_empty()
    }
}

impl Chronicle {
    /// A file was taken in, and nothing else happened meanwhile.
    pub(crate) fn took_in(&mut self, import: ImportId, before: &Before, scene: &Scene) {
        let (joined, left) = before.moved(scene);
        self.files.push(TakenIn { import, at: self.events, joined, left });
    }

    /// The files that moved somebody and wait for no person's word.
    pub(crate) fn files(&self, scene: &Scene) -> Vec<&TakenIn> {
        let waits = |file: &TakenIn| {
            let found = at_once(scene.store.find_import(&file.import));
            found.is_none_or(|import| import.state == ImportState::Held)
        };
        self.files.iter().filter(|file| file.moved() && !waits(file)).collect()
    }

    /// Takes one of them back, and demands that it is as it has to be on the list.
    pub(crate) async fn withdraw(&self, scene: &Scene, file: &TakenIn) -> Withdrawn {
        let (given, now) = (Lists::All, scene.clock.now());
        let store = scene.store.port();
        let plan = plan_over(&*store, &file.import, &given, now).await.expect("a file can be taken back");
        let done = carry_out(&*store, &plan, &given, now).await.expect("it is taken back at rest");
        assert!(done.meanwhile.is_empty(), "nobody is another by then: {:?}", done.meanwhile);
        raise_list(&scene.ports, &scene.list, Reason::Event).await.expect("its links are asked to run");
        let standings = scene.standings();
        let all: BTreeSet<&String> = file.joined.iter().chain(&file.left).collect();
        let free: Vec<&String> = all.iter().copied().filter(|name| self.is_untouched(file, name)).collect();
        for name in &free {
            let is_on = standings.get(*name) == Some(&Standing::Member);
            assert_eq!(is_on, file.left.contains(*name), "{name}, of {:?}: {:#?}", file.import, plan.undo);
        }
        let people = free.len() as u64;
        Withdrawn { files: 1, people, moved: all.len() as u64 - people }
    }

    /// Whether nobody moved somebody since a file did, and they never said anything of themselves.
    fn is_untouched(&self, file: &TakenIn, name: &str) -> bool {
        let back = |joined: &BTreeSet<String>, left: &BTreeSet<String>| {
            if file.joined.contains(name) { left.contains(name) } else { joined.contains(name) }
        };
        // What they said before the file counts as well: it is not the file alone that keeps them there.
        !self.said.contains(name)
            && self.touched.get(name).is_none_or(|at| *at <= file.at)
            && !self.ran.iter().any(|ran| ran.began > file.at && back(&ran.joined, &ran.left))
    }
}
