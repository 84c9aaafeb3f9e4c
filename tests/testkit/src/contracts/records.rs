//! What every [`Runs`], [`Gate`] and [`SettingsStore`] has to do.

use std::time::Duration;

use futures::future::join_all;
use listsync_core::{
    Timestamp,
    id::{RunId, TenantId},
    limit::AdditionLimit,
    link::{RemovalLimit, Side},
    member::Op,
    opt_outs::Surge,
    pace::Pace,
    settings::{Owners, Settings},
    summary::{Failure, HeldCounts, OptOutCounts, Outcome, SideCounts, Summary},
};
use listsync_engine::gate::{Opened, closed_until, open};
use listsync_engine::ports::{Cursor, Fault, Gate, PeopleWatch, Runs, SettingsStore};

use super::{Case, cases, ok};
use crate::{
    fakes::ManualClock,
    sample::{address, link_id, moment, object, summary, tenant},
};

/// Every case of [`Runs`].
pub fn runs<S: Runs + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        a_summary_reads_back_as_it_was_saved,
        a_summary_saved_again_replaces_the_first,
        runs_come_newest_first,
        runs_are_walked_page_by_page,
    ]
}

/// Every case of [`Gate`].
pub fn gate<S: Gate + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        a_gate_is_open_until_it_is_closed,
        only_the_pace_that_was_read_is_replaced,
        an_earlier_moment_changes_nothing,
        only_the_moment_that_was_read_is_replaced,
        a_closing_beyond_any_that_is_granted_ends_in_ten_minutes,
        a_person_opens_it_for_everybody,
        how_far_changes_of_people_were_read_is_kept_per_tenant,
    ]
}

/// Every case of [`SettingsStore`].
pub fn settings<S: SettingsStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        settings_begin_with_the_defaults,
        of_settings_that_are_changed_at_once_none_is_lost,
        settings_read_back_as_they_were_saved,
    ]
}

fn full_summary() -> Summary {
    let mut full = summary("run-1", &link_id("link-1"), moment(3));
    full.outcome = Outcome::Held;
    full.reason = "count_mismatch".to_owned();
    full.message = "Näheres: \"hier\"".to_owned();
    full.group =
        SideCounts { id: "group-1".to_owned(), name: "Staff 😀".to_owned(), ..SideCounts::default() };
    full.held = HeldCounts {
        list_removals: 1,
        group_removals: 2,
        list_additions: 3,
        group_additions: 4,
        digest: "abc".to_owned(),
    };
    let above_share = Some(Surge { people: 9, of: 20, since: moment(2) });
    full.opt_outs = OptOutCounts { carried_out: 3, above_share };
    full.skipped.insert("guest_not_invited".to_owned(), 4);
    full.fail(Failure {
        side: Side::Group,
        op: Op::Add,
        address: Some(address("anna")),
        object_id: Some(object("anna")),
        code: "no_such_user".to_owned(),
        message: "nobody answers to it".to_owned(),
        hint: "correct the address".to_owned(),
        retryable: true,
    });
    full.graph.requests = 7;
    full.duration_ms = 1_234;
    full
}

async fn a_summary_reads_back_as_it_was_saved<S: Runs>(store: &S) {
    let full = full_summary();
    assert_eq!(ok(store.load(&full.run).await), None);
    ok(store.save(&full).await);
    assert_eq!(ok(store.load(&full.run).await), Some(full));
    let other = RunId::parse("run-2").expect("a plain name makes an id");
    assert_eq!(ok(store.load(&other).await), None);
}

async fn a_summary_saved_again_replaces_the_first<S: Runs>(store: &S) {
    let first = full_summary();
    ok(store.save(&first).await);
    let second = Summary { outcome: Outcome::Converged, set_aside: 3, ..first.clone() };
    ok(store.save(&second).await);
    assert_eq!(ok(store.load(&first.run).await), Some(second.clone()));
    assert_eq!(ok(store.latest(None, 10).await), vec![second]);
}

