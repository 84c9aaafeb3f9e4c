//! How a link stands, in one word with its data: the one place that says whether a list is in step, why not, since or until
//! when, what a person can do about it, and what monitoring makes of it.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    hold::{Hold, Ruling, RulingKind},
    link::{HaltReason, LinkStatus},
    schedule::{is_leased, later},
    shell::Quoted,
    unsettled::Tally,
};

/// So long after a link was due, and nobody looked, its timer is taken for dead: a beat comes every minute, and `tick` from a
/// scheduler of one's own may come once an hour.
const OVERDUE: std::time::Duration = std::time::Duration::from_secs(2 * 3600);

/// Why runs of a link come to nothing, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// A stable code, that of the last error; empty: the message that asked for a run was given up, or kept by an earlier
    /// release.
    #[serde(default)]
    pub code: String,
    /// The same for people: ids, no addresses and names.
    pub reason: String,
    /// What a person can do; empty where nothing is known.
    #[serde(default)]
    pub hint: String,
    /// Since when: the first of the failures in a row.
    pub since: Timestamp,
}

impl Failing {
    /// A message that asked for a run comes for the last time, or was given up. What a run said of the directory says more,
    /// so it stays.
    #[must_use]
    pub fn given_up(before: Option<Self>, reason: &str, now: Timestamp) -> Self {
        before.unwrap_or_else(|| Self {
            code: String::new(),
            reason: reason.to_owned(),
            hint: String::new(),
            since: now,
        })
    }
}

/// What is known of a link when somebody asks how it stands.
#[derive(Debug, Clone, Copy)]
pub struct LinkFacts<'a> {
    /// Whether it is run.
    pub status: LinkStatus,
    /// Why its runs come to nothing.
    pub failing: Option<&'a Failing>,
    /// What it keeps back.
    pub hold: Option<&'a Hold>,
    /// What a person said of that.
    pub ruling: Option<&'a Ruling>,
    /// Who is out of step.
    pub tally: &'a Tally,
    /// When a run finished last.
    pub finished_at: Option<Timestamp>,
    /// Whether a run was asked for that none has finished.
    pub is_requested: bool,
    /// Until when a run has it.
    pub leased_until: Option<Timestamp>,
    /// When it is due by the clock.
    pub due_at: Timestamp,
    /// Until when the directory asks for patience.
    pub closed_until: Option<Timestamp>,
}

/// Where something stands among what is shown: what needs somebody most comes first, and of that the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    gravity: Reverse<u8>,
    moment: Timestamp,
    quiet: u8,
}

/// How a link, or a list, stands. The order of the variants is that of what counts most where several hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A person stopped it.
    Paused,
    /// It stopped itself.
    Halted {
        /// Why.
        reason: HaltReason,
        /// What its last run met.
        failing: Option<Failing>,
        /// When its last run ended.
        since: Option<Timestamp>,
    },
    /// Its runs come to nothing.
    Failing(Failing),
    /// Changes wait for a person's word.
    Held {
        /// How many.
        changes: u64,
        /// What an approval names.
        digest: String,
        /// Since when.
        since: Timestamp,
    },
    /// A file waits for a person's word.
    ImportHeld {
        /// The import that waits longest.
        import: String,
        /// Since when.
        since: Timestamp,
    },
    /// Files of the list should come, and none did for longer than they may stay out.
    StaleSource {
        /// When one came last, or since when they are waited for.
        heard_at: Timestamp,
        /// Since when one is overdue.
        since: Timestamp,
    },
    /// Somebody is on one side alone until somebody corrects something.
    NotPlaced {
        /// Who, by reason.
        reasons: BTreeMap<String, u64>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// A person ruled on what was held, and no run has done it yet.
    Ruled {
        /// What was said.
        kind: RulingKind,
        /// Of how many changes.
        changes: u64,
    },
    /// The directory asks for patience.
    Throttled {
        /// Until when.
        until: Timestamp,
    },
    /// It was made, and no run has ended yet.
    NeverRan,
    /// A run goes on.
    Syncing,
    /// A run was asked for.
    Queued,
    /// Something is read or done again later.
    Waiting {
        /// For how many people.
        people: u64,
        /// When the first of them is looked at; none: at the next run.
        until: Option<Timestamp>,
    },
    /// A person has to change the group.
    ByHand {
        /// How many changes.
        changes: u64,
    },
    /// It was due long ago, and nobody looked.
    Overdue {
        /// Since when.
        since: Timestamp,
    },
    /// Both sides are as they should be.
    InStep {
        /// Whom a rule leaves out, by reason.
        left_out: BTreeMap<String, u64>,
    },
    /// A list without a link.
    NotLinked,
}

