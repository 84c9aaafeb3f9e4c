//! The pages behind the links: what each request changes, and what nobody may learn.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use listsync_core::{
    contact::{Contact, Decision, OptOutReason, Saying, Scope, Via},
    list::{OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, Clock as _, Contacts as _, Keys as _, ListEdit, ListStore as _};
use listsync_inbound::{admission::Everybody, optout_link, pages};

use listsync_testkit::sample;

use crate::kit::{Answer, Kit, NEWS, ask};

const FORM: &str = "application/x-www-form-urlencoded";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

struct Visitor {
    kit: Kit,
    router: Router,
    anna: Contact,
    token: String,
}

impl Visitor {
    async fn new() -> Self {
        let kit = Kit::new().await;
        let anna = kit.member("anna").await;
        let token = kit.token(&anna).await;
        Self { router: pages::router(kit.service.clone(), Arc::new(Everybody)), kit, anna, token }
    }

    async fn request(&self, method: Method, token: &str) -> Answer {
        let request = Request::builder().method(method).uri(format!("/u/{token}"));
        ask(&self.router, request.body(Body::empty()).unwrap()).await
    }

    async fn get(&self) -> Answer {
        self.request(Method::GET, &self.token).await
    }

    async fn post(&self, body: &str) -> Answer {
        self.post_as(FORM, body, &self.token).await
    }

    async fn post_as(&self, kind: &str, body: &str, token: &str) -> Answer {
        let request = Request::post(format!("/u/{token}")).header(header::CONTENT_TYPE, kind);
        ask(&self.router, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn standing(&self) -> Standing {
        self.kit.standing("anna").await.unwrap()
    }
}

#[tokio::test]
async fn a_hundred_looks_change_nothing() {
    let visitor = Visitor::new().await;
    let first = visitor.get().await;
    let writes = visitor.kit.store.writes();
    for _ in 0..100 {
        assert_eq!(visitor.get().await, first);
        let head = visitor.request(Method::HEAD, &visitor.token).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    }
    assert_eq!(visitor.kit.store.writes(), writes);
    assert_eq!(visitor.kit.said("anna").await.len(), 1, "joined");
    assert_eq!(visitor.standing().await, Standing::Member);
    assert_eq!((visitor.kit.requested().await, visitor.kit.store.queued()), (0, 0));
}

#[tokio::test]
async fn one_click_opts_out_in_both_encodings() {
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (kind, body) in [(FORM, ONE_CLICK), ("multipart/form-data; boundary=b", multipart)] {
        let visitor = Visitor::new().await;
        let answer = visitor.post_as(kind, body, &visitor.token).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "You are unsubscribed.\n"));
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert_eq!(visitor.standing().await, Standing::OptedOut);
        let said = visitor.kit.said("anna").await.remove(0);
        assert_eq!((said.decision, said.via), (Decision::OptedOut, Via::OneClick));
        assert_eq!(visitor.kit.messages_after(Duration::ZERO).await.len(), 1);
    }
}

