//! A desk on which a scenario is played: one list, one group, one link, and a person who waits between the acts.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::{LinkId, ListId, RunId},
    link::{Link, LinkPatch, Mode, Writes},
    list::{Origin, Standing},
    member::{Member, Op},
    plan::Plan,
    settings::Settings,
    summary::Summary,
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    connect::{self, Asker},
    ports::{
        Acquired, Call, Clock as _, Decision, EntryQuery, Fold, Group, GroupKind, LinkEdit, LinkState,
        Links as _, ListSide as _, ListStore as _, MemberChange, MemberQuery, Membership, Meter, PortResult,
        Ruling, RulingKind,
    },
    preview::preview,
    run::{Ran, RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    sample::{self, address, contact, group, link, moment, object, person, tenant},
};

/// How the runs after the first one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Incremental,
    Full,
}

pub(crate) const BOTH: [Reading; 2] = [Reading::Incremental, Reading::Full];

pub(crate) struct Desk {
    pub(crate) clock: ManualClock,
    pub(crate) store: TestStore,
    pub(crate) directory: FakeDirectory,
    pub(crate) ports: Ports,
    pub(crate) list: ListId,
    pub(crate) link: LinkId,
    reading: Reading,
    runs: u32,
}

impl Desk {
    /// A list and a group with these members, linked.
    pub(crate) async fn with(reading: Reading, listed: &[&str], grouped: &[&str]) -> Self {
        Self::linked(reading, (listed, grouped), |link| link).await
    }

