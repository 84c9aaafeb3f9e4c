use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::Duration,
};

use listsync_core::Timestamp;
use listsync_engine::ports::{Fault, Notices};
use listsync_graph_emulator::{Emulator, LEAST_ROLES};

use crate::rig::Rig;

async fn rig() -> Rig {
    Rig::of(Emulator::builder().roles(LEAST_ROLES.iter().copied().chain(["Group.Read.All"]))).await
}

/// An address that passes every trial call.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hear", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 8192];
            let length = stream.read(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let target = text.split(' ').nth(1).unwrap_or_default();
            let url = url::Url::parse(&format!("http://here{target}")).unwrap();
            let token = url.query_pairs().next().map(|(_, token)| token.into_owned()).unwrap_or_default();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                token.len()
            );
            stream.write_all((head + &token).as_bytes()).unwrap();
        }
    });
    url
}

fn in_days(days: u64) -> Timestamp {
    Timestamp::now().checked_add(Duration::from_secs(days * 24 * 3_600)).unwrap()
}

#[tokio::test]
async fn notices_are_ordered_prolonged_and_cancelled_with_one_request_each() {
    let mut rig = rig().await;
    let url = receiver();
    let order = rig.graph.order(rig.call(), &url, in_days(3)).await.unwrap();
    assert_eq!((order.url.as_str(), order.tenant.as_str()), (url.as_str(), rig.running.tenant_id.as_str()));
    assert!((order.until.as_second() - in_days(3).as_second()).abs() < 60);
    let there = rig.tenant.subscriptions();
    let [made] = there.as_slice() else { panic!("{there:?}") };
    assert_eq!(made.client_state.as_ref().map(String::as_bytes), Some(order.secret.0.as_slice()));
    assert_eq!((made.resource.as_str(), made.change_type.as_str()), ("/groups", "updated,deleted"));
    assert_eq!((made.lifecycle_url.as_ref(), made.tls.as_str()), (Some(&url), "v1_2"));
    let until = rig.graph.prolong(rig.call(), &order.id, in_days(9)).await.unwrap();
    assert!((until.as_second() - in_days(9).as_second()).abs() < 60);
    let far = rig.graph.prolong(rig.call(), &order.id, in_days(99)).await.unwrap();
    assert!(far < in_days(29), "no longer than Graph grants");
    rig.graph.cancel(rig.call(), &order.id).await.unwrap();
    assert!(rig.tenant.subscriptions().is_empty());
    assert_eq!(rig.meter.cost().requests, 4);
    rig.fresh_meter();
}

#[tokio::test]
async fn a_lost_order_is_gone_for_whoever_prolongs_or_cancels_it() {
    let rig = rig().await;
    let order = rig.graph.order(rig.call(), &receiver(), in_days(3)).await.unwrap();
    rig.tenant.lose_subscriptions();
    let prolonged = rig.graph.prolong(rig.call(), &order.id, in_days(3)).await;
    assert_eq!(prolonged.unwrap_err().fault, Fault::Gone);
    assert_eq!(rig.graph.cancel(rig.call(), &order.id).await.unwrap_err().fault, Fault::Gone);
}

#[tokio::test]
async fn a_refused_order_names_what_to_do() {
    let mut rig = rig().await;
    let unheard = rig.graph.order(rig.call(), "http://127.0.0.1:9/hear", in_days(3)).await.unwrap_err();
    assert_eq!((unheard.fault, unheard.code.as_str()), (Fault::Rejected, "not_validated"));
    assert!(unheard.message.contains("LISTSYNC_PUBLIC_URL") && unheard.hint.contains("https"), "{unheard:?}");
    rig = Rig::new().await;
    let denied = rig.graph.order(rig.call(), &receiver(), in_days(3)).await.unwrap_err();
    assert_eq!(denied.fault, Fault::Denied);
    assert!(denied.hint.contains("Group.Read.All"), "{denied:?}");
}
