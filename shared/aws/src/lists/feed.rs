//! Which contacts were made or edited, for whoever follows all of them.
//!
//! The feed has as many strands as there are shards, each with a counter of its own. A transaction that changes contacts
//! takes the next number of one strand, whichever, on the condition that nobody took it: so no change becomes visible
//! behind a cursor, and writers seldom meet.

use std::collections::BTreeSet;

use listsync_core::id::ContactId;
use listsync_engine::ports::{ContactChanges, Cursor, PortError, PortResult};
use serde::{Deserialize, Serialize};

use crate::{
    error,
    table::{Condition, Key, Op, Stored, Table, schema, span},
};

/// How long a step is kept; after it, a cursor from before it is too old.
const KEPT_SECONDS: i64 = 40 * 24 * 3600;
const DOING: &str = "read the feed of contacts";

/// What one step tells.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct News {
    /// Who was made or edited.
    pub(crate) changed: BTreeSet<ContactId>,
    /// Who is no contact any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) gone: BTreeSet<ContactId>,
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// One strand of the feed, and the number of its last step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feed {
    strand: u32,
    seq: u64,
}

fn partition(strand: u32) -> String {
    format!("FEED#{strand}")
}

fn head_key(strand: u32) -> Key {
    Key::head(partition(strand))
}

fn step_sort(seq: u64) -> String {
    format!("{seq:020}")
}

impl Feed {
    /// Any strand, as it is now.
    pub(crate) async fn pick(table: &Table) -> PortResult<Self> {
        let strand = rand::random_range(0..schema::SHARDS);
        let head = table.get(DOING, &head_key(strand)).await?;
        let seq = head.map(|head| head.count("seq")).transpose()?.unwrap_or(0);
        Ok(Self { strand, seq })
    }

    /// The strand one step on, and the writes that make it so.
    pub(crate) fn step(self, news: &News) -> PortResult<(Self, Vec<Op>)> {
        let after = Self { seq: self.seq + 1, ..self };
        let as_read = match self.seq {
            0 => Condition::absent(),
            seq => Condition::new("#seq = :seen").with_number("seen", seq),
        };
        let head = Stored::new(&head_key(self.strand)).number("seq", after.seq);
        let key = Key::new(partition(self.strand), step_sort(after.seq));
        let now = second();
        let step = Stored::new(&key)
            .document("news", news)?
            .number(schema::TIME_TO_LIVE, now.saturating_add(KEPT_SECONDS));
        Ok((after, vec![Op::put(head_key(self.strand), head).when(as_read), Op::put(key, step)]))
    }
}

/// The second of now: how long a step is kept is the table's own matter, whatever clock the store is given.
fn second() -> i64 {
    listsync_core::Timestamp::now().as_second()
}

/// The number of each strand's last step.
async fn heads(table: &Table) -> PortResult<Vec<u64>> {
    let keys = (0..schema::SHARDS).map(head_key).collect();
    let found = table.get_many(DOING, keys).await?;
    let head = |strand| found.get(&head_key(strand)).map(|head| head.count("seq")).transpose();
    (0..schema::SHARDS).map(|strand| Ok(head(strand)?.unwrap_or(0))).collect()
}

fn cursor(heads: &[u64]) -> Cursor {
    Cursor(heads.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// The cursor of this moment.
pub(crate) async fn now(table: &Table) -> PortResult<Cursor> {
    Ok(cursor(&heads(table).await?))
}

/// Who changed since a cursor.
pub(crate) async fn since(table: &Table, since: &Cursor) -> PortResult<ContactChanges> {
    let seen: Option<Vec<u64>> = since.0.split('.').map(|number| number.parse().ok()).collect();
    let heads = heads(table).await?;
    let seen = seen.filter(|seen| seen.len() == heads.len()).ok_or_else(too_old)?;
    let mut all = News::default();
    for ((strand, seen), head) in (0..).zip(seen).zip(&heads) {
        for news in steps(table, strand, (seen, *head)).await? {
            all.changed.extend(news.changed);
            all.gone.extend(news.gone);
        }
    }
    // Nobody changes who is gone, so that it does not matter which of the two came first.
    let contacts = all.changed.difference(&all.gone).cloned().collect();
    Ok(ContactChanges { contacts, cursor: cursor(&heads) })
}

/// What a strand tells after one number, up to another.
async fn steps(table: &Table, strand: u32, (seen, head): (u64, u64)) -> PortResult<Vec<News>> {
    if seen == head {
        return Ok(Vec::new());
    }
    // A cursor ahead of the feed comes from a table that was restored to a point in time.
    if seen > head {
        return Err(too_old());
    }
    let wanted = span(partition(strand)).from(step_sort(seen + 1)).to(step_sort(head));
    let read = |stored: &Stored| stored.read_document::<News>("news");
    let found = table.read(DOING, &wanted, read).await?;
    // Old steps go by themselves, in no order: only a feed without a gap tells everything.
    match found.len() as u64 == head - seen {
        true => Ok(found),
        false => Err(too_old()),
    }
}

fn too_old() -> PortError {
    error::gone("cursor_gone", "the contacts that changed since that cursor are not known".to_owned())
}
