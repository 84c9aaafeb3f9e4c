use std::time::Duration;

use listsync_core::{
    link::{Externals, Extras, HaltReason, Link, LinkPatch, LinkStatus, Mode, RemovalLimit, Side, Writes},
    member::HoldReason,
    own::Own,
};
use listsync_engine::ports::{
    Cursor, Failing, Fault, Finish, Fold, Hold, LinkEdit, Links, ListStore, MemberChange, MemberQuery, Phase,
    Progress, Ruling, RulingKind,
};

use super::{Bed, finish};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, member, moment, object},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_pause_lasts_until_it_is_lifted,
        a_run_that_ends_does_not_lift_a_pause,
        a_ruling_names_the_present_hold,
        a_ruling_waits_until_it_is_carried_out,
        extras_are_kept_from_now_on,
        who_writes_the_group_can_be_changed,
        a_resync_reads_in_full_and_keeps_the_baseline,
        a_resync_asked_for_during_a_run_holds_for_the_next,
        a_relink_forgets_all_and_waits_for_no_run,
        a_relink_forgets_when_the_link_was_made,
        after_a_relink_an_old_run_writes_nothing,
        a_failing_link_says_why_until_a_run_ends,
        a_change_keeps_what_the_link_remembers,
        a_change_that_looks_at_others_is_not_undone_by_a_run_under_way,
    ]
}

async fn a_change_keeps_what_the_link_remembers<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    let before = bed.state().await;
    assert!(before.due_at > moment(25));
    let patch = LinkPatch {
        every: Some(Own::Set(Duration::from_secs(60))),
        settle_window: Some(Own::Set(Duration::from_secs(90))),
        max_removals: Some(Own::Set(RemovalLimit::Off)),
        ..LinkPatch::default()
    };
    ok(bed.store.edit(bed.id(), &LinkEdit::Change(patch.clone()), moment(25)).await);
    let after = bed.state().await;
    assert_eq!(after.link, before.link.patched(&patch));
    assert_eq!((after.progress, after.due_at), (before.progress, moment(25)), "it is due at once");
    assert_eq!(ok(bed.store.members(bed.id(), MemberQuery::All).await).len(), 1);
    let due = ok(bed.store.due(moment(25), None, 10).await);
    assert_eq!(due.first().map(|due| due.every), Some(Some(Duration::from_secs(60))), "the timer knows");
    let back = LinkPatch { every: Some(Own::AsSettings), ..LinkPatch::default() };
    ok(bed.store.edit(bed.id(), &LinkEdit::Change(back), moment(26)).await);
    assert_eq!(bed.state().await.link.every, None);
}

async fn a_change_that_looks_at_others_is_not_undone_by_a_run_under_way<S: Links + ListStore>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    let lease = bed.lease(moment(30)).await;
    let invite = LinkPatch { externals: Some(Externals::Invite), ..LinkPatch::default() };
    ok(bed.store.edit(bed.id(), &LinkEdit::Change(invite), moment(31)).await);
    assert_eq!(bed.state().await.progress.full_read_at, None, "who was left aside is looked at again");
    let extras = |extras| LinkEdit::Change(LinkPatch { extras: Some(extras), ..LinkPatch::default() });
    let removes = bed.store.edit(bed.id(), &extras(Extras::Remove), moment(32)).await;
    assert_eq!(fault(removes), Fault::Busy, "the run would bring an approval back");
    ok(bed.store.edit(bed.id(), &extras(Extras::Keep), moment(32)).await);
    bed.finish(&lease, Finish { progress: progress(), ..finish(moment(40)) }).await;
    assert_eq!(bed.state().await.progress.full_read_at, None);
}

