//! Signing in and out.

use std::{net::Ipv4Addr, time::Duration};

use axum::{body::Body, http::Request};
use listsync_console::session::SignIn;
use listsync_core::grant::{Lists, Verb};

use crate::{browser::Browser, stage::Stage};

async fn link(stage: &Stage) -> String {
    let now = stage.service.ports.clock.now();
    SignIn::make(stage.service.seen.as_ref(), now).await.unwrap().token
}

#[tokio::test]
async fn every_page_asks_who_is_not_signed_in_to_sign_in_first() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    for path in crate::grants::PAGES {
        let shown = browser.open(path).await;
        shown.shows("listsync console");
        assert!(!shown.has("Sign out"), "{path}");
    }
}

#[tokio::test]
async fn a_link_signs_in_once_and_leads_to_the_page_that_was_asked_for() {
    let stage = Stage::new();
    let token = link(&stage).await;
    let mut browser = Browser::new(&stage);
    let shown = browser.open(&format!("/sign-in?link={token}&to=/runs")).await;
    shown.shows("Sign in</button>");
    assert!(browser.cookie.is_none(), "to look at the link does not use it up");
    let shown = browser.send("/sign-in", &[("link", &token), ("to", "/runs")]).await;
    assert_eq!((shown.status.as_u16(), shown.header("location")), (303, "/runs"));
    let cookie = shown.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Max-Age="), "{cookie}");
    browser.open("/runs").await.shows("Sign out").shows("local");
    let mut other = Browser::new(&stage);
    let shown = other.send("/sign-in", &[("link", &token), ("to", "/runs")]).await;
    assert_eq!((shown.status.as_u16(), other.cookie), (403, None), "it is good once");
}

#[tokio::test]
async fn a_link_is_good_for_five_minutes_on_this_machine_and_for_no_other_page() {
    let stage = Stage::new();
    let token = link(&stage).await;
    let mut far = Browser::new(&stage);
    far.from = Ipv4Addr::new(192, 0, 2, 1).into();
    let shown = far.send("/sign-in", &[("link", &token), ("to", "/")]).await;
    assert_eq!(shown.status, 403);
    shown.shows("on the machine that printed it");
    stage.clock.advance(Duration::from_secs(5 * 60));
    let mut late = Browser::new(&stage);
    assert_eq!(late.send("/sign-in", &[("link", &token), ("to", "/")]).await.status, 403);
    let token = link(&stage).await;
    let shown = late.send("/sign-in", &[("link", &token), ("to", "//evil.example/")]).await;
    assert_eq!((shown.status.as_u16(), shown.header("location")), (303, "/"));
    for odd in ["", "lsk_1", &"z".repeat(64), &"0".repeat(64)] {
        assert_eq!(Browser::new(&stage).send("/sign-in", &[("link", odd)]).await.status, 403, "{odd}");
    }
}

#[tokio::test]
async fn a_session_ends_when_its_holder_signs_out_and_by_itself() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let kept = browser.cookie.clone();
    let shown = browser.submit("/sign-out", &[]).await;
    shown.shows("listsync console");
    assert_eq!(browser.cookie, None);
    browser.cookie = kept;
    assert!(!browser.open("/").await.has("Sign out"), "the cookie of before opens nothing");

    let mut browser = Browser::signed_in(&stage).await;
    stage.clock.advance(Duration::from_secs(9 * 3600 - 1));
    browser.open("/").await.shows("Sign out");
    stage.clock.advance(Duration::from_secs(1));
    assert!(!browser.open("/").await.has("Sign out"));
}

#[tokio::test]
async fn a_lost_session_loses_nothing_that_was_typed_and_does_nothing() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    let shown = browser.send("/lists", &[("token", "of before"), ("name", "News & <b>more</b>")]).await;
    assert_eq!(shown.status, 401);
    shown.shows("News &amp; &lt;b&gt;more&lt;/b&gt;").shows("Sign in");
    assert!(stage.service.ports.lists.lists().await.unwrap().is_empty());

    let mut back = Browser::signed_in(&stage).await;
    let shown = back.send("/lists", &[("name", "News & <b>more</b>")]).await;
    assert_eq!(shown.status, 409, "it is of an earlier session: a person looks at it first");
    assert!(stage.service.ports.lists.lists().await.unwrap().is_empty());
    let (token, name) = (shown.value("token"), "News & <b>more</b>");
    assert_eq!(back.send("/lists", &[("token", &token), ("name", name)]).await.status, 303);
    assert_eq!(stage.service.ports.lists.lists().await.unwrap()[0].name, name);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_even_with_the_cookie() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let token = browser.token().await;
    let cookie = browser.cookie.clone().unwrap();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let request = Request::builder().method("POST").uri("/lists").header("cookie", &cookie);
        let request = request.header("host", "127.0.0.1:8080").header(name, value);
        let shown = browser.ask(request.body(Body::from(format!("token={token}&name=Evil"))).unwrap()).await;
        assert_eq!(shown.status, 403, "{name}: {value}");
    }
    assert!(stage.service.ports.lists.lists().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_store_keeps_nothing_that_signs_in() {
    let stage = Stage::new();
    let mut browser = Browser::with(&stage, &[Verb::Read], Lists::All).await;
    let secret = browser.cookie.clone().unwrap().split('=').nth(1).unwrap().to_owned();
    let name = format!("console-session/{secret}");
    let now = stage.service.ports.clock.now();
    assert_eq!(stage.service.seen.recall(&name, now).await.unwrap(), None);
    browser.open("/").await.shows("may see");
}
