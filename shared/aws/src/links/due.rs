//! Which links the timer has to look at: an index in the order of time, read part by part and page by page.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use listsync_core::{Timestamp, id::LinkId, protocol::Generations, schedule::is_leased, trigger::Generation};
use listsync_engine::ports::{DueLink, LinkState, PortResult};

use super::row::{LinkRow, due_key, due_shard, key};
use crate::{
    DynamoStore,
    table::{Condition, Fail, Stored, Table, instant, ordered_instant, schema, span},
};

/// So many ends of pages are remembered.
const PAGES: usize = 10_000;

/// A link in the index.
struct Waiting {
    due: DueLink,
    /// Where it is in its part of the index.
    position: String,
}

impl Waiting {
    /// None: the index is behind, or its lease ended early, and it is not due.
    fn read(stored: &Stored, now: Timestamp) -> PortResult<Option<Self>> {
        let leased = is_leased(stored.instant_option("leased_until")?, now);
        let [requested, synced] = ["requested", "synced"].map(|name| stored.count(name).map(Generation));
        let generations = Generations { requested: requested?, synced: synced? };
        let wanted = stored.instant("due_at")? <= now || generations.is_open();
        if leased || !wanted || !stored.is("active") {
            return Ok(None);
        }
        let every = stored.count_option("every")?.map(Duration::from_nanos);
        let due = DueLink { link: stored.read("link")?, every, generations };
        Ok(Some(Self { due, position: stored.read("due_key")? }))
    }
}

/// Due links after one, in the order of the index: part by part, each by time.
pub(super) async fn due(
    store: &DynamoStore,
    now: Timestamp,
    after: Option<&LinkId>,
    limit: usize,
) -> PortResult<Vec<DueLink>> {
    let start = match after {
        None => Some((0, None)),
        Some(link) => {
            let position = store.due_pages.lock().await.get(link).cloned();
            position.map(|position| (schema::shard(link.as_str()), Some(position)))
        }
    };
    // Another process gave that page: every due link by id, which is dearer.
    let Some((first, mut position)) = start else { return by_id(&store.table, now, (after, limit)).await };
    let mut found: Vec<Waiting> = Vec::new();
    for shard in first..schema::SHARDS {
        let wanted = limit - found.len();
        found.extend(part(&store.table, (shard, position.take()), now, wanted).await?);
        if found.len() >= limit {
            break;
        }
    }
    if let Some(last) = found.last() {
        let mut pages: tokio::sync::MutexGuard<'_, HashMap<LinkId, String>> = store.due_pages.lock().await;
        if pages.len() >= PAGES {
            pages.clear();
        }
        pages.insert(last.due.link.clone(), last.position.clone());
    }
    Ok(found.into_iter().map(|waiting| waiting.due).collect())
}

