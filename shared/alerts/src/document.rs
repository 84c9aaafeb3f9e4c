//! A message as the document of a webhook: `type`, `timestamp` and `data`, as the Standard Webhooks specification
//! recommends ("Payload structure").

use listsync_core::alert::{Alert, Message};
use serde_json::{Value, json};

pub(crate) fn document(message: &Message) -> Value {
    let Message { id: _, kind, title, alerts, more, at } = message;
    json!({
        "type": format!("listsync.alert.{}", kind.word()),
        "timestamp": at,
        "data": {
            "kind": kind.word(),
            "title": title,
            "alerts": alerts.iter().map(alert).collect::<Vec<_>>(),
            "more": more,
        },
    })
}

fn alert(alert: &Alert) -> Value {
    let Alert { kind: _, code, list, link, text, advice, count, at } = alert;
    json!({
        "list": list.as_ref().map(|list| json!({"id": list.id, "name": list.name})),
        "link": link,
        "code": code,
        "text": text,
        "advice": advice,
        "count": count,
        "at": at,
    })
}
