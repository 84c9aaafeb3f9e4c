use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use listsync_end_to_end::{Cloud, Function, TIMER_TIME, World, beat};
use listsync_graph_emulator::{ObjectId, sample::Case};
use serde_json::Value;

/// So many people are on each list.
pub(crate) const EACH: usize = 5;

/// Linked lists of a few people each, neighbours overlapping, and a group each where somebody is already.
pub(crate) struct Links {
    /// Each list's group.
    pub(crate) groups: BTreeMap<String, ObjectId>,
}

impl Links {
    pub(crate) async fn make(world: &World, count: usize) -> Self {
        world.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
        let mut groups = BTreeMap::new();
        for number in 0..count {
            let name = format!("List {number}");
            let file = format!("{number}.csv");
            world.write(&file, world.csv(&(number..number + EACH).collect::<Vec<_>>()));
            world.listsync(&["lists", "create", &name]).await.exits(0);
            let import = ["import", &file, "--list", &name, "--mode", "incremental"];
            world.listsync(&import).await.exits(0);
            let link = world.listsync(&["link", &name, "--new-group", &name, "--json"]).await.exits(0).json();
            let group = world.group(&link);
            world.tenant().add_member(group, world.id(somebody_with_mail(world, number + EACH)));
            groups.insert(name, group);
        }
        Self { groups }
    }

    /// One linked list in step, in a stack that logs all there is to log.
    pub(crate) async fn one_in_step() -> (Cloud, Self) {
        let mut cloud = Cloud::of(20).await;
        cloud.world.set("LISTSYNC_LOG", "info,listsync=debug");
        let lists = Self::make(&cloud.world, 1).await;
        let (timer, worker) = (cloud.timer().await, cloud.worker().await);
        timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
        cloud.work_off(&worker).await;
        (cloud, lists)
    }

    /// Who is in each group and on each list, by address.
    pub(crate) async fn end(&self, world: &World) -> BTreeMap<String, [BTreeSet<String>; 2]> {
        let people: BTreeMap<ObjectId, &str> =
            world.sample.people.iter().map(|(person, id)| (*id, person.address.as_str())).collect();
        let mut ends = BTreeMap::new();
        for (name, group) in &self.groups {
            let members = world.members(*group);
            let members =
                members.iter().map(|id| (*people.get(id).expect("one of ours")).to_owned()).collect();
            ends.insert(name.clone(), [members, world.listed(name, "member").await]);
        }
        ends
    }
}

/// The first person from this one on who has a mailbox. Whoever has none comes onto a list once another link has matched
/// their contact: sooner or later, as the runs come.
fn somebody_with_mail(world: &World, from: usize) -> usize {
    let people = world.sample.people.iter().enumerate().skip(from);
    let mut with_mail = people.filter(|(_, (person, _))| person.case != Case::NoMailbox);
    with_mail.next().expect("somebody has a mailbox").0
}

/// The links, as documents.
pub(crate) async fn links(world: &World) -> Vec<Value> {
    world.json(&["links", "ls"]).await.as_array().expect("an array").clone()
}

pub(crate) fn is_in_step(link: &Value) -> bool {
    link["requested"] == link["synced"] && link["leased_until"].is_null() && !link["last_run"].is_null()
}

/// Beats the timer and hands messages over until every link is in step.
pub(crate) async fn recover(cloud: &Cloud, timer: &Function, worker: &Function) {
    let started = Instant::now();
    loop {
        timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
        cloud.work_off(worker).await;
        if links(&cloud.world).await.iter().all(is_in_step) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "the timer brings all in step");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// What the same lists and groups come to on one machine, by one command after the other.
pub(crate) async fn on_one_machine(people: usize, count: usize) -> BTreeMap<String, [BTreeSet<String>; 2]> {
    let world = World::of(people).await;
    let lists = Links::make(&world, count).await;
    world.listsync(&["tick"]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert!(links(&world).await.iter().all(is_in_step));
    lists.end(&world).await
}
