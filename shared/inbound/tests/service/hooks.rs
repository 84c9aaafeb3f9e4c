//! Signed events of our own shape: bursts, repeats, refusals.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use listsync_core::{
    Timestamp,
    contact::{Decision, OptOutReason, Saying, Scope, UndeliverableReason, Via},
    list::Standing,
};
use listsync_engine::ports::{Contacts as _, EventSource, Keys as _, ListStore as _, Secret, SourceKind};
use listsync_inbound::{
    admission::Everybody,
    hooks::{self, MAX_BODY},
};
use listsync_testkit::sample::address;
use serde_json::{Value, json};

use crate::kit::{Answer, Kit, NOW, ask};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DAY: Duration = Duration::from_secs(86_400);

struct Sender {
    kit: Kit,
    router: Router,
}

impl Sender {
    async fn new() -> Self {
        Self::about(|source| source).await
    }

    /// A source of the list `news`, or another.
    async fn about(as_source: impl FnOnce(EventSource) -> EventSource) -> Self {
        let kit = Kit::new().await;
        let source = as_source(EventSource {
            id: "crm".to_owned(),
            name: "CRM".to_owned(),
            kind: SourceKind::Standard,
            list: Some(kit.news.clone()),
            secrets: vec![Secret(SECRET.into())],
            delay_seconds: 0,
            made: Timestamp::from_second(NOW).unwrap(),
        });
        kit.store.add_source(&source).await.unwrap();
        Self { router: hooks::router(kit.service.clone(), Arc::new(Everybody)), kit }
    }

    /// A message that is signed now.
    async fn send(&self, id: &str, body: &Value) -> Answer {
        self.send_text(id, body.to_string()).await
    }

    async fn send_text(&self, id: &str, body: String) -> Answer {
        let now = self.kit.service.ports.clock.now().as_second();
        let signature =
            standardwebhooks::Webhook::new(SECRET).unwrap().sign(id, now, body.as_bytes()).unwrap();
        self.deliver("crm", [id, &now.to_string(), &signature], body).await
    }

    async fn deliver(&self, source: &str, signed: [&str; 3], body: String) -> Answer {
        self.deliver_as("webhook", source, signed, body).await
    }

    async fn deliver_as(
        &self,
        prefix: &str,
        source: &str,
        [id, timestamp, signature]: [&str; 3],
        body: String,
    ) -> Answer {
        let request = Request::post(format!("/hooks/{source}"))
            .header(format!("{prefix}-id"), id)
            .header(format!("{prefix}-timestamp"), timestamp)
            .header(format!("{prefix}-signature"), signature);
        ask(&self.router, request.body(Body::from(body)).unwrap()).await
    }

    async fn standing(&self, local: &str) -> Standing {
        self.kit.standing(local).await.unwrap()
    }
}

fn event(kind: &str, local: &str) -> Value {
    json!({"type": kind, "address": address(local).as_str()})
}

fn outcomes(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    serde_json::from_str::<Value>(&answer.body).unwrap()["outcomes"].take()
}

#[tokio::test]
async fn a_burst_of_a_thousand_events_makes_few_messages_and_loses_none() {
    let sender = Sender::new().await;
    for number in 0..1_000 {
        let answer = sender.send(&format!("m-{number}"), &event("subscribe", &format!("p{number}"))).await;
        assert_eq!(outcomes(&answer), json!({"applied": 1}));
    }
    for number in 0..1_000 {
        assert_eq!(sender.standing(&format!("p{number}")).await, Standing::Member);
    }
    assert_eq!(sender.kit.requested().await, 1_000, "each raises the generation");
    assert_eq!(sender.kit.messages_after(Duration::ZERO).await.len(), 1);
}

#[tokio::test]
async fn a_batch_of_a_thousand_events_does_the_same() {
    let sender = Sender::new().await;
    let batch: Vec<Value> = (0..1_000).map(|number| event("unsubscribe", &format!("p{number}"))).collect();
    assert_eq!(outcomes(&sender.send("m", &Value::from(batch)).await), json!({"applied": 1_000}));
    assert_eq!(sender.standing("p999").await, Standing::OptedOut);
    assert_eq!(sender.kit.messages_after(Duration::ZERO).await.len(), 1);
}

