use listsync_core::register::Refusal;
use listsync_engine::ports::{Fault, PortError};
use rusqlite::ErrorCode;

/// Why a job on the store failed.
#[derive(Debug)]
pub(crate) enum Fail {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// A rule of a port did.
    Port(PortError),
    /// What is stored under this name does not read.
    Stored(&'static str),
}

pub(crate) type Outcome<T> = Result<T, Fail>;

impl From<rusqlite::Error> for Fail {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<PortError> for Fail {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<Refusal> for Fail {
    fn from(refusal: Refusal) -> Self {
        Self::Port(refusal.into())
    }
}

impl Fail {
    pub(crate) fn gone(code: &str, message: impl Into<String>) -> Self {
        Self::Port(PortError::new(Fault::Gone, code, message))
    }

    pub(crate) fn unavailable(code: &str, message: &str) -> Self {
        Self::Port(PortError::new(Fault::Unavailable, code, message))
    }

    pub(crate) fn rejected(code: &str, message: impl Into<String>, hint: &str) -> Self {
        Self::Port(PortError::new(Fault::Rejected, code, message).with_hint(hint))
    }

    /// The failure in the words of the ports. SQLite's own texts name tables and columns, never values; texts of
    /// conversions may quote what they could not read, so they are left out.
    pub(crate) fn into_port(self, doing: &str) -> PortError {
        match self {
            Self::Port(error) => error,
            Self::Stored(what) => PortError::new(
                Fault::Rejected,
                "store_unreadable",
                format!("could not {doing}: the stored {what} does not read"),
            )
            .with_hint("restore the store from a copy, or report this"),
            Self::Sqlite(error) => from_sqlite(&error, doing),
        }
    }
}

fn from_sqlite(error: &rusqlite::Error, doing: &str) -> PortError {
    let (fault, code, cause, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Fault::Unavailable, "store_busy", "another process holds the store", "try again")
        }
        Some(ErrorCode::DiskFull) => {
            (Fault::Unavailable, "store_full", "the disk is full", "free some space and try again")
        }
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed,
        ) => (
            Fault::Unavailable,
            "store_io",
            "the store's file cannot be read or written",
            "check the disk and the file's permissions",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (Fault::Rejected, "store_corrupt", "the store's file is damaged", "restore it from a copy")
        }
        Some(ErrorCode::ConstraintViolation) => {
            (Fault::Rejected, "store_constraint", "it breaks a rule of the store", "")
        }
        _ => (Fault::Rejected, "store_failed", "the store refused", "report this"),
    };
    PortError::new(fault, code, format!("could not {doing}: {cause}")).with_hint(hint)
}
