//! A look that found nothing is one write, of the row as it was read.

use std::time::Duration;

use listsync_core::{
    id::RunId,
    link::LinkStatus,
    quiet::Quiet,
    schedule::{COUNT_EVERY, later},
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, Cursor, Fault, Finish, LinkEdit, LinkState, Links, ListStore, Progress, QuietNote, Runs,
};

use super::{Bed, MINUTE, finish};
use crate::{
    contracts::{Case, cases, ok},
    sample::{moment, summary},
};

pub(super) fn cases<S: Links + ListStore + Runs + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_look_that_found_nothing_answers_its_message,
        it_is_answered_as_a_run_until_the_next_one,
        what_changed_since_the_row_was_read_makes_it_void,
        two_of_one_reading_are_noted_once,
        what_it_counted_is_handed_on,
        a_generation_is_reached_once,
    ]
}

/// A link whose run at the ninth second left it at rest.
async fn at_rest<S: Links + ListStore>(make: &impl Fn() -> S) -> Bed<S> {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(5)).await;
    let cursor = Some(Cursor("where it stands".to_owned()));
    let progress = Progress { group_cursor: cursor, at_rest: Some(lease.token), ..Progress::default() };
    bed.finish(&lease, Finish { progress, ..finish(moment(9)) }).await;
    bed
}

fn note(run: &str, second: i64) -> QuietNote {
    let quiet = Quiet {
        run: RunId::parse(run).expect("a plain name makes an id"),
        started_at: moment(second - 1),
        finished_at: moment(second),
        requests: 1,
        counted_at: None,
        in_a_row: 1,
    };
    QuietNote { quiet, asked: Generation(1), due_at: moment(second + 900) }
}

/// Law 6.
async fn a_look_that_found_nothing_answers_its_message<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = at_rest(make).await;
    let read = bed.state().await;
    assert_eq!(read.progress.at_rest, Some(read.token), "nobody has begun a run since");
    assert_eq!(ok(bed.store.glimpse(bed.id()).await), Some(read.clone()));
    let first = note("look-1", 3_700);
    assert!(ok(bed.store.note_quiet(&read, &first).await));
    let after = bed.state().await;
    let wanted = LinkState {
        requested: Generation(1),
        synced: Generation(1),
        due_at: first.due_at,
        finished_at: Some(moment(3_700)),
        quiet: Some(first.quiet),
        rev: after.rev,
        ..read
    };
    assert_eq!(after, wanted);
    assert!(ok(bed.store.due(moment(4_599), None, 10).await).is_empty());
    let due = ok(bed.store.due(moment(4_600), None, 10).await);
    assert_eq!(due.first().map(|due| due.generations), Some(after.generations()));
}

async fn it_is_answered_as_a_run_until_the_next_one<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = at_rest(make).await;
    let kept = summary("run-1", bed.id(), moment(9));
    ok(bed.store.save(&kept).await);
    assert!(ok(bed.store.note_quiet(&bed.state().await, &note("look-1", 3_700)).await));
    let runs = ok(bed.store.latest(Some(bed.id()), 10).await);
    let [look, run] = &runs[..] else { panic!("the look and the run before it: {runs:?}") };
    assert_eq!((run, &look.link, look.list.name.as_str()), (&kept, bed.id(), "Staff"));
    assert_eq!((look.finished_at, look.graph.requests, look.duration_ms), (moment(3_700), 1, 1_000));
    assert_eq!(ok(Runs::load(&bed.store, &look.run).await).as_ref(), Some(look));
    assert_eq!(ok(bed.store.latest(Some(bed.id()), 1).await), vec![look.clone()]);
    assert_eq!(ok(bed.store.earlier(&look.run, Some(bed.id()), 10).await), vec![kept.clone()]);
    assert_eq!(ok(bed.store.earlier(&look.run, None, 10).await), vec![kept.clone()]);
    assert_eq!(ok(bed.store.latest(None, 10).await), vec![kept.clone()], "it is among those of its link");
    assert_eq!(ok(bed.store.last_finished().await), Some(moment(3_700)));

    let mut second = note("look-2", 4_700);
    second.asked = Generation(2);
    assert!(ok(bed.store.note_quiet(&bed.state().await, &second).await));
    assert_eq!(ok(Runs::load(&bed.store, &look.run).await), None, "another look stands in its place");
    let gone = bed.store.earlier(&look.run, None, 10).await.expect_err("it is not kept any more");
    assert_eq!((gone.fault, gone.code.as_str()), (Fault::Gone, "no_such_run"));
    let lease = bed.lease(moment(5_000)).await;
    assert_eq!(ok(bed.store.latest(Some(bed.id()), 10).await).len(), 2, "a run that is going has no end yet");
    bed.finish(&lease, finish(moment(5_009))).await;
    assert_eq!(ok(bed.store.latest(Some(bed.id()), 10).await), vec![kept]);
    assert_eq!(bed.state().await.quiet, None);
}

