//! A link that is changed keeps what it remembers, and does what it does in another way from its next run on.

use std::time::Duration;

use listsync_core::{
    link::{Externals, Extras, Link, LinkPatch, Mode, RemovalLimit},
    list::{NewContact, Origin},
    own::Own,
    snapshot::{Principal, PrincipalKind},
    summary::Outcome,
    trigger::Reason,
};
use listsync_engine::ports::{Clock as _, LinkEdit, ListStore as _, RulingKind};
use listsync_testkit::sample::{contact, object, person};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

fn change(patch: LinkPatch) -> LinkEdit {
    LinkEdit::Change(patch)
}

/// Zoe, whom another company employs.
fn zoe() -> (NewContact, Principal) {
    let address = listsync_core::address::Address::parse("zoe@fabrikam.example").expect("an address");
    let guest = Principal {
        mail: Some(address.clone()),
        proxies: Vec::new(),
        upn: None,
        kind: PrincipalKind::Guest,
        ..person("zoe")
    };
    (NewContact { address, ..contact("zoe") }, guest)
}

#[test]
fn who_was_left_aside_is_looked_at_once_the_link_takes_externals() {
    for reading in BOTH {
        play(async {
            let skips = |link| Link { externals: Externals::Skip, ..link };
            let mut desk = Desk::linked(reading, (&["ann"], &["ann"]), skips).await;
            let (contact, guest) = zoe();
            desk.directory.put_person(guest);
            desk.store.add(&desk.list, &contact, Origin::Manual, desk.clock.now()).await.expect("added");
            desk.sync().await;
            desk.wait(Duration::from_secs(3_600)).await;
            desk.are(&["ann", "zoe"], &["ann"]).await;
            let matches = LinkPatch { externals: Some(Externals::Match), ..LinkPatch::default() };
            desk.edit(change(matches)).await;
            // Whoever changes a link asks for a run, which looks at everybody anew.
            let summary = desk.sync_as(Reason::OnDemand).await;
            assert_eq!((summary.group.added, summary.list.removed), (1, 0), "{summary:?}");
            assert!(desk.grouped().contains(object("zoe").as_str()));
        });
    }
}

#[test]
fn a_window_of_the_links_own_holds_for_it_alone() {
    for (window, stays) in [(None, true), (Some(Own::Set(Duration::ZERO)), false)] {
        play(async {
            let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
            desk.edit(change(LinkPatch { settle_window: window, ..LinkPatch::default() })).await;
            desk.directory.put_person(person("bob"));
            desk.list_adds("bob").await;
            desk.sync().await;
            desk.group_removes("bob");
            desk.sync().await;
            assert_eq!(desk.listed().await.contains("bob"), stays, "{window:?}");
        });
    }
}

#[test]
fn a_limit_of_the_links_own_lets_go_what_the_settings_would_hold() {
    play(async {
        let crowd = crowd('p', 20);
        let mut desk = Desk::settled(Reading::Incremental, &names(&crowd)).await;
        desk.edit(change(LinkPatch {
            max_removals: Some(Own::Set(RemovalLimit::Count(9))),
            ..LinkPatch::default()
        }))
        .await;
        for name in &crowd[..8] {
            desk.list_removes(name).await;
        }
        assert_eq!(desk.sync().await.group.removed, 8);
    });
}

#[test]
fn extras_that_were_kept_meanwhile_are_asked_about_anew() {
    play(async {
        let removes = |link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..link };
        let mut desk = Desk::linked(Reading::Full, (&["ann"], &["ann", "bob"]), removes).await;
        let held = desk.sync().await.held;
        desk.rule(RulingKind::Approved, &held.digest).await;
        desk.sync().await;
        desk.both_are(&["ann"]).await;
        for extras in [Extras::Keep, Extras::Remove] {
            desk.edit(change(LinkPatch { extras: Some(extras), ..LinkPatch::default() })).await;
        }
        desk.directory.put_person(person("cid"));
        desk.group_adds("cid");
        let summary = desk.sync().await;
        assert_eq!((summary.outcome, summary.held.group_removals), (Outcome::Held, 1), "{summary:?}");
        desk.are(&["ann"], &["ann", "cid"]).await;
    });
}
