//! Whether to try again: one pure function, apart from the trying.

use std::time::Duration;

use listsync_core::flight;

use crate::answer::Answer;

/// How often an attempt may fail before the request is given up: three waits of 0.5, 1 and 2 seconds.
const FAILURES: u32 = 4;
/// How often more it may clash with another write: with each of ours that is under way.
const CLASHES: u32 = flight::MOST as u32;
/// How often a request may be throttled before it is given up, however much time is left.
const THROTTLES: u32 = 10;

/// What went wrong with a request so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    pub(crate) failures: u32,
    pub(crate) throttles: u32,
    pub(crate) tokens: u32,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The answer stands.
    Take,
    /// Once more with a new token.
    NewToken,
    /// Once more after a while.
    Again(Duration),
    /// Everybody stays away for a while; then once more.
    Close(Duration),
    /// No more.
    GiveUp,
}

/// Decides by the answer, or by its absence.
pub(crate) fn next(answer: Option<&Answer>, tries: Tries) -> Next {
    let Some(answer) = answer else { return again(tries) };
    match (answer.status, answer.retry_after) {
        (429, hint) | (503, hint @ Some(_)) => match tries.throttles {
            THROTTLES.. => Next::GiveUp,
            throttles => Next::Close(hint.unwrap_or_else(|| unhinted(throttles))),
        },
        (500 | 502 | 503 | 504 | 424, _) => again(tries),
        (401, _) if tries.tokens == 0 => Next::NewToken,
        _ if answer.is_clash() => clashed(tries),
        (400, _) if answer.is_unreplicated() => again(tries),
        _ => Next::Take,
    }
}

fn again(tries: Tries) -> Next {
    if tries.failures + 1 >= FAILURES { Next::GiveUp } else { Next::Again(backoff(tries.failures)) }
}

/// Requests of ours may refuse each other, one less with each round: so many more tries than of any other trouble, each after a
/// wait of two seconds at most.
fn clashed(tries: Tries) -> Next {
    match tries.failures < FAILURES + CLASHES {
        true => Next::Again(backoff(tries.failures.min(2))),
        false => Next::GiveUp,
    }
}

/// The wait after this many failures before: half a second, doubled each time.
pub(crate) fn backoff(failures: u32) -> Duration {
    Duration::from_millis(500).saturating_mul(1 << failures.min(6))
}

/// How long to stay away where the service does not say: it counts writes over 150 seconds, so not longer than that.
fn unhinted(throttles: u32) -> Duration {
    Duration::from_secs(5).saturating_mul(1 << throttles.min(5)).min(Duration::from_secs(150))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, code: &str, retry_after: Option<u64>) -> Answer {
        Answer {
            status,
            body: json!({"error": {"code": code, "message": ""}}),
            retry_after: retry_after.map(Duration::from_secs),
            ..Answer::default()
        }
    }

    #[test]
    fn troubles_that_pass_are_tried_again_and_a_bounded_number_of_times() {
        let fresh = Tries::default();
        let worn = Tries { failures: FAILURES - 1, ..fresh };
        let troubled = [500, 502, 503, 504].map(|status| answer(status, "x", None));
        for answer in &troubled {
            assert_eq!(next(Some(answer), fresh), Next::Again(Duration::from_millis(500)), "{answer:?}");
            assert_eq!(next(Some(answer), worn), Next::GiveUp, "{answer:?}");
        }
        let clash = answer(409, "Directory_ConcurrencyViolation", None);
        assert_eq!(next(Some(&clash), fresh), Next::Again(Duration::from_millis(500)));
        assert_eq!(next(Some(&clash), worn), Next::Again(Duration::from_secs(2)));
        let out_of_luck = Tries { failures: FAILURES + CLASHES, ..fresh };
        assert_eq!(next(Some(&clash), out_of_luck), Next::GiveUp);
        assert_eq!(next(None, fresh), Next::Again(Duration::from_millis(500)));
        assert_eq!(next(None, worn), Next::GiveUp);
    }

    #[test]
    fn slow_down_closes_the_gate_for_as_long_as_the_service_says() {
        let fresh = Tries::default();
        assert_eq!(next(Some(&answer(429, "x", Some(7))), fresh), Next::Close(Duration::from_secs(7)));
        assert_eq!(next(Some(&answer(503, "x", Some(7))), fresh), Next::Close(Duration::from_secs(7)));
        assert_eq!(next(Some(&answer(429, "x", None)), fresh), Next::Close(Duration::from_secs(5)));
        let worn = Tries { throttles: THROTTLES, ..fresh };
        assert_eq!(next(Some(&answer(429, "x", Some(7))), worn), Next::GiveUp);
    }

    #[test]
    fn a_refused_token_is_replaced_once() {
        let refused = answer(401, "InvalidAuthenticationToken", None);
        assert_eq!(next(Some(&refused), Tries::default()), Next::NewToken);
        assert_eq!(next(Some(&refused), Tries { tokens: 1, ..Tries::default() }), Next::Take);
    }

    #[test]
    fn every_other_answer_stands() {
        for status in [200, 201, 204, 302, 400, 403, 404, 409, 410, 501] {
            assert_eq!(next(Some(&answer(status, "x", None)), Tries::default()), Next::Take, "{status}");
        }
    }
}
