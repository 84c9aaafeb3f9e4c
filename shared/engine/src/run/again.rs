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
/// the approval names those who are held and is spent only when a run has tried them all. What an earlier run intended and
/// did not record may have taken effect, and stays open, with the window that it waited out.
pub(super) fn not_sent(effect: &Effect, row: Member) -> Member {
    let open = match row.open {
        Some(held @ Open::Held { .. }) if effect.release == Release::Approved => held,
        Some(waiting @ Open::SetAside { .. }) if row.intent.is_some() => waiting,
        _ => Open::Due,
    };
    Member { open: Some(open), ..row }
}

#[cfg(test)]
mod tests {
    use listsync_core::{id::ObjectId, member::MemberKey, plan::Naming};

    use super::*;

    fn unsent(row: Member) -> Member {
        let effect = Effect {
            key: row.key.clone(),
            change: Change { side: Side::Group, op: Op::Add },
            cause: Cause::Unrecorded,
            release: Release::Free,
            address: None,
            name: String::new(),
            contact: None,
            also: Vec::new(),
            naming: Naming::Named,
        };
        not_sent(&effect, row)
    }

    /// Law 2: whoever is not sent again may show as a member all the same, and it must be known why.
    #[test]
    fn what_a_killed_run_may_have_sent_stays_open_where_it_is_not_sent_again() {
        let key = MemberKey::Principal(ObjectId::parse("anna").expect("an id"));
        let blank = Member::unknown(key);
        let since = Timestamp::UNIX_EPOCH;
        let intended = Member { intent: Some(Intent { op: Op::Add, since }), ..blank.clone() };
        assert_eq!(unsent(intended.clone()), Member { open: Some(Open::Due), ..intended.clone() });
        let waited = Member { open: Some(Open::SetAside { recheck_at: since }), ..intended };
        assert_eq!(unsent(waited.clone()), waited, "who waited once is then asked for alone");
        assert_eq!(unsent(blank.clone()), Member { open: Some(Open::Due), ..blank });
    }
}
