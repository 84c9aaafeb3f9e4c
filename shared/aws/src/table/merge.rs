//! Pages of what is spread over several partitions, in the order of the sort keys.

use std::collections::BTreeMap;

use listsync_engine::ports::PortResult;

use super::{Condition, Stored, Table, span};

/// A page that is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    /// Over which partitions it is spread.
    pub(crate) partitions: Vec<String>,
    /// Only these.
    pub(crate) only: Option<Condition>,
    /// After this sort key.
    pub(crate) after: Option<String>,
    /// So many at most.
    pub(crate) limit: usize,
}

/// How far one partition was read.
#[derive(Debug, Clone, Default)]
struct Strand {
    last: Option<String>,
    is_done: bool,
}

impl Table {
    /// The page, by sort key; of items with one sort key in several partitions one. Each partition is read as far as the page
    /// needs it.
    pub(crate) async fn merged(
        &self,
        doing: &'static str,
        wanted: &Merge,
    ) -> PortResult<BTreeMap<String, Stored>> {
        let Merge { partitions, only, after, limit } = wanted;
        let mut strands = vec![Strand { last: after.clone(), is_done: *limit == 0 }; partitions.len()];
        let mut found: BTreeMap<String, Stored> = BTreeMap::new();
        let some = limit / partitions.len().max(1) + 8;
        loop {
            // Up to here no partition has anything that was not read.
            let open = strands.iter().filter(|strand| !strand.is_done);
            let Some(horizon) = open.map(|strand| strand.last.clone()).min() else { break };
            let is_whole = |key: &String| horizon.as_ref().is_some_and(|end| key <= end);
            if found.keys().filter(|key| is_whole(key)).count() >= *limit {
                break;
            }
            for (partition, strand) in partitions.iter().zip(&mut strands) {
                if strand.is_done || strand.last != horizon {
                    continue;
                }
                let mut wanted = span(partition).limit(some);
                if let Some(last) = &strand.last {
                    wanted = wanted.after(last);
                }
                if let Some(only) = only {
                    wanted = wanted.only(only.clone());
                }
                let read = self.query(doing, &wanted).await?;
                strand.is_done = read.len() < some;
                for stored in read {
                    let key = stored.key()?.sk;
                    strand.last = Some(key.clone());
                    found.entry(key).or_insert(stored);
                }
            }
        }
        Ok(found.into_iter().take(*limit).collect())
    }
}
