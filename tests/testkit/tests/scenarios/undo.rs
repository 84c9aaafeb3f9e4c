//! What a run did is taken back on both sides, from all who did not move since, and from nobody else.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    limit::AdditionLimit,
    link::{Extras, Link, LinkStatus, Mode, Phase},
    list::ListKind,
    summary::{Outcome, Summary},
    undo::WhyNot,
};
use listsync_engine::{
    ports::{
        Acquired, Call, Clock as _, Contacts as _, Decision, ImportMode, LinkEdit, Links as _, ListEdit,
        ListStore as _, Meter, NewImport, PortResult, RulingKind,
    },
    undo::{Proposal, Undone, carry_out, propose},
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, contact, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

impl Desk {
    async fn proposed(&self, run: &Summary) -> PortResult<Proposal> {
        let meter = Meter::default();
        let until = self.clock.now().checked_add(MINUTE).unwrap();
        propose(&self.ports, &*self.store, run, Call { until, meter: &meter }).await
    }

    /// Takes a run back on the list; who was left out, and why.
    pub(crate) async fn undone(&mut self, run: &Summary) -> (Undone, BTreeSet<(String, WhyNot)>) {
        self.clock.advance(MINUTE);
        let proposal = self.proposed(run).await.unwrap();
        let done = carry_out(&self.ports, &proposal).await.unwrap();
        let undo = proposal.undo;
        let moved = (undo.returning.len() as u64, undo.leaving.len() as u64);
        assert_eq!((done.returned, done.left), moved, "just what was shown");
        let local = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        let name = |one: &listsync_core::undo::LeftOut| {
            one.address.as_ref().map_or_else(|| "nobody".to_owned(), |address| local(address.as_str()))
        };
        (done, undo.left_out.iter().map(|one| (name(one), one.why)).collect())
    }

    async fn refusal(&self, run: &Summary) -> String {
        self.proposed(run).await.expect_err("it is refused").code
    }

    /// Dan joins by the list and Eva by the group; Ann leaves the list and Bob the group. The run that sees to it.
    async fn moved_on_both(&mut self) -> Summary {
        for name in ["dan", "eva"] {
            self.directory.put_person(person(name));
        }
        self.list_adds("dan").await;
        self.group_adds("eva");
        self.list_removes("ann").await;
        self.group_removes("bob");
        self.clock.advance(MINUTE);
        let run = self.sync().await;
        self.both_are(&["cid", "dan", "eva"]).await;
        run
    }

    async fn changed(reading: Reading) -> (Self, Summary) {
        let mut desk = Self::settled(reading, &["ann", "bob", "cid"]).await;
        let run = desk.moved_on_both().await;
        (desk, run)
    }
}

fn out(all: &[(&str, WhyNot)]) -> BTreeSet<(String, WhyNot)> {
    all.iter().map(|(name, why)| ((*name).to_owned(), *why)).collect()
}

#[test]
fn what_a_run_did_on_either_side_is_taken_back_on_both_and_that_too() {
    play(async {
        for reading in BOTH {
            let (mut desk, run) = Desk::changed(reading).await;
            let (done, left_out) = desk.undone(&run).await;
            assert_eq!((done.returned, done.left, left_out), (2, 2, BTreeSet::new()));
            let second = desk.sync().await;
            assert_eq!(second.outcome, Outcome::Converged, "{second}");
            desk.both_are(&["ann", "bob", "cid"]).await;
            for _ in 0..3 {
                desk.wait(HOUR).await;
                desk.both_are(&["ann", "bob", "cid"]).await;
            }
            let (_, left_out) = desk.undone(&second).await;
            assert_eq!(left_out, BTreeSet::new(), "an undo is a run like any other");
            desk.sync().await;
            desk.both_are(&["cid", "dan", "eva"]).await;
            let moved = [("ann", WhyNot::AsBefore), ("bob", WhyNot::AsBefore)];
            let (_, left_out) = desk.undone(&second).await;
            assert!(left_out.is_superset(&out(&moved)), "{left_out:?}");
            desk.wait(HOUR).await;
            desk.both_are(&["cid", "dan", "eva"]).await;
        }
    });
}

#[test]
fn where_the_list_leads_the_edit_behind_a_run_is_taken_back() {
    play(async {
        for reading in BOTH {
            let both = (&["ann", "bob"][..], &["ann", "bob", "xtra"][..]);
            let mut desk = Desk::linked(reading, both, one_way(Mode::ListToGroup)).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.directory.put_person(person("dan"));
            desk.list_adds("dan").await;
            desk.list_removes("ann").await;
            desk.group_removes("bob");
            desk.clock.advance(MINUTE);
            let run = desk.sync().await;
            desk.wait(HOUR).await;
            desk.are(&["bob", "dan"], &["bob", "dan", "xtra"]).await;
            let (_, left_out) = desk.undone(&run).await;
            // Whether the run itself put Bob back or the one after it depends on how it read.
            assert!(left_out.is_subset(&out(&[("bob", WhyNot::Restored)])), "{left_out:?}");
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.are(&["ann", "bob"], &["ann", "bob", "xtra"]).await;
        }
    });
}

#[test]
fn who_was_in_the_group_alone_is_not_put_on_a_list_that_they_were_never_on() {
    play(async {
        let expel = |link: Link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..link };
        let both = (&["ann", "bob"][..], &["ann", "bob"][..]);
        let mut desk = Desk::linked(Reading::Full, both, expel).await;
        desk.sync().await;
        desk.wait(HOUR).await;
        desk.directory.put_person(person("xtra"));
        desk.group_adds("xtra");
        desk.wait(HOUR).await;
        let held = desk.state().await.progress.hold.expect("the first removal of extras is asked about");
        desk.rule(RulingKind::Approved, &held.digest).await;
        let run = desk.sync().await;
        desk.both_are(&["ann", "bob"]).await;
        // Nobody has a contact of them: the list never knew them.
        let (done, left_out) = desk.undone(&run).await;
        assert_eq!((done.returned, done.left), (0, 0));
        assert_eq!(left_out, out(&[("xtra", WhyNot::Gone)]));
        desk.wait(HOUR).await;
        desk.both_are(&["ann", "bob"]).await;
    });
}

