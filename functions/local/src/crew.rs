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
use listsync_wiring::Wired;
use listsync_worker::{Handled, Receive, Taken as Message};
use tokio::{sync::watch::Receiver, task::JoinSet, time::sleep};

use crate::progress::Bars;

const AT_ONCE: usize = 4;
/// How often the queue is looked at: who presses "sync now" waits so long at most.
const POLL: Duration = Duration::from_millis(250);
/// A run ends so long before its message becomes visible again.
const RESERVE: Duration = Duration::from_secs(15);

/// When the loop ends.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// When no message is visible and no run is under way.
    WhenEmpty,
    /// When this turns true, and the runs under way have ended.
    When(Receiver<bool>),
}

/// What became of messages.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    /// How many messages were taken.
    pub(crate) handled: u64,
    /// The runs that they led to.
    pub(crate) runs: Vec<Summary>,
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
}

/// Works until the ending.
///
/// # Errors
/// When the queue fails; messages that were taken come back.
pub(crate) async fn work(
    wired: &Wired,
    ending: Ending,
    tell: &(dyn Fn(News<'_>) + Sync),
) -> PortResult<Worked> {
    let mut crew = Crew::new(wired);
    loop {
        let is_stopping = matches!(&ending, Ending::When(stop) if *stop.borrow());
        if !is_stopping {
            crew.take().await?;
        }
        if crew.under_way.is_empty() && (is_stopping || matches!(ending, Ending::WhenEmpty)) {
            return Ok(crew.worked);
        }
        tokio::select! {
            Some(Ok(done)) = crew.under_way.join_next() => crew.settle(done, tell).await?,
            () = sleep(POLL) => {}
            () = stopped(&ending), if !is_stopping => {}
        }
    }
}

async fn stopped(ending: &Ending) {
    match ending {
        Ending::WhenEmpty => std::future::pending().await,
        Ending::When(stop) => {
            let _ = stop.clone().wait_for(|stopped| *stopped).await;
        }
    }
}

struct Crew<'a> {
    wired: &'a Wired,
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
    fn new(wired: &'a Wired) -> Self {
        let (under_way, waiting, links) = (JoinSet::new(), VecDeque::new(), BTreeSet::new());
        Self { wired, bars: Bars::default(), under_way, waiting, links, worked: Worked::default() }
    }

    /// Takes as many messages as there are hands free.
    async fn take(&mut self) -> PortResult<()> {
        let free = AT_ONCE.saturating_sub(self.under_way.len() + self.waiting.len());
        if free == 0 {
            return Ok(());
        }
        let Wired { ports, visibility, most_receives, .. } = self.wired;
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
            _ => drop(self.under_way.spawn(one(self.wired.ports.clone(), taken, self.bars.clone()))),
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

    async fn settle(
        &mut self,
        (taken, handled): (Taken, Handled),
        tell: &(dyn Fn(News<'_>) + Sync),
    ) -> PortResult<()> {
        self.worked.handled += 1;
        match handled {
            Handled::Acknowledge(summary) => {
                self.wired.ports.queue.acknowledge(&taken.delivery.receipt).await?;
                if let Some(summary) = &summary {
                    tell(News::Run(summary));
                }
                self.worked.runs.extend(summary.map(|summary| *summary));
            }
            Handled::Retry(error) => {
                tell(News::Retried(&error));
                self.worked.retried.push(error);
            }
            Handled::Refuse(why) => {
                tell(News::Refused(&why));
                self.worked.refused.push(why);
            }
        }
        if let Some(link) = taken.link {
            self.next_of(&link);
        }
        Ok(())
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
