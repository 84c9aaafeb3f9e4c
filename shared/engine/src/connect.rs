//! Linking a list and a group: judged before anything is saved.

use std::time::Duration;

use listsync_core::{
    id::{LinkId, ListId, TenantId},
    link::{Externals, Extras, FirstMerge, Link, LinkStatus, Mode, RemovalLimit, Side, Writes},
    list::ListKind,
};

use crate::{
    Ports, by_hand,
    ports::{Call, Fault, Group, GroupQuery, NewGroup, PortError, PortResult},
};

/// The group that a list is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that is there.
    Existing(GroupQuery),
    /// One that is created, or was by an earlier try.
    New(NewGroup),
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The id it is to have.
    pub id: LinkId,
    /// The list.
    pub list: ListId,
    /// The group.
    pub target: Target,
    /// The tenant.
    pub tenant: TenantId,
    /// Which side follows which.
    pub mode: Mode,
    /// What becomes of extras.
    pub extras: Extras,
    /// How the first run brings both sides together.
    pub first_merge: FirstMerge,
    /// How often it is due.
    pub every: Option<Duration>,
    /// What is done with external contacts.
    pub externals: Externals,
    /// How many removals go on without a person.
    pub max_removals: Option<RemovalLimit>,
    /// Who carries out what is planned for the group.
    pub writes: Writes,
}

/// Judges and saves a link. It is due at once.
///
/// # Errors
/// When the combination makes no sense, the group is not there or of a kind that cannot be written, or another link
/// stands in the way. Nothing is saved then.
pub async fn connect(ports: &Ports, new: &NewLink, call: Call<'_>) -> PortResult<Link> {
    sensible(new)?;
    followable(ports, new).await?;
    by_hand::sensible(new.writes, (new.mode, new.externals))?;
    if let (Writes::ByHand, Target::New(_)) = (new.writes, &new.target) {
        return Err(by_hand::creates_no_group());
    }
    let group = match &new.target {
        Target::Existing(query) => ports.directory.group(call, query).await?,
        Target::New(group) => ports.directory.create_group(call, group).await?,
    };
    writable(new.mode, &group)?;
    let link = Link {
        id: new.id.clone(),
        list: new.list.clone(),
        group: group.id,
        group_name: group.name,
        tenant: new.tenant.clone(),
        mode: new.mode,
        extras: new.extras,
        first_merge: new.first_merge,
        every: new.every,
        externals: new.externals,
        max_removals: new.max_removals,
        writes: new.writes,
        status: LinkStatus::Active,
    };
    ports.links.create(&link, ports.clock.now()).await?;
    Ok(link)
}

fn sensible(new: &NewLink) -> PortResult<()> {
    let refuse = |code: &str, message: &str, hint: &str| {
        Err(PortError::new(Fault::Rejected, code, message).with_hint(hint))
    };
    match (new.mode, new.extras, new.first_merge, new.externals) {
        (Mode::TwoWay, Extras::Remove, ..) => refuse(
            "extras_two_way",
            "a two-way link has no extras: each side takes the other's members",
            "leave --extras out, or choose a one-way mode",
        ),
        (Mode::ListToGroup | Mode::GroupToList, _, FirstMerge::List | FirstMerge::Group, _) => refuse(
            "first_merge_one_way",
            "in a one-way mode the leading side wins by itself",
            "leave --first-merge out; use --extras remove to remove who only the following side has",
        ),
        (_, _, _, Externals::Invite) => refuse(
            "invite_unsupported",
            "inviting guests is not part of this version",
            "use --externals match, and invite guests in the directory",
        ),
        _ => Ok(()),
    }
}

/// A filter alone decides who is on its list, so no group can.
async fn followable(ports: &Ports, new: &NewLink) -> PortResult<()> {
    let list = ports.lists.list(&new.list).await?;
    match list.map(|list| (list.name, list.kind)) {
        Some((name, ListKind::Filtered { .. })) if new.mode != Mode::ListToGroup => Err(PortError::new(
            Fault::Rejected,
            "list_filtered",
            format!("list '{name}' is kept by its filter: it takes no member from a group"),
        )
        .with_hint("link it one-way with --mode list-to-group")),
        _ => Ok(()),
    }
}

fn writable(mode: Mode, group: &Group) -> PortResult<()> {
    match group.kind.refusal() {
        Some((code, why)) if mode.writes(Side::Group) => {
            Err(PortError::new(Fault::Rejected, code, format!("group {} cannot be written: {why}", group.id))
                .with_hint("link it one-way with --mode group-to-list, or link another group"))
        }
        _ => Ok(()),
    }
}
