//! Several messages at a time, each on its own.

use std::{sync::Arc, time::Duration};

use listsync_core::{Timestamp, summary::Summary};
use listsync_engine::{
    Ports,
    ports::{Fault, PortError},
    watch::Unwatched,
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use crate::{Handled, Receive, Taken, handle};

/// How many links of a batch run at a time.
const AT_ONCE: usize = 4;
/// A run that has less time than this is not begun: its message comes again instead.
const LEAST: Duration = Duration::from_secs(10);

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the queue calls it.
    pub id: String,
    /// Its body, not judged yet.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// What a batch has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// When nothing may be under way any more.
    pub until: Timestamp,
    /// After how many receives the queue gives a message up.
    pub most_receives: u32,
}

/// Handles the messages of a batch, and gives the ids of those that are to come again. A message that breaks its run off
/// keeps no other from its own. Each run that ended is told to `ended` at once.
pub async fn batch(
    ports: &Ports,
    records: Vec<Record>,
    bounds: Bounds,
    ended: impl Fn(&Summary) + Clone + Send + 'static,
) -> Vec<String> {
    let mut unfinished: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    let free = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    for record in records {
        let (ports, free, ended) = (ports.clone(), free.clone(), ended.clone());
        under_way.spawn(async move {
            let _permit = free.acquire().await;
            let handled = one(&ports, &record, bounds).await;
            if let Handled::Acknowledge(Some(summary)) = &handled {
                ended(summary);
            }
            (record.id, handled)
        });
    }
    while let Some(done) = under_way.join_next().await {
        match done {
            Ok((id, Handled::Acknowledge(_))) => unfinished.retain(|open| *open != id),
            Ok((id, Handled::Retry(error))) => {
                tracing::warn!(message.id = id, code = error.code, "a message comes again: {error}");
            }
            Ok((id, Handled::Refuse(why))) => {
                tracing::error!(message.id = id, "a message is refused: {why}");
            }
            // The panic itself is told by the hook that the host has set.
            Err(_) => tracing::error!("a run broke off by a fault of the program; its message comes again"),
        }
    }
    unfinished
}

async fn one(ports: &Ports, record: &Record, bounds: Bounds) -> Handled {
    let least = bounds.until.checked_sub(LEAST).unwrap_or(Timestamp::MIN);
    if ports.clock.now() >= least {
        return Handled::Retry(out_of_time("the invocation ends before the run could begin"));
    }
    let receive = Receive::of(record.receives, bounds.most_receives);
    let taken = Taken { body: &record.body, until: bounds.until, receive };
    let left = bounds.until.duration_since(ports.clock.now()).unsigned_abs();
    // A run ends by itself before; where a service keeps it waiting, it must not take the whole batch with it.
    match timeout(left, handle(ports, taken, &Unwatched)).await {
        Ok(handled) => handled,
        Err(_) => Handled::Retry(out_of_time("the run did not end in time")),
    }
}

fn out_of_time(why: &str) -> PortError {
    PortError::new(Fault::Unavailable, "out_of_time", why)
}
