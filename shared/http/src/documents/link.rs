//! A link as a document.

use std::time::Duration;

use listsync_core::{
    Timestamp, duration,
    id::{GroupId, LinkId, TenantId},
    link::{
        Agents, Externals, Extras, FirstMerge, HaltReason, Link, LinkPatch, LinkStatus, MemberRules, Mode,
        RemovalLimit, SharedMailboxes, Side, Source, Writes,
    },
    member::HoldReason,
    new_group::{NewGroupKind, Visibility},
    own::Own,
    place::Place,
    settings::Protected,
    status::State,
    summary::Summary,
};
use listsync_engine::{
    Ports,
    ports::{Failing, Hold, LinkState, Phase, PortResult, Ruling, RulingKind},
    status,
};
use serde::{Deserialize, Serialize};
use tokio::try_join;
use utoipa::ToSchema;

use super::{Named, settings::SettingRefused, status::StateDocument, summary::SummarySchema, words};

/// A link with all that a person may want to know of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkDocument {
    /// Its id.
    #[schema(value_type = String)]
    pub id: LinkId,
    /// The list.
    pub list: Named,
    /// Where it leads, as `entra:` and the group's object id; null: the group is still to be created.
    #[schema(value_type = Option<String>)]
    pub place: Option<Place>,
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
    /// How long what was written or newly seen outranks one read that contradicts it; null: as the settings say.
    pub settle_window: Option<String>,
    /// How many removals go on without a person; null: as the settings say.
    #[schema(value_type = Option<String>)]
    pub max_removals: Option<RemovalLimit>,
    /// How long whoever left the list stays in the group, unless they come back, such as `7d`, or `off`.
    pub grace: String,
    /// What is done with shared mailboxes.
    #[schema(value_type = words::SharedMailboxes)]
    pub shared_mailboxes: SharedMailboxes,
    /// What is done with agents.
    #[schema(value_type = words::Agents)]
    pub agents: Agents,
    /// Who is never removed, besides those that the settings name: addresses, object ids, `owners`.
    pub protected: Vec<String>,
    /// Who carries out what is planned for the group.
    #[schema(value_type = words::Writes)]
    pub writes: Writes,
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
    /// Why its runs come to nothing, or only to a part.
    #[schema(value_type = Option<FailingSchema>)]
    pub failing: Option<Failing>,
    /// What is kept back.
    pub held: Option<HeldDocument>,
    /// How it stands.
    pub state: StateDocument,
    /// The last run.
    #[schema(value_type = Option<SummarySchema>)]
    pub last_run: Option<Summary>,
}

/// A change of a link: what it does not name stays, and so does all that the link remembers.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkPatch)]
pub struct LinkChange {
    /// How often it is due, such as `15m`; `as-settings`: as the settings say.
    #[schema(min_length = 2, pattern = "^(as-settings|([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?)$")]
    pub every: Option<String>,
    /// How long what was written or newly seen outranks one read that contradicts it, such as `30m`, or `as-settings`.
    #[schema(min_length = 2, pattern = "^(as-settings|([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?)$")]
    pub settle_window: Option<String>,
    /// How many removals go on without a person, or `as-settings`.
    #[schema(pattern = "^(as-settings|standard|off|100%|[1-9]?[0-9]%|[0-9]{1,18})$")]
    pub max_removals: Option<String>,
    /// How long whoever left the list stays in the group, unless they come back, such as `7d`, or `off`.
    #[schema(pattern = "^(off|[1-9][0-9]{0,2}d|[1-9][0-9]{0,4}[hms])$")]
    pub grace: Option<String>,
    /// What becomes of extras in a one-way mode.
    #[schema(value_type = Option<words::Extras>)]
    pub extras: Option<Extras>,
    /// What is done with contacts of foreign domains.
    #[schema(value_type = Option<words::Externals>)]
    pub externals: Option<Externals>,
    /// What is done with shared mailboxes.
    #[schema(value_type = Option<words::SharedMailboxes>)]
    pub shared_mailboxes: Option<SharedMailboxes>,
    /// What is done with agents.
    #[schema(value_type = Option<words::Agents>)]
    pub agents: Option<Agents>,
    /// Who is never removed, in place of those who were named before: addresses, object ids, `owners`.
    #[schema(max_items = 1000)]
    pub protected: Option<Vec<String>>,
    /// Who carries out what is planned for the group.
    #[schema(value_type = Option<words::Writes>)]
    pub writes: Option<Writes>,
}

