//! Several lists, groups and links over one store and one tenant, each run on its own.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::{LinkId, ListId, RunId},
    link::{Link, Mode},
    list::Standing,
    summary::Summary,
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    departures::follow,
    ports::{
        Clock as _, EntryQuery, Group, GroupKind, ImportMode, LinkEdit, Links as _, ListSide as _,
        ListStore as _, Membership, NewImport,
    },
    run::{Next, RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    sample::{self, contact, group, link, moment, object, tenant},
};

pub(crate) struct Bureau {
    pub(crate) clock: ManualClock,
    pub(crate) store: TestStore,
    pub(crate) directory: FakeDirectory,
    pub(crate) ports: Ports,
    runs: u32,
}

impl Bureau {
    /// A tenant in which nobody is.
    pub(crate) async fn new(lag: Lag, seed: u64) -> Self {
        let clock = ManualClock::at(moment(0));
        let store = TestStore::new(&clock);
        let directory = FakeDirectory::new(&clock, lag, Dice::new(seed));
        let ports = store.beside(directory.clone());
        sample::set(&*store, |settings| settings.internal_domains = ["contoso.example".into()].into()).await;
        Self { clock, store, directory, ports, runs: 0 }
    }

    pub(crate) async fn list(&self, name: &str) -> ListId {
        self.store.create_list(name, self.clock.now()).await.unwrap().id
    }

    pub(crate) fn group(&self, name: &str, members: &[&str]) {
        let new = Group {
            id: group(name),
            name: name.to_owned(),
            kind: GroupKind::Microsoft365,
            membership: Membership::Shown,
        };
        self.directory.put_group(new, members.iter().map(|name| object(name)));
    }

    /// Links a list with the group of this name; the link has it too.
    pub(crate) async fn link(&self, list: &ListId, name: &str, mode: Mode) -> LinkId {
        let link = Link { mode, ..link(name, list, name) };
        self.store.create(&link, self.clock.now()).await.unwrap();
        link.id
    }

    pub(crate) async fn imports(&self, list: &ListId, names: &[String]) {
        let people = names.iter().map(|name| contact(name).into()).collect();
        let file = NewImport::new("staff.csv", ImportMode::Incremental, people, self.clock.now());
        self.store.import(list, &file).await.unwrap();
    }

    /// One beat: what changed among people is read.
    pub(crate) async fn follow(&self) -> Vec<LinkId> {
        let until = self.clock.now().checked_add(Duration::from_secs(60)).unwrap();
        follow(&self.ports, &tenant(), until).await.unwrap().links
    }

    /// Runs a link, and what goes on from it; the summaries.
    pub(crate) async fn sync(&mut self, link: &LinkId) -> Vec<Summary> {
        raise(&self.ports, link, Reason::Schedule).await.unwrap();
        let mut summaries = Vec::new();
        loop {
            self.runs += 1;
            let request = RunRequest {
                run: RunId::parse(&format!("run-{}", self.runs)).unwrap(),
                link: link.clone(),
                reason: Reason::Schedule,
                until: self.clock.now().checked_add(Duration::from_secs(900)).unwrap(),
            };
            let ran = run(&self.ports, &request, &Unwatched).await.unwrap();
            summaries.push(ran.summary);
            assert!(summaries.len() < 10, "a run goes on without end");
            if !matches!(ran.next, Next::Continue(_)) {
                return summaries;
            }
        }
    }

    pub(crate) async fn resync(&mut self, link: &LinkId) -> Vec<Summary> {
        self.store.edit(link, &LinkEdit::Resync, self.clock.now()).await.unwrap();
        self.sync(link).await
    }

    /// Who is on a list, by local part.
    pub(crate) async fn listed(&self, list: &ListId) -> BTreeSet<String> {
        let entries = self.store.entries(list, EntryQuery::All).await.unwrap();
        let members = entries.into_iter().filter(|entry| entry.standing == Standing::Member);
        members.filter_map(|entry| Some(entry.address.as_str().split_once('@')?.0.to_owned())).collect()
    }

    /// Who is in a group, by id, which is the local part.
    pub(crate) fn grouped(&self, name: &str) -> BTreeSet<String> {
        self.directory.members(&group(name)).iter().map(ToString::to_string).collect()
    }
}
