//! The application permissions of Microsoft Graph (the pages "Microsoft Graph permissions reference" and the permission
//! table of each call): the least one for each need, and the broader ones that count for it.

use std::collections::BTreeSet;

use listsync_engine::ports::{Call, Grant, Granted, Need, PortResult};

use crate::{
    deed::{SEND_MAIL, SUBSCRIBE_GROUPS},
    send::Sender,
};

struct Row {
    least: &'static str,
    broader: &'static [&'static str],
}

fn row(need: Need) -> Row {
    let (least, broader): (_, &[&str]) = match need {
        Need::ReadMembers => (
            "GroupMember.Read.All",
            &[
                "GroupMember.ReadWrite.All",
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        ),
        Need::WriteMembers => {
            ("GroupMember.ReadWrite.All", &["Group.ReadWrite.All", "Directory.ReadWrite.All"])
        }
        Need::ReadPeople => {
            ("User.Read.All", &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"])
        }
        Need::CreateGroups => ("Group.Create", &["Group.ReadWrite.All", "Directory.ReadWrite.All"]),
        Need::InviteGuests => ("User.Invite.All", &["User.ReadWrite.All", "Directory.ReadWrite.All"]),
        // No broader permission shows hidden members.
        Need::ReadHiddenMembers => ("Member.Read.Hidden", &[]),
        Need::ReadMailboxes => ("MailboxSettings.Read", &["MailboxSettings.ReadWrite"]),
        // Rights on members alone will not do (the page "Create subscription").
        Need::HearChanges => {
            (SUBSCRIBE_GROUPS, &["Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"])
        }
        Need::SendMail => (SEND_MAIL, &[]),
    };
    Row { least, broader }
}

impl Sender {
    pub(crate) async fn grants(&self, call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>> {
        let roles = self.roles(call).await?;
        Ok(needs.iter().map(|need| grant(roles.as_ref(), *need)).collect())
    }
}

/// A token that cannot be read is not blamed: Graph alone judges tokens.
fn grant(roles: Option<&BTreeSet<String>>, need: Need) -> Grant {
    let Row { least, broader } = row(need);
    let Some(roles) = roles else { return Grant { need, least, by: Granted::Untold } };
    let has = |name: &str| roles.iter().any(|role| role.eq_ignore_ascii_case(name));
    let by = match broader.iter().find(|name| has(name)) {
        _ if has(least) => Granted::Least,
        Some(instead) => Granted::Broader(instead),
        None => Granted::Missing,
    };
    Grant { need, least, by }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(roles: &[&str], need: Need) -> Granted {
        grant(Some(&roles.iter().map(|role| (*role).to_owned()).collect()), need).by
    }

    #[test]
    fn the_least_permission_and_a_broader_one_both_count() {
        assert_eq!(by(&["GroupMember.ReadWrite.All"], Need::WriteMembers), Granted::Least);
        assert_eq!(by(&["Group.ReadWrite.All"], Need::WriteMembers), Granted::Broader("Group.ReadWrite.All"));
        assert_eq!(by(&["Directory.Read.All"], Need::ReadPeople), Granted::Broader("Directory.Read.All"));
        assert_eq!(
            by(&["groupmember.readwrite.all"], Need::ReadMembers),
            Granted::Broader("GroupMember.ReadWrite.All")
        );
    }

    #[test]
    fn what_lacks_is_told_and_a_token_that_shows_nothing_is_not_blamed() {
        assert_eq!(by(&["User.ReadBasic.All"], Need::ReadPeople), Granted::Missing);
        assert_eq!(by(&["Directory.ReadWrite.All"], Need::ReadHiddenMembers), Granted::Missing);
        assert_eq!(by(&[], Need::WriteMembers), Granted::Missing);
        assert_eq!(grant(None, Need::WriteMembers).by, Granted::Untold);
    }
}
