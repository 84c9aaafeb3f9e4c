//! What an effect that was saved but never recorded as done means for the next run.

use crate::{
    Timestamp,
    belief::{Belief, Seen},
    member::{Intent, Op},
};

/// What is taken for true of a member with an open intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The baseline and the group after the effect, whether it was seen or not.
    pub belief: Belief,
    /// Whether the effect was seen.
    pub visible: bool,
}

/// Settles an open intent before the table is asked.
///
/// The member is taken for what the effect would have made of it: an addition of ours must not look like somebody
/// else's. Where the read does not show the effect, it may have been lost or may still be on its way; both are settled
/// by writing once more, because the directory judges a write by its newest state and answers "already so" where there
/// is nothing to do. Waiting for the settle window instead would leave a killed run unfinished for half an hour, and
/// would decide the same.
#[must_use]
pub fn settle(intent: Intent, seen: Seen, now: Timestamp) -> Settled {
    let present = intent.op == Op::Add;
    let visible = match intent.op {
        Op::Add => seen == Seen::Present,
        Op::Remove => seen.is_absence(),
    };
    Settled { belief: Belief::written(present, now), visible }
}
