//! Forms of settings, keys and limits: what is wrong stands beside its field, and what was typed is kept.

use crate::{browser::Browser, stage::Stage};

#[tokio::test]
async fn settings_are_saved_unless_others_changed_them_meanwhile() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let save = |every: &'static str, was: &'static str| {
        [("every", every), ("was.every", was), ("protected", "owners\n"), ("was.protected", "")]
    };
    let shown = browser.submit_only("/settings/list-service", &save("never", "15m")).await;
    assert_eq!(shown.status, 422);
    shown
        .shows("id=\"every-error\"")
        .shows("value=\"never\"")
        .shows("<title>Error: ")
        .shows("href=\"#every\"");
    let saved = browser.submit("/settings/list-service", &save("20m", "15m")).await;
    saved.shows("value=\"20m\"").shows("owners");
    // Somebody who opened the page before that.
    let shown = browser.submit_only("/settings/list-service", &save("30m", "15m")).await;
    assert!(shown.status.is_client_error(), "{}", shown.status);
    shown.shows("value=\"30m\"").shows("role=\"alert\"");
    browser.open("/settings/list-service").await.shows("value=\"20m\"");
    // Who changed something else there takes nothing back.
    let other = [("every", "15m"), ("was.every", "15m"), ("audit-keep", "30d"), ("was.audit-keep", "400d")];
    browser.submit_only("/settings/list-service", &other).await;
    browser.open("/settings/list-service").await.shows("value=\"20m\"");
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let shown = browser.submit_only("/settings/keys", &[("name", "tool")]).await;
    shown.shows("a key without a scope opens nothing").shows("value=\"tool\"");
    let made = browser.submit_only("/settings/keys", &[("name", "tool"), ("scopes", "read")]).await;
    made.shows("lsk_").shows("shown this once");
    let shown = browser.open("/settings/keys").await;
    assert!(!shown.has("lsk_"), "its text is nowhere else");
    let key = shown.value("key");
    browser.submit("/settings/keys/revoke", &[("key", &key)]).await.shows("revoked");
    browser.open("/settings/audit").await.shows("key.revoke");
}

#[tokio::test]
async fn the_limits_of_a_link_are_changed_and_a_wrong_one_is_named() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let made = browser.submit_only("/lists", &[("name", "News")]).await;
    let list = made.header("location").to_owned();
    let form = [("how", "new"), ("new_group.name", "Readers")];
    let limits = browser.submit(&format!("{list}/links"), &form).await.link("/links/");
    let link = limits.rsplit_once('/').unwrap().0.to_owned();
    let fields = |removals: &'static str| {
        [
            ("max_removals", removals),
            ("extras", "keep"),
            ("externals", "match"),
            ("shared_mailboxes", "sync"),
            ("agents", "skip"),
            ("writes", "direct"),
            ("protected", "owners"),
        ]
    };
    let shown = browser.submit_only(&format!("{link}/limits"), &fields("many")).await;
    assert_eq!(shown.status, 422);
    shown.shows("id=\"max-removals-error\"").shows("value=\"many\"");
    browser.submit(&format!("{link}/limits"), &fields("10%")).await;
    browser.open(&format!("{link}/limits")).await.shows("value=\"10%\"").shows("owners");
    let list_id = list.rsplit('/').next().unwrap().to_owned();
    browser.submit(&format!("{link}/do"), &[("do", "pause"), ("list", &list_id)]).await.shows("Resume");
    browser.open(&format!("{link}/unlink")).await.shows("Nobody joins or leaves");
    browser.submit(&format!("{link}/unlink"), &[]).await.shows("not linked");
}

/// What a form sends.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_in_every_form_that_has_fields() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let made = browser.submit_only("/lists", &[("name", "News")]).await;
    let list = made.header("location").to_owned();
    browser.submit(&format!("{list}/members"), &[("address", "cleo@contoso.example")]).await;
    let person = browser.open(&format!("{list}/members")).await.link("/people/0");
    let (members, links, erase) =
        (format!("{list}/members"), format!("{list}/links"), format!("{person}/erase"));
    let forms: [(&str, Fields<'_>, &str); 7] = [
        ("/lists", &[("name", "")], "name"),
        ("/lists", &[("name", "News")], "name"),
        ("/lists", &[("name", "Other"), ("filter", "depart eq")], "filter"),
        ("/lists", &[("name", "Other"), ("expect_every", "soon")], "expect-every"),
        (&members, &[("address", "no address")], "address"),
        (&links, &[("how", "new"), ("new_group.name", " ")], "new-group-name"),
        (&erase, &[("address", "dora@contoso.example")], "address"),
    ];
    for (path, fields, field) in forms {
        let shown = browser.submit_only(path, fields).await;
        assert!(shown.status.is_client_error(), "{path} {field}: {}", shown.status);
        shown.shows(&format!("id=\"{field}-error\"")).shows("aria-invalid=\"true\"").shows("<title>Error: ");
        shown.shows(&format!("href=\"#{field}\""));
        let (_, typed) = fields.last().unwrap();
        shown.shows(typed.trim());
    }
}
