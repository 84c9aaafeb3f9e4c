//! The product page's story, clicked from end to end without a script.

use std::time::Duration;

use listsync_core::audit::AuditFilter;
use listsync_engine::audit::{self, Wanted};

use crate::{
    browser::{Browser, Shown},
    stage::{STAFF, Stage},
};

/// Makes a list by its form: its path.
async fn list(browser: &mut Browser<'_>, name: &str) -> String {
    let shown = browser.submit_only("/lists", &[("name", name)]).await;
    assert_eq!(shown.status, 303, "{}", shown.text);
    shown.header("location").to_owned()
}

async fn put(browser: &mut Browser<'_>, list: &str, names: &[&str]) -> Shown {
    let mut shown = None;
    for name in names {
        let address = format!("{name}@contoso.example");
        shown =
            Some(browser.submit(&format!("{list}/members"), &[("address", &address), ("name", name)]).await);
    }
    shown.unwrap()
}

/// The number that stands under a counter of a summary.
fn counter(shown: &Shown, name: &str) -> String {
    let (_, rest) = shown.text.split_once(&format!("show={name}#names\">")).unwrap_or_default();
    rest.split('<').next().unwrap_or_default().to_owned()
}

async fn actions(stage: &Stage) -> Vec<String> {
    let part = Wanted { filter: AuditFilter::default(), since: None, before: None, limit: 100 };
    let page = audit::page(&stage.service, part).await.unwrap();
    page.entries.iter().rev().map(|entry| format!("{} {}", entry.actor, entry.action)).collect()
}

#[tokio::test]
async fn a_list_is_made_linked_synced_held_approved_and_taken_back() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    browser.open("/").await.shows("There is no list yet");
    let news = list(&mut browser, "News").await;
    put(&mut browser, &news, &["cleo", "dora"]).await.shows("cleo").shows("2 on it");

    // Create New Outlook List, then a sync.
    let form = [("how", "new"), ("new_group.name", "News readers"), ("kind", "m365"), ("mode", "two-way")];
    browser.submit(&format!("{news}/links"), &form).await.shows("News readers").shows("never ran");
    stage.work().await;
    let shown = browser.open(&news).await;
    shown.shows("in step");
    let run = browser.open("/runs").await.link("/runs/0");
    let summary = browser.open(&run).await;
    summary.shows("List Synchronization Summary").shows("cleo");
    assert_eq!(counter(&summary, "group-added"), "2", "{}", summary.text);
    let counters = ["class=\"n\"", "class=\"n zero\""].map(|class| summary.text.matches(class).count());
    assert_eq!(counters.iter().sum::<usize>(), 8, "eight counters: {}", summary.text);

    // Both leave the list: the group would be left empty, so a person is asked.
    stage.clock.advance(Duration::from_secs(3600));
    for name in ["cleo", "dora"] {
        let address = format!("{name}@contoso.example");
        browser.submit(&format!("{news}/members"), &[("address", &address), ("do", "remove")]).await;
    }
    stage.work().await;
    browser.open("/").await.shows("held: 2").shows("Decide on 2");
    let hold = browser.open("/holds").await.link("/holds/");
    let question = browser.open(&hold).await;
    question
        .shows("Remove 2 people from the group “")
        .shows("cleo")
        .shows("Keep 2 people")
        .shows("Decide later");
    let link = question.value("link");
    let csv = browser.open(&format!("{hold}/names.csv")).await;
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);

    // A digest of before does nothing, and the hold of now is shown.
    let shown = browser.submit_only("/holds/0123456789abcdef", &[("do", "approve"), ("link", &link)]).await;
    assert_eq!(shown.status, 409);
    shown.shows("the hold has changed since you opened it").shows("Remove 2 people");
    // Of two who approve at once, one does and the other is told; and so is who comes later.
    let (mut one, mut other) = (Browser::signed_in(&stage).await, Browser::signed_in(&stage).await);
    let approve = [("do", "approve"), ("link", link.as_str())];
    let both = tokio::join!(one.submit_only(&hold, &approve), other.submit_only(&hold, &approve));
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", both.0.text, both.1.text);
    [both.0, both.1].iter().find(|shown| shown.status == 409).unwrap().shows("before you");
    browser.open(&hold).await.shows("Approved. The next run");
    let shown = browser.submit_only(&hold, &[("do", "discard"), ("link", &link)]).await;
    assert_eq!(shown.status, 409);
    shown.shows("somebody approved this before you");
    stage.work().await;
    let run = browser.open("/runs").await.link("/runs/0");
    let summary = browser.open(&run).await;
    assert_eq!(counter(&summary, "group-removed"), "2", "{}", summary.text);

    // And back.
    stage.clock.advance(Duration::from_secs(60));
    let undo = browser.open(&format!("{run}/undo")).await;
    undo.shows("2 people would come back");
    let (digest, id) = (undo.value("digest"), undo.value("list"));
    let shown = browser.submit_only(&format!("{run}/undo"), &[("digest", "0000"), ("list", &id)]).await;
    assert_eq!(shown.status, 409, "nothing is done where another plan was seen");
    browser.submit(&format!("{run}/undo"), &[("digest", &digest), ("list", &id)]).await;
    stage.work().await;
    browser.open(&format!("{news}/members")).await.shows("2 on it");

    let done = actions(&stage).await;
    for action in ["list.create", "member.add", "link.create", "member.remove", "hold.approve", "run.undo"] {
        assert!(done.contains(&format!("local {action}")), "{action} of {done:?}");
    }
    let approvals = done.iter().filter(|one| one.contains("hold.")).count();
    assert_eq!(approvals, 1, "what was refused is not in the audit: {done:?}");
}

