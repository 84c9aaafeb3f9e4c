//! Opt-outs that are brought along from another tool.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    list::List,
};
use listsync_engine::{
    people::{self, Stored},
    service::Service,
};
use listsync_lists::{ParsedFile, problems_of};
use serde_json::json;

use super::told::problems;
use crate::{
    output::{Outcome, Reply},
    verbs::asked::Asked,
};

/// Records that everybody in a file opted out of the list. Where it stops half-way, the same file does the rest: who opted
/// out already stays so.
pub(super) async fn bring(service: &Service, list: &List, parsed: &ParsedFile) -> Outcome {
    let mut links = BTreeSet::new();
    for row in parsed.people.iter() {
        let saying = Saying {
            address: row.contact.address,
            decision: Decision::OptedOut,
            scope: Scope::List(list.id.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: service.ports.clock.now(),
        };
        // A mandatory list refuses the first of them already, before anything is stored.
        let Stored { links: asked, .. } = people::say(service, &saying, Duration::ZERO).await?;
        links.extend(asked);
    }
    let (recorded, refused) = (parsed.people.len(), problems_of(parsed));
    let asked = Asked { links: links.into_iter().collect() };
    let text = format!(
        "Recorded {recorded} opt-outs of the list '{}': neither an import nor the group brings these people back.\n{}",
        list.name,
        problems(&refused)
    );
    let document = json!({
        "list": list.id, "rows": parsed.rows, "recorded": recorded, "problems": refused, "links": asked.links,
    });
    let exit = if refused.is_empty() { 0 } else { 3 };
    Ok(Reply::done(document, text.trim_end().to_owned() + &asked.text()).exiting(exit))
}
