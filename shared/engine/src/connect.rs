//! Linking a list and a group: judged before anything is saved.

use std::time::Duration;

use listsync_core::{
    id::{LinkId, ListId, TenantId},
    link::{
        Externals, Extras, FirstMerge, Link, LinkStatus, MemberRules, Mode, RemovalLimit, SOURCES, Side,
        Writes,
    },
    linkable::Voucher,
    list::ListKind,
};

use crate::{
    Ports, by_hand,
    chosen::{self, Chosen},
    permissions::{demand, needs},
    ports::{Call, Fault, Group, GroupQuery, KindRefusal, Need, NewGroup, PortError, PortResult},
};

/// The group that a list is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that is there.
    Existing(GroupQuery),
    /// One that is created now, or was by an earlier try.
    New(NewGroup),
    /// One that the link's first run creates: whoever links needs no right to.
    Pending(NewGroup),
}

/// With whose credential the directory is asked when a link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asker {
    /// With that of the runs: whatever they need is demanded at once.
    #[default]
    Runner,
    /// With another one, which only reads. Whether the runs may do what they are to do is told by the first of them.
    Reader,
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
    /// Further groups that feed the list with it.
    pub more: Vec<GroupQuery>,
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
    /// What is special about its members.
    pub members: MemberRules,
    /// Who carries out what is planned for the group.
    pub writes: Writes,
    /// Who answers for it that these groups are linked.
    pub voucher: Voucher,
    /// With whose credential the directory is asked.
    pub asker: Asker,
}

/// Judges and saves a link. It is due at once.
///
/// # Errors
/// When the combination makes no sense, a permission lacks, the group is not there or of a kind that cannot be written,
/// or another link stands in the way. Nothing is saved then, and a group is created only after everything else was
/// judged.
pub async fn connect(ports: &Ports, new: &NewLink, call: Call<'_>) -> PortResult<Link> {
    sensible(new)?;
    several(new)?;
    followable(ports, new).await?;
    by_hand::sensible(new.writes, (new.mode, new.externals))?;
    if let (Writes::ByHand, Target::New(_) | Target::Pending(_)) = (new.writes, &new.target) {
        return Err(by_hand::creates_no_group());
    }
    permitted(ports, new, call).await?;
    let Chosen { id, name, made_at, to_make } = chosen::first(ports, new, call).await?;
    let more = chosen::further(ports, (new, &id), call).await?;
    let link = Link {
        id: new.id.clone(),
        list: new.list.clone(),
        group: id,
        group_name: name,
        to_make,
        more,
        tenant: new.tenant.clone(),
        mode: new.mode,
        extras: new.extras,
        first_merge: new.first_merge,
        every: new.every,
        externals: new.externals,
        max_removals: new.max_removals,
        members: new.members.clone(),
        group_made_at: made_at,
        made_at: Some(ports.clock.now()),
        writes: new.writes,
        voucher: new.voucher,
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
        (Mode::GroupToList, _, _, Externals::Invite) => refuse(
            "invite_group_to_list",
            "a group-to-list link never adds to the group, so there is nobody to invite",
            "leave --externals out, or choose --mode list-to-group or two-way",
        ),
        _ => Ok(()),
    }
}

/// Several groups can feed a list, and in no other mode is there a meaning to them.
fn several(new: &NewLink) -> PortResult<()> {
    let refuse = |code: &str, message: String, hint: &str| {
        Err(PortError::new(Fault::Rejected, code, message).with_hint(hint))
    };
    match (&new.target, new.mode) {
        _ if new.more.is_empty() => Ok(()),
        (Target::New(_) | Target::Pending(_), _) => refuse(
            "several_groups_new",
            "a group that is created cannot feed a list beside others".to_owned(),
            "name only groups that are there, with --mode group-to-list",
        ),
        (_, mode @ (Mode::TwoWay | Mode::ListToGroup)) => refuse(
            "several_groups",
            format!(
                "a {mode} link has one group: with several, no change of the list would say which is meant"
            ),
            "choose --mode group-to-list, and the list takes the members of all of them; or link one group",
        ),
        (Target::Existing(_), Mode::GroupToList) if new.more.len() >= SOURCES => refuse(
            "too_many_groups",
            format!("{} groups are too many for one list: {SOURCES} can feed it", new.more.len() + 1),
            "put some of them into one group, and link that: the people of nested groups are taken too",
        ),
        (Target::Existing(_), Mode::GroupToList) => Ok(()),
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

/// Judges what the credential carries, and whether anybody can be told to be external where externals are invited.
async fn permitted(ports: &Ports, new: &NewLink, call: Call<'_>) -> PortResult<()> {
    let mode = match (new.writes, new.asker) {
        (Writes::Direct, Asker::Runner) => new.mode,
        // The runs only read the group, or another credential writes it.
        (Writes::ByHand, _) | (_, Asker::Reader) => Mode::GroupToList,
    };
    let mut needs = needs(mode, new.externals, new.members.shared_mailboxes);
    if let (Target::New(_) | Target::Pending(_), Asker::Runner) = (&new.target, new.asker) {
        needs.push(Need::CreateGroups);
    }
    demand(ports, call, &needs).await?;
    if new.externals == Externals::Invite && ports.settings.settings().await?.internal_domains.is_empty() {
        return match ports.directory.domains(call).await {
            Ok(domains) if !domains.is_empty() => Ok(()),
            _ => Err(PortError::new(
                Fault::Rejected,
                "internal_domains_unknown",
                "guests are invited under external addresses, and the tenant's own domains are not known",
            )
            .with_hint("set them first: listsync settings set internal-domains contoso.com,contoso.de")),
        };
    }
    Ok(())
}

/// Refuses a group whose kind no run of this mode could write.
///
/// # Errors
/// [`Fault::Rejected`] with the reason and with what would work instead.
pub(crate) fn writable(mode: Mode, group: &Group) -> PortResult<()> {
    match group.kind.refusal() {
        Some(KindRefusal { code, why, instead }) if mode.writes(Side::Group) => {
            Err(PortError::new(Fault::Rejected, code, format!("group {} cannot be written: {why}", group.id))
                .with_hint(instead))
        }
        _ => Ok(()),
    }
}
