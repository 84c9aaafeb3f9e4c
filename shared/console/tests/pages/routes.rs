//! Every route of the console with every role, and with what is of other owners' lists: the table names each, or the test fails.

use std::collections::BTreeSet;

use listsync_core::grant::{
    Lists,
    Verb::{self, Admin, Approve, Link, Operate, Read, Sync},
};
use listsync_core::id::{ContactId, ListId};

use crate::{
    browser::Browser,
    entrance::{owned, stage},
    grants::Fields,
    stage::Stage,
};

/// Who may open a page or send a form.
enum Opens {
    /// Anybody: the answer tells nothing of anybody.
    All,
    /// Whose grant has this verb, and covers what it is about.
    To(Verb, Fields),
    /// Whoever is signed in, about themselves.
    SignedIn,
}

use Opens::{All, SignedIn, To};

/// The ways into the console.
const ROUTES: &[(&str, &str, Opens)] = &[
    ("get", "/", To(Read, &[])),
    ("get", "/console/style.css", All),
    ("get", "/console/script.js", All),
    ("get", "/sign-in", All),
    ("post", "/sign-in", All),
    ("get", "/sign-in/directory", All),
    ("get", "/sign-in/back", All),
    ("post", "/sign-out", SignedIn),
    ("get", "/lists", To(Read, &[])),
    ("post", "/lists", To(Operate, &[("name", "New")])),
    ("get", "/lists/new", To(Read, &[])),
    ("get", "/lists/{list}", To(Read, &[])),
    ("get", "/lists/{list}/live", To(Read, &[])),
    ("post", "/lists/{list}/links", To(Link, &[("how", "new"), ("new_group.name", "G")])),
    ("get", "/lists/{list}/members", To(Read, &[])),
    ("post", "/lists/{list}/members", To(Operate, &[("address", "a@contoso.example")])),
    ("get", "/lists/{list}/history", To(Read, &[])),
    ("get", "/lists/{list}/why", To(Read, &[])),
    ("post", "/links/{link}/do", To(Sync, &[("do", "sync")])),
    ("get", "/links/{link}/plan", To(Read, &[])),
    ("get", "/links/{link}/limits", To(Read, &[])),
    ("post", "/links/{link}/limits", To(Link, &[("every", "1h")])),
    ("get", "/links/{link}/unlink", To(Read, &[])),
    ("post", "/links/{link}/unlink", To(Link, &[])),
    ("get", "/holds", To(Read, &[])),
    ("get", "/holds/{digest}", To(Read, &[])),
    ("post", "/holds/{digest}", To(Approve, &[("do", "approve"), ("link", "x")])),
    ("get", "/holds/{digest}/names.csv", To(Read, &[])),
    ("get", "/runs", To(Read, &[])),
    ("get", "/runs/{run}", To(Read, &[])),
    ("get", "/runs/{run}/members.csv", To(Read, &[])),
    ("get", "/runs/{run}/failures.csv", To(Read, &[])),
    ("get", "/runs/{run}/undo", To(Read, &[])),
    ("post", "/runs/{run}/undo", To(Operate, &[("digest", "x")])),
    ("get", "/people", To(Read, &[])),
    ("get", "/people/{contact}", To(Read, &[])),
    ("post", "/people/{contact}/consent", To(Operate, &[("what", "opted_out"), ("list", "Theirs")])),
    ("get", "/people/{contact}/erase", To(Read, &[])),
    ("post", "/people/{contact}/erase", To(Admin, &[("address", "cleo@contoso.example")])),
    ("get", "/imports", To(Read, &[])),
    ("post", "/imports", SignedIn),
    ("get", "/imports/drafts/{draft}", SignedIn),
    ("post", "/imports/drafts/{draft}", SignedIn),
    ("get", "/imports/{import}", To(Read, &[])),
    ("post", "/imports/{import}", To(Approve, &[("do", "approve")])),
    ("get", "/imports/{import}/undo", To(Read, &[])),
    ("post", "/imports/{import}/undo", To(Approve, &[("digest", "x")])),
    ("get", "/settings/list-service", To(Read, &[])),
    ("post", "/settings/list-service", To(Admin, &[("every", "20m"), ("read", "\"1\"")])),
    ("get", "/settings/keys", To(Admin, &[])),
    ("post", "/settings/keys", To(Admin, &[("name", "tool"), ("scopes", "read")])),
    ("post", "/settings/keys/revoke", To(Admin, &[("key", "none")])),
    ("get", "/settings/senders", To(Admin, &[])),
    ("get", "/settings/notices", To(Admin, &[])),
    ("post", "/settings/notices", To(Admin, &[])),
    ("get", "/settings/audit", To(Admin, &[])),
];

