//! Throttling, lag, faults: the service on a bad day.

mod support;

use std::time::Duration;

use listsync_graph_emulator::{
    Effect, Fault, GroupKind, JournalBodies, Lag, Paging, Refused, RetryAfterForm, TenantSize, Throttle, When,
};
use serde_json::json;
use support::{Bench, bind, read, reference};

fn throttled(multiplier: f64) -> Throttle {
    Throttle::On { size: TenantSize::Counted, multiplier }
}

#[tokio::test]
async fn resource_units_run_out_and_come_back() {
    let bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    bench.tenant.configure(|settings| settings.throttle = throttled(0.002));
    let path = format!("/groups/{group}/members");
    assert_eq!(bench.get(&path).await.header("x-ms-resource-unit"), "3");
    let second = bench.get(&format!("{path}?$select=id&$top=5")).await;
    assert_eq!(second.header("x-ms-resource-unit"), "1");
    let near = bench.get(&format!("{path}?$select=id")).await;
    assert_eq!(near.header("x-ms-throttle-limit-percentage"), "0.86");
    bench.wait(3);
    let refused = bench.get(&path).await;
    refused.refused(429, "TooManyRequests", "Please retry again later.");
    assert_eq!(refused.header("retry-after"), "7");
    assert_eq!(refused.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    assert!(refused.header("x-ms-throttle-scope").ends_with(&bench.running.tenant_id));
    bench.tenant.configure(|settings| settings.retry_after = RetryAfterForm::HttpDate);
    assert_eq!(bench.get(&path).await.header("retry-after"), "Mon, 23 Nov 2026 08:00:10 GMT");
    bench.wait(7);
    assert_eq!(bench.get(&path).await.status, 200);
    assert_eq!(bench.tenant.counters().throttled, 2);
}

#[tokio::test]
async fn a_patch_of_twenty_is_one_write_and_writes_run_out() {
    let bench = Bench::new().await;
    let people = bench.people(43);
    let group = bench.group(GroupKind::Security, &[]);
    bench.tenant.configure(|settings| settings.throttle = throttled(0.001));
    let path = format!("/groups/{group}");
    assert_eq!(bench.patch(&path, bind(&people[..20])).await.status, 204);
    assert_eq!(bench.patch(&path, bind(&people[20..40])).await.status, 204);
    bench.wait(10);
    let body = |n: usize| json!({"@odata.id": reference(people[n])});
    assert_eq!(bench.post(&format!("{path}/members/$ref"), body(40)).await.status, 204);
    let refused = bench.post(&format!("{path}/members/$ref"), body(41)).await;
    assert_eq!((refused.status, refused.header("x-ms-throttle-information")), (429, "WriteLimitExceeded"));
    assert_eq!(refused.header("retry-after"), "140");
    assert_eq!(bench.tenant.members(group).len(), 41);
}

#[tokio::test]
async fn reads_lag_replicas_disagree_and_writes_are_judged_by_the_truth() {
    let mut bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people[..1]);
    bench.tenant.settle();
    bench.tenant.configure(|settings| settings.lag = Lag { max: Duration::from_secs(900), replicas: 3 });
    bench.wait(3_000);
    let add = bind(&people[1..]);
    assert_eq!(bench.patch(&format!("/groups/{group}"), add.clone()).await.status, 204);
    bench.patch(&format!("/groups/{group}"), add).await.refused(400, "Request_BadRequest", "already exist");
    bench.wait(300);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        seen.insert(bench.get(&format!("/groups/{group}/members?$select=id")).await.ids().len());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2]);
    bench.wait(900);
    bench.sign_in().await;
    for _ in 0..10 {
        assert_eq!(bench.get(&format!("/groups/{group}/members?$select=id")).await.ids().len(), 2);
    }
}

#[tokio::test]
async fn changes_lag_too_but_none_is_lost() {
    let bench = Bench::new().await;
    let people = bench.people(10);
    let group = bench.group(GroupKind::Security, &[]);
    bench.tenant.settle();
    bench.tenant.configure(|settings| settings.lag = Lag { max: Duration::from_secs(60), replicas: 2 });
    bench.wait(100);
    let path = format!("/groups/delta?$select=members&$filter=id eq '{group}'&$deltatoken=latest");
    let mut link = bench.get(&path).await.body["@odata.deltaLink"].as_str().expect("a link").to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for person in people.iter().map(Some).chain([None; 20]) {
        if let Some(person) = person {
            bench.tenant.add_member(group, *person);
        }
        bench.wait(5);
        let answer = bench.get(&link).await;
        for member in answer.body["value"][0]["members@delta"].as_array().into_iter().flatten() {
            seen.insert(member["id"].as_str().expect("an id").to_owned());
        }
        answer.body["@odata.deltaLink"].as_str().expect("a link").clone_into(&mut link);
    }
    assert_eq!(seen.len(), 10);
}

#[tokio::test]
async fn a_listing_shows_one_state_unless_told_otherwise() {
    let bench = Bench::new().await;
    let people = bench.people(6);
    let group = bench.group(GroupKind::Security, &people);
    let path = format!("/groups/{group}/members?$top=3&$select=id");
    for (paging, expected) in [(Paging::Snapshot, 3), (Paging::AnyReplica, 0)] {
        bench.tenant.configure(|settings| settings.paging = paging);
        let next = bench.get(&path).await.body["@odata.nextLink"].as_str().expect("a link").to_owned();
        for person in &people {
            bench.tenant.remove_member(group, *person);
        }
        assert_eq!(bench.get(&next).await.ids().len(), expected);
        for person in &people {
            bench.tenant.add_member(group, *person);
        }
    }
}