#[tokio::test]
async fn a_post_without_a_body_is_the_one_click_that_it_is() {
    for kind in [FORM, "multipart/form-data; boundary=b", "text/plain"] {
        let visitor = Visitor::new().await;
        let answer = visitor.post_as(kind, "", &visitor.token).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "You are unsubscribed.\n"),
            "{kind}"
        );
        assert_eq!(visitor.standing().await, Standing::OptedOut);
        assert_eq!(visitor.kit.said("anna").await.remove(0).via, Via::OneClick);
        assert_eq!(visitor.post_as(kind, "", "v1.forged").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_token_works_over_and_over() {
    let visitor = Visitor::new().await;
    for _ in 0..10 {
        assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
    }
    assert_eq!(visitor.kit.said("anna").await.len(), 2, "joined and left");
    assert_eq!(visitor.kit.store.queued(), 1);
    assert_eq!(visitor.get().await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_person_says_by_a_link_is_in_the_audit_once_and_as_their_own() {
    let visitor = Visitor::new().await;
    let (news, anna) = (visitor.kit.news.clone(), visitor.anna.id.clone());
    for _ in 0..2 {
        visitor.get().await;
        visitor.post(ONE_CLICK).await;
    }
    visitor.post("action=undo").await;
    visitor.post("action=unsubscribe_all").await;
    let expected = [
        format!("self consent.opt_out contact:{anna}"),
        format!("self consent.subscribe list:{news} contact:{anna}"),
        format!("self consent.opt_out list:{news} contact:{anna}"),
    ];
    assert_eq!(visitor.kit.audited().await, expected);
    let visitor = Visitor::new().await;
    let (news, anna) = (visitor.kit.news.clone(), visitor.anna.id.clone());
    visitor.kit.queue.go_away();
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let told = visitor.kit.audited().await.remove(0);
    assert_eq!(told, format!("self consent.opt_out list:{news} contact:{anna} broken off"), "it is stored");
}

#[tokio::test]
async fn a_post_without_its_own_field_changes_nothing() {
    let visitor = Visitor::new().await;
    for (kind, body) in [
        (FORM, " "),
        (FORM, "List-Unsubscribe=Two-Clicks"),
        (FORM, "action=leave"),
        ("application/json", "{\"action\": \"unsubscribe\"}"),
        ("multipart/form-data; boundary=b", "--b\r\n"),
    ] {
        let answer = visitor.post_as(kind, body, &visitor.token).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let large = format!("a={}", "x".repeat(pages::MAX_BODY));
    assert_eq!(visitor.post(&large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(visitor.standing().await, Standing::Member);
}

#[tokio::test]
async fn every_bad_token_gets_the_same_page() {
    let visitor = Visitor::new().await;
    let link = |contact: &str, list: &str| {
        let contact = listsync_core::id::ContactId::parse(contact).unwrap();
        let list = Scope::List(listsync_core::id::ListId::parse(list).unwrap());
        optout_link::OptOutLink::new(contact, list, visitor.kit.clock.now())
    };
    let key = visitor.kit.store.signing_keys(visitor.kit.clock.now()).await.unwrap().remove(0);
    let mut stranger = key.clone();
    stranger.secret.0[0] ^= 1;
    let news = visitor.kit.news.as_str();
    let bad = [
        "x".to_owned(),
        "%FF".to_owned(),
        format!("{}A", visitor.token),
        link(visitor.anna.id.as_str(), news).sign(&stranger),
        link("nobody", news).sign(&key),
        link(visitor.anna.id.as_str(), "no-list").sign(&key),
    ];
    let neutral = visitor.request(Method::GET, "v1.k0.AAAA.AAAA").await;
    assert_eq!(neutral.status, StatusCode::NOT_FOUND);
    for token in &bad {
        assert_eq!(visitor.request(Method::GET, token).await, neutral, "{token}");
        assert_eq!(visitor.post_as(FORM, ONE_CLICK, token).await, neutral, "{token}");
    }
    visitor.kit.store.rotate_signing_key(visitor.kit.clock.now()).await.unwrap();
    assert_eq!(visitor.get().await.status, StatusCode::OK, "an old key is good");
    visitor.kit.store.retire_signing_key(&key.id, visitor.kit.clock.now()).await.unwrap();
    assert_eq!(visitor.get().await, neutral, "until it is retired");
    assert_eq!(visitor.post(ONE_CLICK).await, neutral);
    assert_eq!(visitor.standing().await, Standing::Member);
}

#[tokio::test]
async fn the_page_asks_and_then_offers_what_else_can_be_done() {
    let visitor = Visitor::new().await;
    let buttons = |answer: &Answer| answer.body.matches("<button").count();
    let page = visitor.get().await;
    assert_eq!(buttons(&page), 1);
    let page = visitor.post("action=unsubscribe").await;
    for action in ["undo", "unsubscribe_all", "resubscribe"] {
        assert!(page.body.contains(&format!("value=\"{action}\"")), "{action}");
    }
    assert_eq!(visitor.standing().await, Standing::OptedOut);
    assert_eq!(visitor.kit.said("anna").await[0].via, Via::Page);
    assert_eq!(visitor.post("action=undo").await.status, StatusCode::OK);
    assert_eq!(visitor.standing().await, Standing::Member);
    visitor.post("action=unsubscribe_all").await;
    assert_eq!(visitor.standing().await, Standing::OptedOut);
    assert!(visitor.kit.contact("anna").await.unwrap().opted_out.is_some());
    assert_eq!(buttons(&visitor.get().await), 1, "resubscribing is what is left");
    visitor.post("action=resubscribe").await;
    assert_eq!(visitor.standing().await, Standing::Member);
    let anna = visitor.kit.contact("anna").await.unwrap();
    assert_eq!(
        (anna.opted_out.is_some(), anna.accepts.len()),
        (true, 1),
        "of the other lists she said nothing"
    );
    visitor.post("action=unsubscribe_all").await;
    assert_eq!(visitor.standing().await, Standing::OptedOut, "all lists are this one, too");
    assert!(visitor.kit.contact("anna").await.unwrap().wants_no_list());
}

#[tokio::test]
async fn who_did_not_opt_out_is_not_subscribed_by_a_link() {
    let visitor = Visitor::new().await;
    for action in ["action=undo", "action=resubscribe"] {
        assert_eq!(visitor.post(action).await.status, StatusCode::OK);
    }
    assert_eq!(visitor.kit.said("anna").await.len(), 1);
}

#[tokio::test]
async fn a_complaint_is_not_lifted_by_the_person() {
    let visitor = Visitor::new().await;
    let complaint = Saying {
        address: visitor.anna.address.clone(),
        decision: Decision::OptedOut,
        scope: Scope::All,
        reason: OptOutReason::Complaint,
        via: Via::Event,
        at: visitor.kit.clock.now(),
    };
    visitor.kit.store.say(&complaint).await.unwrap();
    assert!(!visitor.get().await.body.contains("<button"));
    for action in ["action=undo", "action=resubscribe"] {
        assert_eq!(visitor.post(action).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
    let reason = visitor.kit.contact("anna").await.unwrap().opted_out.unwrap().reason;
    assert_eq!(reason, OptOutReason::Complaint);
}

#[tokio::test]
async fn the_page_is_private_inert_and_escaped() {
    let visitor = Visitor::new().await;
    for answer in
        [visitor.get().await, visitor.request(Method::GET, "x").await, visitor.post(ONE_CLICK).await]
    {
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-robots-tag"), "noindex");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("form-action 'self'"));
        assert!(!policy.contains("unsafe"));
    }
    let page = visitor.post("action=undo").await.body;
    assert!(page.contains("News &lt;&amp;&gt; &quot;Jobs&quot;") && !page.contains("News <"));
    assert!(page.contains("<html lang=\"en\">"));
    assert!(!page.contains("anna@") && !page.contains("<script") && !page.contains("http"));
}

#[tokio::test]
async fn a_decision_is_stored_even_while_the_queue_is_away() {
    let visitor = Visitor::new().await;
    visitor.kit.queue.go_away();
    let answer = visitor.post(ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(visitor.standing().await, Standing::OptedOut);
    assert_eq!(visitor.kit.requested().await, 1, "the timer finds the link");
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_leaves_a_mandatory_list() {
    let visitor = Visitor::new().await;
    let rule = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    let now = visitor.kit.clock.now();
    visitor.kit.store.edit_list(&visitor.kit.news, None, &rule, now).await.unwrap();
    assert!(visitor.get().await.body.contains("is a mandatory list"));
    for body in [ONE_CLICK, "action=unsubscribe"] {
        assert_eq!(visitor.post(body).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(visitor.post("action=unsubscribe_all").await.status, StatusCode::OK);
    assert_eq!(visitor.standing().await, Standing::Member);
    assert!(visitor.kit.contact("anna").await.unwrap().opted_out.is_some());
}

#[tokio::test]
async fn a_link_in_an_old_message_works_after_its_contact_was_merged() {
    let visitor = Visitor::new().await;
    let [bert, cora] = [visitor.kit.member("bert").await, visitor.kit.member("cora").await];
    let now = visitor.kit.clock.now();
    visitor.kit.store.merge_contacts(&bert.id, &visitor.anna.id, now).await.unwrap();
    visitor.kit.store.merge_contacts(&cora.id, &bert.id, now).await.unwrap();
    assert_eq!(visitor.get().await.status, StatusCode::OK);
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
    assert_eq!(visitor.kit.standing("cora").await, Some(Standing::OptedOut));
    visitor.kit.store.erase_contact(&cora.id, now).await.unwrap();
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK, "nobody who leaves is sent away");
}

#[tokio::test]
async fn a_link_of_somebody_who_was_deleted_holds_off_whoever_has_their_address() {
    let visitor = Visitor::new().await;
    visitor.kit.store.delete_contact(&visitor.anna.id, visitor.kit.clock.now()).await.unwrap();
    let page = visitor.get().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("value=\"unsubscribe\""), "{}", page.body);
    assert_eq!(visitor.post("action=resubscribe").await.status, StatusCode::FORBIDDEN, "there is nobody");
    let left = visitor.post("action=unsubscribe").await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(left.body.contains("You are unsubscribed") && !left.body.contains("value=\"resubscribe\""));
    let (store, news, now) = (&visitor.kit.store, &visitor.kit.news, visitor.kit.clock.now());
    let back = store.add(news, &sample::contact("anna"), Origin::Manual, now).await.unwrap();
    assert_eq!(back, AddOutcome::OptedOut, "no file and no operator brings them back");
}

#[tokio::test]
async fn a_link_finds_who_has_the_address_of_somebody_who_was_deleted() {
    let visitor = Visitor::new().await;
    visitor.kit.store.delete_contact(&visitor.anna.id, visitor.kit.clock.now()).await.unwrap();
    visitor.kit.member("anna").await;
    assert_eq!(visitor.standing().await, Standing::Member);
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
    assert_eq!(visitor.standing().await, Standing::OptedOut);
    assert_eq!(visitor.post("action=undo").await.status, StatusCode::OK, "as anybody's");
    assert_eq!(visitor.standing().await, Standing::Member);
}

#[tokio::test]
async fn a_link_in_an_old_message_works_after_its_list_was_made_anew() {
    let visitor = Visitor::new().await;
    let (store, now) = (&visitor.kit.store, visitor.kit.clock.now());
    visitor.kit.without_list().await;
    let news = store.create_list(NEWS, now).await.unwrap().id;
    store.add(&news, &sample::contact("anna"), Origin::Manual, now).await.unwrap();
    assert_eq!(visitor.post(ONE_CLICK).await.status, StatusCode::OK);
    let back = store.add(&news, &sample::contact("anna"), Origin::Manual, now).await.unwrap();
    assert_eq!(back, AddOutcome::OptedOut);
    assert_eq!(visitor.post("action=undo").await.status, StatusCode::OK);
    let back = store.add(&news, &sample::contact("anna"), Origin::Manual, now).await.unwrap();
    assert_eq!(back, AddOutcome::Already);
}

#[tokio::test]
async fn a_link_of_a_deleted_list_holds_off_the_next_one_of_its_name() {
    let visitor = Visitor::new().await;
    let (store, now) = (&visitor.kit.store, visitor.kit.clock.now());
    visitor.kit.without_list().await;
    let page = visitor.get().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Unsubscribe from this list"), "{}", page.body);
    assert_eq!(visitor.post("action=resubscribe").await.status, StatusCode::FORBIDDEN, "there is no list");
    let left = visitor.post("action=unsubscribe").await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(left.body.contains("You are unsubscribed from this list"), "{}", left.body);
    assert!(!left.body.contains("value=\"undo\"") && left.body.contains("value=\"unsubscribe_all\""));
    let news = store.create_list(NEWS, now).await.unwrap().id;
    let back = store.add(&news, &sample::contact("anna"), Origin::Manual, now).await.unwrap();
    assert_eq!(back, AddOutcome::OptedOut);
    store.delete_list(&news).await.unwrap();
    assert_eq!(visitor.post("action=unsubscribe_all").await.status, StatusCode::OK);
    assert!(visitor.kit.contact("anna").await.unwrap().opted_out.is_some());
}
