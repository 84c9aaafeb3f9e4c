//! The worker's loop: takes messages, has several links run at a time, and acknowledges what is done.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use listsync_core::{Timestamp, id::LinkId, summary::Summary, trigger::Trigger};
use listsync_engine::{
    Ports,
    ports::{Delivery, PortError, PortResult},
};
use listsync_http::Pulse;
use listsync_wiring::Wired;
use listsync_worker::{Handled, Receive, Taken as Message};
use tokio::{
    sync::watch::Receiver,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Failures, stopped};
use crate::progress::Bars;

const AT_ONCE: usize = 4;
/// How often the queue is looked at: who presses "sync now" waits so long at most.
const POLL: Duration = Duration::from_millis(250);
/// A run ends so long before its message becomes visible again.
const RESERVE: Duration = Duration::from_secs(15);

/// When the loop ends. Either way, what is true on the receiver has it take nothing more, and end once the runs under way
/// have ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// When no message is visible and no run is under way, or the queue fails.
    WhenEmpty(Receiver<bool>),
    /// When it is stopped, and not before: whatever fails is tried again.
    WhenStopped(Receiver<bool>),
}

impl Ending {
    fn stop(&self) -> &Receiver<bool> {
        let (Self::WhenEmpty(stop) | Self::WhenStopped(stop)) = self;
        stop
    }
}

/// What a crew works on.
pub(crate) struct Bench {
    ports: Ports,
    /// How long a message that was taken stays hidden.
    visibility: Duration,
    /// After how many receives the queue gives a message up.
    most_receives: u32,
    /// Where the loop says that it looked at the queue.
    pulse: Pulse,
}

impl Bench {
    pub(crate) fn of(wired: &Wired, pulse: Pulse) -> Self {
        let Wired { ports, visibility, most_receives, .. } = wired;
        Self { ports: ports.clone(), visibility: *visibility, most_receives: *most_receives, pulse }
    }
}

/// What became of messages.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    /// How many messages were taken.
    pub(crate) handled: u64,
    /// How many runs they led to.
    pub(crate) runs: u64,
    /// Messages that come back later, each with why.
    pub(crate) retried: Vec<PortError>,
    /// Messages that no worker will understand, each with why.
    pub(crate) refused: Vec<String>,
}