#[tokio::test]
async fn a_sender_may_go_by_the_names_of_svix() {
    let sender = Sender::new().await;
    sender.kit.member("anna").await;
    let (body, now) =
        (event("unsubscribe", "anna").to_string(), sender.kit.service.ports.clock.now().as_second());
    let hook = standardwebhooks::Webhook::new(SECRET).unwrap();
    let signature = hook.sign("m-1", now, body.as_bytes()).unwrap();
    let signed = ["m-1", &now.to_string(), &signature];
    let forged = sender.deliver_as("svix", "crm", ["m-2", signed[1], signed[2]], body.clone()).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    let answer = sender.deliver_as("svix", "crm", signed, body).await;
    assert_eq!(outcomes(&answer), json!({"applied": 1}));
    assert_eq!(sender.standing("anna").await, Standing::OptedOut);
}

#[tokio::test]
async fn a_second_opt_out_of_a_wrapped_contact_is_no_repeat() {
    let sender = Sender::new().await;
    let wrapped = |kind: &str, at: i64| {
        let time = Timestamp::from_second(at).unwrap().to_string();
        json!({"type": kind, "timestamp": time, "data": {"id": "c-1", "address": address("anna").as_str()}})
    };
    let now = sender.kit.service.ports.clock.now().as_second();
    for (number, kind, standing) in [
        (1, "subscribe", Standing::Member),
        (2, "unsubscribe", Standing::OptedOut),
        (3, "subscribe", Standing::Member),
        (4, "unsubscribe", Standing::OptedOut),
    ] {
        let answer = sender.send(&format!("m-{number}"), &wrapped(kind, now - 10 + number)).await;
        assert_eq!(outcomes(&answer), json!({"applied": 1}), "{number}");
        assert_eq!(sender.standing("anna").await, standing, "{number}");
    }
}

#[tokio::test]
async fn a_repeat_is_accepted_and_changes_nothing_for_a_week() {
    let sender = Sender::new().await;
    sender.kit.member("anna").await;
    outcomes(&sender.send("m-1", &event("unsubscribe", "anna")).await);
    sender.kit.member("anna").await;
    sender.kit.clock.advance(DAY * 6);
    assert_eq!(outcomes(&sender.send("m-1", &event("unsubscribe", "anna")).await), json!({"repeated": 1}));
    assert_eq!(sender.standing("anna").await, Standing::Member);
    let known = json!({"type": "unsubscribe", "address": "anna@contoso.example", "id": "e-1"});
    assert_eq!(outcomes(&sender.send("m-2", &known).await), json!({"applied": 1}));
    assert_eq!(outcomes(&sender.send("m-3", &known).await), json!({"repeated": 1}), "by the event's own id");
    sender.kit.clock.advance(DAY * 2);
    assert_eq!(outcomes(&sender.send("m-1", &event("unsubscribe", "anna")).await), json!({"applied": 1}));
}

#[tokio::test]
async fn what_an_event_changed_is_in_the_audit_once_and_as_its_senders() {
    let sender = Sender::new().await;
    let anna = sender.kit.member("anna").await.id;
    for _ in 0..2 {
        sender.send("m-1", &event("unsubscribe", "anna")).await;
        sender.send("m-2", &event("subscribe", "anna")).await;
        sender.send("m-3", &event("hard_bounce", "anna")).await;
    }
    sender.send("m-4", &event("hard_bounce", "anna")).await;
    sender.send("m-5", &event("hard_bounce", "nobody")).await;
    let news = &sender.kit.news;
    let expected = [
        format!("source:crm contact.edit contact:{anna}"),
        format!("source:crm consent.subscribe list:{news} contact:{anna}"),
        format!("source:crm consent.opt_out list:{news} contact:{anna}"),
    ];
    assert_eq!(sender.kit.audited().await, expected);
}

