//! The services that have a shape of their own, from request to list.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use listsync_core::{
    Timestamp,
    contact::{OptOutReason, UndeliverableReason},
    list::Standing,
};
use listsync_engine::ports::{EventSource, Keys as _, Secret, SourceKind};
use listsync_inbound::{
    admission::Everybody,
    hooks::{self, Visit, VisitError},
};
use serde_json::{Value, json};
use url::Url;

use crate::kit::{Answer, Kit, NOW, ask};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:mail-events";
const CERTIFICATE: &[u8] = include_bytes!("../samples/sns_certificate.pem");
const BOUNCE: &str = include_str!("../samples/sns_bounce_v1.json");
const COMPLAINT: &str = include_str!("../samples/sns_complaint_v2.json");
const CONFIRMATION: &str = include_str!("../samples/sns_confirmation_v1.json");
const BATCH: &str = include_str!("../samples/sendgrid.json");
const SENDGRID: &str = include_str!("../samples/sendgrid_headers.json");
const URL_SECRET: &str = "0123456789abcdefghijklmn";

/// SNS as it answers visits, and what was visited.
#[derive(Default)]
struct Sns {
    visited: Mutex<Vec<String>>,
    away: Mutex<u32>,
}

#[async_trait]
impl Visit for Sns {
    async fn visit(&self, url: &Url) -> Result<Vec<u8>, VisitError> {
        let mut away = self.away.lock().unwrap();
        if *away > 0 {
            *away -= 1;
            return Err(VisitError::Unreachable);
        }
        self.visited.lock().unwrap().push(url.to_string());
        Ok(CERTIFICATE.to_vec())
    }
}

struct Sender {
    kit: Kit,
    sns: Arc<Sns>,
    router: Router,
}

