//! From a call that subscribes somebody to the moment at which they stand in the group.

use std::time::{Duration, Instant};

use listsync_benches::Figure;
use listsync_end_to_end::{Served, World};
use listsync_graph_emulator::{Emulator, Settings};
use serde_json::json;

const LATENCY: Duration = Duration::from_millis(50);
const PEOPLE: usize = 500;
const CALLS: usize = 21;
/// How often the group is looked at.
const LOOK: Duration = Duration::from_millis(2);

pub(crate) async fn figures() -> Vec<Figure> {
    let settings = Settings { latency: LATENCY, ..Settings::default() };
    let mut world = World::with(Emulator::builder().settings(settings), PEOPLE + CALLS).await;
    let group = world.linked("News", &(0..PEOPLE).collect::<Vec<_>>()).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let served = Served::start(&mut world, "https://lists.contoso.example").await;
    let mut times = Vec::new();
    for person in PEOPLE..PEOPLE + CALLS {
        let began = Instant::now();
        let decision = json!({"address": world.address(person), "decision": "subscribed"});
        served.post("/v1/lists/News/decisions", &decision).await;
        while !world.members(group).contains(&world.id(person)) {
            tokio::time::sleep(LOOK).await;
        }
        times.push(began.elapsed());
        // The run saves what it did: the next call comes while nothing is under way.
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    times.sort_unstable();
    let figure = |what: &str, time: Duration| {
        let what = format!("from subscribe to member, Graph at 50 ms: {what}");
        Figure { what, value: time.as_secs_f64(), bound: 2.0, unit: "s" }
    };
    vec![figure("median", times[CALLS / 2]), figure("longest", times[CALLS - 1])]
}
