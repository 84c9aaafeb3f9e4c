//! The shipped host answering over HTTP: what is asked of it there stands in the group at the end.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use listsync_end_to_end::{Served, World};
use listsync_graph_emulator::{Emulator, ObjectId, Settings};
use reqwest::{Method, StatusCode};
use serde_json::json;
use standardwebhooks::Webhook;
use tokio::time::sleep;

const PUBLIC: &str = "https://lists.contoso.example";
const LATENCY: Duration = Duration::from_millis(5);

/// A list of two of five people, in step with its group, and the host.
async fn stage() -> (World, ObjectId, Served) {
    let settings = Settings { latency: LATENCY, ..Settings::default() };
    let mut world = World::with(Emulator::builder().settings(settings), 5).await;
    let group = world.linked("News", &[0, 1]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let served = Served::start(&mut world, PUBLIC).await;
    (world, group, served)
}

async fn until_members(world: &World, group: ObjectId, people: &[usize]) {
    let started = Instant::now();
    while world.members(group) != world.ids(people) {
        let members = world.members(group).len();
        assert!(started.elapsed() < Duration::from_secs(60), "{members} members, and not {people:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_event_becomes_a_decision_and_a_member_and_a_forged_one_nothing() {
    let (world, group, served) = stage().await;
    let source = json!({"id": "crm", "name": "CRM", "kind": "standard", "list": "News"});
    let source = served.post("/v1/sources", &source).await;
    assert_eq!(source["url"], format!("{PUBLIC}/hooks/crm"));
    let secret = source["secret"].as_str().expect("a secret");
    let deliver = async |id: &str, signed_by: &str, kind: &str, person: usize| {
        let body = json!({"type": kind, "address": world.address(person)}).to_string();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now").as_secs();
        let hook = Webhook::new(signed_by).expect("a secret");
        let signature = hook.sign(id, i64::try_from(now).expect("now"), body.as_bytes()).expect("signed");
        let request = served.ask(Method::POST, "/hooks/crm").header("webhook-id", id);
        let request = request.header("webhook-timestamp", now).header("webhook-signature", signature);
        request.body(body).send().await.expect("an answer").status()
    };
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(deliver("m-0", other, "subscribe", 3).await, StatusCode::UNAUTHORIZED);
    assert_eq!(deliver("m-1", secret, "subscribe", 2).await, StatusCode::ACCEPTED);
    until_members(&world, group, &[0, 1, 2]).await;
    assert_eq!(deliver("m-2", secret, "unsubscribe", 0).await, StatusCode::ACCEPTED);
    until_members(&world, group, &[1, 2]).await;
    assert!(world.listed("News", "opted_out").await.contains(world.address(0)));
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_in_a_message_takes_its_reader_out_of_the_group() {
    let (world, group, served) = stage().await;
    let link = json!({"contact": world.address(1), "list": "News"});
    let link = served.post("/v1/opt-out-links", &link).await;
    let header = link["headers"]["List-Unsubscribe"].as_str().expect("a header");
    let path = header.strip_prefix(&format!("<{PUBLIC}")).and_then(|rest| rest.strip_suffix('>'));
    let path = path.expect("the header holds the link").to_owned();
    for _ in 0..10 {
        let page = served.ask(Method::GET, &path).send().await.expect("an answer");
        assert_eq!(page.status(), StatusCode::OK, "a link scanner looks");
    }
    assert!(world.listed("News", "opted_out").await.is_empty());
    let click = served.ask(Method::POST, &path).header("content-type", "application/x-www-form-urlencoded");
    let click = click.body("List-Unsubscribe=One-Click").send().await.expect("an answer");
    assert_eq!(click.status(), StatusCode::OK);
    until_members(&world, group, &[0]).await;
    let forged = served.ask(Method::POST, &format!("{path}x")).body("action=undo").send().await;
    assert_eq!(forged.expect("an answer").status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_over_the_api_joins_and_a_caller_can_wait_for_the_summary() {
    let (world, group, served) = stage().await;
    let decision = json!({"address": world.address(3), "decision": "subscribed"});
    let stored = served.post("/v1/lists/News/decisions", &decision).await;
    let link = stored["links"][0].as_str().expect("its link is asked to run").to_owned();
    until_members(&world, group, &[0, 1, 3]).await;
    world.tenant().add_member(group, world.id(4));
    let summary = served.post(&format!("/v1/links/{link}/sync?wait=60"), &json!({})).await;
    assert_eq!((&summary["outcome"], &summary["list"]["added"]), (&json!("converged"), &json!(1)));
    let id = summary["run"].as_str().expect("a run");
    let by_command = world.json(&["runs", "show", id]).await;
    assert_eq!(by_command, summary, "one summary, however it was asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let (world, _, served) = stage().await;
    let address = served.url.strip_prefix("http://").expect("a plain address");
    let done = world.listsync(&["serve", "--listen", address, "--json"]).await.exits(1);
    let (code, told) = done.error();
    assert_eq!(code, "listen");
    assert!(told.contains(address) && told.contains("--listen 127.0.0.1:8081"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_when_timer_and_worker_last_looked() {
    let (_world, _, served) = stage().await;
    let answer = served.ask(Method::GET, "/healthz").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.expect("a body");
    let health: serde_json::Value = serde_json::from_str(&text).expect("a document");
    let names: Vec<&str> =
        health["loops"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["timer", "worker"], "{health}");
    for one in health["loops"].as_array().expect("loops") {
        assert!(one["looked_seconds_ago"].as_u64().is_some_and(|ago| ago <= 30), "{health}");
    }
}
