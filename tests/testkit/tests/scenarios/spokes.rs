//! A list with several links: what changes at one place reaches the others through the list, and each link runs on its own.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::{LinkId, ListId},
    link::{LinkStatus, Mode},
    list::Origin,
    member::Op,
    plan::Plan,
    summary::{Outcome, Summary},
    trigger::Reason,
};
use listsync_engine::{
    fan_out::tick,
    ports::{Clock as _, Decision, LinkEdit, Links as _, ListStore as _, Queue as _, Ruling, RulingKind},
    preview::preview,
    trigger::{raise, raise_list},
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::{
    fakes::Lag,
    faults::{Faults, When},
    sample::{address, contact, group, object, person},
};

use crate::{
    bureau::Bureau,
    desk::{crowd, names},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const LAGS: [Lag; 2] = [Lag::NONE, Lag { most: Duration::from_secs(900), replicas: 3 }];

/// A bureau whose worker takes whatever is on the queue.
struct Hub {
    bureau: Bureau,
    list: ListId,
    handled: u32,
}

impl Hub {
    /// A list of these people, who have accounts.
    async fn with(lag: Lag, listed: &[&str]) -> Self {
        let bureau = Bureau::new(lag, 7).await;
        let list = bureau.list("Staff").await;
        let hub = Self { bureau, list, handled: 0 };
        for name in listed {
            hub.list_adds(name).await;
        }
        hub
    }

    /// The same, in step with each of these groups, and everything has settled.
    async fn settled(lag: Lag, listed: &[&str], groups: &[&str]) -> Self {
        let mut hub = Self::with(lag, listed).await;
        for name in groups {
            hub.spoke(name, listed, Mode::TwoWay).await;
        }
        hub.rest().await;
        hub
    }

    /// A group of these people, linked.
    async fn spoke(&self, name: &str, members: &[&str], mode: Mode) -> LinkId {
        members.iter().for_each(|name| self.bureau.directory.put_person(person(name)));
        self.bureau.group(name, members);
        let link = self.bureau.link(&self.list, name, mode).await;
        raise(&self.bureau.ports, &link, Reason::Schedule).await.unwrap();
        link
    }

    async fn list_adds(&self, name: &str) {
        self.bureau.directory.put_person(person(name));
        let now = self.bureau.clock.now();
        self.bureau.store.add(&self.list, &contact(name), Origin::Manual, now).await.unwrap();
        raise_list(&self.bureau.ports, &self.list, Reason::Event).await.unwrap();
    }

    async fn list_removes(&self, name: &str) {
        let now = self.bureau.clock.now();
        self.bureau.store.remove(&self.list, &address(name), now).await.unwrap();
        raise_list(&self.bureau.ports, &self.list, Reason::Event).await.unwrap();
    }

    fn group_edit(&self, name: &str, op: Op, who: &str) {
        self.bureau.directory.put_person(person(who));
        self.bureau.directory.edit(&group(name), op, &object(who));
    }

    async fn ask(&self, link: &str) {
        let link = LinkId::parse(link).unwrap();
        raise(&self.bureau.ports, &link, Reason::Schedule).await.unwrap();
    }

    /// Handles every message, and those that come of it; the summaries of their runs.
    async fn work(&mut self) -> Vec<Summary> {
        let mut summaries = Vec::new();
        while let Some(delivery) = self.bureau.store.receive(1, Duration::from_secs(90)).await.unwrap().pop()
        {
            self.handled += 1;
            let run = format!("worked-{}", self.handled).parse_run();
            let until = self.bureau.clock.now().checked_add(Duration::from_secs(900)).unwrap();
            let context = RunContext { run, until, receive: Receive::Early };
            let done = handle(&self.bureau.ports, &delivery.body, &context, &Unwatched).await;
            let Handled::Acknowledge(summary) = done else { panic!("{done:?}") };
            self.bureau.store.acknowledge(&delivery.receipt).await.unwrap();
            summaries.extend(summary.map(|summary| *summary));
            assert!(summaries.len() < 60, "runs breed runs: {summaries:#?}");
        }
        summaries
    }

    /// Time passes, and what falls due in it is done.
    async fn wait(&mut self, time: Duration) -> Vec<Summary> {
        self.bureau.clock.advance(time);
        tick(&self.bureau.ports).await.unwrap();
        self.work().await
    }

    /// A quarter of a day passes, by the hour: no link comes to its daily full read by it.
    async fn rest(&mut self) {
        self.work().await;
        for _ in 0..6 {
            self.wait(HOUR).await;
        }
    }

    /// Nothing is on the queue, no run changes anything, and each costs one request.
    async fn is_at_rest(&mut self, links: usize) {
        for _ in 0..2 {
            let runs = self.wait(Duration::from_secs(20 * 60)).await;
            assert_eq!(runs.len(), links, "one run for each link: {runs:#?}");
            for run in runs {
                assert_eq!((run.outcome, run.graph.requests, run.graph.writes), (Outcome::Converged, 1, 0));
                assert_eq!(run.list.added + run.list.removed + run.group.added + run.group.removed, 0);
            }
        }
        assert_eq!(self.bureau.store.queued(), 0);
    }

    async fn plan(&self, link: &LinkId) -> Plan {
        let until = self.bureau.clock.now().checked_add(Duration::from_secs(900)).unwrap();
        preview(&self.bureau.ports, link, until, &Unwatched).await.unwrap()
    }

    async fn rule(&self, link: &LinkId, kind: RulingKind) {
        let state = self.bureau.store.load(link).await.unwrap().unwrap();
        let digest = state.progress.hold.expect("something is held").digest;
        let edit = LinkEdit::Rule(Ruling { digest, kind });
        self.bureau.store.edit(link, &edit, self.bureau.clock.now()).await.unwrap();
        raise(&self.bureau.ports, link, Reason::OnDemand).await.unwrap();
    }

    async fn list_is(&self, names: &[&str]) {
        assert_eq!(self.bureau.listed(&self.list).await, set(names), "the list");
    }

    fn group_is(&self, group: &str, names: &[&str]) {
        assert_eq!(self.bureau.grouped(group), set(names), "{group}");
    }

    async fn all_are(&self, groups: &[&str], names: &[&str]) {
        self.list_is(names).await;
        groups.iter().for_each(|group| self.group_is(group, names));
    }
}

trait ParseRun {
    fn parse_run(&self) -> listsync_core::id::RunId;
}

impl ParseRun for str {
    fn parse_run(&self) -> listsync_core::id::RunId {
        listsync_core::id::RunId::parse(self).unwrap()
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn what_changes_at_one_place_reaches_every_other_through_the_list_and_comes_to_rest() {
    for lag in LAGS {
        play(async {
            let groups = ["staff", "sales", "berlin"];
            let mut hub = Hub::settled(lag, &["anna", "ben", "cleo"], &groups).await;
            hub.all_are(&groups, &["anna", "ben", "cleo"]).await;
            hub.is_at_rest(3).await;

            hub.group_edit("sales", Op::Add, "dora");
            hub.group_edit("berlin", Op::Remove, "ben");
            hub.list_adds("emil").await;
            hub.list_removes("anna").await;
            hub.rest().await;
            hub.all_are(&groups, &["cleo", "dora", "emil"]).await;
            hub.is_at_rest(3).await;
        });
    }
}

#[test]
fn a_run_that_changes_the_list_asks_for_the_others_at_once_and_they_ask_for_nobody() {
    play(async {
        let mut hub = Hub::settled(Lag::NONE, &["anna", "ben"], &["staff", "sales"]).await;
        hub.group_edit("staff", Op::Add, "dora");
        hub.ask("staff").await;
        let runs = hub.work().await;
        let links: Vec<&str> = runs.iter().map(|run| run.link.as_str()).collect();
        assert_eq!(links, ["staff", "sales"], "{runs:#?}");
        assert_eq!((runs[0].list.added, runs[1].group.added, runs[1].list.added), (1, 1, 0));
        hub.all_are(&["staff", "sales"], &["anna", "ben", "dora"]).await;

        // A run that leaves the list as it is asks for nobody.
        hub.ask("staff").await;
        assert_eq!(hub.work().await.len(), 1);
        // Nor is a link asked for that somebody paused; once it is resumed it catches up.
        let sales = LinkId::parse("sales").unwrap();
        let status = |status| LinkEdit::Status(status);
        let now = hub.bureau.clock.now();
        hub.bureau.store.edit(&sales, &status(LinkStatus::Paused), now).await.unwrap();
        hub.group_edit("staff", Op::Remove, "anna");
        hub.bureau.clock.advance(HOUR);
        hub.ask("staff").await;
        assert_eq!(hub.work().await.len(), 1);
        hub.group_is("sales", &["anna", "ben", "dora"]);
        hub.bureau.store.edit(&sales, &status(LinkStatus::Active), hub.bureau.clock.now()).await.unwrap();
        hub.wait(HOUR).await;
        hub.all_are(&["staff", "sales"], &["ben", "dora"]).await;
    });
}

#[test]
fn a_run_that_dies_anywhere_leaves_no_other_link_behind() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let mut died = false;
            play(async {
                let mut hub = Hub::settled(Lag::NONE, &["anna", "ben"], &["staff", "sales"]).await;
                hub.group_edit("staff", Op::Add, "dora");
                hub.bureau.clock.advance(HOUR);
                let faults = Faults::crash_at(call, when);
                let ports = faults.over(&hub.bureau.ports);
                let request = listsync_engine::run::RunRequest {
                    run: "dies".parse_run(),
                    link: LinkId::parse("staff").unwrap(),
                    reason: Reason::Schedule,
                    until: hub.bureau.clock.now().checked_add(Duration::from_secs(900)).unwrap(),
                };
                died = faults.process(listsync_engine::run::run(&ports, &request, &Unwatched)).await.is_err();
                // The lease of the dead runs out, and one beat of the timer finds whatever is asked for. What is due by the
                // clock alone is not: it was an hour ago.
                let asked = async |hub: &Hub, link: &str| {
                    let state = hub.bureau.store.load(&LinkId::parse(link).unwrap()).await.unwrap().unwrap();
                    state.requested > state.synced
                };
                let listed = hub.bureau.listed(&hub.list).await.contains("dora");
                let grouped = hub.bureau.grouped("sales").contains("dora");
                if listed && !grouped {
                    assert!(asked(&hub, "sales").await, "{when:?} call {call}: nobody tells the other link");
                }
                hub.rest().await;
                hub.all_are(&["staff", "sales"], &["anna", "ben", "dora"]).await;
            });
            if !died {
                assert!(call > 20, "a run makes {call} calls");
                break;
            }
        }
    }
}

#[test]
fn a_second_place_of_many_asks_before_anybody_of_it_comes_to_the_list() {
    play(async {
        let four = ["anna", "ben", "cleo", "dora"];
        let many = crowd('p', 51);
        let mut hub = Hub::settled(Lag::NONE, &four, &["staff"]).await;
        let sales = hub.spoke("sales", &names(&many), Mode::TwoWay).await;
        let plan = hub.plan(&sales).await;
        assert_eq!((plan.held.counts().list_additions, plan.effects.len()), (51, 4));
        let [follow_on] = plan.follow_ons.as_slice() else { panic!("{plan:?}") };
        assert_eq!((follow_on.additions, follow_on.removals), (51, 0));
        let text = plan.to_string();
        assert!(
            text.contains("then, in group 'staff' (entra:staff): up to 51 to add, 0 to remove"),
            "{text}"
        );
        let runs = hub.work().await;
        assert_eq!((runs.len(), runs[0].outcome, runs[0].held.list_additions), (1, Outcome::Held, 51));
        hub.list_is(&four).await;
        hub.group_is("staff", &four);
        let all: Vec<&str> = four.into_iter().chain(names(&many)).collect();
        hub.group_is("sales", &all);

        // One word is enough for all places.
        hub.rule(&sales, RulingKind::Approved).await;
        hub.rest().await;
        hub.all_are(&["staff", "sales"], &all).await;
        hub.is_at_rest(2).await;
    });
}

#[test]
fn whom_the_second_place_is_not_to_bring_stays_there_alone() {
    play(async {
        let four = ["anna", "ben", "cleo", "dora"];
        let many = crowd('p', 60);
        let mut hub = Hub::settled(Lag::NONE, &four, &["staff"]).await;
        let sales = hub.spoke("sales", &names(&many), Mode::TwoWay).await;
        hub.work().await;
        hub.rule(&sales, RulingKind::Discarded).await;
        hub.rest().await;
        hub.list_is(&four).await;
        hub.group_is("staff", &four);
        assert_eq!(hub.bureau.grouped("sales").len(), 64);
    });
}

#[test]
fn a_few_of_a_second_place_ask_nobody_and_neither_do_many_where_the_list_is_empty() {
    play(async {
        let mut hub = Hub::settled(Lag::NONE, &["anna"], &["staff"]).await;
        let few = crowd('p', 50);
        hub.spoke("sales", &names(&few), Mode::TwoWay).await;
        hub.rest().await;
        let all: Vec<&str> = ["anna"].into_iter().chain(names(&few)).collect();
        hub.all_are(&["staff", "sales"], &all).await;

        // A list that nobody is on is being set up, wherever it leads.
        let many = crowd('q', 90);
        let mut empty = Hub::with(Lag::NONE, &[]).await;
        empty.spoke("staff", &names(&many), Mode::TwoWay).await;
        empty.spoke("copy", &[], Mode::ListToGroup).await;
        empty.rest().await;
        empty.all_are(&["staff", "copy"], &names(&many)).await;
    });
}

#[test]
fn a_list_that_follows_groups_fills_others_and_they_never_write_it() {
    for lag in LAGS {
        play(async {
            let mut hub = Hub::with(lag, &[]).await;
            hub.spoke("source", &["anna", "ben"], Mode::GroupToList).await;
            hub.spoke("copy", &[], Mode::ListToGroup).await;
            hub.spoke("archive", &["zoe"], Mode::ListToGroup).await;
            hub.rest().await;
            hub.all_are(&["source", "copy"], &["anna", "ben"]).await;
            hub.group_is("archive", &["anna", "ben", "zoe"]);

            hub.group_edit("source", Op::Add, "cleo");
            hub.group_edit("source", Op::Remove, "anna");
            hub.group_edit("copy", Op::Remove, "ben");
            hub.group_edit("copy", Op::Add, "stray");
            hub.rest().await;
            hub.list_is(&["ben", "cleo"]).await;
            hub.group_is("copy", &["ben", "cleo", "stray"]);
            hub.group_is("archive", &["ben", "cleo", "zoe"]);
            hub.is_at_rest(3).await;
        });
    }
}

#[test]
fn removals_from_the_list_are_counted_over_all_its_links_and_the_hold_is_of_one() {
    play(async {
        let people = crowd('p', 30);
        let mut hub = Hub::settled(Lag::NONE, &names(&people), &["staff", "sales"]).await;
        hub.bureau.clock.advance(24 * HOUR);
        hub.rest().await;
        for who in &people[..4] {
            hub.group_edit("staff", Op::Remove, who);
        }
        hub.ask("staff").await;
        hub.work().await;
        hub.all_are(&["staff", "sales"], &names(&people[4..])).await;
        for who in &people[4..8] {
            hub.group_edit("sales", Op::Remove, who);
        }
        hub.bureau.clock.advance(HOUR);
        hub.ask("sales").await;
        let runs = hub.work().await;
        assert_eq!((runs[0].outcome, runs[0].held.list_removals), (Outcome::Held, 4), "{runs:#?}");
        hub.list_is(&names(&people[4..])).await;
        let held = async |link: &str| {
            let state = hub.bureau.store.load(&LinkId::parse(link).unwrap()).await.unwrap().unwrap();
            state.progress.hold.is_some()
        };
        assert_eq!((held("staff").await, held("sales").await), (false, true));
        let plan = hub.plan(&LinkId::parse("sales").unwrap()).await;
        assert_eq!(plan.follow_ons[0].removals, 4, "{plan}");
    });
}

#[test]
fn who_opts_out_leaves_every_place_and_a_protected_member_stays_where_they_are_protected() {
    play(async {
        let mut hub = Hub::settled(Lag::NONE, &["anna", "ben"], &["staff", "sales"]).await;
        let now = hub.bureau.clock.now();
        hub.bureau.store.decide(&hub.list, &address("anna"), Decision::OptedOut, now).await.unwrap();
        raise_list(&hub.bureau.ports, &hub.list, Reason::Event).await.unwrap();
        hub.work().await;
        hub.all_are(&["staff", "sales"], &["ben"]).await;
        // Whoever is brought back at one place is there alone for a moment, and nowhere else.
        hub.group_edit("sales", Op::Add, "anna");
        hub.rest().await;
        hub.all_are(&["staff", "sales"], &["ben"]).await;

        let staff = LinkId::parse("staff").unwrap();
        let protected = listsync_core::settings::Protected {
            object_ids: [object("ben")].into(),
            ..listsync_core::settings::Protected::default()
        };
        let patch = listsync_core::link::LinkPatch { protected: Some(protected), ..Default::default() };
        hub.bureau.store.edit(&staff, &LinkEdit::Change(patch), hub.bureau.clock.now()).await.unwrap();
        hub.list_adds("cleo").await;
        hub.rest().await;
        hub.list_removes("ben").await;
        hub.work().await;
        hub.list_is(&["cleo"]).await;
        hub.group_is("staff", &["ben", "cleo"]);
        hub.group_is("sales", &["cleo"]);
    });
}
