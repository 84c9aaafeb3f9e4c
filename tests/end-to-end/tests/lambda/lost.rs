//! A whole cycle on a DynamoDB that loses answers, fails and conflicts ends as one on a calm one.

use std::collections::BTreeSet;

use listsync_end_to_end::{Cloud, TIMER_TIME, World, beat};
use listsync_graph_emulator::ObjectId;
use serde_json::Value;

use crate::scene::{is_in_step, links};

/// All that a person or a program can tell of a cycle.
#[derive(Debug, PartialEq, Eq)]
struct End {
    /// Each command with its exit code.
    codes: Vec<(String, i32)>,
    members: BTreeSet<String>,
    opted_out: BTreeSet<String>,
    in_group: BTreeSet<ObjectId>,
    /// How each run ended, newest first.
    outcomes: Vec<Value>,
    in_step: bool,
}

/// From a file to a group and back: imports, a hold, what people and operators do, by hand and by the functions.
async fn cycle(cloud: &Cloud) -> End {
    let world = &cloud.world;
    world.write("all.csv", world.csv(&(0..18).collect::<Vec<_>>()));
    world.write("fewer.csv", world.csv(&(0..9).collect::<Vec<_>>()));
    let mut codes = Vec::new();
    let mut group = None;
    for line in [
        "settings set settle-window 0s",
        "lists create Staff",
        "import all.csv --list Staff --mode full",
        "link Staff --new-group Staff --json",
        "plan Staff",
        "sync Staff",
        "sync Staff",
        "lists add Staff PERSON18",
        "unsubscribe Staff PERSON0",
        "sync Staff",
        "import fewer.csv --list Staff --mode full",
        "imports approve IMPORT",
        "sync Staff",
        "lists remove Staff PERSON2",
        "sync Staff",
        "links approve DIGEST",
        "sync Staff",
        "contacts opt-out PERSON1",
        "sync Staff",
        "links pause Staff",
        "links resume Staff",
        "keys rotate-links",
        "tick",
        "work --until-empty",
    ] {
        let args = words(world, line).await;
        let done = world.listsync(&args.iter().map(String::as_str).collect::<Vec<_>>()).await;
        if line.starts_with("link ") {
            group = Some(world.group(&done.json()));
        }
        codes.push((line.to_owned(), done.code));
    }
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    world.listsync(&["lists", "add", "Staff", world.address(19)]).await.exits(0);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;
    let runs = world.json(&["runs", "ls"]).await;
    End {
        codes,
        members: world.listed("Staff", "member").await,
        opted_out: world.listed("Staff", "opted_out").await,
        in_group: world.members(group.expect("it was linked")),
        outcomes: runs.as_array().expect("runs").iter().map(|run| run["outcome"].clone()).collect(),
        in_step: links(world).await.iter().all(is_in_step),
    }
}

/// A command's words, with what is known only now.
async fn words(world: &World, line: &str) -> Vec<String> {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        if let Some(person) = word.strip_prefix("PERSON") {
            *word = world.address(person.parse().expect("a number")).to_owned();
        } else if word == "IMPORT" {
            *word = world.json(&["imports", "ls"]).await[0]["id"].as_str().expect("an id").to_owned();
        } else if word == "DIGEST" {
            let link = links(world).await.remove(0);
            *word = link["held"]["digest"].as_str().unwrap_or_else(|| panic!("a hold: {link}")).to_owned();
        }
    }
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_whose_answers_are_lost_ends_as_one_whose_are_not() {
    let calm = Cloud::of(20).await;
    let wanted = cycle(&calm).await;
    assert!(wanted.in_step && wanted.codes.iter().any(|(_, code)| *code == 4), "{wanted:?}");
    let seed = listsync_testkit::moto::seed();
    let unlucky = Cloud::of(20).await;
    unlucky.throw(seed);
    assert_eq!(cycle(&unlucky).await, wanted, "LISTSYNC_SEED={seed}");
}
