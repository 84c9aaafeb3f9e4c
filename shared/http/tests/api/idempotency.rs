//! A POST that is sent twice under one key is done once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{Fault, Memory, PortError, PortResult, Seen};
use serde_json::{Value, json};

use crate::{
    ask::Ask,
    stage::{Stage, options},
};

fn create<'a>(stage: &'a Stage, key: &str, name: &str) -> Ask<'a> {
    stage.operate("POST", "/v1/lists").header("idempotency-key", key).json(json!({"name": name}))
}

async fn names(stage: &Stage) -> Vec<Value> {
    let lists = stage.operate("GET", "/v1/lists").expect(200).await;
    lists["items"].as_array().unwrap().iter().map(|list| list["name"].clone()).collect()
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_and_not_done_again() {
    let stage = Stage::new(options()).await;
    let first = create(&stage, "k1", "News").send().await;
    let again = create(&stage, "k1", "News").send().await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.body, again.body);
    for name in ["location", "etag", "content-type"] {
        assert_eq!(first.header(name), again.header(name));
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(names(&stage).await, ["News"]);
}

#[tokio::test]
async fn a_refusal_is_remembered_too() {
    let stage = Stage::new(options()).await;
    create(&stage, "k1", "").refused(422).await;
    let again = create(&stage, "k1", "").send().await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (422, "true"));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller() {
    let stage = Stage::new(options()).await;
    create(&stage, "k1", "News").expect(201).await;
    let (code, field) = create(&stage, "k1", "Other").refused(422).await;
    assert_eq!((code.as_str(), field.as_deref()), ("idempotency_key_reused", Some("Idempotency-Key")));
    let other =
        stage.administer("POST", "/v1/lists").header("idempotency-key", "k1").json(json!({"name": "Third"}));
    other.expect(201).await;
    create(&stage, "two words", "News").refused(400).await;
}

#[tokio::test]
async fn an_answer_is_forgotten_after_a_day() {
    let stage = Stage::new(options()).await;
    create(&stage, "k1", "News").expect(201).await;
    stage.clock.advance(Duration::from_secs(25 * 3600));
    create(&stage, "k1", "Weekly").expect(201).await;
    assert_eq!(names(&stage).await, ["News", "Weekly"]);
}

#[tokio::test]
async fn two_at_the_same_time_are_one() {
    let stage = Stage::new(options()).await;
    let (first, second) =
        tokio::join!(create(&stage, "k1", "News").send(), create(&stage, "k1", "News").send());
    let statuses = [first.status.as_u16(), second.status.as_u16()];
    assert!(statuses.contains(&201) && (statuses.contains(&409) || statuses == [201, 201]), "{statuses:?}");
    assert_eq!(names(&stage).await, ["News"]);
}

/// Remembers claims, and loses each answer, as if the process had died before it was remembered.
struct Forgetful(Arc<dyn Seen>);

#[async_trait]
impl Seen for Forgetful {
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>> {
        self.0.recall(name, now).await
    }

    async fn remember(
        &self,
        name: &str,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> PortResult<Memory> {
        match name.ends_with("answer") {
            true => Err(PortError::new(Fault::Unavailable, "gone", "the store is away")),
            false => self.0.remember(name, value, until, now).await,
        }
    }

    async fn replace(&self, name: &str, value: &[u8], until: Timestamp) -> PortResult<()> {
        self.0.replace(name, value, until).await
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.0.forget(name).await
    }
}

#[tokio::test]
async fn a_request_that_died_is_taken_over_once_nobody_can_be_at_it() {
    let mut stage = Stage::new(options()).await;
    let mut service = stage.service.clone();
    service.seen = Arc::new(Forgetful(service.seen.clone()));
    stage.router = listsync_http::router(service, options());
    create(&stage, "k1", "News").expect(201).await;
    let waiting = create(&stage, "k1", "News").send().await;
    assert_eq!((waiting.status.as_u16(), waiting.document()["code"].as_str()), (409, Some("in_progress")));
    assert_eq!(waiting.header("retry-after"), "2");
    stage.clock.advance(options().limits.time * 2 + Duration::from_secs(1));
    assert_eq!(create(&stage, "k1", "News").refused(409).await.0, "list_exists");
}

/// Law 17.
#[tokio::test]
async fn an_answer_that_names_people_is_given_again_as_where_to_look_and_outlives_nobody() {
    let stage = Stage::new(options()).await;
    let person =
        json!({"address": "zoe@contoso.example", "name": "Zoe Zimmer", "fields": {"Office": "Attic"}});
    let make = || stage.operate("POST", "/v1/contacts").header("idempotency-key", "k1").json(person.clone());
    let first = make().send().await;
    let id = first.document()["id"].as_str().unwrap().to_owned();
    let again = make().send().await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    for name in ["location", "etag"] {
        assert_eq!(first.header(name), again.header(name));
    }
    assert!(again.body.is_empty(), "it is read where the answer says");
    stage.administer("POST", &format!("/v1/contacts/{id}/erase")).expect(200).await;
    let after = make().send().await;
    assert_eq!((after.status.as_u16(), after.body.len()), (201, 0), "and not done again");
    let contacts = stage.operate("GET", "/v1/contacts").expect(200).await;
    assert!(contacts["items"].as_array().unwrap().iter().all(|one| one["name"] != "Zoe Zimmer"));
}

#[tokio::test]
async fn a_refusal_that_may_name_somebody_is_judged_anew() {
    let stage = Stage::new(options()).await;
    let make = || {
        let ask = stage.operate("POST", "/v1/contacts").header("idempotency-key", "k1");
        ask.json(json!({"address": "anna@contoso.example"}))
    };
    stage.operate("POST", "/v1/contacts").json(json!({"address": "anna@contoso.example"})).expect(201).await;
    for _ in 0..2 {
        assert_eq!(make().refused(409).await.0, "contact_exists");
    }
}

#[tokio::test]
async fn a_secret_is_not_kept_to_be_given_again() {
    let stage = Stage::new(options()).await;
    let make = || {
        let ask = stage.administer("POST", "/v1/keys").header("idempotency-key", "k1");
        ask.json(json!({"name": "CRM", "scopes": ["read"]}))
    };
    make().expect(201).await;
    assert_eq!(make().refused(409).await.0, "answer_not_kept");
    let keys = stage.administer("GET", "/v1/keys").expect(200).await;
    assert_eq!(keys["items"].as_array().unwrap().iter().filter(|key| key["name"] == "CRM").count(), 1);
}
