use listsync_end_to_end::World;
use listsync_graph_emulator::{Effect, Fault, Refused};

const YEAR: u64 = 31_536_000;

fn check(document: &serde_json::Value) -> (String, String) {
    let checks = document["checks"].as_array().expect("checks");
    let gate = checks.iter().find(|check| check["name"] == "gate").expect("the gate is always looked at");
    let text = |name: &str| gate[name].as_str().expect("a text").to_owned();
    (text("state"), text("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_asks_for_a_year_is_closed_for_minutes_in_every_process_and_a_person_opens_it() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(check(&world.json(&["doctor"]).await).0, "ok");

    let year = Effect::Refuse(Refused::status(429).retry_after(YEAR));
    world.tenant().inject(Fault::on("GET", "*", year));
    world.listsync(&["doctor"]).await.exits(1);
    world.tenant().clear_faults();
    let sent = world.tenant().counters().http_requests;

    let closed = world.listsync(&["doctor", "--json"]).await.exits(1).json();
    let (state, message) = check(&closed);
    assert_eq!(state, "warn");
    assert!(message.contains("closed until"), "{message}");
    assert_eq!(world.tenant().counters().http_requests, sent, "nothing is sent while it is closed");

    let (state, message) = check(&world.json(&["doctor", "--open-gate"]).await);
    assert_eq!(state, "ok");
    assert!(message.contains("is open now"), "{message}");
    assert_eq!(check(&world.json(&["doctor"]).await).0, "ok");
    world.listsync(&["sync", "News"]).await.exits(0);
}
