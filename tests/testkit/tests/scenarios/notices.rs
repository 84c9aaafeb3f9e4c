//! How the order of change notifications is kept alive, and what becomes of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{Timestamp, trigger::Reason};
use listsync_engine::{
    notices::{OrderNews, Post, Standing, heard, standing, tend},
    ports::{Call, Clock as _, Fault, Links as _, NoticeOrder, Notices, PortError, PortResult, Secret},
    service::Service,
    trigger::raise_group,
};
use listsync_testkit::{
    fakes::Lag,
    sample::{group, person, tenant},
};

use crate::{
    desk::{BOTH, Desk, Reading},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);
const URL: &str = "https://lists.contoso.example/graph/notifications";

/// A directory that takes orders, and can refuse them.
#[derive(Default)]
struct Exchange {
    orders: Mutex<Vec<(String, Timestamp)>>,
    made: AtomicU32,
    asked: AtomicU32,
    refuses: Mutex<Option<PortError>>,
}

impl Exchange {
    fn refuse(&self, fault: Fault) {
        *self.refuses.lock().unwrap() = Some(PortError::new(fault, "refused", "it is refused"));
    }

    fn relent(&self) {
        *self.refuses.lock().unwrap() = None;
    }

    fn ask(&self) -> PortResult<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.refuses.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    fn asked(&self) -> u32 {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn ids(&self) -> Vec<String> {
        self.orders.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }

    fn lose_all(&self) {
        self.orders.lock().unwrap().clear();
    }
}

fn gone() -> PortError {
    PortError::new(Fault::Gone, "gone", "there is no such order")
}

#[async_trait]
impl Notices for Exchange {
    async fn order(&self, _: Call<'_>, url: &str, until: Timestamp) -> PortResult<NoticeOrder> {
        self.ask()?;
        let id = format!("order-{}", self.made.fetch_add(1, Ordering::SeqCst) + 1);
        self.orders.lock().unwrap().push((id.clone(), until));
        let secret = Secret(b"secret".to_vec());
        Ok(NoticeOrder { id, tenant: tenant(), url: url.to_owned(), secret, until })
    }

    async fn prolong(&self, _: Call<'_>, id: &str, until: Timestamp) -> PortResult<Timestamp> {
        self.ask()?;
        let mut orders = self.orders.lock().unwrap();
        let order = orders.iter_mut().find(|(known, _)| known == id).ok_or_else(gone)?;
        order.1 = until;
        Ok(until)
    }

    async fn cancel(&self, _: Call<'_>, id: &str) -> PortResult<()> {
        self.ask()?;
        let mut orders = self.orders.lock().unwrap();
        let place = orders.iter().position(|(known, _)| known == id).ok_or_else(gone)?;
        orders.remove(place);
        Ok(())
    }
}

struct Office {
    desk: Desk,
    exchange: Arc<Exchange>,
    service: Service,
    url: &'static str,
}

impl Office {
    async fn open() -> Self {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let service = service(&desk);
        Self { desk, exchange: Arc::default(), service, url: URL }
    }

    async fn beat(&self) {
        let until = self.desk.clock.now().checked_add(Duration::from_secs(60)).unwrap();
        let post = Post { notices: self.exchange.clone(), tenant: tenant(), url: self.url.to_owned() };
        tend(&self.service, &post, until).await.expect("the store answers");
    }

    /// A beat each hour.
    async fn hours(&self, hours: u32) {
        for _ in 0..hours {
            self.desk.clock.advance(HOUR);
            self.beat().await;
        }
    }