#[test]
fn who_moved_said_no_or_was_erased_since_stays_as_they_are() {
    play(async {
        for reading in BOTH {
            let (mut desk, run) = Desk::changed(reading).await;
            desk.clock.advance(MINUTE);
            // Dan left and came back; Eva says no; Ann is erased, and Bob says yes by himself.
            desk.list_removes("dan").await;
            desk.list_adds("dan").await;
            desk.says("eva", Decision::OptedOut).await;
            let ann = desk.store.find_contact(&address("ann")).await.unwrap().unwrap().id;
            desk.store.erase_contact(&ann, desk.clock.now()).await.unwrap();
            desk.says("bob", Decision::Subscribed).await;
            let (done, left_out) = desk.undone(&run).await;
            assert_eq!((done.returned, done.left), (0, 0));
            let expected = [
                ("dan", WhyNot::Moved),
                ("eva", WhyNot::OptedOut),
                ("nobody", WhyNot::Gone),
                ("bob", WhyNot::AsBefore),
            ];
            assert_eq!(left_out, out(&expected), "{reading:?}");
            desk.wait(HOUR).await;
            desk.both_are(&["bob", "cid", "dan"]).await;
        }
    });
}

#[test]
fn who_moved_in_the_group_since_is_left_out_once_a_run_has_seen_it() {
    play(async {
        for reading in BOTH {
            let (mut desk, run) = Desk::changed(reading).await;
            desk.wait(HOUR).await;
            desk.group_removes("dan");
            desk.group_adds("ann");
            desk.wait(HOUR).await;
            desk.group_adds("dan");
            desk.wait(HOUR).await;
            desk.both_are(&["ann", "cid", "dan", "eva"]).await;
            let (_, left_out) = desk.undone(&run).await;
            assert_eq!(left_out, out(&[("dan", WhyNot::Moved), ("ann", WhyNot::AsBefore)]));
            desk.sync().await;
            desk.both_are(&["ann", "bob", "cid", "dan"]).await;
        }
    });
}