fn progress() -> Progress {
    Progress {
        phase: Phase::Steady,
        group_cursor: Some(Cursor("group-7".to_owned())),
        list_cursor: Some(Cursor("7".to_owned())),
        full_read_at: Some(moment(9_000)),
        count_at: Some(moment(8_000)),
        hold: Some(Hold {
            digest: "abc".to_owned(),
            reasons: vec![(Side::Group, HoldReason::Limit)],
            list_removals: 0,
            group_removals: 9,
            list_additions: 60,
            group_additions: 0,
            scope: Vec::new(),
            since: moment(10),
        }),
        settles_at: Some(moment(7_000)),
        named: [(address("ceo"), [object("chief")].into())].into(),
        stalled: 1,
        ..Progress::default()
    }
}

async fn synced<S: Links + ListStore>(bed: &Bed<S>) {
    let lease = bed.lease(moment(10)).await;
    bed.put(&lease, vec![MemberChange::Put(member("anna"))]).await;
    bed.finish(&lease, Finish { progress: progress(), ..finish(moment(20)) }).await;
}

fn ruling(digest: &str) -> LinkEdit {
    LinkEdit::Rule(Ruling { digest: digest.to_owned(), kind: RulingKind::Approved })
}

async fn a_pause_lasts_until_it_is_lifted<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for stopped in [LinkStatus::Paused, LinkStatus::Halted(HaltReason::NoProgress)] {
        ok(bed.store.edit(bed.id(), &LinkEdit::Status(stopped), moment(1)).await);
        assert_eq!(bed.state().await.link.status, stopped);
        ok(bed.store.request(bed.id(), None).await);
        assert!(ok(bed.store.due(moment(9_999), None, 10).await).is_empty(), "{stopped} is not due");
        ok(bed.store.edit(bed.id(), &LinkEdit::Status(LinkStatus::Active), moment(2)).await);
        assert_eq!(ok(bed.store.due(moment(9_999), None, 10).await).len(), 1);
    }
}

async fn a_run_that_ends_does_not_lift_a_pause<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Status(LinkStatus::Paused), moment(1)).await);
    bed.finish(&lease, finish(moment(2))).await;
    assert_eq!(bed.state().await.link.status, LinkStatus::Paused);
}

async fn a_ruling_names_the_present_hold<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    assert_eq!(fault(bed.store.edit(bed.id(), &ruling("abc"), moment(1)).await), Fault::Rejected);
    synced(&bed).await;
    assert_eq!(fault(bed.store.edit(bed.id(), &ruling("abd"), moment(21)).await), Fault::Rejected);
    assert_eq!(bed.state().await.ruling, None);
    ok(bed.store.edit(bed.id(), &ruling("abc"), moment(22)).await);
    let said = bed.state().await.ruling;
    assert_eq!(said, Some(Ruling { digest: "abc".to_owned(), kind: RulingKind::Approved }));
}

async fn a_ruling_waits_until_it_is_carried_out<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    ok(bed.store.edit(bed.id(), &ruling("abc"), moment(21)).await);
    for (done, waits) in [(None, true), (Some("other"), true), (Some("abc"), false)] {
        let lease = bed.lease(moment(30)).await;
        let ruling_done = done.map(str::to_owned);
        bed.finish(&lease, Finish { progress: progress(), ruling_done, ..finish(moment(31)) }).await;
        assert_eq!(bed.state().await.ruling.is_some(), waits, "after {done:?} was carried out");
    }
}

async fn extras_are_kept_from_now_on<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let one_way = Link { extras: Extras::Remove, ..bed.further(2, Mode::ListToGroup).await };
    ok(bed.store.create(&one_way, moment(0)).await);
    // A hold is discarded while a run goes on, too.
    ok(bed.store.acquire(&one_way.id, moment(0), super::MINUTE).await);
    let keep = LinkPatch { extras: Some(Extras::Keep), ..LinkPatch::default() };
    ok(bed.store.edit(&one_way.id, &LinkEdit::Change(keep), moment(1)).await);
    let kept = ok(bed.store.load(&one_way.id).await).map(|state| state.link);
    assert_eq!(kept, Some(Link { extras: Extras::Keep, ..one_way }));
}

