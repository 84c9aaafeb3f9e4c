//! Members of every kind, in an emulated tenant.

use std::time::Duration;

use listsync_core::{
    contact::UndeliverableReason,
    link::{Link, Mode, SharedMailboxes},
    settings::{Owners, Protected},
    snapshot::OtherKind,
    summary::Outcome,
};
use listsync_engine::ports::{Decision, Fault};
use listsync_graph_emulator::{
    GroupKind, Lag, MailboxPurpose, ObjectId, OtherObject, Settings, User, UserType,
};
use listsync_testkit::sample::{address, group, object};

use crate::{
    desk::{BOTH, Desk},
    office::{Office, existing, own},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A tenant with lag, or without.
fn tenants() -> [Settings; 2] {
    let lag = Lag { max: Duration::from_secs(15 * 60), replicas: 3 };
    [Settings::default(), Settings { lag, ..Settings::default() }]
}

/// A group of a user, a guest, somebody disabled, somebody without mail, a shared mailbox, a group of two people, two
/// devices, an application and a contact.
fn crowd(office: &Office) -> ObjectId {
    let tenant = &office.tenant;
    let ann = office.person("ann");
    let gus = tenant.add_user(User::guest("Gus", "gus@partner.example", &tenant.initial_domain()));
    let off = User { account_enabled: false, ..User::member("Dis", "dis@contoso.example") };
    let off = tenant.add_user(off);
    let none = tenant.add_user(User::without_mail("Nomail", "nomail@contoso.example"));
    let office_box = User {
        account_enabled: false,
        purpose: MailboxPurpose::Shared,
        ..User::member("Office", "office@contoso.example")
    };
    let office_box = tenant.add_user(office_box);
    let nested = office.group(GroupKind::Security, &[office.person("nia"), office.person("noa")]);
    let others = [
        OtherObject::device("D1"),
        OtherObject::device("D2"),
        OtherObject::service_principal("Payroll"),
        OtherObject::contact("Sam", "sam@northwind.example"),
    ]
    .map(|other| tenant.add_other(other));
    let people = [ann, gus, off, none, office_box, nested];
    let members: Vec<ObjectId> = people.into_iter().chain(others).collect();
    office.group(GroupKind::Security, &members)
}

#[test]
fn people_of_every_kind_are_members_and_everything_else_is_counted_and_left_alone() {
    for reading in BOTH {
        for settings in tenants() {
            play(async {
                let mut office = Office::with(reading, &[], settings).await;
                let group = crowd(&office);
                let before = office.grouped(group);
                office.link_to(group, Mode::TwoWay).await;
                for _ in 0..2 {
                    let summary = office.sync().await;
                    for (kind, count) in [
                        (OtherKind::NestedGroup, 1),
                        (OtherKind::Device, 2),
                        (OtherKind::ServicePrincipal, 1),
                        (OtherKind::OrgContact, 1),
                    ] {
                        assert_eq!(summary.skipped.get(kind.code()), Some(&count), "{reading:?} {summary:?}");
                    }
                    assert_eq!(summary.skipped.get("no_address"), Some(&1));
                    office.tenant.clock().advance(HOUR);
                }
                let mut everybody = own(&["ann", "dis", "office"]);
                everybody.insert("gus@partner.example".to_owned());
                assert_eq!(office.listed().await, everybody);
                assert_eq!(office.grouped(group), before);
            });
        }
    }
}

#[test]
fn people_of_nested_groups_are_on_the_list_as_long_as_they_are_in_any() {
    for reading in BOTH {
        for settings in tenants() {
            play(async {
                let mut office = Office::with(reading, &[], settings).await;
                let ann = office.person("ann");
                let outer = office.group(GroupKind::Security, &[ann]);
                office.link_to(outer, Mode::GroupToList).await;
                office.sync().await;
                office.wait(HOUR).await;
                assert_eq!(office.listed().await, own(&["ann"]));

                let (bob, cid) = (office.person("bob"), office.person("cid"));
                let inner = office.group(GroupKind::Security, &[ann, bob]);
                office.tenant.add_member(outer, inner);
                office.wait(HOUR).await;
                assert_eq!(office.listed().await, own(&["ann", "bob"]), "a group came");
                office.tenant.add_member(inner, cid);
                office.wait(HOUR).await;
                assert_eq!(office.listed().await, own(&["ann", "bob", "cid"]), "somebody joined it");
                office.tenant.remove_member(inner, bob);
                office.tenant.remove_member(outer, ann);
                office.wait(HOUR).await;
                let summary = office.wait(HOUR).await;
                assert_eq!(office.listed().await, own(&["ann", "cid"]), "ann is in the inner one still");
                assert!(!summary.skipped.contains_key("nested_group"));
                office.tenant.remove_member(outer, inner);
                office.wait(HOUR).await;
                office.wait(DAY).await;
                let summary = office.sync().await;
                assert_eq!(summary.held.list_removals, 2, "an emptied side asks");
            });
        }
    }
}

#[test]
fn a_soft_deleted_user_leaves_the_list_by_the_full_check_and_comes_back_when_restored() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let people = ["ann", "bob", "cid"].map(|name| office.person(name));
            let group = office.group(GroupKind::Microsoft365, &people);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            office.wait(HOUR).await;
            office.tenant.delete_user(people[1]);
            office.wait(DAY).await;
            assert_eq!(office.listed().await, own(&["ann", "cid"]));
            office.tenant.restore_user(people[1]);
            office.wait(DAY).await;
            assert_eq!(office.listed().await, own(&["ann", "bob", "cid"]));
            assert_eq!(office.grouped(group), people.into());
        });
    }
}

