//! Who is protected stays on both sides, by whichever of their addresses they were named, and however little a run reads.
//! Law 16.

use std::time::Duration;

use listsync_core::snapshot::Principal;
use listsync_engine::ports::LinkEdit;
use listsync_testkit::sample::{address, person};

use crate::{
    desk::{BOTH, Desk, Reading},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// The head of the company, who is `chief` and takes mail as `ceo`, too.
fn chief() -> Principal {
    Principal { proxies: ["chief", "ceo"].map(address).into(), ..person("chief") }
}

/// Ann and the chief in step for long, and the chief protected by the other address.
async fn with_the_chief(reading: Reading) -> Desk {
    let mut desk = Desk::settled(reading, &["ann", "bob", "chief"]).await;
    desk.directory.put_person(chief());
    desk.settings(|settings| settings.protected.addresses = [address("ceo")].into()).await;
    desk.clock.advance(HOUR);
    desk
}

#[test]
fn who_is_protected_by_an_alias_stays_in_the_group_that_the_list_would_take_them_off() {
    for reading in BOTH {
        play(async {
            let mut desk = with_the_chief(reading).await;
            for name in ["ann", "chief"] {
                desk.list_removes(name).await;
            }
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("protected"), Some(&1), "{summary:?}");
            desk.are(&["bob"], &["bob", "chief"]).await;
        });
    }
}

#[test]
fn who_is_protected_by_an_alias_stays_on_the_list_when_they_leave_the_group() {
    for reading in BOTH {
        play(async {
            let mut desk = with_the_chief(reading).await;
            for name in ["ann", "chief"] {
                desk.group_removes(name);
            }
            desk.sync().await;
            desk.wait(HOUR).await;
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("protected"), Some(&1), "{summary:?}");
            desk.are(&["bob", "chief"], &["bob"]).await;
        });
    }
}

#[test]
fn who_was_found_by_an_alias_stays_protected_when_a_rename_takes_it_from_them() {
    for reading in BOTH {
        for relinked in [false, true] {
            play(async {
                let mut desk = with_the_chief(reading).await;
                desk.sync().await;
                desk.directory.put_person(person("chief"));
                if relinked {
                    desk.edit(LinkEdit::Relink).await;
                    desk.sync().await;
                    desk.wait(HOUR).await;
                }
                desk.list_removes("chief").await;
                let summary = desk.sync().await;
                assert_eq!(summary.skipped.get("protected"), Some(&1), "{summary:?}");
                desk.are(&["ann", "bob"], &["ann", "bob", "chief"]).await;
            });
        }
    }
}

#[test]
fn while_nobody_answers_to_a_protected_address_people_are_read_before_they_are_removed() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "chief"]).await;
            desk.settings(|settings| settings.protected.addresses = [address("ghost")].into()).await;
            desk.sync().await;
            desk.list_removes("ann").await;
            let summary = desk.sync().await;
            assert_eq!((summary.group.removed, summary.skipped.get("protected")), (1, None), "{summary:?}");
            // They come to have the address, as one that is not theirs alone, which no look-up is told of.
            desk.directory.put_person(Principal { others: vec![address("ghost")], ..person("chief") });
            desk.list_removes("chief").await;
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("protected"), Some(&1), "{summary:?}");
            desk.are(&["bob"], &["bob", "chief"]).await;
        });
    }
}
