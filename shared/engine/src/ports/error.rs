use std::time::Duration;

use listsync_core::{id::LinkId, register::Refusal};

/// What a caller may do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The service said slow down: nothing before this much time has passed.
    Throttled(Duration),
    /// It did not answer, or not sensibly: try again later. A write may have taken effect.
    Unavailable,
    /// Somebody else is at work on it, as a run on its link: try again once they have ended. Nothing has changed.
    Busy,
    /// What was named is not there (any more): a group, a list, a cursor.
    Gone,
    /// A permission or credential is missing.
    Denied,
    /// The request will never be taken as it is.
    Rejected,
    /// The lease is somebody else's by now: stop, change nothing.
    LeaseLost,
}

/// A failed call: what failed on what, and what the person can do. It holds no address, name or secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PortError {
    /// What the caller may do.
    pub fault: Fault,
    /// A stable code, the service's own where it has one.
    pub code: String,
    /// What failed, on what.
    pub message: String,
    /// What the person can do; empty where only waiting helps.
    pub hint: String,
}

/// The result of a call to a port.
pub type PortResult<T> = Result<T, PortError>;

impl From<Refusal> for PortError {
    fn from(refusal: Refusal) -> Self {
        Self::new(Fault::Rejected, refusal.code(), refusal.to_string()).with_hint(refusal.hint())
    }
}

impl PortError {
    /// A failed call without advice.
    #[must_use]
    pub fn new(fault: Fault, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { fault, code: code.into(), message: message.into(), hint: String::new() }
    }

    /// There is a sender of this id.
    #[must_use]
    pub fn source_exists() -> Self {
        Self::new(Fault::Rejected, "source_exists", "there is a sender of this id")
            .with_hint("give another id, or delete the other sender first")
    }

    /// A run has the link under way.
    #[must_use]
    pub fn link_busy(link: &LinkId) -> Self {
        Self::new(Fault::Busy, "link_busy", format!("link {link} is being run"))
            .with_hint("try again when the run has ended")
    }

    /// A cursor that no page gave.
    #[must_use]
    pub fn bad_cursor() -> Self {
        Self::new(Fault::Rejected, "bad_cursor", "this is no cursor of such a page")
            .with_hint("begin without a cursor")
    }

    /// The settings are others by now than those that were to be replaced.
    #[must_use]
    pub fn settings_changed() -> Self {
        Self::new(Fault::Rejected, "version", "the settings were changed meanwhile")
            .with_hint("read them again, and make your change anew")
    }

    /// The same with what the person can do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// The codes that the engine itself acts on; adapters answer with them.
pub mod code {
    /// The directory's quota of objects is used up: it takes nobody new.
    pub const QUOTA: &str = "quota_members";
    /// Nobody answers to the address or id.
    pub const NO_SUCH_USER: &str = "no_such_user";
}
