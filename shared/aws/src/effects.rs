//! Whom runs added and removed: an item per batch, packed, in a partition per list.
//!
//! A batch whose effects are done already is written before the rows that remember them. One on the list is several
//! transactions, and which of its effects are done is known only after the last: it is written before the first as what is
//! under way, and marked once all of them are done. A second write of all of it would cost as much as the first, and in each
//! transaction more than twice. What a crash leaves without its mark is shown as uncertain.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    effects::{Batch, BatchPlace, Certainty, PackedError, Whom, forget, pack, unpack},
    id::ListId,
    schedule::later,
};
use listsync_engine::ports::{EffectsPage, EffectsQuery, FoldEffects, ListOutcome, PortResult};

use crate::{
    error,
    table::{Condition, Key, Stored, Table, ordered_instant, schema, span},
};

const READING: &str = "read whom runs added and removed";
const KEEPING: &str = "keep whom a run added and removed";
const STRIKING: &str = "erase a person from what runs did";
/// Which lists have any, so that an erasure finds them all.
const LISTS: &str = "EFFECTLISTS";
const MARK: &str = "#ALLDONE";

fn partition(list: &ListId) -> String {
    format!("EFFECTS#{list}")
}

fn sort_key(BatchPlace { at, run, number }: &BatchPlace) -> String {
    format!("{}#{run}#{number:06}", ordered_instant(*at))
}

fn key(batch: &Batch) -> Key {
    Key::new(partition(&batch.list), sort_key(&batch.place))
}

/// Keeps the effects of a fold: all of them as done, or as what is under way on the list.
pub(crate) async fn keep(table: &Table, effects: &FoldEffects, certainty: Certainty) -> PortResult<()> {
    let FoldEffects { batch, keep } = effects;
    let until = later(batch.place.at, *keep).as_second();
    if batch.place.number == 0 {
        // Not for a shorter time than something that was kept under another setting.
        let known = Stored::new(&Key::new(LISTS, batch.list.as_str())).number(schema::TIME_TO_LIVE, until);
        let longer =
            Condition::new(format!("attribute_not_exists(#pk) OR #{0} < :until", schema::TIME_TO_LIVE));
        table.put(KEEPING, known, Some(longer.with_number("until", until))).await?;
    }
    let stored = stored(batch, certainty).number(schema::TIME_TO_LIVE, until);
    // Written over by itself it is the same, so that it needs no condition.
    table.put(KEEPING, stored, None).await.map(drop)
}

fn stored(batch: &Batch, certainty: Certainty) -> Stored {
    Stored::new(&key(batch))
        .text("link", batch.link.as_str())
        .text("run", batch.place.run.as_str())
        .number("number", batch.place.number)
        .at("at", batch.place.at)
        .flag("done_all", certainty == Certainty::Certain)
        .bytes_of("done", &pack(&batch.done))
}

/// Says of effects that were under way on the list what became of them.
pub(crate) async fn settle(table: &Table, effects: &FoldEffects, outcomes: &[ListOutcome]) -> PortResult<()> {
    let FoldEffects { batch, keep: kept } = effects;
    let done = batch.done.iter().zip(outcomes).filter(|(_, outcome)| **outcome == ListOutcome::Done);
    let done: Vec<_> = done.map(|(done, _)| done.clone()).collect();
    if done.is_empty() {
        return table.delete_many(KEEPING, vec![key(batch)]).await;
    }
    if done.len() < batch.done.len() {
        let batch = Batch { done, ..batch.clone() };
        return keep(table, &FoldEffects { batch, keep: *kept }, Certainty::Certain).await;
    }
    let Key { pk, sk } = key(batch);
    let until = later(batch.place.at, *kept).as_second();
    let mark = Stored::new(&Key::new(pk, format!("{sk}{MARK}"))).number(schema::TIME_TO_LIVE, until);
    table.put(KEEPING, mark, None).await.map(drop)
}

fn read(list: &ListId, stored: &Stored, is_marked: bool) -> PortResult<Batch> {
    let place =
        BatchPlace { at: stored.instant("at")?, run: stored.read("run")?, number: stored.count("number")? };
    let done = unpack(&stored.read_bytes("done")?).map_err(|refused| match refused {
        PackedError::Newer(_) => error::rejected("schema_unknown", refused.to_string(), "update listsync"),
        PackedError::Malformed => error::malformed(READING),
    })?;
    let is_certain = is_marked || stored.is("done_all");
    Ok(Batch {
        list: list.clone(),
        link: stored.read("link")?,
        place,
        certainty: if is_certain { Certainty::Certain } else { Certainty::Uncertain },
        done,
    })
}

/// A page, the newest first.
pub(crate) async fn page(table: &Table, query: &EffectsQuery, now: Timestamp) -> PortResult<EffectsPage> {
    let EffectsQuery { list, run, since, until, from, limit } = query;
    // With the mark of the batch, which stands behind it.
    let last = from.as_ref().map(|from| format!("{}{MARK}", sort_key(from)));
    let end = format!("{}\u{10ffff}", ordered_instant(*until));
    let wanted = span(partition(list))
        .from(ordered_instant(*since))
        .to(last.map_or(end.clone(), |last| last.min(end)))
        .newest_first();
    let (mut page, mut marked, mut start) = (EffectsPage::default(), BTreeSet::new(), None);
    loop {
        let part = table.page(READING, &wanted, start.take()).await?;
        for stored in &part.items {
            let Key { sk, .. } = stored.key()?;
            // A mark stands behind its batch, and so comes before it where the newest come first.
            if let Some(of) = sk.strip_suffix(MARK) {
                marked.insert(of.to_owned());
                continue;
            }
            if stored.count::<i64>(schema::TIME_TO_LIVE)? <= now.as_second()
                || run.as_ref().is_some_and(|run| stored.find("run") != Some(run.as_str()))
            {
                continue;
            }
            let batch = read(list, stored, marked.remove(&sk))?;
            if page.batches.len() == *limit {
                page.next = Some(batch.place);
                return Ok(page);
            }
            page.batches.push(batch);
        }
        start = part.next;
        if start.is_none() {
            return Ok(page);
        }
    }
}

/// Takes the addresses of somebody out of all that is kept.
pub(crate) async fn strike(table: &Table, whom: &Whom) -> PortResult<()> {
    let lists = table.read(STRIKING, &span(LISTS), |stored| Ok(stored.key()?.sk)).await?;
    for list in lists.iter().filter_map(|list| ListId::parse(list).ok()) {
        let mut start = None;
        loop {
            let part = table.page(STRIKING, &span(partition(&list)), start.take()).await?;
            for item in &part.items {
                strike_item(table, &list, item, whom).await?;
            }
            start = part.next;
            if start.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn strike_item(table: &Table, list: &ListId, item: &Stored, whom: &Whom) -> PortResult<()> {
    if item.key()?.sk.ends_with(MARK) {
        return Ok(());
    }
    let mut batch = read(list, item, false)?;
    if !forget(&mut batch.done, whom) {
        return Ok(());
    }
    let until: i64 = item.count(schema::TIME_TO_LIVE)?;
    let after = stored(&batch, batch.certainty).number(schema::TIME_TO_LIVE, until);
    table.put(STRIKING, after, None).await.map(drop)
}
