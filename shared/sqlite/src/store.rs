use std::{
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use listsync_core::Timestamp;
use listsync_engine::ports::{Clock, Fault, PortError, PortResult, SystemClock};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::{
    error::{Fail, Outcome},
    open::{self, OpenError},
};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The store in one SQLite file, or in memory. Clones share it; it is closed with the last of them.
///
/// One thread works on the file, so calls never block the caller's runtime, whichever that is. In memory nothing waits: there
/// each call is worked off where it is made.
#[derive(Clone)]
pub struct SqliteStore {
    place: Place,
    clock: Arc<dyn Clock>,
}

/// Where calls are worked off.
#[derive(Clone)]
enum Place {
    /// By the thread that owns the connection to a file.
    File(Arc<Worker>),
    /// By whoever makes them.
    Memory(Arc<Mutex<Connection>>),
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store in a file; makes the file where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// When the path cannot be opened, or the file is no store of this or an earlier version; it is unchanged then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let worker = Worker::start(open::open(path.as_ref())?)?;
        Ok(Self::at(Place::File(Arc::new(worker))))
    }

    /// Opens an empty store that ends with its last handle.
    ///
    /// # Errors
    /// When SQLite fails on it.
    pub fn open_in_memory() -> Result<Self, OpenError> {
        Self::in_memory(Arc::new(Mutex::new(Connection::open_in_memory()?)))
    }

    /// The store in a database in memory that the caller opened, and keeps a hand on: to copy it, or to watch what is written.
    /// An empty one is made a store, an older one is brought up to date.
    ///
    /// # Errors
    /// When it is no store of this or an earlier version; it is unchanged then.
    pub fn in_memory(database: Arc<Mutex<Connection>>) -> Result<Self, OpenError> {
        open::make_ready(&mut database.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(Self::at(Place::Memory(database)))
    }

    /// The same store with another clock, for the calls that are given no time: the queue's, folds and matches.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn at(place: Place) -> Self {
        Self { place, clock: Arc::new(SystemClock) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads under one view of the file.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        self.transact(doing, TransactionBehavior::Deferred, job).await
    }

    /// Writes, all or nothing.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        self.transact(doing, TransactionBehavior::Immediate, job).await
    }

    /// Takes what was overwritten out of the write-ahead log, too. Where another process reads at that moment it stays noted,
    /// and the next one that opens the file does it.
    pub(crate) async fn flush(&self) -> PortResult<()> {
        self.work("clear the write-ahead log", |conn| Ok(open::flush(conn)?)).await
    }

    async fn transact<T: Send + 'static>(
        &self,
        doing: &'static str,
        behavior: TransactionBehavior,
        job: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        self.work(doing, move |conn| in_transaction(conn, behavior, job)).await
    }

    async fn work<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        let done = match &self.place {
            Place::File(worker) => worker.work(job).await?,
            Place::Memory(database) => {
                let mut conn = database.lock().unwrap_or_else(PoisonError::into_inner);
                caught(|| job(&mut conn))
            }
        };
        let done = done.ok_or_else(|| {
            let message = format!("could not {doing}: the store broke off by a fault of the program");
            PortError::new(Fault::Unavailable, "store_fault", message).with_hint("report this")
        })?;
        done.map_err(|failed| failed.into_port(doing))
    }
}

/// What a job gave; none where it panicked. It is rolled back as it unwinds, and its caller is told: the store is as it was
/// before, and goes on.
fn caught<T>(job: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(job)).ok()
}

fn in_transaction<T>(
    conn: &mut Connection,
    behavior: TransactionBehavior,
    job: impl FnOnce(&Transaction<'_>) -> Outcome<T>,
) -> Outcome<T> {
    let tx = conn.transaction_with_behavior(behavior)?;
    let done = job(&tx)?;
    tx.commit().map_err(Fail::from)?;
    Ok(done)
}

/// The thread that owns the connection.
struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    fn start(mut conn: Connection) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new()
            .name("listsync-store".to_owned())
            .spawn(move || {
                for job in queue {
                    // Were the thread to end with a job that panics, every later call would fail until somebody restarts the
                    // process.
                    caught(|| job(&mut conn));
                }
            })
            .map_err(OpenError::Thread)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// What a job gave; none where it panicked.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    ) -> PortResult<Option<Outcome<T>>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let done = job(conn);
            // Nobody waits any more when the caller gave up.
            drop(answer.send(done));
        });
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        match sent {
            Some(Ok(())) => Ok(answered.await.ok()),
            _ => Err(PortError::new(Fault::Unavailable, "store_stopped", "the store has stopped")),
        }
    }
}

impl Drop for Worker {
    /// Waits for what is under way, so that the file is closed when the last handle is gone.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_panics_fails_alone_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = SqliteStore::open(folder.path().join("store.db")).expect("a store in a new file opens");
        let memory = SqliteStore::open_in_memory().expect("a store in memory opens");
        for store in [file, memory] {
            let broken = store.write::<()>("write", |tx| {
                tx.execute("INSERT INTO settings (n, doc) VALUES (1, '{}')", [])?;
                panic!("a fault of the program");
            });
            assert_eq!(broken.await.expect_err("it broke off").code, "store_fault");
            let count = |tx: &Transaction<'_>| -> Outcome<i64> {
                Ok(tx.query_row("SELECT count(*) FROM settings", [], |row| row.get(0))?)
            };
            assert_eq!(store.read("count", count).await.expect("the store goes on"), 0);
        }
    }
}
