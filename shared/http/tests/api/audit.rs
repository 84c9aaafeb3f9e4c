//! Every route that changes something is in the audit, done by whom and to what; what changed nothing is not.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use listsync_core::audit::AuditEntry;
use listsync_engine::ports::{AuditLog, AuditPage, AuditQuery, Fault, PortError, PortResult};
use listsync_http::router;
use serde_json::{Value, json};

use crate::{
    documents::judge,
    stage::{Stage, options},
    syncs::work,
    undo,
};

/// Routes that are asked with a body and change nothing.
const HARMLESS: [(&str, &str); 4] = [
    ("POST", "/v1/lists/{list}/filter-preview"),
    ("POST", "/v1/opt-out-links"),
    ("POST", "/v1/my-lists-links"),
    ("POST", "/v1/alerts/test"),
];

/// Requests one after the other, each with what the audit has of it.
struct Played<'a> {
    stage: &'a Stage,
    routes: BTreeSet<(String, String)>,
}

/// One request: its route, the ids in its path, and its body.
struct Request {
    method: &'static str,
    route: String,
    ids: Vec<String>,
    body: Value,
}

impl Played<'_> {
    /// Does it, and takes its answer, once the newest entry is of this action and these objects, by the key that asked.
    async fn does(&mut self, request: Request, action: &str, objects: &[(&str, &str)]) -> Value {
        let Request { method, route, ids, body } = request;
        let (mut path, mut ids) = (String::new(), ids.iter());
        for part in route.split('/').skip(1) {
            let part = if part.starts_with('{') { ids.next().unwrap().as_str() } else { part };
            path += &format!("/{part}");
        }
        let ask = self.stage.administer(method, &(path + ids.next().map_or("", String::as_str)));
        let ask = match body.as_str() {
            Some(file) => ask.body("text/csv", file.to_owned()),
            None if body.is_null() => ask,
            None => ask.json(body),
        };
        let answer = ask.header("if-match", "*").send().await;
        assert!(answer.status.is_success(), "{method} {route}: {}", answer.text());
        let newest = self.stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
        judge("AuditEntry", &newest);
        assert_eq!(newest["action"], action, "{method} {route}");
        assert_eq!((&newest["actor"]["kind"], &newest["actor"]["name"]), (&json!("key"), &json!("test")));
        let id = self.stage.admin.split('_').nth(1).unwrap();
        assert_eq!((&newest["actor"]["id"], &newest["completion"]), (&json!(id), &json!("done")));
        let found: BTreeSet<(&str, &str)> = newest["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| (object["kind"].as_str().unwrap(), object["id"].as_str().unwrap()))
            .collect();
        assert_eq!(found, objects.iter().copied().collect(), "{method} {route}");
        self.routes.insert((method.to_owned(), route));
        answer.document()
    }
}

fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

fn request(method: &'static str, route: &str, ids: &[&str], body: Value) -> Request {
    Request { method, route: route.to_owned(), ids: ids.iter().map(|id| (*id).to_owned()).collect(), body }
}

#[tokio::test]
async fn every_route_that_changes_something_is_audited_with_what_it_changed() {
    let stage = Stage::new(options()).await;
    let mut played = Played { stage: &stage, routes: BTreeSet::new() };
    lists_and_people(&mut played).await;
    files(&mut played).await;
    links(&mut played).await;
    undo(&mut played).await;
    trust(&mut played).await;
    let document = listsync_http::openapi();
    let mut expected = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|method| *method != "get") {
            expected.insert((method.to_uppercase(), path.clone()));
        }
    }
    let harmless = HARMLESS.map(|(method, path)| (method.to_owned(), path.to_owned()));
    for route in harmless {
        assert!(expected.remove(&route), "{route:?}");
    }
    assert_eq!(played.routes, expected);
}

