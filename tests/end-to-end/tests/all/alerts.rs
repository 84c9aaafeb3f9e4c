//! Alerts from the shipped binary to real receivers: once for each cause, signed, within one beat of the timer.

use std::time::{Duration, Instant};

use listsync_end_to_end::{Arrived, MailServer, Receiver, Served, World};
use listsync_graph_emulator::ObjectId;
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// A beat of `serve`.
const BEAT: Duration = Duration::from_secs(10);
/// Longer than any machine takes between two lines of a test.
const SLACK: Duration = Duration::from_secs(60);

/// A list and a group of twenty that are in step, and the receiver of its alerts.
async fn in_step() -> (World, ObjectId, Receiver) {
    let mut world = World::of(40).await;
    let receiver = Receiver::start().await;
    world.set("LISTSYNC_ALERTS_WEBHOOK", format!("{}/hook", receiver.url));
    world.write("secret", SECRET);
    world.set("LISTSYNC_ALERTS_WEBHOOK_SECRET", format!("file:{}", world.path("secret").display()));
    world.set("LISTSYNC_ALERTS_TEAMS", format!("{}/teams?sig=t0ken", receiver.url));
    world.set("LISTSYNC_ALERTS_ALLOW_PRIVATE", "yes");
    let group = world.linked("News", &(0..20).collect::<Vec<_>>()).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    (world, group, receiver)
}

fn empty(world: &World, group: ObjectId) {
    for person in 0..20 {
        world.tenant().remove_member(group, world.id(person));
    }
}

/// What a signed webhook says, once another library has verified it.
fn verified(Arrived { headers, body, .. }: &Arrived) -> Value {
    Webhook::new(SECRET).expect("a secret").verify(body, headers).expect("it is signed");
    serde_json::from_slice(body).expect("a document")
}

fn by_path<'a>(all: &'a [Arrived], path: &str) -> Vec<&'a Arrived> {
    all.iter().filter(|one| one.target.starts_with(path)).collect()
}

