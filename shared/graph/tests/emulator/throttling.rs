use std::{sync::atomic::Ordering, time::Duration};

use listsync_core::{member::Op, snapshot::Depth};
use listsync_engine::ports::{Applied, Clock, Fault, Places, SystemClock};
use listsync_graph_emulator::{
    Effect, Fault as Trouble, GroupKind, Refused, RetryAfterForm, Settings, TenantSize, Throttle,
};

use crate::rig::Rig;

fn slow_down(seconds: u64) -> Effect {
    Effect::Refuse(Refused::status(429).retry_after(seconds))
}

#[tokio::test]
async fn a_pause_that_fits_is_waited_out_and_the_gate_was_closed_for_everybody() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(2));
    rig.tenant.inject(Trouble::on("GET", "/groups/*", slow_down(1)).nth(1));

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!(reading.rows.len(), 2);
    assert!(rig.gate.until().is_some());
    assert_eq!(rig.meter.cost().requests, 3);
}

#[tokio::test]
async fn a_pause_that_does_not_fit_is_handed_on_and_nothing_more_is_sent() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(2));
    rig.tenant.inject(Trouble::on("GET", "/groups/*", slow_down(300)).nth(1));

    let first = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap_err();
    let second = rig.graph.head_count(rig.call()).await.unwrap_err();

    for error in [first, second] {
        let Fault::Throttled(rest) = error.fault else { panic!("{error:?}") };
        assert!(rest > Duration::from_secs(290) && rest <= Duration::from_secs(300), "{rest:?}");
    }
    assert_eq!(rig.meter.cost().requests, 1);
}

#[tokio::test]
async fn a_gate_that_another_worker_closed_is_respected() {
    use listsync_engine::ports::Gate;
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(2));
    let tenant = listsync_core::id::TenantId::parse(&rig.running.tenant_id).unwrap();
    let until = SystemClock.now().checked_add(Duration::from_secs(600)).unwrap();
    rig.gate.close(&tenant, until).await.unwrap();

    let error = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap_err();

    assert!(matches!(error.fault, Fault::Throttled(_)), "{error:?}");
    assert_eq!(rig.meter.cost().requests, 0);
}

#[tokio::test]
async fn a_pause_that_one_process_was_told_stops_another_at_once() {
    let rig = Rig::new().await;
    let other = rig.client(|_| {});
    other.head_count(rig.call()).await.unwrap();
    rig.tenant.inject(Trouble::on("GET", "/users/$count", slow_down(8)).nth(1));
    rig.graph.head_count(rig.call_for(Duration::from_secs(5))).await.unwrap_err();
    let sent = rig.tenant.counters().http_requests;

    for _ in 0..10 {
        let error = other.head_count(rig.call_for(Duration::from_secs(5))).await.unwrap_err();
        assert!(matches!(error.fault, Fault::Throttled(_)), "{error:?}");
    }

    assert_eq!(rig.tenant.counters().http_requests, sent);
}

#[tokio::test]
async fn a_pause_of_a_year_is_granted_for_ten_minutes() {
    for told in ["31536000", "1e18", "Fri, 06 Nov 2093 08:49:37 GMT"] {
        let rig = Rig::new().await;
        let refused = Refused { retry_after: Some(told.to_owned()), ..Refused::status(429) };
        rig.tenant.inject(Trouble::on("GET", "/users/$count", Effect::Refuse(refused)).nth(1));

        let error = rig.graph.head_count(rig.call()).await.unwrap_err();

        let Fault::Throttled(rest) = error.fault else { panic!("{error:?}") };
        assert!(rest > Duration::from_secs(590) && rest <= Duration::from_secs(600), "{told}: {rest:?}");
        let until = rig.gate.until().unwrap().duration_since(SystemClock.now());
        assert!(until.as_secs() <= 600, "{told}: {until}");
    }
}

#[tokio::test]
async fn the_gate_is_asked_once_for_each_request() {
    let rig = Rig::new().await;
    rig.graph.head_count(rig.call()).await.unwrap();
    let asked = rig.gate.asked.load(Ordering::SeqCst);
    for _ in 0..20 {
        rig.graph.head_count(rig.call()).await.unwrap();
    }
    assert_eq!(rig.gate.asked.load(Ordering::SeqCst) - asked, 20);
}

#[tokio::test]
async fn throttled_parts_alone_are_sent_again() {
    let rig = Rig::new().await;
    let people = rig.people(100);
    let group = rig.group(GroupKind::Security, &[]);
    rig.tenant.inject(Trouble::on("PATCH", "/groups/*", slow_down(1)).nth(2));
    rig.tenant.inject(Trouble::on("PATCH", "/groups/*", slow_down(1)).nth(4));

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert!(outcomes.iter().all(|outcome| *outcome == Applied::Done), "{outcomes:?}");
    assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (2, 7));
}

#[tokio::test]
async fn throttled_parts_whose_pause_does_not_fit_were_surely_not_done() {
    let rig = Rig::new().await;
    let people = rig.people(60);
    let group = rig.group(GroupKind::Security, &[]);
    rig.tenant.inject(Trouble::on("PATCH", "/groups/*", slow_down(500)).nth(2));

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Applied::Rejected(error) if (20..40).contains(&number) => {
                assert!(matches!(error.fault, Fault::Throttled(_)), "{error:?}");
            }
            other => assert_eq!(*other, Applied::Done, "{number}"),
        }
    }
    assert_eq!(rig.members(&group).len(), 40);
}

#[tokio::test]
async fn the_limits_of_the_service_are_kept_in_both_forms_of_retry_after() {
    for form in [RetryAfterForm::Seconds, RetryAfterForm::HttpDate] {
        let throttle = Throttle::On { size: TenantSize::Small, multiplier: 0.003 };
        let rig = Rig::with(Settings { throttle, retry_after: form, ..Settings::default() }).await;
        for _ in 0..12 {
            let error = match rig.graph.head_count(rig.call_for(Duration::from_secs(8))).await {
                Ok(_) => continue,
                Err(error) => error,
            };
            let Fault::Throttled(rest) = error.fault else { panic!("{error:?}") };
            assert!(rest <= Duration::from_secs(11), "{rest:?}");
        }
        assert_eq!(rig.tenant.counters().throttled, 1, "after the first refusal nobody asks");
        assert!(rig.gate.until().is_some());
    }
}

#[tokio::test]
async fn a_throttled_part_of_a_look_up_is_waited_for() {
    let rig = Rig::new().await;
    rig.people(40);
    rig.tenant.inject(Trouble::on("GET", "/users", slow_down(1)).nth(3));
    let asked: Vec<_> = (0..40).map(|n| crate::rig::address(&format!("p{n}@contoso.example"))).collect();

    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();

    assert_eq!((found.len(), rig.meter.cost().requests), (40, 2));
}
