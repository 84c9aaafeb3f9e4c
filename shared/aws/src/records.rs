//! Summaries of runs, the gate, and the settings.

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    id::{LinkId, RunId, TenantId},
    pace::Pace,
    settings::Settings,
    summary::Summary,
};
use listsync_engine::ports::{
    Cursor, EffectsPage, EffectsQuery, Fault, Gate, PeopleWatch, PortError, PortResult, Runs, SettingsStore,
};
use serde_json::Value;

use crate::{
    DynamoStore, effects, error,
    table::{Condition, Key, Stored, instant, ordered_instant, schema, span},
};

/// How long a summary is kept, since it names people: thirteen months.
const KEPT_SECONDS: i64 = 396 * 24 * 3600;
/// How long a part of a summary is; one that names very many failures has several.
const PART_BYTES: usize = 300_000;

fn run_partition(run: &str) -> String {
    format!("RUN#{run}")
}

/// Where the summary of a run is.
pub(crate) fn run_key(run: &str) -> Key {
    Key::head(run_partition(run))
}

fn part_key(run: &RunId, number: usize) -> Key {
    Key::new(run_partition(run.as_str()), format!("PART#{number:04}"))
}

#[async_trait]
impl Runs for DynamoStore {
    /// Keeps one for thirteen months after it finished.
    async fn save(&self, summary: &Summary) -> PortResult<()> {
        const DOING: &str = "save the summary";
        let text = serde_json::to_string(summary).map_err(|_| unreadable("summary"))?;
        let ttl = summary.finished_at.as_second().saturating_add(KEPT_SECONDS);
        let parts = split(&text, PART_BYTES);
        let more = parts.iter().enumerate().skip(1).map(|(number, part)| {
            Stored::new(&part_key(&summary.run, number)).text("doc", *part).number(schema::TIME_TO_LIVE, ttl)
        });
        self.table.put_many(DOING, more.collect()).await?;
        self.note_who_is_told_of(summary, ttl).await?;
        let run = summary.run.as_str();
        let head = Stored::new(&run_key(summary.run.as_str()))
            .text("doc", parts.first().copied().unwrap_or_default())
            .number("parts", parts.len())
            .number(schema::TIME_TO_LIVE, ttl)
            .text("run_shard", schema::shard(run).to_string())
            .text("run_link", summary.link.as_str())
            .text("run_key", format!("{}#{run}", ordered_instant(summary.finished_at)));
        self.table.put(DOING, head, None).await.map(drop)
    }

    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>> {
        if let Some(kept) = self.kept_quiet_run(run).await? {
            return Ok(Some(kept.summary));
        }
        let found = self.table.get("read the run", &run_key(run.as_str())).await?;
        match found {
            Some(head) => self.whole(&head).await,
            None => Ok(None),
        }
    }

    /// Newest first, from an index that lags behind by less than a second as a rule.
    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        let mut found = self.runs(link, None, limit).await?;
        if let Some(link) = link
            && let Some(kept) = self.kept_quiet(link).await?
        {
            found.insert(0, kept.summary);
            found.truncate(limit);
        }
        Ok(found)
    }

    async fn earlier(&self, run: &RunId, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        if let Some(kept) = self.kept_quiet_run(run).await? {
            let behind = format!("{}#{run}", ordered_instant(kept.finished_at));
            return self.runs(link, Some(behind), limit).await;
        }
        let found = self.table.get(RUNS, &run_key(run.as_str())).await?;
        let gone = || error::gone("no_such_run", format!("run {run} is not kept any more"));
        let behind: String = found.ok_or_else(gone)?.read("run_key")?;
        self.runs(link, Some(behind), limit).await
    }

    async fn last_finished(&self) -> PortResult<Option<Timestamp>> {
        let run = self.runs(None, None, 1).await?.first().map(|run| run.finished_at);
        Ok(run.max(self.last_pulse().await?))
    }

    async fn effects(&self, query: &EffectsQuery) -> PortResult<EffectsPage> {
        effects::page(&self.table, query, self.clock.now()).await
    }
}

const RUNS: &str = "read the runs";