async fn lists_and_people(played: &mut Played<'_>) {
    let stage = played.stage;
    const CLEO: &str = "cleo@contoso.example";
    // The id of a list is not known before the answer, so its entry is looked at afterwards.
    let news = stage.administer("POST", "/v1/lists").json(json!({"name": "First"})).expect(201).await;
    let news = id(&news);
    let list = ("list", news.as_str());
    let newest = stage.administer("GET", "/v1/audit?limit=1").expect(200).await;
    assert_eq!(newest["items"][0]["objects"], json!([{"kind": "list", "id": news, "name": "First"}]));
    assert_eq!(newest["items"][0]["action"], "list.create");
    played.routes.insert(("POST".to_owned(), "/v1/lists".to_owned()));
    let one = "/v1/lists/{list}";
    played.does(request("PATCH", one, &["First"], json!({"name": "News"})), "list.edit", &[list]).await;
    let member = "/v1/lists/{list}/members/{member}";
    let put = stage.administer("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    assert_eq!(put["outcome"], "added");
    let cleo = id(&stage.administer("GET", &format!("/v1/contacts/{CLEO}")).expect(200).await);
    let both = [list, ("contact", cleo.as_str())];
    played.does(request("DELETE", member, &["News", CLEO], Value::Null), "member.remove", &both).await;
    played.does(request("PUT", member, &["News", &cleo], Value::Null), "member.add", &both).await;
    let said = |decision: &str| json!({"address": CLEO, "decision": decision});
    let decisions = "/v1/lists/{list}/decisions";
    for (decision, action) in [("opted_out", "consent.opt_out"), ("subscribed", "consent.subscribe")] {
        played.does(request("POST", decisions, &["News"], said(decision)), action, &both).await;
        played.does(request("POST", "/v1/decisions", &[], said(decision)), action, &both[1..]).await;
    }
    for local in ["dora", "emil"] {
        let body = json!({"address": format!("{local}@contoso.example")});
        stage.administer("POST", "/v1/contacts").json(body).expect(201).await;
    }
    let of = async |local: &str| {
        id(&stage.administer("GET", &format!("/v1/contacts/{local}@contoso.example")).expect(200).await)
    };
    let (dora, emil) = (of("dora").await, of("emil").await);
    let newest = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
    assert_eq!((&newest["action"], &newest["objects"][0]["id"]), (&json!("contact.create"), &json!(emil)));
    assert_eq!(newest["objects"][0]["name"], "emil@contoso.example");
    played.routes.insert(("POST".to_owned(), "/v1/contacts".to_owned()));
    let (one, at) = ("/v1/contacts/{contact}", |who: &'static str| [who]);
    let dora = ("contact", dora.as_str());
    let rename = request("PATCH", one, &at("dora@contoso.example"), json!({"name": "Dora"}));
    played.does(rename, "contact.edit", &[dora]).await;
    let merge = json!({"other": "emil@contoso.example"});
    let merge = request("POST", "/v1/contacts/{contact}/merge", &at("dora@contoso.example"), merge);
    played.does(merge, "contact.merge", &[dora, ("contact", &emil)]).await;
    let erase = request("POST", "/v1/contacts/{contact}/erase", &at("dora@contoso.example"), Value::Null);
    played.does(erase, "contact.erase", &[dora]).await;
    let erased = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
    assert_eq!(erased["objects"][0]["name"], Value::Null, "and nobody is named any more");
    // Somebody on no list, of whom nobody knows since when.
    let gone = json!({"address": "gone@contoso.example"});
    stage.administer("POST", "/v1/contacts").json(gone).expect(201).await;
    let prune = request("POST", "/v1/contacts/prune", &["?older_than=off"], Value::Null);
    let pruned = played.does(prune, "contact.prune", &[]).await;
    assert_eq!((&pruned["deleted"], &pruned["left"]), (&json!(1), &json!(0)), "{pruned}");
    let delete = request("DELETE", one, &at(CLEO), Value::Null);
    played.does(delete, "contact.delete", &both[1..]).await;
    played.does(request("DELETE", "/v1/lists/{list}", &["News"], Value::Null), "list.delete", &[list]).await;
}

async fn files(played: &mut Played<'_>) {
    let stage = played.stage;
    let list = id(&stage.administer("POST", "/v1/lists").json(json!({"name": "Files"})).expect(201).await);
    let list = ("list", list.as_str());
    let imports = "/v1/lists/{list}/imports";
    let import = stage.administer("POST", "/v1/lists/Files/imports?mode=full");
    let people = |count: usize| {
        (0..count).fold("email\n".to_owned(), |file, number| file + &format!("p{number}@contoso.example\n"))
    };
    let import = id(&import.body("text/csv", people(9)).expect(201).await);
    let newest = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
    let objects: Vec<_> = newest["objects"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!((&newest["action"], objects), (&json!("import.create"), vec![json!(list.1), json!(import)]));
    let opt_outs = request("POST", imports, &["Files", "?as=opt-outs"], json!("email\np8@contoso.example\n"));
    played.does(opt_outs, "consent.import", &[list]).await;
    for (ruling, action) in [("approve", "import.approve"), ("discard", "import.discard")] {
        let path = "/v1/lists/Files/imports?mode=full&again=take_in";
        let size = if ruling == "approve" { 5 } else { 2 };
        let held = stage.administer("POST", path).body("text/csv", people(size)).expect(201).await;
        assert_eq!(held["state"], "held", "{held}");
        let (route, held) = (format!("/v1/imports/{{import}}/{ruling}"), id(&held));
        let rule = request("POST", &route, &[&held], Value::Null);
        played.does(rule, action, &[list, ("import", &held)]).await;
    }
    let plan = stage.administer("GET", &format!("/v1/imports/{import}/undo")).expect(200).await;
    let body = json!({"digest": plan["digest"]});
    let undo = request("POST", "/v1/imports/{import}/undo", &[&import], body);
    played.does(undo, "import.undo", &[list, ("import", &import)]).await;
}

async fn links(played: &mut Played<'_>) {
    let stage = played.stage;
    let list = id(&stage.administer("POST", "/v1/lists").json(json!({"name": "Linked"})).expect(201).await);
    let list = ("list", list.as_str());
    stage.administer("PUT", "/v1/lists/Linked/members/ben@contoso.example").expect(201).await;
    let new = json!({"list": "Linked", "group": "Staff", "first_merge": "list"});
    for (ruling, action) in [("discard", "hold.discard"), ("approve", "hold.approve")] {
        // The group has Anna, and the list wins.
        stage.administer("DELETE", "/v1/lists/Linked/members/anna@contoso.example").expect(200).await;
        let made = stage.administer("POST", "/v1/links").json(new.clone()).expect(201).await;
        let made = id(&made);
        let link = [list, ("link", made.as_str())];
        let newest = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
        assert_eq!((&newest["action"], &newest["objects"][1]["id"]), (&json!("link.create"), &json!(made)));
        played.routes.insert(("POST".to_owned(), "/v1/links".to_owned()));
        let at = [made.as_str()];
        let one = "/v1/links/{link}";
        played.does(request("PATCH", one, &at, json!({"every": "1h"})), "link.edit", &link).await;
        for verb in ["pause", "resume", "sync"] {
            let route = format!("{one}/{verb}");
            played.does(request("POST", &route, &at, Value::Null), &format!("link.{verb}"), &link).await;
        }
        work(stage).await;
        let held = stage.administer("GET", &format!("/v1/links/{made}")).expect(200).await;
        let digest = held["held"]["digest"].as_str().unwrap().to_owned();
        let route = format!("/v1/holds/{{digest}}/{ruling}");
        let rule = request("POST", &route, &[&digest], Value::Null);
        played.does(rule, action, &[link[0], link[1], ("hold", &digest)]).await;
        work(stage).await;
        let relink = request("POST", "/v1/links/{link}/relink", &at, Value::Null);
        played.does(relink, "link.relink", &link).await;
        played.does(request("DELETE", one, &at, Value::Null), "link.delete", &link).await;
    }
}

/// A run of a link whose first one is over, taken back.
async fn undo(played: &mut Played<'_>) {
    let stage = played.stage;
    let (link, run) = undo::steady_run(stage, "Undone").await;
    let list = id(&stage.administer("GET", "/v1/lists/Undone").expect(200).await);
    let shown = stage.administer("GET", &format!("/v1/runs/{run}/undo")).expect(200).await;
    let body = json!({"digest": shown["digest"]});
    let objects = [("run", run.as_str()), ("link", &link), ("list", &list)];
    played.does(request("POST", "/v1/runs/{run}/undo", &[&run], body), "run.undo", &objects).await;
}

async fn trust(played: &mut Played<'_>) {
    let stage = played.stage;
    let patch = json!({"every": "30m", "audit-keep": "30d"});
    let named = [("setting", "every"), ("setting", "audit-keep")];
    played.does(request("PATCH", "/v1/settings", &[], patch), "settings.edit", &named).await;
    let wish = json!({"name": "CRM", "scopes": ["read"]});
    let key = id(&stage.administer("POST", "/v1/keys").json(wish).expect(201).await);
    let newest = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
    let made = json!({"kind": "key", "id": key, "name": "CRM"});
    assert_eq!((&newest["action"], &newest["objects"][0]), (&json!("key.create"), &made));
    played.routes.insert(("POST".to_owned(), "/v1/keys".to_owned()));
    played
        .does(request("DELETE", "/v1/keys/{key}", &[&key], Value::Null), "key.revoke", &[("key", &key)])
        .await;
    let source = json!({"id": "crm", "name": "CRM", "kind": "standard"});
    let crm = [("source", "crm")];
    played.does(request("POST", "/v1/sources", &[], source), "source.create", &crm).await;
    played
        .does(request("DELETE", "/v1/sources/{source}", &["crm"], Value::Null), "source.delete", &crm)
        .await;
}

async fn entries(stage: &Stage, query: &str) -> Vec<Value> {
    let page = stage.administer("GET", &format!("/v1/audit?limit=500{query}")).expect(200).await;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_is_refused_repeated_or_changes_nothing_is_not_in_the_audit() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let member = "/v1/lists/News/members/cleo@contoso.example";
    stage.operate("PUT", member).expect(201).await;
    let file = |query: &str| {
        let ask = stage.operate("POST", &format!("/v1/lists/News/imports?mode=incremental{query}"));
        ask.body("text/csv", "email\nanna@contoso.example\n")
    };
    file("").expect(201).await;
    let before = entries(&stage, "").await;
    assert_eq!(before.len(), 3);
    stage.operate("PUT", member).expect(200).await;
    stage.operate("DELETE", "/v1/lists/News/members/ben@contoso.example").expect(200).await;
    file("").expect(200).await;
    file("&dry_run=true").expect(200).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).refused(409).await;
    stage.operate("DELETE", "/v1/lists/None").refused(404).await;
    stage.operate("PATCH", "/v1/settings").json(json!({"every": "1h"})).refused(403).await;
    stage.administer("PATCH", "/v1/settings").json(json!({})).expect(200).await;
    stage.operate("GET", "/v1/lists/News").expect(200).await;
    let link = json!({"contact": "cleo@contoso.example", "list": "News"});
    stage.operate("POST", "/v1/opt-out-links").json(link).expect(201).await;
    let of = json!({"contact": "cleo@contoso.example"});
    let mine = stage.operate("POST", "/v1/my-lists-links").json(of).expect(201).await;
    assert!(mine["url"].as_str().unwrap().starts_with("https://lists.contoso.example/my/m1."), "{mine}");
    assert_eq!(mine["address"], "cleo@contoso.example");
    let preview = json!({"filter": "address pr"});
    stage.operate("POST", "/v1/lists/News/filter-preview").json(preview).expect(200).await;
    assert_eq!(entries(&stage, "").await, before);
    for replayed in ["", "true"] {
        let ask = stage.operate("POST", "/v1/lists").header("idempotency-key", "k1");
        let answer = ask.json(json!({"name": "Once"})).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (201, replayed));
    }
    assert_eq!(entries(&stage, "").await.len(), 4, "what is answered out of memory was done once");
}

#[tokio::test]
async fn the_audit_is_read_by_who_by_what_and_by_when_and_in_pages() {
    let stage = Stage::new(options()).await;
    let ask = |name: &str| stage.operate("POST", "/v1/lists").json(json!({"name": name}));
    let first = id(&ask("First").expect(201).await);
    stage.clock.advance(Duration::from_secs(60));
    let since = stage.service.ports.clock.now();
    for name in ["Second", "Third"] {
        stage.administer("POST", "/v1/lists").json(json!({"name": name})).expect(201).await;
    }
    let names = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|entry| entry["objects"][0]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&entries(&stage, "").await), ["Third", "Second", "First"]);
    assert_eq!(names(&entries(&stage, &format!("&since={since}")).await), ["Third", "Second"]);
    assert_eq!(names(&entries(&stage, &format!("&until={since}")).await), ["First"]);
    assert_eq!(names(&entries(&stage, &format!("&object={first}")).await), ["First"]);
    let operator = stage.operate.split('_').nth(1).unwrap();
    for actor in [operator.to_owned(), format!("key:{operator}")] {
        assert_eq!(names(&entries(&stage, &format!("&actor={actor}")).await), ["First"]);
    }
    assert!(entries(&stage, "&actor=local").await.is_empty());
    let mut path = "/v1/audit?limit=1".to_owned();
    let mut walked = Vec::new();
    loop {
        let page = stage.administer("GET", &path).expect(200).await;
        walked.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/audit?limit=1&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(walked, entries(&stage, "").await);
    stage.administer("GET", "/v1/audit?cursor=bm9uZQ").refused(400).await;
    stage.administer("GET", "/v1/audit?since=yesterday").refused(400).await;
    stage.operate("GET", "/v1/audit").refused(403).await;
}

/// A store that takes no entry.
struct Deaf;

#[async_trait]
impl AuditLog for Deaf {
    async fn append(&self, _: &AuditEntry, _: Duration) -> PortResult<()> {
        Err(PortError::new(Fault::Unavailable, "store_busy", "the store is held"))
    }

    async fn page(&self, _: &AuditQuery) -> PortResult<AuditPage> {
        Ok(AuditPage::default())
    }
}

#[tokio::test]
async fn what_the_audit_does_not_take_is_done_all_the_same_and_told_whole_in_the_log() {
    let mut stage = Stage::new(options()).await;
    stage.service.audit = Arc::new(Deaf);
    stage.router = router(stage.service.clone(), options());
    let log = crate::log::Log::default();
    let (made, told) =
        log.of(stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201)).await;
    let operator = stage.operate.split('_').nth(1).unwrap();
    for part in ["ERROR", "list.create", &format!("key:{operator}"), &format!("list:{}", id(&made))] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains("News"), "{told}");
}