impl State {
    /// How a link stands: the first of its troubles that holds.
    #[must_use]
    pub fn of(facts: &LinkFacts<'_>, now: Timestamp) -> Self {
        let LinkFacts {
            status,
            failing,
            hold,
            ruling,
            tally,
            finished_at,
            is_requested,
            leased_until,
            due_at,
            closed_until,
        } = *facts;
        match status {
            LinkStatus::Paused => return Self::Paused,
            LinkStatus::Halted(reason) => {
                return Self::Halted { reason, failing: failing.cloned(), since: finished_at };
            }
            LinkStatus::Active => {}
        }
        // A link whose runs come to nothing holds, misplaces and waits as it did when one last came through: that it fails
        // says more, as nothing of the rest moves until it does not.
        if let Some(failing) = failing {
            return Self::Failing(failing.clone());
        }
        let ruled = hold.zip(ruling).filter(|(hold, ruling)| ruling.is_of(&hold.digest));
        if let (Some(hold), None) = (hold, ruled) {
            let (changes, digest) = (hold.counts().total(), hold.digest.clone());
            return Self::Held { changes, digest, since: hold.since };
        }
        if tally.misplaced() > 0 {
            return Self::NotPlaced { reasons: tally.not_placed.clone(), since: tally.since };
        }
        if let Some((hold, ruling)) = ruled {
            return Self::Ruled { kind: ruling.kind, changes: hold.counts().total() };
        }
        // A link that nobody wants anything of before the directory may be asked again is in step meanwhile.
        if let Some(until) = closed_until.filter(|until| *until > now && (is_requested || due_at <= *until)) {
            return Self::Throttled { until };
        }
        if is_leased(leased_until, now) {
            return Self::Syncing;
        }
        if finished_at.is_none() {
            return Self::NeverRan;
        }
        if is_requested {
            return Self::Queued;
        }
        // A person is to do something: that nobody may forget, while what waits goes on by itself.
        if tally.by_hand > 0 {
            return Self::ByHand { changes: tally.by_hand };
        }
        if tally.waiting > 0 {
            return Self::Waiting { people: tally.waiting, until: tally.until };
        }
        if later(due_at, OVERDUE) <= now {
            return Self::Overdue { since: due_at };
        }
        Self::InStep { left_out: tally.left_out.clone() }
    }

