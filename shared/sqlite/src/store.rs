use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use listsync_core::Timestamp;
use listsync_engine::ports::{Clock, Fault, PortError, PortResult, SystemClock};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{
    erasures::Beside,
    error::{Fail, Outcome},
    open::{self, Flushed, OpenError, Patience},
    threads::{Crew, Job, caught},
};

/// So many read beside the one who writes. A run reads whole lists: one of them must not keep whoever opens an opt-out page.
const READERS: usize = 4;

/// The store in one SQLite file, or in memory. Clones share it; it is closed with the last of them.
///
/// Threads of its own work on the file, so calls never block the caller's runtime, whichever that is: one writes, and a few
/// read beside it, each under one view of the file, so that no read waits for a write or for another long read. A read that
/// begins after a write was answered sees it. In memory nothing waits: there each call is worked off where it is made.
#[derive(Clone)]
pub struct SqliteStore {
    place: Place,
    clock: Arc<dyn Clock>,
}

/// Where calls are worked off.
#[derive(Clone)]
enum Place {
    /// By the threads that own the connections to a file.
    File(Arc<Threads>),
    /// By whoever makes them.
    Memory(Arc<Mutex<Connection>>),
}

/// The threads of one file. The fields are dropped in their order: whoever writes is the last to close the file, and so leaves
/// nothing beside it.
struct Threads {
    readers: Crew,
    writer: Crew,
    log: Arc<Log>,
    beside: Beside,
}

/// What is known of the write-ahead log in this process.
#[derive(Default)]
struct Log {
    /// It holds what was erased, as somebody reads what was before.
    owes: AtomicBool,
}

impl Log {
    /// Empties the log where that is noted. A reader that ends meanwhile finds that it is owed.
    fn flush(&self, conn: &Connection, patience: Patience) -> rusqlite::Result<()> {
        self.owes.store(true, Ordering::SeqCst);
        if open::flush(conn, patience)? == Flushed::Done {
            self.owes.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whoever has read has the writer try once more: it may have been this read that was in the way.
    fn read(self: &Arc<Self>, writer: Option<&mpsc::Sender<Job>>) {
        if !self.owes.load(Ordering::SeqCst) {
            return;
        }
        let log = self.clone();
        let job: Job = Box::new(move |conn| drop(log.flush(conn, Patience::None)));
        drop(writer.map(|writer| writer.send(job)));
    }
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
        let path = path.as_ref();
        let writer = Crew::start("listsync-store", vec![open::open(path)?])?;
        let readers = (0..READERS).map(|_| open::reader(path)).collect::<Result<_, _>>()?;
        let readers = Crew::start("listsync-reader", readers)?;
        let (log, beside) = (Arc::default(), Beside::of(path));
        Ok(Self::at(Place::File(Arc::new(Threads { readers, writer, log, beside }))))
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

    /// Where erasures are kept besides; none: it ends with the process.
    pub(crate) fn beside(&self) -> Option<Beside> {
        match &self.place {
            Place::File(threads) => Some(threads.beside.clone()),
            Place::Memory(_) => None,
        }
    }

    /// Reads under one view of the file. A job that writes is refused.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        let done = match &self.place {
            Place::File(threads) => {
                let (log, writer) = (threads.log.clone(), threads.writer.letterbox());
                let reading = move |conn: &mut Connection| {
                    let done = in_transaction(conn, TransactionBehavior::Deferred, job);
                    log.read(writer.as_ref());
                    done
                };
                threads.readers.work(reading).await?
            }
            Place::Memory(database) => {
                let mut conn = database.lock().unwrap_or_else(PoisonError::into_inner);
                caught(|| by_whoever_writes(&mut conn, job))
            }
        };
        told(done, doing)
    }

