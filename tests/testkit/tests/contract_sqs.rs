//! The queue on SQS meets the contract of the port, on an emulated AWS whose clock goes by the test's.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::{Client, config::Credentials};
use listsync_aws::SqsQueue;
use listsync_engine::ports::{Clock as _, Delivery, Outgoing, PortResult, Queue, QueueState, Receipt};
use listsync_testkit::{contracts, fakes::ManualClock, moto::Moto};

/// A queue on a server that is told the test's time before each call.
struct Clocked<'a> {
    queue: SqsQueue,
    moto: &'a Moto,
    clock: ManualClock,
}

impl Clocked<'_> {
    fn tell(&self) {
        let start = ManualClock::default().now();
        let ahead = self.clock.now().duration_since(start);
        self.moto.set_ahead(Duration::try_from(ahead).unwrap_or_default());
    }
}

#[async_trait]
impl Queue for Clocked<'_> {
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        self.tell();
        self.queue.send(messages).await
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        self.tell();
        self.queue.receive(max, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        self.tell();
        self.queue.acknowledge(receipt).await
    }

    async fn state(&self) -> PortResult<QueueState> {
        self.tell();
        self.queue.state().await
    }
}

fn client(moto: &Moto) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(moto.endpoint());
    Client::from_conf(config.build())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_on_sqs_is_a_queue() {
    let moto = Moto::start();
    let (client, number) = (client(&moto), AtomicU32::new(0));
    contracts::queue::all(|clock: &ManualClock| {
        let name = format!("queue-{}", number.fetch_add(1, Ordering::Relaxed));
        let made = async {
            let made = client.create_queue().queue_name(name).send().await.expect("a new queue is made");
            made.queue_url.expect("it has an address")
        };
        let url = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made));
        Clocked { queue: SqsQueue::new(client.clone(), url), moto: &moto, clock: clock.clone() }
    })
    .await;
}
