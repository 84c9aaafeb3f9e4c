//! That files of a list should come, and how long none did. Nothing is done because of it but to tell people: who is on the
//! list stays, as a source that is silent has said of nobody that they left.

use std::{str::FromStr, time::Duration};

use crate::{
    Timestamp,
    duration::{self, DurationError},
    id::ListId,
    schedule::{SKEW, later},
    status::State,
};

/// What is said of how often a list's files should come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nobody waits for them.
    Off,
    /// One at least within each such time.
    Every(Duration),
}

impl Expect {
    /// Within which time one should come; none: nobody waits for them.
    #[must_use]
    pub fn every(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Every(time) => Some(time),
        }
    }
}

impl FromStr for Expect {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "off" => Ok(Self::Off),
            time => duration::parse_term(time).map(Self::Every),
        }
    }
}

/// A list whose files should come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Which.
    pub list: ListId,
    /// Within which time one should come.
    pub every: Duration,
    /// When one came last, be it the same as before; or since when files are waited for, where none came since.
    pub heard_at: Timestamp,
}

impl Expected {
    /// That its source is stale; none: it is not.
    #[must_use]
    pub fn stale(&self, now: Timestamp) -> Option<State> {
        let Self { list: _, every, heard_at } = self;
        // Heard of under a clock that ran ahead: for how long it has been silent nobody knows, and to wait until that clock
        // was right would be the silence that people fear.
        let is_ahead = *heard_at > later(now, SKEW);
        let due = later(*heard_at, *every);
        (is_ahead || due < now).then_some(State::StaleSource { heard_at: *heard_at, since: due.min(now) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_source_is_stale_once_more_than_its_time_went_by() {
        let list = ListId::parse("l1").expect("an id");
        let every = Duration::from_secs(100);
        let expected = Expected { list, every, heard_at: at(1_000) };
        let stale = |since| Some(State::StaleSource { heard_at: at(1_000), since: at(since) });
        for (now, state) in
            [(1_000, None), (1_100, None), (1_101, stale(1_100)), (9_000, stale(1_100)), (990, None)]
        {
            assert_eq!(expected.stale(at(now)), state, "{now}");
        }
        assert_eq!(expected.stale(at(-9_000)), stale(-9_000), "a clock that ran ahead keeps nobody quiet");
    }

    #[test]
    fn it_is_said_as_a_time_or_off() {
        assert_eq!("8d".parse::<Expect>().map(Expect::every), Ok(Some(Duration::from_secs(8 * 86_400))));
        assert_eq!("off".parse::<Expect>().map(Expect::every), Ok(None));
        assert!("weekly".parse::<Expect>().is_err());
    }
}
