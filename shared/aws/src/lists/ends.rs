//! Memberships that end by date. The row has the end; beside it an item of one partition has them all in the order in which
//! they come. Such an item may outlive its end: whoever finds it asks the row.

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::{ListKind, Standing},
    stay::{Dates, End, Stay},
};
use listsync_engine::ports::{Ended, Ends, PortResult};

use super::{
    head::{self, Head},
    row::{Row, UNTIL, row_key},
    tx::log_at,
};
use crate::{
    DynamoStore,
    store::persistently,
    table::{Condition, Fail, Key, Op, Stored, Table, instant, ordered_instant, schema, span},
};

const ENDS: &str = "ENDS";
/// The ends by which somebody left.
const LAPSED: &str = "LAPSED";
/// For so long after an end it is known who left by it, in case that the clock ran ahead: 30 days.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

fn sort_key(End { until, list, contact }: &End) -> String {
    format!("{}#{list}#{contact}", ordered_instant(*until))
}

fn key(end: &End) -> Key {
    Key::new(ENDS, sort_key(end))
}

fn lapsed_key(end: &End) -> Key {
    Key::new(LAPSED, sort_key(end))
}

/// The deletions of where the ends of a row's membership stand among all.
pub(crate) fn deletes(list: &ListId, row: &Row) -> Vec<Op> {
    let end = |until| End { until, list: list.clone(), contact: row.contact.clone() };
    let to_come = row.dates.until.map(|until| key(&end(until)));
    let lapsed = row.dates.lapsed.map(|until| lapsed_key(&end(until)));
    to_come.into_iter().chain(lapsed).map(Op::delete).collect()
}

/// What is written beside a row that a date moves, which had these.
pub(crate) fn moved(list: &ListId, contact: &ContactId, dates: Dates) -> Vec<Op> {
    let end = |until| End { until, list: list.clone(), contact: contact.clone() };
    match (dates.until.map(end), dates.lapsed.map(end)) {
        // It leaves by it. Where it stands among those to come is cleared once all is written.
        (Some(until), _) => {
            let key = lapsed_key(&until);
            let ttl = until.until.as_second().saturating_add(KEPT_SECONDS);
            vec![Op::put(key.clone(), stored(&key, &until).number(schema::TIME_TO_LIVE, ttl))]
        }
        (None, Some(lapsed)) => vec![Op::delete(lapsed_key(&lapsed)), put(&lapsed)],
        (None, None) => Vec::new(),
    }
}

fn stored(key: &Key, end: &End) -> Stored {
    Stored::new(key)
        .at(UNTIL, end.until)
        .text("list", end.list.as_str())
        .text("contact", end.contact.as_str())
}

fn put(end: &End) -> Op {
    let key = key(end);
    Op::put(key.clone(), stored(&key, end))
}

fn read(stored: &Stored) -> PortResult<End> {
    let (list, contact) = (stored.read("list")?, stored.read("contact")?);
    Ok(End { until: stored.instant(UNTIL)?, list, contact })
}

#[async_trait]
impl Ends for DynamoStore {
    async fn stay(&self, list: &ListId, contact: &ContactId, stay: Stay) -> PortResult<Ended> {
        let now = self.clock.now();
        persistently!("say how long they stay", set(&self.table, list, contact, stay, now))
    }

    async fn ended(&self, upto: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        // What comes behind every key of that moment.
        let wanted = span(ENDS).to(format!("{}$", ordered_instant(upto))).limit(limit);
        let wanted = after.iter().fold(wanted, |span, end| span.after(sort_key(end)));
        let found = self.table.query("read whose membership ends", &wanted).await?;
        found.iter().take(limit).map(read).collect()
    }

    async fn lapsed(&self, now: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        let wanted = span(LAPSED).from(format!("{}$", ordered_instant(now))).limit(limit);
        let wanted = after.iter().fold(wanted, |span, end| span.after(sort_key(end)));
        let found = self.table.query("read whose membership ended early", &wanted).await?;
        found.iter().take(limit).map(read).collect()
    }

    async fn forget_ends(&self, ends: &[End]) -> PortResult<()> {
        const DOING: &str = "forget the ends";
        let row = |end: &End| row_key(&end.list, &end.contact);
        let rows = self.table.get_many(DOING, ends.iter().map(row).collect()).await?;
        // Whoever came, left or stays until another moment has no such end any more: most rows have none.
        for end in ends {
            let there = rows.get(&row(end)).map(|stored| stored.instant_option(UNTIL)).transpose()?.flatten();
            if there != Some(end.until) {
                continue;
            }
            let still = Condition::new(format!("#{UNTIL} = :{UNTIL}")).with_number(UNTIL, instant(end.until));
            let forget = Condition::new(format!("REMOVE #{UNTIL}"));
            match self.table.transact(DOING, &[Op::update(row(end), forget).when(still)]).await {
                Ok(()) | Err(Fail::Stale | Fail::Taken) => {}
                Err(Fail::Port(error)) => return Err(error),
            }
        }
        self.table.delete_many(DOING, ends.iter().map(key).collect()).await
    }
}

/// It takes a number of the list's log, though it changes nobody's standing: who read the row before decides anew, and does not
/// write it back without the end.
async fn set(
    table: &Table,
    list: &ListId,
    contact: &ContactId,
    stay: Stay,
    now: Timestamp,
) -> Result<Ended, Fail> {
    const DOING: &str = "say how long they stay";
    let head = Head::load(table, list).await?;
    let found = table.get(DOING, &row_key(list, contact)).await?;
    let row = found.map(|stored| Row::read(&stored)).transpose()?;
    let is_static = head.list.kind == ListKind::Static;
    let Some(row) = row.filter(|row| is_static && row.standing == Standing::Member) else {
        return Ok(Ended::NoMember);
    };
    let until = stay.end(row.dates.until);
    if until == row.dates.until {
        return Ok(Ended::At(until));
    }
    let (seq, before) = (head.seq + 1, deletes(list, &row));
    let read = Condition::new("#seq = :seen").with_number("seen", row.seq);
    let after = Row { dates: Dates { until, lapsed: None }, seq, ..row };
    let mut ops = vec![head::advance(list, head.seq, 0), log_at(list, seq, (&[], now))?];
    ops.push(Op::put(row_key(list, contact), after.stored(list)?).when(read));
    ops.extend(before);
    ops.extend(until.map(|until| put(&End { until, list: list.clone(), contact: contact.clone() })));
    table.transact(DOING, &ops).await?;
    Ok(Ended::At(until))
}