impl DynamoStore {
    /// Those behind this key of the index, or from the newest on.
    async fn runs(
        &self,
        link: Option<&LinkId>,
        behind: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Summary>> {
        const DOING: &str = RUNS;
        // The end of a span is in it.
        let newest = |partition: String, index| {
            let newest = span(partition).of(index).newest_first().limit(limit.saturating_add(1));
            behind.iter().fold(newest, |span, key| span.to(key))
        };
        let mut found = match link {
            Some(link) => self.table.query(DOING, &newest(link.to_string(), schema::RUNS_BY_LINK)).await?,
            None => {
                let shards = stream::iter(0..schema::SHARDS).map(|shard| {
                    let span = newest(shard.to_string(), schema::RUNS);
                    async move { self.table.query(DOING, &span).await }
                });
                let found: Vec<Vec<Stored>> = shards.buffered(schema::SHARDS as usize).try_collect().await?;
                found.into_iter().flatten().collect()
            }
        };
        found.retain(|stored| behind.is_none() || stored.find("run_key") != behind.as_deref());
        found.sort_by(|one, other| other.find("run_key").cmp(&one.find("run_key")));
        found.truncate(limit);
        let keys = found.iter().map(Stored::key).collect::<PortResult<Vec<Key>>>()?;
        let mut heads = self.table.get_many(DOING, keys.clone()).await?;
        let mut runs = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(head) = heads.remove(&key) {
                runs.extend(self.whole(&head).await?);
            }
        }
        Ok(runs)
    }
}

impl DynamoStore {
    /// Notes whom a run tells of, so that an erasure finds it, whichever list it was of.
    async fn note_who_is_told_of(&self, summary: &Summary, ttl: i64) -> PortResult<()> {
        let addresses = summary.addresses();
        if addresses.is_empty() {
            return Ok(());
        }
        let pepper = self.table.pepper().await?;
        let notes = addresses.into_iter().map(|address| {
            let key = Key::new(pepper.told(address), summary.run.as_str());
            Stored::new(&key).number(schema::TIME_TO_LIVE, ttl)
        });
        self.table.put_many("save the summary", notes.collect()).await
    }

    /// A summary with all its parts; none: its time is over.
    pub(crate) async fn whole(&self, head: &Stored) -> PortResult<Option<Summary>> {
        let ttl: i64 = head.count(schema::TIME_TO_LIVE)?;
        if ttl <= self.clock.now().as_second() {
            return Ok(None);
        }
        let mut text: String = head.read("doc")?;
        let parts: usize = head.count("parts")?;
        let partition = head.key()?.pk;
        for number in 1..parts {
            let key = Key::new(partition.clone(), format!("PART#{number:04}"));
            let part = self.table.get("read the run", &key).await?.ok_or_else(|| unreadable("summary"))?;
            text.push_str(&part.read::<String>("doc")?);
        }
        serde_json::from_str(&text).map(Some).map_err(|_| unreadable("summary"))
    }

    /// Deletes the parts that a summary had before it was saved again, and has no more.
    pub(crate) async fn drop_parts(&self, before: &Stored) -> PortResult<()> {
        let key = before.key()?;
        let Some(now) = self.table.get("read the run", &key).await? else { return Ok(()) };
        let (partition, gone) = (key.pk, now.count::<usize>("parts")?..before.count("parts")?);
        let keys = gone.map(|number| Key::new(partition.clone(), format!("PART#{number:04}")));
        self.table.delete_many("save the summary", keys.collect()).await
    }
}

