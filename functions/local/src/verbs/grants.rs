//! Whether the credential may do what the links need: one check per permission.

use std::collections::BTreeSet;

use listsync_core::link::{Externals, Mode, SharedMailboxes};
use listsync_engine::{
    Ports,
    permissions::{needs, needs_of},
    ports::{Call, Grant, Granted, LinkState, Need, PortResult},
};

use super::doctor::{Check, State};

/// What is shown in any case, as it may be needed for what a person does next.
const OPTIONAL: [Need; 6] = [
    Need::CreateGroups,
    Need::InviteGuests,
    Need::ReadMailboxes,
    Need::ReadHiddenMembers,
    Need::HearChanges,
    Need::SendMail,
];

/// One check per need: of the links that are there, or of a two-way link where there is none; and what else there is.
pub(super) async fn checks(
    ports: &Ports,
    call: Call<'_>,
    links: &[LinkState],
    hidden: Hidden,
) -> PortResult<Vec<Check>> {
    let needed = needed(links, hidden);
    let wanted: Vec<Need> =
        needed.iter().copied().chain(OPTIONAL.into_iter().filter(|need| !needed.contains(need))).collect();
    let grants = ports.directory.grants(call, &wanted).await?;
    let each = grants.iter().map(|grant| check(grant, needed.contains(&grant.need)));
    Ok(consent(&grants).into_iter().chain(each).collect())
}

/// A token that shows what it carries, and carries nothing, is that of an app to which nobody consented.
fn consent(grants: &[Grant]) -> Option<Check> {
    grants.iter().all(|grant| grant.by == Granted::Missing).then(|| {
        Check::new(
            "permission",
            State::Fail,
            "the token carries none of the permissions that listsync knows: was admin consent given?",
            "in Entra: App registrations > your app > API permissions: Grant admin consent, and wait some minutes",
        )
    })
}

/// Whether any linked group hides its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// One does.
    Some,
    /// None does.
    None,
}

fn needed(links: &[LinkState], hidden: Hidden) -> BTreeSet<Need> {
    let mut needed: BTreeSet<Need> = links.iter().flat_map(|state| needs_of(&state.link)).collect();
    if needed.is_empty() {
        needed.extend(needs(Mode::TwoWay, Externals::Match, SharedMailboxes::Sync));
    }
    if needed.contains(&Need::WriteMembers) {
        needed.remove(&Need::ReadMembers);
    }
    if hidden == Hidden::Some {
        needed.insert(Need::ReadHiddenMembers);
    }
    needed
}

fn check(grant: &Grant, is_needed: bool) -> Check {
    let Grant { need, least, by } = grant;
    match by {
        Granted::Least => Check::ok("permission", format!("{least} is granted ({need})")),
        Granted::Broader(instead) => Check::ok(
            "permission",
            format!("{instead} is granted and counts for {least}, which would be enough ({need})"),
        ),
        Granted::Untold => {
            let message = format!("whether {least} is granted cannot be read off the token ({need})");
            Check::new("permission", State::Warn, message, "see whether a sync is refused")
        }
        Granted::Missing => {
            let (state, hint) =
                if is_needed { (State::Fail, grant.remedy()) } else { (State::Ok, String::new()) };
            Check::new("permission", state, format!("{least} is not granted ({need})"), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(by: Granted, is_needed: bool) -> State {
        check(&Grant { need: Need::ReadPeople, least: "User.Read.All", by }, is_needed).state
    }

    #[test]
    fn least_privilege_and_broader_roles_are_both_enough() {
        assert_eq!(state(Granted::Least, true), State::Ok);
        assert_eq!(state(Granted::Broader("Directory.Read.All"), true), State::Ok);
    }

    #[test]
    fn what_a_sync_needs_and_lacks_is_named_and_what_it_does_not_need_is_no_failure() {
        assert_eq!(state(Granted::Missing, true), State::Fail);
        assert_eq!(state(Granted::Missing, false), State::Ok);
        let grant = Grant { need: Need::ReadPeople, least: "User.Read.All", by: Granted::Missing };
        assert!(check(&grant, true).hint.contains("User.Read.All"));
    }

    #[test]
    fn only_a_token_that_carries_nothing_at_all_is_asked_for_consent() {
        let grant = |by| Grant { need: Need::ReadPeople, least: "User.Read.All", by };
        let asked = consent(&[grant(Granted::Missing), grant(Granted::Missing)]).expect("nothing is granted");
        assert_eq!(asked.state, State::Fail);
        assert!(asked.message.contains("was admin consent given?"));
        assert_eq!(consent(&[grant(Granted::Missing), grant(Granted::Least)]), None);
        assert_eq!(consent(&[grant(Granted::Untold), grant(Granted::Untold)]), None);
    }

    #[test]
    fn a_deployment_without_links_is_judged_as_for_a_two_way_link() {
        assert_eq!(needed(&[], Hidden::None), [Need::WriteMembers, Need::ReadPeople].into());
        assert!(needed(&[], Hidden::Some).contains(&Need::ReadHiddenMembers));
    }
}
