use std::collections::BTreeMap;

use listsync_core::{
    link::{Extras, HaltReason, Link, LinkPatch, LinkStatus, Mode, Side, Source},
    member::HoldReason,
};
use listsync_engine::ports::{
    Failing, Finish, Hold, LinkBrief, LinkEdit, Links, ListStore, Progress, Ruling, RulingKind, Tally,
};

use super::{Bed, finish};
use crate::{
    contracts::{Case, cases, ok},
    sample::{group, moment},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![a_brief_tells_what_a_run_left_open, a_brief_tells_what_a_person_said, briefs_come_by_page,]
}

fn hold() -> Hold {
    Hold {
        digest: "abc".to_owned(),
        reasons: vec![(Side::Group, HoldReason::Limit)],
        list_removals: 0,
        group_removals: 9,
        list_additions: 0,
        group_additions: 0,
        scope: Vec::new(),
        since: moment(10),
    }
}

async fn a_brief_tells_what_a_run_left_open<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let failing = Failing {
        code: "group_gone".to_owned(),
        reason: "the group was deleted".to_owned(),
        hint: "link another".to_owned(),
        since: moment(5),
    };
    let tally = Tally { left_out: BTreeMap::from([("guest".to_owned(), 3)]), ..Tally::default() };
    let calm = Progress::default();
    for (second, progress) in (1_i64..).map(|number| number * 100).zip([
        Progress { failing: Some(failing), ..calm.clone() },
        calm.clone(),
        Progress { hold: Some(hold()), ..calm.clone() },
        Progress { tally, ..calm.clone() },
        calm,
    ]) {
        let lease = bed.lease(moment(second)).await;
        bed.state().await;
        bed.finish(&lease, Finish { progress, ..finish(moment(second + 1)) }).await;
        bed.state().await;
    }
    let lease = bed.lease(moment(900)).await;
    let halted = Some(LinkStatus::Halted(HaltReason::NoProgress));
    bed.finish(&lease, Finish { status: halted, ..finish(moment(901)) }).await;
    assert_eq!(Some(bed.state().await.link.status), halted);
}

async fn a_brief_tells_what_a_person_said<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(1)).await;
    let held = Progress { hold: Some(hold()), ..Progress::default() };
    bed.finish(&lease, Finish { progress: held, ..finish(moment(2)) }).await;
    let ruling = Ruling { digest: "abc".to_owned(), kind: RulingKind::Approved };
    for edit in [
        LinkEdit::Rule(ruling),
        LinkEdit::Failing("nobody finishes it".to_owned()),
        LinkEdit::Status(LinkStatus::Paused),
        LinkEdit::Change(LinkPatch { extras: Some(Extras::Remove), ..LinkPatch::default() }),
        LinkEdit::Resync,
        LinkEdit::Status(LinkStatus::Active),
        LinkEdit::Relink,
    ] {
        ok(bed.store.edit(bed.id(), &edit, moment(3)).await);
        bed.state().await;
    }
}

async fn briefs_come_by_page<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for number in 2..=7 {
        let more = vec![Source { group: group(&format!("more-{number}")), name: format!("More {number}") }];
        let status = if number == 5 { LinkStatus::Paused } else { LinkStatus::Active };
        let link = Link { more, status, ..bed.further(number, Mode::GroupToList).await };
        ok(bed.store.create(&link, moment(0)).await);
    }
    let mut briefs: Vec<LinkBrief> = Vec::new();
    loop {
        let page = ok(bed.store.briefs(briefs.last().map(|brief| &brief.id), 3).await);
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        briefs.extend(page);
    }
    let whole = ok(bed.store.page(None, 10).await);
    assert_eq!(briefs, whole.iter().map(LinkBrief::from).collect::<Vec<_>>());
    assert_eq!(whole.len(), 7);
}
