//! Leaving out accounts that no person stands behind, on links that ask for it.

use std::collections::BTreeSet;

use listsync_core::{
    case::{failed_again, skip},
    id::ObjectId,
    link::SharedMailboxes,
    member::{Member, Op, Open},
    plan::Effect,
};

use super::{decide::Sorting, look::Matches};
use crate::ports::PortResult;

/// How many accounts one run asks for: each costs a question of its own, twenty to a request.
const ASKED_AT_ONCE: usize = 1_000;

impl Sorting<'_> {
    /// Takes the additions of shared mailboxes, rooms and equipment out of the plan. They are asked for again with
    /// backoff, as a mailbox may be given to a person. What there is no time to ask for is left to another run.
    pub(super) async fn leave_out_mailboxes(&mut self) -> PortResult<()> {
        if self.look.link().members.shared_mailboxes == SharedMailboxes::Sync {
            return Ok(());
        }
        let asks = |effect: &Effect| effect.change.op == Op::Add && effect.key.object_id().is_some();
        let adding = self.effects.iter().filter(|effect| asks(effect));
        let all: BTreeSet<ObjectId> = adding.filter_map(|effect| effect.key.object_id().cloned()).collect();
        let most = if self.look.matches == Matches::Saved { ASKED_AT_ONCE } else { usize::MAX };
        let asked: Vec<ObjectId> = all.into_iter().take(most).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let shared = self.look.ports.directory.shared_mailboxes(self.look.call(), &asked).await?;
        let asked: BTreeSet<ObjectId> = asked.into_iter().collect();
        for effect in std::mem::take(&mut self.effects) {
            match effect.key.object_id() {
                Some(id) if asks(&effect) && shared.contains(id) => self.leave_out(&effect),
                Some(id) if asks(&effect) && !asked.contains(id) => {
                    self.resolution.unfinished = true;
                    self.put_back(&effect, |_| Open::Due);
                }
                _ => self.effects.push(effect),
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, effect: &Effect) {
        *self.skipped.entry(skip::SHARED_MAILBOX.to_owned()).or_default() += 1;
        let now = self.now;
        self.put_back(effect, |before| failed_again(before, skip::SHARED_MAILBOX, now));
    }

    fn put_back(&mut self, effect: &Effect, open: impl FnOnce(Option<&Open>) -> Open) {
        if let Some(member) = self.resolution.pending.remove(&effect.key) {
            let open = Some(open(member.open.as_ref()));
            let change = self.change(Member { open, ..member });
            self.resolution.changes.extend(change);
        }
    }
}
