//! Access tokens with their life: when one is asked for anew, and that one which is good still serves while there is none.

use std::time::Duration;

use listsync_core::Timestamp;

use crate::clockwork::{later, rest};

/// So long before its end a token is asked for anew, as MSAL and the Azure SDK do; of a shorter life, the last quarter.
const BEFORE_THE_END: Duration = Duration::from_secs(300);
/// How long an authority that did not give a new token is left alone while the last one is good.
const NOT_AGAIN: Duration = Duration::from_secs(30);

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    renew_at: Timestamp,
    ends_at: Timestamp,
}

/// What is known of tokens.
#[derive(Default)]
pub(crate) struct Held {
    token: Option<Token>,
    /// No new one is asked for before then, while there is one that is good.
    not_before: Option<Timestamp>,
}

/// Where the next request takes its token from.
#[derive(PartialEq, Eq)]
pub(crate) enum Source {
    /// This one is good.
    Held(String),
    /// This one is good and near its end: another is asked for, and it serves where none is to be had.
    Ageing(String),
    /// There is none.
    None,
}

impl Token {
    /// One that was given just now.
    pub(crate) fn given(text: String, life: Duration, now: Timestamp) -> Self {
        let fresh = life.saturating_sub(BEFORE_THE_END.min(life / 4));
        Self { text, renew_at: later(now, fresh), ends_at: later(now, life) }
    }
}

impl Held {
    pub(crate) fn source(&self, now: Timestamp) -> Source {
        match &self.token {
            Some(token) if now >= token.ends_at => Source::None,
            Some(token) if now < token.renew_at => Source::Held(token.text.clone()),
            Some(token) if self.not_before.is_some_and(|at| now < at) => Source::Held(token.text.clone()),
            Some(token) => Source::Ageing(token.text.clone()),
            None => Source::None,
        }
    }

    pub(crate) fn take(&mut self, token: Token) {
        *self = Self { token: Some(token), not_before: None };
    }

    /// None was to be had. Asked for again at each request, an authority that is away would cost a time-out each time.
    pub(crate) fn none_came(&mut self, now: Timestamp) {
        self.not_before = Some(later(now, NOT_AGAIN));
    }

    /// The directory did not take it. Another that came meanwhile stays.
    pub(crate) fn drop_refused(&mut self, text: &str) {
        self.token.take_if(|token| token.text == text);
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(… for {} s)", rest(self.renew_at, self.ends_at).as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Timestamp {
        later(Timestamp::UNIX_EPOCH, Duration::from_secs(second))
    }

    fn held(life: u64) -> Held {
        let mut held = Held::default();
        held.take(Token::given("t".to_owned(), Duration::from_secs(life), at(0)));
        held
    }

    fn name(source: &Source) -> &'static str {
        match source {
            Source::Held(_) => "held",
            Source::Ageing(_) => "ageing",
            Source::None => "none",
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end_and_serves_to_its_end() {
        for (life, moments) in [
            (3_600, [(0, "held"), (3_299, "held"), (3_300, "ageing"), (3_599, "ageing"), (3_600, "none")]),
            (60, [(0, "held"), (44, "held"), (45, "ageing"), (59, "ageing"), (60, "none")]),
        ] {
            let held = held(life);
            for (second, expected) in moments {
                assert_eq!(name(&held.source(at(second))), expected, "{life} s, after {second} s");
            }
        }
        assert_eq!(name(&Held::default().source(at(0))), "none");
    }

    #[test]
    fn an_authority_that_is_away_is_left_alone_for_a_while_and_not_beyond_the_end() {
        let mut held = held(3_600);
        held.none_came(at(3_300));
        assert_eq!(name(&held.source(at(3_329))), "held");
        assert_eq!(name(&held.source(at(3_330))), "ageing");
        held.none_came(at(3_599));
        assert_eq!(name(&held.source(at(3_600))), "none");
    }

    #[test]
    fn only_the_token_that_was_refused_is_dropped() {
        let mut held = held(3_600);
        held.drop_refused("an earlier one");
        assert_eq!(name(&held.source(at(0))), "held");
        held.drop_refused("t");
        assert_eq!(name(&held.source(at(0))), "none");
    }
}