/// Laws 6 and 7.
async fn what_changed_since_the_row_was_read_makes_it_void<S: Links + ListStore + Runs>(
    make: &impl Fn() -> S,
) {
    for change in ["request", "reach", "acquire", "run", "pause", "failing", "resync"] {
        let bed = at_rest(make).await;
        let read = bed.state().await;
        let edit = async |edit| ok(bed.store.edit(bed.id(), &edit, moment(3_600)).await);
        match change {
            "request" => drop(ok(bed.store.request(bed.id(), None).await)),
            "reach" => drop(ok(bed.store.reach(bed.id(), Generation(1)).await)),
            "acquire" => drop(bed.lease(moment(3_600)).await),
            "run" => {
                let lease = bed.lease(moment(3_600)).await;
                ok(bed.store.release(&lease).await);
            }
            "pause" => edit(LinkEdit::Status(LinkStatus::Paused)).await,
            "failing" => edit(LinkEdit::Failing("it was delivered again".into())).await,
            _ => edit(LinkEdit::Resync).await,
        }
        let before = bed.state().await;
        assert!(!ok(bed.store.note_quiet(&read, &note("look-1", 3_700)).await), "{change}");
        assert_eq!(bed.state().await, before, "{change}");
    }
}

async fn two_of_one_reading_are_noted_once<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = at_rest(make).await;
    let read = bed.state().await;
    assert!(ok(bed.store.note_quiet(&read, &note("look-1", 3_700)).await));
    let after = bed.state().await;
    assert!(!ok(bed.store.note_quiet(&read, &note("look-2", 3_701)).await));
    assert_eq!(bed.state().await, after);
}

async fn what_it_counted_is_handed_on<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = at_rest(make).await;
    let mut counted = note("look-1", 3_700);
    counted.quiet.counted_at = Some(moment(3_700));
    assert!(ok(bed.store.note_quiet(&bed.state().await, &counted).await));
    let after = bed.state().await;
    assert_eq!(after.progress.count_at, Some(later(moment(3_700), COUNT_EVERY)));
    let lease = bed.lease(moment(4_000)).await;
    bed.finish(&lease, Finish { progress: after.progress.clone(), ..finish(moment(4_009)) }).await;
    assert_eq!(bed.state().await.progress, after.progress);
}

/// Law 6.
async fn a_generation_is_reached_once<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = at_rest(make).await;
    assert!(ok(bed.store.reach(bed.id(), Generation(1)).await));
    assert!(!ok(bed.store.reach(bed.id(), Generation(1)).await));
    assert_eq!(bed.state().await.requested, Generation(1));
    assert!(!ok(bed.store.due(moment(10), None, 10).await).is_empty(), "what is requested is due at once");
    let lease = match ok(bed.store.acquire(bed.id(), moment(11), MINUTE).await) {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(_) => panic!("the lease is free"),
    };
    assert!(ok(bed.store.reach(bed.id(), Generation(3)).await), "under a lease as well");
    assert!(ok(bed.store.due(moment(12), None, 10).await).is_empty());
    ok(bed.store.renew(&lease, moment(12), Duration::from_secs(60)).await);
    assert_eq!(ok(bed.store.request(bed.id(), None).await), Generation(4));
}
