use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::{Link, LinkStatus},
    protocol::Generations,
    trigger::Generation,
};
use listsync_engine::ports::{LinkBrief, LinkState, Progress, Ruling};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;

use crate::{
    error::{Fail, Outcome},
    lists::catalog,
    values::{collect, count, doc, doc_text, first, nanos, stored_limit, timestamp, typed},
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

/// A page of what is told of all links, after this id. A document comes only where it says what no column does.
pub(crate) const BRIEFS: &str =
    "SELECT links.id, lists.id, tenant, group_names, CASE WHEN active THEN NULL ELSE doc END,
         CASE WHEN calm THEN NULL ELSE progress END, ruling, requested, synced, due_at, leased_until, finished_at
     FROM links CROSS JOIN lists ON lists.n = links.list
     WHERE links.id > ?1 ORDER BY links.id LIMIT ?2";

pub(super) fn briefs(tx: &Connection, after: Option<&LinkId>, limit: usize) -> Outcome<Vec<LinkBrief>> {
    let after = after.map_or("", LinkId::as_str);
    collect(tx.prepare_cached(BRIEFS)?, params![after, stored_limit(limit)], brief)
}

fn brief(row: &Row<'_>) -> Outcome<LinkBrief> {
    // Only its status is told of the link's document: all else is in columns.
    let link: Option<Link> = opened(row, 4, "link")?;
    let told: Option<Progress> = opened(row, 5, "progress")?;
    Ok(LinkBrief {
        id: typed(row, 0, "link's id")?,
        list: typed(row, 1, "list's id")?,
        tenant: typed(row, 2, "tenant")?,
        group_names: row.get(3)?,
        status: link.map_or(LinkStatus::Active, |link| link.status),
        troubles: told.and_then(|progress| progress.troubles()),
        ruling: opened(row, 6, "ruling")?,
        generations: Generations { requested: generation(row.get(7)?), synced: generation(row.get(8)?) },
        due_at: timestamp(row.get(9)?),
        leased_until: row.get::<_, Option<i64>>(10)?.map(timestamp),
        finished_at: row.get::<_, Option<i64>>(11)?.map(timestamp),
    })
}

/// A document that may not be there.
fn opened<T: DeserializeOwned>(row: &Row<'_>, column: usize, what: &'static str) -> Outcome<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| doc(&text, what)).transpose()
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
    let (link, progress): (String, String) = (row.get(0)?, row.get(1)?);
    let state = LinkState {
        link: doc(&link, "link")?,
        progress: doc(&progress, "progress")?,
        ruling: opened(row, 2, "ruling")?,
        requested: generation(row.get(3)?),
        synced: generation(row.get(4)?),
        due_at: timestamp(row.get(5)?),
        leased_until: row.get::<_, Option<i64>>(6)?.map(timestamp),
        finished_at: row.get::<_, Option<i64>>(7)?.map(timestamp),
        token: count(row.get(8)?),
        quiet: None,
        rev: 0,
    };
    Ok(state.with_quiet(opened(row, 9, "run that found nothing")?))
}

pub(super) fn generation(stored: i64) -> Generation {
    Generation(count(stored))
}

/// Saves what a person set up and may change later; list, group and mode stay.
pub(super) fn save_link(tx: &Connection, link: &Link) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET doc = ?2, active = ?3, group_names = ?4 WHERE id = ?1")?.execute(
        params![link.id.as_str(), doc_text(link)?, link.status == LinkStatus::Active, link.group_names()],
    )?;
    Ok(())
}

pub(super) fn save_progress(tx: &Connection, link: i64, progress: &Progress) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET progress = ?2, calm = ?3 WHERE n = ?1")?.execute(params![
        link,
        doc_text(progress)?,
        progress.troubles().is_none()
    ])?;
    Ok(())
}

pub(super) fn save_ruling(tx: &Connection, link: i64, ruling: Option<&Ruling>) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET ruling = ?2 WHERE n = ?1")?
        .execute(params![link, ruling.map(doc_text).transpose()?])?;
    Ok(())
}
