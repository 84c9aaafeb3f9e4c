//! `listsync subscribe` and `unsubscribe`: what a person says of themselves.

use std::time::Duration;

use listsync_core::contact::{Decision, OptOutReason, Saying, Scope, Via};
use listsync_engine::{
    people::{self, Stored},
    service::Service,
};
use serde_json::json;

use super::asked::Asked;
use crate::{
    cli::Person,
    find,
    output::{Outcome, Reply},
};

pub(super) async fn run(service: &Service, person: &Person, decision: Decision) -> Outcome {
    let list = find::list(&service.ports, &person.list).await?;
    let address = find::address(&person.email)?;
    let saying = Saying {
        address: address.clone(),
        decision,
        scope: Scope::List(list.id.clone()),
        reason: OptOutReason::Own,
        via: Via::Operator,
        at: service.ports.clock.now(),
    };
    let was_member = people::is_member(service, &list.id, &address).await?;
    let Stored { links, .. } = people::say(service, &saying, Duration::ZERO).await?;
    let asked = Asked { links };
    let what = match decision {
        Decision::Subscribed => format!("{address} is on the list '{}' by their own decision.", list.name),
        Decision::OptedOut if !was_member => format!(
            "Nobody of the address {address} was on the list '{}': is it spelt right? The opt-out is kept all the same.",
            list.name
        ),
        Decision::OptedOut => format!(
            "{address} opted out of the list '{}': neither an import nor the group brings them back.",
            list.name
        ),
    };
    let document = json!({
        "list": list.id, "address": address, "decision": decision, "was_member": was_member,
        "links": asked.links,
    });
    Ok(Reply::done(document, what + &asked.text()))
}
