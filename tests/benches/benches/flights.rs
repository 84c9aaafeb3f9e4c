//! Many additions and many removals before a directory that takes its time, against waiting for each request in turn.
//!
//! To see another revision's figures, give the folder of its release binaries in `LISTSYNC_BIN_DIR`.

use std::time::{Duration, Instant};

use listsync_benches::Figure;
use listsync_core::flight;
use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, Settings, Throttle};

const LATENCY: Duration = Duration::from_millis(50);
/// So many are added, and so many others removed.
const HALF: usize = 5_000;

pub(crate) async fn figures() -> Vec<Figure> {
    let settings = Settings { latency: LATENCY, throttle: Throttle::Off, ..Settings::default() };
    let world = World::with(Emulator::builder().settings(settings), 2 * HALF).await;
    world.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.write("people.csv", world.csv(&(0..HALF).collect::<Vec<_>>()));
    world.listsync(&["import", "people.csv", "--list", "News", "--mode", "incremental"]).await.exits(0);
    let one_way = ["--mode", "list-to-group", "--extras", "remove", "--json"];
    let link = [&["link", "News", "--new-group", "News"][..], &one_way].concat();
    let group = world.group(&world.listsync(&link).await.exits(0).json());
    for person in HALF..2 * HALF {
        world.tenant().add_member(group, world.id(person));
    }
    world.tenant().settle();
    let before = world.tenant().counters().http_requests;

    let began = Instant::now();
    let held = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    let added = began.elapsed();
    let digest = held["held"]["digest"].as_str().expect("the removals wait for a person");
    world.listsync(&["links", "approve", digest]).await.exits(0);
    let began = Instant::now();
    world.listsync(&["sync", "News"]).await.exits(0);
    let removed = began.elapsed();

    assert_eq!(world.members(group).len(), HALF, "those of the list are left");
    let counters = world.tenant().counters();
    let requests = u32::try_from(counters.http_requests - before).unwrap_or(u32::MAX);
    let in_turn = LATENCY * requests;
    let what = format!("{HALF} additions, {HALF} removals, Graph at 50 ms");
    let figure = |what: String, value: f64, bound: f64, unit| Figure { what, value, bound, unit };
    vec![
        figure(what, (added + removed).as_secs_f64(), in_turn.as_secs_f64() / 4.0, "s"),
        figure(
            "requests of one run under way at a time".to_owned(),
            counters.most_under_way as f64,
            flight::MOST as f64,
            "",
        ),
    ]
}
