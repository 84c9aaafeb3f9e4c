//! A list service to send requests to: what it stores, and what its queue holds.

mod queue;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use listsync_core::{
    Timestamp,
    audit::{AuditEntry, Completion},
    contact::{Contact, Decision, OptOutReason, Said, Saying, Scope, Via},
    id::{LinkId, ListId},
    list::Standing,
};
use listsync_engine::{
    Ports, audit,
    ports::{Clock as _, Contacts as _, Delivery, Links as _, ListStore as _, Queue as _},
    service::Service,
};
use listsync_inbound::optout_link;
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    sample::{address, link},
};
use tower::ServiceExt as _;

use queue::Flaky;

/// 2027-01-15, when the samples were sent.
pub(crate) const NOW: i64 = 1_800_005_400;

/// What the list is called.
pub(crate) const NEWS: &str = "News <&> \"Jobs\"";

pub(crate) struct Kit {
    pub(crate) clock: ManualClock,
    pub(crate) store: TestStore,
    pub(crate) queue: Arc<Flaky>,
    pub(crate) service: Service,
    pub(crate) directory: FakeDirectory,
    /// A list that a link stands on.
    pub(crate) news: ListId,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Kit {
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_second(NOW).unwrap());
        let store = TestStore::new(&clock);
        let queue = Arc::new(Flaky::over(store.clone()));
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(7));
        let ports = Ports { queue: queue.clone(), ..store.beside(directory.clone()) };
        let service = Service::over(&store.port(), ports);
        let news = store.create_list(NEWS, clock.now()).await.unwrap().id;
        store.create(&link("news", &news, "staff"), clock.now()).await.unwrap();
        Self { clock, store, queue, service, directory, news }
    }

    /// Deletes the list, with what stands on it.
    pub(crate) async fn without_list(&self) {
        self.store.delete(&LinkId::parse("news").unwrap()).await.unwrap();
        self.store.delete_list(&self.news).await.unwrap();
    }

    /// A member of the list, since yesterday.
    pub(crate) async fn member(&self, local: &str) -> Contact {
        let saying = Saying {
            address: address(local),
            decision: Decision::Subscribed,
            scope: Scope::List(self.news.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: Timestamp::from_second(self.clock.now().as_second() - 86_400).unwrap(),
        };
        self.store.say(&saying).await.unwrap();
        self.contact(local).await.unwrap()
    }

    /// What a person said, newest first.
    pub(crate) async fn said(&self, local: &str) -> Vec<Said> {
        let contact = self.contact(local).await.unwrap();
        self.store.sayings(&contact.id).await.unwrap()
    }

    /// A token of a contact for the list.
    pub(crate) async fn token(&self, contact: &Contact) -> String {
        optout_link::issue(&self.service, &contact.id, Scope::List(self.news.clone())).await.unwrap()
    }

    pub(crate) async fn standing(&self, local: &str) -> Option<Standing> {
        let contact = self.store.find_contact(&address(local)).await.unwrap()?;
        let places = self.store.places(&contact.id).await.unwrap();
        places.into_iter().find(|place| place.list == self.news).map(|place| place.standing)
    }

    pub(crate) async fn contact(&self, local: &str) -> Option<Contact> {
        self.store.find_contact(&address(local)).await.unwrap()
    }

    /// What the audit has, the newest first: who, what, to what, and where it was not done to its end.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let wanted = audit::Wanted { limit: 100, ..audit::Wanted::default() };
        let told = |entry: AuditEntry| {
            let objects: Vec<String> = entry.objects.iter().map(ToString::to_string).collect();
            let broken_off = if entry.completion == Completion::Done { "" } else { " broken off" };
            format!("{} {} {}{broken_off}", entry.actor, entry.action, objects.join(" "))
        };
        audit::page(&self.service, wanted).await.unwrap().entries.into_iter().map(told).collect()
    }

    /// How often the list's link was requested.
    pub(crate) async fn requested(&self) -> u64 {
        self.store.of_list(&self.news).await.unwrap()[0].requested.0
    }

    /// The messages that are visible after a wait.
    pub(crate) async fn messages_after(&self, wait: Duration) -> Vec<Delivery> {
        self.clock.advance(wait);
        self.store.receive(100, Duration::from_secs(60)).await.unwrap()
    }
}

/// One request to a router.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}
