//! Groups of every kind, made and linked, in an emulated tenant.

use std::time::Duration;

use listsync_core::{
    link::{Externals, Mode},
    summary::Outcome,
};
use listsync_engine::{
    connect::Target,
    ports::{Fault, GroupQuery, Links as _, ListStore as _, NewGroup, NewGroupKind, Visibility},
};
use listsync_graph_emulator::{Group, GroupKind, Lag, Settings};

use crate::{
    desk::BOTH,
    office::{Office, existing, own},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn new_group(kind: NewGroupKind, owners: &[&str]) -> Target {
    Target::New(NewGroup {
        unique_name: "listsync-news-0123456789ab".to_owned(),
        name: "News".to_owned(),
        kind,
        visibility: Visibility::Private,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
    })
}

#[test]
fn a_group_made_from_a_list_is_quiet_owned_and_filled_by_the_next_sync() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bob) = (office.person("ann"), office.person("bob"));
            for name in own(&["ann", "bob"]) {
                office.list_adds(&name).await;
            }
            let wish =
                office.wish(new_group(NewGroupKind::Microsoft365, &["ann@contoso.example"]), Mode::TwoWay);
            let group = office.link(&wish).await.unwrap();
            let made = office.tenant.group(group).unwrap();
            assert_eq!(made.behavior_options, ["WelcomeEmailDisabled"]);
            assert_eq!(made.visibility.as_deref(), Some("Private"));
            assert_eq!(office.tenant.owners(group), [ann]);
            assert!(office.grouped(group).is_empty());
            let summary = office.sync().await;
            assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 2));
            assert_eq!(office.grouped(group), [ann, bob].into());
        });
    }
}

#[test]
fn a_repeat_after_a_failure_finds_the_group_and_a_taken_nickname_is_got_over() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let mut taken = Group::new(GroupKind::Microsoft365, "News");
            taken.mail_nickname = "News".to_owned();
            office.tenant.add_group(taken);
            office.tenant.settle();
            let wish = office.wish(new_group(NewGroupKind::Microsoft365, &[]), Mode::TwoWay);
            let first = office.link(&wish).await.unwrap();
            office.store.delete(&wish.id).await.unwrap();
            let second = office.link(&wish).await.unwrap();
            assert_eq!(first, second);
            assert_eq!(office.tenant.groups().len(), 2);
            assert_ne!(office.tenant.group(first).unwrap().mail_nickname, "News");
        });
    }
}

#[test]
fn a_new_group_that_replicas_do_not_know_yet_is_waited_for() {
    for reading in BOTH {
        play(async {
            let lag = Lag { max: Duration::from_secs(2), replicas: 3 };
            let unready = Settings { lag, new_group_unready: Duration::from_secs(2), ..Settings::default() };
            let mut office = Office::with(reading, &[], unready).await;
            let ann = office.person("ann");
            office.tenant.settle();
            office.list_adds("ann@contoso.example").await;
            let wish = office.wish(new_group(NewGroupKind::Security, &[]), Mode::TwoWay);
            let group = office.link(&wish).await.unwrap();
            let mut summary = office.sync().await;
            for _ in 0..3 {
                // However a run ends, it is not taken for a group that is gone, and another run comes by itself.
                assert_ne!(summary.reason, "group_gone");
                summary = office.wait(Duration::from_secs(60)).await;
            }
            assert_eq!(summary.outcome, Outcome::Converged);
            assert_eq!(office.grouped(group), [ann].into());
        });
    }
}

#[test]
fn a_group_that_cannot_be_written_is_refused_with_what_works_instead_and_read_all_the_same() {
    for reading in BOTH {
        play(async {
            for (kind, code, instead) in [
                (GroupKind::Dynamic, "group_dynamic", "assigned members"),
                (GroupKind::OnPremises, "group_onprem", "cloud-managed"),
                (GroupKind::MailEnabledSecurity, "mail_enabled_security", "security group without mail"),
                (GroupKind::Distribution, "distribution_list", "Microsoft 365 group"),
                (GroupKind::RoleAssignable, "group_role_assignable", "without roles"),
                (GroupKind::Restricted, "group_restricted", "take it out of the unit"),
            ] {
                let mut office = Office::new(reading).await;
                let ann = office.person("ann");
                let group = office.group(kind, &[ann]);
                for mode in [Mode::TwoWay, Mode::ListToGroup] {
                    let refused = office.link(&office.wish(existing(group), mode)).await.unwrap_err();
                    assert_eq!((refused.fault, refused.code.as_str()), (Fault::Rejected, code));
                    assert!(refused.hint.contains("--mode group-to-list"), "{}", refused.hint);
                    assert!(refused.hint.contains(instead), "{}", refused.hint);
                }
                assert!(office.store.of_list(&office.list).await.unwrap().is_empty(), "nothing was saved");
                office.link_to(group, Mode::GroupToList).await;
                office.sync().await;
                assert_eq!(office.listed().await, own(&["ann"]), "{kind:?}");
            }
        });
    }
}

