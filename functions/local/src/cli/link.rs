use std::time::Duration;

use clap::{ArgGroup, ValueEnum};
use listsync_core::{
    duration,
    link::{Agents, Externals, Extras, FirstMerge, Mode, RemovalLimit, SharedMailboxes, Writes},
};
use listsync_engine::ports::Visibility;
use listsync_http::documents::link::LinkChange;

use super::OneLink;

/// What `listsync link` takes.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("which").required(true).args(["group", "new_group"])))]
pub(crate) struct LinkArgs {
    /// The list's name or id.
    pub(crate) list: String,
    /// An existing group: its object id or unique name. With --mode group-to-list it may be repeated: the list then has
    /// whoever is in any of them.
    #[arg(long)]
    pub(crate) group: Vec<String>,
    /// Create a group of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) new_group: Option<String>,
    /// With --new-group: make it also where a group of that name is there already. Without it a person is asked, and a script
    /// is refused.
    #[arg(long, conflicts_with = "group")]
    pub(crate) yes: bool,
    /// The kind of group to create: m365 (welcome mail off) unless given.
    #[arg(long, conflicts_with = "group")]
    pub(crate) kind: Option<NewGroupKindArg>,
    /// Who may join the created Microsoft 365 group by themselves: private (nobody) unless given.
    #[arg(long, conflicts_with = "group")]
    pub(crate) visibility: Option<VisibilityArg>,
    /// An owner of the created group, by user principal name; may be repeated.
    #[arg(long, conflicts_with = "group", value_name = "UPN")]
    pub(crate) owner: Vec<String>,
    /// Which side follows which.
    #[arg(long, default_value = "two-way")]
    pub(crate) mode: ModeArg,
    /// In a one-way mode: what becomes of members that only the written side has.
    #[arg(long, default_value = "keep")]
    pub(crate) extras: ExtrasArg,
    /// How the first run brings both sides together; where one side wins, its removals ask for approval.
    #[arg(long, default_value = "union")]
    pub(crate) first_merge: FirstMergeArg,
    /// How often it is due, such as 15m; else as the settings say.
    #[arg(long, value_parser = duration::parse_interval, value_name = "TIME")]
    pub(crate) every: Option<Duration>,
    /// What is done with contacts outside the internal domains.
    #[arg(long, default_value = "match")]
    pub(crate) externals: ExternalsArg,
    /// How many removals of one side within 24 hours go on without a person: 20%, 500 or off; else as the settings say.
    #[arg(long, value_name = "LIMIT")]
    pub(crate) max_removals: Option<RemovalLimit>,
    /// How long what was written or newly seen outranks one read that contradicts it, such as 30m; else as the settings say.
    #[arg(long, value_parser = duration::parse, value_name = "TIME")]
    pub(crate) settle_window: Option<Duration>,
    /// How long whoever left the list stays in the group, unless they come back, such as 7d.
    #[arg(long, value_parser = duration::parse_wait, default_value = "off", value_name = "TIME")]
    pub(crate) grace: Duration,
    /// What is done with shared mailboxes, rooms and equipment.
    #[arg(long, default_value = "sync")]
    pub(crate) shared_mailboxes: SharedMailboxesArg,
    /// What is done with agents: software that has a user's account.
    #[arg(long, default_value = "skip")]
    pub(crate) agents: AgentsArg,
    /// Somebody who is never removed: an address, an object id, or "owners" for the group's owners; may be repeated.
    #[arg(long, value_name = "WHO")]
    pub(crate) protect: Vec<String>,
    /// Who carries out what is planned for the group.
    #[arg(long, default_value = "direct")]
    pub(crate) writes: WritesArg,
}

/// What `listsync links edit` takes: what is not named stays.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args([
    "every", "settle_window", "max_removals", "grace", "extras", "externals", "shared_mailboxes", "agents", "protect",
    "protect_nobody", "writes",
])))]
pub(crate) struct LinkEditArgs {
    #[command(flatten)]
    pub(crate) link: OneLink,
    /// How often it is due, such as 15m, or as-settings.
    #[arg(long, value_name = "TIME")]
    pub(crate) every: Option<String>,
    /// How long what was written or newly seen outranks one read that contradicts it, such as 30m, or as-settings.
    #[arg(long, value_name = "TIME")]
    pub(crate) settle_window: Option<String>,
    /// How many removals of one side within 24 hours go on without a person: 20%, 500, off, or as-settings.
    #[arg(long, value_name = "LIMIT")]
    pub(crate) max_removals: Option<String>,
    /// How long whoever left the list stays in the group, unless they come back, such as 7d, or off.
    #[arg(long, value_name = "TIME")]
    pub(crate) grace: Option<String>,
    /// In a one-way mode: what becomes of members that only the written side has.
    #[arg(long)]
    pub(crate) extras: Option<ExtrasArg>,
    /// What is done with contacts outside the internal domains.
    #[arg(long)]
    pub(crate) externals: Option<ExternalsArg>,
    /// What is done with shared mailboxes, rooms and equipment.
    #[arg(long)]
    pub(crate) shared_mailboxes: Option<SharedMailboxesArg>,
    /// What is done with agents: software that has a user's account.
    #[arg(long)]
    pub(crate) agents: Option<AgentsArg>,
    /// Somebody who is never removed, in place of those who were named before: an address, an object id, or "owners"; may
    /// be repeated.
    #[arg(long, value_name = "WHO")]
    pub(crate) protect: Vec<String>,
    /// Protect nobody but those whom the settings name.
    #[arg(long, conflicts_with = "protect")]
    pub(crate) protect_nobody: bool,
    /// Who carries out what is planned for the group.
    #[arg(long)]
    pub(crate) writes: Option<WritesArg>,
}

