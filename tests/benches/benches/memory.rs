//! The most memory that runs of a large link take. They are those of the worker, with the store of one machine: the engine
//! is the same, and a store with 100,000 members is made in seconds.

use std::time::Duration;

use listsync_benches::Figure;
use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, Settings, Throttle};
use tokio::process::{Child, Command};

const MEMBERS: usize = 100_000;
const BOUND: f64 = 256.0;
/// How often the process is looked at. The kernel keeps the peak, so only its last moments can be missed.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) async fn figures() -> Vec<Figure> {
    let emulator = Emulator::builder().settings(Settings { throttle: Throttle::Off, ..Settings::default() });
    let world = World::with(emulator, MEMBERS).await;
    let group = world.linked("Everybody", &(0..MEMBERS).collect::<Vec<_>>()).await;
    let first = peak(world.command(&["sync", "Everybody"])).await;
    assert_eq!(world.members(group).len(), MEMBERS, "the first run adds everybody");
    world.listsync(&["settings", "set", "full-check-every", "1s"]).await.exits(0);
    let again = peak(world.command(&["sync", "Everybody"])).await;
    let figure = |run: &str, value| {
        let what = format!("{run} run of a link of {MEMBERS} members: peak memory");
        Figure { what, value, bound: BOUND, unit: "MB" }
    };
    vec![figure("first", first), figure("full", again)]
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
