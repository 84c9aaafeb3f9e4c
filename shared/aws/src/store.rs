use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::Client;
use listsync_core::id::LinkId;
use listsync_engine::ports::{Clock, PortResult, SystemClock};
use tokio::sync::Mutex;

use crate::{lately::Lately, table::Table};

/// The store in one DynamoDB table. Clones share it.
///
/// Reads are strongly consistent, save those of the indexes: which links are due, and which runs were last; and those that
/// a port calls late.
#[derive(Clone)]
pub struct DynamoStore {
    pub(crate) table: Table,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the last pages of due links ended, by the link that ended them.
    pub(crate) due_pages: Arc<Mutex<HashMap<LinkId, String>>>,
    /// What this process read a moment ago.
    pub(crate) lately: Arc<Mutex<Lately>>,
}

impl std::fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoStore").field("table", &self.table.name).finish_non_exhaustive()
    }
}

impl DynamoStore {
    /// The store in this table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        let table = Table { client, name: table.into(), pepper: Arc::default() };
        Self { table, clock: Arc::new(SystemClock), due_pages: Arc::default(), lately: Arc::default() }
    }

    /// The same store with another clock, for the calls that are given no time: folds, matches, imports under way, and
    /// whether a run is too old to be shown.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the table: on demand, with its indexes and its time-to-live attribute. A deployment's template makes it
    /// as well; this is for tests and trials.
    ///
    /// # Errors
    /// When there is one of this name already, or AWS refuses.
    pub async fn create_table(&self) -> PortResult<()> {
        self.table.create().await
    }

    /// Whether the table is there and can be used.
    ///
    /// # Errors
    /// When it is not there, or AWS does not answer.
    pub async fn is_ready(&self) -> PortResult<bool> {
        self.table.is_active().await
    }
}

/// Tries a change until it was decided on fresh grounds.
macro_rules! persistently {
    ($doing:expr, $attempt:expr) => {{
        let mut patience = $crate::table::Patience::new($doing);
        loop {
            match $attempt.await {
                Ok(done) => break Ok(done),
                Err($crate::table::Fail::Port(error)) => break Err(error),
                Err($crate::table::Fail::Stale | $crate::table::Fail::Taken) => {}
            }
            if let Err(busy) = patience.wait().await {
                break Err(busy);
            }
        }
    }};
}
pub(crate) use persistently;
