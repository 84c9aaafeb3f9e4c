//! Listings in pages: each link is followed as it stands, a bounded number of times.

use listsync_engine::ports::{Call, Fault, PortResult};
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
            for row in take_rows(&mut page, deed)? {
                rows.push(read(&row, deed)?);
            }
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

/// The rows of a page, which a page always has, be they none.
pub(crate) fn take_rows(page: &mut Answer, deed: &Deed) -> PortResult<Vec<Value>> {
    match page.body.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(deed.unreadable("its rows")),
    }
}

pub(crate) fn next_link(page: &Answer) -> Option<&str> {
    page.body.get("@odata.nextLink").and_then(Value::as_str)
}

fn count(page: &Answer) -> Option<u64> {
    page.body.get("@odata.count").and_then(Value::as_u64)
}
