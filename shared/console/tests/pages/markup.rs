//! What every page keeps: nothing from elsewhere, nothing that runs but the one script, names that stay inert, and a structure to be read aloud.

use std::collections::BTreeSet;

use crate::{
    browser::{Browser, Shown},
    grants::PAGES,
    stage::Stage,
};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The one script, from the page's own origin.
const SCRIPT: &str = "<script src=\"/console/script.js\" defer></script>";

/// The values of an attribute, in their order.
fn values<'a>(text: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    text.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The names of all attributes: what stands in tags and not in quotation marks, which text is kept out of by its escapes.
fn attributes(text: &str) -> BTreeSet<&str> {
    let tags = text.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let outside = tags.flat_map(|tag| tag.split('"').step_by(2));
    outside.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('=')).collect()
}

fn judge(path: &str, shown: &Shown) {
    let text = &shown.text;
    let kinds: Vec<_> = shown.headers.get_all("content-type").into_iter().collect();
    assert_eq!(kinds, ["text/html; charset=utf-8"], "{path}");
    assert_eq!(shown.header("content-security-policy"), POLICY, "{path}");
    assert_eq!(shown.header("cache-control"), "no-store", "{path}");
    assert_eq!(shown.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(text.matches(SCRIPT).count(), 1, "{path} has the one script once");
    let unscripted = text.replace(SCRIPT, "");
    for odd in ["<script", "<style", "<iframe", "<img", "<object"] {
        assert!(!unscripted.to_lowercase().contains(odd), "{path} has {odd}:\n{text}");
    }
    for name in attributes(text) {
        assert!(name != "style" && !name.starts_with("on"), "{path} has an attribute {name}:\n{text}");
    }
    let mut places = values(text, "href");
    places.extend(values(text, "src"));
    places.extend(values(text, "action"));
    for place in places {
        let is_own = place == "data:," || (place.starts_with(['/', '#']) && !place.starts_with("//"));
        assert!(is_own, "{path} leads to {place}");
    }
    assert_eq!(text.matches("<h1").count(), 1, "{path} has one first heading");
    assert_eq!((text.matches("<main").count(), text.matches("<title>").count()), (1, 1), "{path}");
    let ids = values(text, "id");
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "{path} has an id twice: {ids:?}");
    for attribute in ["for", "aria-labelledby", "aria-describedby"] {
        for named in values(text, attribute).iter().flat_map(|value| value.split(' ')) {
            assert!(distinct.contains(named), "{path}: {attribute} names {named}, which is not there");
        }
    }
    for form in text.split("<form").skip(1) {
        let form = form.split("</form>").next().unwrap();
        if form.contains("method=\"post\"") && !form.contains("action=\"/sign-in\"") {
            assert!(form.contains("name=\"token\""), "{path} has a form without a token:\n{form}");
        }
    }
    assert!(text.len() < 100 * 1024, "{path} has {} bytes", text.len());
}

#[tokio::test]
async fn every_page_loads_nothing_from_elsewhere_and_can_be_read_aloud() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let odd = "<script>alert(1)</script> \"News\" & שירה";
    let made = browser.submit_only("/lists", &[("name", odd)]).await;
    let list = made.header("location").to_owned();
    let person = [("address", "cleo@contoso.example"), ("name", "<img src=x onerror=alert(1)> ليلى")];
    browser.submit(&format!("{list}/members"), &person).await;
    browser.submit(&format!("{list}/links"), &[("how", "new"), ("new_group.name", "<b>Readers</b>")]).await;
    stage.work().await;
    let link = browser.open(&list).await.link("/links/");
    let link = link.rsplit_once('/').unwrap().0.to_owned();
    let run = browser.open("/runs").await.link("/runs/0");
    let of_person = browser.open(&format!("{list}/members")).await.link("/people/0");
    let mut paths: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    paths.extend(
        [
            "",
            "?find=sta",
            "?sort=members&q=news",
            "/members",
            "/history",
            "/why?address=cleo%40contoso.example",
        ]
        .map(|end| format!("{list}{end}")),
    );
    paths.extend(["/plan", "/limits", "/unlink"].map(|end| format!("{link}{end}")));
    let link_id = link.rsplit('/').next().unwrap();
    paths.push(format!("/runs?link={link_id}"));
    paths.extend([run.clone(), of_person.clone(), format!("{of_person}/erase")]);
    let nobodys = ["?address=nobody%40contoso.example", "?erased=address", "/nobody%40contoso.example/erase"];
    paths.extend(nobodys.map(|end| format!("/people{end}")));
    for path in &paths {
        let shown = browser.open(path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.text);
        judge(path, &shown);
    }
    let script = browser.open("/console/script.js").await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert!(!script.text.contains("//") || !script.text.contains("http"), "it names no other host");
    browser.open("/lists").await.shows("&lt;script&gt;alert(1)&lt;/script&gt; &quot;News&quot; &amp; שירה");
    for path in
        ["/lists/none", "/runs/none", "/people/none", "/imports/none", "/holds/none", "/imports/drafts/none"]
    {
        let shown = browser.open(path).await;
        assert_eq!(shown.status, 404, "{path}");
        judge(path, &shown);
    }
    let mut stranger = Browser::new(&stage);
    judge("/sign-in", &stranger.open("/sign-in?link=%3Cscript%3E&to=%22%3E%3Cscript%3E").await);
}

