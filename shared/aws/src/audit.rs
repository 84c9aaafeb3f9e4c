//! Who did what: an item per entry, in a partition per month.
//!
//! All that is recorded at one time goes to one partition, however short the time is that it is for. DynamoDB takes a
//! thousand writes a second there ("Best practices for designing and using partition keys effectively" in the developer
//! guide), which is more than this table does in people's decisions, each of which is several writes. A month is short enough
//! for a page not to begin far from what it is asked for, and long enough for a year to be a dozen of them.

use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    audit::{AuditEntry, AuditPlace},
    schedule::later,
};
use listsync_engine::ports::{AuditLog, AuditPage, AuditQuery, PortResult};

use crate::{
    DynamoStore,
    table::{Key, Stored, ordered_instant, schema, span},
};

/// So many entries are looked through for one page.
const LOOKED_THROUGH: usize = 5_000;

fn month(at: Timestamp) -> String {
    format!("AUDIT#{}", at.strftime("%Y-%m"))
}

/// The month before one; none before the calendar begins.
fn month_before(month: &str) -> Option<String> {
    let (year, number) = month.strip_prefix("AUDIT#")?.split_once('-')?;
    let (year, number): (i16, u8) = (year.parse().ok()?, number.parse().ok()?);
    match number {
        1 => Some(format!("AUDIT#{:04}-12", year.checked_sub(1)?)),
        _ => Some(format!("AUDIT#{year:04}-{:02}", number.checked_sub(1)?)),
    }
}

fn sort_key(place: &AuditPlace) -> String {
    format!("{}#{}", ordered_instant(place.at), place.id)
}

#[async_trait]
impl AuditLog for DynamoStore {
    /// Adds one. The table deletes it within days of its time; until then a reader leaves it out.
    async fn append(&self, entry: &AuditEntry, keep: Duration) -> PortResult<()> {
        let key = Key::new(month(entry.at), sort_key(&entry.place()));
        let until = later(entry.at, keep).as_second();
        let stored = Stored::new(&key).document("entry", entry)?.number(schema::TIME_TO_LIVE, until);
        // Written over by itself it is the same, so that it needs no condition.
        self.table.put("record what was done", stored, None).await.map(drop)
    }

    async fn page(&self, query: &AuditQuery) -> PortResult<AuditPage> {
        const DOING: &str = "read the audit";
        let AuditQuery { filter, since, before, limit } = query;
        let now = self.clock.now();
        let newest = before.as_ref().map_or(now, |place| place.at).max(*since);
        let (mut partition, oldest) = (month(newest), month(*since));
        let mut page = AuditPage::default();
        let (mut start, mut last, mut looked_through) = (None, None, 0);
        loop {
            let mut wanted = span(partition.clone()).from(ordered_instant(*since)).newest_first();
            if let Some(place) = before {
                wanted = wanted.to(sort_key(place));
            }
            let part = self.table.page(DOING, &wanted, start.take()).await?;
            for stored in &part.items {
                let entry: AuditEntry = stored.read_document("entry")?;
                let place = entry.place();
                // The span ends with the place itself, which was shown before.
                if before.as_ref().is_some_and(|before| place >= *before) {
                    continue;
                }
                if page.entries.len() == *limit || looked_through == LOOKED_THROUGH {
                    page.next = last;
                    return Ok(page);
                }
                looked_through += 1;
                if stored.count::<i64>(schema::TIME_TO_LIVE)? > now.as_second() && filter.admits(&entry) {
                    page.entries.push(entry);
                }
                last = Some(place);
            }
            start = part.next;
            if start.is_some() {
                continue;
            }
            match month_before(&partition) {
                Some(earlier) if partition > oldest => partition = earlier,
                _ => return Ok(page),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_back_over_the_turn_of_a_year_and_order_as_text() {
        let at: Timestamp = "2027-02-28T23:59:59Z".parse().expect("a moment");
        let (mut partition, mut seen) = (month(at), Vec::new());
        for _ in 0..4 {
            seen.push(partition.clone());
            partition = month_before(&partition).expect("there is one before");
        }
        assert_eq!(seen, ["AUDIT#2027-02", "AUDIT#2027-01", "AUDIT#2026-12", "AUDIT#2026-11"]);
        assert!(seen.is_sorted_by(|later, earlier| later > earlier));
        assert_eq!(month_before("AUDIT#soon"), None);
    }
}
