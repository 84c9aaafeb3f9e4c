//! Summaries, the gate and the settings.

use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{LinkId, RunId, TenantId},
    pace::Pace,
    settings::Settings,
    summary::Summary,
};
use listsync_engine::ports::{
    Cursor, EffectsPage, EffectsQuery, Gate, PeopleWatch, PortError, PortResult, Runs, SettingsStore,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use crate::{
    SqliteStore, effects,
    error::{Fail, Outcome},
    links::quiet,
    values::{collect, doc, doc_text, first, nanos, nanos_before, stored_limit, timestamp},
};

/// How long a summary is kept: it names people.
const RUNS_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

#[async_trait]
impl Runs for SqliteStore {
    /// Keeps one; those that finished more than 90 days before it go.
    async fn save(&self, summary: &Summary) -> PortResult<()> {
        let summary = summary.clone();
        self.write("save the summary", move |tx| save(tx, &summary)).await
    }

    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>> {
        let run = run.clone();
        self.read("read the run", move |tx| {
            if let Some(quiet) = quiet::kept_run(tx, &run)? {
                return Ok(Some(quiet));
            }
            first(tx.prepare_cached("SELECT doc FROM runs WHERE id = ?1")?, [run.as_str()], summary)
        })
        .await
    }

    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        let link = link.cloned();
        self.read("read the runs", move |tx| newest(tx, link.as_ref(), limit)).await
    }

    async fn earlier(&self, run: &RunId, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        let (run, link) = (run.clone(), link.cloned());
        self.read("read the runs", move |tx| page(tx, link.as_ref(), behind(tx, &run)?, limit)).await
    }

    async fn last_finished(&self) -> PortResult<Option<Timestamp>> {
        self.read("read when a run ended last", |tx| {
            // A run of a link that is deleted by now is one, too.
            let sql = "SELECT max(at) FROM (SELECT max(finished_at) AS at FROM links
                UNION ALL SELECT max(finished_at) FROM runs)";
            let at: Option<i64> = tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(at.map(timestamp))
        })
        .await
    }

    async fn effects(&self, query: &EffectsQuery) -> PortResult<EffectsPage> {
        let (query, now) = (query.clone(), self.now());
        self.read("read whom runs added and removed", move |tx| effects::page(tx, &query, now)).await
    }
}

fn save(tx: &Connection, summary: &Summary) -> Outcome<()> {
    let finished_at = nanos(summary.finished_at);
    tx.prepare_cached(
        "INSERT INTO runs (id, link, finished_at, doc) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET link = ?2, finished_at = ?3, doc = ?4",
    )?
    .execute(params![summary.run.as_str(), summary.link.as_str(), finished_at, doc_text(summary)?])?;
    tx.prepare_cached("DELETE FROM runs WHERE finished_at < ?1")?
        .execute([nanos_before(summary.finished_at, RUNS_KEPT)])?;
    Ok(())
}

/// A page of all runs, before the one of this moment and number.
pub(crate) const PAGE: &str = "SELECT doc FROM runs WHERE (finished_at, n) < (?1, ?2)
    ORDER BY finished_at DESC, n DESC LIMIT ?3";
/// The same of one link.
pub(crate) const PAGE_OF_LINK: &str = "SELECT doc FROM runs WHERE link = ?4 AND (finished_at, n) < (?1, ?2)
    ORDER BY finished_at DESC, n DESC LIMIT ?3";

/// Where a page of runs begins: behind the one that finished then, and has this number.
#[derive(Debug, Clone, Copy)]
struct Behind {
    finished_at: i64,
    n: i64,
}

const NEWEST: Behind = Behind { finished_at: i64::MAX, n: i64::MAX };

/// The newest runs. One that found nothing is its link's last, and is not among those of all.
fn newest(tx: &Connection, link: Option<&LinkId>, limit: usize) -> Outcome<Vec<Summary>> {
    let mut found = page(tx, link, NEWEST, limit)?;
    if let Some(link) = link
        && let Some(quiet) = quiet::kept(tx, link)?
    {
        found.insert(0, quiet);
        found.truncate(limit);
    }
    Ok(found)
}

fn behind(tx: &Connection, run: &RunId) -> Outcome<Behind> {
    if let Some(quiet) = quiet::kept_run(tx, run)? {
        return Ok(Behind { finished_at: nanos(quiet.finished_at), n: 0 });
    }
    let statement = tx.prepare_cached("SELECT finished_at, n FROM runs WHERE id = ?1")?;
    let found =
        first(statement, [run.as_str()], |row| Ok(Behind { finished_at: row.get(0)?, n: row.get(1)? }));
    found?.ok_or_else(|| Fail::gone("no_such_run", format!("run {run} is not kept any more")))
}

fn page(tx: &Connection, link: Option<&LinkId>, behind: Behind, limit: usize) -> Outcome<Vec<Summary>> {
    let (Behind { finished_at, n }, limit) = (behind, stored_limit(limit));
    match link {
        Some(link) => {
            let statement = tx.prepare_cached(PAGE_OF_LINK)?;
            collect(statement, params![finished_at, n, limit, link.as_str()], summary)
        }
        None => collect(tx.prepare_cached(PAGE)?, [finished_at, n, limit], summary),
    }
}

