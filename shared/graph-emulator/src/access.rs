//! Application permissions: which roles of a token allow what.
//!
//! From the permission tables of the API reference; broader roles are accepted where Graph accepts them.

use std::collections::BTreeSet;

use crate::errors::Refusal;
use crate::state::{Kind, ObjectId};

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) app_id: String,
    pub(crate) service_principal: ObjectId,
    pub(crate) roles: BTreeSet<String>,
}

pub(crate) const GROUP_READ: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Rights on members alone will not do (the page "Create subscription").
pub(crate) const SUBSCRIBE_GROUPS: &[&str] =
    &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const MEMBER_WRITE: &[&str] =
    &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// The page "Get onPremisesSyncBehavior" names this one alone for groups.
pub(crate) const SYNC_BEHAVIOR: &[&str] = &["Group-OnPremisesSyncBehavior.ReadWrite.All"];
pub(crate) const GROUP_WRITE: &[&str] = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// Deleted groups are shown to whoever may read all of a group, not only its members.
pub(crate) const DELETED_GROUP_READ: &[&str] =
    &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const GROUP_CREATE: &[&str] = &["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const USER_READ: &[&str] =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const USER_BASIC: &[&str] = &["User.ReadBasic.All"];
pub(crate) const USER_WRITE: &[&str] = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const USER_INVITE: &[&str] = &["User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const CONTACT_READ: &[&str] =
    &["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const DEVICE_READ: &[&str] =
    &["Device.Read.All", "Device.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const DEVICE_WRITE: &[&str] = &["Device.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const APPLICATION_READ: &[&str] =
    &["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const APPLICATION_WRITE: &[&str] = &["Application.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const ORGANIZATION_READ: &[&str] =
    &["Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const MAILBOX_READ: &[&str] = &["MailboxSettings.Read", "MailboxSettings.ReadWrite"];
/// No other permission sends as any mailbox (the page "user: sendMail").
pub(crate) const MAIL_SEND: &[&str] = &["Mail.Send"];
pub(crate) const HIDDEN_READ: &[&str] = &["Member.Read.Hidden"];
pub(crate) const ROLE_GROUPS: &[&str] = &["RoleManagement.ReadWrite.Directory"];

/// How much of an object the caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Full,
    Basic,
    /// Only that it is there: its type and id.
    Outline,
}

impl Caller {
    pub(crate) fn has(&self, any_of: &[&str]) -> bool {
        any_of.iter().any(|role| self.roles.contains(*role))
    }

    pub(crate) fn need(&self, any_of: &[&str]) -> Result<(), Refusal> {
        if self.has(any_of) { Ok(()) } else { Err(Refusal::denied()) }
    }

    pub(crate) fn sight(&self, kind: Kind) -> Sight {
        let read = match kind {
            Kind::User => USER_READ,
            Kind::Group => GROUP_READ,
            Kind::Device => DEVICE_READ,
            Kind::ServicePrincipal => APPLICATION_READ,
            Kind::OrgContact => CONTACT_READ,
        };
        if self.has(read) {
            Sight::Full
        } else if kind == Kind::User && self.has(USER_BASIC) {
            Sight::Basic
        } else {
            Sight::Outline
        }
    }
}
