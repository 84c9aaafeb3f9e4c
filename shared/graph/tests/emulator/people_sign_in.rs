//! People who sign in at the emulated tenant: the code flow with a proof key, and every way in which it fails.

use std::sync::Arc;

use listsync_core::id::GroupId;
use listsync_engine::ports::{
    Directory as _, Fault, PortError, SignInAnswer, SignInQuestion, SignIns as _, SystemClock,
};
use listsync_graph::{Credential, WebSettings, WebSignIn};
use listsync_graph_emulator::{Emulator, GroupKind};
use reqwest::header::LOCATION;
use url::{Url, form_urlencoded};

use crate::rig::{Rig, group_id, theirs};

const BACK: &str = "https://lists.contoso.example/sign-in/back";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Desk {
    rig: Rig,
    browser: reqwest::Client,
    account: String,
}

impl Desk {
    async fn new() -> Self {
        let rig = Rig::of(Emulator::builder().redirects([BACK])).await;
        let account = format!("p0@{}", rig.tenant.domain());
        rig.people(1);
        rig.tenant.settle();
        let ca = reqwest::Certificate::from_pem(rig.running.ca_pem.as_bytes()).unwrap();
        let builder = reqwest::Client::builder().tls_certs_merge([ca]);
        let browser = builder.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { rig, browser, account }
    }

    fn sign_in(&self, change: impl FnOnce(&mut WebSettings)) -> WebSignIn {
        let running = &self.rig.running;
        let mut settings = WebSettings {
            tenant: running.tenant_id.clone(),
            client_id: running.client_id.clone(),
            credential: Some(Credential::Secret(running.client_secret.clone())),
            authority_host: Some(running.authority_host.clone()),
            ca_pem: Some(self.rig.file("people-ca.pem", &running.ca_pem)),
        };
        change(&mut settings);
        WebSignIn::connect(settings, Arc::new(SystemClock)).unwrap()
    }

    async fn address(&self, sign_in: &WebSignIn, nonce: &str, redirect: &str) -> String {
        let question = SignInQuestion {
            state: "a state &",
            nonce,
            challenge: CHALLENGE,
            redirect,
            hint: Some("anna+b@contoso.example"),
        };
        sign_in.address(self.rig.call(), question).await.unwrap()
    }

    /// Signs the account in, and gives the code that the browser is sent back with.
    async fn code(&self, sign_in: &WebSignIn, roles: &[&str]) -> String {
        let address = self.address(sign_in, "n-1", BACK).await;
        assert_eq!(self.browser.get(&address).send().await.unwrap().status(), 200);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("account", &self.account).extend_pairs(roles.iter().map(|role| ("roles", *role)));
        let post = self.browser.post(&address).header("content-type", "application/x-www-form-urlencoded");
        let answer = post.body(form.finish()).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let back = Url::parse(answer.headers()[LOCATION].to_str().unwrap()).unwrap();
        assert!(back.as_str().starts_with(BACK), "{back}");
        let get = |wanted: &str| {
            back.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        assert_eq!(get("state").as_deref(), Some("a state &"));
        get("code").unwrap()
    }

    async fn refused(&self, sign_in: &WebSignIn, answer: SignInAnswer<'_>) -> PortError {
        let Err(error) = sign_in.redeem(self.rig.call(), answer).await else {
            panic!("somebody was signed in")
        };
        assert!(!error.to_string().contains(&self.account));
        error
    }
}

fn answer(code: &str) -> SignInAnswer<'_> {
    SignInAnswer { code, verifier: VERIFIER, nonce: "n-1", redirect: BACK }
}

