//! Finding, making and changing groups.

mod support;

use listsync_graph_emulator::{Group, GroupKind};
use serde_json::{Value, json};
use support::{Bench, reference};

fn unified(nickname: &str) -> Value {
    json!({
        "displayName": "News", "mailNickname": nickname, "mailEnabled": true, "securityEnabled": false,
        "groupTypes": ["Unified"], "resourceBehaviorOptions": ["WelcomeEmailDisabled"],
    })
}

fn security(nickname: &str) -> Value {
    json!({"displayName": "News", "mailNickname": nickname, "mailEnabled": false, "securityEnabled": true})
}

const UPSERT: &[(&str, &str)] = &[("Prefer", "create-if-missing")];

#[tokio::test]
async fn a_group_is_read_by_id_and_found_by_its_names() {
    let bench = Bench::new().await;
    let group = bench.group(GroupKind::Dynamic, &[]);
    let body = bench.get(&format!("/groups/{group}?$select=id,groupTypes,isManagementRestricted")).await.body;
    assert_eq!(body["groupTypes"], json!(["DynamicMembership"]));
    assert!(bench.get(&format!("/groups/{group}")).await.body.get("isManagementRestricted").is_none());
    for filter in ["displayName eq 'team'", "mailNickname eq 'team'", &format!("id eq '{group}'")] {
        let found = bench.get(&format!("/groups?$filter={filter}&$select=id")).await;
        assert_eq!(found.ids(), [group.to_string()], "{filter}");
    }
    bench.get("/groups?$filter=visibility eq 'Public'").await.refused(400, "Request_UnsupportedQuery", "");
}

#[tokio::test]
async fn a_microsoft_365_nickname_is_unique_and_a_security_one_need_not_be() {
    let bench = Bench::new().await;
    let made = bench.post("/groups", unified("news")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["mail"], "news@contoso.example");
    assert_eq!(made.body["resourceBehaviorOptions"], json!(["WelcomeEmailDisabled"]));
    bench.post("/groups", unified("NEWS")).await.refused(
        400,
        "Request_BadRequest",
        "Another object with the same value for property mailNickname already exists.",
    );
    assert_eq!(bench.post("/groups", security("news")).await.status, 201);
    assert_eq!(bench.post("/groups", security("news")).await.status, 201);
}

#[tokio::test]
async fn a_body_must_be_whole_and_known() {
    let bench = Bench::new().await;
    let changed = |name: &str, value: Value| {
        let mut body = unified("news");
        body[name] = value;
        body
    };
    for body in [
        json!({"displayName": "News"}),
        changed("mailNickname", json!("a b")),
        changed("mailNickname", json!("a@b")),
        changed("mailNickname", json!("ü")),
        changed("mailNickname", json!("x".repeat(65))),
        changed("displayName", json!("x".repeat(257))),
        changed("displayName", Value::Null),
        changed("mailEnabled", json!("yes")),
        changed("mailEnabled", json!(false)),
        changed("groupTypes", json!(["DynamicMembership"])),
        changed("groupTypes", json!([])),
        changed("resourceBehaviorOptions", json!(["SingASong"])),
        changed("visibility", json!("Secret")),
        changed("colour", json!("red")),
    ] {
        bench.post("/groups", body.clone()).await.refused(400, "Request_BadRequest", "");
    }
    assert_eq!(bench.tenant.groups().len(), 0);
}

#[tokio::test]
async fn owners_and_members_at_creation_are_twenty_together() {
    let bench = Bench::new().await;
    let people = bench.people(21);
    let links =
        |range: std::ops::Range<usize>| people[range].iter().map(|id| reference(*id)).collect::<Vec<_>>();
    let mut body = unified("news");
    body["owners@odata.bind"] = json!(links(0..2));
    body["members@odata.bind"] = json!(links(2..21));
    bench.post("/groups", body.clone()).await.refused(400, "Request_BadRequest", "more than 20 link changes");
    body["members@odata.bind"] = json!(links(2..20));
    let made = bench.post("/groups", body).await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().expect("there is an id").parse().expect("it is an id");
    assert_eq!((bench.tenant.owners(id).len(), bench.tenant.members(id).len()), (2, 18));
}

