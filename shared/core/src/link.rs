//! What a person set up: one list, one group, and how they are kept in step.

mod beside;
mod patch;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    linkable::Voucher,
    new_group::NewGroup,
    settings::Protected,
};

pub use self::{
    beside::{Clash, may_stand},
    patch::LinkPatch,
};
pub use crate::limit::RemovalLimit;

/// One of the two memberships that a link keeps in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The contact list.
    List,
    /// The directory group.
    Group,
}

impl Side {
    /// The opposite side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::List => Self::Group,
            Self::Group => Self::List,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Group => "group",
        })
    }
}

/// Which side follows which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Each side takes the other's changes.
    TwoWay,
    /// The group follows the list.
    ListToGroup,
    /// The list follows the group.
    GroupToList,
}

impl Mode {
    /// Whether a run may change this side.
    #[must_use]
    pub fn writes(self, side: Side) -> bool {
        match self {
            Self::TwoWay => true,
            Self::ListToGroup => side == Side::Group,
            Self::GroupToList => side == Side::List,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoWay => "two-way",
            Self::ListToGroup => "list-to-group",
            Self::GroupToList => "group-to-list",
        })
    }
}

/// In a one-way mode: what becomes of members that only the written side has and that we did not put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extras {
    /// They stay.
    #[default]
    Keep,
    /// They go, once a person has approved the first such removal.
    Remove,
}

/// How two memberships that never met are brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstMerge {
    /// Everybody of either side is on both afterwards; nobody is removed.
    #[default]
    Union,
    /// The list wins: who is only in the group leaves it, once a person has approved that.
    List,
    /// The group wins: who is only on the list leaves it, once a person has approved that.
    Group,
}

/// What is done with a contact whose domain is not one of the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Externals {
    /// Added when the directory has a guest for the address, else skipped.
    #[default]
    Match,
    /// As `Match`, and a guest is invited where there is none.
    Invite,
    /// Never looked up.
    Skip,
}

/// What is done with accounts that several people, or none, stand behind: shared mailboxes, rooms and equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedMailboxes {
    /// They are members as anybody.
    #[default]
    Sync,
    /// They are added to neither side. Each account that is to be added is asked for the purpose of its mailbox.
    Skip,
}

/// What is done with agents: software that has a user's account, and with it addresses and memberships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agents {
    /// They are left alone: added to neither side, and removed from none as extras. Who was in step before stays so.
    #[default]
    Skip,
    /// They are members as anybody.
    Keep,
}

/// What is special about the members of one link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberRules {
    /// What is done with shared mailboxes.
    pub shared_mailboxes: SharedMailboxes,
    /// What is done with agents.
    pub agents: Agents,
    /// Who is never removed, besides those that the settings protect.
    pub protected: Protected,
}

/// Who carries out what is planned for the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writes {
    /// The run itself.
    #[default]
    Direct,
    /// A person, from the handout of the plan: the run needs no right to write.
    ByHand,
}

impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::ByHand => "by-hand",
        })
    }
}

/// Whether a link's first run has finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not yet: nobody is removed.
    #[default]
    First,
    /// It has.
    Steady,
}

/// Why a link was stopped for safety.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HaltReason {
    /// Two continuations in a row made no progress.
    NoProgress,
    /// The group that it was to have could not be made as it was asked for.
    NoGroup,
}

impl fmt::Display for HaltReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoProgress => "two continuations in a row made no progress",
            Self::NoGroup => "its group could not be made, its last run says why",
        })
    }
}

/// Whether a link is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum LinkStatus {
    /// Run when due.
    #[default]
    Active,
    /// Stopped because a person asked.
    Paused,
    /// Stopped for safety until a person resumes it.
    Halted(HaltReason),
}

impl fmt::Display for LinkStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("active"),
            Self::Paused => f.write_str("paused"),
            Self::Halted(reason) => write!(f, "halted: {reason}"),
        }
    }
}

/// A group that feeds a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its object id.
    pub group: GroupId,
    /// Its name when the link was made, for people.
    pub name: String,
}

/// So many groups feed one list at most: each costs a request in every run.
pub const SOURCES: usize = 20;

/// One configured pairing of a list and a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The list.
    pub list: ListId,
    /// The group, by object id; while it is still to be made, what stands for it (see [`crate::new_group::stand_in`]).
    pub group: GroupId,
    /// The group's name when the link was made, for people.
    pub group_name: String,
    /// The group that the next run makes before anything else; none: it is there. Such a link is called pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_make: Option<NewGroup>,
    /// Further groups that feed the list: only in the mode group-to-list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Source>,
    /// The tenant that the group is of.
    pub tenant: TenantId,
    /// Which side follows which.
    pub mode: Mode,
    /// What becomes of extras in a one-way mode.
    #[serde(default)]
    pub extras: Extras,
    /// How the first run brings both sides together.
    #[serde(default)]
    pub first_merge: FirstMerge,
    /// How often it is due; none: as the settings say.
    #[serde(default)]
    pub every: Option<Duration>,
    /// How long what was written or newly seen outranks one read that contradicts it; none: as the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_window: Option<Duration>,
    /// What is done with external contacts.
    #[serde(default)]
    pub externals: Externals,
    /// How many removals go on without a person; none: as the settings say.
    #[serde(default)]
    pub max_removals: Option<RemovalLimit>,
    /// How long whoever left the list stays in the group, unless they come back; zero: not at all.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub grace: Duration,
    /// What is special about members of this link.
    #[serde(default)]
    pub members: MemberRules,
    /// When the group was created for the link: for a while after it the directory may not find the group.
    #[serde(default)]
    pub group_made_at: Option<Timestamp>,
    /// When the link was made; none: before this was kept, or it was linked anew since, and unites both sides once more.
    #[serde(default)]
    pub made_at: Option<Timestamp>,
    /// Who carries out what is planned for the group.
    #[serde(default)]
    pub writes: Writes,
    /// Who answers for it that these groups are linked.
    #[serde(default)]
    pub voucher: Voucher,
    /// Whether it is run.
    #[serde(default)]
    pub status: LinkStatus,
}

impl Link {
    /// Whether its runs write the group themselves, and so need the right to.
    #[must_use]
    pub fn writes_group(&self) -> bool {
        self.mode.writes(Side::Group) && self.writes == Writes::Direct
    }

    /// Its groups: the first, and further ones that feed the list with it. One that is still to be made is none yet.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        let first = (!self.is_pending()).then_some(&self.group);
        first.into_iter().chain(self.more.iter().map(|source| &source.group))
    }

    /// The names of its groups, for people.
    #[must_use]
    pub fn group_names(&self) -> String {
        let more = self.more.iter().map(|source| source.name.as_str());
        std::iter::once(self.group_name.as_str()).chain(more).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_were_stored_before_agents_were_known_leave_them_alone() {
        let stored = r#"{"shared_mailboxes":"skip","protected":{"owners":"protected"}}"#;
        let rules: MemberRules = serde_json::from_str(stored).expect("rules");
        assert_eq!((rules.shared_mailboxes, rules.agents), (SharedMailboxes::Skip, Agents::Skip));
    }
}