async fn who_writes_the_group_can_be_changed<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let before = bed.state().await.link;
    for writes in [Writes::ByHand, Writes::Direct] {
        let patch = LinkPatch { writes: Some(writes), ..LinkPatch::default() };
        ok(bed.store.edit(bed.id(), &LinkEdit::Change(patch), moment(1)).await);
        assert_eq!(bed.state().await.link, Link { writes, ..before.clone() });
    }
}

async fn a_resync_reads_in_full_and_keeps_the_baseline<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Resync, moment(21)).await);
    let after = bed.state().await.progress;
    assert_eq!(after.full_read_at, None, "a full read is due at once");
    assert_eq!((after.phase, after.hold), (Phase::Steady, progress().hold));
    assert_eq!(ok(bed.store.members(bed.id(), MemberQuery::All).await).len(), 1);
}

async fn a_resync_asked_for_during_a_run_holds_for_the_next<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    let lease = bed.lease(moment(30)).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Resync, moment(31)).await);
    bed.finish(&lease, Finish { progress: progress(), ..finish(moment(32)) }).await;
    assert_eq!(bed.state().await.progress.full_read_at, None, "the run that was going did not undo it");
    let lease = bed.lease(moment(40)).await;
    bed.finish(&lease, Finish { progress: progress(), ..finish(moment(41)) }).await;
    assert_eq!(bed.state().await.progress, progress(), "the next one carries it out, once");
}

async fn a_relink_forgets_all_and_waits_for_no_run<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    let lease = bed.lease(moment(30)).await;
    assert_eq!(
        fault(bed.store.edit(bed.id(), &LinkEdit::Relink, moment(31)).await),
        Fault::Busy,
        "a run is going"
    );
    assert_eq!(ok(bed.store.members(bed.id(), MemberQuery::All).await).len(), 1);
    ok(bed.store.release(&lease).await);
    ok(bed.store.edit(bed.id(), &LinkEdit::Relink, moment(32)).await);
    let after = bed.state().await;
    // The directory lags as before, and who is protected was meant as a person.
    let Progress { settles_at, named, .. } = progress();
    assert_eq!(after.progress, Progress { settles_at, named, ..Progress::default() });
    assert_eq!((after.link, after.ruling), (bed.link.clone(), None));
    assert!(ok(bed.store.members(bed.id(), MemberQuery::All).await).is_empty());
}

async fn a_relink_forgets_when_the_link_was_made<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let made = Link { made_at: Some(moment(3)), ..bed.further(2, Mode::ListToGroup).await };
    ok(bed.store.create(&made, moment(3)).await);
    ok(bed.store.edit(&made.id, &LinkEdit::Relink, moment(32)).await);
    let after = ok(bed.store.load(&made.id).await).map(|state| state.link);
    assert_eq!(after, Some(Link { made_at: None, ..made }), "it unites both sides, whatever was said before");
}

async fn after_a_relink_an_old_run_writes_nothing<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Relink, moment(61)).await);
    let late = Fold { members: vec![MemberChange::Put(member("anna"))], ..Fold::default() };
    assert_eq!(fault(bed.store.fold(&lease, &late).await), Fault::LeaseLost);
    assert_eq!(fault(bed.store.finish(&lease, &finish(moment(62))).await), Fault::LeaseLost);
    assert_eq!(fault(bed.store.renew(&lease, moment(62), super::MINUTE).await), Fault::LeaseLost);
    assert!(ok(bed.store.members(bed.id(), MemberQuery::All).await).is_empty());
}

async fn a_failing_link_says_why_until_a_run_ends<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    synced(&bed).await;
    let lease = bed.lease(moment(30)).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Failing("nobody finished it".to_owned()), moment(31)).await);
    let failing = Failing::given_up(None, "nobody finished it", moment(31));
    let marked = Progress { failing: Some(failing), ..progress() };
    assert_eq!(bed.state().await.progress, marked, "nothing else changed");
    bed.finish(&lease, Finish { progress: progress(), ..finish(moment(40)) }).await;
    assert_eq!(bed.state().await.progress.failing, None);
}
