use crate::{
    consent::{SinceNo, holds_off, stronger},
    contact::{OptOut, OptOutReason, Via},
    list::{OptOutRule, Standing},
};

/// What somebody said last of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They want it.
    Yes,
    /// They do not.
    No(OptOut),
}

impl Word {
    /// The no, if it is one.
    #[must_use]
    pub fn no(self) -> Option<OptOut> {
        match self {
            Self::Yes => None,
            Self::No(no) => Some(no),
        }
    }

    /// A no of which no more is known than since when it holds.
    #[must_use]
    pub fn plain_no(at: crate::Timestamp) -> Self {
        Self::No(OptOut { reason: OptOutReason::Own, at, via: Via::Operator })
    }

    /// What was said last of a list that has the name of a deleted one: a yes to that very list is about it, whatever it is
    /// called, and a no to the deleted one is about it else.
    #[must_use]
    pub fn inheriting(said: Option<Self>, no: Option<OptOut>) -> Option<Self> {
        match said {
            Some(Self::Yes) => said,
            _ => stronger(said.and_then(Self::no), no).map(Self::No),
        }
    }
}

/// How somebody stands to one list, with all they said that is about it. They need not be kept: of marks that are
/// nobody's, it is what was said under them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// How they stand to it.
    pub standing: Standing,
    /// What they said last of the list itself.
    pub word: Option<Word>,
    /// Their no to all lists.
    pub to_all: Option<OptOut>,
    /// What they said of the list since that no.
    pub since: SinceNo,
    /// That they were erased, and did not say yes to all lists since.
    pub erased: Option<OptOut>,
}

/// By what somebody is held off a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldOff {
    /// By what they said of the list.
    Word,
    /// By a no to all lists.
    NoToAll,
    /// By their erasure.
    Erasure,
}

/// Why nobody but they themselves may put somebody on a list, as far as it matters whether they may be named.
///
/// [`HeldOff`] is the first of several reasons, and a word on the list goes before all others. Who said no to the list and was
/// erased since would be named for that no. So an erasure counts here beside whatever else they said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptOff {
    /// They said no.
    No,
    /// They were erased: nothing that is kept may lead to who they were.
    Erasure,
}

impl Stand {
    /// Of nobody who said anything.
    pub const BLANK: Self =
        Self { standing: Standing::Absent, word: None, to_all: None, since: SinceNo::Nothing, erased: None };

    /// Whether nobody but they themselves may put them on the list, and by what they are held off.
    ///
    /// Who is on it is not: what they said was asked when they came, and a no since has taken them off.
    #[must_use]
    pub fn held_off(&self, rule: OptOutRule) -> Option<HeldOff> {
        match self.standing {
            Standing::OptedOut => Some(HeldOff::Word),
            Standing::Absent => self.refuses(rule),
            Standing::Member | Standing::Pending => None,
        }
    }

    /// The same as [`Self::held_off`], and whether they were erased.
    #[must_use]
    pub fn kept_off(&self, rule: OptOutRule) -> Option<KeptOff> {
        let kept = if self.erased.is_some() { KeptOff::Erasure } else { KeptOff::No };
        self.held_off(rule).map(|_| kept)
    }

    /// What of all they said keeps them off a list of this rule, however they stand to it.
    ///
    /// A mandatory list passes over every no, though not over an erasure, which stands beside whatever they said.
    #[must_use]
    pub fn refuses(&self, rule: OptOutRule) -> Option<HeldOff> {
        let keeps = |no: Option<OptOut>| no.is_some_and(|no| holds_off(no.reason, self.since, rule));
        if rule == OptOutRule::Allowed && matches!(self.word, Some(Word::No(_))) {
            return Some(HeldOff::Word);
        }
        match (keeps(self.to_all), keeps(self.erased)) {
            (_, true) => Some(HeldOff::Erasure),
            (true, false) => Some(HeldOff::NoToAll),
            (false, false) => None,
        }
    }

    /// How they stand once the list has this rule: one that becomes mandatory has no opt-outs, one that does not is left by
    /// those on it who said no.
    ///
    /// Who is not on it stays so: a no to all lists holds them off without being a word on this one, and a yes to all takes
    /// just that back.
    #[must_use]
    pub fn under(&self, rule: OptOutRule) -> Standing {
        let no_to_it = matches!(self.word, Some(Word::No(_)));
        match (rule, self.standing) {
            (OptOutRule::NotAllowed, Standing::OptedOut) => Standing::Absent,
            (OptOutRule::Allowed, Standing::Absent) if no_to_it => Standing::OptedOut,
            (OptOutRule::Allowed, Standing::Member | Standing::Pending) if self.refuses(rule).is_some() => {
                Standing::OptedOut
            }
            (_, standing) => standing,
        }
    }

    /// Whether they reported a message as spam, and did not say yes since: only an operator subscribes them then.
    pub(super) fn complained(&self) -> bool {
        let to_all = self.to_all.filter(|_| self.since == SinceNo::Nothing);
        let said = to_all.into_iter().chain(self.word.and_then(Word::no));
        said.into_iter().any(|no| no.reason == OptOutReason::Complaint)
    }
}
