//! The shipped functions on an emulated AWS, behind a gateway: for the tests that bring a browser. One line on standard output
//! tells where it is; it ends with its standard input.
#![expect(clippy::print_stdout, reason = "who started it reads where it is")]

use std::{collections::BTreeMap, io::Read as _, time::Duration};

use listsync_end_to_end::{Cloud, Gateway, TIMER_TIME, beat};
use serde_json::json;
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

const PEOPLE: usize = 300;
/// So many of them are in the file.
const IN_FILE: usize = 40;
/// So often messages are handed over, and the timer beats.
const LOOK: Duration = Duration::from_millis(200);
const BEAT: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let cloud = Cloud::of(PEOPLE).await;
    let world = &cloud.world;
    world.write("people.csv", world.csv(&(0..IN_FILE).collect::<Vec<_>>()));
    let gateway = Gateway::before(cloud.api().await).await;
    let environment: BTreeMap<String, String> = world.environment().into_iter().collect();
    let told = json!({"url": gateway.url, "people": world.path("people.csv"), "env": environment});
    println!("{told}");
    tokio::select! {
        () = keep_working(&cloud) => {}
        _ = spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())) => {}
    }
    assert!(cloud.refused().is_empty(), "a role does not allow what was asked: {:?}", cloud.refused());
}

/// The schedule and the event source.
async fn keep_working(cloud: &Cloud) {
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    let mut beaten = Instant::now();
    loop {
        cloud.work_off(&worker).await;
        if beaten.elapsed() >= BEAT {
            timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
            beaten = Instant::now();
        }
        sleep(LOOK).await;
    }
}
