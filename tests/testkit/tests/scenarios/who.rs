//! Whom a run added and removed is kept as it is folded, once, whatever becomes of the run.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    effects::{Certainty, Done, Recorded},
    id::RunId,
    plan::Cause,
    trigger::Reason,
};
use listsync_engine::{
    effects::{WhichRuns, all, page},
    ports::{Clock as _, Decision},
    run::{RunRequest, run},
    watch::Unwatched,
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Side, what was done, and to whom.
fn told(Recorded { done, .. }: &Recorded) -> String {
    let who = done.object.as_ref().expect("they have one");
    format!("{} {who}", done.change)
}

impl Desk {
    async fn changes(&mut self) {
        for name in ["dan", "eva"] {
            self.directory.put_person(person(name));
        }
        self.list_adds("dan").await;
        self.group_adds("eva");
        self.list_removes("ann").await;
        self.group_removes("bob");
        self.says("cid", Decision::OptedOut).await;
    }

    async fn recorded(&self) -> Vec<Recorded> {
        all(&self.ports, &WhichRuns::of_list(self.list.clone())).await.expect("read")
    }
}

const EXPECTED: [(&str, Cause); 5] = [
    ("add to group dan", Cause::ListAdded),
    ("add to list eva", Cause::GroupAdded),
    ("remove from group ann", Cause::ListRemoved),
    ("remove from group cid", Cause::OptedOut),
    ("remove from list bob", Cause::GroupRemoved),
];

#[test]
fn whom_a_run_added_and_removed_and_why_is_kept_of_both_sides() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.changes().await;
            let before = desk.recorded().await.len();
            let summary = desk.sync().await;
            let of_run = WhichRuns::of_run(&summary).expect("it names its list");
            let kept = all(&desk.ports, &of_run).await.expect("read");
            let mut found: Vec<_> = kept.iter().map(|one| (told(one), one.done.because.code())).collect();
            found.sort();
            let expected = EXPECTED.map(|(told, cause)| (told.to_owned(), cause.code()));
            assert_eq!(found, expected, "{reading:?}");
            let of =
                |name: &str| kept.iter().find(|one| one.done.object == Some(object(name))).expect("told");
            assert_eq!(of("dan").done.address, Some(address("dan")));
            assert_eq!((of("dan").certainty, of("dan").done.at), (Certainty::Certain, desk.clock.now()));
            assert_eq!(desk.recorded().await.len(), before + 5);
            desk.wait(HOUR).await;
            assert_eq!(desk.recorded().await.len(), before + 5, "a run that does nothing keeps nothing");
        }
    });
}

/// Law 2.
#[test]
fn an_effect_that_the_baseline_has_is_kept_once_wherever_a_run_is_killed() {
    play(async {
        let calls = killed_at(None).await;
        assert!(calls > 20, "a run makes {calls} calls");
        for at in 0..calls {
            for when in [When::Before, When::After] {
                killed_at(Some((at, when))).await;
            }
        }
    });
}

/// Plays the changes with a run that dies at this call, and others after it; how many calls there were.
async fn killed_at(kill: Option<(u64, When)>) -> u64 {
    let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
    desk.changes().await;
    let before = desk.recorded().await.len();
    let faults = Faults::judged(Box::new(move |_, number| match kill {
        Some((at, when)) if number == at => Fate::Crash(when),
        _ => Fate::Pass,
    }));
    let ports = faults.over(&desk.ports);
    let request = RunRequest {
        run: RunId::parse("killed").expect("an id"),
        link: desk.link.clone(),
        reason: Reason::Schedule,
        until: desk.clock.now() + HOUR,
    };
    let _ = faults.process(run(&ports, &request, &Unwatched)).await;
    desk.clock.advance(Duration::from_secs(61));
    desk.sync().await;
    desk.wait(HOUR).await;
    desk.wait(HOUR).await;
    let mut kept = desk.recorded().await;
    kept.truncate(kept.len() - before);
    let mut found: Vec<String> = kept.iter().map(told).collect();
    found.sort();
    assert_eq!(found, EXPECTED.map(|(told, _)| told), "{kill:?}");
    assert!(kept.iter().all(|one| one.certainty == Certainty::Certain));
    faults.calls()
}

#[test]
fn what_a_large_run_did_is_read_by_pages_of_any_size() {
    play(async {
        let people = crowd('p', 130);
        let mut desk = Desk::with(Reading::Full, &names(&people), &[]).await;
        let summary = desk.sync().await;
        let of_run = WhichRuns::of_run(&summary).expect("it names its list");
        let whole = all(&desk.ports, &of_run).await.expect("read");
        let by_object: BTreeMap<_, _> = whole.iter().map(|one| (one.done.object.clone(), one)).collect();
        assert_eq!((whole.len(), by_object.len()), (130, 130), "each once");
        for limit in [1, 7, 19, 20, 64, 500] {
            let (mut seen, mut from): (Vec<Done>, _) = (Vec::new(), None);
            loop {
                let read = page(&desk.ports, &of_run, (from.as_ref(), limit)).await.expect("read");
                assert!(read.items.len() <= limit);
                seen.extend(read.items.into_iter().map(|one| one.done));
                from = read.next;
                if from.is_none() {
                    break;
                }
            }
            assert!(seen.iter().eq(whole.iter().map(|one| &one.done)), "by {limit}");
        }
    });
}

#[test]
fn effects_are_kept_for_as_long_as_the_setting_says() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann"], &[]).await;
        desk.settings(|settings| settings.effects_keep = 2 * HOUR).await;
        desk.sync().await;
        assert_eq!(desk.recorded().await.len(), 1);
        desk.clock.advance(HOUR);
        assert_eq!(desk.recorded().await.len(), 1);
        desk.clock.advance(HOUR);
        assert_eq!(desk.recorded().await.len(), 0);
    });
}
