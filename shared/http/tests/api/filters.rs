//! Filtered lists over the API.

use serde_json::json;

use crate::stage::{Stage, options};

const SALES: &str = "department eq \"Sales\"";

async fn stage() -> Stage {
    let stage = Stage::new(options()).await;
    for (name, department) in [("anna", "Sales"), ("ben", "Research"), ("cleo", "Sales")] {
        let contact =
            json!({"address": format!("{name}@contoso.example"), "fields": {"department": department}});
        stage.operate("POST", "/v1/contacts").json(contact).expect(201).await;
    }
    stage
}

#[tokio::test]
async fn a_filtered_list_is_who_matches_and_follows_every_edit() {
    let stage = stage().await;
    let made =
        stage.operate("POST", "/v1/lists").json(json!({"name": "Sales", "filter": SALES})).expect(201).await;
    assert_eq!((made["kind"].as_str(), made["members"].as_u64()), (Some("filtered"), Some(2)));
    let edit = |department: &str| {
        let ask = stage.operate("PATCH", "/v1/contacts/ben@contoso.example").header("if-match", "*");
        ask.json(json!({"fields": {"department": department}}))
    };
    edit("Sales").expect(200).await;
    assert_eq!(stage.operate("GET", "/v1/lists/Sales").expect(200).await["members"], 3);
    edit("").expect(200).await;
    assert_eq!(stage.operate("GET", "/v1/lists/Sales").expect(200).await["members"], 2);
    let refilter = stage.operate("PATCH", "/v1/lists/Sales").header("if-match", "*");
    let changed = refilter.json(json!({"filter": "department eq null"})).expect(200).await;
    assert_eq!(changed["members"], 1);
}

#[tokio::test]
async fn a_filter_that_names_an_unknown_field_makes_no_list() {
    let stage = stage().await;
    let list = json!({"name": "Sales", "filter": "departmnet eq \"Sales\""});
    let (code, field) = stage.operate("POST", "/v1/lists").json(list).refused(422).await;
    assert_eq!((code.as_str(), field.as_deref()), ("invalid", Some("filter")));
    assert_eq!(stage.operate("GET", "/v1/lists").expect(200).await["items"], json!([]));
}

#[tokio::test]
async fn a_preview_changes_nothing_and_warns_of_what_is_striking() {
    let stage = stage().await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "Sales", "filter": SALES})).expect(201).await;
    let preview = async |filter: &str| {
        let ask = stage.operate("POST", "/v1/lists/Sales/filter-preview");
        ask.json(json!({"filter": filter})).expect(200).await
    };
    let research = preview("department eq \"Research\"").await;
    assert_eq!((research["joining"].as_u64(), research["leaving"].as_u64()), (Some(1), Some(2)));
    assert_eq!(research["join"][0]["address"], "ben@contoso.example");
    assert!(research["warning"].is_null());
    assert!(preview("department eq \"None\"").await["warning"].is_string());
    assert!(preview("department pr").await["warning"].is_string());
    assert_eq!(stage.operate("GET", "/v1/lists/Sales").expect(200).await["members"], 2);
}

#[tokio::test]
async fn a_person_is_told_why_they_are_on_a_list_or_not() {
    let stage = stage().await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "Sales", "filter": SALES})).expect(201).await;
    let explain =
        |who: &str| stage.operate("GET", &format!("/v1/lists/Sales/explain?contact={who}@contoso.example"));
    let anna = explain("anna").expect(200).await;
    assert_eq!((anna["state"].as_str(), anna["matches"].as_bool()), (Some("member"), Some(true)));
    assert_eq!(anna["because"][0]["value"], "Sales");
    let ben = explain("ben").expect(200).await;
    assert_eq!((ben["state"].as_str(), ben["matches"].as_bool()), (Some("absent"), Some(false)));
    assert_eq!(explain("nobody").refused(404).await.1.as_deref(), Some("contact"));
}
