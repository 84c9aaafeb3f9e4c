//! Memberships that end by date.

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::Standing,
    register::Keeper,
    stay::{End, Stay},
};
use listsync_engine::ports::{Ended, Ends, PortResult};
use rusqlite::{Connection, params};

use super::{catalog, contacts, memberships};
use crate::{
    SqliteStore,
    error::Outcome,
    values::{collect, nanos, stored_limit, timestamp, typed},
};

#[async_trait]
impl Ends for SqliteStore {
    async fn stay(&self, list: &ListId, contact: &ContactId, stay: Stay) -> PortResult<Ended> {
        let (list, contact) = (list.clone(), contact.clone());
        self.write("say how long they stay", move |tx| set(tx, &list, &contact, stay)).await
    }

    async fn ended(&self, upto: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        let after = after.cloned();
        self.read("read whose membership ends", move |tx| ended(tx, upto, after.as_ref(), limit)).await
    }

    async fn lapsed(&self, now: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        let after = after.cloned();
        self.read("read whose membership ended early", move |tx| lapsed(tx, now, after.as_ref(), limit)).await
    }

    async fn forget_ends(&self, ends: &[End]) -> PortResult<()> {
        let ends = ends.to_vec();
        self.write("forget the ends", move |tx| forget(tx, &ends)).await
    }
}

fn set(tx: &Connection, list: &ListId, contact: &ContactId, stay: Stay) -> Outcome<Ended> {
    let row = catalog::numbered(tx, list)?;
    let Some(contact) = contacts::by_id(tx, contact)? else { return Ok(Ended::NoMember) };
    let (list, contact) = (row.n, contact.n);
    let now = memberships::of(tx, list, contact)?;
    if now.standing != Standing::Member || row.terms.keeper == Keeper::Filter {
        return Ok(Ended::NoMember);
    }
    let until = stay.end(now.dates.until);
    if until != now.dates.until {
        tx.prepare_cached("UPDATE memberships SET until = ?3 WHERE list = ?1 AND contact = ?2")?
            .execute(params![list, contact, until.map(nanos)])?;
    }
    Ok(Ended::At(until))
}

/// In the order of the ids within one moment, as [`End`] has it: pages go on after one.
macro_rules! page_of {
    ($column:literal) => {
        concat!(
            "SELECT m.",
            $column,
            ", l.id, c.id FROM memberships m
             JOIN lists l ON l.n = m.list JOIN contacts c ON c.n = m.contact
             WHERE m.",
            $column,
            " BETWEEN ?1 AND ?2 AND (m.",
            $column,
            ", l.id, c.id) > (?1, ?3, ?4)
             ORDER BY m.",
            $column,
            ", l.id, c.id LIMIT ?5"
        )
    };
}

/// From when to when, both included, in nanoseconds.
struct Span {
    from: i64,
    to: i64,
}

fn ended(tx: &Connection, upto: Timestamp, after: Option<&End>, limit: usize) -> Outcome<Vec<End>> {
    page(tx, page_of!("until"), Span { from: i64::MIN, to: nanos(upto) }, after, limit)
}

fn lapsed(tx: &Connection, now: Timestamp, after: Option<&End>, limit: usize) -> Outcome<Vec<End>> {
    let to_come = Span { from: nanos(now).saturating_add(1), to: i64::MAX };
    page(tx, page_of!("lapsed"), to_come, after, limit)
}

fn page(
    tx: &Connection,
    sql: &str,
    Span { from, to }: Span,
    after: Option<&End>,
    limit: usize,
) -> Outcome<Vec<End>> {
    let (from, list, contact) = match after {
        Some(end) => (nanos(end.until), end.list.as_str(), end.contact.as_str()),
        None => (from, "", ""),
    };
    let wanted = params![from, to, list, contact, stored_limit(limit)];
    collect(tx.prepare_cached(sql)?, wanted, |row| {
        Ok(End {
            until: timestamp(row.get(0)?),
            list: typed(row, 1, "list's id")?,
            contact: typed(row, 2, "contact's id")?,
        })
    })
}

fn forget(tx: &Connection, ends: &[End]) -> Outcome<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE memberships SET until = NULL WHERE until = ?3
         AND list = (SELECT n FROM lists WHERE id = ?1) AND contact = (SELECT n FROM contacts WHERE id = ?2)",
    )?;
    for End { until, list, contact } in ends {
        statement.execute(params![list.as_str(), contact.as_str(), nanos(*until)])?;
    }
    Ok(())
}
