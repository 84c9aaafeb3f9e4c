//! A link to be made.

use std::time::Duration;

use axum::http::StatusCode;
use listsync_core::{
    duration,
    id::LinkId,
    link::{
        Agents, Externals, Extras, FirstMerge, Link, MemberRules, Mode, RemovalLimit, SharedMailboxes, Writes,
    },
    list::List,
    new_group::unique_name,
    settings::parse_owner,
};
use listsync_engine::{
    connect::{NewLink, Target, connect},
    ports::{Call, GroupQuery, Meter, NewGroup, NewGroupKind, PortError, Visibility},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{in_field, name};
use crate::{
    documents::{link::protected, words},
    problem::Problem,
    within::Within,
};

/// So long the directory may take for the few calls that a link needs.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A link to be made: of a list with `group` or `new_group`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLink)]
pub struct NewLinkBody {
    /// The list's name or id.
    #[schema(min_length = 1)]
    pub list: String,
    /// The object id or unique name of a group that is there, with `entra:` before it or without.
    pub group: Option<String>,
    /// Further groups that are there, by object id or unique name: only group-to-list.
    #[serde(default)]
    #[schema(max_items = 19)]
    pub more_groups: Vec<String>,
    /// A group to be created.
    pub new_group: Option<NewGroupBody>,
    /// Which side follows which; two-way where it is left out.
    #[schema(value_type = Option<words::Mode>)]
    pub mode: Option<Mode>,
    /// What becomes of extras in a one-way mode.
    #[serde(default)]
    #[schema(value_type = Option<words::Extras>)]
    pub extras: Extras,
    /// How the first run brings both sides together.
    #[serde(default)]
    #[schema(value_type = Option<words::FirstMerge>)]
    pub first_merge: FirstMerge,
    /// How often it is due, such as `15m`; left out: as the settings say.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub every: Option<String>,
    /// What is done with contacts of foreign domains.
    #[serde(default)]
    #[schema(value_type = Option<words::Externals>)]
    pub externals: Externals,
    /// How many removals go on without a person; left out: as the settings say.
    #[schema(value_type = Option<String>, pattern = "^(standard|off|100%|[1-9]?[0-9]%|[0-9]{1,18})$")]
    pub max_removals: Option<RemovalLimit>,
    /// How long what was written or newly seen outranks one read that contradicts it; left out: as the settings say.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub settle_window: Option<String>,
    /// How long whoever left the list stays in the group, unless they come back, such as `7d`; `off` where it is left out.
    #[schema(pattern = "^(off|[1-9][0-9]{0,2}d|[1-9][0-9]{0,4}[hms])$")]
    pub grace: Option<String>,
    /// What is done with shared mailboxes, rooms and equipment.
    #[serde(default)]
    #[schema(value_type = Option<words::SharedMailboxes>)]
    pub shared_mailboxes: SharedMailboxes,
    /// Who is never removed, besides those that the settings name: addresses, object ids, `owners`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub protected: Vec<String>,
    /// Who carries out what is planned for the group.
    #[serde(default)]
    #[schema(value_type = Option<words::Writes>)]
    pub writes: Writes,
    /// What is done with agents: software that has a user's account.
    #[serde(default)]
    #[schema(value_type = Option<words::Agents>)]
    pub agents: Agents,
}

/// A group to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGroup)]
pub struct NewGroupBody {
    /// Its display name.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub name: String,
    /// Its kind; `m365` where it is left out.
    pub kind: Option<GroupWord>,
    /// Who may join a Microsoft 365 group by themselves; `private` where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<words::Visibility>)]
    pub visibility: Visibility,
    /// The sign-in names of its owners.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub owners: Vec<String>,
}

/// The kinds of group that can be created.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupWord {
    /// A Microsoft 365 group.
    M365,
    /// A security group.
    Security,
}

/// Judges and saves a link. A group that is to be created is left to its first run, whatever this process could do.
pub(crate) async fn connected(app: &Within, body: NewLinkBody) -> Result<Link, Problem> {
    let ports = app.ports();
    let list = app.list(&body.list).await.map_err(in_field("list"))?;
    let tenant = app.options.tenant.clone().ok_or_else(no_tenant)?;
    let mode = body.mode.unwrap_or(Mode::TwoWay);
    let every = body.every.as_deref().map(due).transpose()?;
    let settle_window = body.settle_window.as_deref().map(window).transpose()?;
    let grace = body.grace.as_deref().map(grace).transpose()?.unwrap_or_default();
    let protected =
        protected(&body.protected).map_err(|refused| Problem::invalid(refused.name, refused.why))?;
    let more = body.more_groups.iter().map(|group| query("more_groups", group)).collect::<Result<_, _>>()?;
    let target = target(&list, (body.group, body.new_group))?;
    let new = NewLink {
        id: LinkId::parse(&Uuid::now_v7().to_string()).expect("a UUID is an id"),
        list: list.id,
        target,
        more,
        tenant,
        mode,
        extras: body.extras,
        first_merge: body.first_merge,
        every,
        settle_window,
        externals: body.externals,
        max_removals: body.max_removals,
        grace,
        members: MemberRules { shared_mailboxes: body.shared_mailboxes, agents: body.agents, protected },
        writes: body.writes,
        voucher: app.voucher(),
        asker: app.options.asker,
    };
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    connect(ports, &new, call).await.map_err(refused)
}

fn refused(error: PortError) -> Problem {
    let is_of_grant = error.code == "group_not_linkable";
    let mut problem = in_field("group")(error.into());
    if is_of_grant {
        // The group is as it is: what lacks is of the key.
        problem.status = StatusCode::FORBIDDEN;
        problem.field = Some("group".to_owned());
    }
    problem
}

pub(super) fn no_tenant() -> Problem {
    Problem::conflict("no_tenant", "this server does not know which tenant's directory it serves")
        .hint("set AZURE_TENANT_ID and the other settings for the directory")
}

fn due(text: &str) -> Result<Duration, Problem> {
    duration::parse_interval(text).map_err(|error| Problem::invalid("every", error.to_string()))
}

fn grace(text: &str) -> Result<Duration, Problem> {
    duration::parse_wait(text).map_err(|error| Problem::invalid("grace", error.to_string()))
}

fn window(text: &str) -> Result<Duration, Problem> {
    duration::parse(text).map_err(|error| Problem::invalid("settle_window", error.to_string()))
}

fn target(list: &List, given: (Option<String>, Option<NewGroupBody>)) -> Result<Target, Problem> {
    let new = match given {
        (Some(group), None) => return query("group", &group).map(Target::Existing),
        (None, Some(new)) => new,
        (None, None) => return Err(Problem::invalid("group", "give group or new_group")),
        (Some(_), Some(_)) => return Err(Problem::invalid("new_group", "give group or new_group, not both")),
    };
    let group = name("new_group.name", &new.name)?;
    for owner in &new.owners {
        parse_owner(owner).map_err(|error| Problem::invalid("new_group.owners", error.to_string()))?;
    }
    Ok(Target::Pending(NewGroup {
        unique_name: unique_name(&group, &list.id),
        name: group,
        kind: match new.kind {
            None | Some(GroupWord::M365) => NewGroupKind::Microsoft365,
            Some(GroupWord::Security) => NewGroupKind::Security,
        },
        visibility: new.visibility,
        owners: new.owners,
    }))
}

fn query(field: &'static str, group: &str) -> Result<GroupQuery, Problem> {
    GroupQuery::parse(group).map_err(|error| Problem::invalid(field, error.to_string()))
}