#[tokio::test]
async fn a_code_says_who_it_is_once_and_with_their_roles() {
    let desk = Desk::new().await;
    let sign_in = desk.sign_in(|_| {});
    let code = desk.code(&sign_in, &["Listsync.Read", "Listsync.Link"]).await;
    let proven = sign_in.redeem(desk.rig.call(), answer(&code)).await.unwrap();
    assert_eq!(proven.roles, ["Listsync.Read", "Listsync.Link"]);
    assert!(!proven.name.is_empty() && proven.address.contains('@'));
    let again = desk.refused(&sign_in, answer(&code)).await;
    assert_eq!((again.fault, again.code.as_str()), (Fault::Rejected, "sign_in_refused"));
    assert!(again.message.contains("AADSTS54005"), "{again}");

    let by_domain = desk.sign_in(|settings| settings.tenant = "contoso.example".to_owned());
    let code = desk.code(&by_domain, &[]).await;
    assert!(by_domain.redeem(desk.rig.call(), answer(&code)).await.unwrap().roles.is_empty());
}

#[tokio::test]
async fn another_nonce_verifier_or_redirect_signs_nobody_in() {
    let desk = Desk::new().await;
    let sign_in = desk.sign_in(|_| {});
    for wrong in [
        SignInAnswer { nonce: "n-2", ..answer("") },
        SignInAnswer { verifier: "another", ..answer("") },
        SignInAnswer { redirect: "https://evil.example/", ..answer("") },
    ] {
        let code = desk.code(&sign_in, &["Listsync.Admin"]).await;
        let error = desk.refused(&sign_in, SignInAnswer { code: &code, ..wrong }).await;
        assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "sign_in_refused"), "{error}");
    }
    assert_eq!(desk.refused(&sign_in, answer("made up")).await.code, "sign_in_refused");
    let elsewhere = desk.address(&sign_in, "n-1", "https://evil.example/").await;
    assert_eq!(desk.browser.get(elsewhere).send().await.unwrap().status(), 400, "it is not registered");
}

#[tokio::test]
async fn settings_that_are_wrong_are_named() {
    let desk = Desk::new().await;
    let code = desk.code(&desk.sign_in(|_| {}), &[]).await;
    let secret =
        desk.sign_in(|settings| settings.credential = Some(Credential::Secret("hunter2".to_owned())));
    let error = desk.refused(&secret, answer(&code)).await;
    assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, "sign_in_settings"));
    assert!(error.hint.contains("LISTSYNC_CONSOLE_CLIENT_ID") && !format!("{error:?}").contains("hunter2"));
    let public = desk.sign_in(|settings| settings.credential = None);
    assert_eq!(
        desk.refused(&public, answer(&code)).await.code,
        "sign_in_settings",
        "a web app proves itself"
    );
    let question =
        SignInQuestion { state: "s", nonce: "n", challenge: CHALLENGE, redirect: BACK, hint: None };
    for tenant in ["7a1f5dd4-0000-4000-8000-000000000009", "common"] {
        let other = desk.sign_in(|settings| settings.tenant = tenant.to_owned());
        let Err(error) = other.address(desk.rig.call(), question).await else { panic!("{tenant}") };
        assert!(["sign_in_settings", "sign_in_unavailable"].contains(&error.code.as_str()), "{error}");
    }
}

#[tokio::test]
async fn the_owners_of_many_groups_are_read_in_few_requests_and_a_group_that_is_gone_has_none() {
    let rig = Rig::new().await;
    let people = rig.people(2);
    let mut groups: Vec<GroupId> = Vec::new();
    for index in 0..25 {
        let group = rig.group(GroupKind::Security, &[]);
        rig.tenant.add_owner(group_id(&group), theirs(&people[index % 2]));
        groups.push(group);
    }
    let gone = GroupId::parse("7a1f5dd4-0000-4000-8000-000000000009").unwrap();
    groups.push(gone.clone());
    rig.tenant.settle();
    let owners = rig.graph.owners_of_each(rig.call(), &groups).await.unwrap();
    assert_eq!((owners.len(), owners.contains_key(&gone)), (25, false));
    assert_eq!(owners[&groups[3]], [people[1].clone()].into());
    assert_eq!(rig.meter.cost().requests, 2);
}
