//! What a run keeps of whom it added and removed: effects that are known to be done, with the fold that records them.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use listsync_core::{
    Timestamp,
    case::Case,
    effects::{Batch, BatchPlace, Because, Certainty, Done},
    intent,
    link::Side,
    member::{Change, Member, MemberKey},
    plan::{Alias, Cause, Effect},
};

use super::apply::Apply;
use crate::ports::{Applied, FoldEffects, MemberChange};

impl Apply<'_> {
    /// These effects as the next batch of the run, to be kept with the fold that records them; none: there are none.
    pub(super) fn batch(&self, done: Vec<Done>) -> Option<FoldEffects> {
        if done.is_empty() {
            return None;
        }
        let link = self.look.link();
        let place = BatchPlace {
            at: self.look.now(),
            run: self.summary.run.clone(),
            number: self.batches.fetch_add(1, Ordering::Relaxed),
        };
        let (list, link, certainty) = (link.list.clone(), link.id.clone(), Certainty::Certain);
        let batch = Batch { list, link, place, certainty, done };
        Some(FoldEffects { batch, keep: self.look.settings.effects_keep })
    }

    /// That an effect on the list is done as it is folded.
    pub(super) fn done_on_list(&self, effect: &Effect) -> Done {
        Done::of(effect, self.look.now())
    }

    /// That somebody left the list under a further address, too.
    pub(super) fn done_under(&self, effect: &Effect, Alias { contact, address }: &Alias) -> Done {
        let (contact, address) = (Some(contact.clone()), Some(address.clone()));
        Done { contact, address, ..self.done_on_list(effect) }
    }
}

/// That the group took an effect that was intended then. That it was so already is none of ours, unless a run of ours was
/// killed over it.
pub(super) fn done_in_group(effect: &Effect, answer: &Applied, intended: Timestamp) -> Option<Done> {
    let is_ours = match answer {
        Applied::Done => true,
        Applied::AlreadySo => effect.cause == Cause::Unrecorded,
        _ => false,
    };
    is_ours.then(|| Done::of(effect, intended))
}

/// The effect that a killed run sent for a member, and that is seen to have been taken: the baseline has it from now on, and
/// that run may have kept nothing of it. It is as old as its intent, so that whoever meets it twice knows it for one.
pub(super) fn settled(case: &Case, after: &Member) -> Option<Done> {
    let intent = case.record.intent.filter(|_| after.intent.is_none())?;
    let done = || Done {
        change: Change { side: Side::Group, op: intent.op },
        because: Because::Known(Cause::Unrecorded),
        object: after.key.object_id().cloned(),
        contact: after.contact.clone(),
        address: after.address.clone(),
        at: intent.since,
    };
    let is_visible = intent::settle(intent, case.seen, intent.since).visible;
    is_visible.then(|| done().named(case.list.naming()))
}

/// Takes the effects of these rows out of all.
pub(super) fn of_rows(all: &mut BTreeMap<MemberKey, Done>, rows: &[MemberChange]) -> Vec<Done> {
    if all.is_empty() {
        return Vec::new();
    }
    rows.iter().filter_map(|row| all.remove(row.key())).collect()
}
