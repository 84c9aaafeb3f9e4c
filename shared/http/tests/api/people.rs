//! People: decisions, opt-out links, erasure.

use serde_json::json;

use crate::{
    documents::judge,
    stage::{Stage, options},
};

async fn stage() -> Stage {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage
}

#[tokio::test]
async fn who_opted_out_is_not_put_back_by_an_operator() {
    let stage = stage().await;
    let say = |decision: &str| {
        let body = json!({"address": "anna@contoso.example", "decision": decision});
        stage.operate("POST", "/v1/lists/News/decisions").json(body)
    };
    say("subscribed").expect(200).await;
    let out = say("opted_out").expect(200).await;
    assert_eq!(out["changed"].as_array().unwrap().len(), 1);
    let member = "/v1/lists/News/members/anna@contoso.example";
    assert_eq!(stage.operate("PUT", member).refused(409).await.0, "opted_out");
    let members = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    assert_eq!(members["items"][0]["state"], "opted_out");
    say("subscribed").expect(200).await;
    stage.operate("PUT", member).expect(200).await;
    assert_eq!(stage.operate("DELETE", member).expect(200).await["outcome"], "removed");
    assert_eq!(stage.operate("DELETE", member).expect(200).await["outcome"], "absent");
}

#[tokio::test]
async fn whether_an_opt_out_may_be_mistyped_is_told() {
    let stage = stage().await;
    stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example").expect(201).await;
    let out = |path: &str, address: &str| {
        stage.operate("POST", path).json(json!({"address": address, "decision": "opted_out"}))
    };
    let of_list = "/v1/lists/News/decisions";
    let mistyped = out(of_list, "ana@contoso.example").expect(200).await;
    assert_eq!((&mistyped["was_member"], &mistyped["decision"]), (&json!(false), &json!("opted_out")));
    let member = "/v1/lists/News/members/ana@contoso.example";
    assert_eq!(stage.operate("PUT", member).refused(409).await.0, "opted_out", "it is kept all the same");
    assert_eq!(out(of_list, "anna@contoso.example").expect(200).await["was_member"], true);
    assert_eq!(out(of_list, "anna@contoso.example").expect(200).await["was_member"], false, "she left");
    assert_eq!(out("/v1/decisions", "anna@contoso.example").expect(200).await["was_member"], json!(null));
}

#[tokio::test]
async fn an_operator_says_until_when_somebody_is_on_a_list() {
    let stage = stage().await;
    let member = "/v1/lists/News/members/anna@contoso.example";
    let put = |until: &str| stage.operate("PUT", member).json(json!({"until": until}));
    let added = put("2199-12-31").expect(201).await;
    let end = "2200-01-01T00:00:00Z";
    assert_eq!((&added["outcome"], &added["until"]), (&json!("added"), &json!(end)));
    let shown = stage.operate("GET", "/v1/lists/News").expect(200).await;
    assert_eq!((&shown["ending"], &shown["next_end"]), (&json!(1), &json!(end)));
    let members = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    assert_eq!(members["items"][0]["until"], end);
    let known = stage.operate("GET", "/v1/contacts/anna@contoso.example/export").expect(200).await;
    assert_eq!(known["lists"][0]["until"], end);
    let other = put("2198-01-01T12:00:00Z").expect(200).await;
    assert_eq!((&other["outcome"], &other["until"]), (&json!("already"), &json!("2198-01-01T12:00:00Z")));
    assert_eq!(put("never").expect(200).await["until"], json!(null));
    for odd in ["1999-12-31", "soon", ""] {
        assert_eq!(put(odd).refused(422).await.0, "invalid", "{odd}");
    }
}

