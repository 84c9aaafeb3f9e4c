//! A copy of a store that others have open and go on to write.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::{migrations, open::BUSY};

/// How long to wait between two looks whether the store is free.
const PAUSE: Duration = Duration::from_millis(20);

/// Why there is no copy of a store.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy would replace a file.
    #[error("there is a file of that name already")]
    Exists,
    /// The copy cannot be written.
    #[error("it cannot be written: {0}")]
    Write(#[source] io::Error),
    /// There is no store, or it is another program's.
    #[error("there is no listsync store to copy")]
    NoStore,
    /// SQLite failed.
    #[error("the copy was broken off: check that the disk is not full, and that the store can be read")]
    Sqlite(#[source] rusqlite::Error),
    /// Another process kept the store to itself for half a minute.
    #[error("another process holds the store")]
    Busy,
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Copies a store as it is at one moment into a new file, readable by its owner only; how many bytes it has.
///
/// Whoever works on the store goes on. Nothing of it is changed, not its version either. Where it fails, no file is left.
///
/// # Errors
/// When there is no store, or something of that name is there already, or either file cannot be used.
pub fn back_up(store: &Path, copy: &Path) -> Result<u64, BackupError> {
    let from = source(store)?;
    create(copy)?;
    let done = copied(&from, copy);
    if done.is_err() {
        // The file is this call's own. What went wrong is told, not that what is left of it could not be cleared away.
        drop(fs::remove_file(copy));
    }
    done
}

fn source(store: &Path) -> Result<Connection, BackupError> {
    if !store.is_file() {
        return Err(BackupError::NoStore);
    }
    // Not read-only: whoever reads a write-ahead log has to write its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(store, flags)?;
    conn.busy_timeout(BUSY)?;
    match migrations::is_ours(&conn) {
        Ok(true) => Ok(conn),
        _ => Err(BackupError::NoStore),
    }
}

fn create(copy: &Path) -> Result<(), BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(copy) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Exists),
        Err(error) => Err(BackupError::Write(error)),
    }
}

fn copied(from: &Connection, copy: &Path) -> Result<u64, BackupError> {
    let mut into = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let begun = Instant::now();
    let backup = Backup::new(from, &mut into)?;
    // All pages in one step: they are read under one view of the file, which no write changes. In several, each write in
    // between would have it begin anew.
    while backup.step(-1)? != StepResult::Done {
        if begun.elapsed() > BUSY {
            return Err(BackupError::Busy);
        }
        thread::sleep(PAUSE);
    }
    drop(backup);
    into.close().map_err(|(_, error)| error)?;
    fs::metadata(copy).map(|file| file.len()).map_err(BackupError::Write)
}
