//! The embedded queue: visibility time-outs, and dead letters after five receives.

use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    schedule::{LONGEST_DELAY, SKEW, later},
};
use listsync_engine::ports::{Delivery, Fault, Outgoing, PortError, PortResult, Queue, QueueState, Receipt};
use rusqlite::{Connection, params};

use crate::{
    SqliteStore,
    error::{Fail, Outcome},
    values::{collect, count, nanos, nanos_after, stored_limit, timestamp},
};

/// How often a message is delivered at most.
pub const RECEIVES: u32 = 5;
const MOST: i64 = RECEIVES as i64;

/// A message that was delivered five times and never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What it said.
    pub body: String,
    /// How often it was received.
    pub receives: u32,
    /// Why it is here.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

#[async_trait]
impl Queue for SqliteStore {
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        let (count, now) = (messages.len(), self.now());
        let bodies = messages.iter().map(|message| {
            serde_json::to_string(&message.trigger).map(|body| (body, nanos_after(now, message.delay)))
        });
        let sent = match bodies.collect::<Result<Vec<_>, _>>() {
            Ok(bodies) => self.write("send the messages", move |tx| send(tx, &bodies)).await,
            Err(_) => Err(PortError::new(Fault::Rejected, "bad_message", "could not write the messages")),
        };
        vec![sent; count]
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let now = self.now();
        // A look costs no write: an idle worker keeps no other process from the file.
        let look = Look { now, beyond: later(now, visibility.max(LONGEST_DELAY) + SKEW) };
        if !self.read("look at the queue", move |tx| has_visible(tx, look)).await? {
            return Ok(Vec::new());
        }
        self.write("receive messages", move |tx| {
            bury(tx, look)?;
            receive(tx, max, (look, visibility))
        })
        .await
    }

    /// Done with a message; a receipt of an earlier delivery does nothing.
    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        let (n, receives) = parse(receipt).ok_or_else(|| {
            PortError::new(Fault::Rejected, "bad_receipt", "this is no receipt of this queue")
        })?;
        self.write("acknowledge the message", move |tx| {
            tx.prepare_cached("DELETE FROM queue WHERE n = ?1 AND receives = ?2")?.execute([n, receives])?;
            Ok(())
        })
        .await
    }

    async fn state(&self) -> PortResult<QueueState> {
        let now = self.now();
        let [waiting, taken, given_up] = self.read("look at the queue", move |tx| counts(tx, now)).await?;
        Ok(QueueState {
            waiting,
            taken,
            visibility: None,
            most_receives: Some(RECEIVES),
            given_up: Some(given_up),
        })
    }
}

/// How many wait, were taken, and were given up.
fn counts(tx: &Connection, now: Timestamp) -> Outcome<[u64; 3]> {
    let counts = "SELECT (SELECT count(*) FROM queue WHERE receives = 0 OR visible_at <= ?1),
                         (SELECT count(*) FROM queue WHERE receives > 0 AND visible_at > ?1),
                         (SELECT count(*) FROM dead_letters)";
    Ok(tx.query_row(counts, [nanos(now)], |row| {
        Ok([count(row.get(0)?), count(row.get(1)?), count(row.get(2)?)])
    })?)
}

impl SqliteStore {
    /// The messages that were given up, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dead_letters(&self, limit: usize) -> PortResult<Vec<DeadLetter>> {
        self.read("read the dead letters", move |tx| {
            let statement = tx.prepare_cached(
                "SELECT body, receives, reason, at FROM dead_letters ORDER BY n DESC LIMIT ?1",
            )?;
            collect(statement, [stored_limit(limit)], |row| {
                Ok(DeadLetter {
                    body: row.get(0)?,
                    receives: row.get(1)?,
                    reason: row.get(2)?,
                    at: timestamp(row.get(3)?),
                })
            })
        })
        .await
    }
}

/// Which messages are visible: those whose time has come, and those that are hidden for longer than any ever is, because the
/// clock ran ahead when they were hidden.
#[derive(Debug, Clone, Copy)]
struct Look {
    now: Timestamp,
    beyond: Timestamp,
}

fn send(tx: &Connection, bodies: &[(String, i64)]) -> Outcome<()> {
    let mut statement = tx.prepare_cached("INSERT INTO queue (body, visible_at) VALUES (?1, ?2)")?;
    for (body, visible_at) in bodies {
        statement.execute(params![body, visible_at])?;
    }
    Ok(())
}

fn has_visible(tx: &Connection, look: Look) -> Outcome<bool> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM queue WHERE visible_at <= ?1)
                 OR EXISTS (SELECT 1 FROM queue WHERE visible_at > ?2)",
        )?
        .query_row([nanos(look.now), nanos(look.beyond)], |row| row.get(0))?)
}

/// Moves away what was delivered often enough.
fn bury(tx: &Connection, Look { now, beyond }: Look) -> Outcome<()> {
    let reason = format!("received {RECEIVES} times and never acknowledged");
    tx.prepare_cached(
        "INSERT INTO dead_letters (body, receives, reason, at)
         SELECT body, receives, ?3, ?1 FROM queue
         WHERE (visible_at <= ?1 OR visible_at > ?4) AND receives >= ?2 ORDER BY n",
    )?
    .execute(params![nanos(now), MOST, reason, nanos(beyond)])?;
    tx.prepare_cached("DELETE FROM queue WHERE (visible_at <= ?1 OR visible_at > ?3) AND receives >= ?2")?
        .execute([nanos(now), MOST, nanos(beyond)])?;
    Ok(())
}

fn receive(
    tx: &Connection,
    max: usize,
    (Look { now, beyond }, visibility): (Look, Duration),
) -> Outcome<Vec<Delivery>> {
    let visible = tx.prepare_cached(
        "SELECT n, receives + 1, body FROM queue WHERE visible_at <= ?1 OR visible_at > ?3
         ORDER BY visible_at, n LIMIT ?2",
    )?;
    let found = collect(visible, [nanos(now), stored_limit(max), nanos(beyond)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut hide = tx.prepare_cached("UPDATE queue SET receives = ?2, visible_at = ?3 WHERE n = ?1")?;
    let until = nanos_after(now, visibility);
    let mut deliveries = Vec::with_capacity(found.len());
    for (n, receives, body) in found {
        hide.execute(params![n, receives, until]).map_err(Fail::from)?;
        deliveries.push(Delivery { body, receives, receipt: Receipt(format!("{n}:{receives}")) });
    }
    Ok(deliveries)
}

fn parse(receipt: &Receipt) -> Option<(i64, i64)> {
    let (n, receives) = receipt.0.split_once(':')?;
    Some((n.parse().ok()?, receives.parse().ok()?))
}
