use std::fmt;

/// Something that the credential must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Read who is in a group.
    ReadMembers,
    /// Change who is in a group.
    WriteMembers,
    /// Find people by their addresses.
    ReadPeople,
    /// Create groups.
    CreateGroups,
    /// Invite guests.
    InviteGuests,
    /// Read who is in a group that hides its members.
    ReadHiddenMembers,
    /// Tell shared mailboxes from people.
    ReadMailboxes,
    /// Be told of changes in groups.
    HearChanges,
    /// Send mail.
    SendMail,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadMembers => "to read the members of groups",
            Self::WriteMembers => "to read and write the members of groups",
            Self::ReadPeople => "to find people by their addresses",
            Self::CreateGroups => "only for 'link --new-group'",
            Self::InviteGuests => "only for links with '--externals invite'",
            Self::ReadHiddenMembers => "only for groups that hide their members",
            Self::ReadMailboxes => "only for links with '--shared-mailboxes skip'",
            Self::HearChanges => "only to hear of changes in groups at once",
            Self::SendMail => "only for 'LISTSYNC_ALERTS_MAIL=graph'",
        })
    }
}

/// Whether the credential may do one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What.
    pub need: Need,
    /// The least permission that suffices, by its name in the directory.
    pub least: &'static str,
    /// The permission that grants it.
    pub by: Granted,
}

/// How a need is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// By the least permission.
    Least,
    /// By this broader one.
    Broader(&'static str),
    /// Not at all.
    Missing,
    /// The credential does not show what it carries.
    Untold,
}

impl Grant {
    /// What an operator does about a missing one.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!(
            "in Entra: App registrations > your app > API permissions > Microsoft Graph > Application permissions: add {} \
             and grant admin consent",
            self.least
        )
    }
}
