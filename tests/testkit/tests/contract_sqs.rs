//! The queue on SQS meets the contract of the port, on an emulated AWS whose clock goes by the test's.

use std::{process::ExitCode, time::Duration};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::{Client, config::Credentials};
use libtest_mimic::Arguments;
use listsync_aws::SqsQueue;
use listsync_engine::ports::{Clock as _, Delivery, Outgoing, PortResult, Queue, QueueState, Receipt};
use listsync_testkit::{contracts, fakes::ManualClock, moto::Moto};

/// A queue on a server of its own that is told the test's time before each call.
struct Clocked {
    queue: SqsQueue,
    moto: Moto,
    clock: ManualClock,
}

impl Clocked {
    fn new(clock: &ManualClock) -> Self {
        let moto = Moto::start();
        let client = client(&moto);
        let made = async {
            let made = client.create_queue().queue_name("queue").send().await.expect("a new queue is made");
            made.queue_url.expect("it has an address")
        };
        let url = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made));
        Self { queue: SqsQueue::new(client, url), moto, clock: clock.clone() }
    }

    fn tell(&self) {
        let start = ManualClock::default().now();
        let ahead = self.clock.now().duration_since(start);
        self.moto.set_ahead(Duration::try_from(ahead).unwrap_or_default());
    }
}

#[async_trait]
impl Queue for Clocked {
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

fn main() -> ExitCode {
    let trials = contracts::trials("sqs", contracts::queue::cases(), |_: &str| Clocked::new);
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