    /// Writes, all or nothing.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        self.alone(doing, move |conn| in_transaction(conn, TransactionBehavior::Immediate, job)).await
    }

    /// Takes what was overwritten out of the write-ahead log, too. Where somebody reads what was before for longer than a
    /// moment, whoever reads last in this process has it done; where that is another process, the next one that opens the
    /// file.
    pub(crate) async fn flush(&self) -> PortResult<()> {
        let log = match &self.place {
            Place::File(threads) => threads.log.clone(),
            Place::Memory(_) => Arc::default(),
        };
        self.alone("clear the write-ahead log", move |conn| Ok(log.flush(conn, Patience::Moment)?)).await
    }

    /// Works with the connection that writes.
    async fn alone<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection) -> Outcome<T> + Send + 'static,
    ) -> PortResult<T> {
        let done = match &self.place {
            Place::File(threads) => threads.writer.work(job).await?,
            Place::Memory(database) => {
                let mut conn = database.lock().unwrap_or_else(PoisonError::into_inner);
                caught(|| job(&mut conn))
            }
        };
        told(done, doing)
    }
}

/// What a job came to, in the words of the ports.
fn told<T>(done: Option<Outcome<T>>, doing: &str) -> PortResult<T> {
    let done = done.ok_or_else(|| {
        let message = format!("could not {doing}: the store broke off by a fault of the program");
        PortError::new(Fault::Unavailable, "store_fault", message).with_hint("report this")
    })?;
    done.map_err(|failed| failed.into_port(doing))
}

