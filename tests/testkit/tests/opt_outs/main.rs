//! What people said holds through all that is done to lists and contacts. Law 13.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod deeds;
mod laws;

/// Plays something that waits for nothing.
pub(crate) fn play<T>(scene: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(scene)
}
