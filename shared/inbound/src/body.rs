//! Bodies of requests, read within bounds.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use tokio::{sync::Semaphore, time::timeout};

/// A body of this size, in bytes, is read of anybody.
const SMALL: u64 = 64 * 1024;
/// So many larger ones are in memory at a time.
const PLACES: usize = 32;
/// How long a larger one waits for its place.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than it may be.
    TooLarge,
    /// It ended before its end, or did not come in its time.
    BrokenOff,
    /// Too many large ones are being read.
    Busy,
}

/// The whole body, of this many bytes at most.
///
/// # Errors
/// When it is larger, or breaks off.
pub async fn whole(body: Body, most: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > most as u64 {
        return Err(Unread::TooLarge);
    }
    to_bytes(body, most).await.map_err(|error| {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if inner.to_string() == "length limit exceeded" {
                return Unread::TooLarge;
            }
            cause = inner.source();
        }
        Unread::BrokenOff
    })
}

/// Reads bodies that nobody can vouch for before they are read, as their signature is over every byte of them. Small ones
/// are read at once; large ones share a few places, so that many requests at a time cannot fill the memory.
pub(crate) struct Reading {
    places: Semaphore,
    most: usize,
}

impl Reading {
    /// Reads up to `most` bytes of each.
    pub(crate) fn new(most: usize) -> Self {
        Self { places: Semaphore::new(PLACES), most }
    }

    pub(crate) async fn read(&self, body: Body) -> Result<Bytes, Unread> {
        if body.size_hint().lower() > self.most as u64 {
            return Err(Unread::TooLarge);
        }
        // Without a length it may be large.
        if body.size_hint().upper().is_some_and(|size| size <= SMALL) {
            return whole(body, self.most).await;
        }
        let place = timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(Unread::Busy) };
        whole(body, self.most).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_body_waits_for_its_place_and_a_small_one_does_not() {
        let reading = Reading::new(1024 * 1024);
        let places = reading.places.acquire_many(PLACES as u32).await.expect("all are free");
        let small = reading.read(Body::from(vec![1; 64 * 1024])).await;
        assert_eq!(small.map(|bytes| bytes.len()), Ok(64 * 1024));
        let large = async { reading.read(Body::from(vec![1; 64 * 1024 + 1])).await };
        let freed = async { drop(places) };
        let (large, ()) = tokio::join!(biased; large, freed);
        assert_eq!(large.map(|bytes| bytes.len()), Ok(64 * 1024 + 1), "it had its place once one was free");
    }

    #[tokio::test]
    async fn a_body_that_says_that_it_is_too_large_is_not_read_at_all() {
        assert_eq!(Reading::new(10).read(Body::from("eleven byte")).await, Err(Unread::TooLarge));
        assert_eq!(whole(Body::from("eleven byte"), 10).await, Err(Unread::TooLarge));
        assert!(whole(Body::from("ten bytes."), 10).await.is_ok());
    }
}
