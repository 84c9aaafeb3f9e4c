//! The summary of a run as a document: the core's `Summary`, with who is out of step by name.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, summary::Summary, unsettled::Unsettled};
use listsync_engine::{Ports, ports::PortResult, status};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    status::UnsettledSchema,
    words::{Op, Outcome, Phase, ReadKind, Reason, Side},
};

/// One run as it is shown: a run keeps how many it left alone, and the members' rows tell who that is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RunSummary)]
pub struct SummaryDocument {
    /// What the run kept.
    #[serde(flatten)]
    #[schema(inline, value_type = SummarySchema)]
    pub summary: Summary,
    /// Who is out of step now.
    #[schema(value_type = Vec<UnsettledSchema>)]
    pub unsettled: Vec<Unsettled>,
}

impl SummaryDocument {
    /// Gathers it. Of a link that is gone nobody is named.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, summary: Summary) -> PortResult<Self> {
        let unsettled = match ports.links.load(&summary.link).await? {
            Some(link) => status::unsettled(ports, &link).await?,
            None => Vec::new(),
        };
        Ok(Self { summary, unsettled })
    }
}

/// What people read after a run.
#[derive(ToSchema)]
#[schema(as = Summary)]
pub struct SummarySchema {
    /// The run.
    pub run: String,
    /// The link.
    pub link: String,
    /// Where the link leads, as `entra:` and the group's object id; left out where its group was still to be created.
    pub place: Option<String>,
    /// Whether it was of the link's first run; left out of runs before this was kept.
    pub phase: Option<Phase>,
    /// Why it ran.
    pub trigger: Reason,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How both sides were read.
    pub read: ReadKind,
    /// How it ended.
    pub outcome: Outcome,
    /// A stable code for why it ended so; empty where the outcome says all.
    pub reason: String,
    /// The same for a person.
    pub message: String,
    /// What the person can do about it.
    pub hint: String,
    /// The list's counters.
    pub list: SideCounts,
    /// The group's counters.
    pub group: SideCounts,
    /// What of that concerned people outside.
    pub external: ExternalCounts,
    /// What is kept back.
    pub held: HeldCounts,
    /// Who opted out and was taken off: nothing waits because of it.
    pub opt_outs: OptOutCounts,
    /// Who was left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Members that are checked again within the settle window.
    pub set_aside: u64,
    /// Contacts that took over the new primary address of their person.
    pub renamed: u64,
    /// Effects that failed.
    pub failures: Vec<Failure>,
    /// What was found about people whom this run looked at, at most 100 of each code.
    pub remarks: Vec<Remark>,
    /// What it cost.
    pub graph: GraphCost,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// The counters of one side.
#[derive(ToSchema)]
pub struct SideCounts {
    /// The list's or group's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Members added.
    pub added: u64,
    /// Members removed.
    pub removed: u64,
    /// Additions that failed.
    pub add_failed: u64,
    /// Removals that failed.
    pub remove_failed: u64,
}

/// What of a run concerned addresses outside the tenant's own domains.
#[derive(ToSchema)]
pub struct ExternalCounts {
    /// External members added to either side.
    pub added: u64,
    /// External members removed from either side.
    pub removed: u64,
    /// Guests invited.
    pub invited: u64,
}

/// What a guard kept back.
#[derive(ToSchema)]
pub struct HeldCounts {
    /// Removals from the list.
    pub list_removals: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// Additions to the list.
    pub list_additions: u64,
    /// Additions to the group.
    pub group_additions: u64,
    /// What an approval names; empty when nothing is held.
    pub digest: String,
}

/// The opt-outs that a run carried out.
#[derive(ToSchema)]
pub struct OptOutCounts {
    /// So many people were taken off the side that the link writes, as they opted out.
    pub carried_out: u64,
    /// With those of 24 hours they are more than `max-removals` lets other removals through; null: they are not.
    pub above_share: Option<OptOutSurge>,
}

/// Many opt-outs within 24 hours.
#[derive(ToSchema)]
pub struct OptOutSurge {
    /// How many people were taken off within those hours.
    pub people: u64,
    /// Members when those hours began.
    pub of: u64,
    /// Since when they have been so many.
    pub since: Timestamp,
}

/// An effect that failed.
#[derive(ToSchema)]
pub struct Failure {
    /// Where.
    pub side: Side,
    /// What was tried.
    pub op: Op,
    /// Whose.
    pub address: Option<String>,
    /// Whose.
    pub object_id: Option<String>,
    /// A stable code.
    pub code: String,
    /// What the service said, or what was found.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
    /// Whether it is tried again by itself.
    pub retryable: bool,
}

/// Something about people that the operator may want to put right.
#[derive(ToSchema)]
pub struct Remark {
    /// A stable code: `duplicate_contact` or `ambiguous_address`.
    pub code: String,
    /// The list's addresses that it is about.
    pub addresses: Vec<String>,
    /// The people in the directory that it is about.
    pub object_ids: Vec<String>,
    /// What was found.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
}

/// What a run cost at the directory.
#[derive(ToSchema)]
pub struct GraphCost {
    /// HTTP requests.
    pub requests: u64,
    /// Writes.
    pub writes: u64,
}