/// What is told of one message when it is done.
#[derive(Debug)]
pub(crate) enum News<'a> {
    /// A run ended.
    Run(&'a Summary),
    /// The message comes back.
    Retried(&'a PortError),
    /// The message is not understood.
    Refused(&'a str),
    /// The queue does not answer; it is asked again.
    Unheard(&'a PortError),
}

/// Works until the ending.
///
/// # Errors
/// When the queue fails and the work is to end when it is empty; messages that were taken come back.
pub(crate) async fn work(
    bench: &Bench,
    ending: Ending,
    tell: &(dyn Fn(News<'_>) + Sync),
) -> PortResult<Worked> {
    let mut crew = Crew::new(bench);
    let (mut failures, mut look_at) = (Failures::default(), Instant::now());
    let mut failed = None;
    loop {
        let is_stopping = *ending.stop().borrow() || failed.is_some();
        if !is_stopping && Instant::now() >= look_at {
            match crew.take().await {
                Ok(()) => {
                    bench.pulse.looked();
                    failures.forget();
                }
                // The runs under way are not cut off by it.
                Err(error) if matches!(ending, Ending::WhenEmpty(_)) => {
                    failed = Some(error);
                    continue;
                }
                Err(error) => {
                    tell(News::Unheard(&error));
                    look_at = Instant::now() + failures.pause();
                }
            }
        }
        let is_over = is_stopping || matches!(ending, Ending::WhenEmpty(_));
        if crew.under_way.is_empty() && is_over {
            return failed.map_or(Ok(crew.worked), Err);
        }
        tokio::select! {
            Some(Ok(done)) = crew.under_way.join_next() => crew.settle(done, tell).await,
            () = sleep_until(look_at.max(Instant::now() + POLL)) => {}
            () = stopped(ending.stop()), if !is_stopping => {}
        }
    }
}

struct Crew<'a> {
    bench: &'a Bench,
    bars: Bars,
    under_way: JoinSet<(Taken, Handled)>,
    /// Messages of links that are under way: two at a time would only find each other busy.
    waiting: VecDeque<Taken>,
    links: BTreeSet<LinkId>,
    worked: Worked,
}

/// A message in hand.
struct Taken {
    delivery: Delivery,
    /// The link that it names, where it is a message of ours.
    link: Option<LinkId>,
    /// When the run has to end.
    until: Timestamp,
    /// Whether it comes again.
    receive: Receive,
}

impl<'a> Crew<'a> {
    fn new(bench: &'a Bench) -> Self {
        let (under_way, waiting, links) = (JoinSet::new(), VecDeque::new(), BTreeSet::new());
        Self { bench, bars: Bars::default(), under_way, waiting, links, worked: Worked::default() }
    }

    /// Takes as many messages as there are hands free.
    async fn take(&mut self) -> PortResult<()> {
        let free = AT_ONCE.saturating_sub(self.under_way.len() + self.waiting.len());
        if free == 0 {
            return Ok(());
        }
        let Bench { ports, visibility, most_receives, .. } = self.bench;
        for delivery in ports.queue.receive(free, *visibility).await? {
            let until = ports.clock.now() + visibility.saturating_sub(RESERVE);
            let link = serde_json::from_str(&delivery.body).ok().map(|trigger: Trigger| trigger.link);
            let receive = Receive::of(delivery.receives, *most_receives);
            self.begin(Taken { delivery, link, until, receive });
        }
        Ok(())
    }

    fn begin(&mut self, taken: Taken) {
        match &taken.link {
            Some(link) if !self.links.insert(link.clone()) => self.waiting.push_back(taken),
            _ => drop(self.under_way.spawn(one(self.bench.ports.clone(), taken, self.bars.clone()))),
        }
    }

    /// A link is free again: the next message for it has its turn.
    fn next_of(&mut self, link: &LinkId) {
        self.links.remove(link);
        let next = self.waiting.iter().position(|taken| taken.link.as_ref() == Some(link));
        if let Some(taken) = next.and_then(|position| self.waiting.remove(position)) {
            self.begin(taken);
        }
    }

    async fn settle(&mut self, (taken, handled): (Taken, Handled), tell: &(dyn Fn(News<'_>) + Sync)) {
        self.worked.handled += 1;
        match handled {
            Handled::Acknowledge(summary) => {
                if let Some(summary) = &summary {
                    tell(News::Run(summary));
                }
                self.worked.runs += u64::from(summary.is_some());
                // One that cannot be acknowledged comes again, and finds its work done.
                if let Err(error) = self.bench.ports.queue.acknowledge(&taken.delivery.receipt).await {
                    self.comes_back(error, tell);
                }
            }
            Handled::Retry(error) => self.comes_back(error, tell),
            Handled::Refuse(why) => {
                tell(News::Refused(&why));
                self.worked.refused.push(why);
            }
        }
        if let Some(link) = taken.link {
            self.next_of(&link);
        }
    }

    fn comes_back(&mut self, error: PortError, tell: &(dyn Fn(News<'_>) + Sync)) {
        tell(News::Retried(&error));
        self.worked.retried.push(error);
    }
}

/// A panic in one run stops only that run: its message comes back.
async fn one(ports: Ports, taken: Taken, bars: Bars) -> (Taken, Handled) {
    let (body, until, receive) = (taken.delivery.body.clone(), taken.until, taken.receive);
    let run = async move {
        let message = Message { body: &body, until, receive };
        listsync_worker::handle(&ports, message, &bars.bar("sync")).await
    };
    let broken = |_| Handled::Refuse("a run broke off by a fault of the program".to_owned());
    let handled = tokio::spawn(run).await.unwrap_or_else(broken);
    (taken, handled)
}

#[cfg(test)]
mod tests {
    use listsync_core::trigger::{Generation, Reason};
    use listsync_engine::ports::{Fault, Outgoing};
    use listsync_testkit::{
        dice::Dice,
        fakes::{FakeDirectory, Lag, ManualClock, TestStore},
        faults::{Fate, Faults, Judge, When},
    };
    use tokio::sync::watch;

    use super::*;

    /// A bench whose queue holds a message for a link that is gone, with a judge over each call.
    async fn bench(judge: Judge) -> Bench {
        let clock = ManualClock::default();
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(1));
        let ports = TestStore::new(&clock).beside(directory);
        let link = LinkId::parse("link-1").expect("an id");
        let trigger = Trigger::new(link, Reason::Event, Generation(1));
        let sent = ports.queue.send(&[Outgoing { trigger, delay: Duration::ZERO }]).await;
        assert!(sent.iter().all(Result::is_ok));
        let pulse = Pulse::new("worker", Duration::from_secs(10));
        let (visibility, most_receives) = (Duration::from_secs(120), 5);
        Bench { ports: Faults::judged(judge).over(&ports), visibility, most_receives, pulse }
    }

    #[tokio::test]
    async fn a_queue_that_fails_is_asked_again_until_it_answers() {
        let (stop, stopped) = watch::channel(false);
        let mut looks = 0;
        let bench = bench(Box::new(move |name, _| match name {
            "queue.receive" => {
                looks += 1;
                if looks <= 2 { Fate::Fail(Fault::Unavailable, When::Before) } else { Fate::Pass }
            }
            // The message was handled after all: the test is over, however the queue takes that.
            "queue.acknowledge" => {
                stop.send_replace(true);
                Fate::Fail(Fault::Unavailable, When::Before)
            }
            _ => Fate::Pass,
        }));
        let worked = work(&bench.await, Ending::WhenStopped(stopped), &|_| {}).await;
        let worked = worked.expect("a queue that fails ends nothing");
        assert_eq!((worked.handled, worked.retried.len()), (1, 1));
    }

    #[tokio::test]
    async fn who_works_until_the_queue_is_empty_hears_that_it_fails() {
        let (_stop, stopped) = watch::channel(false);
        let bench = bench(Box::new(|name, _| match name {
            "queue.receive" => Fate::Fail(Fault::Unavailable, When::Before),
            _ => Fate::Pass,
        }));
        let worked = work(&bench.await, Ending::WhenEmpty(stopped), &|_| {}).await;
        assert_eq!(worked.expect_err("it is told").code, "injected");
    }
}
