//! The calls that Graph itself makes: the trial call to a new subscription's addresses, and the posts of notices.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http::header;
use uuid::Uuid;

use crate::errors::{Refusal, Stamp};
use crate::serve::Outcome;
use crate::server::Shared;
use crate::state::date_time;
use crate::state::subscriptions::{Letter, Post};

/// How long an address has to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the outbox is looked into.
const ROUND: Duration = Duration::from_millis(20);

/// Makes the trial calls of a new subscription; one that an address fails never was.
pub(crate) async fn try_out(shared: &Arc<Shared>, id: Uuid, outcome: &mut Outcome) {
    let urls = {
        let mut world = shared.world();
        let Some(subscription) = world.subscriptions.get_mut(id) else { return };
        let mut urls = vec![subscription.notification_url.clone()];
        urls.extend(subscription.lifecycle_url.clone());
        urls.dedup();
        urls
    };
    let mut failure = None;
    for url in urls {
        failure = failure.or(trial(&url).await.err());
    }
    let mut world = shared.world();
    match failure {
        None => {
            if let Some(subscription) = world.subscriptions.get_mut(id) {
                subscription.is_validated = true;
            }
            drop(world);
            shared.start_postman();
        }
        Some(why) => {
            world.subscriptions.remove(id);
            world.journal.revise("POST", "/subscriptions", 400);
            let now = date_time(world.now());
            outcome.answer = failed(&why, now.trim_end_matches('Z'));
        }
    }
}

fn failed(why: &str, date: &str) -> crate::exchange::Answer {
    let id = Uuid::new_v4().to_string();
    let stamp = Stamp { request_id: id.clone(), client_request_id: id, date: date.to_owned() };
    let message = format!(
        "Subscription validation request failed. {why} Notification endpoint must respond with 200 OK to validation request."
    );
    Refusal::named(400, "ValidationError", message).into_answer(&stamp)
}

/// "Notification endpoint validation": the token comes encoded in the query, and goes back decoded once, as plain text.
async fn trial(url: &str) -> Result<(), String> {
    let token = format!(
        "Validation: Testing client application reachability. Request-Id: {}+%2B%20<&>\"'",
        Uuid::new_v4()
    );
    let mut url = url::Url::parse(url).map_err(|_| "The address is malformed.".to_owned())?;
    url.query_pairs_mut().append_pair("validationToken", &token);
    let request = client()?.post(url).header(header::CONTENT_TYPE, "text/plain; charset=utf-8");
    let answer =
        request.send().await.map_err(|_| "The request timed out or the connection failed.".to_owned())?;
    if answer.status() != 200 {
        return Err(format!("The answer had the status {}.", answer.status().as_u16()));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/plain")) {
        return Err("The answer was no plain text.".to_owned());
    }
    match answer.text().await {
        Ok(body) if body == token => Ok(()),
        _ => Err("The answer was not the token.".to_owned()),
    }
}

fn client() -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().map_err(|error| error.to_string())
}

/// Sends what is due until the emulator is gone.
pub(crate) async fn rounds(shared: Weak<Shared>) {
    let Ok(client) = client() else { return };
    loop {
        tokio::time::sleep(ROUND).await;
        let Some(alive) = shared.upgrade() else { return };
        let posts = {
            let mut world = alive.world();
            world.collect_notices();
            let now = world.now();
            world.subscriptions.due(now)
        };
        for (url, letters) in posts {
            tokio::spawn(post(Arc::clone(&alive), client.clone(), (url, letters)));
        }
    }
}

async fn post(shared: Arc<Shared>, client: reqwest::Client, (url, letters): (String, Vec<Letter>)) {
    let notices: Vec<_> = letters.iter().map(|letter| letter.notice.clone()).collect();
    let answer = client.post(&url).json(&serde_json::json!({"value": notices})).send().await;
    let status = answer.ok().map(|answer| answer.status().as_u16());
    let mut world = shared.world();
    world.subscriptions.posted(Post { url, notices, status });
    if !status.is_some_and(|status| (200..300).contains(&status)) {
        let now = world.now();
        world.subscriptions.send_again(letters, now);
    }
}
