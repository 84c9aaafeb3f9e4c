//! Nothing is open by accident.

use listsync_engine::ports::AccessScope;
use serde_json::{Value, json};

use crate::stage::{Stage, options};

/// Each method and path of the OpenAPI document, with ids in place of the parameters, and the scope that it says.
fn operations() -> Vec<(String, String, Option<AccessScope>)> {
    let document = listsync_http::openapi();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = path.replace(['{', '}'], "").replace("/generation", "/1");
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), filled.clone(), scope(operation)));
        }
    }
    assert!(all.len() > 40, "the document names {} operations", all.len());
    all
}

fn scope(operation: &Value) -> Option<AccessScope> {
    let text = operation["description"].as_str().unwrap_or_default();
    let says = |word: &str| text.contains(&format!("scope `{word}`"));
    let scopes =
        [("read", AccessScope::Read), ("operate", AccessScope::Operate), ("admin", AccessScope::Admin)];
    scopes.into_iter().find(|(word, _)| says(word)).map(|(_, scope)| scope)
}

#[tokio::test]
async fn every_operation_but_the_open_ones_asks_for_a_key() {
    let stage = Stage::new(options()).await;
    let wrong = format!("{}0", &stage.admin[..stage.admin.len() - 1]);
    for (method, path, scope) in operations() {
        if scope.is_none() {
            assert_eq!((method.as_str(), path.as_str()), ("GET", "/healthz"));
            stage.ask(&method, &path).expect(200).await;
            continue;
        }
        let none = stage.ask(&method, &path).send().await;
        assert_eq!(none.status, 401, "{method} {path}");
        assert!(none.header("www-authenticate").starts_with("Bearer"));
        for key in [wrong.as_str(), "lsk_1_2", ""] {
            let answer = stage.ask(&method, &path).key(key).send().await;
            assert_eq!(answer.status, 401, "{method} {path}");
        }
        let basic = stage.ask(&method, &path).header("authorization", "Basic YTpi").send().await;
        assert_eq!(basic.status, 401, "{method} {path}");
    }
    stage.ask("GET", "/openapi.json").expect(200).await;
}

#[tokio::test]
async fn a_key_opens_what_its_scope_holds_and_nothing_above() {
    let stage = Stage::new(options()).await;
    for (method, path, scope) in operations() {
        let Some(needed) = scope else { continue };
        for (key, has) in [
            (&stage.read, AccessScope::Read),
            (&stage.operate, AccessScope::Operate),
            (&stage.admin, AccessScope::Admin),
        ] {
            // Nothing that is named is there, so that each key meets the same stage.
            let status = stage.ask(&method, &path).key(key).send().await.status;
            assert_eq!(status == 403, has < needed, "{method} {path} with {has:?}: {status}");
            assert_ne!(status, 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_ends_when_it_is_revoked() {
    let stage = Stage::new(options()).await;
    let made = stage
        .administer("POST", "/v1/keys")
        .json(json!({"name": "CRM", "scopes": ["read"]}))
        .expect(201)
        .await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with(&format!("lsk_{id}_")));
    let all = stage.administer("GET", "/v1/keys").expect(200).await;
    assert!(
        !all.to_string().contains(secret) && !all.to_string().contains(secret.rsplit('_').next().unwrap())
    );
    stage.ask("GET", "/v1/lists").key(secret).expect(200).await;
    stage.administer("DELETE", &format!("/v1/keys/{id}")).expect(204).await;
    stage.ask("GET", "/v1/lists").key(secret).refused(401).await;
    stage.administer("DELETE", &format!("/v1/keys/{id}")).expect(204).await;
    let own = stage.admin.split('_').nth(1).unwrap();
    assert_eq!(stage.administer("DELETE", &format!("/v1/keys/{own}")).refused(409).await.0, "own_key");
}

#[tokio::test]
async fn the_store_holds_no_secret_of_a_key() {
    let stage = Stage::new(options()).await;
    let secret = stage.admin.rsplit('_').next().unwrap();
    for key in stage.service.keys.api_keys().await.unwrap() {
        assert_ne!(key.hash, secret);
        assert_eq!(key.hash.len(), 64);
    }
}

#[tokio::test]
async fn a_caller_who_asks_too_often_waits_and_others_do_not() {
    let mut options = options();
    (options.limits.burst, options.limits.per_second) = (3, 1);
    let stage = Stage::new(options).await;
    for _ in 0..3 {
        stage.operate("GET", "/v1/lists").expect(200).await;
    }
    let answer = stage.operate("GET", "/v1/lists").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "1"));
    stage.administer("GET", "/v1/lists").expect(200).await;
    stage.clock.advance(std::time::Duration::from_secs(1));
    stage.operate("GET", "/v1/lists").expect(200).await;
    for _ in 0..3 {
        stage.ask("GET", "/v1/lists").refused(401).await;
    }
    stage.ask("GET", "/v1/lists").refused(429).await;
}