#[tokio::test]
async fn an_event_is_remembered_only_once_all_of_it_is_done() {
    let sender = Sender::new().await;
    sender.kit.queue.go_away();
    let answer = sender.send("m-1", &event("unsubscribe", "anna")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(sender.standing("anna").await, Standing::OptedOut, "the decision came first");
    assert_eq!(outcomes(&sender.send("m-1", &event("unsubscribe", "anna")).await), json!({"applied": 1}));
    assert_eq!(outcomes(&sender.send("m-1", &event("unsubscribe", "anna")).await), json!({"repeated": 1}));
}

#[tokio::test]
async fn every_request_that_is_not_verified_gets_the_same_answer() {
    let sender = Sender::new().await;
    let body = event("unsubscribe", "anna").to_string();
    let sign = |second: i64, body: &str| {
        standardwebhooks::Webhook::new(SECRET).unwrap().sign("m", second, body.as_bytes()).unwrap()
    };
    let (now, good) = (NOW.to_string(), sign(NOW, &body));
    let stale = NOW - 301;
    let wrong = sender.deliver("crm", ["m", &now, "v1,AAAA"], body.clone()).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.headers[header::CONTENT_TYPE], "application/problem+json");
    let refused = [
        sender.deliver("nobody", ["m", &now, &good], body.clone()).await,
        sender.deliver(&"x".repeat(1_000), ["m", &now, &good], body.clone()).await,
        sender.deliver("%FF", ["m", &now, &good], body.clone()).await,
        sender.deliver("crm/secret", ["m", &now, &good], body.clone()).await,
        sender.deliver("crm", ["m", &stale.to_string(), &sign(stale, &body)], body.clone()).await,
        sender.deliver("crm", ["m", &now, &good], body.replace("anna", "bert")).await,
        sender.deliver("crm", ["m", &now, &good], "not json".to_owned()).await,
        ask(&sender.router, Request::post("/hooks/crm").body(Body::from(body.clone())).unwrap()).await,
        ask(&sender.router, Request::get("/hooks/crm/secret").body(Body::empty()).unwrap()).await,
        ask(&sender.router, Request::get("/hooks/nobody/secret").body(Body::empty()).unwrap()).await,
    ];
    for answer in refused {
        assert_eq!(answer, wrong);
    }
    assert_eq!(sender.kit.store.writes().entries, 0);
    assert_eq!(sender.deliver("crm", ["m", &now, &good], body).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_body_that_is_not_understood_names_its_field_and_stores_nothing() {
    let sender = Sender::new().await;
    let batch = json!([event("unsubscribe", "anna"), {"type": "unsubscribe", "address": "bert"}]);
    let answer = sender.send("m", &batch).await;
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!((&problem["field"], &problem["status"]), (&json!("/1/address"), &json!(400)));
    assert!(!answer.body.contains("bert"));
    assert_eq!(sender.kit.store.writes().entries, 0);
    let large = sender.send_text("m", "x".repeat(MAX_BODY + 1)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn each_kind_of_event_does_what_it_says() {
    let sender = Sender::new().await;
    for name in ["anna", "bert", "cora"] {
        sender.kit.member(name).await;
    }
    let change = json!({"type": "address_change", "address": address("anna").as_str(),
        "new_address": address("anna.b").as_str()});
    let taken = json!({"type": "address_change", "address": address("bert").as_str(),
        "new_address": address("cora").as_str()});
    let batch = json!([
        change,
        taken,
        event("hard_bounce", "bert"),
        event("complaint", "cora"),
        event("subscribe", "cora"),
        event("hard_bounce", "nobody")
    ]);
    assert_eq!(
        outcomes(&sender.send("m", &batch).await),
        json!({"applied": 3, "conflict": 1, "refused": 1, "unknown_address": 1})
    );
    let moved = sender.kit.contact("anna").await.unwrap();
    assert_eq!(moved.address, address("anna.b"), "the former address still finds them");
    assert_eq!(sender.standing("anna.b").await, Standing::Member);
    let reason = sender.kit.contact("bert").await.unwrap().undeliverable.unwrap().reason;
    assert_eq!(reason, UndeliverableReason::HardBounce);
    assert_eq!(sender.standing("bert").await, Standing::Member, "a bounce takes nobody off a list");
    let no = sender.kit.contact("cora").await.unwrap().opted_out.unwrap();
    assert_eq!((no.reason, no.via), (OptOutReason::Complaint, Via::Event));
    assert_eq!(sender.standing("cora").await, Standing::OptedOut);
}

#[tokio::test]
async fn what_happens_to_a_former_address_says_nothing_about_the_present_one() {
    let sender = Sender::new().await;
    sender.kit.member("anna").await;
    let change = |old: &str, new: &str| json!({"type": "address_change", "address": address(old).as_str(), "new_address": address(new).as_str()});
    let batch = json!([change("anna", "anna.b"), change("anna.b", "anna.c")]);
    assert_eq!(outcomes(&sender.send("m-1", &batch).await), json!({"applied": 2}));
    let batch = json!([event("hard_bounce", "anna"), change("anna", "anna.b"), change("anna.b", "anna.c")]);
    assert_eq!(outcomes(&sender.send("m-2", &batch).await), json!({"applied": 1, "superseded": 2}));
    let anna = sender.kit.contact("anna").await.unwrap();
    assert_eq!((anna.address, anna.undeliverable), (address("anna.c"), None));
}

#[tokio::test]
async fn a_late_event_does_not_undo_what_the_person_said_since() {
    let sender = Sender::new().await;
    let said = |decision, second| Saying {
        address: address("anna"),
        decision,
        scope: Scope::List(sender.kit.news.clone()),
        reason: OptOutReason::Own,
        via: Via::Page,
        at: Timestamp::from_second(NOW - second).unwrap(),
    };
    let late = |kind: &str, second: i64| {
        let at = Timestamp::from_second(NOW - second).unwrap().to_string();
        json!({"type": kind, "address": address("anna").as_str(), "at": at})
    };
    sender.kit.store.say(&said(Decision::Subscribed, 600)).await.unwrap();
    assert_eq!(outcomes(&sender.send("m-1", &late("unsubscribe", 4_000)).await), json!({"superseded": 1}));
    assert_eq!(sender.standing("anna").await, Standing::Member);
    assert_eq!(outcomes(&sender.send("m-2", &late("unsubscribe", 700)).await), json!({"applied": 1}));
    assert_eq!(
        sender.standing("anna").await,
        Standing::OptedOut,
        "within the clocks' tolerance a no outweighs"
    );
    assert_eq!(outcomes(&sender.send("m-3", &late("subscribe", 800)).await), json!({"superseded": 1}));
    assert_eq!(outcomes(&sender.send("m-4", &late("subscribe", -900)).await), json!({"applied": 1}));
    let newest =
        sender.kit.store.sayings(&sender.kit.contact("anna").await.unwrap().id).await.unwrap().remove(0);
    assert_eq!(newest.at.as_second(), NOW, "nobody decides in the future");
}

#[tokio::test]
async fn an_event_is_about_the_list_it_names_where_the_source_allows() {
    let sender = Sender::about(|source| EventSource { list: None, ..source }).await;
    let made = Timestamp::from_second(NOW).unwrap();
    sender.kit.store.create_list("Jobs", made).await.unwrap();
    let named =
        |kind: &str, list: &str| json!({"type": kind, "address": address("anna").as_str(), "list": list});
    let batch = json!([
        named("subscribe", "JOBS"),
        named("subscribe", sender.kit.news.as_str()),
        named("subscribe", "Unknown"),
        named("unsubscribe", "Jobs")
    ]);
    assert_eq!(outcomes(&sender.send("m-1", &batch).await), json!({"applied": 3, "unknown_list": 1}));
    assert_eq!(sender.standing("anna").await, Standing::Member);
    outcomes(&sender.send("m-2", &event("unsubscribe", "anna")).await);
    assert!(sender.kit.contact("anna").await.unwrap().opted_out.is_some(), "of every list");

    let bound = Sender::new().await;
    bound.kit.store.create_list("Jobs", made).await.unwrap();
    assert_eq!(outcomes(&bound.send("m", &named("subscribe", "Jobs")).await), json!({"unknown_list": 1}));
}

#[tokio::test]
async fn what_could_not_be_applied_can_be_sent_again_once_its_list_is_there() {
    let sender = Sender::about(|source| EventSource { list: None, ..source }).await;
    let event = json!({"type": "subscribe", "address": address("anna").as_str(), "list": "Jobs"});
    assert_eq!(outcomes(&sender.send("m", &event).await), json!({"unknown_list": 1}));
    let made = Timestamp::from_second(NOW).unwrap();
    sender.kit.store.create_list("Jobs", made).await.unwrap();
    assert_eq!(outcomes(&sender.send("m", &event).await), json!({"applied": 1}));
}

#[tokio::test]
async fn a_sync_waits_as_long_as_its_sender_asks_and_the_timer_waits_too() {
    let sender = Sender::about(|source| EventSource { delay_seconds: 90, ..source }).await;
    for number in 0..100 {
        outcomes(&sender.send(&format!("m-{number}"), &event("subscribe", &format!("p{number}"))).await);
    }
    assert_eq!(sender.standing("p99").await, Standing::Member, "the decision does not wait");
    assert_eq!(sender.kit.requested().await, 0, "the timer sees no request");
    assert!(sender.kit.messages_after(Duration::from_secs(89)).await.is_empty());
    assert_eq!(sender.kit.messages_after(Duration::from_secs(16)).await.len(), 1);
}

#[tokio::test]
async fn either_secret_works_during_a_rotation() {
    let newer = Secret(b"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_vec());
    let sender =
        Sender::about(|source| EventSource { secrets: vec![newer, source.secrets[0].clone()], ..source });
    assert_eq!(outcomes(&sender.await.send("m", &event("subscribe", "anna")).await), json!({"applied": 1}));
}
