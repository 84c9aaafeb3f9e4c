//! Faults on demand, addressed by method, path and occurrence.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::errors::CONCURRENT;

/// A rule that makes some requests go wrong. Parts of a batch are addressed like requests of their own.
#[derive(Clone, Debug)]
pub struct Fault {
    method: String,
    path: String,
    when: When,
    effect: Effect,
    seen: u64,
    hits: u64,
}

/// Which of the matching requests are hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// All.
    Every,
    /// Only the n-th, counted from one.
    Nth(u64),
    /// The first n.
    First(u64),
    /// Each with this probability, drawn from the tenant's seed.
    Rate(f64),
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The request is refused and has no effect.
    Refuse(Refused),
    /// The request takes effect, and is then answered as if it had been refused.
    RefuseAfter(Refused),
    /// The connection is cut before the request takes effect.
    ResetBefore,
    /// The request takes effect, and the connection is cut instead of an answer.
    ResetAfter,
    /// The answer stops in the middle of its body.
    Truncate,
    /// So many rows are missing at the end of the page, while `@odata.count` stays.
    ShortPage(usize),
    /// So many rows at the end of the page (of change tracking: of the members in its last row) are null, as no client can
    /// read them.
    OddRows(usize),
    /// The page's link to the next one, or to the next changes, is the nextLink that led to it.
    LeadsToItself,
    /// `@odata.count` and `$count` are off by this much.
    WrongCount(i64),
    /// 400 `Directory_ExpiredPageToken`.
    ExpiredCursor,
    /// 410 with the place to start anew in `Location`; for change tracking.
    DeltaReset,
    /// The answer comes later by this much.
    Delay(Duration),
}

/// An error answer made to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The code in the body.
    pub code: String,
    /// The message in the body.
    pub message: String,
    /// `Retry-After`, as it is to be sent.
    pub retry_after: Option<String>,
}

impl Refused {
    /// An answer with `status`, and the code and message that Graph uses with it.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let (code, message) = match status {
            409 => CONCURRENT,
            429 => ("TooManyRequests", "Please retry again later."),
            503 => ("serviceNotAvailable", "The service is temporarily unavailable."),
            504 => ("GatewayTimeout", "The gateway did not answer in time."),
            _ => ("UnknownError", "Something went wrong."),
        };
        Self { status, code: code.to_owned(), message: message.to_owned(), retry_after: None }
    }

    /// The same with `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.to_string());
        self
    }

    /// The same with another code and message.
    #[must_use]
    pub fn saying(mut self, code: &str, message: &str) -> Self {
        code.clone_into(&mut self.code);
        message.clone_into(&mut self.message);
        self
    }
}

impl Fault {
    /// A rule for requests with `method` (`*` for any) and a path that fits `path`, where `*` stands for any text. The
    /// path starts below `/v1.0` and has no query, unless the pattern has a `?`. Every matching request is hit.
    #[must_use]
    pub fn on(method: &str, path: &str, effect: Effect) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), when: When::Every, effect, seen: 0, hits: 0 }
    }

    /// The same rule for some of the requests only.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Only the n-th matching request, counted from one.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.when(When::Nth(n))
    }

    fn fires(&mut self, method: &str, path_and_query: &str, rng: &mut StdRng) -> bool {
        let path = match path_and_query.split_once('?') {
            Some((path, _)) if !self.path.contains('?') => path,
            _ => path_and_query,
        };
        if (self.method != "*" && self.method != method) || !fits(&self.path, path) {
            return false;
        }
        self.seen += 1;
        let hit = match self.when {
            When::Every => true,
            When::Nth(n) => self.seen == n,
            When::First(n) => self.seen <= n,
            When::Rate(rate) => rng.random_bool(rate.clamp(0.0, 1.0)),
        };
        self.hits += u64::from(hit);
        hit
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.rules.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn hits(&self) -> u64 {
        self.rules.iter().map(|rule| rule.hits).sum()
    }

    /// The effects that hit a request.
    pub(crate) fn strike(&mut self, method: &str, path_and_query: &str, rng: &mut StdRng) -> Vec<Effect> {
        self.rules
            .iter_mut()
            .filter_map(|rule| rule.fires(method, path_and_query, rng).then(|| rule.effect.clone()))
            .collect()
    }
}

/// Whether `text` fits `pattern`, where `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            tail.is_empty()
                || (0..=rest.len()).any(|start| rest.is_char_boundary(start) && fits(tail, &rest[start..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(fits("/groups/*/members*", "/groups/7/members/$ref"));
        assert!(fits("*", ""));
        assert!(!fits("/groups/*/members", "/groups/7/owners"));
        assert!(!fits("/groups", "/groups/7"));
    }
}
