//! What somebody from the directory may do follows what the directory says: by roles, as an owner, and by both.

use std::time::Duration;

use axum::http::StatusCode;
use listsync_core::id::{GroupId, ListId};
use listsync_engine::ports::{Fault, PortError};
use listsync_testkit::sample;
use url::Url;

use crate::{
    browser::{Browser, Shown},
    entrance::{back, enter, owned, stage},
    stage::STAFF,
};

/// Proves again who somebody is, on their way to a page: where they are sent, and what they are shown there.
async fn prove(browser: &mut Browser<'_>, page: &str) -> Shown {
    let shown = browser.visit(page).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.text);
    let away = browser.visit(shown.header("location")).await;
    let url = Url::parse(away.header("location")).unwrap();
    let of = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    assert_eq!(
        of("login_hint"),
        sample::address("anna").to_string(),
        "they are not asked which account it is"
    );
    browser.visit(&back(&of("state"), "code=good")).await
}

#[tokio::test]
async fn a_role_that_is_taken_away_counts_after_a_quarter_of_an_hour_at_most() {
    let (stage, directory) = stage();
    directory.says("anna", &["Listsync.Admin"]);
    let mut anna = Browser::new(&stage);
    enter(&mut anna).await;
    let token = anna.token().await;
    let session = anna.cookie.clone();

    // Whoever opens a page proves it before there is a form, on the same session.
    stage.clock.advance(Duration::from_secs(10 * 60));
    let shown = prove(&mut anna, "/lists/new?x=1").await;
    assert_eq!((shown.status.as_u16(), shown.header("location")), (303, "/lists/new?x=1"));
    assert_eq!(anna.cookie, session);
    assert_eq!(anna.token().await, token, "forms that are open can be sent");

    // What is sent later is kept, and done once it is proved.
    stage.clock.advance(Duration::from_secs(15 * 60));
    let form = [("token", token.as_str()), ("name", "Typed long ago")];
    let kept = anna.send("/lists", &form).await;
    assert_eq!(kept.status, StatusCode::UNAUTHORIZED);
    kept.shows("what you typed is kept").shows("Typed long ago").shows("/sign-in/directory");
    assert_eq!(kept.value("token"), token);
    prove(&mut anna, "/").await;
    let sent = anna.send("/lists", &[("token", &kept.value("token")), ("name", &kept.value("name"))]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);

    // A lesser role is all that is left; then none, and nobody is signed in.
    directory.says("anna", &["Listsync.Read"]);
    stage.clock.advance(Duration::from_secs(15 * 60));
    prove(&mut anna, "/settings/keys").await;
    assert_eq!(anna.open("/settings/keys").await.status, StatusCode::FORBIDDEN);
    directory.says("anna", &[]);
    stage.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(prove(&mut anna, "/lists").await.status, StatusCode::FORBIDDEN);
    anna.open("/lists").await.shows("Sign in with Microsoft Entra ID");

    // To sign out it needs no proof, and a session still ends after nine hours.
    directory.says("anna", &["Listsync.Read"]);
    enter(&mut anna).await;
    let token = anna.token().await;
    stage.clock.advance(Duration::from_secs(3600));
    assert_eq!(anna.send("/sign-out", &[("token", &token)]).await.header("location"), "/sign-in");
    assert_eq!(anna.cookie, None);
    enter(&mut anna).await;
    for _ in 0..(9 * 4 - 1) {
        stage.clock.advance(Duration::from_secs(15 * 60));
        assert!(prove(&mut anna, "/lists").await.header("set-cookie").contains("Max-Age="));
    }
    stage.clock.advance(Duration::from_secs(15 * 60));
    assert!(anna.visit("/lists").await.header("location").starts_with("/sign-in?"), "it is another sign-in");
}

#[tokio::test]
async fn who_has_a_role_and_owns_a_group_has_both() {
    let (stage, directory) = stage();
    let [mine, theirs] = owned(&stage).await;
    for role in ["Listsync.Read", "Listsync.Link", "Listsync.Approve"] {
        directory.says("anna", &[role]);
        let mut anna = Browser::new(&stage);
        enter(&mut anna).await;
        anna.open("/lists").await.shows("Mine").shows("Theirs");
        let others = anna.open(&format!("/lists/{theirs}")).await;
        assert!(!others.has("Sync with Outlook List"), "{role}");
        for (list, done) in [(&mine, StatusCode::SEE_OTHER), (&theirs, StatusCode::FORBIDDEN)] {
            let id = ListId::parse(list).unwrap();
            let link = stage.service.ports.links.of_list(&id).await.unwrap()[0].link.id.to_string();
            let sent =
                anna.submit_only(&format!("/links/{link}/do"), &[("do", "sync"), ("list", list)]).await;
            assert_eq!(sent.status, done, "{role}: {}", sent.text);
        }
        anna.open(&format!("/lists/{mine}")).await.shows("Sync with Outlook List");
        let sent =
            anna.submit_only(&format!("/lists/{mine}/members"), &[("address", "cleo@contoso.example")]).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "an owner edits nobody");
    }
    // A role does not wait for a directory that does not say who owns what.
    let away = PortError::new(Fault::Unavailable, "directory_away", "the directory did not answer");
    stage.directory.refuse_reads(&GroupId::parse(STAFF).unwrap(), Some(away));
    stage.clock.advance(Duration::from_secs(15 * 60));
    let mut anna = Browser::new(&stage);
    enter(&mut anna).await;
    let shown = anna.open(&format!("/lists/{mine}")).await;
    assert!(!shown.shows("Mine").has("Sync with Outlook List"), "and gives nothing as an owner");
}

#[tokio::test]
async fn of_a_list_with_two_groups_an_owner_of_one_sees_it_and_syncs_their_own_link() {
    let (stage, directory) = stage();
    let [mine, _] = owned(&stage).await;
    let mut admin = Browser::signed_in(&stage).await;
    let fields = [("how", "new"), ("new_group.name", "Second")];
    assert_eq!(admin.submit(&format!("/lists/{mine}/links"), &fields).await.status, StatusCode::OK);
    stage.work().await;
    directory.says("anna", &[]);
    let mut anna = Browser::new(&stage);
    enter(&mut anna).await;
    let shown = anna.open(&format!("/lists/{mine}")).await;
    assert_eq!(shown.shows("Second").text.matches("Sync with Outlook List").count(), 1, "{}", shown.text);
    for state in stage.service.ports.links.of_list(&ListId::parse(&mine).unwrap()).await.unwrap() {
        let expected = match state.link.group.as_str() == STAFF {
            true => StatusCode::SEE_OTHER,
            false => StatusCode::FORBIDDEN,
        };
        let fields = [("do", "sync"), ("list", mine.as_str())];
        let sent = anna.submit_only(&format!("/links/{}/do", state.link.id), &fields).await;
        assert_eq!(sent.status, expected, "{}", sent.text);
    }
}
