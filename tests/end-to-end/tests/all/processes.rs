use std::{
    collections::BTreeSet,
    process::Stdio,
    time::{Duration, Instant},
};

use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, ObjectId, Settings};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

const PEOPLE: usize = 240;
/// Slow enough that a kill hits a run in its middle.
const LATENCY: Duration = Duration::from_millis(15);

/// A tenant, and a list of which some are in the group already and others are only there.
async fn stage() -> (World, ObjectId) {
    let settings = Settings { latency: LATENCY, ..Settings::default() };
    let world = World::with(Emulator::builder().settings(settings), PEOPLE).await;
    let group = world.linked("News", &(0..200).collect::<Vec<_>>()).await;
    for person in 190..220 {
        world.tenant().add_member(group, world.id(person));
    }
    (world, group)
}

/// Who is where in the end.
#[derive(Debug, PartialEq)]
struct End {
    group: BTreeSet<ObjectId>,
    list: BTreeSet<String>,
}

async fn end(world: &World, group: ObjectId) -> End {
    End { group: world.members(group), list: world.listed("News", "member").await }
}

async fn is_in_step(world: &World) -> bool {
    let link = world.json(&["links", "show", "News"]).await;
    link["requested"] == link["synced"] && link["leased_until"].is_null()
}

fn spawned(mut command: Command) -> Child {
    command.stdin(Stdio::null()).kill_on_drop(true).spawn().expect("it starts")
}

/// Kills a command after a time; false: it had ended before.
async fn killed(mut child: Child, after: Duration) -> bool {
    sleep(after).await;
    let was_running = child.try_wait().expect("its state").is_none();
    child.kill().await.expect("it is killed");
    was_running
}

/// Whatever was killed, ticks and works until everything asked for is done.
async fn recover_by_timer(world: &World) {
    let started = Instant::now();
    while !is_in_step(world).await {
        assert!(started.elapsed() < Duration::from_secs(200), "the timer brings it back in step");
        world.listsync(&["tick"]).await.exits(0);
        world.listsync(&["work", "--until-empty"]).await.exits(0);
        sleep(Duration::from_secs(1)).await;
    }
}

async fn undisturbed() -> (End, Duration) {
    let (world, group) = stage().await;
    let started = Instant::now();
    world.listsync(&["sync", "News"]).await.exits(0);
    let took = started.elapsed();
    world.listsync(&["sync", "News"]).await.exits(0);
    let most = world.tenant().counters().most_writing;
    assert!(most >= 2, "a kill meets {most} writes under way at the most");
    (end(&world, group).await, took)
}

/// Law 2.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_started_again_ends_as_an_undisturbed_one() {
    let (expected, took) = undisturbed().await;
    assert_eq!((expected.group.len(), expected.list.len()), (220, 220));
    let moments = (1..=8).map(|eighth| took * eighth / 9);
    let cases = moments.enumerate().map(|(number, after)| {
        tokio::spawn(async move {
            let (world, group) = stage().await;
            let by_sync = number % 2 == 0;
            let args: &[&str] = if by_sync { &["sync", "News"] } else { &["work", "--until-empty"] };
            world.listsync(&["tick"]).await.exits(0);
            let mut command = world.command(args);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let hit = killed(spawned(command), after).await;
            match by_sync {
                true => drop(world.listsync(&["sync", "News"]).await.exits(0)),
                false => recover_by_timer(&world).await,
            }
            world.listsync(&["sync", "News"]).await.exits(0);
            world.assert_careful();
            (after, hit, end(&world, group).await)
        })
    });
    let mut hits = 0;
    for case in cases.collect::<Vec<_>>() {
        let (after, hit, end) = case.await.expect("the case ends");
        assert_eq!(end, expected, "killed after {after:?}");
        hits += u32::from(hit);
    }
    assert!(hits >= 4, "most kills hit a run: {hits}");
}

/// Law 7.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_do_the_work_once() {
    let (world, group) = stage().await;
    let (one, two) = tokio::join!(
        world.listsync(&["sync", "News", "--json"]),
        world.listsync(&["sync", "News", "--json"])
    );
    let summaries = [one.exits(0).json(), two.exits(0).json()];
    let added: Vec<u64> = summaries.iter().filter_map(|summary| summary["group"]["added"].as_u64()).collect();
    assert_eq!(added.iter().sum::<u64>(), 190, "{summaries:?}");
    assert_eq!(end(&world, group).await.group.len(), 220);

    let writers = (220..230).map(|person| {
        let (address, world) = (world.address(person).to_owned(), &world);
        async move { world.listsync(&["lists", "add", "News", &address]).await.exits(0) }
    });
    join_all(writers.collect()).await;
    let workers = (0..3).map(|_| world.listsync(&["work", "--until-empty"])).collect();
    join_all(workers).await;
    recover_by_timer(&world).await;
    assert_eq!(end(&world, group).await.group.len(), 230);
    world.assert_careful();
}

async fn join_all<F: Future>(futures: Vec<F>) {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_keeps_in_step_and_stops_cleanly_when_asked() {
    let (world, group) = stage().await;
    world.listsync(&["lists", "add", "News", "nobody@contoso.example"]).await.exits(0);
    let mut command = world.command(&["serve", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = spawned(command);
    let started = Instant::now();
    while world.members(group).len() < 220 || !is_in_step(&world).await {
        assert!(started.elapsed() < Duration::from_secs(60), "serve syncs what is due");
        sleep(Duration::from_millis(200)).await;
    }
    let id = child.id().expect("it runs").to_string();
    let status = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
    assert!(status.success());
    let output = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await;
    let output = output.expect("it stops").expect("its output");
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert!(document["ticks"].as_u64() >= Some(1) && document["handled"].as_u64() >= Some(1), "{document}");
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(told.contains("1 failure (listsync runs show"), "{told}");
    assert!(!told.contains('@'), "a journal outlives an erasure: {told}");
}
