//! Events that ask for runs: delayed, in bursts, and about what filters ask for. Law 6.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, UndeliverableReason, Via},
    id::RunId,
    link::Mode,
    list::{ListKind, Origin},
    settings::Settings,
    summary::Summary,
};
use listsync_engine::{
    fan_out, people,
    ports::{
        Clock as _, ContactEdit, Contacts as _, ListEdit, ListSide as _, ListStore as _, MailState,
        PortError, Queue as _, SettingsStore as _,
    },
    service::Service,
    settings,
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::{
    faults::Faults,
    sample::{address, contact, moment, person},
};

use crate::{
    desk::{BOTH, Desk, one_way},
    play,
    service::service,
};

const MINUTE: Duration = Duration::from_secs(60);
/// As much as a burst may lengthen a delay, and a second.
const LATEST: Duration = Duration::from_secs(76);

/// The worker, until no message is visible: the runs that it made.
async fn work(desk: &Desk) -> Vec<Summary> {
    let mut runs = Vec::new();
    while let [delivery] = desk.store.receive(1, MINUTE).await.unwrap().as_slice() {
        let run = RunId::parse(&format!("worker-{}", desk.clock.now().as_second())).unwrap();
        let until = desk.clock.now() + Duration::from_secs(900);
        match handle(
            &desk.ports,
            &delivery.body,
            &RunContext { run, until, receive: Receive::Early },
            &Unwatched,
        )
        .await
        {
            Handled::Acknowledge(summary) => runs.extend(summary.map(|summary| *summary)),
            other => panic!("{other:?}"),
        }
        desk.store.acknowledge(&delivery.receipt).await.unwrap();
    }
    runs
}

/// A desk at rest: in step, with nothing on its queue.
async fn quiet() -> Desk {
    let desk = Desk::settled(BOTH[0], &["ann", "bob"]).await;
    work(&desk).await;
    desk
}

fn event(desk: &Desk, name: &str, decision: Decision) -> Saying {
    let (reason, via, at) = (OptOutReason::Own, Via::Event, desk.clock.now());
    Saying { address: address(name), decision, scope: Scope::List(desk.list.clone()), reason, via, at }
}

#[test]
fn a_delayed_event_has_its_run_after_the_change_whatever_ran_before() {
    play(async {
        let mut desk = quiet().await;
        let service = service(&desk);
        people::say(&service, &event(&desk, "bob", Decision::OptedOut), MINUTE).await.unwrap();
        assert_eq!(fan_out::tick(&desk.ports).await.unwrap().sent, 0, "the timer finds nothing due");
        assert_eq!(work(&desk).await.len(), 0);
        // Somebody asks for a run meanwhile: it does not count for the event.
        assert_eq!(desk.sync().await.group.removed, 1);
        work(&desk).await;
        desk.directory.put_person(person("cem"));
        desk.group_adds("cem");
        desk.clock.advance(LATEST);
        let runs = work(&desk).await;
        assert_eq!((runs.len(), runs[0].list.added), (1, 1), "the sender's own change is seen");
        desk.both_are(&["ann", "cem"]).await;
        let state = desk.state().await;
        assert_eq!(state.requested, state.synced);
    });
}

#[test]
fn an_event_without_delay_does_not_wait_for_a_delayed_one() {
    play(async {
        let desk = quiet().await;
        let service = service(&desk);
        people::say(&service, &event(&desk, "bob", Decision::OptedOut), MINUTE).await.unwrap();
        people::say(&service, &event(&desk, "ann", Decision::OptedOut), Duration::ZERO).await.unwrap();
        assert_eq!(work(&desk).await.len(), 1, "at once");
        desk.both_are(&[]).await;
        desk.clock.advance(LATEST);
        assert_eq!(work(&desk).await.len(), 1, "and once more, for the delayed one");
    });
}

#[test]
fn a_burst_of_delayed_events_makes_few_runs_and_the_last_of_it_is_not_forgotten() {
    play(async {
        let desk = quiet().await;
        let service = service(&desk);
        for number in 0..300 {
            let joins = event(&desk, &format!("p{number}"), Decision::Subscribed);
            people::say(&service, &joins, MINUTE).await.unwrap();
            desk.clock.advance(Duration::from_millis(100));
        }
        assert!(desk.store.queued() <= 4, "{} messages for half a minute", desk.store.queued());
        let last = desk.clock.now();
        let mut runs = Vec::new();
        for _ in 0..LATEST.as_secs() {
            desk.clock.advance(Duration::from_secs(1));
            runs.extend(work(&desk).await);
        }
        assert!((1..=4).contains(&runs.len()), "{} runs", runs.len());
        assert!(runs.last().unwrap().started_at >= last + Duration::from_secs(59));
    });
}

#[test]
fn a_burst_of_bounces_makes_one_message_and_the_last_costs_what_the_first_did() {
    play(async {
        let mut desk = Desk::linked(BOTH[0], (&[], &[]), one_way(Mode::ListToGroup)).await;
        let faults = Faults::none();
        let service = watched(&desk, &faults);
        let everybody = desk.store.create_list("Everybody", moment(0)).await.unwrap().id;
        for number in 0..1_000 {
            let name = format!("p{number}");
            desk.directory.put_person(person(&name));
            desk.store.add(&everybody, &contact(&name), Origin::Manual, moment(1)).await.unwrap();
        }
        people::edit_list(&service, &desk.list, None, &filter("undeliverable eq false")).await.unwrap();
        desk.sync().await;
        assert_eq!(desk.grouped().len(), 1_000);
        work(&desk).await;
        let mut costs = Vec::new();
        for number in 0..1_000 {
            let id = desk.store.find_contact(&address(&format!("p{number}"))).await.unwrap().unwrap().id;
            let before = faults.calls();
            let edit = ContactEdit {
                mail: Some(MailState::Undeliverable(UndeliverableReason::HardBounce)),
                ..ContactEdit::default()
            };
            people::edit_later(&service, (&id, None), &edit, Origin::Own, Duration::ZERO).await.unwrap();
            costs.push(faults.calls() - before);
        }
        assert!(costs.iter().all(|cost| *cost <= costs[0]), "{costs:?}");
        assert_eq!(desk.store.queued(), 1);
        assert_eq!(desk.store.size(&desk.list).await.unwrap(), 0, "they left the list at once");
    });
}

/// The service, with each call of its ports counted.
fn watched(desk: &Desk, faults: &Faults) -> Service {
    let ports = faults.over(&desk.ports);
    let store = desk.store.port();
    Service::over(&store, ports)
}

fn filter(text: &str) -> ListEdit {
    ListEdit { kind: Some(ListKind::Filtered { filter: text.to_owned() }), ..ListEdit::default() }
}

#[test]
fn other_internal_domains_are_other_members_where_a_filter_asks_who_is_external() {
    play(async {
        let mut desk = Desk::linked(BOTH[0], (&[], &[]), one_way(Mode::ListToGroup)).await;
        let service = service(&desk);
        let everybody = desk.store.create_list("Everybody", moment(0)).await.unwrap().id;
        for name in ["ann", "bob"] {
            desk.directory.put_person(person(name));
            desk.store.add(&everybody, &contact(name), Origin::Manual, moment(1)).await.unwrap();
        }
        people::edit_list(&service, &desk.list, None, &filter("external eq false")).await.unwrap();
        desk.sync().await;
        desk.both_are(&["ann", "bob"]).await;
        work(&desk).await;
        let before = desk.store.settings().await.unwrap().internal_domains;
        let moved = async |domains: &BTreeSet<String>| {
            let change = |settings: &mut Settings| {
                settings.internal_domains = domains.clone();
                Ok::<_, PortError>(())
            };
            settings::edit_and_follow(&service, change).await.unwrap()
        };
        let stored = moved(&["fabrikam.example".into()].into()).await;
        assert_eq!(stored.links, [desk.link.clone()]);
        assert_eq!(desk.listed().await.len(), 0);
        let stored = moved(&before).await;
        assert_eq!((stored.links.len(), desk.listed().await.len()), (1, 2));
        assert_eq!(moved(&before).await.links, [], "nothing is new");
    });
}