/// Due links of one part, after a position; at most `limit`.
async fn part(
    table: &Table,
    (shard, position): (u32, Option<String>),
    now: Timestamp,
    limit: usize,
) -> PortResult<Vec<Waiting>> {
    let until = format!("{}#\u{10ffff}", ordered_instant(now));
    let mut wanted = span(shard.to_string()).of(schema::DUE).to(until).limit(limit);
    if let Some(position) = position {
        wanted = wanted.after(position);
    }
    let (mut found, mut next) = (Vec::new(), None);
    while found.len() < limit {
        let page = table.page("read the due links", &wanted, next).await?;
        for stored in &page.items {
            found.extend(Waiting::read(stored, now)?);
        }
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

async fn by_id(
    table: &Table,
    now: Timestamp,
    (after, limit): (Option<&LinkId>, usize),
) -> PortResult<Vec<DueLink>> {
    let mut all = Vec::new();
    for shard in 0..schema::SHARDS {
        all.extend(part(table, (shard, None), now, usize::MAX).await?.into_iter().map(|waiting| waiting.due));
    }
    all.retain(|due| after.is_none_or(|after| due.link > *after));
    all.sort_by(|one, other| one.link.cmp(&other.link));
    all.truncate(limit);
    Ok(all)
}

/// Links that are next in the index beyond this moment, in the order of ids.
pub(super) async fn ahead(
    table: &Table,
    beyond: Timestamp,
    (after, limit): (Option<&LinkId>, usize),
) -> PortResult<Vec<LinkState>> {
    let mut links: Vec<LinkId> = Vec::new();
    for shard in 0..schema::SHARDS {
        let wanted = span(shard.to_string()).of(schema::DUE).from(ordered_instant(beyond));
        let mut next = None;
        loop {
            let page = table.page("read the links that lie ahead", &wanted, next).await?;
            for stored in &page.items {
                links.push(stored.read("link")?);
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }
    links.retain(|link| after.is_none_or(|after| link > after));
    links.sort();
    links.truncate(limit);
    let mut found = Vec::new();
    for link in &links {
        found.extend(LinkRow::find(table, link).await?.map(LinkRow::state));
    }
    Ok(found)
}

/// To what the requested generation is raised.
#[derive(Debug, Clone, Copy)]
enum Raise {
    /// By one; with when the link is next due by the clock, if that changes.
    ByOne { next_due: Option<Timestamp> },
    /// To this one, unless it is there already.
    To(Generation),
}

/// Raises the requested generation by one.
pub(super) async fn request(
    table: &Table,
    link: &LinkId,
    next_due: Option<Timestamp>,
) -> Result<Generation, Fail> {
    match raise(table, link, Raise::ByOne { next_due }).await? {
        Some(generation) => Ok(generation),
        None => missed(table, link).await.and(Err(Fail::Stale)),
    }
}

/// Raises the requested generation to this one; `false`: it was there already.
pub(super) async fn reach(table: &Table, link: &LinkId, generation: Generation) -> Result<bool, Fail> {
    if raise(table, link, Raise::To(generation)).await?.is_some() {
        return Ok(true);
    }
    match missed(table, link).await? {
        requested if requested >= generation => Ok(false),
        _ => Err(Fail::Stale),
    }
}

/// What is requested of a link whose condition did not hold.
async fn missed(table: &Table, link: &LinkId) -> Result<Generation, Fail> {
    let read = LinkRow::load(table, link).await?;
    // Where an earlier release kept it no condition finds it.
    if read.body.is_none() {
        read.save(table, "move the link", &read).await?;
    }
    Ok(read.generations().requested)
}

/// One write, as nearly every link is active and free. None: neither condition holds.
async fn raise(table: &Table, link: &LinkId, to: Raise) -> Result<Option<Generation>, Fail> {
    const DOING: &str = "request a run of the link";
    let at_once = raised(", #due_shard = :shard, #due_key = :due_key", to)
        .with_text("shard", due_shard(link))
        .with_text("due_key", due_key(Timestamp::MIN, link));
    let free = below("#active = :yes AND attribute_not_exists(#leased_until)", to)
        .with("yes", AttributeValue::Bool(true));
    // Under a lease it is looked at when that ends, and a link that is paused or halted not at all.
    let other =
        below("attribute_exists(#leased_until) OR #active = :no", to).with("no", AttributeValue::Bool(false));
    for (update, condition) in [(at_once, free), (raised("", to), other)] {
        if let Some(stored) = table.update(DOING, (&key(link), update, condition)).await? {
            return Ok(Some(Generation(stored.count("requested")?)));
        }
    }
    Ok(None)
}

fn raised(more: &str, to: Raise) -> Condition {
    let (requested, due_at) = match to {
        Raise::ByOne { next_due: None } => ("#requested + :one", ""),
        Raise::ByOne { next_due: Some(_) } => ("#requested + :one", ", #due_at = :due_at"),
        Raise::To(_) => (":asked", ""),
    };
    let text = format!("SET #requested = {requested}, #rev = #rev + :one{more}{due_at}");
    let raise = Condition::new(text).with_number("one", 1);
    match to {
        Raise::ByOne { next_due: None } => raise,
        Raise::ByOne { next_due: Some(due_at) } => raise.with_number("due_at", instant(due_at)),
        Raise::To(asked) => raise.with_number("asked", asked.0),
    }
}

/// This condition, and where it is raised to a generation that it is below that.
fn below(condition: &str, to: Raise) -> Condition {
    match to {
        Raise::ByOne { .. } => Condition::new(condition),
        Raise::To(asked) => {
            Condition::new(format!("({condition}) AND #requested < :asked")).with_number("asked", asked.0)
        }
    }
}
