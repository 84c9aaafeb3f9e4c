use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::{Link, LinkStatus},
    trigger::Generation,
};
use listsync_engine::ports::{LinkState, Progress, Ruling};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{collect, count, doc, doc_text, first, nanos, stored_limit, timestamp},
};

const COLUMNS: &str = "doc, progress, ruling, requested, synced, due_at, leased_until, finished_at, lease_token, quiet FROM links";

/// The number of a link's row.
pub(super) fn number(tx: &Connection, link: &LinkId) -> Outcome<i64> {
    tx.prepare_cached("SELECT n FROM links WHERE id = ?1")?
        .query_row([link.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| gone(link))
}

pub(super) fn gone(link: &LinkId) -> Fail {
    Fail::gone("no_such_link", format!("there is no link {link}"))
}

pub(super) fn load(tx: &Connection, link: &LinkId) -> Outcome<Option<LinkState>> {
    let sql = format!("SELECT {COLUMNS} WHERE id = ?1");
    first(tx.prepare_cached(&sql)?, [link.as_str()], read)
}

/// A page of all links, after this id.
pub(crate) fn page_of_all() -> String {
    format!("SELECT {COLUMNS} WHERE id > ?1 ORDER BY id LIMIT ?2")
}

pub(super) fn page(tx: &Connection, after: Option<&LinkId>, limit: usize) -> Outcome<Vec<LinkState>> {
    let after = after.map_or("", LinkId::as_str);
    collect(tx.prepare_cached(&page_of_all())?, params![after, stored_limit(limit)], read)
}

/// By their time alone: a lease that lies too far ahead keeps no link from being due.
pub(super) fn ahead(
    tx: &Connection,
    beyond: Timestamp,
    (after, limit): (Option<&LinkId>, usize),
) -> Outcome<Vec<LinkState>> {
    let sql = format!("SELECT {COLUMNS} WHERE id > ?1 AND due_at > ?3 ORDER BY id LIMIT ?2");
    let after = after.map_or("", LinkId::as_str);
    collect(tx.prepare_cached(&sql)?, params![after, stored_limit(limit), nanos(beyond)], read)
}

pub(super) fn of_list(tx: &Connection, list: &ListId) -> Outcome<Vec<LinkState>> {
    let list = catalog::number(tx, list)?;
    let sql = format!("SELECT {COLUMNS} WHERE list = ?1 ORDER BY id");
    collect(tx.prepare_cached(&sql)?, [list], read)
}

/// Without an index of its own: a store on one machine has links by the hundred. Further sources are in the document.
pub(super) fn of_group(tx: &Connection, tenant: &TenantId, group: &GroupId) -> Outcome<Vec<LinkState>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE tenant = ?1 AND (group_id = ?2 OR EXISTS (
             SELECT 1 FROM json_each(doc, '$.value.more') source
             WHERE json_extract(source.value, '$.group') = ?2)) ORDER BY id"
    );
    collect(tx.prepare_cached(&sql)?, [tenant.as_str(), group.as_str()], read)
}

fn read(row: &Row<'_>) -> Outcome<LinkState> {
    let (link, progress, ruling): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let quiet: Option<String> = row.get(9)?;
    let state = LinkState {
        link: doc(&link, "link")?,
        progress: doc(&progress, "progress")?,
        ruling: ruling.map(|text| doc(&text, "ruling")).transpose()?,
        requested: generation(row.get(3)?),
        synced: generation(row.get(4)?),
        due_at: timestamp(row.get(5)?),
        leased_until: row.get::<_, Option<i64>>(6)?.map(timestamp),
        finished_at: row.get::<_, Option<i64>>(7)?.map(timestamp),
        token: count(row.get(8)?),
        quiet: None,
        rev: 0,
    };
    Ok(state.with_quiet(quiet.map(|text| doc(&text, "run that found nothing")).transpose()?))
}

pub(super) fn generation(stored: i64) -> Generation {
    Generation(count(stored))
}

/// Saves what a person set up and may change later; list, group and mode stay.
pub(super) fn save_link(tx: &Connection, link: &Link) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET doc = ?2, active = ?3 WHERE id = ?1")?.execute(params![
        link.id.as_str(),
        doc_text(link)?,
        link.status == LinkStatus::Active
    ])?;
    Ok(())
}

pub(super) fn save_progress(tx: &Connection, link: i64, progress: &Progress) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET progress = ?2 WHERE n = ?1")?
        .execute(params![link, doc_text(progress)?])?;
    Ok(())
}

pub(super) fn save_ruling(tx: &Connection, link: i64, ruling: Option<&Ruling>) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET ruling = ?2 WHERE n = ?1")?
        .execute(params![link, ruling.map(doc_text).transpose()?])?;
    Ok(())
}
