//! Leaving agents alone, on links that do not keep them.

use std::collections::BTreeSet;

use listsync_core::{
    case::skip,
    id::ObjectId,
    link::{Agents, Writes},
    member::{MemberKey, Op, Open},
    plan::{Cause, Effect},
    snapshot::PrincipalKind,
};

use super::{decide::Sorting, left_out::Sifted};
use crate::ports::PortResult;

/// How many accounts one run asks for, in requests of some hundred each.
const ASKED_AT_ONCE: usize = 5_000;

impl Sorting<'_> {
    /// Takes out of the plan what would bring an agent to either side, or take it off the group as somebody whom only the
    /// group has. That an agent left one side, or that somebody opted out, is carried over as ever: who was in step before
    /// stays in step.
    ///
    /// Who stands behind an account was mostly read anyway: with the group, or by a look-up. The others are asked for.
    pub(super) async fn leave_agents_alone(&mut self) -> PortResult<()> {
        if self.look.link().members.agents == Agents::Keep {
            return Ok(());
        }
        let (mut left_out, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for id in self.effects.iter().filter(|effect| concerns(effect)).filter_map(|one| one.key.object_id())
        {
            match self.evidence.kind_of(id) {
                Some(PrincipalKind::Agent) => drop(left_out.insert(id.clone())),
                Some(PrincipalKind::Own | PrincipalKind::Guest) => {}
                None if self.was_planned(id) => {}
                None => drop(unknown.insert(id.clone())),
            }
        }
        let most = if self.look.link().writes == Writes::ByHand { usize::MAX } else { ASKED_AT_ONCE };
        let (asked, unasked) = self.asked_now(unknown, most);
        if !asked.is_empty() {
            let people = self.look.places().by_id(self.look.call(), &asked).await?;
            let agents = people.into_iter().filter(|one| one.kind == PrincipalKind::Agent);
            left_out.extend(agents.map(|one| one.id));
        }
        self.sift(&Sifted { code: skip::AGENT, left_out, unasked }, concerns);
        Ok(())
    }
}

impl Sorting<'_> {
    /// Whether somebody was asked for when what waits for a person was planned; else a link that a person writes would cost
    /// the same question in each run.
    fn was_planned(&self, id: &ObjectId) -> bool {
        let row = self.evidence.records.get(&MemberKey::Principal(id.clone()));
        let waits = row.is_some_and(|row| {
            matches!(row.open, Some(Open::Due | Open::SetAside { .. } | Open::Held { .. }))
        });
        waits && self.look.link().writes == Writes::ByHand
    }
}

/// Whether it matters for an effect who stands behind the account.
fn concerns(effect: &Effect) -> bool {
    match (effect.change.op, effect.cause) {
        (Op::Add, Cause::Unrecorded) => false,
        (Op::Add, _) => effect.key.object_id().is_some(),
        (Op::Remove, cause) => matches!(cause, Cause::Extra | Cause::FirstMerge),
    }
}