#[test]
fn a_group_that_hides_its_members_is_read_only_with_the_permission_for_it() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let ann = office.person("ann");
            let group = office.group(GroupKind::HiddenMembership, &[ann]);
            for mode in [Mode::TwoWay, Mode::GroupToList] {
                let refused = office.link(&office.wish(existing(group), mode)).await.unwrap_err();
                assert_eq!((refused.fault, refused.code.as_str()), (Fault::Denied, "group_hidden"));
                assert!(refused.hint.contains("Member.Read.Hidden"), "{}", refused.hint);
            }
            let mut allowed = Office::with(reading, &["Member.Read.Hidden"], Settings::default()).await;
            let ann = allowed.person("ann");
            let group = allowed.group(GroupKind::HiddenMembership, &[ann]);
            allowed.link_to(group, Mode::TwoWay).await;
            allowed.sync().await;
            assert_eq!(allowed.listed().await, own(&["ann"]));
        });
    }
}

#[test]
fn a_linked_group_that_comes_to_hide_its_members_never_looks_empty() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let people = [office.person("ann"), office.person("bob")];
            let group = office.group(GroupKind::Microsoft365, &people);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            office.tenant.update_group(group, |group| group.visibility = Some("HiddenMembership".to_owned()));
            let summary = office.wait(HOUR).await;
            assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Failed, "group_hidden"));
            assert_eq!(office.listed().await, own(&["ann", "bob"]));
        });
    }
}

#[test]
fn a_deleted_group_is_refused_and_a_linked_one_takes_nobody_off_the_list() {
    for reading in BOTH {
        play(async {
            let mut office = Office::with(reading, &["Group.Read.All"], Settings::default()).await;
            let people = [office.person("ann"), office.person("bob")];
            let group = office.group(GroupKind::Security, &people);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            office.tenant.delete_group(group);
            let summary = office.wait(HOUR).await;
            assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Failed, "group_deleted"));
            assert_eq!(office.listed().await, own(&["ann", "bob"]));

            let mut other = Office::with(reading, &["Group.Read.All"], Settings::default()).await;
            let group = other.group(GroupKind::Security, &[]);
            other.tenant.delete_group(group);
            let refused = other.link(&other.wish(existing(group), Mode::GroupToList)).await.unwrap_err();
            assert_eq!(refused.code, "group_deleted");
            assert!(refused.hint.contains("restore it within 30 days"), "{}", refused.hint);
        });
    }
}

#[test]
fn a_second_link_that_writes_a_group_is_refused_by_the_first_ones_name() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let group = office.group(GroupKind::Security, &[]);
            office.link_to(group, Mode::TwoWay).await;
            let other = office.store.create_list("Events", office.ports.clock.now()).await.unwrap().id;
            let mut wish = office.wish(existing(group), Mode::ListToGroup);
            wish.id = listsync_core::id::LinkId::parse("second").unwrap();
            wish.list = other;
            let refused = office.link(&wish).await.unwrap_err();
            assert_eq!(refused.code, "group_taken");
            assert!(refused.message.contains("News"), "{}", refused.message);
            wish.mode = Mode::GroupToList;
            office.link(&wish).await.unwrap();
        });
    }
}

#[test]
fn no_group_is_made_for_a_list_that_another_link_fills() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let group = office.group(GroupKind::Security, &[]);
            office.link_to(group, Mode::GroupToList).await;
            let mut wish = office.wish(new_group(NewGroupKind::Security, &[]), Mode::TwoWay);
            wish.id = listsync_core::id::LinkId::parse("second").unwrap();
            assert_eq!(office.link(&wish).await.unwrap_err().code, "list_taken");
            assert_eq!(office.tenant.groups().len(), 1);
            wish.mode = Mode::ListToGroup;
            office.link(&wish).await.unwrap();
            assert_eq!(office.tenant.groups().len(), 2);
        });
    }
}

#[test]
fn a_link_whose_permissions_lack_is_refused_with_the_least_that_suffices_before_anything_is_made() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            office.tenant.update_app(|app| app.roles = ["User.Read.All".to_owned()].into());
            let wish = office.wish(new_group(NewGroupKind::Security, &[]), Mode::TwoWay);
            let refused = office.link(&wish).await.unwrap_err();
            assert_eq!((refused.fault, refused.code.as_str()), (Fault::Denied, "permission_missing"));
            for name in ["GroupMember.ReadWrite.All", "Group.Create"] {
                assert!(refused.message.contains(name), "{}", refused.message);
            }
            assert!(!refused.message.contains("User.Read.All"));
            assert!(office.tenant.groups().is_empty());

            let mut broad = Office::new(reading).await;
            broad.tenant.update_app(|app| app.roles = ["Directory.ReadWrite.All".to_owned()].into());
            let mut wish = broad.wish(new_group(NewGroupKind::Security, &[]), Mode::TwoWay);
            wish.externals = Externals::Invite;
            broad.link(&wish).await.unwrap();
        });
    }
}

#[test]
fn a_group_is_named_by_what_only_one_has() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            office.group(GroupKind::Security, &[]);
            office.group(GroupKind::Security, &[]);
            let wish = office.wish(Target::Existing(GroupQuery::Name("Staff".to_owned())), Mode::TwoWay);
            assert_eq!(office.link(&wish).await.unwrap_err().code, "ambiguous_group");
        });
    }
}
