//! `listsync contacts prune`: deletes contacts that are on no list any more.

use std::time::Duration;

use listsync_core::{Timestamp, duration};
use listsync_engine::{
    prune::{self, Prunable},
    service::Service,
};
use listsync_http::documents::prune::PrunedDocument;
use serde_json::json;

use crate::{
    confirm::{self, Going, Weight},
    output::{self, Outcome, Reply},
};

pub(super) async fn run(service: &Service, older_than: Duration, said: bool) -> Outcome {
    let found = prune::find(service, older_than).await?;
    if found.idle.is_empty() {
        let text = format!("No contact to delete.{}", staying(&found));
        let document = json!(PrunedDocument::of(&found, prune::Pruned::default()));
        return Ok(Reply::done(document, text).unchanged());
    }
    let many = output::count(found.idle.len() as u64, "contact", "contacts");
    let since = match older_than {
        Duration::ZERO => String::new(),
        time => format!(", and of whom nothing changed for {}", duration::format_term(time)),
    };
    let question = format!("Delete {many} on no list{since}?{}", staying(&found));
    confirm::ask(&Going { question: &question, weight: Weight::Heavy, said })?;
    let pruned = prune::carry_out(service, &found, Timestamp::MAX).await?;
    let deleted = output::count(pruned.deleted, "contact", "contacts");
    let changed = match pruned.changed {
        0 => String::new(),
        some => format!(" {some} stay, as something of them changed meanwhile."),
    };
    let text = format!("Deleted {deleted}.{changed}{}", staying(&found));
    Ok(Reply::done(json!(PrunedDocument::of(&found, pruned)), text))
}

/// Who else is on no list.
fn staying(found: &Prunable) -> String {
    let told = |many: u64, why: &str| (many > 0).then(|| format!(" {many} on no list stay: {why}."));
    let said_no = told(found.said_no, "they said no to one, or to all");
    let recent = told(found.recent, "it is not long enough, or not known since when");
    [said_no, recent].into_iter().flatten().collect()
}