impl From<&LinkEditArgs> for LinkChange {
    fn from(args: &LinkEditArgs) -> Self {
        let named = args.protect_nobody || !args.protect.is_empty();
        Self {
            every: args.every.clone(),
            settle_window: args.settle_window.clone(),
            max_removals: args.max_removals.clone(),
            grace: args.grace.clone(),
            extras: args.extras.map(Extras::from),
            externals: args.externals.map(Externals::from),
            shared_mailboxes: args.shared_mailboxes.map(SharedMailboxes::from),
            agents: args.agents.map(Agents::from),
            protected: named.then(|| args.protect.clone()),
            writes: args.writes.map(Writes::from),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum VisibilityArg {
    /// Nobody joins who is not added.
    Private,
    /// Everybody of the tenant may join, and comes onto the list so.
    Public,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SharedMailboxesArg {
    /// They are members as anybody.
    Sync,
    /// They are added to neither side; needs MailboxSettings.Read.
    Skip,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AgentsArg {
    /// They are left alone: added to neither side, and counted in the summary.
    Skip,
    /// They are members as anybody.
    Keep,
}

impl From<AgentsArg> for Agents {
    fn from(arg: AgentsArg) -> Self {
        match arg {
            AgentsArg::Skip => Self::Skip,
            AgentsArg::Keep => Self::Keep,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WritesArg {
    /// Each sync does.
    Direct,
    /// A person does, from the output of 'listsync handout'; listsync needs no right to write.
    ByHand,
}

impl From<WritesArg> for Writes {
    fn from(arg: WritesArg) -> Self {
        match arg {
            WritesArg::Direct => Self::Direct,
            WritesArg::ByHand => Self::ByHand,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum NewGroupKindArg {
    /// A Microsoft 365 group, with its welcome mail off.
    M365,
    /// A security group.
    Security,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ModeArg {
    /// Each side takes the other's changes.
    TwoWay,
    /// The group follows the list.
    ListToGroup,
    /// The list follows the group.
    GroupToList,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExtrasArg {
    /// They stay.
    Keep,
    /// They go, once the first such removal was approved.
    Remove,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FirstMergeArg {
    /// Everybody of either side is on both.
    Union,
    /// The list wins.
    List,
    /// The group wins.
    Group,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExternalsArg {
    /// Added when there is a guest for the address.
    Match,
    /// As match, and a guest is invited where there is none, without a mail to them; needs User.Invite.All.
    Invite,
    /// Left out.
    Skip,
}

impl From<SharedMailboxesArg> for SharedMailboxes {
    fn from(arg: SharedMailboxesArg) -> Self {
        match arg {
            SharedMailboxesArg::Sync => Self::Sync,
            SharedMailboxesArg::Skip => Self::Skip,
        }
    }
}

impl From<VisibilityArg> for Visibility {
    fn from(arg: VisibilityArg) -> Self {
        match arg {
            VisibilityArg::Private => Self::Private,
            VisibilityArg::Public => Self::Public,
        }
    }
}

impl From<ModeArg> for Mode {
    fn from(arg: ModeArg) -> Self {
        match arg {
            ModeArg::TwoWay => Self::TwoWay,
            ModeArg::ListToGroup => Self::ListToGroup,
            ModeArg::GroupToList => Self::GroupToList,
        }
    }
}

impl From<ExtrasArg> for Extras {
    fn from(arg: ExtrasArg) -> Self {
        match arg {
            ExtrasArg::Keep => Self::Keep,
            ExtrasArg::Remove => Self::Remove,
        }
    }
}

impl From<FirstMergeArg> for FirstMerge {
    fn from(arg: FirstMergeArg) -> Self {
        match arg {
            FirstMergeArg::Union => Self::Union,
            FirstMergeArg::List => Self::List,
            FirstMergeArg::Group => Self::Group,
        }
    }
}

impl From<ExternalsArg> for Externals {
    fn from(arg: ExternalsArg) -> Self {
        match arg {
            ExternalsArg::Match => Self::Match,
            ExternalsArg::Invite => Self::Invite,
            ExternalsArg::Skip => Self::Skip,
        }
    }
}
