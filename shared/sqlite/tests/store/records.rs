use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    Timestamp,
    id::{LinkId, RunId, TenantId},
    link::{Phase, Side},
    member::Op,
    settings::{Owners, Protected, Settings},
    summary::{
        ExternalCounts, Failure, GraphCost, HeldCounts, OptOutCounts, Outcome, ReadKind, SideCounts, Summary,
    },
    trigger::Reason,
};
use listsync_engine::ports::{Gate, Runs, SettingsStore};

use crate::kit::{DAY, address, at, object, store};

pub(crate) fn summary(run: &str, link: &str, finished_at: Timestamp) -> Summary {
    let failure = Failure {
        side: Side::Group,
        op: Op::Add,
        address: Some(address("anna")),
        object_id: Some(object("o1")),
        code: "no_such_user".into(),
        message: "nobody answers".into(),
        hint: "check".into(),
        retryable: true,
    };
    Summary {
        run: RunId::parse(run).unwrap(),
        link: LinkId::parse(link).unwrap(),
        place: None,
        phase: Some(Phase::Steady),
        trigger: Reason::Schedule,
        started_at: finished_at,
        finished_at,
        read: ReadKind::Full,
        outcome: Outcome::Partial,
        reason: "count_mismatch".into(),
        message: String::new(),
        hint: String::new(),
        list: SideCounts { name: "Staff".into(), added: 2, ..SideCounts::default() },
        group: SideCounts::default(),
        external: ExternalCounts { added: 3, removed: 0, invited: 1 },
        held: HeldCounts::default(),
        opt_outs: OptOutCounts::default(),
        skipped: BTreeMap::from([("no_address".to_owned(), 4)]),
        set_aside: 1,
        renamed: 1,
        failures: vec![failure],
        remarks: Vec::new(),
        graph: GraphCost { requests: 3, writes: 2 },
        duration_ms: 12,
    }
}

#[tokio::test]
async fn a_summary_reads_back_as_saved_and_a_repeat_replaces_it() {
    let store = store();
    let first = summary("r1", "l1", at(1));
    store.save(&first).await.unwrap();
    assert_eq!(Runs::load(&store, &first.run).await.unwrap(), Some(first.clone()));
    let second = Summary { set_aside: 0, ..first };
    store.save(&second).await.unwrap();
    assert_eq!(store.latest(None, 9).await.unwrap(), [second]);
    assert_eq!(Runs::load(&store, &RunId::parse("none").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn runs_come_newest_first_of_one_link_or_of_all() {
    let store = store();
    for (run, link, second) in [("r1", "l1", 1), ("r3", "l1", 3), ("r2", "l2", 2)] {
        store.save(&summary(run, link, at(second))).await.unwrap();
    }
    let ids = |runs: Vec<Summary>| runs.into_iter().map(|run| run.run.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(store.latest(None, 2).await.unwrap()), ["r3", "r2"]);
    let link = LinkId::parse("l1").unwrap();
    assert_eq!(ids(store.latest(Some(&link), 9).await.unwrap()), ["r3", "r1"]);
}

#[tokio::test]
async fn summaries_are_kept_for_ninety_days() {
    let store = store();
    store.save(&summary("r1", "l1", at(0))).await.unwrap();
    store.save(&summary("r2", "l1", at(0).checked_add(90 * DAY).unwrap())).await.unwrap();
    assert_eq!(store.latest(None, 9).await.unwrap().len(), 2);
    store.save(&summary("r3", "l1", at(1).checked_add(90 * DAY).unwrap())).await.unwrap();
    assert_eq!(store.latest(None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_gate_is_closed_longer_never_shorter() {
    let store = store();
    let (mine, other) = (TenantId::parse("t1").unwrap(), TenantId::parse("t2").unwrap());
    assert_eq!(store.closed_until(&mine).await.unwrap(), None);
    for (second, expected) in [(50, 50), (40, 50), (60, 60)] {
        store.close(&mine, at(second)).await.unwrap();
        assert_eq!(store.closed_until(&mine).await.unwrap(), Some(at(expected)));
    }
    assert_eq!(store.closed_until(&other).await.unwrap(), None);
}

#[tokio::test]
async fn settings_are_the_defaults_until_they_are_set() {
    let store = store();
    assert_eq!(store.settings().await.unwrap(), Settings::default());
    let mut set = Settings { every: Duration::from_secs(60), ..Settings::default() };
    set.internal_domains.insert("b.example".into());
    set.protected = Protected { owners: Owners::Protected, ..Protected::default() };
    store.save_settings(&Settings::default(), &set).await.unwrap();
    assert_eq!(store.settings().await.unwrap(), set);
}