#[test]
fn nobody_who_is_protected_or_came_by_their_own_word_is_taken_off() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            for name in ["dan", "eva", "fay", "gus"] {
                desk.directory.put_person(person(name));
            }
            desk.list_adds("dan").await;
            desk.says("eva", Decision::Subscribed).await;
            desk.list_adds("fay").await;
            desk.group_adds("gus");
            desk.clock.advance(MINUTE);
            let run = desk.sync().await;
            desk.says("gus", Decision::Subscribed).await;
            desk.settings(|settings| settings.protected.addresses = [address("fay")].into()).await;
            let (done, left_out) = desk.undone(&run).await;
            assert_eq!((done.returned, done.left), (0, 1));
            let own = [("eva", WhyNot::OwnWord), ("gus", WhyNot::OwnWord), ("fay", WhyNot::Protected)];
            assert_eq!(left_out, out(&own));
            desk.wait(HOUR).await;
            desk.both_are(&["ann", "bob", "cid", "eva", "fay", "gus"]).await;
        }
    });
}

#[test]
fn a_wrong_file_of_three_hundred_is_undone_with_one_approval_and_nobody_else_is_touched() {
    play(async {
        for reading in BOTH {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid", "dan"]).await;
            desk.settings(|settings| settings.max_additions = AdditionLimit::Off).await;
            let wrong = crowd('p', 300);
            for name in &wrong {
                desk.directory.put_person(person(name));
            }
            let people = names(&wrong).into_iter().map(|name| contact(name).into()).collect();
            let file = NewImport {
                max_additions: AdditionLimit::Off,
                ..NewImport::new("wrong.csv", ImportMode::Incremental, people, desk.clock.now())
            };
            desk.store.import(&desk.list, &file).await.unwrap();
            desk.clock.advance(MINUTE);
            let run = desk.sync().await;
            assert_eq!(run.group.added, 300);
            let (done, left_out) = desk.undone(&run).await;
            assert_eq!((done.returned, done.left, left_out), (0, 300, BTreeSet::new()));
            let held = desk.sync().await;
            assert_eq!((held.outcome, held.held.group_removals), (Outcome::Held, 300), "the guard asks");
            desk.rule(RulingKind::Approved, &held.held.digest).await;
            desk.sync().await;
            desk.both_are(&["ann", "bob", "cid", "dan"]).await;
        }
    });
}

#[test]
fn an_undo_that_is_killed_anywhere_is_completed_by_saying_it_again() {
    play(async {
        let calls = killed_at(None).await;
        assert!(calls > 4, "an undo makes {calls} calls");
        for at in 0..calls {
            for when in [When::Before, When::After] {
                killed_at(Some((at, when))).await;
            }
        }
    });
}

/// Plays an undo that dies at this call, and another; how many calls there were.
async fn killed_at(kill: Option<(u64, When)>) -> u64 {
    let (mut desk, run) = Desk::changed(Reading::Incremental).await;
    desk.clock.advance(MINUTE);
    let proposal = desk.proposed(&run).await.unwrap();
    let faults = Faults::judged(Box::new(move |_, number| match kill {
        Some((at, when)) if number == at => Fate::Crash(when),
        _ => Fate::Pass,
    }));
    let ports = faults.over(&desk.ports);
    let _ = faults.process(carry_out(&ports, &proposal)).await;
    let (_, left_out) = desk.undone(&run).await;
    assert!(left_out.iter().all(|(_, why)| *why == WhyNot::AsBefore), "{kill:?}: {left_out:?}");
    desk.sync_quietly().await;
    desk.both_are(&["ann", "bob", "cid"]).await;
    faults.calls()
}

