//! Alerts through the functions: a worker's run finds an emptied group, and the next beat of the timer tells it.

use listsync_end_to_end::{Ask, Cloud, Receiver, TIMER_TIME, beat};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{scene::Links, telling::assert_nobody_is_named};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A stack whose timer tells a receiver, by a webhook and as Teams.
async fn telling() -> (Cloud, Receiver) {
    let mut cloud = Cloud::of(30).await;
    let receiver = Receiver::start().await;
    cloud.keep("/listsync/alert-webhook-secret", SECRET).await;
    cloud.keep("/listsync/alert-teams-url", &format!("{}/teams?sig=t0ken", receiver.url)).await;
    let set = [
        ("LISTSYNC_ALERTS_WEBHOOK", format!("{}/hook", receiver.url)),
        ("LISTSYNC_ALERTS_WEBHOOK_SECRET", "secretsmanager:/listsync/alert-webhook-secret".to_owned()),
        ("LISTSYNC_ALERTS_TEAMS", "secretsmanager:/listsync/alert-teams-url".to_owned()),
        ("LISTSYNC_ALERTS_ALLOW_PRIVATE", "yes".to_owned()),
        ("LISTSYNC_LOG", "info,listsync=debug".to_owned()),
    ];
    for (name, value) in set {
        cloud.world.set(name, value);
    }
    (cloud, receiver)
}

/// A key that may do all.
async fn admin(cloud: &Cloud) -> String {
    let key = cloud.world.json(&["keys", "create", "admin", "--scope", "admin"]).await;
    key["secret"].as_str().expect("a key").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_group_is_told_by_the_beat_after_the_run_once_by_each_channel() {
    let (cloud, receiver) = telling().await;
    let lists = Links::make(&cloud.world, 1).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;
    let group = lists.groups["List 0"];
    for member in cloud.world.members(group) {
        cloud.world.tenant().remove_member(group, member);
    }
    cloud.world.listsync(&["sync", "List 0"]).await.exits(4);
    assert_eq!(receiver.got().len(), 0);

    // Two timers at once, as a schedule may start them.
    let other = cloud.timer().await;
    let event = beat();
    let (one, two) = tokio::join!(timer.call(&event, TIMER_TIME), other.call(&event, TIMER_TIME));
    one.and(two).expect("both answer");
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let got = receiver.got();
    let hooks: Vec<_> = got.iter().filter(|one| one.target == "/hook").collect();
    assert_eq!((got.len(), hooks.len()), (2, 1), "{}", timer.output());
    Webhook::new(SECRET).expect("a secret").verify(&hooks[0].body, &hooks[0].headers).expect("it is signed");
    let told: Value = serde_json::from_slice(&hooks[0].body).expect("a document");
    assert_eq!(told["type"], "listsync.alert.held", "{told}");
    assert_eq!(told["data"]["alerts"][0]["list"]["name"], "List 0");

    let (api, key) = (cloud.api().await, admin(&cloud).await);
    let channels = Ask::get("/v1/alerts").key(&key).of(&api).await.is(200);
    assert!(channels.body.contains("webhook") && channels.body.contains("teams"), "{}", channels.body);
    assert_nobody_is_named(&cloud, &[&timer, &other, &worker, &api], &[SECRET, "t0ken"]);
    assert_eq!(cloud.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_whose_receiver_hangs_or_whose_settings_make_no_sense_sends_its_messages() {
    let (mut cloud, receiver) = telling().await;
    Links::make(&cloud.world, 2).await;
    let (api, key) = (cloud.api().await, admin(&cloud).await);
    let asked = Ask::post("/v1/alerts/test", "application/json", "").key(&key).of(&api).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    receiver.hangs();
    let timer = cloud.timer().await;
    let sent = timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    assert_eq!((&sent["sent"], receiver.got().len()), (&json!(2), 2), "each channel was tried");
    cloud.world.set("LISTSYNC_ALERTS_HEARTBEAT", "often");
    let timer = cloud.timer().await;
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let lines = timer.lines();
    let told = lines.iter().find(|line| line["level"] == "ERROR").expect("it is logged");
    assert!(
        told["message"].as_str().is_some_and(|text| text.contains("LISTSYNC_ALERTS_HEARTBEAT")),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timer_may_send_mail_by_ses_from_the_address_that_is_set_and_says_what_it_lacks() {
    let (mut cloud, _) = telling().await;
    for name in ["LISTSYNC_ALERTS_WEBHOOK", "LISTSYNC_ALERTS_WEBHOOK_SECRET", "LISTSYNC_ALERTS_TEAMS"] {
        cloud.world.unset(name);
    }
    cloud.world.set("LISTSYNC_ALERTS_MAIL", "ses");
    cloud.world.set("LISTSYNC_ALERTS_MAIL_FROM", "listsync@contoso.example");
    cloud.world.set("LISTSYNC_ALERTS_MAIL_TO", "ops@contoso.example");
    let refused = cloud.world.listsync(&["alerts", "test"]).await.exits(1);
    assert!(refused.stdout.contains("verify the sender in SES"), "{}", refused.stdout);
    cloud.may_send("listsync@contoso.example").await;
    let (api, key) = (cloud.api().await, admin(&cloud).await);
    let asked = Ask::post("/v1/alerts/test", "application/json", "").key(&key).of(&api).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let timer = cloud.timer().await;
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let letters = cloud.letters().await;
    assert_eq!(letters.len(), 1, "{letters:?} {}", timer.output());
    assert_eq!(letters[0]["source"], "listsync@contoso.example", "{letters:?}");
    assert_nobody_is_named(&cloud, &[&timer, &api], &["ops@contoso.example"]);
    assert_eq!(cloud.refused(), Vec::<String>::new());
}