#[tokio::test]
async fn contacts_on_no_list_are_pruned_and_whoever_said_no_stays() {
    let stage = stage().await;
    for name in ["anna", "ben", "cleo", "dora"] {
        let member = format!("/v1/lists/News/members/{name}@contoso.example");
        stage.operate("PUT", &member).expect(201).await;
        if name != "anna" {
            stage.operate("DELETE", &member).expect(200).await;
        }
    }
    let out = json!({"address": "cleo@contoso.example", "decision": "opted_out"});
    stage.operate("POST", "/v1/decisions").json(out).expect(200).await;
    let prune =
        |method: &'static str, query: &str| stage.administer(method, &format!("/v1/contacts/prune{query}"));
    let counts = |document: &serde_json::Value, names: [&str; 3]| names.map(|name| document[name].as_u64());
    let all = ["idle", "said_no", "recent"];
    assert_eq!(counts(&prune("GET", "").expect(200).await, all), [Some(0), Some(1), Some(2)]);
    assert_eq!(counts(&prune("GET", "?older_than=off").expect(200).await, all), [Some(2), Some(1), Some(0)]);
    prune("GET", "?older_than=-1d").refused(400).await;
    stage.operate("POST", "/v1/contacts/prune").refused(403).await;
    let none = prune("POST", "?older_than=7d").expect(200).await;
    assert_eq!(counts(&none, ["deleted", "said_no", "recent"]), [Some(0), Some(1), Some(2)]);
    let done = prune("POST", "?older_than=off").expect(200).await;
    assert_eq!(counts(&done, ["deleted", "changed", "left"]), [Some(2), Some(0), Some(0)]);
    let left = stage.operate("GET", "/v1/contacts").expect(200).await;
    let left: Vec<_> = left["items"].as_array().unwrap().iter().map(|one| one["address"].clone()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let back = stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example");
    assert_eq!(back.refused(409).await.0, "opted_out");
}

#[tokio::test]
async fn an_opt_out_link_is_signed_and_names_no_address() {
    let stage = stage().await;
    stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example").expect(201).await;
    let made = stage.operate("POST", "/v1/opt-out-links");
    let made = made.json(json!({"contact": "anna@contoso.example", "list": "News"})).expect(201).await;
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("https://lists.contoso.example/u/v1.") && !url.contains("anna"));
    assert_eq!(made["headers"]["List-Unsubscribe"], format!("<{url}>"));
    assert_eq!(made["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let path = url.strip_prefix("https://lists.contoso.example").unwrap();
    let page = stage.ask("GET", path).send().await;
    assert_eq!(page.status, 200);
    let click =
        stage.ask("POST", path).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    assert_eq!(click.send().await.status, 200);
    let members = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    assert_eq!(members["items"][0]["state"], "opted_out");
}

#[tokio::test]
async fn a_person_can_be_exported_and_erased() {
    let stage = stage().await;
    stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example").expect(201).await;
    let export = stage.operate("GET", "/v1/contacts/anna@contoso.example/export").expect(200).await;
    assert_eq!(export["lists"][0]["list"]["name"], "News");
    let id = export["contact"]["id"].as_str().unwrap().to_owned();
    let erase = format!("/v1/contacts/{id}/erase");
    assert_eq!(stage.operate("POST", &erase).refused(403).await.0, "scope");
    let gone = stage.administer("POST", &erase).expect(200).await;
    assert_eq!(gone["lists"].as_array().unwrap().len(), 1);
    stage.operate("GET", &format!("/v1/contacts/{id}")).refused(404).await;
    let back = stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example");
    assert_eq!(back.refused(409).await.0, "opted_out");
}

#[tokio::test]
async fn an_address_that_is_no_contacts_is_erased_from_a_file_that_waits_and_held_off() {
    let stage = stage().await;
    stage.operate("PUT", "/v1/lists/News/members/zoe@contoso.example").expect(201).await;
    let rows: String = (0..60).map(|number| format!("p{number}@contoso.example\n")).collect();
    let file = format!("email\nanna@contoso.example\n{rows}");
    let path = "/v1/lists/News/imports?mode=incremental";
    let held = stage.operate("POST", path).body("text/csv", file).expect(201).await;
    assert_eq!((held["state"].as_str(), held["held_additions"].as_u64()), (Some("held"), Some(61)));
    let erase = "/v1/contacts/anna@contoso.example/erase";
    assert_eq!(stage.operate("POST", erase).refused(403).await.0, "scope");
    for _ in 0..2 {
        let gone = stage.administer("POST", erase).expect(200).await;
        judge("Gone", &gone);
        assert_eq!(gone, json!({"id": null, "lists": []}), "nobody had it as a contact");
    }
    let entry = stage.administer("GET", "/v1/audit?limit=1").expect(200).await["items"][0].clone();
    assert_eq!((&entry["action"], &entry["objects"]), (&json!("contact.erase"), &json!([])));
    let approve = format!("/v1/imports/{}/approve", held["id"].as_str().unwrap());
    assert_eq!(stage.administer("POST", &approve).expect(200).await["added"], 60);
    stage.operate("GET", "/v1/contacts/anna@contoso.example").refused(404).await;
    let back = stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example");
    assert_eq!(back.refused(409).await.0, "opted_out");
    for odd in ["nobody", "not an address@"] {
        let path = format!("/v1/contacts/{}/erase", odd.replace(' ', "%20"));
        assert_eq!(stage.administer("POST", &path).refused(404).await.0, "no_such_contact", "{odd}");
    }
}

#[tokio::test]
async fn an_export_holds_all_that_is_known_of_a_person_and_where_it_came_from() {
    let stage = stage().await;
    let file = "email,name,department\nanna@contoso.example,Anna,Sales\n";
    let import = stage.operate("POST", "/v1/lists/News/imports?mode=incremental").body("text/csv", file);
    import.expect(201).await;
    let anna = "/v1/contacts/anna@contoso.example";
    let edit =
        json!({"fields": {"room": "7"}, "add_aliases": ["a.meier@contoso.example"], "mail": "undeliverable"});
    stage.operate("PATCH", anna).header("if-match", "*").json(edit).expect(200).await;
    for (path, decision) in [("/v1/lists/News/decisions", "opted_out"), ("/v1/decisions", "opted_out")] {
        let body = json!({"address": "anna@contoso.example", "decision": decision});
        stage.operate("POST", path).json(body).expect(200).await;
    }
    let export = stage.operate("GET", &format!("{anna}/export")).expect(200).await;
    judge("PersonExport", &export);
    let contact = &export["contact"];
    assert_eq!(
        (&contact["name"], &contact["aliases"]),
        (&json!("Anna"), &json!(["a.meier@contoso.example"]))
    );
    for (name, value, source) in [("department", "Sales", "csv"), ("room", "7", "manual")] {
        let field = &contact["fields"][name];
        assert_eq!((&field["value"], &field["source"]), (&json!(value), &json!(source)), "{export}");
    }
    assert_eq!(contact["undeliverable"]["reason"], "manual");
    assert_eq!(export["lists"][0]["state"], "opted_out");
    assert_eq!(export["decisions"].as_array().unwrap().len(), 2, "{export}");
}

#[tokio::test]
async fn two_contacts_become_one_and_stay_opted_out() {
    let stage = stage().await;
    for address in ["anna@contoso.example", "a.meier@contoso.example"] {
        stage.operate("PUT", &format!("/v1/lists/News/members/{address}")).expect(201).await;
    }
    let out = json!({"address": "a.meier@contoso.example", "decision": "opted_out"});
    stage.operate("POST", "/v1/lists/News/decisions").json(out).expect(200).await;
    let merge = |other: &str| {
        stage.operate("POST", "/v1/contacts/anna@contoso.example/merge").json(json!({"other": other}))
    };
    let merged = merge("a.meier@contoso.example").expect(200).await;
    assert_eq!(merged["aliases"], json!(["a.meier@contoso.example"]));
    let back = stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example");
    assert_eq!(back.refused(409).await.0, "opted_out");
    assert_eq!(merge("anna@contoso.example").refused(422).await.1.as_deref(), Some("other"));
}

#[tokio::test]
async fn a_sender_of_events_gets_its_url_and_its_secret_once() {
    let stage = stage().await;
    let new = json!({"id": "crm", "name": "CRM", "kind": "standard", "list": "News"});
    let made = stage.administer("POST", "/v1/sources").json(new.clone()).expect(201).await;
    assert_eq!(made["url"], "https://lists.contoso.example/hooks/crm");
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let all = stage.administer("GET", "/v1/sources").expect(200).await;
    assert!(!all.to_string().contains(secret));
    stage.administer("POST", "/v1/sources").json(new).refused(409).await;
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let of_itself = |key: &str| json!({"id": "svix", "name": "Svix", "kind": "standard", "key": key});
    let made = stage.administer("POST", "/v1/sources").json(of_itself(own)).expect(201).await;
    assert_eq!(made["secret"], json!(null), "whoever made it knows it");
    let short = stage.administer("POST", "/v1/sources").json(of_itself("whsec_AAAA")).refused(422).await;
    assert_eq!(short.1.as_deref(), Some("key"));
    let bad = json!({"id": "ses", "name": "SES", "kind": "ses", "key": "not an ARN"});
    assert_eq!(
        stage.administer("POST", "/v1/sources").json(bad).refused(422).await.1.as_deref(),
        Some("key")
    );
    stage.administer("DELETE", "/v1/sources/crm").expect(204).await;
    stage.administer("DELETE", "/v1/sources/crm").refused(404).await;
}
