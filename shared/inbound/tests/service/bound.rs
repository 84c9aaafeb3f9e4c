//! How far a sender reaches: one that is bound to a list, and any that moves a person to another address.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use listsync_core::{
    Timestamp,
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    id::ListId,
    list::Standing,
};
use listsync_engine::ports::{
    ContactEdit, Contacts as _, EventSource, Keys as _, ListStore as _, Secret, SourceKind,
};
use listsync_inbound::{admission::Everybody, hooks};
use listsync_testkit::sample::{address, person};
use serde_json::{Value, json};

use crate::kit::{Kit, NOW, ask};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The list "news" and another, and a sender that is bound to the first or to none.
struct Scene {
    kit: Kit,
    jobs: ListId,
    router: Router,
    sent: std::cell::Cell<u32>,
}

impl Scene {
    async fn bound() -> Self {
        Self::new(|kit| Some(kit.news.clone())).await
    }

    async fn new(list: impl Fn(&Kit) -> Option<ListId>) -> Self {
        let kit = Kit::new().await;
        let made = Timestamp::from_second(NOW).unwrap();
        let jobs = kit.store.create_list("Jobs", made).await.unwrap().id;
        let source = EventSource {
            id: "crm".to_owned(),
            name: "CRM".to_owned(),
            kind: SourceKind::Standard,
            list: list(&kit),
            secrets: vec![Secret(SECRET.into())],
            delay_seconds: 0,
            made,
        };
        kit.store.add_source(&source).await.unwrap();
        let router = hooks::router(kit.service.clone(), Arc::new(Everybody));
        Self { kit, jobs, router, sent: std::cell::Cell::new(0) }
    }

    async fn on_jobs(&self, local: &str) {
        let saying = Saying {
            address: address(local),
            decision: Decision::Subscribed,
            scope: Scope::List(self.jobs.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: Timestamp::from_second(NOW - 86_400).unwrap(),
        };
        self.kit.store.say(&saying).await.unwrap();
    }

    /// What one event comes to.
    async fn send(&self, event: Value) -> String {
        self.sent.set(self.sent.get() + 1);
        self.kit.clock.advance(Duration::from_secs(1));
        let (id, now) = (format!("m-{}", self.sent.get()), NOW + i64::from(self.sent.get()));
        let body = event.to_string();
        let signature =
            standardwebhooks::Webhook::new(SECRET).unwrap().sign(&id, now, body.as_bytes()).unwrap();
        let request = Request::post("/hooks/crm")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature);
        let answer = ask(&self.router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        let outcomes = serde_json::from_str::<Value>(&answer.body).unwrap()["outcomes"].take();
        outcomes.as_object().unwrap().keys().next().unwrap().clone()
    }

    async fn standing(&self, local: &str, list: &ListId) -> Option<Standing> {
        let contact = self.kit.contact(local).await?;
        let places = self.kit.store.places(&contact.id).await.unwrap();
        places.into_iter().find(|place| place.list == *list).map(|place| place.standing)
    }
}

fn event(kind: &str, local: &str) -> Value {
    json!({"type": kind, "address": address(local).as_str()})
}

fn change(old: &str, new: &str) -> Value {
    json!({"type": "address_change", "address": address(old).as_str(), "new_address": address(new).as_str()})
}

#[tokio::test]
async fn a_bound_sender_changes_flags_and_opts_out_nobody_of_another_list() {
    let scene = Scene::bound().await;
    scene.on_jobs("anna").await;
    let before = scene.kit.contact("anna").await.unwrap();
    assert_eq!(scene.send(change("anna", "mallory")).await, "unknown_address");
    assert_eq!(scene.send(event("hard_bounce", "anna")).await, "unknown_address");
    assert_eq!(scene.kit.contact("anna").await.unwrap(), before);
    assert_eq!(scene.send(event("complaint", "anna")).await, "applied");
    assert_eq!(scene.kit.contact("anna").await.unwrap().opted_out, None, "of its own list alone");
    assert_eq!(scene.standing("anna", &scene.jobs).await, Some(Standing::Member));
    assert_eq!(scene.standing("anna", &scene.kit.news).await, Some(Standing::OptedOut));
}

#[tokio::test]
async fn a_bound_sender_is_believed_of_its_own_list() {
    let scene = Scene::bound().await;
    for name in ["anna", "bert"] {
        scene.kit.member(name).await;
    }
    scene.on_jobs("bert").await;
    assert_eq!(scene.send(change("anna", "anna.b")).await, "applied");
    assert_eq!(scene.send(event("hard_bounce", "bert")).await, "applied");
    assert_eq!(scene.send(event("complaint", "bert")).await, "applied");
    assert_eq!(scene.standing("bert", &scene.kit.news).await, Some(Standing::OptedOut));
    assert_eq!(
        scene.standing("bert", &scene.jobs).await,
        Some(Standing::Member),
        "the other list is not its own"
    );
    assert_eq!(scene.send(event("complaint", "anna.b")).await, "applied");
    let no = scene.kit.contact("anna.b").await.unwrap().opted_out.unwrap();
    assert_eq!(no.reason, OptOutReason::Complaint, "who is on its list alone is out of all");
}

#[tokio::test]
async fn no_sender_moves_a_person_onto_somebody_elses_address() {
    for list in [true, false] {
        let scene = Scene::new(|kit| list.then(|| kit.news.clone())).await;
        scene.kit.directory.put_person(person("ceo"));
        scene.kit.directory.put_person(person("anna"));
        let anna = scene.kit.member("anna").await;
        assert_eq!(scene.send(change("anna", "ceo")).await, "conflict");
        let edit = ContactEdit { address: Some(address("anna.private")), ..ContactEdit::default() };
        let at = Timestamp::from_second(NOW).unwrap();
        let by = listsync_core::list::Origin::Manual;
        scene.kit.store.edit_contact(&anna.id, None, &edit, by, at).await.unwrap();
        assert_eq!(
            scene.send(change("anna.private", "ceo")).await,
            "conflict",
            "nobody knows them to be one"
        );
        assert_eq!(scene.send(change("anna.private", "anna.new")).await, "applied", "it is nobody's");
    }
}
