//! A bound on how often a caller may ask: a token bucket each, in this process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use listsync_core::Timestamp;

use crate::{options::Limits, problem::Problem};

/// So many callers are remembered; full buckets are forgotten first, as they say nothing.
const CALLERS: usize = 10_000;
/// A token, in the thousandths that are counted.
const TOKEN: u64 = 1_000;

/// The buckets of all callers.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of a token.
    level: u64,
    at: Timestamp,
}

impl Rate {
    /// Takes one token of a caller.
    ///
    /// # Errors
    /// When there is none: with the time until there is.
    pub(crate) fn take(&self, caller: &str, limits: &Limits, now: Timestamp) -> Result<(), Problem> {
        let full = u64::from(limits.burst.max(1)) * TOKEN;
        let per_second = u64::from(limits.per_second.max(1)) * TOKEN;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| bucket.filled(full, per_second, now).level < full);
            if buckets.len() >= CALLERS {
                buckets.pop_first();
            }
        }
        let bucket = buckets.entry(caller.to_owned()).or_insert(Bucket { level: full, at: now });
        *bucket = bucket.filled(full, per_second, now);
        if bucket.level < TOKEN {
            let wait = (TOKEN - bucket.level).div_ceil(per_second);
            return Err(too_many(wait));
        }
        bucket.level -= TOKEN;
        Ok(())
    }
}

impl Bucket {
    fn filled(self, full: u64, per_second: u64, now: Timestamp) -> Self {
        let passed = now.as_millisecond().saturating_sub(self.at.as_millisecond());
        let gained = u64::try_from(passed).unwrap_or(0).saturating_mul(per_second) / 1_000;
        match gained {
            0 => self,
            gained => Self { level: self.level.saturating_add(gained).min(full), at: now },
        }
    }
}

fn too_many(wait: u64) -> Problem {
    Problem::new(
        axum::http::StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "these are too many requests",
    )
    .hint("wait as long as Retry-After says, and ask less often")
    .retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("a moment")
    }

    #[test]
    fn a_caller_who_asks_too_often_is_told_how_long_to_wait() {
        let limits = Limits { burst: 3, per_second: 2, time: Duration::ZERO, body: 0, import: 0 };
        let rate = Rate::default();
        for _ in 0..3 {
            assert!(rate.take("a", &limits, at(0)).is_ok());
        }
        let problem = rate.take("a", &limits, at(0)).expect_err("the bucket is empty");
        assert_eq!((problem.status.as_u16(), problem.retry_after), (429, Some(1)));
        assert!(rate.take("b", &limits, at(0)).is_ok(), "another caller has a bucket of their own");
        assert!(rate.take("a", &limits, at(499)).is_err());
        assert!(rate.take("a", &limits, at(500)).is_ok(), "after half a second there is one token more");
        assert!(rate.take("a", &limits, at(500)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let limits = Limits { burst: 2, per_second: 1, ..Limits::default() };
        let rate = Rate::default();
        assert!(rate.take("a", &limits, at(10_000)).is_ok());
        assert!(rate.take("a", &limits, at(5_000)).is_ok());
        assert!(rate.take("a", &limits, at(5_000)).is_err());
    }

    #[test]
    fn the_callers_that_are_remembered_are_bounded() {
        let limits = Limits { burst: 2, per_second: 1, ..Limits::default() };
        let rate = Rate::default();
        for caller in 0..CALLERS + 10 {
            assert!(rate.take(&caller.to_string(), &limits, at(0)).is_ok());
        }
        assert!(rate.buckets.lock().expect("nobody panicked").len() <= CALLERS);
    }
}
