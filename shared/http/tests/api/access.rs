//! Nothing is open by accident.

use listsync_core::{
    grant::{Lists, Verb},
    id::ListId,
};
use listsync_engine::ports::{ApiKey, Scopes};
use listsync_http::Pace;
use serde_json::{Value, json};

use crate::stage::{Stage, key_of, options};

/// Each method and path of the OpenAPI document, with ids in place of the parameters, the scope that it says, and whether it
/// says that it refuses a bound key.
fn operations() -> Vec<(String, String, Option<Verb>, Bound)> {
    let document = listsync_http::openapi();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = path.replace(['{', '}'], "").replace("/generation", "/1");
        for (method, operation) in item.as_object().unwrap() {
            let text = operation["description"].as_str().unwrap_or_default();
            let bound =
                if text.contains("bound to lists is refused") { Bound::Refused } else { Bound::Narrowed };
            all.push((method.to_uppercase(), filled.clone(), scope(text), bound));
        }
    }
    assert!(all.len() > 40, "the document names {} operations", all.len());
    all
}

/// What a key that is bound to lists gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Refused,
    Narrowed,
}

fn scope(text: &str) -> Option<Verb> {
    Verb::ALL.into_iter().find(|verb| text.contains(&format!("scope `{verb}`")))
}

#[tokio::test]
async fn every_operation_but_the_open_ones_asks_for_a_key() {
    let stage = Stage::new(options()).await;
    let (start, end) = stage.admin.split_at(stage.admin.len() - 1);
    let wrong = format!("{start}{}", if end == "0" { "1" } else { "0" });
    for (method, path, scope, _) in operations() {
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
async fn a_key_opens_what_its_scope_holds_and_nothing_else() {
    let stage = Stage::new(options()).await;
    for verb in Verb::ALL {
        let key = key_of(&stage.service, &[verb], Lists::All).await;
        for (method, path, scope, _) in operations() {
            let Some(needed) = scope else { continue };
            // Nothing that is named is there, so that each key meets the same stage.
            let status = stage.ask(&method, &path).key(&key).send().await.status;
            assert_eq!(status == 403, !verb.holds(needed), "{method} {path} with {verb}: {status}");
            assert_ne!(status, 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_or_has_ended_opens_nothing() {
    let stage = Stage::new(options()).await;
    let (revoked, ended) = (
        key_of(&stage.service, &[Verb::Admin], Lists::All).await,
        key_of(&stage.service, &[Verb::Admin], Lists::All).await,
    );
    let (now, keys) = (stage.service.ports.clock.now(), stage.service.keys.clone());
    let of = |text: &str| text.split('_').nth(1).unwrap().to_owned();
    for mut key in keys.api_keys().await.unwrap() {
        if key.id == of(&revoked) {
            key.revoked = Some(now);
        } else if key.id == of(&ended) {
            key.expires = Some(now);
        }
        keys.save_api_key(&key).await.unwrap();
    }
    for (method, path, scope, _) in operations() {
        for key in [&revoked, &ended] {
            let status = stage.ask(&method, &path).key(key).send().await.status;
            assert_eq!(status == 401, scope.is_some(), "{method} {path}: {status}");
        }
    }
}

/// Every route with the ids of another list's things in it: each is there, and none is the key's.
#[tokio::test]
async fn a_key_of_another_list_opens_nothing_of_this_one() {
    let stage = Stage::new(options()).await;
    let other = Other::new(&stage).await;
    let before = other.everything(&stage).await;
    let mine = stage.operate("POST", "/v1/lists").json(json!({"name": "Mine"})).expect(201).await;
    let mine = ListId::parse(mine["id"].as_str().unwrap()).unwrap();
    let verbs = [Verb::Operate, Verb::Link, Verb::Approve];
    let key = key_of(&stage.service, &verbs, Lists::Only([mine].into())).await;
    for (method, path, scope, bound) in operations() {
        let Some(needed) = scope else { continue };
        let is_collection = method == "GET" && !path.trim_start_matches("/v1/").contains('/');
        let answer = other.ask(&stage, &method, &path).key(&key).send().await;
        if needed != Verb::Admin && is_collection && bound == Bound::Narrowed {
            let expected = if ["/v1/lists", "/v1/status"].contains(&path.as_str()) { 1 } else { 0 };
            assert_eq!(answer.document()["items"].as_array().unwrap().len(), expected, "{path}");
            continue;
        }
        if path.starts_with("/v1/requests/") {
            // Whoever asked sees what became of it, and nobody else learns that it is there.
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
            continue;
        }
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        let code = answer.document()["code"].as_str().unwrap().to_owned();
        assert!(["list", "tenant", "scope"].contains(&code.as_str()), "{method} {path}: {code}");
        let told = answer.text();
        assert!(!told.contains("Theirs") && !told.contains("cleo"), "{method} {path}: {told}");
    }
    assert_eq!(other.everything(&stage).await, before, "and nothing of it was changed");
}

/// Another list, with a member, a link, a run and an import.
struct Other {
    ids: Vec<(&'static str, String)>,
}

impl Other {
    async fn new(stage: &Stage) -> Self {
        let list = stage.operate("POST", "/v1/lists").json(json!({"name": "Theirs"})).expect(201).await;
        stage.operate("PUT", "/v1/lists/Theirs/members/cleo@contoso.example").expect(201).await;
        let import = stage.operate("POST", "/v1/lists/Theirs/imports?mode=incremental");
        let import = import.body("text/csv", "email\ncleo@contoso.example\n").expect(201).await;
        let wish = json!({"list": "Theirs", "group": "Staff"});
        let link = stage.administer("POST", "/v1/links").json(wish).expect(201).await;
        let id = |document: &Value| document["id"].as_str().unwrap().to_owned();
        stage.operate("POST", &format!("/v1/links/{}/sync", id(&link))).expect(202).await;
        crate::syncs::work(stage).await;
        let runs = stage.operate("GET", "/v1/runs").expect(200).await;
        let run = runs["items"][0]["run"].as_str().unwrap().to_owned();
        let ids = vec![
            ("list", id(&list)),
            ("member", "cleo@contoso.example".to_owned()),
            ("contact", "cleo@contoso.example".to_owned()),
            ("import", id(&import)),
            ("link", id(&link)),
            ("run", run),
        ];
        Self { ids }
    }

    /// A request whose path and body name what is the other list's.
    fn ask<'a>(&self, stage: &'a Stage, method: &str, path: &str) -> crate::ask::Ask<'a> {
        let named = |part: &str| {
            let known = self.ids.iter().find(|(name, _)| *name == part);
            known.map_or_else(|| part.to_owned(), |(_, id)| id.clone())
        };
        let filled: Vec<String> = path.split('/').map(named).collect();
        let query = match path {
            "/v1/lists/list/explain" => "?contact=cleo@contoso.example",
            "/v1/lists/list/why" => "?address=cleo@contoso.example",
            "/v1/lists/list/imports" if method == "POST" => "?mode=full",
            _ => "",
        };
        let ask = stage.ask(method, &(filled.join("/") + query)).header("if-match", "*");
        let address = "cleo@contoso.example";
        match (method, path) {
            ("POST", "/v1/lists/list/imports") => ask.body("text/csv", "email\nanna@contoso.example\n"),
            ("POST", "/v1/lists/list/decisions") => {
                ask.json(json!({"address": address, "decision": "opted_out"}))
            }
            ("POST", "/v1/opt-out-links") => ask.json(json!({"contact": address})),
            ("POST", "/v1/links") => ask.json(json!({"list": "Theirs", "group": "Staff"})),
            ("POST", "/v1/contacts/contact/merge") => ask.json(json!({"other": address})),
            ("POST", "/v1/imports/import/undo" | "/v1/runs/run/undo") => {
                ask.json(json!({"digest": "0123456789abcdef"}))
            }
            ("PATCH", "/v1/links/link") => ask.json(json!({"every": "1h"})),
            ("PATCH", _) => ask.json(json!({"name": "Another"})),
            _ => ask,
        }
    }

    async fn everything(&self, stage: &Stage) -> Vec<Value> {
        let mut all = Vec::new();
        for path in ["/v1/lists/Theirs/members", "/v1/links", "/v1/contacts", "/v1/imports"] {
            all.push(stage.operate("GET", path).expect(200).await);
        }
        all
    }
}

#[tokio::test]
async fn a_bound_key_does_with_its_own_list_what_its_scopes_say() {
    let stage = Stage::new(options()).await;
    let list = stage.operate("POST", "/v1/lists").json(json!({"name": "Mine"})).expect(201).await;
    let made = stage.administer("POST", "/v1/keys");
    let wish = json!({"name": "council", "scopes": ["operate", "approve"], "lists": ["mine"]});
    let key = made.json(wish).expect(201).await;
    assert_eq!(key["lists"], json!([list["id"]]));
    let key = key["secret"].as_str().unwrap();
    let ask = |method: &str, path: &str| stage.ask(method, path).key(key);
    ask("PUT", "/v1/lists/Mine/members/cleo@contoso.example").expect(201).await;
    assert_eq!(ask("GET", "/v1/lists").expect(200).await["items"][0]["name"], "Mine");
    assert_eq!(ask("GET", "/v1/contacts").expect(200).await["items"][0]["address"], "cleo@contoso.example");
    let found = ask("GET", "/v1/contacts?address=cleo@contoso.example").expect(200).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let rename = |name: &str| {
        ask("PATCH", "/v1/contacts/cleo@contoso.example").header("if-match", "*").json(json!({"name": name}))
    };
    rename("Cleo").expect(200).await;
    ask("POST", "/v1/opt-out-links")
        .json(json!({"contact": "cleo@contoso.example", "list": "Mine"}))
        .expect(201)
        .await;
    let filter = json!({"filter": "address pr"});
    let refilter = ask("PATCH", "/v1/lists/Mine").header("if-match", "*").json(filter);
    assert_eq!(refilter.refused(403).await.0, "tenant", "a filter is over everybody");
    stage.operate("POST", "/v1/lists").json(json!({"name": "Theirs"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/Theirs/members/cleo@contoso.example").expect(201).await;
    assert_eq!(rename("Mallory").refused(403).await.0, "list", "they are on another list too");
    let named = ask("PUT", "/v1/lists/Mine/members/cleo@contoso.example").json(json!({"name": "Mallory"}));
    assert_eq!(named.expect(200).await["name_kept"], true);
    let file = "email,name,Office\ncleo@contoso.example,Mallory,9\nanna@contoso.example,Anna,7\n";
    let import =
        ask("POST", "/v1/lists/Mine/imports?mode=incremental").body("text/csv", file).expect(201).await;
    assert_eq!((&import["details_kept"], &import["added"]), (&1.into(), &1.into()), "{import}");
    let cleo = stage.operate("GET", "/v1/contacts/cleo@contoso.example").expect(200).await;
    assert_eq!((&cleo["name"], &cleo["fields"]), (&"Cleo".into(), &json!({})), "nor by a file");
    let anna = stage.operate("GET", "/v1/contacts/anna@contoso.example").expect(200).await;
    assert_eq!(anna["name"], "Anna", "who is on its list alone is the key's to change");
    let export = ask("GET", "/v1/contacts/cleo@contoso.example/export").expect(200).await;
    assert_eq!(export["lists"].as_array().unwrap().len(), 1, "and that is not told");
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_not_made() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "Mine"})).expect(201).await;
    let past = stage.service.ports.clock.now();
    for (wish, field) in [
        (json!({"name": "k", "scopes": []}), "scopes"),
        (json!({"name": "k", "scopes": ["read"], "lists": []}), "lists"),
        (json!({"name": "k", "scopes": ["admin"], "lists": ["Mine"]}), "lists"),
        (json!({"name": "k", "scopes": ["read"], "expires": past}), "expires"),
    ] {
        let refused = stage.administer("POST", "/v1/keys").json(wish).refused(422).await;
        assert_eq!(refused.1.as_deref(), Some(field));
    }
    let unknown = json!({"name": "k", "scopes": ["read"], "lists": ["None"]});
    stage.administer("POST", "/v1/keys").json(unknown).refused(404).await;
}

#[tokio::test]
async fn a_key_of_before_links_and_approves_and_is_told_apart() {
    let stage = Stage::new(options()).await;
    let text = key_of(&stage.service, &[Verb::Operate], Lists::All).await;
    let id = text.split('_').nth(1).unwrap().to_owned();
    let keys = stage.service.keys.clone();
    let key = keys.api_keys().await.unwrap().into_iter().find(|key| key.id == id).unwrap();
    keys.save_api_key(&ApiKey { reading: Scopes::Three, ..key }).await.unwrap();
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let wish = json!({"list": "News", "group": "Staff"});
    stage.operate("POST", "/v1/links").json(wish.clone()).refused(403).await;
    stage.ask("POST", "/v1/links").key(&text).json(wish).expect(201).await;
    stage.ask("POST", "/v1/holds/none/approve").key(&text).refused(404).await;
    let all = stage.administer("GET", "/v1/keys").expect(200).await;
    let told = all["items"].as_array().unwrap().iter().find(|key| key["id"] == id.as_str()).unwrap();
    assert_eq!((&told["before_scopes"], told["last_used"].is_null()), (&json!(true), false));
}

#[tokio::test]
async fn a_key_links_no_group_that_nobody_named() {
    let stage = Stage::new(options()).await;
    for name in ["News", "Copy"] {
        stage.operate("POST", "/v1/lists").json(json!({"name": name})).expect(201).await;
    }
    let key = key_of(&stage.service, &[Verb::Link], Lists::All).await;
    let link = |list: &str, mode: &str| {
        let wish = json!({"list": list, "group": "Staff", "mode": mode, "max_removals": "off"});
        stage.ask("POST", "/v1/links").key(&key).json(wish)
    };
    for mode in ["two-way", "list-to-group", "group-to-list"] {
        let (code, field) = link("News", mode).refused(403).await;
        assert_eq!((code.as_str(), field.as_deref()), ("group_not_linkable", Some("group")));
    }
    let wish = json!({"list": "News", "group": "Staff", "mode": "group-to-list"});
    let vouched = stage.administer("POST", "/v1/links").json(wish).expect(201).await;
    let copy = link("Copy", "group-to-list").expect(201).await;
    stage.administer("DELETE", &format!("/v1/links/{}", vouched["id"].as_str().unwrap())).expect(204).await;
    let copy = copy["id"].as_str().unwrap();
    assert_eq!(
        stage.operate("GET", &format!("/v1/links/{copy}/plan")).refused(409).await.0,
        "group_not_linkable"
    );
    stage.operate("POST", &format!("/v1/links/{copy}/sync")).expect(202).await;
    crate::syncs::work(&stage).await;
    let runs = stage.operate("GET", "/v1/runs").expect(200).await;
    let refused =
        runs["items"].as_array().unwrap().iter().filter(|run| run["reason"] == "group_not_linkable");
    assert_eq!(refused.count(), 1, "at each run, too: {runs}");
    assert_eq!(stage.operate("GET", "/v1/lists/Copy").expect(200).await["members"], 0);
    let named = json!({"linkable-groups": [listsync_testkit::sample::group("staff")]});
    let refused = stage.administer("PATCH", "/v1/settings").json(named).refused(422).await;
    assert_eq!(refused.1.as_deref(), Some("linkable-groups"), "the group of the stage has no real id");
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
    options.limits.callers = Pace { burst: 3, per_second: 1 };
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
