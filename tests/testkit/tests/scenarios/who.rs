//! Whom a run added and removed is kept as it is folded, once, whatever becomes of the run.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    audit::{Action, Actor, Completion, Object, ObjectKind},
    effects::{Certainty, Done, Recorded},
    history::{By, Happened, TakenBack},
    id::RunId,
    plan::Cause,
    trigger::Reason,
};
use listsync_engine::{
    audit::{Deed, record},
    effects::{WhichRuns, all, page},
    history::{HistoryPage, of_contact, of_list},
    ports::{Clock as _, Contacts as _, Decision, ImportMode, ListStore as _, NewImport},
    run::{RunRequest, run},
    watch::Unwatched,
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, contact, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
    service::service,
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

    pub(crate) async fn recorded(&self) -> Vec<Recorded> {
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
                let read = page(&desk.ports, &of_run, from.as_ref(), limit).await.expect("read");
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

/// Who, where, whether they joined, and by what.
fn line(one: &Happened) -> String {
    let who = one.address.as_ref().map_or("nobody", |address| address.as_str());
    let who = who.split('@').next().unwrap_or_default();
    let by = match &one.by {
        By::Run { because, .. } => because.code().to_owned(),
        By::Import(import) => format!("file {}", import.is_some()),
        By::Oneself => "self".to_owned(),
        By::Filter => "filter".to_owned(),
        By::EndDate => "date".to_owned(),
        By::Undo(TakenBack::Run(run)) => format!("undo of {run}"),
        By::Undo(TakenBack::Import(import)) => format!("undo of {import}"),
        By::Edit(actor) => actor.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string),
    };
    format!("{} {who}: {by}", one.change)
}

impl Desk {
    /// Something on the list by each way in, a minute after the other, and the group after all.
    async fn days(&mut self) {
        let service = service(self);
        let minute = Duration::from_secs(60);
        let names = ["dan", "eva", "fay"];
        for name in names {
            self.directory.put_person(person(name));
        }
        self.clock.advance(minute);
        self.list_adds("dan").await;
        let dan = self.store.find_contact(&address("dan")).await.unwrap().unwrap().id;
        let objects = vec![Object::new(ObjectKind::List, &self.list), Object::new(ObjectKind::Contact, dan)];
        let actor = Actor::Key("k1".to_owned());
        let deed = Deed { actor, action: Action::MemberAdd, objects, completion: Completion::Done };
        record(&service, deed).await;
        self.clock.advance(minute);
        let people = vec![contact("eva").into()];
        let file = NewImport::new("staff.csv", ImportMode::Incremental, people, self.clock.now());
        self.store.import(&self.list, &file).await.unwrap();
        self.clock.advance(minute);
        self.says("ann", Decision::OptedOut).await;
        self.clock.advance(minute);
        self.group_adds("fay");
        self.sync().await;
    }
}

const HISTORY: [&str; 7] = [
    "add to group dan: list_added",
    "add to group eva: list_added",
    "add to list fay: group_added",
    "remove from group ann: opted_out",
    "remove from list ann: self",
    "add to list eva: file true",
    "add to list dan: key:k1",
];

#[test]
fn a_history_tells_who_joined_or_left_either_side_and_by_what() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.clock.advance(Duration::from_secs(90));
            desk.days().await;
            let service = service(&desk);
            for limit in [1, 2, 3, 5, 100] {
                let (mut seen, mut from) = (Vec::new(), None);
                loop {
                    let read = of_list(&service, &desk.list, from, limit).await.expect("read");
                    let HistoryPage { items, next } = read;
                    assert!(items.len() <= limit);
                    seen.extend(items.iter().map(line));
                    from = next.map(|place| place.to_string().parse().expect("a place"));
                    if from.is_none() {
                        break;
                    }
                }
                // Of the people of the beginning nobody records who put them on the list.
                seen.truncate(seen.len() - 2);
                seen[..4].sort();
                assert_eq!(seen, HISTORY, "by {limit}, reading {reading:?}");
            }
            let ann = desk.store.find_contact(&address("ann")).await.unwrap().unwrap();
            let lists = [desk.list.clone()].into();
            let told = of_contact(&service, &ann, &lists).await.expect("read");
            let told: Vec<String> = told.iter().map(line).collect();
            assert_eq!(told, [HISTORY[3], HISTORY[4], "add to list ann: somebody"], "{reading:?}");
        }
    });
}

/// Law 17.
#[test]
fn a_history_names_nobody_who_was_erased() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        desk.days().await;
        let service = service(&desk);
        let eva = desk.store.find_contact(&address("eva")).await.unwrap().unwrap().id;
        desk.store.erase_contact(&eva, desk.clock.now()).await.unwrap();
        let told = of_list(&service, &desk.list, None, 100).await.expect("read").items;
        assert!(told.iter().all(|one| one.address != Some(address("eva"))));
        assert!(told.iter().all(|one| one.object != Some(object("eva"))), "her id leads to her name");
        let nameless = told.iter().filter(|one| one.address.is_none() && one.object.is_none());
        let nameless: Vec<String> = nameless.map(line).collect();
        assert_eq!(nameless, ["add to group nobody: list_added"], "what a run did stays, without a name");
    });
}
