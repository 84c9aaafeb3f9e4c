use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use listsync_engine::ports::{Call, Clock, Fault, Places, PortError};
use listsync_graph::Graph;
use listsync_graph_emulator::{Effect, Fault as Trouble, Refused, Settings};

use crate::rig::{Ahead, Rig};

const TOKEN: &str = "*/oauth2/v2.0/token";

/// What Entra says when it is overrun or troubled: with numbers that say nothing of the credential, and line ends.
fn troubled(status: u16) -> Refused {
    let text = "AADSTS900999: Something is the matter.\r\nTrace ID: x";
    Refused::status(status).saying("temporarily_unavailable", text)
}

fn answers(refused: Refused) -> Trouble {
    Trouble::on("POST", TOKEN, Effect::Refuse(refused))
}

async fn refusal(rig: &Rig, graph: &Graph) -> PortError {
    graph.head_count(rig.call_for(Duration::from_secs(20))).await.unwrap_err()
}

#[tokio::test]
async fn a_sign_in_that_asks_for_patience_is_left_alone_by_every_worker() {
    for (told, granted) in [("60", 60), ("31536000", 600)] {
        let rig = Rig::new().await;
        let refused = Refused { retry_after: Some(told.to_owned()), ..troubled(429) };
        rig.tenant.inject(answers(refused));
        let other = rig.client(|_| {});

        for graph in [&rig.graph, &other, &rig.graph] {
            let error = refusal(&rig, graph).await;
            let Fault::Throttled(wait) = error.fault else { panic!("{error:?}") };
            assert!(wait.as_secs() > granted - 10 && wait.as_secs() <= granted, "{told}: {wait:?}");
        }

        assert_eq!(rig.tenant.counters().token_requests, 1);
        assert_eq!(rig.meter.cost().requests, 0);
    }
}

#[tokio::test]
async fn patience_that_fits_is_waited_out() {
    let rig = Rig::new().await;
    rig.tenant.inject(answers(troubled(429).retry_after(1)).nth(1));
    rig.graph.head_count(rig.call()).await.unwrap();
    assert_eq!(rig.tenant.counters().token_requests, 2);
    assert!(rig.gate.until().is_some());
}

#[tokio::test]
async fn a_troubled_sign_in_is_tried_again_and_never_taken_for_a_wrong_secret() {
    let rig = Rig::new().await;
    rig.tenant.inject(answers(troubled(500)));
    let error = refusal(&rig, &rig.graph).await;
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "sign_in_unavailable"));
    assert!(!error.hint.contains("SECRET") && error.message.contains("AADSTS900999"), "{error:?}");
    assert_eq!(rig.tenant.counters().token_requests, 3);

    rig.tenant.clear_faults();
    rig.tenant.inject(answers(troubled(503)).nth(1));
    rig.graph.head_count(rig.call()).await.unwrap();
}

/// A client, and how time goes on for it and for the tenant.
struct Aging {
    rig: Rig,
    clock: Arc<Ahead>,
    graph: Graph,
}

impl Aging {
    async fn with(life: Duration) -> Self {
        let rig = Rig::with(Settings { access_token_life: life, ..Settings::default() }).await;
        let clock = Arc::new(Ahead::default());
        let graph = rig.client_by(clock.clone(), |_| {});
        Self { rig, clock, graph }
    }

    fn go_on(&self, seconds: u64) {
        self.clock.go_on(seconds);
        self.rig.tenant.clock().advance(Duration::from_secs(seconds));
    }

    async fn ask(&self) -> Result<u64, PortError> {
        let until = self.clock.now().checked_add(Duration::from_secs(60)).unwrap();
        self.graph.head_count(Call { until, meter: &self.rig.meter }).await
    }
}

#[tokio::test]
async fn the_last_token_serves_to_its_end_where_the_authority_is_away() {
    for trouble in [Effect::Refuse(troubled(500)), Effect::ResetBefore] {
        let aging = Aging::with(Duration::from_secs(3_600)).await;
        aging.ask().await.unwrap();
        aging.rig.tenant.inject(Trouble::on("POST", TOKEN, trouble));
        aging.go_on(3_400);
        for _ in 0..3 {
            aging.ask().await.unwrap();
        }
        assert_eq!(aging.rig.tenant.counters().token_requests, 2, "an authority that is away is left alone");
        aging.go_on(150);
        aging.ask().await.unwrap();
        aging.go_on(60);
        let error = aging.ask().await.unwrap_err();
        assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "sign_in_unavailable"));
        aging.rig.tenant.clear_faults();
        aging.ask().await.unwrap();
    }
}

#[tokio::test]
async fn tokens_of_a_minute_serve_a_run_of_several() {
    let aging = Aging::with(Duration::from_secs(60)).await;
    for _ in 0..30 {
        aging.ask().await.unwrap();
        aging.go_on(10);
    }
    assert_eq!(aging.rig.meter.cost().requests, 30, "none is refused for its token");
    assert_eq!(aging.rig.tenant.counters().token_requests, 6, "each serves for 50 of its 60 seconds");
}

#[tokio::test]
async fn ten_who_have_no_token_ask_for_one() {
    let rig = Rig::new().await;
    let asked = (0..10).map(|_| rig.graph.head_count(rig.call()));
    assert!(join_all(asked).await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(rig.tenant.counters().token_requests, 1);
}
