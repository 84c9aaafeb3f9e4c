//! An edit names the version that it is of.

use futures::future::{join, join_all};
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
    let now = stage.operate("GET", "/v1/lists/News").send().await.header("etag").to_owned();
    edit(&format!("{tag}, \"999\""), "Other").refused(412).await;
    edit(&format!("W/{now}"), "Other").refused(412).await;
    edit(&format!("{tag}, {now}"), "News of the day").expect(200).await;
}

#[tokio::test]
async fn a_list_is_made_with_its_bound_on_additions() {
    let stage = Stage::new(options()).await;
    let make =
        |most: &str| stage.operate("POST", "/v1/lists").json(json!({"name": "News", "max_additions": most}));
    assert_eq!(make("many").refused(422).await.1.as_deref(), Some("max_additions"));
    assert_eq!(make("250").expect(201).await["max_additions"], "250");
    assert_eq!(stage.operate("GET", "/v1/lists/News").expect(200).await["max_additions"], "250");
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

#[tokio::test]
async fn of_settings_that_are_edited_at_once_none_is_lost_and_an_older_version_is_refused() {
    let stage = Stage::new(options()).await;
    let edit = |body| stage.administer("PATCH", "/v1/settings").json(body);
    for pair in 1..=40 {
        let (every, share) = (format!("{pair}m"), format!("{pair}%"));
        let both =
            join(edit(json!({"every": every})).expect(200), edit(json!({"max-removals": share})).expect(200));
        both.await;
        let now = stage.administer("GET", "/v1/settings").expect(200).await;
        assert_eq!((now["every"].as_str(), now["max-removals"].as_str()), (Some(&*every), Some(&*share)));
    }
    let tag = stage.administer("GET", "/v1/settings").send().await.header("etag").to_owned();
    let edited = edit(json!({"every": "1h"})).header("if-match", &tag).send().await;
    assert_eq!((edited.status.as_u16(), edited.header("etag") == tag), (200, false));
    edit(json!({"every": "2h"})).header("if-match", &tag).refused(412).await;
    let now = edited.header("etag");
    edit(json!({"every": "1h"})).header("if-match", &format!("{tag}, {now}")).expect(200).await;
    edit(json!({"every": "2h"})).header("if-match", "*").expect(200).await;
    assert_eq!(edited.document()["every"], "1h");
}

#[tokio::test]
async fn of_senders_with_one_id_that_are_made_at_once_one_is() {
    let stage = Stage::new(options()).await;
    let make = |name: usize| {
        let new = json!({"id": "crm", "name": format!("CRM {name}"), "kind": "standard"});
        async { stage.administer("POST", "/v1/sources").json(new).send().await.status.as_u16() }
    };
    let mut answers = join_all((0..8).map(make)).await;
    answers.sort_unstable();
    assert_eq!(answers, [201, 409, 409, 409, 409, 409, 409, 409]);
}
