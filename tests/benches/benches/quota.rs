//! Two workers that remove at once from two groups of one tenant that counts writes, and a small list that is due beside them.
//!
//! It takes some ten minutes of real time, since the quota is of real time.

use std::time::{Duration, Instant};

use listsync_benches::Figure;
use listsync_core::pace::{GRANTED, WINDOW};
use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, ObjectId, Settings};
use tokio::process::Child;

const LATENCY: Duration = Duration::from_millis(50);
/// So many are to be removed from each of the large groups.
const EACH: usize = 4_500;
const FEW: usize = 20;

/// What one look at the tenant showed.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Duration,
    writes: u64,
    throttled: u64,
    left: [usize; 2],
}

pub(crate) async fn figures() -> Vec<Figure> {
    let settings = Settings { latency: LATENCY, ..Settings::default() };
    let world = World::with(Emulator::builder().settings(settings), 2 * EACH + FEW).await;
    world.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
    let large = [remover(&world, "North", 0).await, remover(&world, "South", EACH).await];
    world.listsync(&["lists", "create", "Few"]).await.exits(0);
    world.write("few.csv", world.csv(&(2 * EACH..2 * EACH + FEW).collect::<Vec<_>>()));
    world.listsync(&["import", "few.csv", "--list", "Few", "--mode", "incremental"]).await.exits(0);
    world.listsync(&["link", "Few", "--new-group", "Few"]).await.exits(0);

    let began = Instant::now();
    let mut workers = [sync(&world, "North"), sync(&world, "South")];
    let mut seen = Vec::new();
    let mut small = None;
    while workers.iter_mut().any(|worker| worker.try_wait().expect("it is a process").is_none()) {
        let counters = world.tenant().counters();
        let (writes, throttled) = (counters.writes, counters.throttled);
        let left = large.map(|group| world.members(group).len());
        seen.push(Seen { at: began.elapsed(), writes, throttled, left });
        // By then both share what is granted.
        if small.is_none() && began.elapsed() > WINDOW * 2 {
            let asked = Instant::now();
            world.listsync(&["sync", "Few"]).await.exits(0);
            small = Some(asked.elapsed());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for worker in &mut workers {
        assert!(worker.wait().await.expect("it is a process").success());
    }

    // From the end of the first window on, which tells how much there is, until one of them has nothing left.
    let shared: Vec<Seen> = seen
        .iter()
        .copied()
        .filter(|seen| seen.at > WINDOW && seen.left.iter().all(|left| *left > 0))
        .collect();
    let (first, last) = (shared.first().expect("it goes on"), shared.last().expect("it goes on"));
    let granted = f64::from(GRANTED) * (last.at - first.at).as_secs_f64() / WINDOW.as_secs_f64();
    let used = (last.writes - first.writes) as f64 / granted;
    let removed = [0, 1].map(|group| first.left[group] - last.left[group]);
    let (less, more) = (removed[0].min(removed[1]), removed[0].max(removed[1]));
    let figure = |what: &str, value, bound, unit| Figure { what: what.to_owned(), value, bound, unit };
    vec![
        figure("of the write quota left unused by two workers", 1.0 - used, 0.1, ""),
        figure("refusals after the first window", (last.throttled - first.throttled) as f64, 0.0, ""),
        figure("what one worker removed, beside the other", more as f64 / less as f64, 1.2, "times"),
        figure(
            "a list of 20 that is due beside both",
            small.expect("both took longer").as_secs_f64(),
            // Two of its intervals.
            1_800.0,
            "s",
        ),
    ]
}

/// A list of nobody, linked one way to a group of so many people, whose removals are approved.
async fn remover(world: &World, list: &str, first: usize) -> ObjectId {
    world.listsync(&["lists", "create", list]).await.exits(0);
    let one_way = ["--mode", "list-to-group", "--extras", "remove", "--json"];
    let link = [&["link", list, "--new-group", list][..], &one_way].concat();
    let group = world.group(&world.listsync(&link).await.exits(0).json());
    for person in first..first + EACH {
        world.tenant().add_member(group, world.id(person));
    }
    world.tenant().settle();
    let held = world.listsync(&["sync", list, "--json"]).await.exits(4).json();
    world
        .listsync(&[
            "links",
            "approve",
            held["held"]["digest"].as_str().expect("the removals wait for a person"),
        ])
        .await
        .exits(0);
    group
}

fn sync(world: &World, list: &str) -> Child {
    let mut command = world.command(&["sync", list]);
    command.kill_on_drop(true).stdout(std::process::Stdio::null()).spawn().expect("it starts")
}