/// Nobody's address or name, and no secret.
fn assert_nobody_is_named(world: &World, text: &str) {
    for (person, _) in &world.sample.people {
        assert!(!text.contains(&person.address) && !text.contains(&person.name()), "{text}");
    }
    for secret in [SECRET, "t0ken", world.setting("AZURE_CLIENT_SECRET").expect("an app has one")] {
        assert!(!text.contains(secret), "a secret is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_group_is_told_by_a_real_receiver_within_a_beat_of_serve_and_so_is_its_end() {
    let (mut world, group, receiver) = in_step().await;
    let served = Served::start(&mut world, "http://127.0.0.1:9").await;
    empty(&world, group);
    let links: Value =
        served.call(Method::GET, "/v1/links").send().await.expect("an answer").json().await.expect("links");
    let link = links["items"][0]["id"].as_str().expect("an id").to_owned();
    let summary = served.post(&format!("/v1/links/{link}/sync?wait=60"), &json!({})).await;
    assert_eq!(summary["outcome"], "held", "{summary}");
    let held = Instant::now();
    let got = receiver.until(2, BEAT + SLACK).await;
    assert!(
        got.iter().all(|one| one.at.saturating_duration_since(held) < BEAT + Duration::from_secs(5)),
        "within one beat"
    );
    let (hooks, cards) = (by_path(&got, "/hook"), by_path(&got, "/teams?sig=t0ken"));
    assert_eq!((hooks.len(), cards.len()), (1, 1));
    let told = verified(hooks[0]);
    assert_eq!(told["type"], "listsync.alert.held");
    let alert = &told["data"]["alerts"][0];
    assert_eq!((&alert["list"]["name"], &alert["count"]), (&json!("News"), &json!(20)), "{told}");
    let card: Value = serde_json::from_slice(&cards[0].body).expect("a document");
    assert_eq!(card["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    for body in [&hooks[0].body, &cards[0].body] {
        let text = String::from_utf8_lossy(body);
        assert!(text.contains("listsync links approve"), "{text}");
        assert_nobody_is_named(&world, &text);
    }

    // By one command they are let go, and the end is told too; nothing is told twice meanwhile.
    world.listsync(&["links", "discard", "News"]).await.exits(0);
    served.post(&format!("/v1/links/{link}/sync?wait=60"), &json!({})).await;
    let got = receiver.until(4, BEAT + SLACK).await;
    let hooks = by_path(&got, "/hook");
    assert_eq!(verified(hooks[1])["type"], "listsync.alert.recovered");
    assert_eq!(got.len(), 4);
    let channels: Value = served
        .call(Method::GET, "/v1/alerts")
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("channels");
    assert!(
        channels.as_array().expect("an array").iter().all(|channel| channel["trouble"].is_null()),
        "{channels}"
    );
    let asked = served.call(Method::POST, "/v1/alerts/test").send().await.expect("an answer");
    assert_eq!(asked.status().as_u16(), 202);
    let got = receiver.until(6, BEAT + SLACK).await;
    assert_eq!(verified(by_path(&got, "/hook")[2])["type"], "listsync.alert.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_between_a_held_run_and_its_notice_leaves_it_to_the_next_beat_which_tells_once()
 {
    let (mut world, group, receiver) = in_step().await;
    let served = Served::start(&mut world, "http://127.0.0.1:9").await;
    empty(&world, group);
    let links = served.call(Method::GET, "/v1/links").send().await.expect("an answer");
    let links: Value = links.json().await.expect("links");
    let link = links["items"][0]["id"].as_str().expect("an id");
    let summary = served.post(&format!("/v1/links/{link}/sync?wait=60"), &json!({})).await;
    // Its summary is kept, and runs tell nobody: the beat that would is still to come.
    served.end().await;
    assert_eq!((&summary["outcome"], receiver.got().len()), (&json!("held"), 0), "killed in between");
    let kept = world.json(&["runs", "ls", "News"]).await;
    assert_eq!(kept[0]["run"], summary["run"], "{kept}");

    let again = Served::start(&mut world, "http://127.0.0.1:9").await;
    let got = receiver.until(2, BEAT + SLACK).await;
    let alert = verified(by_path(&got, "/hook")[0]);
    assert_eq!(alert["type"], "listsync.alert.held");
    assert_eq!(alert["data"]["alerts"][0]["count"], json!(20), "{alert}");
    again.end().await;
    for _ in 0..2 {
        world.listsync(&["tick"]).await.exits(0);
    }
    let got = receiver.got();
    assert_eq!((by_path(&got, "/hook").len(), by_path(&got, "/teams").len()), (1, 1), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_after_the_run_tells_and_a_receiver_that_fails_changes_no_exit_code_and_is_named_by_doctor() {
    let (world, group, receiver) = in_step().await;
    empty(&world, group);
    world.listsync(&["sync", "News"]).await.exits(4);
    assert_eq!(receiver.got().len(), 0, "a run tells nobody");
    for status in [500, 302] {
        receiver.answers(status);
        let before = receiver.got().len();
        world.listsync(&["tick"]).await.exits(0);
        let tried = receiver.got().len() - before;
        assert_eq!(
            tried,
            if before == 0 { 2 } else { 0 },
            "it rests for a minute, and no redirect is followed"
        );
    }
    let doctor = world.listsync(&["doctor"]).await;
    assert!(
        doctor.stdout.contains("warn  alerts: ") && doctor.stdout.contains("answered 500"),
        "{}",
        doctor.stdout
    );
    let shown = world.json(&["alerts", "ls"]).await;
    assert_eq!(
        (&shown[0]["set_here"], &shown[0]["trouble"]["code"]),
        (&json!(true), &json!("receiver_failed"))
    );
    for said in [&doctor.stdout, &doctor.stderr, &shown.to_string()] {
        assert!(!said.contains("t0ken") && !said.contains(SECRET), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_tick_at_once_tell_once() {
    let (world, group, receiver) = in_step().await;
    empty(&world, group);
    world.listsync(&["sync", "News"]).await.exits(4);
    for _ in 0..2 {
        let ticks = futures::future::join_all((0..4).map(|_| world.listsync(&["tick"]))).await;
        ticks.into_iter().for_each(|tick| drop(tick.exits(0)));
    }
    let got = receiver.got();
    assert_eq!((by_path(&got, "/hook").len(), by_path(&got, "/teams").len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_sent_at_once_and_each_channel_that_fails_is_told_with_what_to_do() {
    let (mut world, _, receiver) = in_step().await;
    world.listsync(&["alerts", "test"]).await.exits(0);
    let got = receiver.until(2, SLACK).await;
    assert_eq!(verified(by_path(&got, "/hook")[0])["type"], "listsync.alert.test");
    let sent = world.json(&["alerts", "ls"]).await;
    assert!(sent[0]["sent_at"].is_string() && sent[0]["trouble"].is_null(), "{sent}");
    receiver.answers(404);
    let refused = world.listsync(&["alerts", "test"]).await.exits(1);
    assert!(refused.stdout.contains("the receiver answered 404"), "{}", refused.stdout);
    assert_eq!(world.json(&["alerts", "ls"]).await[0]["trouble"]["code"], "receiver_refused");
    receiver.hangs();
    let slow = world.listsync(&["alerts", "test"]).await.exits(1);
    assert!(slow.stdout.contains("did not answer in time"), "{}", slow.stdout);
    world.unset("LISTSYNC_ALERTS_ALLOW_PRIVATE");
    let before = receiver.got().len();
    let private = world.listsync(&["alerts", "test"]).await.exits(1);
    assert!(private.stdout.contains("no https URL"), "{}", private.stdout);
    assert_eq!(receiver.got().len(), before);
    world.set("LISTSYNC_ALERTS_HEARTBEAT", "often");
    world.listsync(&["alerts", "test"]).await.exits(1);
    let tick = world.listsync(&["tick"]).await.exits(0);
    assert!(tick.stderr.contains("LISTSYNC_ALERTS_HEARTBEAT"), "{}", tick.stderr);
}

/// A world of the same kind whose alerts go by mail, by this service.
async fn by_mail(options: &[&str], scheme: &str) -> (World, ObjectId, MailServer) {
    let (mut world, group, _) = in_step().await;
    for variable in ["LISTSYNC_ALERTS_WEBHOOK", "LISTSYNC_ALERTS_WEBHOOK_SECRET", "LISTSYNC_ALERTS_TEAMS"] {
        world.unset(variable);
    }
    let server = MailServer::start(&world.path(""), options);
    let trusted =
        ["ca.pem", "smtp-ca.pem"].map(|name| std::fs::read(world.path(name)).expect("a certificate"));
    world.write("both.pem", trusted.concat());
    world.set("SSL_CERT_FILE", world.path("both.pem").display().to_string());
    world.write("server", format!("{scheme}127.0.0.1:{}\n", server.port));
    world.set("LISTSYNC_ALERTS_MAIL", format!("file:{}", world.path("server").display()));
    world.set("LISTSYNC_ALERTS_MAIL_FROM", "listsync@contoso.example");
    world.set("LISTSYNC_ALERTS_MAIL_TO", "ops@contoso.example, it@contoso.example");
    (world, group, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_told_by_mail_once_to_each_receiver_under_tls() {
    for (options, scheme) in [
        (&[][..], "smtp://listsync:s3cret@"),
        (&["wraps"], "smtps://listsync:s3cret@"),
        (&["plain"], "smtp://"),
    ] {
        let (world, group, server) = by_mail(options, scheme).await;
        empty(&world, group);
        world.listsync(&["sync", "News"]).await.exits(4);
        for _ in 0..2 {
            world.listsync(&["tick"]).await.exits(0);
        }
        let letter = server.letter(SLACK);
        assert!(!server.has_more(), "a hold is told once");
        assert_eq!(letter["to"], json!(["ops@contoso.example", "it@contoso.example"]), "{letter}");
        let has_tls = options != ["plain"];
        let is = |what: &str| letter[what].as_bool().unwrap_or_default();
        assert_eq!((is("tls"), is("signed_in")), (has_tls, has_tls), "{letter}");
        let headers = &letter["headers"];
        assert_eq!(headers["subject"], "listsync: 'News': 20 changes wait for a decision");
        assert_eq!(headers["auto-submitted"], "auto-generated");
        let id = headers["message-id"].as_str().expect("an id");
        assert!(id.starts_with("<alert_") && id.ends_with("@contoso.example>"), "{id}");
        let text = letter["text"].as_str().expect("a text");
        assert!(
            text.starts_with("News: held 20 since ") && text.contains("listsync links approve"),
            "{text}"
        );
        assert_nobody_is_named(&world, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_refused_says_what_to_do_and_no_password_is_told_or_said_without_tls() {
    for (options, scheme, says) in [
        (&["refuses"][..], "smtp://listsync:s3cret@", "the mail server answered 550"),
        (&[], "smtp://listsync:wr0ng@", "the mail server answered 535"),
        (&["plain"], "smtp://listsync:s3cret@", "does not offer what is needed"),
        (&["wraps"], "smtp://listsync:s3cret@", "the mail server"),
    ] {
        let (mut world, _, server) = by_mail(options, scheme).await;
        let refused = world.listsync(&["alerts", "test"]).await.exits(1);
        assert!(refused.stdout.contains(says), "{options:?} {}", refused.stdout);
        for said in [&refused.stdout, &refused.stderr] {
            assert!(
                !said.contains("s3cret") && !said.contains("wr0ng") && !said.contains("contoso.example"),
                "{said}"
            );
        }
        assert!(!server.has_more());
        world.unset("LISTSYNC_ALERTS_ALLOW_PRIVATE");
        let private = world.listsync(&["alerts", "test"]).await.exits(1);
        assert!(private.stdout.contains("not on the public Internet"), "{}", private.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_sends_the_mail_where_graph_may_and_says_what_it_lacks_where_it_may_not() {
    let (mut world, group, _) = by_mail(&["plain"], "smtp://").await;
    let from = world.sample.people[0].0.address.clone();
    world.set("LISTSYNC_ALERTS_MAIL", "graph");
    world.set("LISTSYNC_ALERTS_MAIL_FROM", &from);
    let refused = world.listsync(&["alerts", "test"]).await.exits(1);
    assert!(refused.stdout.contains("Mail.Send"), "{}", refused.stdout);
    assert!(!refused.stdout.contains(&from), "{}", refused.stdout);
    world.tenant().update_app(|app| app.roles.extend(["Mail.Send".to_owned()]));
    let doctor = world.listsync(&["doctor"]).await;
    assert!(doctor.stdout.contains("Mail.Send"), "{}", doctor.stdout);
    empty(&world, group);
    world.listsync(&["sync", "News"]).await.exits(4);
    world.listsync(&["tick"]).await.exits(0);
    let letters = world.tenant().letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].from, letters[0].to.len()), (&from, 2));
    assert_eq!(letters[0].subject, "listsync: 'News': 20 changes wait for a decision");
    assert!(letters[0].text.contains("listsync links approve"), "{}", letters[0].text);
    assert_nobody_is_named(&world, &letters[0].text);
}
