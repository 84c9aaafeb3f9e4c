//! Of those who decide on a hold at once, one does.

use std::time::Duration;

use listsync_core::schedule::later;
use listsync_engine::ports::Memory;
use listsync_http::Problem;

use crate::visit::Visit;

/// Who decides within so long after another decides at once with them. It is longer than a deed takes.
const AT_ONCE: Duration = Duration::from_secs(60);

/// The right to decide on a hold, which one of those has who decide at once. Once it is decided, the hold itself tells so.
pub(super) struct Claim(String);

impl Claim {
    pub(super) fn of(link: &str, digest: &str) -> Self {
        Self(format!("console-ruling/{link}/{digest}"))
    }

    /// Takes it; not where somebody has it.
    pub(super) async fn take(&self, visit: &Visit) -> Result<bool, Problem> {
        let now = visit.console.now();
        let seen = visit.console.service().seen.as_ref();
        Ok(seen.remember(&self.0, b"", later(now, AT_ONCE), now).await? == Memory::New)
    }

    pub(super) async fn give_up(&self, visit: &Visit) -> Result<(), Problem> {
        Ok(visit.console.service().seen.forget(&self.0).await?)
    }
}