#[tokio::test]
async fn pages_of_many_lists_and_people_stay_small_and_go_on() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let now = stage.service.ports.clock.now();
    for number in 0..60 {
        let name = format!("List {number:03} {}", "of a long name ".repeat(10));
        listsync_engine::naming::create_list(stage.service.ports.lists.as_ref(), &name, now).await.unwrap();
    }
    let first = browser.open("/lists").await;
    first.shows("Lists 1 to 25 of 60").shows("List 000");
    judge("/lists", &first);
    browser.open("/lists?page=3").await.shows("Lists 51 to 60 of 60").shows("List 059");
    browser.open("/lists?q=list+059").await.shows("Lists 1 to 1 of 1");
    browser.open("/lists?q=nothing").await.shows("No list is as you asked");
    browser.open("/lists?page=99").await.shows("Lists 51 to 60 of 60");

    let made = browser.submit_only("/lists", &[("name", "Crowd")]).await;
    let crowd = made.header("location").to_owned();
    let id = crowd.rsplit('/').next().unwrap().to_owned();
    let rows: String =
        (0..120).map(|one| format!("person{one:03}@contoso.example,{}\n", "Name ".repeat(40))).collect();
    let file = format!("email,name\n{rows}");
    let shown = browser.upload(&[("list", &id), ("mode", "incremental")], ("crowd.csv", &file)).await;
    judge("/imports/drafts", &shown);
    let draft = shown.text.split("action=\"").find(|rest| rest.starts_with("/imports/drafts/")).unwrap();
    let draft = draft.split('"').next().unwrap().to_owned();
    browser.submit(&draft, &[("do", "take"), ("mode", "incremental")]).await;
    let members = browser.open(&format!("{crowd}/members")).await;
    judge("members", &members);
    let second = browser.open(&members.link(&format!("{crowd}/members?cursor="))).await;
    assert_ne!(members.link("/people/0"), second.link("/people/0"));
}

/// What a page asks of the ports.
async fn asked(browser: &mut Browser<'_>, path: &str) -> Vec<&'static str> {
    let before = browser.stage.calls.names().len();
    assert_eq!(browser.open(path).await.status, 200, "{path}");
    browser.stage.calls.names().split_off(before)
}

#[tokio::test]
async fn pages_ask_the_store_no_more_often_for_many_lists_and_people_than_for_few() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let list = browser.submit_only("/lists", &[("name", "Crowd")]).await.header("location").to_owned();
    browser.submit(&format!("{list}/links"), &[("how", "new"), ("new_group.name", "Crowd")]).await;
    browser.submit(&format!("{list}/members"), &[("address", "cleo@contoso.example")]).await;
    stage.work().await;
    let members = format!("{list}/members");
    let paths = [
        "/",
        "/lists",
        "/lists?sort=members",
        "/lists?q=o",
        "/lists?state=needs",
        list.as_str(),
        members.as_str(),
    ];
    let mut few = Vec::new();
    for path in paths {
        few.push(asked(&mut browser, path).await);
    }
    let now = stage.service.ports.clock.now();
    for number in 0..60 {
        let name = format!("List {number}");
        listsync_engine::naming::create_list(stage.service.ports.lists.as_ref(), &name, now).await.unwrap();
    }
    let id = list.rsplit('/').next().unwrap().to_owned();
    let rows: String = (0..120).map(|one| format!("person{one}@contoso.example,Person\n")).collect();
    let file = format!("email,name\n{rows}");
    let shown = browser.upload(&[("list", &id), ("mode", "incremental")], ("crowd.csv", &file)).await;
    let draft = shown.text.split("action=\"").find(|rest| rest.starts_with("/imports/drafts/")).unwrap();
    let draft = draft.split('"').next().unwrap().to_owned();
    browser.submit(&draft, &[("do", "take"), ("mode", "incremental")]).await;
    stage.work().await;
    for (path, few) in paths.into_iter().zip(few) {
        assert!(few.len() < 30, "{path} asks {few:?}");
        assert_eq!(asked(&mut browser, path).await, few, "{path}");
    }
}

#[tokio::test]
async fn a_text_of_seventy_thousand_characters_is_told_beside_its_field_and_kept() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let long = "n".repeat(70_000);
    for (path, fields) in [
        ("/lists", vec![("name", long.as_str())]),
        ("/lists", vec![("name", "News"), ("filter", long.as_str())]),
    ] {
        let shown = browser.submit_only(path, &fields).await;
        assert_eq!(shown.status, 422, "{path}");
        let (field, _) = fields.last().unwrap();
        shown.shows(&format!("id=\"{field}-error\"")).shows(&long);
        judge(path, &shown);
    }
    let made = browser.submit_only("/lists", &[("name", "News")]).await;
    let list = made.header("location").to_owned();
    let person = [("address", "cleo@contoso.example"), ("name", long.as_str())];
    let shown = browser.submit_only(&format!("{list}/members"), &person).await;
    assert_eq!(shown.status, 422);
    shown.shows("id=\"name-error\"").shows(&long);
    judge("members", &shown);
    let searched = browser.open(&format!("/lists?q={}", "n".repeat(7_000))).await;
    judge("/lists", &searched);
    // A file that holds one does not make the page of what it would do any longer.
    let id = list.rsplit('/').next().unwrap().to_owned();
    let file = format!("email,name\ncleo@contoso.example,{long}\ndora@contoso.example,Dora\n");
    let shown = browser.upload(&[("list", &id), ("mode", "incremental")], ("long.csv", &file)).await;
    shown.shows("1 row cannot be taken");
    judge("/imports/drafts", &shown);
}
