//! Whom runs added and removed, as it is read.

use listsync_core::{
    Timestamp,
    effects::{DonePlace, Recorded, cut},
    id::{ListId, RunId},
    schedule::SKEW,
    summary::Summary,
};

use crate::{
    Ports,
    ports::{EffectsQuery, PortResult},
};

/// So many batches are read at a time: each has a thousand effects at most, most have twenty to five hundred.
const BATCHES: usize = 20;

/// Effects, the newest batch first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedPage {
    /// Effects.
    pub items: Vec<Recorded>,
    /// Where to go on; none: there are no more.
    pub next: Option<DonePlace>,
}

/// Of which runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhichRuns {
    /// Of the links of this list.
    pub list: ListId,
    /// Of this run alone.
    pub run: Option<RunId>,
    /// Nothing that was kept before.
    pub since: Timestamp,
    /// Nothing that was kept after.
    pub until: Timestamp,
}

impl WhichRuns {
    /// All of a list.
    #[must_use]
    pub fn of_list(list: ListId) -> Self {
        Self { list, run: None, since: Timestamp::MIN, until: Timestamp::MAX }
    }

    /// One run. None: its summary does not name its list.
    #[must_use]
    pub fn of_run(summary: &Summary) -> Option<Self> {
        let list = ListId::parse(&summary.list.id).ok()?;
        // A clock may be set while a run goes on.
        let since = summary.started_at.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let until = summary.finished_at.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        Some(Self { list, run: Some(summary.run.clone()), since, until })
    }
}

/// A page of effects, from a place on.
///
/// # Errors
/// When the store does not answer.
pub async fn page(
    ports: &Ports,
    runs: &WhichRuns,
    from: Option<&DonePlace>,
    limit: usize,
) -> PortResult<RecordedPage> {
    let (mut page, mut from) = (RecordedPage::default(), from.cloned());
    loop {
        let WhichRuns { list, run, since, until } = runs.clone();
        let batch = from.as_ref().map(|from| from.batch.clone());
        let query = EffectsQuery { list, run, since, until, from: batch, limit: BATCHES };
        let read = ports.runs.effects(&query).await?;
        let (some, next) = cut(read.batches, from.as_ref(), read.next, limit - page.items.len());
        page.items.extend(some);
        page.next = next;
        if page.items.len() >= limit || page.next.is_none() {
            return Ok(page);
        }
        from = page.next.clone();
    }
}

/// All of them.
///
/// # Errors
/// When the store does not answer.
pub async fn all(ports: &Ports, runs: &WhichRuns) -> PortResult<Vec<Recorded>> {
    Ok(page(ports, runs, None, usize::MAX).await?.items)
}