#[tokio::test]
async fn an_upsert_makes_a_group_once() {
    let bench = Bench::new().await;
    let path = "/groups(uniqueName='list-7')";
    bench.get(path).await.refused(404, "Request_ResourceNotFound", "list-7");
    bench.patch(path, unified("seven")).await.refused(404, "Request_ResourceNotFound", "list-7");
    let made = bench.send("PATCH", path, UPSERT, Some(unified("seven"))).await;
    assert_eq!((made.status, made.body["uniqueName"].as_str()), (201, Some("list-7")));
    assert_eq!(bench.get(path).await.body["id"], made.body["id"]);
    assert_eq!(bench.tenant.groups().len(), 1);
    let mut twice = unified("eight");
    twice["uniqueName"] = json!("list-7");
    bench.post("/groups", twice).await.refused(400, "Request_BadRequest", "uniqueName already exists");
    let odd = bench.send("PATCH", path, &[("Prefer", "handling=lenient")], Some(unified("seven"))).await;
    odd.refused(400, "Request_BadRequest", "Prefer");
}

#[tokio::test]
async fn an_upsert_of_a_known_group_changes_it_if_the_app_may() {
    let mut bench = Bench::new().await;
    let path = "/groups(uniqueName='list-7')";
    bench.send("PATCH", path, UPSERT, Some(unified("seven"))).await;
    let again = bench.send("PATCH", path, UPSERT, Some(unified("seven"))).await;
    again.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["Group.ReadWrite.All"]).await;
    let mut body = unified("seven");
    body["displayName"] = json!("Latest news");
    assert_eq!(bench.send("PATCH", path, UPSERT, Some(body)).await.status, 204);
    assert_eq!(bench.get(path).await.body["displayName"], "Latest news");
    let fixed = json!({"groupTypes": []});
    bench.patch(path, fixed).await.refused(400, "Request_BadRequest", "groupTypes");
}

#[tokio::test]
async fn an_app_that_owns_its_group_may_change_it() {
    let mut bench = Bench::new().await;
    bench.roles(&["Group.Create"]).await;
    let mut principal = None;
    bench.tenant.update_app(|app| principal = Some(app.service_principal));
    let mut body = unified("own");
    body["owners@odata.bind"] = json!([reference(principal.expect("there is an app"))]);
    let made = bench.post("/groups", body).await;
    let id = made.body["id"].as_str().expect("there is an id");
    assert_eq!(bench.patch(&format!("/groups/{id}"), json!({"displayName": "Ours"})).await.status, 204);
    let stray = bench.group(GroupKind::Microsoft365, &[]);
    let refused = bench.patch(&format!("/groups/{stray}"), json!({"displayName": "Ours"})).await;
    refused.refused(403, "Authorization_RequestDenied", "");
}

#[tokio::test]
async fn deleting_a_group_is_a_violation() {
    let mut bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    bench.delete(&format!("/groups/{group}")).await.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["Group.ReadWrite.All"]).await;
    assert_eq!(bench.delete(&format!("/groups/{group}")).await.status, 204);
    bench.get(&format!("/groups/{group}")).await.refused(404, "Request_ResourceNotFound", "");
    assert_eq!(bench.tenant.violations().len(), 2);
}

#[tokio::test]
async fn a_deleted_group_is_shown_among_the_deleted_items_to_whoever_may_read_groups() {
    let mut bench = Bench::new().await;
    let group = bench.tenant.add_group(Group::new(GroupKind::Security, "Gone"));
    let path = format!("/directory/deletedItems/{group}?$select=id,deletedDateTime");
    bench.tenant.delete_group(group);
    bench.get(&path).await.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["Group.Read.All"]).await;
    let deleted = bench.get(&path).await;
    assert_eq!((deleted.status, &deleted.body["id"]), (200, &serde_json::json!(group.to_string())));
    assert!(deleted.body["deletedDateTime"].is_string(), "{}", deleted.body);
    bench.tenant.purge_group(group);
    bench.get(&path).await.refused(404, "Request_ResourceNotFound", "");
}