#[test]
fn shared_mailboxes_and_rooms_are_left_out_where_the_link_says_so() {
    for reading in BOTH {
        play(async {
            let roles = ["MailboxSettings.Read"];
            let mut office = Office::with(reading, &roles, Settings::default()).await;
            let ann = office.person("ann");
            let of = |name: &str, purpose| {
                let user = User::member(name, &format!("{name}@contoso.example"));
                office.tenant.add_user(User { purpose, ..user })
            };
            let (desk, room) = (of("desk", MailboxPurpose::Shared), of("room", MailboxPurpose::Room));
            let group = office.group(GroupKind::Security, &[ann, room]);
            office.list_adds("desk@contoso.example").await;
            let mut wish = office.wish(existing(group), Mode::TwoWay);
            wish.members.shared_mailboxes = SharedMailboxes::Skip;
            office.link(&wish).await.unwrap();
            for _ in 0..2 {
                let summary = office.sync().await;
                assert_eq!(summary.skipped.get("shared_mailbox"), Some(&2), "{summary:?}");
                assert_eq!(summary.outcome, Outcome::Converged);
            }
            assert_eq!(office.listed().await, own(&["ann", "desk"]));
            assert_eq!(office.grouped(group), [ann, room].into());
            // A mailbox that was given to a person is one.
            office.tenant.update_user(desk, |user| user.purpose = MailboxPurpose::User);
            office.wait(HOUR).await;
            assert_eq!(office.grouped(group), [ann, room, desk].into());
        });
    }
}

#[test]
fn leaving_out_shared_mailboxes_needs_the_permission_to_tell_them() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let group = office.group(GroupKind::Security, &[]);
            let mut wish = office.wish(existing(group), Mode::TwoWay);
            wish.members.shared_mailboxes = SharedMailboxes::Skip;
            let refused = office.link(&wish).await.unwrap_err();
            assert_eq!(refused.fault, Fault::Denied);
            assert!(refused.hint.contains("MailboxSettings.Read"), "{}", refused.hint);
        });
    }
}

#[test]
fn whom_the_link_protects_is_never_removed_and_the_group_s_owners_may_be_among_them() {
    for reading in BOTH {
        play(async {
            let protected = Protected {
                addresses: [address("bob")].into(),
                object_ids: [object("cid")].into(),
                owners: Owners::Protected,
            };
            let as_link = |mut link: Link| {
                link.members.protected = protected;
                link
            };
            let everybody = ["ann", "bob", "cid", "dan"];
            let mut desk = Desk::linked(reading, (&everybody, &everybody), as_link).await;
            desk.directory.set_owners(&group("staff"), [object("dan")]);
            desk.sync().await;
            desk.wait(HOUR).await;
            for name in ["bob", "cid", "dan"] {
                desk.list_removes(name).await;
            }
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("protected"), Some(&3), "{summary:?}");
            desk.are(&["ann"], &everybody).await;
            desk.says("ann", Decision::OptedOut).await;
        });
    }
}

#[test]
fn a_misspelt_address_of_the_own_domain_stays_listed_and_syncs_once_it_is_right() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bob) = (office.person("ann"), office.person("bob"));
            let group = office.group(GroupKind::Microsoft365, &[ann]);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            office.wait(HOUR).await;
            office.list_adds("bbo@contoso.example").await;
            let first = office.sync().await;
            assert_eq!((first.outcome, first.group.add_failed), (Outcome::Partial, 1));
            assert_eq!(first.failures[0].code, "no_such_user");
            let again = office.sync().await;
            assert_eq!((again.outcome, again.group.add_failed), (Outcome::Waiting, 0), "said once");
            assert_eq!(again.skipped.get("no_such_user"), Some(&1));
            assert_eq!(office.listed().await, own(&["ann", "bbo"]));
            assert_eq!(office.flag("bbo").await, Some(UndeliverableReason::NoSuchUser));
            office.list_removes("bbo@contoso.example").await;
            office.list_adds("bob@contoso.example").await;
            office.sync().await;
            assert_eq!(office.grouped(group), [ann, bob].into(), "at once");
            // Or somebody comes who has the address.
            office.list_adds("eve@contoso.example").await;
            office.sync().await;
            assert_eq!(office.flag("eve").await, Some(UndeliverableReason::NoSuchUser));
            let eve = office.person("eve");
            office.wait(HOUR).await;
            assert_eq!(office.grouped(group), [ann, bob, eve].into());
            assert_eq!(office.flag("eve").await, None, "somebody answers to it");
            // Or the contact itself is given the right address: an edit, not another contact.
            office.list_adds("zoee@contoso.example").await;
            office.sync().await;
            let zoe = office.person("zoe");
            office.tenant.settle();
            office.corrects("zoee", "zoe").await;
            office.sync().await;
            assert_eq!(office.grouped(group), [ann, bob, eve, zoe].into(), "at once");
            assert_eq!(office.flag("zoe").await, None);
        });
    }
}

#[test]
fn a_guest_is_a_member_under_any_of_their_addresses() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let guest = User {
                mail: None,
                proxy_addresses: Vec::new(),
                other_mails: vec!["private@mail.example".to_owned(), "gus@partner.example".to_owned()],
                user_type: UserType::Guest,
                ..User::guest("Gus", "gus@partner.example", &office.tenant.initial_domain())
            };
            let gus = office.tenant.add_user(guest);
            office.tenant.settle();
            let group = office.group(GroupKind::Microsoft365, &[]);
            office.list_adds("gus@partner.example").await;
            office.link_to(group, Mode::TwoWay).await;
            let summary = office.sync().await;
            assert_eq!((summary.group.added, summary.external.added), (1, 1));
            assert_eq!(office.grouped(group), [gus].into());
        });
    }
}
