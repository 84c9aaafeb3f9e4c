//! One word is enough: whom an approved import took off the list, no guard holds once more.

use std::time::Duration;

use listsync_core::{Timestamp, id::ImportId, link::Link, summary::Outcome};
use listsync_engine::ports::{Clock as _, ImportMode, ListStore as _, NewImport};
use listsync_testkit::sample::contact;

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Twenty on both sides since yesterday, and a full file of the first eight.
async fn eight_of_twenty(reading: Reading) -> (Desk, ImportId, Vec<String>) {
    let crowd = crowd('p', 20);
    let mut desk = Desk::settled(reading, &names(&crowd)).await;
    desk.wait(DAY).await;
    let import = desk.imports(&crowd[..8]).await;
    (desk, import, crowd)
}

impl Desk {
    /// A full file that names these alone, so that it is held.
    async fn imports(&self, names: &[String]) -> ImportId {
        let people = names.iter().map(|name| contact(name).into()).collect();
        let file = NewImport::new("staff.csv", ImportMode::Full, people, self.clock.now());
        let import = self.store.import(&self.list, &file).await.unwrap().import;
        assert_eq!(import.held, 12);
        import.id
    }
}

/// A word of before or after the link was made, which has not run yet.
async fn first_run(reading: Reading, made_at: Timestamp) -> (Desk, usize) {
    let crowd = crowd('p', 20);
    let names = names(&crowd);
    let made = |link| Link { made_at: Some(made_at), ..link };
    let mut desk = Desk::linked(reading, (&names, &names), made).await;
    let import = desk.imports(&crowd[..8]).await;
    desk.store.approve_import(&import, desk.clock.now()).await.unwrap();
    assert_eq!(desk.sync().await.outcome, Outcome::Converged);
    let listed = desk.listed().await.len();
    (desk, listed)
}

#[test]
fn a_first_run_brings_nobody_back_whom_a_person_took_off_the_list_of_a_link_that_was_there() {
    for reading in BOTH {
        play(async {
            let (desk, listed) = first_run(reading, Timestamp::UNIX_EPOCH).await;
            assert_eq!((listed, desk.grouped().len()), (8, 8));
        });
    }
}

#[test]
fn a_word_from_before_the_link_says_nothing_of_its_group() {
    for reading in BOTH {
        play(async {
            let (desk, listed) = first_run(reading, Timestamp::MAX).await;
            assert_eq!((listed, desk.grouped().len()), (20, 20), "both sides are united");
        });
    }
}

#[test]
fn whom_an_approved_import_took_off_the_list_leaves_the_group_without_another_word() {
    for reading in BOTH {
        play(async {
            let (mut desk, import, _) = eight_of_twenty(reading).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "nobody has left yet");
            desk.store.approve_import(&import, desk.clock.now()).await.unwrap();
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.group.removed), (Outcome::Converged, 12));
            assert_eq!(desk.grouped().len(), 8);
        });
    }
}

#[test]
fn the_word_is_about_those_alone_whom_it_named_and_counts() {
    for reading in BOTH {
        play(async {
            let (mut desk, import, crowd) = eight_of_twenty(reading).await;
            desk.store.approve_import(&import, desk.clock.now()).await.unwrap();
            desk.list_removes(&crowd[0]).await;
            let summary = desk.sync().await;
            assert_eq!(
                (summary.group.removed, summary.held.group_removals),
                (12, 1),
                "that one is asked for"
            );
            assert!(desk.grouped().contains(&crowd[0]));
        });
    }
}

#[test]
fn whoever_came_back_and_left_again_is_asked_for() {
    for reading in BOTH {
        play(async {
            let (mut desk, import, crowd) = eight_of_twenty(reading).await;
            desk.store.approve_import(&import, desk.clock.now()).await.unwrap();
            for name in &crowd[8..] {
                desk.list_adds(name).await;
                desk.list_removes(name).await;
            }
            assert_eq!(desk.sync().await.held.group_removals, 12);
            assert_eq!(desk.grouped().len(), 20);
        });
    }
}
