//! Looking for a group to link.

use listsync_core::grant::{Lists, Verb};
use listsync_engine::ports::{Group, GroupKind, Membership};
use listsync_testkit::sample;
use serde_json::{Value, json};

use crate::stage::{Stage, key_of, options};

fn told(document: &Value) -> Vec<[Value; 3]> {
    let row = |group: &Value| [&group["name"], &group["can_be_linked"], &group["code"]].map(Value::clone);
    document["items"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_group_is_shown_with_how_it_can_be_linked_and_to_which_lists_it_is() {
    let stage = Stage::new(options()).await;
    let follows_a_rule = Group {
        id: sample::group("stage-door"),
        name: "Stage door".to_owned(),
        kind: GroupKind::Dynamic,
        membership: Membership::Shown,
    };
    stage.directory.put_group(follows_a_rule, []);
    let links = key_of(&stage.service, &[Verb::Link], Lists::All).await;
    let unvouched = json!("group_not_linkable");
    let found = stage.ask("GET", "/v1/groups?begins=sta").key(&links).expect(200).await;
    assert_eq!(
        told(&found),
        [[json!("Staff"), json!("no"), unvouched.clone()], [json!("Stage door"), json!("no"), unvouched]],
        "whoever may link names no group by themselves"
    );

    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let wish = json!({"list": "News", "group": "Staff"});
    stage.administer("POST", "/v1/links").json(wish).expect(201).await;
    let found = stage.administer("GET", "/v1/groups?begins=Sta").expect(200).await;
    assert_eq!(
        told(&found),
        [
            [json!("Staff"), json!("both_ways"), json!(null)],
            [json!("Stage door"), json!("group_to_list"), json!("group_dynamic")]
        ]
    );
    assert_eq!(found["items"][0]["lists"][0]["name"], "News", "{found}");
    assert_eq!(found["items"][1]["lists"], json!([]));
    assert!(told(&stage.administer("GET", "/v1/groups?begins=nobody").expect(200).await).is_empty());
    assert_eq!(told(&stage.administer("GET", "/v1/groups").expect(200).await).len(), 2);
    stage.operate("GET", "/v1/groups").expect(403).await;
}