#[tokio::test]
async fn an_existing_group_is_found_by_its_name_and_linked_or_the_page_says_why_not() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let (news, other) = (list(&mut browser, "News").await, list(&mut browser, "Other").await);
    let found = browser.open(&format!("{news}?find=sta")).await;
    found.shows("1 group").shows("Staff").shows("Can be linked.");
    let form = [("how", "old"), ("find", "sta"), ("group", STAFF), ("mode", "two-way")];
    let linked = browser.submit(&format!("{news}/links"), &form).await;
    let plan = linked.shows("Staff").link("/links/");
    browser.open(&plan).await.shows("2 would join the list").shows("anna");
    let (link, _) = plan.rsplit_once('/').unwrap();
    let id = news.rsplit('/').next().unwrap();
    browser.submit(&format!("{link}/do"), &[("do", "sync"), ("list", id)]).await.shows("Staff");
    stage.work().await;
    browser.open(&format!("{news}/members")).await.shows("anna").shows("2 on it");
    browser.open(&format!("{other}?find=sta")).await.shows("Linked to").shows("News");
    let shown = browser.submit_only(&format!("{other}/links"), &form).await;
    assert!(shown.status.is_client_error(), "a place is written by one link at most");
    shown.shows("<title>Error: ").shows("role=\"alert\"");
    let shown = browser.submit_only(&format!("{other}/links"), &[("how", "old"), ("find", "sta")]).await;
    shown.shows("choose one of the groups").shows("id=\"group-error\"");
}