impl LinkChange {
    /// Reads it.
    ///
    /// # Errors
    /// When a value makes no sense: by the name of its field, and why.
    pub fn read(self) -> Result<LinkPatch, SettingRefused> {
        Ok(LinkPatch {
            every: own("every", self.every, duration::parse_interval)?,
            settle_window: own("settle_window", self.settle_window, duration::parse)?,
            max_removals: own("max_removals", self.max_removals, str::parse)?,
            grace: wait(self.grace)?,
            extras: self.extras,
            externals: self.externals,
            shared_mailboxes: self.shared_mailboxes,
            agents: self.agents,
            protected: self.protected.map(|texts| protected(&texts)).transpose()?,
            writes: self.writes,
        })
    }
}

/// Who is never removed, as people write it.
///
/// # Errors
/// When a text is none of an address, an object id, and `owners`.
pub fn protected(texts: &[String]) -> Result<Protected, SettingRefused> {
    let refused = |error: listsync_core::settings::ProtectedError| SettingRefused {
        name: "protected",
        why: error.to_string(),
    };
    Protected::parse(texts.iter().map(String::as_str)).map_err(refused)
}

fn wait(text: Option<String>) -> Result<Option<Duration>, SettingRefused> {
    let read = text.map(|text| duration::parse_wait(&text)).transpose();
    read.map_err(|error| SettingRefused { name: "grace", why: error.to_string() })
}

/// A value of a link's own, or that it is to be as the settings say.
fn own<T, E: ToString>(
    name: &'static str,
    text: Option<String>,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<Own<T>>, SettingRefused> {
    let read = text.map(|text| Own::read(&text, read)).transpose();
    read.map_err(|error| SettingRefused { name, why: error.to_string() })
}

/// The group of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkedGroup {
    /// Its object id; null: it is still to be created.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Who may join it by themselves, where it is a Microsoft 365 group that is still to be created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Visibility>)]
    pub visibility: Option<Visibility>,
}

/// Why and since when a link fails.
#[derive(ToSchema)]
#[schema(as = Failing)]
pub struct FailingSchema {
    /// A stable code; empty: the message that asked for a run was given up.
    pub code: String,
    /// The same for a person.
    pub reason: String,
    /// What the person can do; empty where nothing is known.
    pub hint: String,
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
        let Link { id, list, .. } = &state.link;
        let (list, last_run, standing) = try_join!(
            Named::list(ports, list),
            ports.runs.latest(Some(id), 1),
            status::of_link(ports, &state)
        )?;
        Ok(Self::of(state, list, last_run.into_iter().next(), &standing))
    }

    /// What is known of a link as one document.
    #[must_use]
    pub fn of(state: LinkState, list: Named, last_run: Option<Summary>, standing: &State) -> Self {
        let (status, place) = (status_word(&state), state.link.place());
        let standing = StateDocument::of(standing, &list.name);
        let LinkState {
            link, progress, ruling, requested, synced, due_at, leased_until, finished_at, ..
        } = state;
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
            settle_window,
            externals,
            max_removals,
            grace,
            members: MemberRules { shared_mailboxes, agents, protected },
            group_made_at: _,
            made_at: _,
            writes,
            voucher: _,
            status: stored_status,
        } = link;
        let visibility = to_make.as_ref().filter(|new| new.kind == NewGroupKind::Microsoft365);
        let visibility = visibility.map(|new| new.visibility);
        Self {
            id,
            list,
            place,
            group: LinkedGroup {
                id: to_make.is_none().then(|| GroupId::into(group)),
                name: group_name,
                visibility,
            },
            more_groups: more.into_iter().map(named).collect(),
            tenant,
            mode,
            extras,
            first_merge,
            every: every.map(duration::format),
            settle_window: settle_window.map(duration::format),
            externals,
            max_removals,
            grace: duration::format_wait(grace),
            shared_mailboxes,
            agents,
            protected: protected.texts(),
            writes,
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
            state: standing,
            last_run,
        }
    }
}

fn named(Source { group, name }: Source) -> Named {
    Named { id: GroupId::into(group), name }
}

impl HeldDocument {
    fn of(hold: Hold, ruling: Option<&Ruling>) -> Self {
        let reasons = hold.reasons.iter().map(|(side, reason)| HeldReason {
            side: *side,
            reason: *reason,
            message: hold.explained(*reason),
        });
        let reasons = reasons.collect();
        let Hold {
            digest,
            reasons: _,
            list_removals,
            group_removals,
            list_additions,
            group_additions,
            scope: _,
            since,
        } = hold;
        let ruling = ruling.filter(|ruling| ruling.is_of(&digest)).map(|ruling| ruling.kind);
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
pub fn status_word(state: &LinkState) -> &'static str {
    match state.link.status {
        LinkStatus::Active if state.link.is_pending() => "pending",
        LinkStatus::Active if state.progress.failing.is_some() => "failing",
        LinkStatus::Active => "active",
        LinkStatus::Paused => "paused",
        LinkStatus::Halted(_) => "halted",
    }
}
