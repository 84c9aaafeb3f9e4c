//! Listings in pages: each link is followed as it stands, a bounded number of times.

use std::collections::BTreeSet;

use listsync_engine::ports::{Call, Cursor, Fault, PortResult};
use serde_json::Value;

use crate::{answer::Answer, ask::Ask, deed::Deed, send::Sender};

/// More pages than any listing has: 999 rows each.
const PAGES: usize = 5_000;
/// How often a listing whose paging cursor expired is begun anew.
const RESTARTS: usize = 3;

/// A listing that came to its end.
pub(crate) struct Listing<T> {
    pub(crate) rows: Vec<T>,
    /// Graph's count, which only the first page has.
    pub(crate) count: Option<u64>,
}

impl Sender {
    /// Reads a listing from its first page to its last. What breaks off is an error; an expired cursor starts it anew. Each
    /// row is taken for what it says at once: the pages of a large group weigh many times as much.
    pub(crate) async fn list<T: Send>(
        &self,
        call: Call<'_>,
        first: &Ask,
        deed: &Deed,
        read: fn(&Value, &Deed) -> PortResult<T>,
    ) -> PortResult<Listing<T>> {
        let mut restarts = 0;
        loop {
            match self.run_through(call, first, deed, read).await {
                Err(error) if !error.code.eq_ignore_ascii_case(EXPIRED_PAGE) => return Err(error),
                Err(_) if restarts < RESTARTS => restarts += 1,
                Err(_) => {
                    let why = "its paging cursor expired again and again before the last page";
                    return Err(deed.failed(Fault::Unavailable, EXPIRED_PAGE, why));
                }
                Ok(listing) => return Ok(listing),
            }
        }
    }

    async fn run_through<T: Send>(
        &self,
        call: Call<'_>,
        first: &Ask,
        deed: &Deed,
        read: fn(&Value, &Deed) -> PortResult<T>,
    ) -> PortResult<Listing<T>> {
        let page = self.obtain(call, first, deed).await?;
        let count = count(&page);
        let rows = self.follow(call, (first, page), deed, read).await?;
        Ok(Listing { rows, count })
    }

    /// Takes in the rows of a page and of all that follow it.
    pub(crate) async fn follow<T: Send>(
        &self,
        call: Call<'_>,
        (first, mut page): (&Ask, Answer),
        deed: &Deed,
        read: fn(&Value, &Deed) -> PortResult<T>,
    ) -> PortResult<Vec<T>> {
        let mut rows = Vec::new();
        let mut last_link = String::new();
        for _ in 0..PAGES {
            rows.extend(read_rows(&mut page, deed, read)?);
            let Some(link) = next_link(&page) else { return Ok(rows) };
            if link == last_link {
                return Err(deed.failed(Fault::Unavailable, "endless_listing", "a page leads to itself"));
            }
            let ask = first.page(self.below(link, deed)?);
            link.clone_into(&mut last_link);
            page = self.obtain(call, &ask, deed).await?;
        }
        Err(deed.failed(Fault::Unavailable, "endless_listing", "the pages do not end"))
    }

    /// The path of a link that Graph gave.
    pub(crate) fn below(&self, link: &str, deed: &Deed) -> PortResult<String> {
        self.root.below(link).map(str::to_owned).ok_or_else(|| {
            deed.failed(
                Fault::Rejected,
                "foreign_link",
                "a link leads away from LISTSYNC_GRAPH_URL and was not followed",
            )
            .with_hint("if LISTSYNC_GRAPH_URL was changed, read the link in full again")
        })
    }
}

/// The code of a paging cursor that lived too long.
pub(crate) const EXPIRED_PAGE: &str = "Directory_ExpiredPageToken";

/// A row as it stands.
pub(crate) fn as_is(row: &Value, _: &Deed) -> PortResult<Value> {
    Ok(row.clone())
}

/// The rows of a page, each taken for what it says. A row that says nothing fails the page, and so does a page of which
/// fewer rows were understood than there are: a reader that leaves one out would make a short list, and nobody would know.
///
/// # Errors
/// With the code [`ROWS_LOST`]; the read may be tried again.
pub(crate) fn read_rows<T>(
    page: &mut Answer,
    deed: &Deed,
    read: fn(&Value, &Deed) -> PortResult<T>,
) -> PortResult<Vec<T>> {
    let raw = take_rows(page, deed)?;
    let rows: Vec<T> = raw.iter().filter_map(|row| read(row, deed).ok()).collect();
    all_understood(raw.len(), rows.len(), deed)?;
    Ok(rows)
}

/// Compares how many rows there were with how many were understood.
pub(crate) fn all_understood(raw: usize, understood: usize, deed: &Deed) -> PortResult<()> {
    if raw == understood {
        return Ok(());
    }
    let why = format!("of {raw} rows {understood} could be understood");
    Err(deed
        .failed(Fault::Unavailable, ROWS_LOST, &why)
        .with_hint("nothing was taken from this read; if it stays so, update listsync"))
}

/// The code of a page with rows that nobody understands.
pub(crate) const ROWS_LOST: &str = "rows_lost";

/// The rows of a page, which a page always has, be they none.
fn take_rows(page: &mut Answer, deed: &Deed) -> PortResult<Vec<Value>> {
    match page.body.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(deed.unreadable("its rows")),
    }
}

pub(crate) fn next_link(page: &Answer) -> Option<&str> {
    page.body.get("@odata.nextLink").and_then(Value::as_str)
}

/// The links that were followed in one round of change tracking. One that comes again ends the round, as it would lead
/// through the same pages for ever; it is kept as the cursor, and asked for once in the next round.
#[derive(Debug, Default)]
pub(crate) struct Chain(BTreeSet<String>);

impl Chain {
    /// One that begins at a cursor.
    pub(crate) fn from(cursor: &Cursor) -> Self {
        Self([cursor.0.clone()].into())
    }

    /// Notes a link that is about to be followed. False: it was followed before.
    pub(crate) fn is_new(&mut self, link: &str) -> bool {
        self.0.insert(link.to_owned())
    }
}

fn count(page: &Answer) -> Option<u64> {
    page.body.get("@odata.count").and_then(Value::as_u64)
}
