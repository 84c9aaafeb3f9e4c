//! `listsync alerts`: the ways by which people are told of trouble.

use std::{collections::BTreeMap, sync::Arc};

use listsync_engine::{
    alerts::{self, Alerting, ChannelState, Trouble},
    ports::{AlertChannel, PortError, PortResult},
};
use listsync_http::documents::alert::ChannelDocument;
use listsync_wiring::Wired;
use serde_json::{Value, json};

use super::doctor::{Check, State};
use crate::{
    cli::AlertsVerb,
    output::{self, Outcome, Refusal, Reply},
    view,
};

const NAME: &str = "alerts";
const NONE: &str = "No channel is set here: set LISTSYNC_ALERTS_MAIL, LISTSYNC_ALERTS_TEAMS or LISTSYNC_ALERTS_WEBHOOK, as docs/alerts.md says.";

pub(super) async fn run(wired: &Wired, verb: &AlertsVerb) -> Outcome {
    match verb {
        AlertsVerb::Ls => ls(wired).await,
        AlertsVerb::Test => test(wired).await,
    }
}

async fn ls(wired: &Wired) -> Outcome {
    let Alerting { channels, .. } = wired.alerting()?;
    let mut known: BTreeMap<String, ChannelState> =
        alerts::channels(&wired.service).await?.into_iter().collect();
    for channel in &channels {
        known.entry(channel.name().to_owned()).or_default();
    }
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for (name, state) in known {
        let is_set = channels.iter().any(|channel| channel.name() == name);
        rows.push([
            name.clone(),
            if is_set { "yes" } else { "no" }.to_owned(),
            state.sent_at.map_or_else(|| "never".to_owned(), view::moment),
            state.trouble.as_ref().map_or_else(|| "works".to_owned(), |trouble| trouble.message.clone()),
        ]);
        let mut document = json!(ChannelDocument::of(name, state));
        document["set_here"] = json!(is_set);
        documents.push(document);
    }
    let text = match rows.is_empty() {
        true => NONE.to_owned(),
        false => output::table(["CHANNEL", "SET HERE", "LAST SENT", "STATE"], &rows),
    };
    Ok(Reply::done(json!(documents), text))
}

async fn test(wired: &Wired) -> Outcome {
    let Alerting { channels, .. } = wired.alerting()?;
    if channels.is_empty() {
        alerts::ask_for_test(&wired.service).await?;
        let text =
            format!("{NONE}\nThe timer sends a test at its next beat, by the channels that are set there.");
        return Ok(Reply::done(json!({"asked": true, "channels": []}), text));
    }
    let sent = alerts::test(&wired.service, &channels).await?;
    Ok(reply(&channels, sent))
}

fn reply(channels: &[Arc<dyn AlertChannel>], sent: Vec<PortResult<()>>) -> Reply {
    let (mut text, mut documents, mut failed) = (String::new(), Vec::new(), 0);
    for (channel, outcome) in channels.iter().zip(sent) {
        let name = channel.name();
        match outcome {
            Ok(()) => {
                text += &format!("{} {name}: sent\n", output::green("ok  "));
                documents.push(json!({"name": name, "error": null}));
            }
            Err(error) => {
                failed += 1;
                let PortError { message, hint, .. } = &error;
                text += &format!("{} {name}: {message}\n      {hint}\n", output::red("FAIL"));
                let mut refused: Value = Refusal::from(error).document();
                documents.push(json!({"name": name, "error": refused["error"].take()}));
            }
        }
    }
    let exit = match failed {
        0 => 0,
        all if all == channels.len() => 1,
        _ => 3,
    };
    Reply::done(json!({"asked": false, "channels": documents}), text).exiting(exit)
}

/// Whether people are told of trouble, for `listsync doctor`.
pub(super) async fn check(wired: &Wired) -> Check {
    let alerting = match wired.alerting() {
        Ok(alerting) => alerting,
        Err(error) => return Check::failed(NAME, error),
    };
    match alerts::channels(&wired.service).await {
        Ok(known) => told(&alerting, &known),
        Err(error) => Check::failed(NAME, error),
    }
}

fn told(Alerting { channels, .. }: &Alerting, known: &[(String, ChannelState)]) -> Check {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    // Where the timer is a function, only what it left behind says that it has channels.
    let troubled = known.iter().filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()));
    let troubled = troubled.filter_map(|(name, state)| Some((name, state.trouble.as_ref()?)));
    if let Some((name, Trouble { message, hint, since, .. })) =
        troubled.min_by_key(|(_, trouble)| trouble.since)
    {
        let message = format!("{name} fails since {}: {message}", view::moment(*since));
        return Check::new(NAME, State::Warn, message, hint.as_str());
    }
    let sent = known.iter().filter_map(|(name, state)| Some((name, state.sent_at?)));
    match (sent.max_by_key(|(_, at)| *at), names.as_slice()) {
        (Some((name, at)), _) => Check::ok(NAME, format!("sent by {name} at {} last", view::moment(at))),
        (None, []) => Check::ok(
            NAME,
            "off: no channel is set here, so trouble is seen by whoever looks (listsync status)",
        ),
        (None, names) => Check::ok(
            NAME,
            format!("set to {}, which sent nothing yet; try it: listsync alerts test", names.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use listsync_core::Timestamp;

    use super::*;

    #[test]
    fn only_a_channel_whose_last_message_failed_is_a_warning() {
        let alerting = Alerting { channels: Vec::new(), heartbeat: None };
        let state = |trouble: Option<Trouble>| {
            vec![("teams".to_owned(), ChannelState { sent_at: Some(Timestamp::UNIX_EPOCH), trouble })]
        };
        assert_eq!(told(&alerting, &[]).state, State::Ok);
        assert_eq!(told(&alerting, &state(None)).state, State::Ok);
        let (code, message) = ("receiver_refused".to_owned(), "the receiver answered 404".to_owned());
        let (since, next_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let trouble = Trouble { code, message, hint: "see".to_owned(), since, tries: 3, next_at };
        let check = told(&alerting, &state(Some(trouble)));
        assert_eq!(check.state, State::Warn);
        assert!(check.message.contains("404"), "{}", check.message);
    }
}