#[tokio::test]
async fn a_refusal_before_has_no_effect_and_one_after_has() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/{group}/members/$ref");
    let pattern = "/groups/*/members/$ref";
    bench
        .tenant
        .inject(Fault::on("POST", pattern, Effect::Refuse(Refused::status(503).retry_after(3))).nth(1));
    bench.tenant.inject(Fault::on("POST", pattern, Effect::RefuseAfter(Refused::status(504))).nth(2));
    let body = |n: usize| json!({"@odata.id": reference(people[n])});
    let before = bench.post(&path, body(0)).await;
    assert_eq!((before.status, before.header("retry-after")), (503, "3"));
    assert!(bench.tenant.members(group).is_empty());
    assert_eq!(bench.post(&path, body(0)).await.status, 504);
    assert_eq!(bench.tenant.members(group).len(), 1);
    assert_eq!(bench.post(&path, body(1)).await.status, 204);
    assert_eq!(bench.tenant.fault_hits(), 2);
}

#[tokio::test]
async fn a_connection_can_be_cut_before_and_after_the_effect() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/{group}/members/$ref");
    let body = |n: usize| Some(json!({"@odata.id": reference(people[n])}));
    bench.tenant.inject(Fault::on("POST", "*", Effect::ResetBefore).nth(1));
    bench.tenant.inject(Fault::on("POST", "*", Effect::ResetAfter).nth(2));
    assert!(bench.try_send("POST", &path, &[], body(0)).await.is_err());
    assert!(bench.tenant.members(group).is_empty());
    assert!(bench.try_send("POST", &path, &[], body(0)).await.is_err());
    assert_eq!(bench.tenant.members(group).len(), 1);
    assert_eq!(bench.send("POST", &path, &[], body(1)).await.status, 204);
}

#[tokio::test]
async fn a_body_can_end_in_the_middle() {
    let bench = Bench::new().await;
    bench.people(50);
    bench.tenant.inject(Fault::on("GET", "/users", Effect::Truncate).nth(1));
    let response = bench.try_send("GET", "/users", &[], None).await.expect("there are headers");
    assert_eq!(response.status(), 200);
    assert!(read(response).await.is_err());
    assert_eq!(bench.get("/users").await.ids().len(), 50);
}

#[tokio::test]
async fn pages_can_be_short_counts_wrong_and_cursors_expired() {
    let bench = Bench::new().await;
    let people = bench.people(6);
    let group = bench.group(GroupKind::Security, &people);
    let path = format!("/groups/{group}/members?$count=true&$select=id");
    bench.tenant.inject(Fault::on("GET", "*/members", Effect::ShortPage(2)).nth(1));
    bench.tenant.inject(Fault::on("GET", "*/members", Effect::WrongCount(-2)).nth(2));
    bench
        .tenant
        .inject(Fault::on("GET", "*/members?*$skiptoken=*", Effect::ExpiredCursor).when(When::First(1)));
    let short = bench.eventual(&path).await;
    assert_eq!((short.ids().len(), &short.body["@odata.count"]), (4, &json!(6)));
    let wrong = bench.eventual(&path).await;
    assert_eq!((wrong.ids().len(), &wrong.body["@odata.count"]), (6, &json!(4)));
    let first = bench.eventual(&format!("{path}&$top=4")).await;
    let next = first.body["@odata.nextLink"].as_str().expect("there is a next page").to_owned();
    bench.eventual(&next).await.refused(400, "Directory_ExpiredPageToken", "");
    assert_eq!(bench.eventual(&next).await.ids().len(), 2);
}

#[tokio::test]
async fn a_delta_reset_can_be_injected_with_its_place_to_start() {
    let bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    bench.tenant.inject(Fault::on("GET", "/groups/delta", Effect::DeltaReset).nth(2));
    let first = bench.get(&format!("/groups/delta?$select=members&$filter=id eq '{group}'")).await;
    let link = first.body["@odata.deltaLink"].as_str().expect("there is a link").to_owned();
    let reset = bench.get(&link).await;
    assert_eq!(reset.status, 410);
    assert_eq!(bench.get(reset.header("location")).await.status, 200);
}

#[tokio::test]
async fn faults_with_a_rate_follow_the_seed() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let bench = Bench::with(|emulator| emulator.seed(42)).await;
        let fault = Fault::on("GET", "/groups", Effect::Refuse(Refused::status(500))).when(When::Rate(0.5));
        bench.tenant.inject(fault);
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(bench.get("/groups").await.status);
        }
        seen.push(statuses);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains(&200) && seen[0].contains(&500));
}

#[tokio::test]
async fn the_journal_has_each_part_and_no_secret() {
    let bench = Bench::new().await;
    bench.tenant.configure(|settings| settings.journal = JournalBodies::Both);
    let requests = json!([{"id": "7", "method": "GET", "url": "/groups?$select=id"}]);
    bench.post("/$batch", json!({"requests": requests})).await;
    let journal = bench.tenant.journal();
    let lines: Vec<(&str, &str, Option<&str>)> = journal
        .iter()
        .map(|entry| (entry.method.as_str(), entry.path.as_str(), entry.part.as_deref()))
        .collect();
    assert_eq!(lines[1..], [("GET", "/groups?$select=id", Some("7")), ("POST", "/$batch", None)]);
    assert!(journal[0].path.ends_with("/oauth2/v2.0/token") && journal[0].request.is_none());
    assert!(journal[1].answer.is_some() && journal[2].request.is_some());
    assert!(!format!("{journal:?}").contains(&bench.running.client_secret));
}