    /// A stable word for documents.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Halted { .. } => "halted",
            Self::Failing(_) => "failing",
            Self::Held { .. } => "held",
            Self::ImportHeld { .. } => "import_held",
            Self::StaleSource { .. } => "stale_source",
            Self::NotPlaced { .. } => "not_placed",
            Self::Ruled { kind: RulingKind::Approved, .. } => "approved",
            Self::Ruled { kind: RulingKind::Discarded, .. } => "discarded",
            Self::Throttled { .. } => "throttled",
            Self::NeverRan => "never_ran",
            Self::Syncing => "syncing",
            Self::Queued => "queued",
            Self::Waiting { .. } => "waiting",
            Self::ByHand { .. } => "by_hand",
            Self::Overdue { .. } => "overdue",
            Self::InStep { .. } => "in_step",
            Self::NotLinked => "not_linked",
        }
    }

    /// What monitoring makes of it: 4 nothing goes on without a person, 3 somebody is not placed, or files do not come, 2 it goes on by itself,
    /// 0 nothing is to be done.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Halted { .. } | Self::Failing(_) | Self::Held { .. } | Self::ImportHeld { .. } => 4,
            Self::StaleSource { .. } | Self::NotPlaced { .. } => 3,
            Self::Ruled { .. }
            | Self::Throttled { .. }
            | Self::NeverRan
            | Self::Syncing
            | Self::Queued
            | Self::Waiting { .. }
            | Self::ByHand { .. }
            | Self::Overdue { .. } => 2,
            Self::Paused | Self::InStep { .. } | Self::NotLinked => 0,
        }
    }

    /// Since when it is so, where that is known.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Halted { failing, since, .. } => {
                failing.as_ref().map_or(*since, |failing| Some(failing.since))
            }
            Self::Failing(failing) => Some(failing.since),
            Self::Held { since, .. }
            | Self::ImportHeld { since, .. }
            | Self::StaleSource { since, .. }
            | Self::Overdue { since } => Some(*since),
            Self::NotPlaced { since, .. } => *since,
            _ => None,
        }
    }

    /// Until when it is so, where that is known.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Throttled { until } => Some(*until),
            Self::Waiting { until, .. } => *until,
            _ => None,
        }
    }

    /// Whom or how many changes it is about: people not placed, waiting or left out, changes held or left to a person.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Held { changes, .. } | Self::Ruled { changes, .. } | Self::ByHand { changes } => *changes,
            Self::NotPlaced { reasons, .. } => reasons.values().sum(),
            Self::Waiting { people, .. } => *people,
            Self::InStep { left_out } => left_out.values().sum(),
            _ => 0,
        }
    }

    /// The same for people, such as `held 60 since 2026-11-30 22:21`. Moments are written as the caller writes them.
    #[must_use]
    pub fn text(&self, moment: impl Fn(Timestamp) -> String) -> String {
        let since =
            |since: Option<Timestamp>| since.map_or_else(String::new, |at| format!(" since {}", moment(at)));
        match self {
            Self::Paused => "paused".into(),
            Self::Halted { reason, failing, .. } => {
                let why =
                    failing.as_ref().map_or_else(|| reason.to_string(), |failing| failing.reason.clone());
                format!("halted{}: {why}", since(self.since()))
            }
            Self::Failing(failing) => format!("failing{}: {}", since(self.since()), failing.reason),
            Self::Held { changes, .. } => format!("held {changes}{}", since(self.since())),
            Self::ImportHeld { .. } => format!("import held{}", since(self.since())),
            Self::StaleSource { heard_at, .. } => {
                format!("stale source: no file since {}", moment(*heard_at))
            }
            Self::NotPlaced { .. } => format!("not placed ({})", self.count()),
            Self::Ruled { kind: RulingKind::Approved, changes } => {
                format!("approved, waits for a run ({changes})")
            }
            Self::Ruled { kind: RulingKind::Discarded, changes } => {
                format!("discarded, waits for a run ({changes})")
            }
            Self::Throttled { until } => format!("throttled until {}", moment(*until)),
            Self::NeverRan => "never ran".into(),
            Self::Syncing => "syncing now".into(),
            Self::Queued => "waiting for a sync".into(),
            Self::Waiting { people, until: None } => format!("waiting ({people})"),
            Self::Waiting { people, until: Some(until) } => {
                format!("waiting until {} ({people})", moment(*until))
            }
            Self::ByHand { changes } => format!("to be made by hand ({changes})"),
            Self::Overdue { .. } => format!("overdue{}", since(self.since())),
            Self::InStep { .. } if self.count() > 0 => format!("in step, {} not placed", self.count()),
            Self::InStep { .. } => "in step".into(),
            Self::NotLinked => "not linked".into(),
        }
    }

    /// What a person can do about it, in one sentence; empty where there is nothing to do.
    #[must_use]
    pub fn advice(&self, list: &str) -> String {
        let list = Quoted(list);
        match self {
            Self::Paused => format!("run it again: listsync links resume {list}"),
            Self::Halted { failing, .. } => match failing.as_ref().map_or("", |failing| &failing.hint) {
                "" => format!("put that right, then: listsync links resume {list}"),
                hint => format!("{hint}; then: listsync links resume {list}"),
            },
            Self::Failing(Failing { hint, .. }) if hint.is_empty() => {
                "look at it with: listsync doctor".into()
            }
            Self::Failing(Failing { hint, .. }) => hint.clone(),
            Self::Held { digest, .. } => format!(
                "see them: listsync plan {list}; do them: listsync links approve {digest}; or discard them"
            ),
            Self::ImportHeld { import, .. } => {
                format!("see whom it holds: listsync imports show {import}; then approve or discard it")
            }
            Self::StaleSource { .. } => format!(
                "find out why no file comes; nobody leaves because of it: listsync import FILE --list {list}"
            ),
            Self::NotPlaced { .. } => format!("see who and why: listsync status {list}"),
            Self::Ruled { .. } | Self::NeverRan | Self::Queued => {
                format!("nothing, or at once: listsync sync {list}")
            }
            Self::Throttled { .. } | Self::Syncing | Self::Waiting { .. } => {
                "nothing: it goes on by itself".into()
            }
            Self::ByHand { .. } => format!("see what: listsync handout {list}"),
            Self::Overdue { .. } => "have listsync serve, or tick and work, run".into(),
            Self::InStep { .. } if self.count() > 0 => {
                format!("nothing; who it is: listsync status {list}")
            }
            Self::InStep { .. } => String::new(),
            Self::NotLinked => format!("link it: listsync link {list} --group GROUP"),
        }
    }

    /// By what states are ordered: what needs somebody most, and of that the oldest, comes first; what goes on by itself in
    /// the order of its time.
    #[must_use]
    pub fn rank(&self) -> Rank {
        let moment = self.since().or(self.until()).unwrap_or(Timestamp::MAX);
        let quiet = match self {
            Self::Paused => 0,
            Self::InStep { left_out } if !left_out.is_empty() => 1,
            Self::InStep { .. } => 2,
            Self::NotLinked => 3,
            _ => 0,
        };
        Rank { gravity: Reverse(self.exit_code()), moment, quiet }
    }

    /// The one of several that a list is said to be in; none: it has no link, and nothing of it waits.
    #[must_use]
    pub fn worst(states: impl IntoIterator<Item = Self>) -> Option<Self> {
        states.into_iter().min_by_key(Self::rank)
    }
}

#[cfg(test)]
mod tests;
