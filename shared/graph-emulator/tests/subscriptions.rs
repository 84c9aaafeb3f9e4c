//! Subscriptions: what is refused, the trial call, and the notices that follow.

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use listsync_graph_emulator::{GroupKind, LifecycleEvent, NoticeSettings};
use serde_json::{Value, json};
use support::Bench;

const ROLES: &[&str] = &["Group.Read.All", "GroupMember.ReadWrite.All", "User.Read.All"];

/// How a receiver answers the trial call.
#[derive(Clone, Copy)]
enum Manner {
    AsTold,
    StillEncoded,
    AsPage,
    NotFound,
}

/// Somebody who hears.
#[derive(Clone)]
struct Ear {
    manner: Manner,
    heard: Arc<Mutex<Vec<Value>>>,
    /// How many posts are refused before one is taken.
    refusals: Arc<Mutex<u32>>,
}

impl Ear {
    async fn open(manner: Manner) -> (Self, String) {
        let ear = Self { manner, heard: Arc::default(), refusals: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hear?room=1", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hear", post(hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (ear, url)
    }

    fn notices(&self) -> Vec<Value> {
        self.heard.lock().expect("the lock").clone()
    }

    async fn hears(&self, count: usize) -> Vec<Value> {
        let started = Instant::now();
        while self.notices().len() < count {
            assert!(started.elapsed() < Duration::from_secs(30), "{count} notices: {:?}", self.notices());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.notices()
    }
}

async fn hear(State(ear): State<Ear>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    assert!(query.starts_with("room=1"), "the query of the address is kept: {query}");
    if let Some((_, token)) = query.split_once("validationToken=") {
        let decoded = url::form_urlencoded::parse(format!("t={token}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        return match ear.manner {
            Manner::AsTold => decoded.into_response(),
            Manner::StillEncoded => token.to_owned().into_response(),
            Manner::AsPage => axum::response::Html(decoded).into_response(),
            Manner::NotFound => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let mut refusals = ear.refusals.lock().expect("the lock");
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    ear.heard.lock().expect("the lock").extend(body["value"].as_array().expect("a batch").clone());
    StatusCode::ACCEPTED.into_response()
}

fn wanted(url: &str) -> Value {
    json!({
        "changeType": "updated,deleted",
        "resource": "/groups",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "expirationDateTime": "2026-11-26T08:00:00Z",
        "clientState": "s3cret",
        "latestSupportedTlsVersion": "v1_2",
    })
}

async fn bench() -> Bench {
    let mut bench = Bench::new().await;
    bench.roles(ROLES).await;
    bench
}

#[tokio::test]
async fn a_subscription_is_made_renewed_and_ended() {
    let bench = bench().await;
    let (_ear, url) = Ear::open(Manner::AsTold).await;
    let made = bench.post("/subscriptions", wanted(&url)).await;
    assert_eq!((made.status, &made.body["clientState"]), (201, &json!("s3cret")), "{}", made.body);
    let path = format!("/subscriptions/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(bench.get(&path).await.body["clientState"], Value::Null, "the secret is not shown again");
    let renewed = bench.patch(&path, json!({"expirationDateTime": "2026-11-27T08:00:00Z"})).await;
    assert_eq!((renewed.status, &renewed.body["expirationDateTime"]), (200, &json!("2026-11-27T08:00:00Z")));
    let brief = bench.patch(&path, json!({"expirationDateTime": "2026-11-23T08:01:00Z"})).await;
    assert_eq!(brief.body["expirationDateTime"], "2026-11-23T08:45:00Z", "it lives 45 minutes at least");
    assert_eq!(bench.delete(&path).await.status, 204);
    bench.delete(&path).await.refused(404, "ResourceNotFound", "not found");
    assert!(bench.tenant.violations().is_empty());
}

#[tokio::test]
async fn a_subscription_ends_by_itself() {
    let bench = bench().await;
    let (_ear, url) = Ear::open(Manner::AsTold).await;
    let made = bench.post("/subscriptions", wanted(&url)).await;
    let path = format!("/subscriptions/{}", made.body["id"].as_str().expect("an id"));
    bench.wait(3 * 24 * 3_600);
    let later = json!({"expirationDateTime": "2026-11-30T08:00:00Z"});
    let mut bench = bench;
    bench.sign_in().await;
    bench.patch(&path, later).await.refused(404, "ResourceNotFound", "not found");
}

#[tokio::test]
async fn what_graph_refuses_is_refused() {
    let mut bench = bench().await;
    let (_ear, url) = Ear::open(Manner::AsTold).await;
    for (name, value, says) in [
        ("resource", json!("/groups/everybody"), "'Resource'"),
        ("resource", json!("/devices"), "'Resource'"),
        ("changeType", json!("created,updated"), "'changeType'"),
        ("expirationDateTime", json!("2026-12-23T08:00:00Z"), "41760 minutes"),
        ("expirationDateTime", json!("2026-11-23T07:00:00Z"), "in the future"),
        ("clientState", json!("x".repeat(129)), "128"),
        ("latestSupportedTlsVersion", json!("v2"), "TLS"),
        ("notificationUrl", json!("http://lists.contoso.example/hear"), "https"),
        ("notificationUrl", Value::Null, "'notificationUrl' is required"),
    ] {
        let mut body = wanted(&url);
        body[name] = value;
        bench.post("/subscriptions", body).await.refused(400, "InvalidRequest", says);
    }
    bench.roles(&["GroupMember.ReadWrite.All", "User.Read.All"]).await;
    bench.post("/subscriptions", wanted(&url)).await.refused(
        403,
        "Authorization_RequestDenied",
        "privileges",
    );
    assert!(bench.tenant.subscriptions().is_empty());
}

#[tokio::test]
async fn an_address_that_fails_the_trial_call_gets_no_subscription() {
    let bench = bench().await;
    for manner in [Manner::StillEncoded, Manner::AsPage, Manner::NotFound] {
        let (_ear, url) = Ear::open(manner).await;
        let answer = bench.post("/subscriptions", wanted(&url)).await;
        answer.refused(400, "ValidationError", "Subscription validation request failed");
    }
    let nobody = wanted("http://127.0.0.1:9/hear");
    bench.post("/subscriptions", nobody).await.refused(400, "ValidationError", "validation");
    assert!(bench.tenant.subscriptions().is_empty());
    assert!(bench.tenant.journal().iter().all(|entry| entry.status == 400
        || entry.method != "POST"
        || !entry.path.starts_with("/subscriptions")));
}

#[tokio::test]
async fn changes_made_after_it_are_told_and_those_before_are_not() {
    let bench = bench().await;
    let people = bench.people(3);
    let group = bench.group(GroupKind::Security, &people[..1]);
    let (ear, url) = Ear::open(Manner::AsTold).await;
    bench.post("/subscriptions", wanted(&url)).await;
    bench.tenant.add_member(group, people[1]);
    let heard = ear.hears(1).await;
    assert_eq!(heard.len(), 1);
    assert_eq!((&heard[0]["clientState"], &heard[0]["changeType"]), (&json!("s3cret"), &json!("updated")));
    assert_eq!(heard[0]["resourceData"]["id"], json!(group.to_string()));
    bench.tenant.purge_group(group);
    let heard = ear.hears(2).await;
    assert_eq!(heard[1]["changeType"], "deleted");
}

#[tokio::test]
async fn a_notice_that_is_not_taken_comes_again_and_some_come_late_and_twice() {
    let bench = bench().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people[..1]);
    let (ear, url) = Ear::open(Manner::AsTold).await;
    bench.post("/subscriptions", wanted(&url)).await;
    *ear.refusals.lock().expect("the lock") = 1;
    bench.tenant.add_member(group, people[1]);
    let started = Instant::now();
    while bench.tenant.posts().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((ear.notices().len(), bench.tenant.posts()[0].status), (0, Some(503)));
    bench.wait(1);
    ear.hears(1).await;
    let hour = Duration::from_secs(3_600);
    bench.tenant.configure(|settings| settings.notices = NoticeSettings { delay: hour, copies: 2 });
    bench.tenant.remove_member(group, people[1]);
    // Written into the outbox now.
    assert_eq!(bench.tenant.subscriptions().len(), 1);
    bench.wait(3_600);
    ear.hears(2).await;
    bench.wait(3_600);
    ear.hears(3).await;
}

#[tokio::test]
async fn lifecycle_events_are_told_and_a_removed_subscription_is_gone() {
    let bench = bench().await;
    let (ear, url) = Ear::open(Manner::AsTold).await;
    bench.post("/subscriptions", wanted(&url)).await;
    bench.tenant.tell_subscriptions(LifecycleEvent::ReauthorizationRequired);
    assert_eq!(ear.hears(1).await[0]["lifecycleEvent"], "reauthorizationRequired");
    bench.tenant.tell_subscriptions(LifecycleEvent::SubscriptionRemoved);
    assert_eq!(ear.hears(2).await[1]["lifecycleEvent"], "subscriptionRemoved");
    assert!(bench.tenant.subscriptions().is_empty());
}
