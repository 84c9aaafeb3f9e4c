use std::{io, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use listsync_engine::ports::PortError;

use crate::{
    erasures::{self, Beside, LedgerError},
    error::Fail,
    migrations,
};

/// How long a call waits for another process that is writing.
pub(crate) const BUSY: Duration = Duration::from_secs(30);
/// How long emptying the write-ahead log waits for whoever is reading, where an erasure waits for it.
const FLUSH: Duration = Duration::from_secs(1);
/// The pages that each reader keeps, in KiB (`PRAGMA cache_size`).
const READERS_CACHE: i64 = 2_000;

/// Why a file cannot be used as the store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path cannot be opened, read or written.
    #[error(
        "could not open the store: check that its folder exists and that the file may be read and written"
    )]
    Path(#[source] io::Error),
    /// SQLite failed on it.
    #[error(
        "could not open the store: check that its folder exists, that the file may be read and written, and that the disk is not full"
    )]
    Sqlite(#[source] rusqlite::Error),
    /// The file is no SQLite database.
    #[error(
        "this file is not a listsync store (it is no SQLite database): name another file; this one was not changed"
    )]
    NotADatabase,
    /// The file is another program's SQLite database.
    #[error("this file is another program's SQLite database: name another file; this one was not changed")]
    Foreign,
    /// A later listsync wrote the file.
    #[error(
        "a newer listsync wrote this store (version {found}; this one knows up to {known}): update listsync, or name another file; this one was not changed"
    )]
    Newer {
        /// The file's version.
        found: i64,
        /// The latest that this build knows.
        known: i64,
    },
    /// The file of erasures beside it is another store's, or does not read.
    #[error(transparent)]
    Erasures(#[from] LedgerError),
    /// The store is an older copy, and who was erased since could not be erased in it.
    #[error("could not erase in this copy of the store who was erased since: {0}")]
    Replay(PortError),
    /// The thread that works on the store could not be started.
    #[error("could not start the thread that works on the store")]
    Thread(#[source] io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::NotADatabase,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<Fail> for OpenError {
    fn from(failed: Fail) -> Self {
        match failed {
            Fail::Sqlite(error) => error.into(),
            other => Self::Replay(other.into_port("read the erasures")),
        }
    }
}

/// Opens a file, makes it where there is none, and brings it to the latest version.
pub(crate) fn open(path: &Path) -> Result<Connection, OpenError> {
    create_private(path).map_err(OpenError::Path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    migrations::migrate(&mut conn)?;
    // Only now: what is refused stays as it was.
    use_wal(&conn)?;
    settle(&conn)?;
    // Before anybody reads: it may be a copy that is older than an erasure.
    erasures::agree(&mut conn, &Beside::of(path))?;
    flush(&conn, Patience::Moment)?;
    Ok(conn)
}

/// A further connection to a file that [`open`] has made ready; it changes nothing.
pub(crate) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    settle(&conn)?;
    conn.pragma_update(None, "cache_size", -READERS_CACHE)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Notes that the write-ahead log holds what was erased, as it does until it is written over.
pub(crate) fn note_unflushed(conn: &Connection) -> rusqlite::Result<()> {
    set_unflushed(conn, true)
}

fn set_unflushed(conn: &Connection, is: bool) -> rusqlite::Result<()> {
    let sql = "INSERT INTO counters (name, value) VALUES ('unflushed', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1";
    conn.prepare_cached(sql)?.execute([is]).map(drop)
}

/// How long to wait for whoever reads what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A moment: somebody waits to hear that it is done.
    Moment,
    /// Not at all: it is tried again.
    None,
}

/// Whether the write-ahead log holds what was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// It does not.
    Done,
    /// It still does: somebody reads what was before.
    Owed,
}

/// Empties the write-ahead log where that is noted. Who reads through another connection keeps it from being emptied: then
/// it stays noted.
pub(crate) fn flush(conn: &Connection, patience: Patience) -> rusqlite::Result<Flushed> {
    let noted = "SELECT EXISTS (SELECT 1 FROM counters WHERE name = 'unflushed' AND value = 1)";
    if !conn.query_row(noted, [], |row| row.get::<_, bool>(0))? {
        return Ok(Flushed::Done);
    }
    // Nobody waits long for an erasure that was done.
    conn.busy_timeout(if patience == Patience::Moment { FLUSH } else { Duration::ZERO })?;
    let is_busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(BUSY)?;
    match is_busy? {
        true => Ok(Flushed::Owed),
        false => set_unflushed(conn, false).map(|()| Flushed::Done),
    }
}

/// Brings a database that needs no file to the latest version.
pub(crate) fn make_ready(conn: &mut Connection) -> Result<(), OpenError> {
    migrations::migrate(conn)?;
    settle(conn)
}

/// A write-ahead log survives in the file, so this is a write only once.
fn use_wal(conn: &Connection) -> Result<(), OpenError> {
    let started = std::time::Instant::now();
    loop {
        // The change of mode does not wait by itself for another process.
        match conn.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < BUSY =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return Ok(done?),
        }
    }
}

fn settle(conn: &Connection) -> Result<(), OpenError> {
    // An intent must not be forgotten once its effect was sent, not even at a power cut.
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Who was erased is not to be found in the file's free pages.
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "cache_size", -16_000)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    // Nothing is known of what the tables hold that would make another plan good for other values. Without this, statements
    // that are kept are compiled anew at every use.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Makes the file where there is none, readable by its owner only: it holds people's addresses. One that others may read,
/// as a copy that was brought back, is tightened; SQLite gives the files beside it the mode of this one.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    tighten(&file)?;
    drop(file);
    Ok(())
}

/// Takes the rights of everybody but the owner away. Whoever is not the owner cannot, and reads it all the same.
#[cfg(unix)]
fn tighten(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    match file.set_permissions(std::fs::Permissions::from_mode(0o600)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_that_is_kept_is_compiled_once() {
        let mut conn = Connection::open_in_memory().expect("opened");
        make_ready(&mut conn).expect("made a store");
        for list in 0..5 {
            let sql = "SELECT contact FROM memberships WHERE list = ?1 ORDER BY contact LIMIT ?2";
            let mut statement = conn.prepare_cached(sql).expect("compiled");
            let found = statement.exists([list, 10]).expect("read");
            assert_eq!((found, statement.get_status(StatementStatus::RePrepare)), (false, 0));
        }
    }
}
