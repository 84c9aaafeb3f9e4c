//! `listsync subscribe` and `unsubscribe`: what a person says of themselves.

use listsync_core::trigger::Reason;
use listsync_engine::{Ports, ports::Decision};
use serde_json::json;

use super::asked::Asked;
use crate::{
    cli::Person,
    find,
    output::{Outcome, Reply},
};

pub(super) async fn run(ports: &Ports, person: &Person, decision: Decision) -> Outcome {
    let list = find::list(ports, &person.list).await?;
    let address = find::address(&person.email)?;
    ports.lists.decide(&list.id, &address, decision, ports.clock.now()).await?;
    let asked = Asked::after_change(ports, &list.id, Reason::Event).await?;
    let what = match decision {
        Decision::Subscribed => format!("{address} is on the list '{}' by their own decision.", list.name),
        Decision::OptedOut => format!(
            "{address} opted out of the list '{}': neither an import nor the group brings them back.",
            list.name
        ),
    };
    let document = json!({"list": list.id, "address": address, "decision": decision, "links": asked.links});
    Ok(Reply::done(document, what + &asked.text()))
}
