use std::time::Duration;

use listsync_end_to_end::{Cloud, Function, Message, TIMER_TIME, beat};
use listsync_graph_emulator::{Emulator, Settings, Writers};
use serde_json::Value;

use crate::scene::{is_in_step, links};

/// `LISTSYNC_MEMBERS` sets another number: the emulated DynamoDB takes most of the time, and as much more.
const MEMBERS: usize = 5_000;
/// What the worker keeps for its end: ten seconds for the batch, five for the run.
const KEPT: Duration = Duration::from_secs(15);
/// The work that the first invocation has time for; each later one has half as much again. So the machine's speed decides
/// how many there are, and not whether they come to an end.
const FIRST: Duration = Duration::from_secs(10);
/// Of each request to Graph. It takes one writer of a group at a time, so that the 50 batches of additions alone take 30
/// seconds, which no two invocations have.
const LATENCY: Duration = Duration::from_millis(600);

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_thousands_of_members_goes_on_over_several_invocations() {
    let members =
        std::env::var("LISTSYNC_MEMBERS").map_or(MEMBERS, |text| text.parse().expect("a number of members"));
    let settings = Settings { latency: LATENCY, writers: Writers::One, ..Settings::default() };
    let emulator = Emulator::builder().settings(settings);
    let cloud = Cloud::with(emulator, members).await;
    let group = cloud.world.linked("Everybody", &(0..members).collect::<Vec<_>>()).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");

    let (mut invocations, mut before, mut work) = (0_u64, 0, FIRST);
    while let Some(messages) = next(&cloud, &timer).await {
        cloud.work(&worker, &messages, KEPT + work).await;
        invocations += 1;
        let now = cloud.world.members(group).len();
        assert!(now >= before && invocations < 40, "each goes on where the last one ended");
        (before, work) = (now, work * 3 / 2);
    }
    assert_eq!(cloud.world.members(group).len(), members);
    let link = links(&cloud.world).await.remove(0);
    assert_eq!(link["last_run"]["outcome"], "converged", "{link}");
    assert_eq!(link["last_run"]["trigger"], "continuation", "{link}");
    assert!(continuations(&cloud).await >= 2, "it took {invocations} invocations: {}", told(&worker));
    let writes = cloud.world.tenant().counters().member_writes;
    // Each invocation learns anew that two at a time are refused, of requests of five writes each.
    assert!(writes <= members as u64 / 20 + invocations * 10, "little is sent twice: {writes}");
    let runs = cloud.world.json(&["runs", "ls"]).await;
    let clashed = |run: &Value| run["reason"] == "Directory_ConcurrencyViolation";
    assert!(!runs.as_array().expect("runs").iter().any(clashed), "a clash ends no run: {runs}");
    assert!(cloud.dead_letters().await.is_empty());
    cloud.world.assert_careful();
}

/// The messages that there are; where a machine is so slow that a run was broken off, the timer sends the next. None: the
/// link is in step.
async fn next(cloud: &Cloud, timer: &Function) -> Option<Vec<Message>> {
    loop {
        let messages = cloud.receive().await;
        if !messages.is_empty() {
            return Some(messages);
        }
        let links = links(&cloud.world).await;
        if links.iter().all(is_in_step) {
            return None;
        }
        assert!(
            links.iter().all(|link| link["status"] == "active" || link["status"] == "failing"),
            "nobody would ever run it again: {links:?}"
        );
        tokio::time::sleep(Duration::from_secs(2)).await;
        timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    }
}

/// How many runs ended early with their progress saved.
async fn continuations(cloud: &Cloud) -> usize {
    let runs = cloud.world.json(&["runs", "ls"]).await;
    let runs = runs.as_array().expect("runs").iter();
    runs.filter(|run| run["outcome"] == "continued").count()
}

fn told(worker: &Function) -> String {
    worker.lines().iter().filter(|line| line.get("_aws").is_none()).map(Value::to_string).collect()
}
