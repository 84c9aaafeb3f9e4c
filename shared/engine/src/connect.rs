//! Linking a list and a group: judged before anything is saved.

use std::time::Duration;

use listsync_core::{
    id::{LinkId, ListId, TenantId},
    link::{
        Externals, Extras, FirstMerge, Link, LinkPatch, LinkStatus, MemberRules, Mode, RemovalLimit, SOURCES,
        SharedMailboxes, Side, Writes, may_stand,
    },
    linkable::Voucher,
};

use crate::{
    Ports, by_hand,
    chosen::{self, Chosen},
    permissions::{demand, needs},
    ports::{
        Call, Fault, Group, GroupQuery, KindRefusal, LinkEdit, LinkState, ListNames, Need, NewGroup,
        PortError, PortResult,
    },
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
    /// How long what was written or newly seen outranks one read that contradicts it.
    pub settle_window: Option<Duration>,
    /// What is done with external contacts.
    pub externals: Externals,
    /// How many removals go on without a person.
    pub max_removals: Option<RemovalLimit>,
    /// How long whoever left the list stays in the group.
    pub grace: Duration,
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
    let kind = Kind::of_new(new);
    kind.sensible()?;
    gracious(new.mode, new.grace)?;
    several(new)?;
    beforehand(ports, new).await?;
    if let (Writes::ByHand, Target::New(_) | Target::Pending(_)) = (new.writes, &new.target) {
        return Err(by_hand::creates_no_group());
    }
    let creates = matches!(new.target, Target::New(_) | Target::Pending(_)) && new.asker == Asker::Runner;
    let more: &[Need] = if creates { &[Need::CreateGroups] } else { &[] };
    kind.permitted(ports, (new.asker, more), call).await?;
    let chosen = chosen::first(ports, new, call).await?;
    let more = chosen::further(ports, (new, &chosen.id), call).await?;
    let link = Link { more, made_at: Some(ports.clock.now()), ..new.link(chosen) };
    ports.links.create(&link, ports.clock.now()).await?;
    Ok(link)
}

impl NewLink {
    /// The link of this group.
    fn link(&self, Chosen { id, name, made_at, to_make }: Chosen) -> Link {
        Link {
            id: self.id.clone(),
            list: self.list.clone(),
            group: id,
            group_name: name,
            to_make,
            more: Vec::new(),
            tenant: self.tenant.clone(),
            mode: self.mode,
            extras: self.extras,
            first_merge: self.first_merge,
            every: self.every,
            settle_window: self.settle_window,
            externals: self.externals,
            max_removals: self.max_removals,
            grace: self.grace,
            members: self.members.clone(),
            group_made_at: made_at,
            made_at: None,
            writes: self.writes,
            voucher: self.voucher,
            status: LinkStatus::Active,
        }
    }
}

/// Changes how a link that is there does what it does; the link as it is now.
///
/// # Errors
/// As [`connect`] of a link of that kind, or when it is gone. Nothing is changed then.
pub async fn change(
    ports: &Ports,
    id: &LinkId,
    patch: &LinkPatch,
    asker: Asker,
    call: Call<'_>,
) -> PortResult<LinkState> {
    let gone = || PortError::new(Fault::Gone, "no_such_link", format!("there is no link {id}"));
    let before = ports.links.load(id).await?.ok_or_else(gone)?.link;
    let after = before.patched(patch);
    let kind = Kind::of(&after);
    kind.sensible()?;
    gracious(after.mode, after.grace)?;
    if after.writes == Writes::ByHand && after.is_pending() {
        return Err(by_hand::creates_no_group());
    }
    if kind != Kind::of(&before) {
        kind.permitted(ports, (asker, &[]), call).await?;
    }
    ports.links.edit(id, &LinkEdit::Change(patch.clone()), ports.clock.now()).await?;
    ports.links.load(id).await?.ok_or_else(gone)
}

/// What of a link decides whether it makes sense, and which permissions its runs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    mode: Mode,
    extras: Extras,
    first_merge: FirstMerge,
    externals: Externals,
    mailboxes: SharedMailboxes,
    writes: Writes,
}

impl Kind {
    fn of_new(new: &NewLink) -> Self {
        let NewLink { mode, extras, first_merge, externals, writes, .. } = *new;
        Self { mode, extras, first_merge, externals, mailboxes: new.members.shared_mailboxes, writes }
    }

    fn of(link: &Link) -> Self {
        let Link { mode, extras, first_merge, externals, writes, .. } = *link;
        Self { mode, extras, first_merge, externals, mailboxes: link.members.shared_mailboxes, writes }
    }

    fn sensible(self) -> PortResult<()> {
        let refuse = |code: &str, message: &str, hint: &str| {
            Err(PortError::new(Fault::Rejected, code, message).with_hint(hint))
        };
        match (self.mode, self.extras, self.first_merge, self.externals) {
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
            _ => by_hand::sensible(self.writes, (self.mode, self.externals)),
        }
    }

    /// Judges what the credential carries, and whether anybody can be told to be external where externals are invited.
    async fn permitted(
        self,
        ports: &Ports,
        (asker, more): (Asker, &[Need]),
        call: Call<'_>,
    ) -> PortResult<()> {
        let mode = match (self.writes, asker) {
            (Writes::Direct, Asker::Runner) => self.mode,
            // The runs only read the group, or another credential writes it.
            (Writes::ByHand, _) | (_, Asker::Reader) => Mode::GroupToList,
        };
        let mut needs = needs(mode, self.externals, self.mailboxes);
        needs.extend(more);
        demand(ports, call, &needs).await?;
        let invites = self.externals == Externals::Invite;
        if !invites || !ports.settings.settings().await?.internal_domains.is_empty() {
            return Ok(());
        }
        match ports.directory.domains(call).await {
            Ok(domains) if !domains.is_empty() => Ok(()),
            _ => Err(PortError::new(
                Fault::Rejected,
                "internal_domains_unknown",
                "guests are invited under external addresses, and the tenant's own domains are not known",
            )
            .with_hint("set them first: listsync settings set internal-domains contoso.com,contoso.de")),
        }
    }
}

/// A grace is for those whom the list has leave the group.
fn gracious(mode: Mode, grace: Duration) -> PortResult<()> {
    if grace.is_zero() || mode.writes(Side::Group) {
        return Ok(());
    }
    Err(PortError::new(
        Fault::Rejected,
        "grace_group_to_list",
        "a group-to-list link takes nobody out of the group, so there is nobody to give time to",
    )
    .with_hint("leave --grace out, or choose --mode list-to-group or two-way"))
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

/// Refuses what the store would refuse by the list alone, before the directory is asked and before a group is made that
/// nothing would then be linked to.
async fn beforehand(ports: &Ports, new: &NewLink) -> PortResult<()> {
    let links = ports.links.of_list(&new.list).await?;
    let Some(list) = ports.lists.list(&new.list).await? else { return Ok(()) };
    // Which group it will be is not known yet, so it is judged as one that is still to be made.
    let link = new.link(Chosen::unknown(new));
    let names = ListNames { new: &list.name, other: &list.name };
    may_stand(&link, &list.kind, links.iter().map(|state| &state.link))
        .map_err(|clash| PortError::link_refused(&link, clash, names))
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
