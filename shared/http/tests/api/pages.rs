//! Collections come in pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stage::{Stage, options};

/// Walks a collection by its cursors, and checks that the `Link` header says the same.
async fn walk(stage: &Stage, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let answer = stage.operate("GET", &next).send().await;
        assert_eq!(answer.status, 200);
        let page = answer.document();
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= 2);
        items.extend(found.iter().cloned());
        let Some(cursor) = page["next"].as_str() else {
            assert_eq!(answer.header("link"), "");
            return items;
        };
        next = format!("{path}?limit=2&cursor={cursor}");
        assert_eq!(answer.header("link"), format!("<{next}>; rel=\"next\""));
    }
}

#[tokio::test]
async fn walking_the_pages_shows_each_item_once() {
    let stage = Stage::new(options()).await;
    for number in 0..5 {
        stage.operate("POST", "/v1/lists").json(json!({"name": format!("List {number}")})).expect(201).await;
        let address = format!("person{number}@contoso.example");
        stage.operate("PUT", &format!("/v1/lists/List%200/members/{address}")).expect(201).await;
    }
    for (path, key) in
        [("/v1/lists", "name"), ("/v1/contacts", "address"), ("/v1/lists/List%200/members", "address")]
    {
        let items = walk(&stage, path).await;
        let distinct: BTreeSet<_> = items.iter().map(|item| item[key].as_str().unwrap()).collect();
        assert_eq!((items.len(), distinct.len()), (5, 5), "{path}");
    }
}