    async fn standing(&self) -> Standing {
        standing(&self.service).await.unwrap().expect("something is known")
    }
}

#[test]
fn an_order_is_made_once_and_prolonged_before_it_ends() {
    play(async {
        let office = Office::open().await;
        office.beat().await;
        office.beat().await;
        assert_eq!((office.exchange.ids(), office.exchange.asked()), (vec!["order-1".to_owned()], 1));
        office.hours(30 * 24).await;
        let asked = office.exchange.asked();
        assert!((14..=16).contains(&asked), "once every two days, not {asked} times");
        assert_eq!(office.exchange.ids(), ["order-1"]);
        assert!(office.exchange.orders.lock().unwrap()[0].1 > office.desk.clock.now());
    });
}

#[test]
fn a_lost_order_is_made_anew() {
    play(async {
        let office = Office::open().await;
        office.beat().await;
        office.exchange.lose_all();
        office.hours(72).await;
        assert_eq!(office.exchange.ids(), ["order-2"]);
        heard(&office.service, OrderNews::Ended).await.unwrap();
        office.beat().await;
        assert_eq!(office.standing().await.order.unwrap().id, "order-3");
    });
}

#[test]
fn the_last_link_takes_the_order_with_it() {
    play(async {
        let office = Office::open().await;
        office.beat().await;
        office.desk.store.delete(&office.desk.link).await.unwrap();
        office.exchange.refuse(Fault::Unavailable);
        office.beat().await;
        office.exchange.relent();
        office.hours(1).await;
        assert!(office.exchange.ids().is_empty());
        assert_eq!(standing(&office.service).await.unwrap(), None);
        office.exchange.asked();
        office.hours(3).await;
        assert_eq!(office.exchange.asked(), 0, "nothing is asked of the directory where nothing is linked");
    });
}

#[test]
fn another_public_address_has_another_order() {
    play(async {
        let mut office = Office::open().await;
        office.beat().await;
        office.url = "https://elsewhere.contoso.example/graph/notifications";
        office.beat().await;
        office.beat().await;
        assert_eq!(office.exchange.ids(), ["order-2"]);
        assert_eq!(office.standing().await.order.unwrap().url, office.url);
    });
}

#[test]
fn a_directory_that_refuses_fails_no_beat_and_is_asked_again_a_quarter_of_an_hour_later() {
    play(async {
        let office = Office::open().await;
        for fault in [Fault::Denied, Fault::Unavailable, Fault::Rejected] {
            office.exchange.refuse(fault);
            office.exchange.asked();
            office.desk.clock.advance(HOUR);
            for _ in 0..15 {
                office.beat().await;
                office.desk.clock.advance(Duration::from_secs(59));
            }
            assert_eq!(office.exchange.asked(), 1, "{fault:?}");
            assert_eq!(office.standing().await.trouble.unwrap().code, "refused");
        }
        office.exchange.relent();
        office.hours(1).await;
        let standing = office.standing().await;
        assert!(standing.order.is_some() && standing.trouble.is_none());
    });
}

#[test]
fn an_order_that_must_be_prolonged_is_at_the_next_beat() {
    play(async {
        let office = Office::open().await;
        office.beat().await;
        office.exchange.asked();
        heard(&office.service, OrderNews::Prolong).await.unwrap();
        office.beat().await;
        office.beat().await;
        assert_eq!((office.exchange.asked(), office.exchange.ids()), (1, vec!["order-1".to_owned()]));
    });
}

#[test]
fn after_missed_notices_every_link_is_looked_at_once() {
    play(async {
        let office = Office::open().await;
        office.beat().await;
        let queue = &office.desk.ports.queue;
        queue.receive(100, HOUR).await.unwrap();
        heard(&office.service, OrderNews::Missed).await.unwrap();
        office.beat().await;
        office.beat().await;
        assert_eq!(queue.receive(100, HOUR).await.unwrap().len(), 1);
        assert!(!office.standing().await.missed);
    });
}

#[test]
fn a_notice_brings_a_change_in_at_once_and_one_that_comes_before_it_can_be_read_loses_nothing() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(person("bob"));
            desk.group_adds("bob");
            desk.ports.queue.receive(10, HOUR).await.unwrap();
            raise_group(&desk.ports, &tenant(), &group("staff")).await.unwrap();
            assert_eq!(desk.ports.queue.receive(10, HOUR).await.unwrap().len(), 1);
            desk.sync_as(Reason::Event).await;
            desk.both_are(&["ann", "bob"]).await;
            desk.wait(HOUR).await;
            desk.directory.set_lag(Lag { most: HOUR / 6, replicas: 3 });
            desk.group_removes("bob");
            raise_group(&desk.ports, &tenant(), &group("staff")).await.unwrap();
            desk.sync_as(Reason::Event).await;
            desk.wait(HOUR).await;
            desk.wait(HOUR).await;
            desk.both_are(&["ann"]).await;
        });
    }
}
