//! The first thing that a newcomer tries, before a tenant whose replicas lag and whose feed repeats itself.

use std::time::Duration;

use listsync_core::{link::Mode, summary::Outcome};
use listsync_graph_emulator::{DeltaSettings, GroupKind, Lag, Replay, Settings};

use crate::{
    desk::Reading,
    office::{Office, own},
    play,
};

const MINUTE: Duration = Duration::from_secs(60);

fn awkward() -> Settings {
    let delta =
        DeltaSettings { slice: 1, page: 2, empty_pages: 1, replay: Replay::LastRound, ..Default::default() };
    Settings { lag: Lag { max: 15 * MINUTE, replicas: 3 }, delta, ..Settings::default() }
}

/// Law 4: two of them are taken out in Outlook, and every replica knows, a quarter of an hour after the link was made.
#[test]
fn whom_an_owner_takes_out_of_a_group_that_was_linked_a_quarter_of_an_hour_ago_leaves_the_list_at_once() {
    play(async {
        let mut office = Office::with(Reading::Incremental, &[], awkward()).await;
        let people = ["ann", "bob", "cid", "dan", "eve"].map(|name| office.person(name));
        let group = office.group(GroupKind::Microsoft365, &people);
        office.link_to(group, Mode::TwoWay).await;
        office.sync().await;
        assert_eq!(office.listed().await, own(&["ann", "bob", "cid", "dan", "eve"]));

        office.tenant.clock().advance(16 * MINUTE);
        for gone in &people[..2] {
            office.tenant.remove_member(group, *gone);
        }
        office.tenant.settle();
        let summary = office.sync().await;
        assert_eq!((summary.list.removed, summary.set_aside), (2, 0), "{summary:?}");
        assert_eq!(office.listed().await, own(&["cid", "dan", "eve"]));

        // One of them comes back, and the feed goes on repeating that they left.
        office.wait(40 * MINUTE).await;
        office.tenant.add_member(group, people[0]);
        office.tenant.settle();
        for _ in 0..6 {
            office.wait(20 * MINUTE).await;
        }
        let rest = office.sync().await;
        assert_eq!(rest.outcome, Outcome::Converged, "{rest:?}");
        assert_eq!(office.listed().await, own(&["ann", "cid", "dan", "eve"]));
        assert_eq!(office.grouped(group).len(), 4);
    });
}