#[tokio::test]
async fn a_file_is_looked_at_then_taken_and_taken_back() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let news = list(&mut browser, "News").await;
    let id = news.rsplit('/').next().unwrap().to_owned();
    let file = "email,name\ncleo@contoso.example,Cleo <b>Day</b>\nno address,Nobody\n";
    let fields = [("list", id.as_str()), ("profile", ""), ("mode", "incremental")];
    let shown = browser.upload(&fields, ("people 1.csv", file)).await;
    shown.shows("people 1.csv").shows("1 person would join").shows("Cleo &lt;b&gt;Day&lt;/b&gt;");
    shown.shows("1 row cannot be taken").shows("Take the file: 1 join, 0 leave");
    assert!(browser.open(&format!("{news}/members")).await.has("0 on it"), "nothing was taken yet");
    let draft = shown.text.split("action=\"").find(|rest| rest.starts_with("/imports/drafts/")).unwrap();
    let draft = draft.split('"').next().unwrap().to_owned();
    let shown = browser.submit(&draft, &[("do", "take"), ("mode", "incremental")]).await;
    shown.shows("taken in").shows("1 joined");
    let import = browser.open("/imports").await.link("/imports/0");
    assert!(browser.open(&draft).await.status == 404, "the file is not kept longer than it is needed");
    let undo = browser.open(&format!("{import}/undo")).await;
    undo.shows("1 person would leave the list");
    let digest = undo.value("digest");
    browser.submit(&format!("{import}/undo"), &[("digest", &digest)]).await.shows("taken back");
    browser.open(&format!("{news}/members")).await.shows("0 on it");
    // Signing out leaves nothing that anybody could read, and a file of another session is not found.
    let shown = browser.upload(&fields, ("people 2.csv", file)).await;
    let draft = shown.text.split("action=\"").find(|rest| rest.starts_with("/imports/drafts/")).unwrap();
    let draft = draft.split('"').next().unwrap().to_owned();
    let mut other = Browser::signed_in(&stage).await;
    assert_eq!(other.open(&draft).await.status, 404);
    assert_eq!(other.submit_only(&draft, &[("do", "away")]).await.status, 404);
    browser.open(&draft).await.shows("people 2.csv");
    browser.submit(&draft, &[("do", "away")]).await.shows("Files so far");
    assert_eq!(browser.open(&draft).await.status, 404, "it was put away");
    let shown = browser.upload(&fields, ("empty.csv", "")).await;
    assert_eq!(shown.status, 422);
    shown.shows("choose a file that is not empty");
}

#[tokio::test]
async fn a_person_is_found_opted_out_explained_and_erased() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let news = list(&mut browser, "News").await;
    put(&mut browser, &news, &["cleo"]).await;
    let person = browser.open("/people?address=cleo@contoso.example").await;
    person.shows("on the list").shows("What happened");
    let path = person.link("/people/").trim_end_matches("/erase").to_owned();
    let path = if path == "/people" { person.link("/people/0") } else { path };
    let path = path.trim_end_matches("/erase").to_owned();
    let id = news.rsplit('/').next().unwrap().to_owned();
    browser
        .submit(&format!("{path}/consent"), &[("what", "opted_out"), ("list", &id)])
        .await
        .shows("opted out");
    let shown = browser.submit_only(&format!("{news}/members"), &[("address", "cleo@contoso.example")]).await;
    assert_eq!(shown.status, 409, "an operator brings nobody back");
    shown.shows("only they can undo that");
    let why = browser.open(&format!("{news}/why?address=cleo%40contoso.example")).await;
    why.shows("Step by step").shows("stopped here");
    let why = browser.open(&format!("{news}/why?address=nonsense")).await;
    why.shows("aria-invalid=\"true\"").shows("value=\"nonsense\"");
    let shown = browser.submit_only(&format!("{path}/erase"), &[("address", "dora@contoso.example")]).await;
    assert_eq!(shown.status, 422, "the address has to be this person's");
    browser.submit(&format!("{path}/erase"), &[("address", "cleo@contoso.example")]).await;
    browser.open("/people?address=cleo@contoso.example").await.shows("Nobody here is known by that");
}

#[tokio::test]
async fn an_address_that_nobody_has_as_a_contact_is_erased_and_held_off() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let news = list(&mut browser, "News").await;
    let found = browser.open("/people?address=o%27dora%2Bx@contoso.example").await;
    found.shows("Nobody here is known by that").shows("Erase this address");
    let path = found.link("/people/o");
    browser.open(&path).await.shows("Nobody here has this address as a contact");
    let shown = browser.submit_only(&path, &[("address", "dora@contoso.example")]).await;
    assert_eq!(shown.status, 422, "the address has to be typed once more");
    let done = browser.submit(&path, &[("address", "o'dora+x@contoso.example")]).await;
    done.shows("Nobody had the address as a contact").shows("held off every list from now on");
    let members = format!("{news}/members");
    let shown = browser.submit_only(&members, &[("address", "o'dora+x@contoso.example")]).await;
    assert_eq!(shown.status, 409, "nobody brings them back");
}