async fn runs_come_newest_first<S: Runs>(store: &S) {
    let runs =
        [("run-b", "link-1", 20), ("run-c", "link-2", 10), ("run-a", "link-1", 30), ("run-d", "link-1", 5)];
    for (run, link, second) in runs {
        ok(store.save(&summary(run, &link_id(link), moment(second))).await);
    }
    let names = |runs: Vec<Summary>| runs.into_iter().map(|run| run.run.to_string()).collect::<Vec<_>>();
    assert_eq!(names(ok(store.latest(None, 10).await)), ["run-a", "run-b", "run-c", "run-d"]);
    assert_eq!(names(ok(store.latest(Some(&link_id("link-1")), 10).await)), ["run-a", "run-b", "run-d"]);
    assert_eq!(names(ok(store.latest(Some(&link_id("link-1")), 2).await)), ["run-a", "run-b"]);
    assert!(ok(store.latest(Some(&link_id("nobody")), 10).await).is_empty());
}

async fn runs_are_walked_page_by_page<S: Runs>(store: &S) {
    // Several finished in one moment.
    let seconds = [5, 5, 5, 7, 7, 9, 4];
    for (number, second) in seconds.into_iter().enumerate() {
        let link = link_id(["link-1", "link-2"][number % 2]);
        ok(store.save(&summary(&format!("run-{number}"), &link, moment(second))).await);
    }
    let links = [None, Some(link_id("link-1")), Some(link_id("link-2"))];
    for link in &links {
        let whole = ok(store.latest(link.as_ref(), 10).await);
        assert_eq!(whole.len(), if link.is_some() { 3 + usize::from(*link == links[1]) } else { 7 });
        for limit in [1, 2, 3, 10] {
            let mut seen = ok(store.latest(link.as_ref(), limit).await);
            while let Some(last) = seen.last() {
                let next = ok(store.earlier(&last.run, link.as_ref(), limit).await);
                assert!(next.len() <= limit);
                if next.is_empty() {
                    break;
                }
                seen.extend(next);
            }
            assert_eq!(seen, whole, "{link:?} by {limit}");
        }
    }
    let unknown = RunId::parse("run-unknown").expect("an id");
    assert_eq!(store.earlier(&unknown, None, 3).await.expect_err("it is not kept").fault, Fault::Gone);
}

async fn a_gate_is_open_until_it_is_closed<S: Gate>(store: &S) {
    assert_eq!(ok(store.closed_until(&tenant()).await), None);
    ok(store.close(&tenant(), moment(30)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(30)));
    let other = TenantId::parse("fabrikam").expect("a plain name makes an id");
    assert_eq!(ok(store.closed_until(&other).await), None, "each tenant has its own");
}

async fn how_far_changes_of_people_were_read_is_kept_per_tenant<S: Gate>(store: &S) {
    let other = TenantId::parse("fabrikam").expect("a plain name makes an id");
    ok(store.close(&tenant(), moment(30)).await);
    assert_eq!(ok(store.people_watch(&tenant()).await), None);
    for cursor in [Some(Cursor("here?$deltatoken='x'".to_owned())), None] {
        let watch = PeopleWatch { cursor, due_at: moment(7) };
        ok(store.keep_people_watch(&tenant(), &watch).await);
        assert_eq!(ok(store.people_watch(&tenant()).await), Some(watch));
    }
    assert_eq!(ok(store.people_watch(&other).await), None);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(30)), "the gate stays as it was");
}

async fn an_earlier_moment_changes_nothing<S: Gate>(store: &S) {
    ok(store.close(&tenant(), moment(30)).await);
    ok(store.close(&tenant(), moment(20)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(30)));
    ok(store.close(&tenant(), moment(40)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(40)));
}

async fn only_the_moment_that_was_read_is_replaced<S: Gate>(store: &S) {
    ok(store.replace(&tenant(), moment(30), moment(20)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), None, "nothing was there to be replaced");
    ok(store.close(&tenant(), moment(30)).await);
    ok(store.replace(&tenant(), moment(29), moment(20)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(30)));
    ok(store.replace(&tenant(), moment(30), moment(20)).await);
    assert_eq!(ok(store.closed_until(&tenant()).await), Some(moment(20)));
}

