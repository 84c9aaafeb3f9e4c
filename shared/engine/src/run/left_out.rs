//! Leaving accounts out of the plan that a link does not keep in step, once it is known which those are.

use std::collections::BTreeSet;

use listsync_core::{
    case::failed_again,
    id::ObjectId,
    member::{Member, Open},
    plan::Effect,
};

use super::{decide::Sorting, look::Matches};

/// What was asked about accounts, and what came of it.
pub(super) struct Sifted {
    /// The reason under which they are left out.
    pub(super) code: &'static str,
    /// Who is left out.
    pub(super) left_out: BTreeSet<ObjectId>,
    /// Whom there was no time to ask for.
    pub(super) unasked: BTreeSet<ObjectId>,
}

impl Sorting<'_> {
    /// Parts those whom this run asks for from those who wait for another: each run saves what it did after a bounded
    /// number of questions. A preview asks for all of them, as nothing goes on after it.
    pub(super) fn asked_now(
        &self,
        ids: BTreeSet<ObjectId>,
        most: usize,
    ) -> (Vec<ObjectId>, BTreeSet<ObjectId>) {
        let most = if self.look.matches == Matches::Saved { most } else { usize::MAX };
        let mut asked: Vec<ObjectId> = ids.into_iter().collect();
        let unasked = asked.split_off(most.min(asked.len())).into_iter().collect();
        (asked, unasked)
    }

    /// Takes out of the plan what concerns accounts that are left out, to be looked at again with backoff; and leaves to
    /// another run what concerns those who were not asked for.
    pub(super) fn sift(&mut self, sifted: &Sifted, concerns: impl Fn(&Effect) -> bool) {
        let Sifted { code, left_out, unasked } = sifted;
        for effect in std::mem::take(&mut self.effects) {
            match effect.key.object_id().filter(|_| concerns(&effect)) {
                Some(id) if left_out.contains(id) => {
                    *self.skipped.entry((*code).to_owned()).or_default() += 1;
                    let now = self.now;
                    self.put_back(&effect, |before| failed_again(before, code, now));
                }
                Some(id) if unasked.contains(id) => {
                    self.resolution.unfinished = true;
                    self.put_back(&effect, |_| Open::Due);
                }
                _ => self.effects.push(effect),
            }
        }
    }

    fn put_back(&mut self, effect: &Effect, open: impl FnOnce(Option<&Open>) -> Open) {
        if let Some(member) = self.resolution.pending.remove(&effect.key) {
            let open = Some(open(member.open.as_ref()));
            let member = Member { open, ..member };
            self.name(&member, None);
            let change = self.change(member);
            self.resolution.changes.extend(change);
        }
    }
}
