//! What a run tells those who watch it, so that a person sees it move.

use tokio::sync::watch::Receiver;

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Both sides are being read.
    Observing,
    /// So many of so many addresses were looked up.
    LookedUp {
        /// Done.
        done: usize,
        /// Of.
        total: usize,
    },
    /// So many of so many effects were tried.
    Applied {
        /// Done.
        done: usize,
        /// Of.
        total: usize,
    },
}

/// Watches a run.
pub trait Watch: Send + Sync {
    /// It came this far.
    fn step(&self, step: Step);
    /// What turns true when somebody wants the run to save its progress and end before its time; none: nobody will.
    fn stop(&self) -> Option<&Receiver<bool>> {
        None
    }
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn step(&self, _: Step) {}
}