/// Reads with a connection that writes at other times, and refuses a job that writes. To have SQLite refuse it, by `PRAGMA
/// query_only`, would cost more than the read: a pragma that sets a flag makes SQLite (3.54) compile each statement of the
/// connection anew.
fn by_whoever_writes<T>(
    conn: &mut Connection,
    job: impl FnOnce(&Transaction<'_>) -> Outcome<T>,
) -> Outcome<T> {
    let before = conn.total_changes();
    let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let done = job(&tx)?;
    if tx.total_changes() != before {
        return Err(Fail::unavailable("store_fault", "a read of the store was about to change it"));
    }
    tx.commit()?;
    Ok(done)
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

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::oneshot;

    use super::*;

    fn file(folder: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(folder.path().join("store.db")).expect("a store in a new file opens")
    }

    fn both(folder: &tempfile::TempDir) -> [SqliteStore; 2] {
        [file(folder), SqliteStore::open_in_memory().expect("a store in memory opens")]
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn set(tx: &Transaction<'_>, doc: &str) -> Outcome<()> {
        let sql = "INSERT INTO settings (n, doc) VALUES (1, ?1) ON CONFLICT (n) DO UPDATE SET doc = ?1";
        Ok(tx.execute(sql, [doc]).map(drop)?)
    }

    fn count(tx: &Transaction<'_>) -> Outcome<i64> {
        Ok(tx.query_row("SELECT count(*) FROM settings", [], |row| row.get(0))?)
    }

    /// A call that has begun and goes on when it is told to.
    struct Held<F> {
        begun: oneshot::Receiver<()>,
        go_on: mpsc::Sender<()>,
        call: F,
    }

    /// What has a job say that it has begun, and wait.
    fn gate() -> (impl FnOnce() + Send, oneshot::Receiver<()>, mpsc::Sender<()>) {
        let (begins, begun) = oneshot::channel();
        let (go_on, waits) = mpsc::channel::<()>();
        let hold = move || {
            let _ = begins.send(());
            let _ = waits.recv();
        };
        (hold, begun, go_on)
    }

    fn held_write(store: &SqliteStore) -> Held<impl Future<Output = PortResult<()>> + use<>> {
        let (hold, begun, go_on) = gate();
        let store = store.clone();
        let call = async move {
            let job = move |tx: &Transaction<'_>| {
                set(tx, "{}")?;
                hold();
                Ok(())
            };
            store.write("write", job).await
        };
        Held { begun, go_on, call }
    }

    fn held_read(store: &SqliteStore) -> Held<impl Future<Output = PortResult<i64>> + use<>> {
        let (hold, begun, go_on) = gate();
        let store = store.clone();
        let call = async move {
            let job = move |tx: &Transaction<'_>| {
                let found = count(tx)?;
                hold();
                Ok(found)
            };
            store.read("count", job).await
        };
        Held { begun, go_on, call }
    }

    #[tokio::test]
    async fn a_call_that_panics_fails_alone_and_leaves_nothing_behind() {
        for store in both(&folder()) {
            let broken = store.write::<()>("write", |tx| {
                set(tx, "{}")?;
                panic!("a fault of the program");
            });
            assert_eq!(broken.await.expect_err("it broke off").code, "store_fault");
            for _ in 0..=READERS {
                let broken = store.read::<()>("read", |_| panic!("a fault of the program"));
                assert_eq!(broken.await.expect_err("it broke off").code, "store_fault");
            }
            assert_eq!(store.read("count", count).await.expect("the store goes on"), 0);
            store.write("write", |tx| set(tx, "{}")).await.expect("and writes");
        }
    }

    #[tokio::test]
    async fn no_read_waits_for_a_write_or_for_another_read() {
        let store = file(&folder());
        let write = held_write(&store);
        let writing = tokio::spawn(write.call);
        write.begun.await.expect("it begins");
        let read = held_read(&store);
        let reading = tokio::spawn(read.call);
        read.begun.await.expect("a read begins beside the write");
        assert_eq!(store.read("count", count).await.expect("and another beside both"), 0);
        write.go_on.send(()).expect("the write waits");
        writing.await.expect("no panic").expect("written");
        assert_eq!(store.read("count", count).await.expect("read"), 1, "what was answered is seen");
        read.go_on.send(()).expect("the read waits");
        assert_eq!(reading.await.expect("no panic").expect("read"), 0, "under one view of the file");
    }

    #[tokio::test]
    async fn a_read_sees_every_write_that_was_answered_before_it() {
        let store = file(&folder());
        for number in 0..200 {
            store.write("write", move |tx| set(tx, &number.to_string())).await.expect("written");
            let doc = |tx: &Transaction<'_>| -> Outcome<String> {
                Ok(tx.query_row("SELECT doc FROM settings", [], |row| row.get(0))?)
            };
            assert_eq!(store.read("read", doc).await.expect("read"), number.to_string());
        }
    }

    #[tokio::test]
    async fn a_read_cannot_write() {
        for store in both(&folder()) {
            store.read("read", |tx| set(tx, "{}")).await.expect_err("it is refused");
            assert_eq!(store.read("count", count).await.expect("read"), 0);
            store.write("write", |tx| set(tx, "{}")).await.expect("a write can");
        }
    }

    #[tokio::test]
    async fn what_was_erased_under_a_long_read_leaves_the_log_when_that_ends() {
        let folder = folder();
        let store = file(&folder);
        store.write("write", |tx| set(tx, "Anna Adler")).await.expect("written");
        let read = held_read(&store);
        let reading = tokio::spawn(read.call);
        read.begun.await.expect("it begins");
        let erase = |tx: &Transaction<'_>| {
            set(tx, "{}")?;
            Ok(open::note_unflushed(tx)?)
        };
        store.write("erase", erase).await.expect("erased");
        store.flush().await.expect("it does not wait for the read");
        let log = || fs::read(folder.path().join("store.db-wal")).expect("there is a log");
        let is_there = || log().windows(10).any(|window| window == b"Anna Adler");
        assert!(is_there(), "somebody reads what was before");
        read.go_on.send(()).expect("the read waits");
        reading.await.expect("no panic").expect("read");
        // The reader told the writer before it answered.
        store.write("write", |_| Ok(())).await.expect("written");
        assert!(!is_there());
    }

    #[tokio::test]
    async fn the_last_handle_closes_the_file_with_nothing_beside_it() {
        let folder = folder();
        let store = file(&folder);
        store.write("write", |tx| set(tx, "{}")).await.expect("written");
        let read = held_read(&store);
        let reading = tokio::spawn(read.call);
        read.begun.await.expect("it begins");
        let closing = std::thread::spawn(move || drop(store));
        read.go_on.send(()).expect("the read waits");
        reading.await.expect("no panic").expect("read");
        closing.join().expect("no panic");
        let files: Vec<_> = fs::read_dir(folder.path()).expect("read").collect();
        assert_eq!(files.len(), 1);
    }
}
