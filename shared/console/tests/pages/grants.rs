//! Each page and each form with each grant: what the API's table opens to a key of that scope, and nothing else.

use listsync_core::grant::{
    Lists,
    Verb::{self, Admin, Approve, Link, Operate, Read, Sync},
};
use listsync_core::id::ListId;

use crate::{browser::Browser, stage::Stage};

/// Every page that needs no id.
pub(crate) const PAGES: [&str; 13] = [
    "/",
    "/lists",
    "/lists/new",
    "/holds",
    "/runs",
    "/people",
    "/imports",
    "/settings/list-service",
    "/settings/keys",
    "/settings/senders",
    "/settings/notices",
    "/settings/audit",
    "/people?address=nobody@contoso.example",
];

/// What a form sends.
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// Those of an administrator alone.
const OF_ADMIN: [&str; 4] = ["/settings/keys", "/settings/senders", "/settings/notices", "/settings/audit"];

#[tokio::test]
async fn a_page_is_shown_to_whom_the_table_lets_read_it() {
    let stage = Stage::new();
    for verb in Verb::ALL {
        let mut browser = Browser::with(&stage, &[verb], Lists::All).await;
        for path in PAGES {
            let status = browser.open(path).await.status;
            let is_open = verb == Admin || !OF_ADMIN.contains(&path);
            assert_eq!(status.as_u16(), if is_open { 200 } else { 403 }, "{path} with {verb}");
        }
    }
}

#[tokio::test]
async fn a_form_does_its_deed_for_whom_the_table_lets_and_for_nobody_else() {
    let forms: [(&str, Fields, Verb); 14] = [
        ("/lists", &[("name", "New")], Operate),
        ("/lists/nowhere/members", &[("address", "a@contoso.example")], Operate),
        ("/lists/nowhere/links", &[("how", "new"), ("new_group.name", "G")], Link),
        ("/links/nowhere/do", &[("do", "sync")], Sync),
        ("/links/nowhere/do", &[("do", "pause")], Link),
        ("/links/nowhere/do", &[("do", "resume")], Link),
        ("/links/nowhere/unlink", &[], Link),
        ("/holds/none", &[("do", "approve"), ("link", "x")], Approve),
        ("/holds/none", &[("do", "discard"), ("link", "x")], Approve),
        ("/runs/none/undo", &[("digest", "x")], Operate),
        ("/imports/none", &[("do", "approve")], Approve),
        ("/settings/list-service", &[("every", "20m"), ("read", "\"1\"")], Admin),
        ("/settings/keys", &[("name", "tool"), ("scopes", "read")], Admin),
        ("/settings/notices", &[], Admin),
    ];
    let stage = Stage::new();
    for verb in Verb::ALL {
        let mut browser = Browser::with(&stage, &[verb], Lists::All).await;
        for (path, fields, needed) in forms {
            let shown = browser.submit_only(path, fields).await;
            // What it names is not there, or was made by whoever may: that is another refusal.
            let is_lacking = shown.has(&format!("this needs a key of the scope {needed}"));
            assert_eq!(
                is_lacking,
                !verb.holds(needed),
                "{path} with {verb}: {} {}",
                shown.status,
                shown.text
            );
        }
    }
}

#[tokio::test]
async fn who_is_bound_to_lists_sees_those_and_learns_nothing_of_others() {
    let stage = Stage::new();
    let mut admin = Browser::signed_in(&stage).await;
    let mut ids = Vec::new();
    for name in ["Mine", "Theirs"] {
        admin.submit("/lists", &[("name", name)]).await.shows(name);
        let lists = stage.service.ports.lists.lists().await.unwrap();
        ids.push(lists.into_iter().find(|list| list.name == name).unwrap().id);
    }
    let theirs = format!("/lists/{}/members", ids[1]);
    admin.submit(&theirs, &[("address", "cleo@contoso.example"), ("name", "Cleo")]).await.shows("cleo");
    let mine: [ListId; 1] = [ids[0].clone()];
    let mut owner = Browser::with(&stage, &[Read, Operate], Lists::Only(mine.into())).await;
    for path in ["/", "/lists", "/lists?state=not_linked", "/imports", "/people", "/runs", "/holds"] {
        let shown = owner.open(path).await;
        assert_eq!(shown.status, 200, "{path}");
        assert!(!shown.has("Theirs") && !shown.has("cleo"), "{path}: {}", shown.text);
    }
    owner.open("/lists").await.shows("Mine");
    for path in [format!("/lists/{}", ids[1]), theirs, "/lists/nowhere".to_owned()] {
        let shown = owner.open(&path).await;
        assert_eq!(shown.status, 403, "{path}");
        shown.shows("there is no such list of theirs");
    }
    assert_eq!(owner.open("/settings/list-service").await.status, 403);
    assert_eq!(owner.submit_only("/lists", &[("name", "Third")]).await.status, 403);
}

#[tokio::test]
async fn who_may_not_do_a_thing_sees_no_button_for_it_and_reads_who_may() {
    let stage = Stage::new();
    let mut admin = Browser::signed_in(&stage).await;
    let list = admin.submit_only("/lists", &[("name", "News")]).await.header("location").to_owned();
    let mut reader = Browser::with(&stage, &[Read], Lists::All).await;
    let shown = reader.open(&list).await;
    shown.shows("needs the role <strong>link</strong>");
    assert!(!shown.has("Create New Outlook List") && !shown.has("Make a list"), "{}", shown.text);
    reader.open("/imports").await.shows("needs the role <strong>operate</strong>");
    reader.open("/settings/list-service").await.shows("needs the role <strong>admin</strong>");
    admin.open(&list).await.shows("Create New Outlook List");
}
