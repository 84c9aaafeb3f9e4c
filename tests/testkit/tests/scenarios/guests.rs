//! External contacts that are invited as guests.

use std::time::Duration;

use listsync_core::{
    address::Address,
    link::{Externals, Link, Mode},
    list::{NewContact, Origin},
    summary::Outcome,
};
use listsync_engine::ports::{Clock as _, Fault, ListStore as _, PortError, code};
use listsync_graph_emulator::{GroupKind, Invitations, Settings};
use listsync_testkit::fakes::Lag;

use crate::{
    desk::{BOTH, Desk, Reading},
    office::{Office, existing},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const ROLES: [&str; 1] = ["User.Invite.All"];

async fn inviting(
    reading: Reading,
    listed: &[&str],
    settings: Settings,
) -> (Office, listsync_graph_emulator::ObjectId) {
    let mut office = Office::with(reading, &ROLES, settings).await;
    let group = office.group(GroupKind::Microsoft365, &[]);
    for address in listed {
        office.list_adds(address).await;
    }
    let mut wish = office.wish(existing(group), Mode::TwoWay);
    wish.externals = Externals::Invite;
    office.link(&wish).await.unwrap();
    (office, group)
}

fn invitations(office: &Office) -> usize {
    let journal = office.tenant.journal();
    journal.iter().filter(|entry| entry.method == "POST" && entry.path.starts_with("/invitations")).count()
}

#[test]
fn an_external_without_a_guest_is_invited_once_and_joins_in_the_same_sync() {
    for reading in BOTH {
        play(async {
            let (mut office, group) = inviting(reading, &["eva@partner.example"], Settings::default()).await;
            let plan = office.plan().await;
            assert!(plan.contains("eva@partner.example  (invited)"), "{plan}");
            assert_eq!(invitations(&office), 0, "a preview invites nobody");
            let summary = office.sync().await;
            assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 1));
            assert_eq!((summary.external.invited, summary.external.added), (1, 1));
            let eva = office.tenant.users_with("eva@partner.example")[0];
            assert_eq!(office.grouped(group), [eva].into());
            // Redeemed later: nothing changes.
            office.tenant.update_user(eva, |user| user.external_user_state = Some("Accepted".to_owned()));
            for _ in 0..2 {
                let quiet = office.wait(HOUR).await;
                assert_eq!((quiet.outcome, quiet.group.added), (Outcome::Converged, 0));
            }
            assert_eq!(invitations(&office), 1);
            // Off the list, out of the group; the guest stays in the tenant.
            office.list_adds("bob@partner.example").await;
            office.sync().await;
            office.list_removes("eva@partner.example").await;
            office.sync().await;
            assert!(!office.grouped(group).contains(&eva) && office.tenant.user(eva).is_some());
        });
    }
}

#[test]
fn nobody_is_invited_unless_the_link_says_so() {
    for reading in BOTH {
        play(async {
            let mut office = Office::with(reading, &ROLES, Settings::default()).await;
            let group = office.group(GroupKind::Microsoft365, &[]);
            office.list_adds("eva@partner.example").await;
            office.link_to(group, Mode::TwoWay).await;
            let summary = office.sync().await;
            assert_eq!(summary.skipped.get("guest_not_invited"), Some(&1));
            assert_eq!(invitations(&office), 0);
        });
    }
}

#[test]
fn an_address_that_cannot_be_invited_fails_once_and_stays_listed() {
    for reading in BOTH {
        play(async {
            let listed = ["eva+news@partner.example", "bob@partner.example"];
            let (mut office, group) = inviting(reading, &listed, Settings::default()).await;
            let summary = office.sync().await;
            assert_eq!((summary.outcome, summary.group.add_failed), (Outcome::Partial, 1));
            assert_eq!(summary.failures[0].code, "not_invitable");
            assert_eq!((summary.external.invited, office.grouped(group).len()), (1, 1));
            let again = office.sync().await;
            assert_eq!((again.outcome, again.group.add_failed), (Outcome::Waiting, 0));
            assert_eq!(again.skipped.get("not_invitable"), Some(&1));
            assert_eq!((office.listed().await.len(), invitations(&office)), (2, 1));
        });
    }
}

