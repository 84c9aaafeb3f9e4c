use std::{collections::BTreeSet, time::Duration};

use listsync_end_to_end::{Cloud, TIMER_TIME, WORKER_TIME, beat, event};
use listsync_graph_emulator::{Effect, Emulator, Fault, Refused, Settings, When};
use serde_json::{Value, json};

use crate::scene::{Links, is_in_step, links, on_one_machine, recover};

/// The queue's visibility time-out by the template, and a little more.
const HIDDEN: Duration = Duration::from_secs(1_801);

/// Slow enough that a kill hits runs in their middle.
fn slow() -> Emulator {
    Emulator::builder().settings(Settings { latency: Duration::from_millis(40), ..Settings::default() })
}

/// Waits until so many requests more than now were made of Graph.
async fn requests(cloud: &Cloud, more: u64) {
    let made = || cloud.world.tenant().counters().http_requests;
    let enough = made() + more;
    while made() < enough {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_in_mid_batch_loses_nothing() {
    let expected = on_one_machine(30, 6).await;
    let cloud = Cloud::with(slow(), 30).await;
    let lists = Links::make(&cloud.world, 6).await;
    let timer = cloud.timer().await;
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");

    let messages = cloud.receive().await;
    assert_eq!(messages.len(), 6);
    let doomed = cloud.worker().await;
    doomed.ready().await;
    // A run takes some ten requests: two of the four that go at a time may have ended by now, and two links wait.
    let in_the_middle = requests(&cloud, 20);
    assert!(doomed.call_and_kill(&event(&messages), in_the_middle).await, "it was at work");
    let unfinished = links(&cloud.world).await.iter().filter(|link| !is_in_step(link)).count();
    assert!(unfinished > 0, "the kill hit runs");

    // Its messages come again, and its leases run out.
    cloud.set_ahead(HIDDEN);
    let worker = cloud.worker().await;
    recover(&cloud, &timer, &worker).await;
    assert_eq!(lists.end(&cloud.world).await, expected);
    cloud.world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_and_late_messages_in_any_order_change_nothing() {
    let expected = on_one_machine(30, 5).await;
    let cloud = Cloud::of(30).await;
    let lists = Links::make(&cloud.world, 5).await;
    let timer = cloud.timer().await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
        messages.extend(cloud.receive().await);
    }
    assert_eq!(messages.len(), 15, "what is not synced is still due");
    messages.reverse();
    let (one, other) = (cloud.worker().await, cloud.worker().await);
    for batch in messages.chunks(4) {
        let (first, second) =
            tokio::join!(cloud.work(&one, batch, WORKER_TIME), cloud.work(&other, batch, WORKER_TIME));
        assert!(first.is_empty() && second.is_empty(), "a busy link is no failure");
    }
    recover(&cloud, &timer, &one).await;
    assert_eq!(lists.end(&cloud.world).await, expected);
    let runs = cloud.world.json(&["runs", "ls"]).await;
    let added: u64 =
        runs.as_array().expect("runs").iter().filter_map(|run| run["group"]["added"].as_u64()).sum();
    assert_eq!(added, 25, "each person was added once");
    cloud.world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_ours_fails_alone_and_becomes_a_dead_letter() {
    let cloud = Cloud::of(20).await;
    Links::make(&cloud.world, 1).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    let odd =
        ["anna.secret@contoso.example", r#"{"schema":9,"link":"x"}"#, r#"{"schema":1,"person":"anna"}"#];
    for body in odd {
        cloud.send(body).await;
    }
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");

    let mut ahead = Duration::ZERO;
    for receive in 1..=5 {
        let messages = cloud.receive().await;
        let of_ours = messages.len() - odd.len();
        assert_eq!(of_ours, usize::from(receive == 1), "the good one was done at once");
        let failed = cloud.work(&worker, &messages, WORKER_TIME).await;
        assert_eq!(failed.len(), odd.len(), "{failed:?}");
        ahead += HIDDEN;
        cloud.set_ahead(ahead);
    }
    assert!(links(&cloud.world).await.iter().all(is_in_step));
    assert!(cloud.receive().await.is_empty(), "they come no more");
    let dead: BTreeSet<String> = cloud.dead_letters().await.into_iter().collect();
    assert_eq!(dead, odd.map(str::to_owned).into());
    let output = worker.output();
    assert!(output.contains("schema 9"), "the reason is told: {output}");
    assert!(!output.contains("anna"), "their content is not: {output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_whose_message_comes_for_the_last_time_says_so_until_a_run_succeeds() {
    let cloud = Cloud::of(20).await;
    Links::make(&cloud.world, 1).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let unavailable = Effect::Refuse(Refused::status(503));
    cloud.world.tenant().inject(Fault::on("GET", "/groups/*", unavailable).when(When::Every));

    let mut messages = cloud.receive().await;
    messages[0]["Attributes"]["ApproximateReceiveCount"] = json!("5");
    cloud.work(&worker, &messages, WORKER_TIME).await;
    let link = links(&cloud.world).await.remove(0);
    assert!(link["failing"]["reason"].as_str().is_some_and(|why| !why.is_empty()), "{link}");
    let shown = cloud.world.listsync(&["links", "show", "List 0"]).await.exits(0).stdout;
    assert!(shown.contains("Failing since"), "{shown}");

    cloud.world.tenant().clear_faults();
    cloud.world.listsync(&["sync", "List 0"]).await.exits(0);
    assert_eq!(links(&cloud.world).await[0]["failing"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_at_the_last_receive_has_said_so_before() {
    let cloud = Cloud::of(20).await;
    Links::make(&cloud.world, 1).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let hang = Effect::Delay(Duration::from_secs(600));
    cloud.world.tenant().inject(Fault::on("GET", "/groups/*", hang).when(When::Every));

    let mut messages = cloud.receive().await;
    messages[0]["Attributes"]["ApproximateReceiveCount"] = json!("5");
    let marked = async {
        while links(&cloud.world).await[0]["failing"].is_null() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(worker.call_and_kill(&event(&messages), marked).await, "the run hangs");
    let shown = cloud.world.listsync(&["links", "show", "List 0"]).await.exits(0).stdout;
    assert!(shown.contains("Failing since"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_a_link_that_was_removed_is_acknowledged_and_logged() {
    let cloud = Cloud::of(20).await;
    Links::make(&cloud.world, 1).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.world.listsync(&["links", "unlink", "List 0"]).await.exits(0);
    let messages = cloud.receive().await;
    assert_eq!(messages.len(), 1);
    assert!(cloud.work(&worker, &messages, WORKER_TIME).await.is_empty());
    assert!(worker.output().contains("removed"), "{}", worker.output());
    assert_eq!(cloud.waiting().await, [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_link_do_its_work_once() {
    let cloud = Cloud::with(slow(), 20).await;
    let lists = Links::make(&cloud.world, 1).await;
    let (timer, one, other) = (cloud.timer().await, cloud.worker().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let messages = cloud.receive().await;
    let (first, second) =
        tokio::join!(cloud.work(&one, &messages, WORKER_TIME), cloud.work(&other, &messages, WORKER_TIME));
    assert!(first.is_empty() && second.is_empty(), "who comes second has nothing to do");
    assert!(links(&cloud.world).await.iter().all(is_in_step));
    let runs = cloud.world.json(&["runs", "ls"]).await;
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
    assert_eq!(runs[0]["outcome"], "converged", "{runs}");
    let [group, list] = lists.end(&cloud.world).await.remove("List 0").expect("its end");
    assert_eq!(group, list);
}