fn summary(row: &Row<'_>) -> Outcome<Summary> {
    doc(&row.get::<_, String>(0)?, "summary")
}

#[async_trait]
impl Gate for SqliteStore {
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>> {
        let tenant = tenant.clone();
        self.read("read the gate", move |tx| {
            let mut statement = tx.prepare_cached("SELECT closed_until FROM gate WHERE tenant = ?1")?;
            let until: Option<i64> = statement.query_row([tenant.as_str()], |row| row.get(0)).optional()?;
            Ok(until.map(timestamp))
        })
        .await
    }

    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()> {
        let tenant = tenant.clone();
        self.write("close the gate", move |tx| {
            tx.prepare_cached(
                "INSERT INTO gate (tenant, closed_until) VALUES (?1, ?2)
                 ON CONFLICT (tenant) DO UPDATE SET closed_until = ?2 WHERE closed_until < ?2",
            )?
            .execute(params![tenant.as_str(), nanos(until)])?;
            Ok(())
        })
        .await
    }

    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        let tenant = tenant.clone();
        self.write("set the gate", move |tx| {
            tx.prepare_cached("UPDATE gate SET closed_until = ?3 WHERE tenant = ?1 AND closed_until = ?2")?
                .execute(params![tenant.as_str(), nanos(read), nanos(until)])?;
            Ok(())
        })
        .await
    }

    async fn pace(&self, tenant: &TenantId) -> PortResult<Option<Pace>> {
        let tenant = tenant.clone();
        self.read("read how writes are spread", move |tx| pace(tx, &tenant)).await
    }

    async fn keep_pace(&self, tenant: &TenantId, read: Option<Pace>, new: Pace) -> PortResult<bool> {
        let tenant = tenant.clone();
        self.write("save how writes are spread", move |tx| {
            if pace(tx, &tenant)? != read {
                return Ok(false);
            }
            tx.prepare_cached(
                "INSERT INTO pace (tenant, told_at, taken_until) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant) DO UPDATE SET told_at = ?2, taken_until = ?3",
            )?
            .execute(params![tenant.as_str(), nanos(new.told_at), nanos(new.taken_until)])?;
            Ok(true)
        })
        .await
    }

    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        let tenant = tenant.clone();
        self.read("read how far changes of people were read", move |tx| {
            let mut statement =
                tx.prepare_cached("SELECT cursor, due_at FROM people_watch WHERE tenant = ?1")?;
            Ok(statement.query_row([tenant.as_str()], people_watch).optional()?)
        })
        .await
    }

    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()> {
        let (tenant, PeopleWatch { cursor, due_at }) = (tenant.clone(), watch.clone());
        self.write("save how far changes of people were read", move |tx| {
            tx.prepare_cached(
                "INSERT INTO people_watch (tenant, cursor, due_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant) DO UPDATE SET cursor = ?2, due_at = ?3",
            )?
            .execute(params![tenant.as_str(), cursor.map(|cursor| cursor.0), nanos(due_at)])?;
            Ok(())
        })
        .await
    }
}

fn pace(tx: &Connection, tenant: &TenantId) -> Outcome<Option<Pace>> {
    let mut statement = tx.prepare_cached("SELECT told_at, taken_until FROM pace WHERE tenant = ?1")?;
    let pace =
        |row: &Row<'_>| Ok(Pace { told_at: timestamp(row.get(0)?), taken_until: timestamp(row.get(1)?) });
    Ok(statement.query_row([tenant.as_str()], pace).optional()?)
}

fn people_watch(row: &Row<'_>) -> rusqlite::Result<PeopleWatch> {
    Ok(PeopleWatch { cursor: row.get::<_, Option<String>>(0)?.map(Cursor), due_at: timestamp(row.get(1)?) })
}

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn settings(&self) -> PortResult<Settings> {
        self.read("read the settings", |tx| settings(tx)).await
    }

    async fn save_settings(&self, before: &Settings, after: &Settings) -> PortResult<()> {
        let (before, after) = (before.clone(), after.clone());
        self.write("save the settings", move |tx| {
            if settings(tx)? != before {
                return Err(PortError::settings_changed().into());
            }
            tx.prepare_cached(
                "INSERT INTO settings (n, doc) VALUES (1, ?1) ON CONFLICT (n) DO UPDATE SET doc = ?1",
            )?
            .execute([doc_text(&after)?])?;
            Ok(())
        })
        .await
    }
}

/// The stored settings over the defaults, so that one that came later has its default.
fn settings(tx: &Connection) -> Outcome<Settings> {
    let stored = first(tx.prepare_cached("SELECT doc FROM settings")?, [], |row| {
        doc::<Value>(&row.get::<_, String>(0)?, "settings")
    })?;
    let unreadable = |_| Fail::Stored("settings");
    let mut all = serde_json::to_value(Settings::default()).map_err(unreadable)?;
    if let (Some(Value::Object(stored)), Some(all)) = (stored, all.as_object_mut()) {
        all.extend(stored);
    }
    serde_json::from_value(all).map_err(unreadable)
}