impl Sender {
    async fn of(kind: SourceKind, secret: &str) -> Self {
        let kit = Kit::new().await;
        for name in ["anna", "bert", "cora", "dora"] {
            kit.member(name).await;
        }
        let source = EventSource {
            id: "mail".to_owned(),
            name: "Mail".to_owned(),
            kind,
            list: Some(kit.news.clone()),
            secrets: vec![Secret(secret.into())],
            delay_seconds: 0,
            made: Timestamp::from_second(NOW).unwrap(),
        };
        kit.store.add_source(&source).await.unwrap();
        let sns = Arc::new(Sns::default());
        Self { router: hooks::router_with(kit.service.clone(), Arc::new(Everybody), sns.clone()), kit, sns }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = Request::post(format!("/hooks/{path}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        ask(&self.router, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    fn visited(&self) -> usize {
        self.sns.visited.lock().unwrap().len()
    }
}

fn outcomes(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str::<Value>(&answer.body).unwrap()["outcomes"].take()
}

#[tokio::test]
async fn mailchimp_is_heard_at_the_address_with_the_secret() {
    let sender = Sender::of(SourceKind::Mailchimp, URL_SECRET).await;
    let get = |path: String| Request::get(path).body(Body::empty()).unwrap();
    let tried = ask(&sender.router, get(format!("/hooks/mail/{URL_SECRET}"))).await;
    assert_eq!(tried.status, StatusCode::OK);
    let wrong = ask(&sender.router, get("/hooks/mail/0123456789abcdefghijklmo".to_owned())).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);

    let form = "type=unsubscribe&fired_at=2027-01-15+09:29:58&data[action]=unsub&data[reason]=manual\
                &data[email]=anna@contoso.example&data[list_id]=a6b5";
    assert_eq!(sender.post("mail", &[], form).await, wrong);
    assert_eq!(sender.post("mail/other", &[], form).await, wrong);
    assert_eq!(sender.kit.standing("anna").await, Some(Standing::Member));
    let path = format!("mail/{URL_SECRET}");
    assert_eq!(outcomes(&sender.post(&path, &[], form).await), json!({"applied": 1}));
    assert_eq!(outcomes(&sender.post(&path, &[], form).await), json!({"repeated": 1}));
    assert_eq!(sender.kit.standing("anna").await, Some(Standing::OptedOut));
    assert_eq!(sender.kit.contact("anna").await.unwrap().opted_out, None, "of its list only");
    assert_eq!(sender.post(&path, &[], "type=cleaned").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_signed_batch_of_sendgrid_is_applied_event_by_event() {
    let headers: Value = serde_json::from_str(SENDGRID).unwrap();
    let text = |name: &str| headers[name].as_str().unwrap();
    let sender = Sender::of(SourceKind::Sendgrid, text("public_key")).await;
    let signed = [
        ("X-Twilio-Email-Event-Webhook-Signature", text("signature")),
        ("X-Twilio-Email-Event-Webhook-Timestamp", text("timestamp")),
    ];
    let expected = json!({"applied": 3, "transient": 1, "ignored": 1, "unreadable": 1});
    assert_eq!(outcomes(&sender.post("mail", &signed, BATCH).await), expected);
    let again = json!({"repeated": 3, "transient": 1, "ignored": 1, "unreadable": 1});
    assert_eq!(outcomes(&sender.post("mail", &signed, BATCH).await), again);
    assert_eq!(sender.kit.standing("cora").await, Some(Standing::OptedOut));
    let bounced = sender.kit.contact("anna").await.unwrap().undeliverable.unwrap();
    assert_eq!(bounced.reason, UndeliverableReason::HardBounce);
    assert_eq!(sender.kit.contact("bert").await.unwrap().undeliverable, None);
    let no = sender.kit.contact("dora").await.unwrap().opted_out.unwrap();
    assert_eq!(no.reason, OptOutReason::Complaint);
    let unsigned = sender.post("mail", &signed[1..], BATCH).await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sender.post("mail", &signed, "[]").await, unsigned);
}

#[tokio::test]
async fn notifications_of_ses_come_through_a_topic() {
    let sender = Sender::of(SourceKind::Ses, TOPIC).await;
    assert_eq!(outcomes(&sender.post("mail", &[], BOUNCE).await), json!({"applied": 2}));
    assert_eq!(outcomes(&sender.post("mail", &[], BOUNCE).await), json!({"repeated": 2}));
    assert_eq!(outcomes(&sender.post("mail", &[], COMPLAINT).await), json!({"applied": 1}));
    for name in ["anna", "bert"] {
        assert!(sender.kit.contact(name).await.unwrap().undeliverable.is_some(), "{name}");
    }
    let no = sender.kit.contact("anna").await.unwrap().opted_out.unwrap();
    assert_eq!(no.reason, OptOutReason::Complaint);
    assert_eq!(sender.visited(), 1, "the certificate is kept");
    let wrong = sender.post("mail", &[], &BOUNCE.replace("Permanent", "Transient")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sender.post("mail", &[], "{}").await, wrong);
    let raw = json!({"notificationType": "Bounce"}).to_string();
    assert_eq!(sender.post("mail", &[], &raw).await, wrong, "raw delivery is not signed");
}

#[tokio::test]
async fn a_subscription_is_confirmed_once_it_is_verified() {
    let sender = Sender::of(SourceKind::Ses, TOPIC).await;
    let forged = CONFIRMATION.replace("Token=2336412f37", "Token=2336412f38");
    assert_eq!(sender.post("mail", &[], &forged).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sender.visited(), 1, "the certificate only");
    *sender.sns.away.lock().unwrap() = 1;
    let answer = sender.post("mail", &[], CONFIRMATION).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "SNS is to ask again");
    assert_eq!(outcomes(&sender.post("mail", &[], CONFIRMATION).await), json!({}));
    let visited = sender.sns.visited.lock().unwrap().clone();
    assert!(visited[1].starts_with("https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"));
}

#[tokio::test]
async fn another_topic_makes_us_visit_nobody() {
    let sender = Sender::of(SourceKind::Ses, "arn:aws:sns:eu-central-1:123456789012:other").await;
    for body in [BOUNCE, CONFIRMATION] {
        assert_eq!(sender.post("mail", &[], body).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(sender.visited(), 0);
}
