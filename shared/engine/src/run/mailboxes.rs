//! Leaving out accounts that no person stands behind, on links that ask for it.

use std::collections::BTreeSet;

use listsync_core::{case::skip, id::ObjectId, link::SharedMailboxes, member::Op, plan::Effect};

use super::{decide::Sorting, left_out::Sifted};
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
        let (asked, unasked) = self.asked_now(all, ASKED_AT_ONCE);
        if asked.is_empty() {
            return Ok(());
        }
        let left_out = self.look.ports.directory.shared_mailboxes(self.look.call(), &asked).await?;
        self.sift(&Sifted { code: skip::SHARED_MAILBOX, left_out, unasked }, asks);
        Ok(())
    }
}
