//! Large bodies, one at a time: a file of 100,000 people takes some hundred megabytes while it is read and taken in, and several
//! of them at once would take the memory from everybody else.
//!
//! A body of at most [`Limits::body`](crate::Limits::body) bytes is read at once. Whoever sends a larger one, or does not say how
//! large it is, has the one place for it until the request is answered, and nothing of it is read before. The next one waits for
//! [`Limits::place`](crate::Limits::place), and then is told to come again (503, `Retry-After`).

use axum::{
    body::{Body, HttpBody as _},
    http::StatusCode,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::{options::Limits, problem::Problem};

/// After how many seconds to come again: most files are taken in by then.
const LATER: u64 = 15;

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// So many bytes at most; none: it does not say.
    most: Option<u64>,
}

impl Size {
    pub(crate) fn of(body: &Body) -> Self {
        Self { most: body.size_hint().upper() }
    }
}

/// The place that large bodies share.
pub(crate) struct Uploads {
    place: Semaphore,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { place: Semaphore::new(1) }
    }
}

impl Uploads {
    /// The place, for a body that may be larger than [`Limits::body`]; none: it needs none.
    ///
    /// # Errors
    /// When others have it for too long.
    pub(crate) async fn admit(
        &self,
        size: Size,
        limits: Limits,
    ) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        if size.most.is_some_and(|most| most <= limits.body as u64) {
            return Ok(None);
        }
        match timeout(limits.place, self.place.acquire()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            _ => Err(busy()),
        }
    }
}

fn busy() -> Problem {
    let detail = "another file is being taken in, and large ones are taken one at a time";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
        .hint("nothing of this one was read: send it again later")
        .retry_after(LATER)
}