/// A text in parts of at most so many bytes; at least one.
fn split(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > most {
        let (part, after) = rest.split_at(rest.floor_char_boundary(most));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn gate_key(tenant: &TenantId) -> Key {
    Key::head(format!("GATE#{tenant}"))
}

fn pace_key(tenant: &TenantId) -> Key {
    Key::new(format!("GATE#{tenant}"), "PACE")
}

fn people_key(tenant: &TenantId) -> Key {
    Key::head(format!("PEOPLE#{tenant}"))
}

#[async_trait]
impl Gate for DynamoStore {
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>> {
        let found = self.table.get("read the gate", &gate_key(tenant)).await?;
        found.map(|stored| stored.instant("closed_until")).transpose()
    }

    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()> {
        let stored = Stored::new(&gate_key(tenant)).at("closed_until", until);
        let later = Condition::new("attribute_not_exists(#pk) OR #closed_until < :until");
        let later = later.with_number("until", instant(until));
        self.table.put("close the gate", stored, Some(later)).await.map(drop)
    }

    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        let stored = Stored::new(&gate_key(tenant)).at("closed_until", until);
        let unchanged = Condition::new("#closed_until = :read").with_number("read", instant(read));
        self.table.put("set the gate", stored, Some(unchanged)).await.map(drop)
    }

    async fn pace(&self, tenant: &TenantId) -> PortResult<Option<Pace>> {
        let found = self.table.get("read how writes are spread", &pace_key(tenant)).await?;
        let pace = |stored: Stored| {
            Ok(Pace { told_at: stored.instant("told_at")?, taken_until: stored.instant("taken_until")? })
        };
        found.map(pace).transpose()
    }

    async fn keep_pace(&self, tenant: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool> {
        let stored =
            Stored::new(&pace_key(tenant)).at("told_at", pace.told_at).at("taken_until", pace.taken_until);
        let unchanged = match read {
            None => Condition::absent(),
            Some(read) => Condition::new("#told_at = :told_at AND #taken_until = :taken_until")
                .with_number("told_at", instant(read.told_at))
                .with_number("taken_until", instant(read.taken_until)),
        };
        self.table.put("save how writes are spread", stored, Some(unchanged)).await
    }

    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        let found = self.table.get("read how far changes of people were read", &people_key(tenant)).await?;
        let watch = |stored: Stored| {
            let cursor = stored.find("cursor").map(|text| Cursor(text.to_owned()));
            Ok(PeopleWatch { cursor, due_at: stored.instant("due_at")? })
        };
        found.map(watch).transpose()
    }

    async fn people_watch_lately(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        if let Some(known) = self.known_people_watch(tenant).await {
            return Ok(Some(known));
        }
        let read = self.people_watch(tenant).await?;
        self.note_people_watch(tenant, read.as_ref()).await;
        Ok(read)
    }

    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()> {
        let PeopleWatch { cursor, due_at } = watch;
        let stored = Stored::new(&people_key(tenant)).at("due_at", *due_at);
        let stored = stored.text_option("cursor", cursor.as_ref().map(|cursor| cursor.0.as_str()));
        self.table.put("save how far changes of people were read", stored, None).await?;
        self.note_people_watch(tenant, Some(watch)).await;
        Ok(())
    }
}

#[async_trait]
impl SettingsStore for DynamoStore {
    /// The stored settings over the defaults, so that one that came later has its default.
    async fn settings(&self) -> PortResult<Settings> {
        settings(self.table.get("read the settings", &Key::head("SETTINGS")).await?.as_ref())
    }

    async fn settings_lately(&self) -> PortResult<Settings> {
        self.settings_of_a_moment().await
    }

    async fn save_settings(&self, before: &Settings, after: &Settings) -> PortResult<()> {
        self.forget_settings().await;
        let key = Key::head("SETTINGS");
        let found = self.table.get("read the settings", &key).await?;
        if settings(found.as_ref())? != *before {
            return Err(PortError::settings_changed());
        }
        let unchanged = match &found {
            None => Condition::absent(),
            Some(stored) => {
                Condition::new("#doc = :doc").with_text("doc", stored.find("doc").unwrap_or_default())
            }
        };
        let stored = Stored::new(&key).document("doc", after)?;
        match self.table.put("save the settings", stored, Some(unchanged)).await? {
            true => Ok(()),
            false => Err(PortError::settings_changed()),
        }
    }
}

/// The stored settings over the defaults, so that one that came later has its default.
fn settings(found: Option<&Stored>) -> PortResult<Settings> {
    let stored: Option<Value> = found.map(|stored| stored.read_document("doc")).transpose()?;
    let mut all = serde_json::to_value(Settings::default()).map_err(|_| unreadable("settings"))?;
    if let (Some(Value::Object(stored)), Some(all)) = (stored, all.as_object_mut()) {
        all.extend(stored);
    }
    serde_json::from_value(all).map_err(|_| unreadable("settings"))
}

fn unreadable(what: &str) -> PortError {
    PortError::new(
        Fault::Rejected,
        "store_unreadable",
        format!("could not read the store: the stored {what} does not read"),
    )
    .with_hint("restore the table to a point in time, or report this")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_split_between_characters() {
        let text = "aä€😀".repeat(50);
        for most in 4..40 {
            let parts = split(&text, most);
            assert!(parts.iter().all(|part| part.len() <= most), "{most}");
            assert_eq!(parts.concat(), text);
        }
        assert_eq!(split("", 10), [""]);
    }
}
