//! An edit names the version that it is of.

use serde_json::json;

use crate::stage::{Stage, options};

#[tokio::test]
async fn an_edit_of_an_older_version_is_refused_and_changes_nothing() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let tag = stage.operate("GET", "/v1/lists/News").send().await.header("etag").to_owned();
    let edit = |tag: &str, name: &str| {
        stage.operate("PATCH", "/v1/lists/News").header("if-match", tag).json(json!({"name": name}))
    };
    let without = stage.operate("PATCH", "/v1/lists/News").json(json!({"opt_out": "not_allowed"}));
    assert_eq!(without.refused(428).await.1.as_deref(), Some("If-Match"));
    edit("\"999\"", "Other").refused(412).await;
    let answer = edit(&tag, "news").send().await;
    assert_eq!((answer.status.as_u16(), answer.document()["name"].as_str()), (200, Some("news")));
    assert_ne!(answer.header("etag"), tag);
    edit(&tag, "Other").refused(412).await;
    edit("*", "News").expect(200).await;
}

#[tokio::test]
async fn a_contact_is_edited_by_version_too() {
    let stage = Stage::new(options()).await;
    let made =
        stage.operate("POST", "/v1/contacts").json(json!({"address": "dora@contoso.example"})).send().await;
    assert_eq!(made.status, 201);
    let (path, tag) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let edit =
        |tag: &str| stage.operate("PATCH", &path).header("if-match", tag).json(json!({"name": "Dora"}));
    assert_eq!(edit(&tag).expect(200).await["name"], "Dora");
    edit(&tag).refused(412).await;
    stage.operate("POST", "/v1/contacts").json(json!({"address": "Dora@Contoso.example"})).refused(409).await;
}
