//! Sending once more what a crash left unrecorded, at the price of one write for what one request held.
//!
//! A request that took effect and was not recorded is refused as a whole when it comes again, for each of its members is in
//! the group. To ask for each alone would be certain at once, and cost a write each: a run that is killed often would write
//! several times what it has to. So they are set aside, and read once no read can lag behind any more. Who is not there
//! then is asked for alone.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    link::Side,
    member::{Change, Intent, Member, Op, Open},
    plan::{Cause, Effect, Release},
    schedule::later,
};

use super::decide::Resolution;

/// How a batch is sent to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// Each member is decided.
    Anew,
    /// An earlier request may have added them.
    Again,
}

/// Effects of one kind that are sent together.
pub(super) struct Batch<'a> {
    pub(super) effects: Vec<&'a Effect>,
    pub(super) sending: Sending,
}

/// Effects of one kind in batches of a size. What is sent again comes first, by itself and in the plan's order, in which it
/// was sent: so each request holds what an earlier one held.
pub(super) fn batches<'a>(mine: &[&'a Effect], size: usize, resolution: &Resolution) -> Vec<Batch<'a>> {
    let (again, anew): (Vec<_>, Vec<_>) =
        mine.iter().copied().partition(|effect| is_sent_again(effect, resolution));
    let of = |effects: &[&'a Effect], sending| -> Vec<Batch<'a>> {
        effects.chunks(size).map(|some| Batch { effects: some.to_vec(), sending }).collect()
    };
    let mut batches = of(&again, Sending::Again);
    batches.extend(of(&anew, Sending::Anew));
    batches
}

/// Who was set aside for that before, and is still not there, is asked for as anybody.
fn is_sent_again(effect: &Effect, resolution: &Resolution) -> bool {
    let waited = |row: &Member| matches!(row.open, Some(Open::SetAside { .. }));
    effect.cause == Cause::Unrecorded
        && effect.change == Change { side: Side::Group, op: Op::Add }
        && !resolution.pending.get(&effect.key).is_some_and(waited)
}

/// The row of a member of whom the directory said no more than that some of a request are in the group, and when it is
/// read.
pub(super) fn undecided(row: Member, now: Timestamp, window: Duration) -> (Member, Timestamp) {
    let recheck_at = later(now, window);
    let intent = Some(Intent { op: Op::Add, since: now });
    (Member { intent, open: Some(Open::SetAside { recheck_at }), ..row }, recheck_at)
}

/// The row of a member whose effect had none, for no fault of its own: it is due. What a person approved stays approved, as
/// the approval names those who are held and is spent only when a run has tried them all.
pub(super) fn not_sent(effect: &Effect, row: Member) -> Member {
    let open = match row.open {
        Some(held @ Open::Held { .. }) if effect.release == Release::Approved => held,
        _ => Open::Due,
    };
    Member { intent: None, open: Some(open), ..row }
}