    /// The same with a link of another kind.
    pub(crate) async fn linked(
        reading: Reading,
        (listed, grouped): (&[&str], &[&str]),
        as_link: impl FnOnce(Link) -> Link,
    ) -> Self {
        let clock = ManualClock::at(moment(0));
        let store = TestStore::new(&clock);
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(7));
        let ports = store.beside(directory.clone());
        let staff = Group {
            id: group("staff"),
            name: "Staff".into(),
            kind: GroupKind::Microsoft365,
            membership: Membership::Shown,
        };
        for name in listed.iter().chain(grouped) {
            directory.put_person(person(name));
        }
        directory.put_group(staff, grouped.iter().map(|name| object(name)));
        let list = store.create_list("Staff", moment(0)).await.expect("a new list").id;
        let link = as_link(link("staff", &list, "staff"));
        store.create(&link, moment(0)).await.expect("a new link");
        let mut desk = Self { clock, store, directory, ports, list, link: link.id, reading, runs: 0 };
        desk.settings(|settings| settings.internal_domains = ["contoso.example".into()].into()).await;
        for name in listed {
            desk.list_adds(name).await;
        }
        desk
    }

    /// The same, synced, and an hour later: everything has settled.
    pub(crate) async fn settled(reading: Reading, both: &[&str]) -> Self {
        let mut desk = Self::with(reading, both, both).await;
        desk.sync().await;
        desk.wait(Duration::from_secs(3_600)).await;
        desk
    }

    pub(crate) async fn settings(&mut self, edit: impl Fn(&mut Settings)) {
        sample::set(&*self.store, edit).await;
    }

    pub(crate) async fn list_adds(&mut self, name: &str) {
        self.store.add(&self.list, &contact(name), Origin::Manual, self.clock.now()).await.expect("added");
    }

    pub(crate) async fn list_removes(&mut self, name: &str) {
        self.store.remove(&self.list, &address(name), self.clock.now()).await.expect("removed");
    }

    pub(crate) async fn says(&mut self, name: &str, decision: Decision) {
        self.store.decide(&self.list, &address(name), decision, self.clock.now()).await.expect("decided");
    }

    pub(crate) fn group_adds(&mut self, name: &str) {
        self.directory.edit(&group("staff"), Op::Add, &object(name));
    }

    pub(crate) fn group_removes(&mut self, name: &str) {
        self.directory.edit(&group("staff"), Op::Remove, &object(name));
    }

    /// Time passes, and what falls due in it is done.
    pub(crate) async fn wait(&mut self, time: Duration) {
        self.clock.advance(time);
        self.sync().await;
    }

    pub(crate) async fn sync(&mut self) -> Summary {
        self.sync_as(Reason::Schedule).await
    }

    pub(crate) async fn sync_as(&mut self, reason: Reason) -> Summary {
        self.ran(reason, Duration::from_secs(900)).await.summary
    }

    pub(crate) async fn ran(&mut self, reason: Reason, time: Duration) -> Ran {
        if self.reading == Reading::Full {
            self.edit(LinkEdit::Resync).await;
        }
        raise(&self.ports, &self.link, reason).await.expect("raised");
        self.run_as(reason, time).await
    }

    /// A run for what was asked before.
    pub(crate) async fn sync_quietly(&mut self) -> Summary {
        self.run_as(Reason::Event, Duration::from_secs(900)).await.summary
    }

    async fn run_as(&mut self, reason: Reason, time: Duration) -> Ran {
        self.runs += 1;
        let request = RunRequest {
            run: RunId::parse(&format!("run-{}", self.runs)).expect("an id"),
            link: self.link.clone(),
            reason,
            until: self.clock.now().checked_add(time).expect("in range"),
        };
        run(&self.ports, &request, &Unwatched).await.expect("a run")
    }

    pub(crate) async fn plan(&self) -> Plan {
        let until = self.clock.now().checked_add(Duration::from_secs(900)).expect("in range");
        preview(&self.ports, &self.link, until, &Unwatched).await.expect("a preview")
    }

    pub(crate) async fn edit(&self, edit: LinkEdit) {
        self.store.edit(&self.link, &edit, self.clock.now()).await.expect("edited");
    }

    pub(crate) async fn rule(&self, kind: RulingKind, digest: &str) {
        self.edit(LinkEdit::Rule(Ruling { digest: digest.to_owned(), kind })).await;
    }

    pub(crate) async fn state(&self) -> LinkState {
        self.store.load(&self.link).await.expect("loaded").expect("there")
    }

    /// What the link remembers of these people.
    pub(crate) async fn rows_of(&self, names: &[&str]) -> Vec<Member> {
        let objects: Vec<_> = names.iter().map(|name| object(name)).collect();
        let query = MemberQuery::Of { objects: &objects, contacts: &[] };
        self.store.members(&self.link, query).await.expect("rows")
    }

    /// Puts a row in the place of what the link remembers of its member.
    pub(crate) async fn overwrite(&self, row: Member) {
        let minute = Duration::from_secs(60);
        let acquired = self.store.acquire(&self.link, self.clock.now(), minute).await.expect("asked");
        let Acquired::Lease(lease) = acquired else { panic!("the lease is free") };
        let fold = Fold { members: vec![MemberChange::Put(row)], ..Fold::default() };
        self.store.fold(&lease, &fold).await.expect("folded");
        self.store.release(&lease).await.expect("released");
    }

    /// Who is on the list, by local part.
    pub(crate) async fn listed(&self) -> BTreeSet<String> {
        let entries = self.store.entries(&self.list, EntryQuery::All).await.expect("entries");
        let members = entries.into_iter().filter(|entry| entry.standing == Standing::Member);
        members
            .filter_map(|entry| entry.address.as_str().split_once('@').map(|(local, _)| local.to_owned()))
            .collect()
    }

    /// Who is in the group, by id, which is the local part.
    pub(crate) fn grouped(&self) -> BTreeSet<String> {
        self.directory.members(&group("staff")).iter().map(ToString::to_string).collect()
    }

    /// Demands that both sides have just these members.
    pub(crate) async fn both_are(&self, names: &[&str]) {
        self.are(names, names).await;
    }

    pub(crate) async fn are(&self, listed: &[&str], grouped: &[&str]) {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(self.listed().await, set(listed), "the list, reading {:?}", self.reading);
        assert_eq!(self.grouped(), set(grouped), "the group, reading {:?}", self.reading);
    }
}

/// So many made-up people.
pub(crate) fn crowd(letter: char, size: usize) -> Vec<String> {
    (0..size).map(|number| format!("{letter}{number:03}")).collect()
}

pub(crate) fn names(crowd: &[String]) -> Vec<&str> {
    crowd.iter().map(String::as_str).collect()
}

pub(crate) fn one_way(mode: Mode) -> impl FnOnce(Link) -> Link {
    move |link| Link { mode, ..link }
}

pub(crate) fn of_tenant() -> listsync_core::id::TenantId {
    tenant()
}

/// Changes who carries out what is planned for a link's group.
pub(crate) async fn set_writes(ports: &Ports, link: &LinkId, writes: Writes) -> PortResult<LinkState> {
    let (patch, meter) = (LinkPatch { writes: Some(writes), ..LinkPatch::default() }, Meter::default());
    let call = Call { until: ports.clock.now() + Duration::from_secs(60), meter: &meter };
    connect::change(ports, link, &patch, Asker::Runner, call).await
}