async fn only_the_pace_that_was_read_is_replaced<S: Gate>(store: &S) {
    let pace = |second| Pace { told_at: moment(second), taken_until: moment(second + 9) };
    assert_eq!(ok(store.pace(&tenant()).await), None);
    assert!(
        !ok(store.keep_pace(&tenant(), Some(pace(1)), pace(2)).await),
        "nothing was there to be replaced"
    );
    assert!(ok(store.keep_pace(&tenant(), None, pace(1)).await));
    assert!(!ok(store.keep_pace(&tenant(), None, pace(2)).await), "another was first");
    assert_eq!(ok(store.pace(&tenant()).await), Some(pace(1)));
    let moved = Pace { taken_until: moment(11), ..pace(1) };
    assert!(ok(store.keep_pace(&tenant(), Some(pace(1)), moved).await));
    assert!(!ok(store.keep_pace(&tenant(), Some(pace(1)), pace(2)).await), "it moved meanwhile");
    ok(store.close(&tenant(), moment(30)).await);
    assert_eq!(ok(store.pace(&tenant()).await), Some(moved), "a closing leaves it");
    let other = TenantId::parse("fabrikam").expect("a plain name makes an id");
    assert_eq!(ok(store.pace(&other).await), None, "each tenant has its own");
}

async fn a_closing_beyond_any_that_is_granted_ends_in_ten_minutes<S: Gate>(store: &S) {
    for year in [moment(31_536_000), Timestamp::MAX] {
        ok(store.close(&tenant(), year).await);
        for second in [0, 300, 599] {
            let until = ok(closed_until(store, &tenant(), &ManualClock::at(moment(second))).await);
            assert_eq!(until, Some(moment(600)), "{second}: it does not recede");
        }
        assert_eq!(ok(closed_until(store, &tenant(), &ManualClock::at(moment(600))).await), None);
    }
    ok(store.close(&tenant(), moment(1_200)).await);
    assert_eq!(ok(closed_until(store, &tenant(), &ManualClock::at(moment(600))).await), Some(moment(1_200)));
}

async fn a_person_opens_it_for_everybody<S: Gate>(store: &S) {
    assert_eq!(ok(open(store, &tenant(), moment(0)).await), Opened::Already);
    ok(store.close(&tenant(), moment(500)).await);
    assert_eq!(ok(open(store, &tenant(), moment(7)).await), Opened::Now(moment(500)));
    assert_eq!(ok(closed_until(store, &tenant(), &ManualClock::at(moment(7))).await), None);
    ok(store.close(&tenant(), moment(60)).await);
    assert_eq!(
        ok(closed_until(store, &tenant(), &ManualClock::at(moment(8))).await),
        Some(moment(60)),
        "and it closes again"
    );
}

async fn settings_begin_with_the_defaults<S: SettingsStore>(store: &S) {
    assert_eq!(ok(store.settings().await), Settings::default());
}

async fn settings_read_back_as_they_were_saved<S: SettingsStore>(store: &S) {
    let mut unusual = Settings {
        every: Duration::from_secs(61),
        full_check_every: Duration::from_secs(62),
        settle_window: Duration::from_secs(63),
        max_removals: RemovalLimit::Count(7),
        max_additions: AdditionLimit::Percent(300),
        internal_domains: ["contoso.example".to_owned()].into(),
        ..Settings::default()
    };
    unusual.protected.object_ids.insert(object("anna"));
    unusual.protected.addresses.insert(address("berta"));
    unusual.protected.owners = Owners::Protected;
    ok(store.save_settings(&Settings::default(), &unusual).await);
    assert_eq!(ok(store.settings().await), unusual);
    ok(store.save_settings(&unusual, &Settings::default()).await);
    assert_eq!(ok(store.settings().await), Settings::default());
}

async fn of_settings_that_are_changed_at_once_none_is_lost<S: SettingsStore>(store: &S) {
    let before = ok(store.settings().await);
    let with = |seconds: u64| Settings { every: Duration::from_secs(seconds), ..before.clone() };
    let edits = (70..90).map(|seconds| {
        let (before, after) = (&before, with(seconds));
        async move { store.save_settings(before, &after).await.map(|()| after) }
    });
    let (saved, refused): (Vec<_>, Vec<_>) = join_all(edits).await.into_iter().partition(Result::is_ok);
    assert_eq!(saved.len(), 1, "of twenty that are all of one state one is taken");
    for error in refused.into_iter().filter_map(Result::err) {
        assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "version"));
    }
    let after = ok(store.settings().await);
    assert_eq!(saved, [Ok(after.clone())]);
    ok(store.save_settings(&after, &before).await);
}
