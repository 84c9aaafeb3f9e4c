//! The run that takes somebody out of the group who was erased names them nowhere. Law 17.

use std::time::Duration;

use listsync_core::{
    effects::{Done, Recorded},
    id::{ContactId, RunId},
    link::Mode,
    list::Origin,
    plan::Cause,
    snapshot::Principal,
    summary::{Outcome, Summary},
    trigger::Reason,
    undo::WhyNot,
};
use listsync_engine::{
    history::of_list,
    people,
    ports::{Clock as _, ContactEdit, Contacts as _, Decision, Fault},
    run::{RunRequest, run},
    watch::Unwatched,
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, one_way},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);

impl Desk {
    async fn contact(&self, name: &str) -> ContactId {
        self.store.find_contact(&address(name)).await.unwrap().unwrap().id
    }

    async fn erases(&self, name: &str) -> ContactId {
        let id = self.contact(name).await;
        self.store.erase_contact(&id, self.clock.now()).await.unwrap();
        id
    }

    /// Everything that runs keep, as text: effects, the history, and the rows of the link.
    async fn kept(&self, object_of: &str) -> String {
        let service = service(self);
        let history = of_list(&service, &self.list, None, 1_000).await.unwrap().items;
        let runs = self.ports.runs.latest(Some(&self.link), 1_000).await.unwrap();
        let addresses: Vec<_> =
            self.rows_of(&[object_of]).await.into_iter().map(|row| (row.address, row.named)).collect();
        let runs = serde_json::to_string(&runs).unwrap();
        format!("{:?} {history:?} {addresses:?} {runs}", self.recorded().await)
    }
}

/// That nothing tells of somebody: neither their addresses, nor their former contact, nor their object.
fn tells_nothing(kept: &str, contact: &ContactId, names: &[&str]) {
    assert!(!kept.contains(contact.as_str()), "the contact: {kept}");
    for name in names {
        assert!(!kept.contains(&format!("{name}@")), "{name}: {kept}");
        assert!(!kept.contains(&format!("{:?}", object(name))), "the object {name}: {kept}");
        assert!(!kept.contains(&format!("\"{name}\"")), "the object {name}: {kept}");
    }
}

fn request(desk: &Desk) -> RunRequest {
    let (run, link) = (RunId::parse("faulty").unwrap(), desk.link.clone());
    RunRequest { run, link, reason: Reason::Schedule, until: desk.clock.now() + HOUR }
}

fn is_nameless(Recorded { done: Done { object, contact, address, .. }, .. }: &Recorded) -> bool {
    object.is_none() && contact.is_none() && address.is_none()
}

async fn takes_out(desk: &mut Desk, ann: &ContactId, left: &[&str]) -> Summary {
    let before = desk.recorded().await.len();
    let run = desk.sync().await;
    assert_eq!((run.outcome, run.group.removed, run.failures.len()), (Outcome::Converged, 1, 0), "{run}");
    desk.both_are(left).await;
    let mut done = desk.recorded().await;
    done.truncate(done.len() - before);
    assert!(done.len() == 1 && is_nameless(&done[0]), "{done:?}");
    assert_eq!(done[0].done.because.code(), Cause::OptedOut.code());
    tells_nothing(&desk.kept("ann").await, ann, &["ann", "anna"]);
    run
}

#[test]
fn the_run_that_takes_out_whoever_was_erased_counts_them_and_names_them_nowhere() {
    play(async {
        for reading in BOTH {
            for by_service in [false, true] {
                let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
                let ann = desk.contact("ann").await;
                match by_service {
                    // The links are read in full then, which tells her addresses.
                    true => drop(people::erase(&service(&desk), &ann).await.unwrap()),
                    false => drop(desk.erases("ann").await),
                }
                let plan = desk.plan().await;
                assert_eq!(plan.effects.len(), 1);
                assert!(!serde_json::to_string(&plan).unwrap().contains("ann@"), "{plan}");
                let run = takes_out(&mut desk, &ann, &["bob", "cid"]).await;
                // She is in nobody's hand to be brought back.
                let (done, left_out) = desk.undone(&run).await;
                assert_eq!((done.returned, done.left), (0, 0));
                assert_eq!(left_out, [("nobody".to_owned(), WhyNot::Gone)].into());
                for _ in 0..3 {
                    desk.wait(HOUR).await;
                    desk.both_are(&["bob", "cid"]).await;
                }
                // An owner adds her again, and a run that knows nothing of her any more takes her out.
                desk.group_adds("ann");
                takes_out(&mut desk, &ann, &["bob", "cid"]).await;
                desk.wait(HOUR).await;
                tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
            }
        }
    });
}

#[test]
fn whoever_was_erased_is_named_by_none_of_the_addresses_that_the_directory_gives_them() {
    play(async {
        for reading in BOTH {
            // Known to us by an alias; by one that the directory has as an alias; by none that it gives any more; by nobody.
            let anna = |own: &[&str]| Principal {
                mail: own.first().map(|&name| address(name)),
                proxies: own.iter().map(|&name| address(name)).collect(),
                upn: None,
                name: "Anna".to_owned(),
                ..person("ann")
            };
            for now in [Some(vec!["anna"]), Some(vec!["anna", "ann"]), Some(vec!["anneliese"]), None] {
                let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
                let edit = ContactEdit { add_aliases: [address("anna")].into(), ..ContactEdit::default() };
                let (ann, at) = (desk.contact("ann").await, desk.clock.now());
                desk.store.edit_contact(&ann, None, &edit, Origin::Manual, at).await.unwrap();
                desk.erases("ann").await;
                if let Some(own) = &now {
                    desk.directory.put_person(anna(own));
                } else {
                    desk.directory.delete_person(&object("ann"));
                    desk.sync().await;
                    desk.wait(HOUR).await;
                    tells_nothing(&desk.kept("ann").await, &ann, &["ann", "anna"]);
                    continue;
                }
                takes_out(&mut desk, &ann, &["bob", "cid"]).await;
                tells_nothing(&desk.kept("ann").await, &ann, &["ann", "anna", "anneliese"]);
            }
        }
    });
}

