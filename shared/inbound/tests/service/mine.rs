//! The page *my lists*: what is shown to whom, and what its buttons do.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use listsync_core::{
    contact::{Contact, Decision, OptOutReason, Saying, Scope, Via},
    id::ListId,
    list::{Origin, Standing},
};
use listsync_engine::{
    people,
    ports::{Clock as _, ContactEdit, ListStore as _},
};
use listsync_inbound::{admission::Everybody, my_lists, optout_link, pages};
use listsync_testkit::sample;

use crate::kit::{Answer, Kit, ask};

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
        let token = my_lists::issue(&kit.service, &anna).await.unwrap().token;
        Self { router: pages::router(kit.service.clone(), Arc::new(Everybody)), kit, anna, token }
    }

    async fn get(&self) -> Answer {
        let request = Request::get(format!("/my/{}", self.token)).body(Body::empty());
        ask(&self.router, request.unwrap()).await
    }

    async fn post(&self, action: &str, list: &ListId) -> Answer {
        let request = Request::post(format!("/my/{}", self.token))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(&self.router, request.body(Body::from(format!("action={action}&list={list}"))).unwrap()).await
    }

    async fn standing(&self) -> Option<Standing> {
        self.kit.standing("anna").await
    }

    async fn says(&self, decision: Decision, scope: Scope, reason: OptOutReason) {
        let (address, at) = (self.anna.address.clone(), self.kit.clock.now());
        let saying = Saying { address, decision, scope, reason, via: Via::Event, at };
        people::say(&self.kit.service, &saying, Duration::ZERO).await.unwrap();
    }
}

#[tokio::test]
async fn a_person_sees_their_lists_leaves_and_comes_back() {
    let visitor = Visitor::new().await;
    let news = visitor.kit.news.clone();
    let shown = visitor.get().await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(
        shown.body.contains("News &lt;&amp;&gt; &quot;Jobs&quot;</bdi></strong>: you are on it"),
        "{}",
        shown.body
    );
    assert!(!shown.body.contains("anna"), "a link may be forwarded");
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")]
    {
        assert_eq!(shown.headers[name], value);
    }
    assert_eq!(visitor.standing().await, Some(Standing::Member), "to look changes nothing");

    let left = visitor.post("leave", &news).await;
    assert!(left.status == StatusCode::OK && left.body.contains("you left it"), "{}", left.body);
    assert_eq!(visitor.standing().await, Some(Standing::OptedOut));
    let back = visitor.post("come_back", &news).await;
    assert!(back.body.contains("You are subscribed to the list"), "{}", back.body);
    assert_eq!(visitor.standing().await, Some(Standing::Member));
    let audited = visitor.kit.audited().await;
    let of = |action: &str| format!("self {action} list:{news} contact:{}", visitor.anna.id);
    assert_eq!(audited, [of("consent.subscribe"), of("consent.opt_out")]);

    let none = visitor.post("leave_all", &news).await;
    assert!(none.body.contains("You want no list"), "{}", none.body);
    assert_eq!(visitor.standing().await, Some(Standing::OptedOut));
    visitor.post("undo_all", &news).await;
    assert!(visitor.get().await.body.contains("you are on it"));
}

#[tokio::test]
async fn nobody_comes_back_but_by_a_no_of_their_own() {
    let visitor = Visitor::new().await;
    let news = visitor.kit.news.clone();
    // Somebody else took them off: the list is not on the page, and no form of it is taken.
    visitor.kit.store.remove(&news, &visitor.anna.address, visitor.kit.clock.now()).await.unwrap();
    assert!(visitor.get().await.body.contains("You are on no list"));
    assert_eq!(visitor.post("come_back", &news).await.status, StatusCode::BAD_REQUEST);
    assert_ne!(visitor.standing().await, Some(Standing::Member));

    let visitor = Visitor::new().await;
    visitor.says(Decision::OptedOut, Scope::All, OptOutReason::Complaint).await;
    for action in ["come_back", "undo_all"] {
        assert_eq!(visitor.post(action, &visitor.kit.news).await.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert_eq!(visitor.standing().await, Some(Standing::OptedOut));
}

#[tokio::test]
async fn a_list_that_is_not_theirs_is_neither_shown_nor_left() {
    let visitor = Visitor::new().await;
    let other = visitor.kit.store.create_list("Secret", visitor.kit.clock.now()).await.unwrap().id;
    visitor
        .kit
        .store
        .add(&other, &sample::contact("ben"), Origin::Manual, visitor.kit.clock.now())
        .await
        .unwrap();
    for action in ["leave", "come_back"] {
        let answer = visitor.post(action, &other).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{action}");
        assert!(!answer.body.contains("Secret"));
    }
    assert!(!visitor.get().await.body.contains("Secret"));
}

#[tokio::test]
async fn a_link_ends_and_leads_nowhere_once_the_person_is_erased_or_has_another_address() {
    let visitor = Visitor::new().await;
    visitor.kit.clock.advance(my_lists::GOOD_FOR - Duration::from_secs(1));
    assert_eq!(visitor.get().await.status, StatusCode::OK);
    visitor.kit.clock.advance(Duration::from_secs(1));
    assert_eq!(visitor.get().await.status, StatusCode::NOT_FOUND);

    let visitor = Visitor::new().await;
    let edit = ContactEdit { address: Some(sample::address("anna.keller")), ..ContactEdit::default() };
    people::edit(&visitor.kit.service, &visitor.anna.id, None, &edit, Origin::Manual).await.unwrap();
    assert_eq!(visitor.get().await.status, StatusCode::NOT_FOUND, "the former address may be another's");

    let visitor = Visitor::new().await;
    people::erase(&visitor.kit.service, &visitor.anna.id).await.unwrap();
    assert_eq!(visitor.get().await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.post("leave_all", &visitor.kit.news).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_opt_out_link_shows_no_lists_and_a_link_that_is_changed_shows_nothing() {
    let mut visitor = Visitor::new().await;
    let opt_out = optout_link::issue(&visitor.kit.service, &visitor.anna.id, Scope::All).await.unwrap();
    let as_opt_out = Request::get(format!("/u/{}", visitor.token)).body(Body::empty()).unwrap();
    assert_eq!(ask(&visitor.router, as_opt_out).await.status, StatusCode::NOT_FOUND);
    let own = visitor.token.clone();
    let (start, end) = own.split_at(own.len() - 1);
    let cut = format!("{start}{}", if end == "A" { "B" } else { "A" });
    for odd in
        [opt_out.clone(), opt_out.replacen("v1", "m1", 1), own.replacen("m1", "v1", 1), cut, "m1".to_owned()]
    {
        visitor.token = odd;
        assert_eq!(visitor.get().await.status, StatusCode::NOT_FOUND, "{}", visitor.token);
    }
}
