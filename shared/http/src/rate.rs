//! Bounds on how often each visitor may come: a token bucket each, in this process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use listsync_core::Timestamp;
use listsync_inbound::admission::{Admission, Peer, TooOften, Visitor};

use crate::{
    app::App,
    options::{Limits, Pace},
    problem::Problem,
};

/// So many visitors of each purpose are remembered; full buckets are forgotten first, as they say nothing.
const VISITORS: usize = 10_000;
/// A token, in the thousandths that are counted.
const TOKEN: u64 = 1_000;

/// What somebody comes for. Each has buckets of its own, so that no purpose uses up what another may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// To use the API with a good key: counted by key.
    Key,
    /// To push people and lists by SCIM with a good key: counted by key.
    Push,
    /// To use the console, signed in: counted by session.
    Console,
    /// What is open to everybody, such as whether the server answers: by peer.
    Open,
    /// Without a good key, signature or link: by peer.
    Stranger,
    /// To deliver events, verified: by source.
    Sender,
    /// To open signed links: by peer.
    Scan,
    /// To open one signed link: by token.
    Page,
    /// To act on one signed link: by token.
    OptOut,
}

impl Purpose {
    fn pace(self, limits: &Limits) -> Pace {
        match self {
            Self::Sender | Self::Push => limits.senders,
            _ => limits.callers,
        }
    }
}

/// The buckets of all visitors.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    buckets: Mutex<BTreeMap<Purpose, BTreeMap<String, Bucket>>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of a token.
    level: u64,
    at: Timestamp,
}

/// How fast a bucket fills, and how far, in thousandths of a token.
#[derive(Debug, Clone, Copy)]
struct Filling {
    full: u64,
    per_second: u64,
}

impl From<Pace> for Filling {
    fn from(Pace { burst, per_second }: Pace) -> Self {
        let tokens = |number: u32| u64::from(number.max(1)) * TOKEN;
        Self { full: tokens(burst), per_second: tokens(per_second) }
    }
}

impl Rate {
    /// Takes one token of a visitor.
    ///
    /// # Errors
    /// When there is none: with the time until there is.
    pub(crate) fn take(
        &self,
        (purpose, visitor): (Purpose, &str),
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), TooOften> {
        let filling = Filling::from(purpose.pace(limits));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = buckets.entry(purpose).or_default();
        if buckets.len() >= VISITORS && !buckets.contains_key(visitor) {
            buckets.retain(|_, bucket| bucket.filled(filling, now).level < filling.full);
            if buckets.len() >= VISITORS {
                buckets.pop_first();
            }
        }
        let bucket = buckets.entry(visitor.to_owned()).or_insert(Bucket { level: filling.full, at: now });
        *bucket = bucket.filled(filling, now);
        if bucket.level < TOKEN {
            return Err(TooOften { retry_after: (TOKEN - bucket.level).div_ceil(filling.per_second) });
        }
        bucket.level -= TOKEN;
        Ok(())
    }
}

impl Bucket {
    /// The bucket now. One of a later moment was filled under a clock that ran ahead: it fills from now on.
    fn filled(self, filling: Filling, now: Timestamp) -> Self {
        let passed = now.as_millisecond().saturating_sub(self.at.as_millisecond());
        let Ok(passed) = u64::try_from(passed) else { return Self { at: now, ..self } };
        match passed.saturating_mul(filling.per_second) / 1_000 {
            0 => self,
            gained => Self { level: self.level.saturating_add(gained).min(filling.full), at: now },
        }
    }
}

impl Admission for App {
    /// A signed link is good for as much as its own bucket holds, whatever others do; beyond that for as much as its peer
    /// may, so that a link which somebody else opens all the time still opens for its reader.
    fn admit(&self, peer: &Peer, visitor: Visitor<'_>) -> Result<(), TooOften> {
        let take =
            |purpose, visitor: &str| self.rate.take((purpose, visitor), &self.options.limits, self.now());
        match visitor {
            Visitor::Sender(source) => take(Purpose::Sender, source),
            Visitor::Reader(token) => take(Purpose::Page, token).or_else(|_| take(Purpose::Scan, &peer.0)),
            Visitor::OptOut(token) => take(Purpose::OptOut, token).or_else(|_| take(Purpose::Scan, &peer.0)),
            Visitor::Stranger => take(Purpose::Stranger, &peer.0),
        }
    }
}

impl From<TooOften> for Problem {
    fn from(TooOften { retry_after }: TooOften) -> Self {
        let status = axum::http::StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "too_many_requests", "these are too many requests")
            .hint("wait as long as Retry-After says, and ask less often")
            .retry_after(retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (Purpose, &str) = (Purpose::Key, "a");

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("a moment")
    }

    fn limits(burst: u32, per_second: u32) -> Limits {
        Limits { callers: Pace { burst, per_second }, ..Limits::default() }
    }

    #[test]
    fn a_caller_who_asks_too_often_is_told_how_long_to_wait() {
        let (limits, rate) = (limits(3, 2), Rate::default());
        for _ in 0..3 {
            assert!(rate.take(KEY, &limits, at(0)).is_ok());
        }
        let often = rate.take(KEY, &limits, at(0)).expect_err("the bucket is empty");
        let problem = Problem::from(often);
        assert_eq!((problem.status.as_u16(), problem.retry_after), (429, Some(1)));
        for other in [(Purpose::Key, "b"), (Purpose::Stranger, "a"), (Purpose::OptOut, "a")] {
            assert!(rate.take(other, &limits, at(0)).is_ok(), "{other:?} has a bucket of its own");
        }
        assert!(rate.take(KEY, &limits, at(499)).is_err());
        assert!(rate.take(KEY, &limits, at(500)).is_ok(), "after half a second there is one token more");
        assert!(rate.take(KEY, &limits, at(500)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let (limits, rate) = (limits(2, 1), Rate::default());
        assert!(rate.take(KEY, &limits, at(10_000)).is_ok());
        assert!(rate.take(KEY, &limits, at(5_000)).is_ok());
        assert!(rate.take(KEY, &limits, at(5_000)).is_err());
        assert!(rate.take(KEY, &limits, at(6_000)).is_ok(), "it fills by the clock as it is now");
    }

    #[test]
    fn the_callers_that_are_remembered_are_bounded() {
        let (limits, rate) = (limits(2, 1), Rate::default());
        for caller in 0..VISITORS + 10 {
            assert!(rate.take((Purpose::Key, &caller.to_string()), &limits, at(0)).is_ok());
        }
        assert!(rate.buckets.lock().expect("nobody panicked")[&Purpose::Key].len() <= VISITORS);
    }
}
