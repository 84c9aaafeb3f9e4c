//! A link as a document.

use listsync_core::{
    Timestamp, duration,
    id::{GroupId, LinkId, TenantId},
    link::{
        Agents, Externals, Extras, FirstMerge, HaltReason, Link, LinkStatus, MemberRules, Mode, RemovalLimit,
        Side, Source,
    },
    member::HoldReason,
    summary::Summary,
};
use listsync_engine::{
    Ports,
    ports::{Failing, Hold, LinkState, Phase, PortResult, Ruling, RulingKind},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Named, summary::SummarySchema, words};

/// A link with all that a person may want to know of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkDocument {
    /// Its id.
    #[schema(value_type = String)]
    pub id: LinkId,
    /// The list.
    pub list: Named,
    /// The group.
    pub group: LinkedGroup,
    /// Further groups that feed the list with it.
    pub more_groups: Vec<Named>,
    /// The tenant that the group is of.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// Which side follows which.
    #[schema(value_type = words::Mode)]
    pub mode: Mode,
    /// What becomes of extras.
    #[schema(value_type = words::Extras)]
    pub extras: Extras,
    /// How the first run brings both sides together.
    #[schema(value_type = words::FirstMerge)]
    pub first_merge: FirstMerge,
    /// How often it is due, such as `15m`; null: as the settings say.
    pub every: Option<String>,
    /// What is done with contacts of foreign domains.
    #[schema(value_type = words::Externals)]
    pub externals: Externals,
    /// How many removals go on without a person; null: as the settings say.
    #[schema(value_type = Option<String>)]
    pub max_removals: Option<RemovalLimit>,
    /// What is done with agents.
    #[schema(value_type = words::Agents)]
    pub agents: Agents,
    /// Whether it is run.
    #[schema(value_type = words::LinkStatus)]
    pub status: &'static str,
    /// Why it was stopped for safety.
    #[schema(value_type = Option<String>)]
    pub halt_reason: Option<HaltReason>,
    /// Whether its first run has finished.
    #[schema(value_type = words::Phase)]
    pub phase: Phase,
    /// How often a run was asked for.
    pub requested: u64,
    /// Up to which request it ran.
    pub synced: u64,
    /// When it is due by the clock.
    pub due_at: Timestamp,
    /// Until when a run has it.
    pub leased_until: Option<Timestamp>,
    /// When a run finished last.
    pub finished_at: Option<Timestamp>,
    /// Why nobody may ever finish the run that was asked for.
    #[schema(value_type = Option<FailingSchema>)]
    pub failing: Option<Failing>,
    /// What is kept back.
    pub held: Option<HeldDocument>,
    /// The last run.
    #[schema(value_type = Option<SummarySchema>)]
    pub last_run: Option<Summary>,
}

/// The group of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkedGroup {
    /// Its object id; null: it is still to be created.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
}

/// Why and since when a link fails.
#[derive(ToSchema)]
#[schema(as = Failing)]
pub struct FailingSchema {
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// What a link keeps back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HeldDocument {
    /// What an approval names.
    pub digest: String,
    /// Removals from the list.
    pub list_removals: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// Additions to the list.
    pub list_additions: u64,
    /// Additions to the group.
    pub group_additions: u64,
    /// Why, for each side.
    pub reasons: Vec<HeldReason>,
    /// Since when.
    pub since: Timestamp,
    /// What a person said of it; the next run carries it out.
    #[schema(value_type = Option<String>)]
    pub ruling: Option<RulingKind>,
}

/// Why something is kept back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldReason {
    /// Where.
    #[schema(value_type = words::Side)]
    pub side: Side,
    /// A stable code.
    #[schema(value_type = String)]
    pub reason: HoldReason,
    /// The same for a person.
    pub message: String,
}

impl LinkDocument {
    /// Gathers it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, state: LinkState) -> PortResult<Self> {
        let list = Named::list(ports, &state.link.list).await?;
        let last_run = ports.runs.latest(Some(&state.link.id), 1).await?.into_iter().next();
        Ok(Self::of(state, list, last_run))
    }

    fn of(state: LinkState, list: Named, last_run: Option<Summary>) -> Self {
        let status = status_word(&state.link);
        let LinkState { link, progress, ruling, requested, synced, due_at, leased_until, finished_at } =
            state;
        let Link {
            id,
            list: _,
            group,
            group_name,
            to_make,
            more,
            tenant,
            mode,
            extras,
            first_merge,
            every,
            externals,
            max_removals,
            members: MemberRules { agents, .. },
            group_made_at: _,
            made_at: _,
            writes: _,
            voucher: _,
            status: stored_status,
        } = link;
        Self {
            id,
            list,
            group: LinkedGroup { id: to_make.is_none().then(|| GroupId::into(group)), name: group_name },
            more_groups: more.into_iter().map(named).collect(),
            tenant,
            mode,
            extras,
            first_merge,
            every: every.map(duration::format),
            externals,
            max_removals,
            agents,
            status,
            halt_reason: match stored_status {
                LinkStatus::Halted(reason) => Some(reason),
                LinkStatus::Active | LinkStatus::Paused => None,
            },
            phase: progress.phase,
            requested: requested.0,
            synced: synced.0,
            due_at,
            leased_until,
            finished_at,
            failing: progress.failing,
            held: progress.hold.map(|hold| HeldDocument::of(hold, ruling.as_ref())),
            last_run,
        }
    }
}

fn named(Source { group, name }: Source) -> Named {
    Named { id: GroupId::into(group), name }
}

impl HeldDocument {
    fn of(hold: Hold, ruling: Option<&Ruling>) -> Self {
        let Hold { digest, reasons, list_removals, group_removals, list_additions, group_additions, since } =
            hold;
        let ruling = ruling.filter(|ruling| ruling.digest == digest).map(|ruling| ruling.kind);
        let reason =
            |(side, reason): (Side, HoldReason)| HeldReason { side, reason, message: reason.to_string() };
        let reasons = reasons.into_iter().map(reason).collect();
        Self {
            digest,
            list_removals,
            group_removals,
            list_additions,
            group_additions,
            reasons,
            since,
            ruling,
        }
    }
}

/// The status as one word.
#[must_use]
pub fn status_word(link: &Link) -> &'static str {
    match link.status {
        LinkStatus::Active if link.is_pending() => "pending",
        LinkStatus::Active => "active",
        LinkStatus::Paused => "paused",
        LinkStatus::Halted(_) => "halted",
    }
}