#[test]
fn whoever_said_no_to_the_list_and_was_erased_is_not_named_for_that_no() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.says("ann", Decision::OptedOut).await;
            let ann = desk.erases("ann").await;
            takes_out(&mut desk, &ann, &["bob", "cid"]).await;
        }
    });
}

#[test]
fn a_removal_of_somebody_erased_that_fails_or_was_not_shown_is_told_without_their_name() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            // Shown, when they were still named.
            desk.list_removes("ann").await;
            let named = desk.shown().await;
            let plan = {
                desk.list_adds("ann").await;
                desk.shown().await
            };
            assert_eq!((named.effects.len(), plan.effects.len()), (1, 0));
            let ann = desk.erases("ann").await;
            for (plan, code) in [(&plan, "not_shown"), (&named, "not_shown")] {
                let run = desk.keeps_to(plan).await;
                assert!(run.remarks.iter().any(|remark| remark.code == code), "{run}");
                assert_eq!(run.group.removed, 0);
                tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
            }
            let faults = Faults::judged(Box::new(|call, _| match call {
                "directory.write" => Fate::Fail(Fault::Denied, When::Before),
                _ => Fate::Pass,
            }));
            let failed = run(&faults.over(&desk.ports), &request(&desk), &Unwatched).await.unwrap().summary;
            assert_eq!(failed.failures.len(), 1, "{failed}");
            tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
            desk.clock.advance(HOUR);
            let shown = desk.shown().await;
            let run = desk.keeps_to(&shown).await;
            assert_eq!((run.outcome, run.group.removed), (Outcome::Converged, 1), "{run}");
            desk.both_are(&["bob", "cid"]).await;
            tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
        }
    });
}

#[test]
fn what_a_killed_run_did_to_somebody_who_is_erased_then_is_kept_without_their_name() {
    play(async {
        for at in 0..60 {
            let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
            desk.list_removes("ann").await;
            let ann = desk.contact("ann").await;
            let faults = Faults::judged(Box::new(move |_, number| match number == at {
                true => Fate::Crash(When::After),
                false => Fate::Pass,
            }));
            let _ = faults.process(run(&faults.over(&desk.ports), &request(&desk), &Unwatched)).await;
            desk.erases("ann").await;
            desk.clock.advance(Duration::from_secs(61));
            desk.sync().await;
            for _ in 0..2 {
                desk.wait(HOUR).await;
            }
            desk.both_are(&["bob", "cid"]).await;
            tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
            let done = desk.recorded().await;
            assert_eq!(done.iter().filter(|one| is_nameless(one)).count(), 1, "killed at {at}: {done:?}");
        }
    });
}

#[test]
fn where_the_group_is_not_ours_to_write_whoever_was_erased_stays_in_it_without_a_name() {
    play(async {
        for reading in BOTH {
            let fed = one_way(Mode::GroupToList);
            let mut desk = Desk::linked(reading, (&[], &["ann", "bob"]), fed).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            let ann = desk.erases("ann").await;
            let run = desk.sync().await;
            assert_eq!(run.skipped.get("suppressed"), Some(&1), "{run}");
            for _ in 0..4 {
                desk.wait(HOUR).await;
            }
            desk.are(&["bob"], &["ann", "bob"]).await;
            tells_nothing(&desk.kept("ann").await, &ann, &["ann"]);
        }
    });
}

#[test]
fn whoever_is_no_contact_and_is_erased_by_their_address_is_taken_out_and_named_nowhere() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            let ann = desk.contact("ann").await;
            desk.store.delete_contact(&ann, desk.clock.now()).await.unwrap();
            desk.directory.put_person(person("zoe"));
            desk.group_adds("zoe");
            for name in ["ann", "zoe"] {
                people::erase_address(&service(&desk), &address(name)).await.unwrap();
            }
            let run = desk.sync().await;
            assert_eq!((run.outcome, run.group.removed, run.list.added), (Outcome::Converged, 2, 0), "{run}");
            for _ in 0..3 {
                desk.wait(HOUR).await;
                desk.both_are(&["bob", "cid"]).await;
            }
            assert!(desk.recorded().await.iter().all(is_nameless));
            for name in ["ann", "zoe"] {
                tells_nothing(&desk.kept(name).await, &ann, &["ann", "zoe"]);
            }
        }
    });
}

#[test]
fn whoever_was_erased_and_is_back_by_their_own_word_is_named_as_anybody() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.erases("ann").await;
            desk.says("ann", Decision::Subscribed).await;
            desk.wait(HOUR).await;
            desk.both_are(&["ann", "bob", "cid"]).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            let named = desk.recorded().await;
            assert!(named.iter().any(|one| one.done.address == Some(address("ann"))));
        }
    });
}
