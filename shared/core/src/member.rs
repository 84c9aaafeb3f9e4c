//! What a link remembers of one member.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    address::Address,
    backoff::LONGEST,
    belief::Belief,
    grace::Grace,
    id::{ContactId, GroupId, ObjectId},
    link::Side,
    rename::Named,
    schedule::{SKEW, as_of},
};

/// By what a member is told from others: the directory object first; the contact where no object answers to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKey {
    /// A directory object.
    Principal(ObjectId),
    /// A contact without one.
    Contact(ContactId),
}

impl MemberKey {
    /// The directory object, if the member has one.
    #[must_use]
    pub fn object_id(&self) -> Option<&ObjectId> {
        match self {
            Self::Principal(id) => Some(id),
            Self::Contact(_) => None,
        }
    }
}

impl fmt::Display for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(id) => write!(f, "{id}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
        }
    }
}

/// What is done to one side for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Becomes a member.
    Add,
    /// Stops being one.
    Remove,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add",
            Self::Remove => "remove",
        })
    }
}

/// What is to happen on which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Change {
    /// Where.
    pub side: Side,
    /// What.
    pub op: Op,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            Op::Add => write!(f, "add to {}", self.side),
            Op::Remove => write!(f, "remove from {}", self.side),
        }
    }
}

/// An effect saved before it is sent; open until its result is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What was about to be sent to the group.
    pub op: Op,
    /// When it was saved.
    pub since: Timestamp,
}

/// Why a hold keeps an effect back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// More removals than the limit lets through.
    Limit,
    /// More additions than the limit lets through.
    Growth,
    /// Nobody of those on the side would be left.
    Emptied,
    /// A first merge in which one side wins awaits approval.
    FirstMerge,
    /// The first removal of extras awaits approval.
    Extras,
    /// What the link looks at changed ([`crate::scope`]).
    Scope,
}

impl HoldReason {
    /// Whether a number of changes is behind it: then it holds until a person rules, or they are called for no more.
    #[must_use]
    pub fn is_of_guard(self) -> bool {
        match self {
            Self::Limit | Self::Growth | Self::Emptied => true,
            // A removal that a changed scope holds is judged anew: where the change is taken back, nothing calls for it.
            Self::FirstMerge | Self::Extras | Self::Scope => false,
        }
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limit => "more removals than the limit lets through",
            Self::Growth => "more additions than the limit lets through",
            Self::Emptied => "nobody of those on the side would be left",
            Self::FirstMerge => "a first merge in which one side wins needs approval",
            Self::Extras => "the first removal of extras needs approval",
            Self::Scope => "what the link looks at changed since the last run",
        })
    }
}

/// An observed change that is not folded yet: what every later run takes in again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// Decided, not done yet.
    Due,
    /// Left alone by a rule, or until something else has happened; every later run looks again.
    Skipped {
        /// A stable code such as `protected`.
        code: String,
    },
    /// Kept back until a person approves the digest.
    Held {
        /// The digest of the hold that it is part of.
        digest: String,
        /// What is kept back.
        change: Change,
        /// Why.
        reason: HoldReason,
    },
    /// A person dropped the addition to this side: it is not done for as long as the other side alone has the member.
    Declined {
        /// The side that it is not added to.
        side: Side,
    },
    /// Tried and refused; tried again from `retry_at`.
    Failed {
        /// A stable code such as `no_such_user`.
        code: String,
        /// How often it was tried.
        attempts: u32,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// Seen on the group against what we hold true; read again from `recheck_at`.
    SetAside {
        /// When the settle window ends.
        recheck_at: Timestamp,
    },
}

impl Open {
    /// The same as it counts now: what was to wait longer than it ever may waits no more.
    #[must_use]
    pub fn as_of(&self, now: Timestamp, window: std::time::Duration) -> Self {
        match self {
            Self::Failed { code, attempts, retry_at } => Self::Failed {
                code: code.clone(),
                attempts: *attempts,
                retry_at: as_of(*retry_at, now, LONGEST + SKEW),
            },
            Self::SetAside { recheck_at } => {
                Self::SetAside { recheck_at: as_of(*recheck_at, now, window + SKEW) }
            }
            Self::Due | Self::Skipped { .. } | Self::Held { .. } | Self::Declined { .. } => self.clone(),
        }
    }
}

/// What a link remembers of one member. A run holds as many as a group has members, so what few have is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub key: MemberKey,
    /// The contact on the list's side, once known.
    pub contact: Option<ContactId>,
    /// The address it is shown by, once known.
    pub address: Option<Address>,
    /// Whether both sides were last known to share it.
    pub in_baseline: bool,
    /// What we hold true of it in the group.
    pub group: Option<Belief>,
    /// The effect that was about to be sent to the group.
    pub intent: Option<Intent>,
    /// The change that is not folded yet.
    pub open: Option<Open>,
    /// Where they left the list and the link gives them time to come back: until when they stay in the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Box<Grace>>,
    /// The primary address that the directory gave when it was last read, as rows kept it before contacts did
    /// ([`Grounds::named`](crate::matched::Grounds::named)): read where the contact has none yet, and written no more.
    #[serde(default)]
    pub named: Option<Box<Named>>,
    /// On a link that several groups feed: those in which the member was seen when they were last read.
    #[serde(default)]
    pub sources: BTreeSet<GroupId>,
}

impl Member {
    /// A member of whom nothing is known yet.
    #[must_use]
    pub fn unknown(key: MemberKey) -> Self {
        Self {
            key,
            contact: None,
            address: None,
            in_baseline: false,
            group: None,
            intent: None,
            open: None,
            grace: None,
            named: None,
            sources: BTreeSet::new(),
        }
    }

    /// Under which digest an earlier run kept this change back, and why, if one did.
    #[must_use]
    pub fn held(&self, wanted: Change) -> Option<(&str, HoldReason)> {
        match &self.open {
            Some(Open::Held { digest, change, reason }) if *change == wanted => Some((digest, *reason)),
            _ => None,
        }
    }

    /// The row as it counts now, where something in it was set under a clock that ran ahead; none: nothing was. What is held
    /// or intended since later is so since now, and what waits longer than it may waits no more. Once it is saved so, it is as
    /// any other: a belief settles a window from now, not when the wrong clock said.
    #[must_use]
    pub fn as_of(&self, now: Timestamp, window: std::time::Duration) -> Option<Self> {
        let group = self.group.map(|belief| belief.as_of(now));
        let intent = self.intent.map(|intent| Intent { since: intent.since.min(now), ..intent });
        let open = self.open.as_ref().map(|open| open.as_of(now, window));
        let grace = self.grace.as_ref().map(|grace| Box::new(grace.as_of(now)));
        let is_ahead =
            group != self.group || intent != self.intent || open != self.open || grace != self.grace;
        is_ahead.then(|| Self { group, intent, open, grace, ..self.clone() })
    }

    /// Whether there is anything left to remember at `now`: else the row can go.
    #[must_use]
    pub fn is_forgettable(&self, now: Timestamp, window: std::time::Duration) -> bool {
        !self.in_baseline
            && self.intent.is_none()
            && self.open.is_none()
            && self.group.is_none_or(|belief| !belief.present && belief.settles_at(window) <= now)
    }
}
