//! Groups whose source of authority moves between an on-premises directory and the cloud, in an emulated tenant.

use std::time::Duration;

use listsync_core::{link::Mode, summary::Outcome};
use listsync_engine::ports::Fault;
use listsync_graph_emulator::{GroupKind, ObjectId, Settings};

use crate::{
    desk::BOTH,
    office::{Office, existing, own},
    play,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const MAY_ASK: [&str; 1] = ["Group-OnPremisesSyncBehavior.ReadWrite.All"];

fn managed_by_cloud(office: &Office, group: ObjectId, is_managed: bool) {
    office.tenant.update_group(group, |group| {
        group.on_premises_sync_enabled = None;
        group.on_premises.as_mut().unwrap().cloud_managed = is_managed;
    });
    office.tenant.settle();
}

#[test]
fn a_synced_group_that_became_cloud_managed_is_linked_like_any() {
    for reading in BOTH {
        play(async {
            let mut office = Office::with(reading, &MAY_ASK, Settings::default()).await;
            let ann = office.person("ann");
            let group = office.group(GroupKind::OnPremises, &[]);
            office.list_adds("ann@contoso.example").await;
            assert!(office.link(&office.wish(existing(group), Mode::TwoWay)).await.is_err());
            managed_by_cloud(&office, group, true);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            assert_eq!(office.grouped(group), [ann].into());
        });
    }
}

#[test]
fn a_group_that_was_given_back_is_refused_and_an_existing_link_writes_nothing_to_it() {
    for reading in BOTH {
        play(async {
            let mut office = Office::with(reading, &MAY_ASK, Settings::default()).await;
            let (ann, bea) = (office.person("ann"), office.person("bea"));
            let group = office.group(GroupKind::TakenOver, &[ann]);
            office.link_to(group, Mode::TwoWay).await;
            office.sync().await;
            office.wait(DAY).await;

            managed_by_cloud(&office, group, false);
            office.list_adds("bea@contoso.example").await;
            office.list_removes("ann@contoso.example").await;
            for _ in 0..2 {
                let summary = office.wait(DAY).await;
                assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Failed, "group_given_back"));
                assert!(summary.hint.contains("cloud-managed"), "{}", summary.hint);
                assert_eq!(office.grouped(group), [ann].into(), "nothing is written");
            }
            assert_eq!(office.listed().await, own(&["bea"]));

            // It goes on by itself once the cloud manages it again.
            managed_by_cloud(&office, group, true);
            let summary = office.wait(DAY).await;
            assert_eq!(summary.outcome, Outcome::Converged, "{summary:?}");
            assert_eq!(office.grouped(group), [bea].into());
        });
    }
}

#[test]
fn a_group_whose_authority_cannot_be_known_is_never_taken_for_one_of_the_cloud() {
    for reading in BOTH {
        play(async {
            for (kind, roles, code) in [
                (GroupKind::GivenBack, &MAY_ASK[..], "group_given_back"),
                (GroupKind::TakenOver, &[], "group_authority_unknown"),
                (GroupKind::GivenBack, &[], "group_authority_unknown"),
            ] {
                let mut office = Office::with(reading, roles, Settings::default()).await;
                let ann = office.person("ann");
                let group = office.group(kind, &[ann]);
                for mode in [Mode::TwoWay, Mode::ListToGroup] {
                    let refused = office.link(&office.wish(existing(group), mode)).await.unwrap_err();
                    assert_eq!((refused.fault, refused.code.as_str()), (Fault::Rejected, code));
                }
                office.link_to(group, Mode::GroupToList).await;
                office.sync().await;
                assert_eq!(office.listed().await, own(&["ann"]), "it is read all the same");
            }
        });
    }
}
