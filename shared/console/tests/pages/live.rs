//! What is looked at again while a sync goes on, and what runs did over time.

use std::time::Duration;

use crate::{browser::Browser, stage::Stage};

/// A list with Cleo that is linked to a new group, and the link.
async fn linked(browser: &mut Browser<'_>) -> (String, String) {
    let made = browser.submit_only("/lists", &[("name", "News")]).await;
    let list = made.header("location").to_owned();
    browser.submit(&format!("{list}/members"), &[("address", "cleo@contoso.example")]).await;
    let form = [("how", "new"), ("new_group.name", "Readers")];
    let link = browser.submit(&format!("{list}/links"), &form).await.link("/links/");
    (list, link.rsplit_once('/').unwrap().0.to_owned())
}

#[tokio::test]
async fn a_sync_is_looked_at_again_until_it_has_ended() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let (list, link) = linked(&mut browser).await;
    let again = format!("data-again=\"{list}/live\"");
    browser.open(&list).await.shows("never ran").shows(&again);
    stage.work().await;
    let shown = browser.open(&list).await;
    assert!(!shown.shows("in step").has("data-again"), "nothing goes on: {}", shown.text);

    stage.clock.advance(Duration::from_secs(60));
    let id = list.rsplit('/').next().unwrap().to_owned();
    let sync = [("do", "sync"), ("list", id.as_str())];
    browser.submit(&format!("{link}/do"), &sync).await.shows("waiting for a sync").shows(&again);
    let part = browser.open(&format!("{list}/live")).await;
    part.shows("waiting for a sync").shows(&again).shows("<div id=\"live\"");
    assert!(!part.has("<main"), "it is the part alone");
    assert_eq!(part.header("cache-control"), "no-store");
    stage.work().await;
    let part = browser.open(&format!("{list}/live")).await;
    assert!(!part.shows("in step").has("data-again"), "{}", part.text);

    // Who may not see the list does not see the part either, and a stranger is asked to sign in.
    assert_eq!(browser.open("/lists/none/live").await.status, 404);
    let mut stranger = Browser::new(&stage);
    stranger.open(&format!("{list}/live")).await.shows("listsync console");
}

#[tokio::test]
async fn runs_are_pictured_with_the_same_numbers_in_words_and_in_a_table() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    assert!(!browser.open("/runs").await.has("<svg"), "there is nothing to show");
    let (list, link) = linked(&mut browser).await;
    stage.work().await;
    stage.clock.advance(Duration::from_secs(3 * 3600));
    browser.submit(&format!("{list}/members"), &[("address", "dora@contoso.example")]).await;
    stage.work().await;
    let link = link.rsplit('/').next().unwrap().to_owned();
    let shown = browser.open(&format!("/runs?link={link}")).await;
    shown.shows("Members, joins and leaves over time").shows("2 joined and 0 left");
    shown.shows("Members went from 1 to 2").shows("<polyline class=\"members\"");
    shown.shows("The same in numbers").shows("Each hour in which somebody joined or left");
    assert_eq!(shown.text.matches("<rect class=\"joined\"").count(), 2, "{}", shown.text);
    let all = browser.open("/runs").await;
    assert!(!all.shows("What syncs added and removed over time").has("<polyline"), "{}", all.text);
}
