//! What a link needs the credential to be allowed, and what is said where that lacks.

use listsync_core::link::{Externals, Link, Mode, SharedMailboxes, Side};

use crate::{
    Ports,
    ports::{Call, Fault, Grant, Granted, Group, Membership, Need, PortError, PortResult},
};

/// What every run of such a link needs, the least that it takes.
#[must_use]
pub fn needs(mode: Mode, externals: Externals, mailboxes: SharedMailboxes) -> Vec<Need> {
    let members = if mode.writes(Side::Group) { Need::WriteMembers } else { Need::ReadMembers };
    let invite = mode.writes(Side::Group) && externals == Externals::Invite;
    let mailboxes = mailboxes == SharedMailboxes::Skip;
    let optional = [(invite, Need::InviteGuests), (mailboxes, Need::ReadMailboxes)];
    let optional = optional.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, need)| need);
    [members, Need::ReadPeople].into_iter().chain(optional).collect()
}

/// The same of a link that is there.
#[must_use]
pub fn needs_of(link: &Link) -> Vec<Need> {
    // Where a person writes the group, the runs only read it.
    let mode = if link.writes_group() { link.mode } else { Mode::GroupToList };
    needs(mode, link.externals, link.members.shared_mailboxes)
}

/// Refuses where the credential is known to lack any of these. A broader permission than the least counts, and a
/// credential that does not show what it carries is tried.
///
/// # Errors
/// [`Fault::Denied`] with each missing permission and the least one that suffices.
pub async fn demand(ports: &Ports, call: Call<'_>, needs: &[Need]) -> PortResult<()> {
    let grants = ports.directory.grants(call, needs).await?;
    let missing: Vec<&Grant> = grants.iter().filter(|grant| grant.by == Granted::Missing).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let named: Vec<String> =
        missing.iter().map(|grant| format!("{} ({})", grant.least, grant.need)).collect();
    let message = format!("the app lacks a permission, at the least: {}", named.join(", "));
    let hint = match missing.as_slice() {
        [only] => only.remedy(),
        _ => format!("{}; the same for the others", first.remedy()),
    };
    Err(PortError::new(Fault::Denied, "permission_missing", message).with_hint(hint))
}

/// Refuses a group that hides its members from this credential: it would look empty, as though everybody had left.
///
/// # Errors
/// [`Fault::Denied`] with the permission that it takes.
pub async fn demand_sight(ports: &Ports, call: Call<'_>, group: &Group) -> PortResult<()> {
    match group.membership {
        Membership::Shown => Ok(()),
        Membership::Hidden => demand(ports, call, &[Need::ReadHiddenMembers]).await.map_err(|error| {
            let message = format!("group {} hides its members, and {}", group.id, error.message);
            PortError { message, code: "group_hidden".to_owned(), ..error }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_only_reads_the_group_needs_no_right_to_write_or_invite() {
        assert_eq!(
            needs(Mode::GroupToList, Externals::Invite, SharedMailboxes::Sync),
            [Need::ReadMembers, Need::ReadPeople]
        );
        assert_eq!(
            needs(Mode::TwoWay, Externals::Invite, SharedMailboxes::Skip),
            [Need::WriteMembers, Need::ReadPeople, Need::InviteGuests, Need::ReadMailboxes]
        );
    }
}
