//! Links whose group the first run makes.

use std::time::Duration;

use listsync_core::{
    link::{HaltReason, LinkStatus, Mode, Writes},
    new_group::{NewGroup, NewGroupKind, Visibility},
    summary::Outcome,
};
use listsync_engine::{
    connect::{Asker, NewLink, Target},
    ports::{Fault, LinkEdit, Links as _},
};
use listsync_graph_emulator::{GroupKind, ObjectId};
use listsync_testkit::faults::{Fate, Faults, When};

use crate::{
    desk::{BOTH, Reading, set_writes},
    office::{Office, existing, own},
    play,
};

/// What an app needs that only makes and previews links.
const READING: [&str; 2] = ["GroupMember.Read.All", "User.Read.All"];

fn wish(office: &Office, mode: Mode, owners: &[&str]) -> NewLink {
    let target = Target::Pending(NewGroup {
        unique_name: "listsync-news-0123456789ab".to_owned(),
        name: "News".to_owned(),
        kind: NewGroupKind::Microsoft365,
        visibility: Visibility::Private,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
    });
    office.wish(target, mode)
}

/// The groups of the tenant.
fn made(office: &Office) -> Vec<ObjectId> {
    office.tenant.groups().iter().map(|group| group.id).collect()
}

#[test]
fn who_may_only_read_makes_a_link_and_previews_it_and_its_group_is_never_made_by_them() {
    play(async {
        let mut office = Office::new(Reading::Full).await;
        office.tenant.update_app(|app| app.roles = READING.map(str::to_owned).into());
        for name in ["ann", "bob"] {
            office.person(name);
            office.list_adds(&format!("{name}@contoso.example")).await;
        }
        let wish = wish(&office, Mode::TwoWay, &["ann@contoso.example"]);
        let refused = office.connected(&wish).await.unwrap_err();
        assert_eq!(refused.code, "permission_missing", "whoever runs links is told at once what lacks");
        let link = office.connected(&NewLink { asker: Asker::Reader, ..wish }).await.unwrap();
        assert!(link.is_pending());
        let plan = office.plan().await;
        for name in ["ann", "bob"] {
            assert!(plan.contains(&format!("{name}@contoso.example")), "{plan}");
        }
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.group.id.as_str()), (Outcome::Failed, ""));
        assert!(summary.hint.contains("Group.Create"), "{summary:?}");
        let state = office.store.load(&link.id).await.unwrap().unwrap();
        assert_eq!((state.link.status, state.link.is_pending()), (LinkStatus::Active, true));
        assert!(office.tenant.groups().is_empty());
    });
}

#[test]
fn the_first_run_makes_the_group_and_fills_it() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bob) = (office.person("ann"), office.person("bob"));
            for name in own(&["ann", "bob"]) {
                office.list_adds(&name).await;
            }
            let wish = wish(&office, Mode::TwoWay, &["ann@contoso.example"]);
            let link = office.connected(&wish).await.unwrap();
            assert!(office.tenant.groups().is_empty());
            let summary = office.sync().await;
            let [group] = made(&office)[..] else { panic!("there is one group") };
            assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 2));
            assert_eq!(
                (summary.group.id.as_str(), summary.group.name.as_str()),
                (&*group.to_string(), "News")
            );
            assert_eq!(office.grouped(group), [ann, bob].into());
            assert_eq!(office.tenant.owners(group), [ann]);
            let state = office.store.load(&link.id).await.unwrap().unwrap();
            assert_eq!((state.link.is_pending(), state.link.group.as_str()), (false, &*group.to_string()));
            let again = office.wait(Duration::from_secs(3_600)).await;
            assert_eq!((again.outcome, again.group.added), (Outcome::Converged, 0));
            assert_eq!(office.tenant.groups().len(), 1);
        });
    }
}

#[test]
fn a_run_that_dies_while_it_makes_the_group_leaves_no_second_one_behind() {
    for call in ["directory.create_group", "links.settle_group", "links.acquire", "directory.mint_cursor"] {
        for fate in [
            Fate::Crash(When::Before),
            Fate::Crash(When::After),
            Fate::Fail(Fault::Unavailable, When::Before),
            Fate::Fail(Fault::Unavailable, When::After),
        ] {
            play(async {
                let mut office = Office::new(Reading::Incremental).await;
                let ann = office.person("ann");
                office.list_adds("ann@contoso.example").await;
                let wish = wish(&office, Mode::TwoWay, &[]);
                office.connected(&wish).await.unwrap();
                let faults =
                    Faults::judged(Box::new(move |name, _| if name == call { fate } else { Fate::Pass }));
                office.attempt(1, &faults).await;
                let summary = office.sync().await;
                assert_eq!(summary.outcome, Outcome::Converged, "{call} {fate:?}: {summary:?}");
                let [group] = made(&office)[..] else { panic!("{call} {fate:?}: not one group") };
                assert_eq!(office.grouped(group), [ann].into());
            });
        }
    }
}

#[test]
fn a_group_that_the_directory_refuses_halts_the_link_with_the_reason_until_it_is_resumed() {
    play(async {
        let mut office = Office::new(Reading::Full).await;
        office.person("ann");
        office.list_adds("ann@contoso.example").await;
        let wish = wish(&office, Mode::TwoWay, &["bob@contoso.example"]);
        let link = office.connected(&wish).await.unwrap();
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Halted, "no_such_owner"));
        assert!(summary.message.contains("one of the owners is not in the directory"), "{summary:?}");
        assert!(summary.hint.contains("links resume"), "{summary:?}");
        let state = office.store.load(&link.id).await.unwrap().unwrap();
        assert_eq!(state.link.status, LinkStatus::Halted(HaltReason::NoGroup));
        assert!(state.link.is_pending() && state.requested == state.synced);
        assert_eq!(office.sync().await.outcome, Outcome::Halted);
        assert!(office.tenant.groups().is_empty());

        office.person("bob");
        let active = LinkEdit::Status(LinkStatus::Active);
        office.store.edit(&link.id, &active, office.ports.clock.now()).await.unwrap();
        assert_eq!(office.sync().await.outcome, Outcome::Converged);
        assert_eq!(office.tenant.groups().len(), 1);
    });
}

#[test]
fn a_group_that_another_link_writes_halts_the_second_one() {
    play(async {
        let mut office = Office::new(Reading::Full).await;
        let first = wish(&office, Mode::ListToGroup, &[]);
        office.connected(&first).await.unwrap();
        office.sync().await;
        let second = listsync_core::id::LinkId::parse("second").unwrap();
        office.connected(&NewLink { id: second.clone(), ..first }).await.unwrap();
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Halted, "group_taken"));
        assert_eq!(office.tenant.groups().len(), 1);
    });
}

#[test]
fn a_pending_link_fills_its_list_and_is_written_by_runs() {
    play(async {
        let mut office = Office::new(Reading::Full).await;
        let link = office.connected(&wish(&office, Mode::TwoWay, &[])).await.unwrap();
        let refused = set_writes(&office.ports, &link.id, Writes::ByHand).await.unwrap_err();
        assert_eq!(refused.code, "by_hand_new_group");
        let group = office.group(GroupKind::Security, &[]);
        let mut other = office.wish(existing(group), Mode::GroupToList);
        other.id = listsync_core::id::LinkId::parse("second").unwrap();
        let refused = office.connected(&other).await.unwrap_err();
        assert_eq!(refused.code, "list_taken");
    });
}
