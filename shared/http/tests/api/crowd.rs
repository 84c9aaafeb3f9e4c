//! Many strangers behind one proxy address: nobody's traffic costs somebody else their opt-out.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use listsync_core::{Timestamp, address::Address, contact::Scope, id::ListId, list::Standing};
use listsync_engine::ports::{EventSource, Secret, SourceKind};
use listsync_http::{Connected, Options, Pace};
use listsync_inbound::optout_link;
use serde_json::json;
use tower::ServiceExt as _;

use crate::stage::Stage;

const EVENTS: usize = 3_000;
const CLICKS: usize = 60;
/// So few of the links are opened by the scanner, so that it goes beyond what each of them may.
const SCANNED: usize = 5;
const SECRET: &str = "0123456789abcdefghijklmn";

/// Anybody's request as the proxy hands it on, all from one address.
async fn ask(router: &Router, method: Method, path: &str, body: &str, forwarded: Option<&str>) -> StatusCode {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/x-www-form-urlencoded");
    if let Some(client) = forwarded {
        request = request.header("x-forwarded-for", client);
    }
    let mut request = request.body(Body::from(body.to_owned())).expect("a request");
    request.extensions_mut().insert(Connected("192.0.2.1".parse().expect("an address")));
    router.clone().oneshot(request).await.expect("an answer").status()
}

/// A stage with a list, a source of Mailchimp's, and a signed link for each of sixty of its members.
async fn stage(options: Options) -> (Stage, Vec<String>) {
    let stage = Stage::new(options).await;
    let list = stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let id = ListId::parse(list["id"].as_str().expect("an id")).expect("a list's id");
    let source = EventSource {
        id: "chimp".to_owned(),
        name: "Mailchimp".to_owned(),
        kind: SourceKind::Mailchimp,
        list: Some(id),
        secrets: vec![Secret(SECRET.into())],
        delay_seconds: 0,
        made: Timestamp::UNIX_EPOCH,
    };
    stage.service.keys.add_source(&source).await.expect("a source");
    let mut links = Vec::new();
    for reader in 0..CLICKS {
        let address = format!("reader{reader}@contoso.example");
        let member = format!("/v1/lists/News/members/{address}");
        stage.operate("PUT", &member).expect(201).await;
        let address = Address::parse(&address).expect("an address");
        let contact = stage.service.contacts.find_contact(&address).await.expect("answered").expect("there");
        let token = optout_link::issue(&stage.service, &contact.id, Scope::All).await.expect("a token");
        links.push(format!("/u/{token}"));
    }
    (stage, links)
}

/// The clock stands still: all of it comes in one moment, so no bucket fills up meanwhile.
#[tokio::test]
async fn no_event_and_no_opt_out_is_refused_beside_a_scanner_and_strangers_at_one_address() {
    let (stage, links) = stage(Options::default()).await;
    let mut strangers = 0;
    for number in 0..EVENTS {
        let event = format!("type=unsubscribe&data[email]=member{number}%40contoso.example&n={number}");
        let path = format!("/hooks/chimp/{SECRET}");
        assert_eq!(ask(&stage.router, Method::POST, &path, &event, None).await, StatusCode::OK, "{number}");
        // A scanner opens what it finds, whether or not it is a link of ours, and somebody guesses secrets.
        let scanned = &links[number % SCANNED];
        ask(&stage.router, Method::GET, scanned, "", None).await;
        let guessed = ask(&stage.router, Method::POST, "/hooks/chimp/guessed", &event, None).await;
        let forged =
            ask(&stage.router, Method::POST, "/u/v1.k.p.s", "List-Unsubscribe=One-Click", None).await;
        strangers +=
            [guessed, forged].iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    }
    assert!(strangers > EVENTS, "strangers are held to their bound: {strangers}");
    for link in &links {
        let click = ask(&stage.router, Method::POST, link, "List-Unsubscribe=One-Click", None).await;
        assert_eq!(click, StatusCode::OK);
    }
    for number in [0, 1, EVENTS - 1] {
        let address = Address::parse(&format!("member{number}@contoso.example")).expect("an address");
        let contact = stage.service.contacts.find_contact(&address).await.expect("answered").expect("there");
        let places = stage.service.contacts.places(&contact.id).await.expect("answered");
        assert!(places.iter().all(|place| place.standing == Standing::OptedOut), "{places:?}");
    }
    let list = stage.service.ports.lists.find_list("News").await.expect("answered").expect("there");
    let left = stage.service.ports.lists.size(&list.id).await.expect("answered");
    assert_eq!(left, 0, "each reader who clicked has left");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_alone() {
    let options = |proxies: &str| {
        let trusted_proxies = proxies.parse().expect("networks");
        let mut options = Options { trusted_proxies, ..Options::default() };
        options.limits.callers = Pace { burst: 2, per_second: 1 };
        options
    };
    for (proxies, of_the_second) in
        [("192.0.2.0/24", StatusCode::NOT_FOUND), ("", StatusCode::TOO_MANY_REQUESTS)]
    {
        let stage = Stage::new(options(proxies)).await;
        let scan = async |client| ask(&stage.router, Method::GET, "/u/forged", "", Some(client)).await;
        for _ in 0..2 {
            assert_eq!(scan("198.51.100.1").await, StatusCode::NOT_FOUND);
        }
        assert_eq!(scan("203.0.113.5, 198.51.100.1").await, StatusCode::TOO_MANY_REQUESTS, "nor by a lie");
        assert_eq!(scan("198.51.100.2").await, of_the_second, "trusted: '{proxies}'");
    }
}

#[tokio::test]
async fn a_sender_has_a_bound_of_its_own_and_is_told_when_to_come_again() {
    let mut options = Options::default();
    options.limits.senders = Pace { burst: 2, per_second: 1 };
    let (stage, _) = stage(options).await;
    let path = format!("/hooks/chimp/{SECRET}");
    let send = async |number| {
        let event = format!("type=unsubscribe&data[email]=member{number}%40contoso.example");
        ask(&stage.router, Method::POST, &path, &event, None).await
    };
    let answers = [send(0).await, send(1).await, send(2).await];
    assert_eq!(answers, [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
    stage.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(send(2).await, StatusCode::OK, "what was refused is taken when it is sent again");
}

#[tokio::test]
async fn nobody_has_a_body_read_without_naming_a_source() {
    let (stage, _) = stage(Options::default()).await;
    let unread = |path: &str| {
        // A body that never comes: whoever reads it waits for ever.
        let body = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        Request::post(path).body(body).expect("a request")
    };
    for path in ["/hooks/nobody", "/hooks/chimp", "/hooks/chimp/guessed"] {
        let answer = stage.router.clone().oneshot(unread(path)).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}
