//! Notices of changes: what a request makes of the links, and what nobody learns from the answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use listsync_core::{
    Timestamp,
    link::{LinkStatus, Mode},
};
use listsync_engine::{
    notices::{Standing, standing},
    ports::{Clock as _, LinkEdit, Links as _, ListStore as _, NoticeOrder, Secret, Seen as _},
};
use listsync_inbound::{admission::Everybody, notices};
use listsync_testkit::sample::{group, link, tenant};
use serde_json::{Value, json};

use crate::kit::{Answer, Kit, NOW, ask};

const PATH: &str = "/graph/notifications";
const SECRET: &str = "3f1c6c5e0b7a4d7f9a53a2a1c7f6e5d4";
const AT_ONCE: Duration = Duration::ZERO;

/// A kit whose store knows an order, and its router.
async fn ordered() -> (Kit, Router) {
    let kit = Kit::new().await;
    let order = NoticeOrder {
        id: "order-1".to_owned(),
        tenant: tenant(),
        url: format!("https://lists.contoso.example{PATH}"),
        secret: Secret(SECRET.as_bytes().to_vec()),
        until: Timestamp::from_second(NOW + 86_400).unwrap(),
    };
    let until = order.until;
    let known = Standing { order: Some(order), due_at: until, missed: false, trouble: None };
    kit.store.replace("notices", &serde_json::to_vec(&known).unwrap(), until).await.unwrap();
    let router = notices::router(kit.service.clone(), Arc::new(Everybody));
    (kit, router)
}

fn changed(group_name: &str, secret: &str) -> Value {
    let id = group(group_name);
    json!({
        "subscriptionId": "order-1",
        "clientState": secret,
        "changeType": "updated",
        "resource": format!("Groups/{id}"),
        "resourceData": {"@odata.type": "#Microsoft.Graph.Group", "id": id.as_str()},
    })
}

async fn send(router: &Router, notices: &[Value]) -> Answer {
    post(router, PATH, json!({"value": notices}).to_string()).await
}

async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Answer {
    ask(router, Request::post(path).body(body.into()).unwrap()).await
}

#[tokio::test]
async fn the_trial_call_hears_its_token_decoded_once_as_text_that_no_browser_renders() {
    let (_kit, router) = ordered().await;
    for (sent, heard) in [
        ("Validation%3A+Testing+client.+Request-Id%3A+1", "Validation: Testing client. Request-Id: 1"),
        ("a%2Bb%2520c", "a+b%20c"),
        ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "<script>alert(1)</script>"),
    ] {
        let answer = post(&router, &format!("{PATH}?room=1&validationToken={sent}"), "").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, heard));
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    let long = format!("{PATH}?validationToken={}", "x".repeat(5_000));
    assert_eq!(post(&router, &long, "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_notice_asks_for_a_run_of_each_link_of_its_group() {
    let (kit, router) = ordered().await;
    let other = kit.store.create_list("Other", kit.clock.now()).await.unwrap().id;
    let mut reader = link("other", &other, "staff");
    reader.mode = Mode::GroupToList;
    kit.store.create(&reader, kit.clock.now()).await.unwrap();
    assert_eq!(send(&router, &[changed("staff", SECRET)]).await.status, StatusCode::ACCEPTED);
    assert_eq!(kit.messages_after(AT_ONCE).await.len(), 2);
    assert_eq!(kit.requested().await, 1);
}

#[tokio::test]
async fn many_notices_of_one_group_in_one_request_or_several_cost_one_message() {
    let (kit, router) = ordered().await;
    let many: Vec<Value> = (0..50).map(|_| changed("staff", SECRET)).collect();
    for _ in 0..3 {
        assert_eq!(send(&router, &many).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(kit.messages_after(AT_ONCE).await.len(), 1);
    assert_eq!(kit.requested().await, 3, "each request is seen by a run that begins after it");
}

#[tokio::test]
async fn what_nobody_ordered_is_answered_as_what_somebody_did_and_changes_nothing() {
    let (kit, router) = ordered().await;
    let known = send(&router, &[changed("no-such-group", SECRET)]).await;
    let mut no_state = changed("staff", "");
    no_state.as_object_mut().unwrap().remove("clientState");
    let shorter = &SECRET[..SECRET.len() - 1];
    for odd in [changed("staff", "guess"), changed("staff", ""), changed("staff", shorter), no_state] {
        assert_eq!(send(&router, &[odd]).await, known);
    }
    let bare = Kit::new().await;
    let nothing_ordered = notices::router(bare.service.clone(), Arc::new(Everybody));
    assert_eq!(send(&nothing_ordered, &[changed("staff", SECRET)]).await, known);
    assert_eq!((kit.requested().await, bare.requested().await), (0, 0));
}

#[tokio::test]
async fn in_a_batch_each_notice_is_judged_by_itself() {
    let (kit, router) = ordered().await;
    let batch = [changed("staff", "guess"), json!({"odd": true}), changed("staff", SECRET)];
    assert_eq!(send(&router, &batch).await.status, StatusCode::ACCEPTED);
    assert_eq!(kit.requested().await, 1);
}

#[tokio::test]
async fn a_paused_link_is_left_alone() {
    let (kit, router) = ordered().await;
    let paused = LinkEdit::Status(LinkStatus::Paused);
    let id = kit.store.of_list(&kit.news).await.unwrap()[0].link.id.clone();
    kit.store.edit(&id, &paused, kit.clock.now()).await.unwrap();
    send(&router, &[changed("staff", SECRET)]).await;
    assert_eq!(kit.requested().await, 0);
}

#[tokio::test]
async fn what_cannot_be_queued_is_asked_for_again() {
    let (kit, router) = ordered().await;
    kit.queue.go_away();
    let notice = [changed("staff", SECRET)];
    assert_eq!(send(&router, &notice).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(kit.requested().await, 1, "the link is due, whatever becomes of the notice");
}

#[tokio::test]
async fn no_collection_is_refused_and_too_large_a_one_is() {
    let (_kit, router) = ordered().await;
    for body in ["", "[]", "{\"value\": 1}", "<xml/>"] {
        assert_eq!(post(&router, PATH, body).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let large = "x".repeat(1024 * 1024 + 1);
    assert_eq!(post(&router, PATH, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn events_of_the_order_are_kept_for_the_next_beat() {
    let (kit, router) = ordered().await;
    let event = |name: &str, id: &str, secret: &str| json!({"subscriptionId": id, "clientState": secret, "lifecycleEvent": name});
    let known = async || standing(&kit.service).await.unwrap().unwrap();
    let before = known().await;
    send(&router, &[event("subscriptionRemoved", "order-1", "guess")]).await;
    send(&router, &[event("subscriptionRemoved", "order-0", SECRET)]).await;
    assert_eq!(known().await, before, "neither a guess nor an order that was replaced");
    send(&router, &[event("reauthorizationRequired", "order-1", SECRET)]).await;
    assert_eq!(known().await.due_at, kit.clock.now());
    send(&router, &[event("missed", "order-1", SECRET)]).await;
    assert!(known().await.missed);
    send(&router, &[event("subscriptionRemoved", "order-1", SECRET)]).await;
    assert_eq!(known().await.order, None);
}
