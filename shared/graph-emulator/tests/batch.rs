//! Batches.

mod support;

use std::collections::BTreeSet;

use listsync_graph_emulator::{Effect, Fault, GroupKind, Refused};
use serde_json::{Value, json};
use support::{Bench, bind};

fn part(answer: &Value, id: &str) -> Value {
    let parts = answer["responses"].as_array().expect("there are parts");
    parts.iter().find(|part| part["id"] == id).cloned().expect("there is such a part")
}

#[tokio::test]
async fn parts_answer_on_their_own_and_in_any_order() {
    let bench = Bench::new().await;
    let people = bench.people(20);
    let group = bench.group(GroupKind::Security, &people);
    let requests: Vec<Value> = people
        .iter()
        .enumerate()
        .map(|(n, id)| json!({"id": n.to_string(), "method": "DELETE", "url": format!("/groups/{group}/members/{id}/$ref")}))
        .collect();
    let answer = bench.post("/$batch", json!({"requests": requests})).await;
    let parts = answer.body["responses"].as_array().expect("there are parts");
    assert!(parts.iter().all(|part| part["status"] == 204 && part.get("body").is_none()));
    assert!(parts.iter().all(|part| part["headers"]["x-ms-resource-unit"] == "1"));
    let order: Vec<&str> = parts.iter().filter_map(|part| part["id"].as_str()).collect();
    let sent: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_ne!(order, sent);
    assert_eq!(order.into_iter().collect::<BTreeSet<_>>().len(), 20);
    assert!(bench.tenant.members(group).is_empty());
    let counters = bench.tenant.counters();
    assert_eq!((counters.http_requests, counters.calls, counters.member_writes), (1, 20, 20));
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let bench = Bench::new().await;
    let get = |id: &str| json!({"id": id, "method": "GET", "url": "/groups"});
    let many: Vec<Value> = (0..21).map(|n| get(&n.to_string())).collect();
    for requests in [
        json!([]),
        json!(many),
        json!([get("a"), get("A")]),
        json!([{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/groups"}]),
        json!([{"id": "1", "url": "/groups"}]),
        json!([{"method": "GET", "url": "/groups"}]),
        json!([{"id": 1, "method": "GET", "url": "/groups"}]),
        json!([{"id": "1", "method": "PATCH", "url": "/groups/x", "body": {}}]),
        json!([{"id": "1", "method": "GET", "url": "/groups", "dependsOn": ["2"]}]),
        json!([{"id": "1", "method": "GET", "url": "/groups", "atomicityGroup": "g"}]),
    ] {
        let answer = bench.post("/$batch", json!({"requests": requests})).await;
        answer.refused(400, "BadRequest", "Invalid batch payload format");
    }
    let nested = json!({"id": "1", "method": "POST", "url": "/$batch",
        "headers": {"Content-Type": "application/json"}, "body": {"requests": []}});
    let answer = bench.post("/$batch", json!({"requests": [nested]})).await;
    assert_eq!(part(&answer.body, "1")["status"], 400);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_not_tried() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people[..1]);
    let headers = json!({"Content-Type": "application/json"});
    let url = format!("/groups/{group}");
    let answer = bench
        .post(
            "/$batch",
            json!({"requests": [
                {"id": "2", "method": "PATCH", "url": url, "headers": headers, "body": bind(&people[1..]), "dependsOn": ["1"]},
                {"id": "1", "method": "PATCH", "url": url, "headers": headers, "body": bind(&people[..1])},
            ]}),
        )
        .await;
    assert_eq!(part(&answer.body, "1")["status"], 400);
    assert_eq!(part(&answer.body, "2")["status"], 424);
    assert_eq!(bench.tenant.members(group).len(), 1);
}

#[tokio::test]
async fn a_throttled_part_says_how_long_to_wait_inside_a_200() {
    let bench = Bench::new().await;
    let refused = Refused::status(429).retry_after(7);
    bench.tenant.inject(Fault::on("GET", "/users", Effect::Refuse(refused)).nth(1));
    let requests = json!([
        {"id": "1", "method": "GET", "url": "/users"},
        {"id": "2", "method": "GET", "url": "/groups"},
    ]);
    let answer = bench.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(answer.status, 200);
    let throttled = part(&answer.body, "1");
    assert_eq!((&throttled["status"], &throttled["headers"]["Retry-After"]), (&json!(429), &json!("7")));
    assert_eq!(throttled["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(part(&answer.body, "2")["status"], 200);
}

#[tokio::test]
async fn a_count_in_a_batch_is_text_and_the_header_is_the_parts_own() {
    let bench = Bench::new().await;
    let people = bench.people(3);
    let group = bench.group(GroupKind::Security, &people);
    let url = format!("/groups/{group}/members/$count");
    let answer = bench
        .post(
            "/$batch",
            json!({"requests": [
                {"id": "1", "method": "GET", "url": url, "headers": {"ConsistencyLevel": "eventual"}},
                {"id": "2", "method": "GET", "url": url},
            ]}),
        )
        .await;
    assert_eq!(part(&answer.body, "1")["body"], "3");
    assert_eq!(part(&answer.body, "2")["status"], 400);
}

#[tokio::test]
async fn a_part_can_cut_the_connection_of_its_batch_after_its_effect() {
    let bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::Security, &people);
    bench.tenant.inject(Fault::on("DELETE", "/groups/*/members/*/$ref", Effect::ResetAfter).nth(1));
    let url = format!("/groups/{group}/members/{}/$ref", people[0]);
    let body = json!({"requests": [{"id": "1", "method": "DELETE", "url": url}]});
    assert!(bench.try_send("POST", "/$batch", &[], Some(body)).await.is_err());
    assert!(bench.tenant.members(group).is_empty());
}
