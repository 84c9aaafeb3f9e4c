//! What SQS hands over, and what CloudWatch is told of a run.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use listsync_core::summary::{Outcome, Summary};
use listsync_wiring::function::{self, Metric, Unit};
use listsync_worker::Record;

/// A message without an id: it could be neither acknowledged nor given back on its own, so the whole batch comes again.
#[derive(Debug, thiserror::Error)]
#[error("a message of the batch has no id")]
pub(crate) struct NoId;

/// The messages of an event.
pub(crate) fn of(event: SqsEvent) -> Result<Vec<Record>, NoId> {
    event.records.into_iter().map(record).collect()
}

fn record(message: SqsMessage) -> Result<Record, NoId> {
    let receives = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    Ok(Record {
        id: message.message_id.filter(|id| !id.is_empty()).ok_or(NoId)?,
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
    })
}

/// One line of metrics per run; a link that another worker has under way is none.
pub(crate) fn tell(summary: &Summary) {
    if summary.outcome == Outcome::Busy {
        return;
    }
    let (list, group) = (&summary.list, &summary.group);
    let failed = matches!(summary.outcome, Outcome::Failed | Outcome::Halted);
    let metrics = [
        Metric("Duration", Unit::Milliseconds, summary.duration_ms),
        Metric("Added", Unit::Count, list.added + group.added),
        Metric("Removed", Unit::Count, list.removed + group.removed),
        Metric("Failures", Unit::Count, summary.failures.len() as u64),
        Metric("HeldRemovals", Unit::Count, summary.held.list_removals + summary.held.group_removals),
        Metric("HeldAdditions", Unit::Count, summary.held.list_additions + summary.held.group_additions),
        Metric("SetAside", Unit::Count, summary.set_aside),
        Metric("GraphRequests", Unit::Count, summary.graph.requests),
        Metric("FailedRuns", Unit::Count, u64::from(failed)),
    ];
    // Nearly every run finds nothing, by one request. That goes without saying: sums and the largest of an hour are the same,
    // and how many runs there were, the number of durations tells.
    let is_news = |Metric(name, _, value): &Metric| match *name {
        "Duration" => true,
        "GraphRequests" => *value > 1,
        _ => *value > 0,
    };
    let metrics: Vec<Metric> = metrics.into_iter().filter(is_news).collect();
    function::tell(summary.finished_at, &metrics);
}
