//! Changes of many people on one list, packed into as few transactions as hold them.

use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::Origin,
};
use listsync_engine::ports::PortResult;
use serde::{Deserialize, Serialize};

use super::{
    feed::{Feed, News},
    head::{self, Head},
    row::{Row, row_key},
};
use crate::table::{Fail, Key, MOST_BYTES, Op, Stored, Table, schema};

/// How long a change is kept; after it, a cursor from before it is too old, and a history tells nothing of it.
const LOG_KEPT_SECONDS: i64 = 100 * 24 * 3600;
/// What stands in the log for a contact whose match changed; else the new standing does.
pub(crate) const MATCH: &str = "match";
/// The same for one whose address changed.
pub(crate) const ADDRESS: &str = "address";
/// The same for one who was deleted, or became one with another.
pub(crate) const GONE: &str = "gone";
/// How many writes of people one transaction has at most; the others are the list's, the log's, the feed's and the
/// caller's.
const MOST: usize = 92;

/// One change in a list's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logged {
    pub(crate) contact: ContactId,
    pub(crate) what: String,
    pub(crate) origin: Origin,
    pub(crate) at: Timestamp,
}

/// What is written of one person, all or nothing.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) ops: Vec<Op>,
    /// The new standing, which gets the number of the transaction.
    pub(crate) row: Option<(Row, Logged)>,
    /// What the log tells of somebody who is gone from the list with this, row and all.
    pub(crate) departs: Option<Logged>,
    /// By how many members the list grows.
    pub(crate) members: i64,
    /// By how many members the group grows, as far as a link knows.
    pub(crate) in_group: i64,
    /// Who is to be told of in the feed of contacts.
    pub(crate) news: Option<ContactId>,
    /// Who is no contact any more, for the same feed.
    pub(crate) gone: Option<ContactId>,
    /// What has to be written before, because one transaction does not hold it: rows of the person on other lists.
    pub(crate) before: Vec<Vec<Op>>,
}

/// A transaction that is being filled.
#[derive(Debug)]
pub(crate) struct ListTx {
    list: ListId,
    seq: u64,
    ops: Vec<Op>,
    keys: HashSet<Key>,
    bytes: usize,
    rows: Vec<(Row, Logged)>,
    departed: Vec<Logged>,
    members: i64,
    in_group: i64,
    news: News,
    feed: Option<Feed>,
    before: Vec<Vec<Op>>,
}

impl ListTx {
    pub(crate) fn new(head: &Head) -> Self {
        Self {
            list: head.list.id.clone(),
            seq: head.seq,
            ops: Vec::new(),
            keys: HashSet::new(),
            bytes: 0,
            rows: Vec::new(),
            departed: Vec::new(),
            members: 0,
            in_group: 0,
            news: News::default(),
            feed: None,
            before: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.rows.is_empty()
    }

    /// The number of the change that this transaction would be.
    pub(crate) fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// By how many members the group grows.
    pub(crate) fn in_group(&self) -> i64 {
        self.in_group
    }

    /// Whether this piece can come along: there is room, and no item of it is written already.
    pub(crate) fn fits(&self, piece: &Piece) -> bool {
        let count = self.ops.len() + self.rows.len() + piece.ops.len() + usize::from(piece.row.is_some());
        let row = piece.row.as_ref().map(|(row, _)| row_key(&self.list, &row.contact));
        let fresh = piece.ops.iter().map(|op| &op.key).chain(&row).all(|key| !self.keys.contains(key));
        self.is_empty() || (fresh && count <= MOST && self.bytes + bytes(piece) <= MOST_BYTES)
    }

    pub(crate) fn push(&mut self, piece: Piece) {
        self.bytes += bytes(&piece);
        self.keys.extend(piece.ops.iter().map(|op| op.key.clone()));
        self.keys.extend(piece.row.as_ref().map(|(row, _)| row_key(&self.list, &row.contact)));
        self.ops.extend(piece.ops);
        self.rows.extend(piece.row);
        self.members += piece.members;
        self.in_group += piece.in_group;
        self.departed.extend(piece.departs);
        self.news.changed.extend(piece.news);
        self.news.gone.extend(piece.gone);
        self.before.extend(piece.before);
    }

    /// Writes all of it or nothing, with what the caller adds, and is empty then.
    pub(crate) async fn commit(
        &mut self,
        table: &Table,
        doing: &'static str,
        more: Vec<Op>,
    ) -> Result<(), Fail> {
        for ops in std::mem::take(&mut self.before) {
            table.transact(doing, &ops).await?;
        }
        let mut ops = more;
        ops.append(&mut self.ops);
        if !self.rows.is_empty() || !self.departed.is_empty() {
            ops.extend(self.numbered()?);
        }
        ops.extend(self.told(table).await?);
        if !ops.is_empty() {
            table.transact(doing, &ops).await?;
        }
        self.keys.clear();
        (self.bytes, self.members, self.in_group) = (0, 0, 0);
        Ok(())
    }

    /// The next step of the feed, if there is news.
    async fn told(&mut self, table: &Table) -> PortResult<Vec<Op>> {
        let news = std::mem::take(&mut self.news);
        if news.is_empty() {
            return Ok(Vec::new());
        }
        let feed = match self.feed.take() {
            Some(feed) => feed,
            None => Feed::pick(table).await?,
        };
        let (after, ops) = feed.step(&news)?;
        self.feed = Some(after);
        Ok(ops)
    }

    /// The rows with their number, the log's step, and the list's head.
    fn numbered(&mut self) -> PortResult<Vec<Op>> {
        let mut ops = vec![head::advance(&self.list, self.seq, self.members)];
        self.seq += 1;
        let (rows, mut logged): (Vec<_>, Vec<_>) = std::mem::take(&mut self.rows).into_iter().unzip();
        logged.append(&mut self.departed);
        ops.push(log(&self.list, self.seq, &logged)?);
        for row in rows {
            let row = Row { seq: self.seq, ..row };
            ops.push(Op::put(row_key(&self.list, &row.contact), row.stored(&self.list)?));
        }
        Ok(ops)
    }
}

/// One step of a list's log.
pub(crate) fn log(list: &ListId, seq: u64, changes: &[Logged]) -> PortResult<Op> {
    let last = changes.iter().map(|change| change.at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    log_at(list, seq, (changes, last))
}

/// The same as of a moment; it may tell of nobody.
pub(crate) fn log_at(list: &ListId, seq: u64, (changes, last): (&[Logged], Timestamp)) -> PortResult<Op> {
    let key = head::log_key(list, seq);
    let stored = Stored::new(&key)
        .document("changes", &changes)?
        .number(schema::TIME_TO_LIVE, last.as_second().saturating_add(LOG_KEPT_SECONDS));
    Ok(Op::put(key, stored))
}

fn bytes(piece: &Piece) -> usize {
    let row = if piece.row.is_some() { 1_000 } else { 0 };
    piece.ops.iter().map(Op::bytes).sum::<usize>() + row
}
