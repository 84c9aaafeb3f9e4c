//! Ctrl-C and SIGTERM: whoever stops a verb leaves nothing behind that others have to wait for.

use std::{process::Stdio, time::Duration};

use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, ObjectId, Settings};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

const PEOPLE: usize = 900;
/// So slow that the first of several batches have landed long before the last is sent.
const LATENCY: Duration = Duration::from_millis(600);
const PATIENCE: Duration = Duration::from_secs(120);

async fn stage() -> (World, ObjectId) {
    let settings = Settings { latency: LATENCY, ..Settings::default() };
    let world = World::with(Emulator::builder().settings(settings), PEOPLE).await;
    let group = world.linked("News", &(0..PEOPLE).collect::<Vec<_>>()).await;
    (world, group)
}

fn spawned(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().expect("it starts")
}

async fn signal(child: &Child, name: &str) {
    let id = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([name, &id]).status().await.expect("kill is there");
    assert!(sent.success());
}

async fn until_it_writes(world: &World, group: ObjectId) {
    let writes = async {
        while world.members(group).is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, writes).await.expect("it comes to writing");
}

/// Stops a verb in the middle of its run: the run ends with its progress saved, is in the history, and has freed its lease.
async fn is_stopped(args: &[&str], with: &str) {
    let (world, group) = stage().await;
    if args[0] == "work" {
        world.listsync(&["tick"]).await.exits(0);
    }
    let child = spawned(world.command(args));
    until_it_writes(&world, group).await;
    signal(&child, with).await;
    let ended = timeout(PATIENCE, child.wait_with_output()).await.expect("in its time").expect("its end");
    assert_eq!(ended.status.code(), Some(if args[0] == "work" { 0 } else { 3 }), "{ended:?}");
    let link = world.json(&["links", "show", "News"]).await;
    assert!(link["leased_until"].is_null(), "the lease is free: {link}");
    let runs = world.json(&["runs", "ls"]).await;
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "the run is in the history: {runs}");
    if args[0] == "sync" {
        let members = world.members(group).len();
        assert!(members < PEOPLE, "it did not go on to its end");
        assert_eq!(runs[0]["group"]["added"], members, "all that was under way is recorded");
        assert_eq!(runs[0]["outcome"], "continued");
        world.listsync(&["sync", "News"]).await.exits(0);
    }
    assert_eq!(world.members(group).len(), PEOPLE);
    world.assert_careful();
}

/// Law 8.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_stopped_saves_its_progress_and_frees_its_lease() {
    is_stopped(&["sync", "News"], "-INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_stops_a_sync_as_ctrl_c_does() {
    is_stopped(&["sync", "News"], "-TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_to_empty_the_queue_ends_its_run_when_it_is_stopped() {
    is_stopped(&["work", "--until-empty"], "-INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_ends_at_once() {
    let (world, group) = stage().await;
    world.tenant().configure(|settings| settings.latency = Duration::from_secs(20));
    let before = world.tenant().journal().len();
    let mut child = spawned(world.command(&["sync", "News"]));
    let asked = async {
        while world.tenant().journal().len() == before {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, asked).await.expect("it asks the directory");
    signal(&child, "-INT").await;
    sleep(Duration::from_millis(200)).await;
    if child.try_wait().expect("its state").is_none() {
        signal(&child, "-INT").await;
    }
    let ended = timeout(Duration::from_secs(10), child.wait()).await.expect("at once").expect("its end");
    assert!(matches!(ended.code(), Some(130 | 3)), "{ended:?}");
    assert!(world.members(group).is_empty());
}
