//! Signing in by the directory: what is asked of it, who comes in, and who does not.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use listsync_console::Entrance;
use listsync_core::{id::GroupId, list::Origin};
use listsync_engine::{
    people,
    ports::{Call, ContactEdit, Fault, PortError, PortResult, Proven, SignInAnswer, SignInQuestion, SignIns},
};
use listsync_testkit::sample;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    browser::{Browser, Shown},
    stage::{STAFF, Stage},
};

/// A directory that signs in whom the test says, and takes no answer to another question than the last.
#[derive(Default)]
pub(crate) struct Directory {
    proven: Mutex<Option<Proven>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Directory {
    pub(crate) fn says(&self, name: &str, roles: &[&str]) {
        let proven = Proven {
            object: sample::object(name),
            name: format!("{name} <b>"),
            address: sample::address(name).to_string(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        *self.proven.lock().unwrap() = Some(proven);
    }
}

#[async_trait]
impl SignIns for Directory {
    async fn address(&self, _: Call<'_>, question: SignInQuestion<'_>) -> PortResult<String> {
        let SignInQuestion { state, nonce, challenge, redirect, hint } = question;
        assert_eq!(redirect, "https://lists.contoso.example/sign-in/back");
        self.asked.lock().unwrap().push((nonce.to_owned(), challenge.to_owned()));
        let mut url = Url::parse("https://login.example/authorize").unwrap();
        url.query_pairs_mut().append_pair("state", state).extend_pairs(hint.map(|hint| ("login_hint", hint)));
        Ok(url.into())
    }

    async fn redeem(&self, _: Call<'_>, answer: SignInAnswer<'_>) -> PortResult<Proven> {
        // Each browser has its own nonce, and brings the verifier of the challenge that went with it.
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(answer.verifier));
        let is_asked = self.asked.lock().unwrap().contains(&(answer.nonce.to_owned(), challenge));
        let proven = self.proven.lock().unwrap().clone();
        match proven.filter(|_| answer.code == "good" && is_asked) {
            Some(proven) => Ok(proven),
            None => Err(PortError::new(Fault::Rejected, "sign_in_refused", "the code was not taken")),
        }
    }
}

pub(crate) fn stage() -> (Stage, Arc<Directory>) {
    let directory = Arc::new(Directory::default());
    (Stage::with(Some(Entrance::new(directory.clone(), "https://lists.contoso.example/"))), directory)
}

/// Goes to the directory, and says what it is sent back with.
async fn begin(browser: &mut Browser<'_>, to: &str) -> String {
    let shown = browser.visit(&format!("/sign-in/directory?to={to}")).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.text);
    let cookie = shown.header("set-cookie").to_owned();
    assert!(cookie.contains("; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=600; Secure"), "{cookie}");
    let url = Url::parse(shown.header("location")).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

pub(crate) fn back(state: &str, more: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    format!("/sign-in/back?{query}&{more}")
}

/// Signs in as the directory says.
pub(crate) async fn enter(browser: &mut Browser<'_>) -> Shown {
    let state = begin(browser, "/lists").await;
    browser.visit(&back(&state, "code=good")).await
}

#[tokio::test]
async fn who_has_a_role_may_do_what_a_key_of_that_scope_may() {
    let (stage, directory) = stage();
    for (role, opens) in [
        ("Listsync.Read", StatusCode::FORBIDDEN),
        ("Listsync.Approve", StatusCode::FORBIDDEN),
        ("Listsync.Admin", StatusCode::OK),
    ] {
        directory.says("anna", &[role]);
        let mut browser = Browser::new(&stage);
        browser.open("/sign-in").await.shows("Sign in with Microsoft Entra ID");
        let shown = enter(&mut browser).await;
        assert_eq!((shown.status.as_u16(), shown.header("location")), (303, "/lists"), "{}", shown.text);
        assert!(browser.entering.is_none() && browser.cookie.is_some());
        let cookies: Vec<&str> =
            shown.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(
            cookies[0].ends_with("; Secure") && cookies[0].contains("HttpOnly; SameSite=Lax"),
            "{cookies:?}"
        );
        browser.open("/").await.shows("anna &lt;b&gt;").shows("Sign out");
        assert_eq!(browser.open("/settings/keys").await.status, opens, "{role}");
    }
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_here_signs_nobody_in() {
    let (stage, directory) = stage();
    directory.says("anna", &["Listsync.Admin"]);
    let mut browser = Browser::new(&stage);
    let refused = |shown: &Shown| {
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{}", shown.text);
        assert!(
            !shown.headers.get_all("set-cookie").iter().any(|it| it.to_str().unwrap().contains("_session"))
        );
    };
    refused(&browser.visit(&back("1.2./", "code=good")).await);

    let state = begin(&mut browser, "/").await;
    refused(&Browser::new(&stage).visit(&back(&state, "code=good")).await);
    let mut other = Browser::new(&stage);
    begin(&mut other, "/").await;
    refused(&other.visit(&back(&state, "code=good")).await);

    let entering = browser.entering.clone();
    assert_eq!(browser.visit(&back(&state, "code=good")).await.status, StatusCode::SEE_OTHER);
    browser.entering = entering;
    refused(&browser.visit(&back(&state, "code=good")).await);

    let mut late = Browser::new(&stage);
    let state = begin(&mut late, "/").await;
    stage.clock.advance(Duration::from_secs(600));
    refused(&late.visit(&back(&state, "code=good")).await);

    for wrong in ["code=bad", "error=access_denied&error_description=%3Cb%3E", ""] {
        let mut browser = Browser::new(&stage);
        let state = begin(&mut browser, "/").await;
        let shown = browser.visit(&back(&state, wrong)).await;
        refused(&shown);
        assert!(!shown.has("<b>"), "nothing of it is repeated");
    }
    let plain = Stage::new();
    assert_eq!(Browser::new(&plain).visit("/sign-in/directory").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_has_neither_a_role_nor_a_group_is_told_what_to_do() {
    let (stage, directory) = stage();
    for roles in [&[][..], &["Listsync.Everything", "admin"]] {
        directory.says("anna", roles);
        let mut browser = Browser::new(&stage);
        let shown = enter(&mut browser).await;
        assert_eq!((shown.status.as_u16(), &browser.cookie), (403, &None));
        shown.shows("you have no role").shows("Enterprise applications");
    }
}

/// Two lists, each linked to a group; of the first one's Anna is the owner.
pub(crate) async fn owned(stage: &Stage) -> [String; 2] {
    let mut admin = Browser::signed_in(stage).await;
    let mut ids = Vec::new();
    for (name, group) in [("Mine", STAFF.to_owned()), ("Theirs", String::new())] {
        let list = admin.submit_only("/lists", &[("name", name)]).await.header("location").to_owned();
        let fields: &[(&str, &str)] = match group.is_empty() {
            false => &[("how", "old"), ("group", STAFF)],
            true => &[("how", "new"), ("new_group.name", "Theirs")],
        };
        let shown = admin.submit(&format!("{list}/links"), fields).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        ids.push(list.rsplit('/').next().unwrap().to_owned());
    }
    stage.work().await;
    let staff = GroupId::parse(STAFF).unwrap();
    stage.directory.set_owners(&staff, [sample::object("anna")]);
    ids.try_into().unwrap()
}

#[tokio::test]
async fn an_owner_sees_and_syncs_the_lists_of_their_groups_and_no_other() {
    let (stage, directory) = stage();
    let [mine, theirs] = owned(&stage).await;
    directory.says("anna", &[]);
    let mut owner = Browser::new(&stage);
    assert_eq!(enter(&mut owner).await.status, StatusCode::SEE_OTHER);
    let shown = owner.open("/lists").await;
    shown.shows("Mine").shows("may see, sync");
    assert!(!shown.has("Theirs"));
    owner.open(&format!("/lists/{mine}")).await.shows("Sync with Outlook List");
    let link = owner.open(&format!("/lists/{mine}")).await;
    let action = link.text.split("action=\"/links/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(
        owner.submit_only(&format!("/links/{action}"), &[("do", "sync")]).await.status,
        StatusCode::SEE_OTHER
    );
    for (path, fields) in [
        (format!("/lists/{mine}/members"), &[("address", "cleo@contoso.example")][..]),
        (format!("/links/{action}"), &[("do", "pause")]),
    ] {
        assert_eq!(owner.submit_only(&path, fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(owner.open(&format!("/lists/{theirs}")).await.status, StatusCode::FORBIDDEN);

    // Who is no owner any more is none after a quarter of an hour; a directory that does not answer opens nothing.
    stage.directory.set_owners(&GroupId::parse(STAFF).unwrap(), []);
    assert_eq!(owner.open("/lists").await.status, StatusCode::OK, "it was asked just now");
    stage.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(enter(&mut owner).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_audit_names_who_did_it_until_they_are_erased_and_then_they_are_signed_in_no_more() {
    let (stage, directory) = stage();
    directory.says("anna", &["Listsync.Operate"]);
    let mut anna = Browser::new(&stage);
    enter(&mut anna).await;
    anna.submit("/lists", &[("name", "Hers")]).await.shows("Hers");
    let mut admin = Browser::signed_in(&stage).await;
    admin.open("/settings/audit").await.shows("anna &lt;b&gt;");

    let address = sample::address("anna");
    let edit = ContactEdit::default();
    let contact = people::create(&stage.service, &address, &edit, Origin::Manual).await.unwrap().what;
    people::erase(&stage.service, &contact.id).await.unwrap();
    let shown = admin.open("/settings/audit").await;
    assert!(!shown.has("anna"), "{}", shown.text);
    shown.shows("person");
    assert!(!anna.open("/lists").await.has("Sign out"), "nobody is left whom the session is of");
}
