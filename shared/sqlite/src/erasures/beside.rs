//! The file of erasures beside a store.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use super::ledger::{Erasures, Ledger};

/// What the file's name has more than the store's.
const SUFFIX: &str = ".erasures";

/// Why the erasures beside a store cannot be kept or done.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read or written.
    #[error("{} cannot be read or written: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A line of it does not read.
    #[error(
        "line {line} of {} does not read: it tells who was erased, so that nobody comes back with an older copy of the store",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Its hashes are keyed by another store.
    #[error("{} tells who was erased from another store than this one: its key is another", path.display())]
    OtherStore {
        /// The file.
        path: PathBuf,
    },
}

/// The file of erasures beside a store. It outlives the store: an older copy that is put in its place is told by it who was
/// erased since. Whoever writes it holds the store's write lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    path: PathBuf,
}

impl Beside {
    /// That of the store at a path.
    pub(crate) fn of(store: &Path) -> Self {
        let mut path = OsString::from(store);
        path.push(SUFFIX);
        Self { path: path.into() }
    }

    /// What it tells; none: there is no such file.
    pub(crate) fn read(&self) -> Result<Option<Ledger>, LedgerError> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|cause| self.failed(cause))?,
        };
        let bad = |line| LedgerError::Unreadable { path: self.path.clone(), line };
        Ledger::parse(&text).map(Some).map_err(|line| bad(line.number))
    }

    /// Adds erasures to what it tells. They are on the disk then.
    pub(crate) fn add(&self, known: Option<&Ledger>, key: &str, fresh: &Erasures) -> Result<(), LedgerError> {
        self.append(known, key, fresh).map_err(|cause| self.failed(cause))
    }

    fn append(&self, known: Option<&Ledger>, key: &str, fresh: &Erasures) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        let whole = known.map_or(0, |known| known.whole);
        // What a power cut left of a line would run into the next one.
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        let title = if whole == 0 { Ledger::title(key) } else { String::new() };
        file.write_all((title + &Ledger::lines(fresh)).as_bytes())?;
        file.sync_all()?;
        match known {
            Some(_) => Ok(()),
            // Its name, too, has to be there after a power cut.
            None => sync_folder(&self.path),
        }
    }

    fn failed(&self, cause: io::Error) -> LedgerError {
        LedgerError::Io { path: self.path.clone(), cause }
    }

    pub(crate) fn of_another_store(&self) -> LedgerError {
        LedgerError::OtherStore { path: self.path.clone() }
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A folder cannot be opened as a file there.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
