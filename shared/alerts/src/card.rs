//! A message as an Adaptive Card, of what version 1.2 has and Teams shows.
//!
//! All text stands in text runs: a text block would read Markdown in it, and the name of a list could be made a link.

use listsync_core::{
    alert::{Alert, Message},
    text::clipped,
};
use serde_json::{Value, json};

/// Teams takes 28 KB ("Format cards in Microsoft Teams"); the rest is for what stands around the alerts.
const MOST_BYTES: usize = 24_000;

pub(crate) fn card(message: &Message) -> Value {
    let Message { title, alerts, more, .. } = message;
    let mut body = vec![block(&[run(title, &[("weight", "Bolder"), ("size", "Medium")])])];
    let (mut bytes, mut shown) = (0, 0);
    for alert in alerts {
        let item = item(alert);
        bytes += item.to_string().len();
        if bytes > MOST_BYTES {
            break;
        }
        body.push(item);
        shown += 1;
    }
    let left_out = more + (alerts.len() - shown) as u64;
    if left_out > 0 {
        let others = format!("and {left_out} more: listsync status");
        body.push(block(&[run(&others, &[])]));
    }
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "fallbackText": title,
        "body": body,
    })
}

fn item(alert: &Alert) -> Value {
    let name = alert.list.as_ref().map_or_else(String::new, |list| format!("{}: ", list.name));
    let lines = [
        block(&[run(&name, &[("weight", "Bolder")]), run(&alert.text, &[])]),
        block(&[run(&alert.advice, &[("fontType", "Monospace"), ("size", "Small")])]),
    ];
    let shown = lines.into_iter().take(if alert.advice.is_empty() { 1 } else { 2 });
    json!({"type": "Container", "separator": true, "items": shown.collect::<Vec<_>>()})
}

fn block(runs: &[Value]) -> Value {
    json!({"type": "RichTextBlock", "inlines": runs})
}

fn run(text: &str, style: &[(&str, &str)]) -> Value {
    let mut run = json!({"type": "TextRun", "text": clipped(text)});
    for (name, value) in style {
        run[*name] = json!(value);
    }
    run
}

#[cfg(test)]
mod tests {
    use listsync_core::{
        Timestamp,
        alert::{AlertKind, AlertList},
        id::ListId,
    };

    use super::*;

    fn message(name: &str, count: usize) -> Message {
        let alert = |number: usize| {
            let list = AlertList { id: ListId::parse("news").expect("an id"), name: name.to_owned() };
            let text = "held 60 since 2026-12-01 09:00 UTC".to_owned();
            let alert =
                Alert::of_all(AlertKind::Held, text, "listsync links approve d1", Timestamp::UNIX_EPOCH);
            (number.to_string(), Alert { list: Some(list), count: 60, ..alert })
        };
        Message::of((0..count).map(alert).collect()).expect("a message")
    }

    /// What version 1.2 of the card's schema allows of these elements, and nothing else: an unknown property or value has a
    /// host refuse the card, or show its fallback.
    fn judge(element: &Value) {
        let object = element.as_object().expect("an object");
        let word = |name: &str, allowed: &[&str]| {
            if let Some(value) = object.get(name) {
                assert!(value.as_str().is_some_and(|value| allowed.contains(&value)), "{name}: {value}");
            }
        };
        let only = |names: &[&str]| {
            assert!(object.keys().all(|name| name == "type" || names.contains(&name.as_str())), "{element}");
        };
        match object["type"].as_str().expect("a type") {
            "AdaptiveCard" => {
                only(&["$schema", "version", "fallbackText", "body"]);
                assert_eq!(object["version"], "1.2");
                assert!(object["fallbackText"].is_string());
                object["body"].as_array().expect("elements").iter().for_each(judge);
            }
            "Container" => {
                only(&["separator", "items"]);
                assert!(object["separator"].is_boolean());
                object["items"].as_array().expect("elements").iter().for_each(judge);
            }
            "RichTextBlock" => {
                only(&["inlines"]);
                object["inlines"].as_array().expect("runs").iter().for_each(judge);
            }
            "TextRun" => {
                only(&["text", "weight", "size", "fontType"]);
                assert!(object["text"].is_string());
                word("weight", &["Lighter", "Default", "Bolder"]);
                word("size", &["Small", "Default", "Medium", "Large", "ExtraLarge"]);
                word("fontType", &["Default", "Monospace"]);
            }
            other => panic!("{other} is no element that is used"),
        }
    }

    #[test]
    fn a_card_has_what_the_schema_allows_and_says_all() {
        let card = card(&message("News", 2));
        judge(&card);
        let text = card.to_string();
        for word in ["Changes of 2 links wait", "News: ", "held 60 since", "listsync links approve d1"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains("more"), "{text}");
    }

    #[test]
    fn a_card_of_very_many_or_very_long_names_is_taken_by_teams_and_counts_what_it_leaves_out() {
        for name in ["News".to_owned(), "\u{1f4ef}".repeat(5_000), "\\\"".repeat(5_000)] {
            let card = card(&message(&name, 10_000));
            judge(&card);
            let text = card.to_string();
            assert!(text.len() < 28_000, "{}", text.len());
            let shown = card["body"].as_array().expect("elements").len() - 2;
            assert!((1..=20).contains(&shown));
            assert!(text.contains(&format!("and {} more", 10_000 - shown)), "{shown}");
        }
    }

    #[test]
    fn the_name_of_a_list_cannot_be_made_a_link() {
        let card = card(&message("[click](https://evil.example)", 1));
        judge(&card);
        assert!(card.to_string().contains("[click](https://evil.example): "));
    }
}
