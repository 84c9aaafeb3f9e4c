//! Each refusal is a problem document that says which field and why.

use serde_json::json;

use crate::stage::{Stage, options};

#[tokio::test]
async fn a_path_that_is_not_there_and_a_method_that_it_does_not_take_are_told_apart() {
    let stage = Stage::new(options()).await;
    stage.operate("GET", "/v1/nothing").refused(404).await;
    let answer = stage.operate("PUT", "/v1/lists").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, POST"));
    assert_eq!(answer.document()["code"], "method_not_allowed");
    assert_eq!(stage.operate("GET", "/v1/lists").send().await.header("cache-control"), "no-store");
    for path in ["/v1/lists/none", "/v1/contacts/none", "/v1/links/none", "/v1/runs/none", "/v1/imports/none"]
    {
        stage.operate("GET", path).refused(404).await;
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_names_its_field() {
    let stage = Stage::new(options()).await;
    let lists = |body| stage.operate("POST", "/v1/lists").json(body);
    let field = |name: &str| ("invalid".to_owned(), Some(name.to_owned()));
    assert_eq!(lists(json!({})).refused(422).await, field("name"));
    assert_eq!(lists(json!({"name": ""})).refused(422).await, field("name"));
    assert_eq!(lists(json!({"name": 7})).refused(422).await, field("name"));
    assert_eq!(lists(json!({"name": "News", "naem": 1})).refused(422).await, field("naem"));
    assert_eq!(
        lists(json!({"name": "News", "filter": "title zz 1"})).refused(422).await.1.as_deref(),
        Some("filter")
    );
    let settings = stage.administer("PATCH", "/v1/settings").json(json!({"every": "often"}));
    assert_eq!(settings.refused(422).await, field("every"));
    let contact = stage.operate("POST", "/v1/contacts").json(json!({"address": "anna"}));
    assert_eq!(contact.refused(422).await, field("address"));
}

#[tokio::test]
async fn a_body_of_the_wrong_type_or_form_or_size_is_refused() {
    let mut options = options();
    options.limits.body = 100;
    let stage = Stage::new(options).await;
    let lists = || stage.operate("POST", "/v1/lists");
    assert_eq!(lists().body("text/plain", "{}").refused(415).await.1.as_deref(), Some("Content-Type"));
    assert_eq!(lists().body("application/json", "{").refused(400).await.0, "bad_json");
    assert_eq!(lists().body("application/json", "{} {}").refused(422).await.1.as_deref(), Some("name"));
    assert_eq!(lists().body("application/json", "{\"name\": \"A\"} 1").refused(400).await.0, "bad_json");
    assert_eq!(lists().json(json!({"name": "a".repeat(100)})).refused(413).await.0, "too_large");
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_named() {
    let stage = Stage::new(options()).await;
    for (path, field) in [
        ("/v1/lists?limit=0", "limit"),
        ("/v1/lists?limit=501", "limit"),
        ("/v1/lists?limit=many", "limit"),
        ("/v1/lists?cursor=!", "cursor"),
        ("/v1/lists?page=2", "page"),
        ("/v1/contacts?address=anna", "address"),
    ] {
        let (code, named) = stage.operate("GET", path).refused(400).await;
        assert_eq!((code.as_str(), named.as_deref()), ("bad_parameter", Some(field)), "{path}");
    }
}

#[tokio::test]
async fn what_stands_in_the_way_is_a_conflict() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "news"})).refused(409).await;
    let mut options = options();
    (options.tenant, options.public_url) = (None, None);
    let stage = Stage::new(options).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let link = stage.administer("POST", "/v1/links").json(json!({"list": "News", "group": "staff"}));
    assert_eq!(link.refused(409).await.0, "no_tenant");
    let made = stage.operate("POST", "/v1/opt-out-links").json(json!({"contact": "c"}));
    assert_eq!(made.refused(409).await.0, "no_public_url");
}