#[test]
fn every_route_is_in_the_table() {
    let source = include_str!("../../src/lib.rs");
    let mut routes = BTreeSet::new();
    let table = source.split("\n        .layer(").next().unwrap();
    for route in table.split(".route(").skip(1) {
        let (path, handlers) = route.trim_start().strip_prefix('"').unwrap().split_once('"').unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!("{method}(")) {
                routes.insert((method, path));
            }
        }
    }
    let told: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(told, routes);
}

/// What is of an owner's list, and of another's.
struct Theirs {
    mine: String,
    list: String,
    link: String,
    contact: String,
}

impl Theirs {
    async fn new(stage: &Stage) -> Self {
        let [mine, list] = owned(stage).await;
        let mut admin = Browser::signed_in(stage).await;
        let members = format!("/lists/{list}/members");
        let shown = admin.submit(&members, &[("address", "cleo@contoso.example"), ("name", "Cleo")]).await;
        let contact = shown.shows("cleo").link("/people/").rsplit('/').next().unwrap().to_owned();
        let id = ListId::parse(&list).unwrap();
        let link = stage.service.ports.links.of_list(&id).await.unwrap()[0].link.id.to_string();
        Self { mine, list, link, contact }
    }

    /// The address of a route, about the other's where it names something, and else about nothing that is there.
    fn fill(&self, path: &str) -> String {
        let filled = path.replace("{list}", &self.list).replace("{link}", &self.link);
        let filled = filled.replace("{contact}", &self.contact).replace(['{', '}'], "");
        // Whom the question is about.
        filled.replace("/why", "/why?address=dora@contoso.example")
    }
}

#[tokio::test]
async fn each_route_opens_to_whom_the_table_says() {
    for verb in Verb::ALL {
        // Deeds of one verb are not met by the next.
        let (stage, _) = stage();
        let theirs = Theirs::new(&stage).await;
        for (method, path, opens) in ROUTES {
            let To(needed, fields) = opens else { continue };
            let mut browser = Browser::with(&stage, &[verb], Lists::All).await;
            let path = theirs.fill(path);
            let shown = match *method {
                "get" => browser.open(&path).await,
                _ => browser.submit_only(&path, fields).await,
            };
            // Whoever may not is told what they would need; whoever may does it, or is told what stands in the way.
            let is_lacking = shown.has(&format!("this needs a key of the scope {needed}"));
            assert_eq!(
                is_lacking,
                !verb.holds(*needed),
                "{method} {path} with {verb}: {} {}",
                shown.status,
                shown.text
            );
        }
    }
}

#[tokio::test]
async fn nobody_who_is_not_signed_in_is_shown_anything_or_does_anything() {
    let (stage, _) = stage();
    for (method, path, opens) in ROUTES {
        if matches!(opens, All) {
            continue;
        }
        let mut browser = Browser::new(&stage);
        let path = path.replace(['{', '}'], "");
        let shown = match *method {
            "get" => browser.visit(&path).await,
            _ => browser.send(&path, &[("token", "x")]).await,
        };
        let is_sent_to_sign_in = shown.status == 303 && shown.header("location").starts_with("/sign-in");
        assert!(is_sent_to_sign_in || shown.status == 401, "{method} {path}: {}", shown.status);
    }
}

/// Whatever stands in an address of another owner's list, link, run or person, an owner is told nothing of it.
#[tokio::test]
async fn of_other_owners_lists_an_owner_is_shown_nothing_on_any_page() {
    let (stage, _) = stage();
    let theirs = Theirs::new(&stage).await;
    let lists: [ListId; 1] = [ListId::parse(&theirs.mine).unwrap()];
    let mut owner = Browser::with(&stage, &[Read, Sync], Lists::Only(lists.into())).await;
    for (method, path, opens) in ROUTES {
        let To(_, fields) = opens else { continue };
        let filled = theirs.fill(path);
        let shown = match *method {
            "get" => owner.open(&filled).await,
            _ => owner.submit_only(&filled, fields).await,
        };
        assert!(!shown.has("cleo") && !shown.has("Cleo"), "{method} {filled}: {}", shown.text);
        let is_of_another = ["{list}", "{link}", "{contact}"].iter().any(|part| path.contains(part));
        if is_of_another || *method == "post" {
            assert!([403, 404].contains(&shown.status.as_u16()), "{method} {filled}: {}", shown.status);
        }
    }
    let contact = ContactId::parse(&theirs.contact).unwrap();
    let places = stage.service.contacts.places(&contact).await.unwrap();
    assert_eq!(places.len(), 1, "and did nothing");
}