#[test]
fn what_was_shown_is_done_or_nothing_is() {
    play(async {
        let (mut desk, run) = Desk::changed(Reading::Incremental).await;
        desk.clock.advance(MINUTE);
        let shown = desk.proposed(&run).await.unwrap();
        desk.clock.advance(MINUTE);
        let later = desk.proposed(&run).await.unwrap();
        assert_eq!(shown, later, "time alone changes nothing");
        later.demand(&shown.undo.digest).unwrap();
        desk.list_removes("dan").await;
        let other = desk.proposed(&run).await.unwrap();
        assert_eq!(other.demand(&shown.undo.digest).expect_err("other people").code, "undo_changed");
        assert!(other.others.is_empty(), "the list has no other link");
        assert_eq!(other.link.id, desk.link);
        let late = desk.clock.now().checked_add(HOUR * 24 * 91).unwrap();
        desk.clock.advance(late.duration_since(desk.clock.now()).unsigned_abs());
        assert_eq!(desk.refusal(&run).await, "undo_not_kept");
    });
}

#[test]
fn runs_that_cannot_be_taken_back_say_why() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann"], &["bob"]).await;
        let first = desk.sync().await;
        assert_eq!(desk.refusal(&first).await, "undo_first_run");
        desk.wait(HOUR).await;
        let (mut desk, run) = Desk::changed(Reading::Full).await;
        let older = Summary { phase: None, ..run.clone() };
        assert_eq!(desk.refusal(&older).await, "undo_not_kept");
        let nothing = desk.sync().await;
        assert!(desk.proposed(&nothing).await.unwrap().undo.is_empty());
        desk.edit(LinkEdit::Status(LinkStatus::Paused)).await;
        assert_eq!(desk.refusal(&run).await, "undo_stopped");
        desk.edit(LinkEdit::Status(LinkStatus::Active)).await;
        let acquired = desk.store.acquire(&desk.link, desk.clock.now(), MINUTE).await.unwrap();
        let Acquired::Lease(lease) = acquired else { panic!("it is free") };
        assert_eq!(desk.refusal(&run).await, "link_busy");
        desk.store.release(&lease).await.unwrap();
        desk.edit(LinkEdit::Relink).await;
        assert_eq!(desk.refusal(&run).await, "undo_first_run", "nothing is agreed any more");
        desk.store.delete(&desk.link).await.unwrap();
        assert_eq!(desk.refusal(&run).await, "undo_no_link");
        let kept = desk.ports.runs.load(&run.run).await.unwrap().unwrap();
        assert_eq!(kept.phase, Some(Phase::Steady), "a summary keeps of which kind of run it is");
    });
}

impl Desk {
    async fn steady_run(mode: Mode) -> (Self, Summary) {
        let both = (&["ann", "bob"][..], &["ann", "bob"][..]);
        let mut desk = Self::linked(Reading::Full, both, one_way(mode)).await;
        desk.sync().await;
        desk.wait(HOUR).await;
        desk.directory.put_person(person("dan"));
        match mode {
            Mode::GroupToList => desk.group_adds("dan"),
            Mode::TwoWay | Mode::ListToGroup => desk.list_adds("dan").await,
        }
        let run = desk.sync().await;
        (desk, run)
    }
}

#[test]
fn where_the_group_or_a_filter_decides_nothing_is_taken_back() {
    play(async {
        let (desk, run) = Desk::steady_run(Mode::GroupToList).await;
        assert_eq!(run.list.added, 1);
        assert_eq!(desk.refusal(&run).await, "undo_group_decides");
        let (desk, run) = Desk::steady_run(Mode::ListToGroup).await;
        let filter = ListKind::Filtered { filter: "title pr".to_owned() };
        let edit = ListEdit { kind: Some(filter), ..ListEdit::default() };
        desk.store.edit_list(&desk.list, None, &edit, desk.clock.now()).await.unwrap();
        assert_eq!(desk.refusal(&run).await, "undo_filter_decides");
    });
}
