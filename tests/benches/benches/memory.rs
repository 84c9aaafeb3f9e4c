//! The most memory that runs of a large link take. They are those of the worker, with the store of one machine: the engine
//! is the same, and a store with 100,000 members is made in seconds.

use std::time::Duration;

use listsync_benches::Figure;
use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, Settings, Throttle};
use tokio::process::{Child, Command};

const MEMBERS: usize = 100_000;
const FIRST_RUN: f64 = 256.0;
const FULL_CHECK: f64 = 128.0;
const MANY: usize = 500_000;
/// Of the many, so many are new on the list, and as many left the group.
const CHANGES: usize = 500;
const MANY_AT_MOST: f64 = 512.0;
/// How often the process is looked at. The kernel keeps the peak, so only its last moments can be missed.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) async fn figures() -> Vec<Figure> {
    let world = World::with(unthrottled(), MEMBERS).await;
    let group = world.linked("Everybody", &(0..MEMBERS).collect::<Vec<_>>()).await;
    let first = peak(world.command(&["sync", "Everybody"])).await;
    assert_eq!(world.members(group).len(), MEMBERS, "the first run adds everybody");
    let full = peak_of_full_check(&world).await;
    vec![of_run("first", MEMBERS, (first, FIRST_RUN)), of_run("full", MEMBERS, (full, FULL_CHECK))]
}

/// The same of half a million, of whom a thousand changed since the last run.
pub(crate) async fn figures_of_many() -> Vec<Figure> {
    let world = World::with(unthrottled(), MANY + CHANGES).await;
    let group = world.linked("Everybody", &(0..MANY).collect::<Vec<_>>()).await;
    for person in 0..MANY {
        world.tenant().add_member(group, world.id(person));
    }
    world.tenant().settle();
    world.listsync(&["sync", "Everybody"]).await.exits(0);
    world.write("new.csv", world.csv(&(MANY..MANY + CHANGES).collect::<Vec<_>>()));
    world.listsync(&["import", "new.csv", "--list", "Everybody", "--mode", "incremental"]).await.exits(0);
    for person in 0..CHANGES {
        world.tenant().remove_member(group, world.id(person));
    }
    world.tenant().settle();
    let full = peak_of_full_check(&world).await;
    assert_eq!(world.members(group).len(), MANY, "those who are new were added");
    vec![of_run("full, 1,000 changes,", MANY, (full, MANY_AT_MOST))]
}

fn unthrottled() -> Emulator {
    Emulator::builder().settings(Settings { throttle: Throttle::Off, ..Settings::default() })
}

async fn peak_of_full_check(world: &World) -> f64 {
    world.listsync(&["settings", "set", "full-check-every", "1s"]).await.exits(0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    peak(world.command(&["sync", "Everybody"])).await
}

fn of_run(run: &str, members: usize, (value, bound): (f64, f64)) -> Figure {
    let what = format!("{run} run of a link of {members} members: peak memory");
    Figure { what, value, bound, unit: "MB" }
}

/// The most resident memory that a process had, in megabytes.
pub(crate) async fn peak(mut command: Command) -> f64 {
    command.kill_on_drop(true);
    let mut process = command.stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let mut most = 0;
    let status = loop {
        most = most.max(resident(&process));
        if let Ok(status) = tokio::time::timeout(LOOK, process.wait()).await {
            break status.expect("it ends");
        }
    };
    assert!(status.success(), "{status}");
    f64::from(most) / 1_000.0
}

/// In kilobytes, by the kernel's count.
pub(crate) fn resident(process: &Child) -> u32 {
    let status = process.id().and_then(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok());
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default()
}