#[test]
fn a_guest_who_never_appears_is_reported_and_invited_again_only_after_the_backoff() {
    for reading in BOTH {
        play(async {
            let lost = Settings { invitations: Invitations::Lost, ..Settings::default() };
            let (mut office, group) = inviting(reading, &["eva@partner.example"], lost).await;
            let first = office.sync().await;
            assert_eq!((first.external.invited, first.group.added), (1, 0));
            assert_eq!(first.skipped.get("guest_invited"), Some(&1), "{first:?}");
            for _ in 0..3 {
                office.wait(Duration::from_secs(60)).await;
            }
            assert_eq!(invitations(&office), 1, "within the backoff nobody is invited twice");
            let mut failed = Vec::new();
            for _ in 0..4 {
                failed.extend(office.wait(2 * HOUR).await.failures.into_iter().map(|failure| failure.code));
            }
            assert_eq!(failed[0], "invited_absent");
            office.tenant.configure(|settings| settings.invitations = Invitations::Kept);
            // The second invitation is given up as the first was, before a third is sent.
            for _ in 0..6 {
                office.wait(DAY).await;
            }
            assert_eq!(office.grouped(group).len(), 1);
        });
    }
}

#[test]
fn inviting_needs_the_permission_and_known_domains() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let group = office.group(GroupKind::Microsoft365, &[]);
            let mut wish = office.wish(existing(group), Mode::TwoWay);
            wish.externals = Externals::Invite;
            let refused = office.link(&wish).await.unwrap_err();
            assert_eq!(refused.fault, Fault::Denied);
            assert!(refused.hint.contains("User.Invite.All"), "{}", refused.hint);

            let mut office = Office::with(reading, &ROLES, Settings::default()).await;
            let group = office.group(GroupKind::Microsoft365, &[]);
            office.forget_domains().await;
            let mut wish = office.wish(existing(group), Mode::TwoWay);
            wish.externals = Externals::Invite;
            assert_eq!(office.link(&wish).await.unwrap_err().code, "internal_domains_unknown");
        });
    }
}

/// A list with these externals before a directory in memory, whose guests appear late where reads lag.
async fn desk(reading: Reading, listed: &[&str]) -> Desk {
    let invite = |link| Link { externals: Externals::Invite, ..link };
    let desk = Desk::linked(reading, (&["ann"], &["ann"]), invite).await;
    for text in listed {
        let contact = NewContact { address: external(text), name: String::new(), fields: [].into() };
        desk.store.add(&desk.list, &contact, Origin::Manual, desk.clock.now()).await.unwrap();
    }
    desk
}

fn external(local: &str) -> Address {
    Address::parse(&format!("{local}@partner.example")).unwrap()
}

#[test]
fn a_guest_who_appears_late_joins_without_a_second_invitation() {
    for reading in BOTH {
        play(async {
            let mut desk = desk(reading, &["eva", "bob"]).await;
            desk.directory.set_lag(Lag { most: Duration::from_secs(900), replicas: 3 });
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.external.invited), (Outcome::Waiting, 2));
            assert_eq!(summary.skipped.get("guest_invited"), Some(&2));
            desk.wait(Duration::from_secs(60)).await;
            assert_eq!(desk.grouped().len(), 1);
            desk.wait(HOUR).await;
            desk.are(&["ann", "bob", "eva"], &["ann", "bob-at-partner.example", "eva-at-partner.example"])
                .await;
            assert_eq!(desk.directory.invitations().len(), 2);
        });
    }
}

#[test]
fn a_used_up_quota_stops_the_invitations_and_nothing_else() {
    for reading in BOTH {
        play(async {
            let names: Vec<String> = (0..30).map(|number| format!("g{number:02}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut desk = desk(reading, &names).await;
            let full = PortError::new(Fault::Rejected, code::QUOTA, "the directory's quota is used up");
            for name in &names {
                desk.directory.refuse_invitations(&external(name), full.clone());
            }
            desk.directory.put_person(listsync_testkit::sample::person("dan"));
            desk.list_adds("dan").await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.group.added), (Outcome::Partial, 1));
            assert_eq!((summary.group.add_failed, summary.skipped.get(code::QUOTA)), (20, Some(&10)));
            let waiting = desk.sync().await;
            assert_eq!((waiting.outcome, waiting.group.add_failed), (Outcome::Waiting, 0));
            assert_eq!(waiting.skipped.get(code::QUOTA), Some(&30));
        });
    }
}

#[test]
fn whoever_opted_out_is_not_invited() {
    for reading in BOTH {
        play(async {
            let mut desk = desk(reading, &["eva"]).await;
            let decided = listsync_engine::ports::Decision::OptedOut;
            desk.store.decide(&desk.list, &external("eva"), decided, desk.clock.now()).await.unwrap();
            desk.sync().await;
            assert!(desk.directory.invitations().is_empty());
        });
    }
}
