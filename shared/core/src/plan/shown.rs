//! A plan as it was shown to somebody, so that a run can keep to it.

use std::collections::BTreeSet;

use super::{Cause, Effect, Plan};
use crate::{
    Timestamp,
    effects::{Because, Done, PackedError, pack, unpack},
    id::{ContactId, ObjectId},
    member::Change,
};

/// For how many hours a plan can be named after it was shown.
pub const SHOWN_FOR: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// How many changes one piece of a shown plan has: packed it takes less than 300 KiB.
const PIECE: usize = 4_000;

/// One change of a shown plan, without a word of whose it is but ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShownChange {
    /// What, and where.
    pub change: Change,
    /// The directory object, where the member has one.
    pub object: Option<ObjectId>,
    /// The contact, as far as it was known.
    pub contact: Option<ContactId>,
    /// Whether they are invited first, which is more than to add who is there.
    invites: bool,
}

impl ShownChange {
    fn of(done: &Done) -> Self {
        Self {
            change: done.change,
            object: done.object.clone(),
            contact: done.contact.clone(),
            invites: done.because == Because::Known(Cause::Invited),
        }
    }

    /// Whether it tells of nobody: of somebody who was erased.
    fn is_nameless(&self) -> bool {
        self.object.is_none() && self.contact.is_none()
    }

    fn done(&self) -> Done {
        let cause = match (self.invites, self.change.op) {
            (true, _) => Cause::Invited,
            (false, crate::member::Op::Add) => Cause::ListAdded,
            (false, crate::member::Op::Remove) => Cause::ListRemoved,
        };
        Done {
            change: self.change,
            because: Because::Known(cause),
            object: self.object.clone(),
            contact: self.contact.clone(),
            address: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }
}

/// Every change that an effect is.
fn changes(effect: &Effect) -> Vec<ShownChange> {
    let one = ShownChange::of(&Done::of(effect, Timestamp::UNIX_EPOCH));
    let also =
        effect.also.iter().map(|alias| ShownChange { contact: Some(alias.contact.clone()), ..one.clone() });
    std::iter::once(one.clone()).chain(also).collect()
}

/// All that a plan showed, what the guard held included: an approval may have released it since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown(BTreeSet<ShownChange>);

impl Shown {
    /// What this plan shows.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let held = plan.held.effects.iter().map(|(effect, _)| effect);
        Self(plan.effects.iter().chain(held).flat_map(changes).collect())
    }

    /// It, as pieces that stores can keep: at least one, and the last one is not full.
    #[must_use]
    pub fn pieces(&self) -> Vec<Vec<u8>> {
        let all: Vec<Done> = self.0.iter().map(ShownChange::done).collect();
        let mut pieces: Vec<Vec<u8>> = all.chunks(PIECE).map(pack).collect();
        if all.len().is_multiple_of(PIECE) {
            pieces.push(pack(&[]));
        }
        pieces
    }

    /// Takes the next piece in; whether there are more.
    ///
    /// # Errors
    /// When it is no such piece.
    pub fn take_in(&mut self, piece: &[u8]) -> Result<More, PackedError> {
        let all = unpack(piece)?;
        let more = if all.len() == PIECE { More::Follow } else { More::None };
        self.0.extend(all.iter().map(ShownChange::of));
        Ok(more)
    }

    /// What of it is left when this was done.
    #[must_use]
    pub fn without(mut self, done: &[Done]) -> Self {
        for one in done.iter().map(ShownChange::of) {
            // It stands for everybody erased whom the plan showed, and not all of them may be done.
            if !one.is_nameless() {
                self.0.remove(&one);
            }
        }
        self
    }
}

/// Whether pieces follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// They do.
    Follow,
    /// That was the last one.
    None,
}

/// In what a plan differs from one that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Is due, and was not shown: not done.
    pub not_shown: Vec<Effect>,
    /// Was shown, and is not due any more.
    pub not_due: Vec<ShownChange>,
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.not_shown.is_empty() && self.not_due.is_empty()
    }
}

impl Plan {
    /// Takes out of it whatever was not shown. What is held now is due, though nothing is done about it.
    #[must_use]
    pub fn keep_to(&mut self, shown: &Shown) -> Difference {
        let effects = std::mem::take(&mut self.effects);
        // Somebody who stands there under another address since would leave the list unseen: all of an effect was shown, or
        // none of it is done.
        let was_shown = |effect: &Effect| changes(effect).iter().all(|change| shown.0.contains(change));
        let (kept, not_shown): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(was_shown);
        let held = self.held.effects.iter().map(|(effect, _)| effect);
        let due: BTreeSet<ShownChange> =
            kept.iter().chain(&not_shown).chain(held).flat_map(changes).collect();
        self.effects = kept;
        // Whether what tells of nobody is still due of each whom it stood for, nobody can tell.
        let not_due = shown.0.difference(&due).filter(|change| !change.is_nameless()).cloned().collect();
        Difference { not_shown, not_due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::LinkId,
        limit::RemovalLimit,
        link::Side,
        member::{MemberKey, Op},
        plan::{Alias, Limits, Naming, Release, SideStanding, Standing},
    };
    use proptest::prelude::*;

    fn contact(number: usize) -> ContactId {
        ContactId::parse(&format!("c{number}")).expect("an id")
    }

    fn effect(number: usize, side: Side, op: Op) -> Effect {
        Effect {
            key: MemberKey::Principal(ObjectId::parse(&format!("u{number:05}")).expect("an id")),
            change: Change { side, op },
            cause: Cause::ListRemoved,
            release: Release::Guarded,
            address: None,
            name: String::new(),
            contact: Some(contact(number)),
            also: Vec::new(),
            naming: Naming::Named,
        }
    }

    fn plan(effects: Vec<Effect>, members: u64) -> Plan {
        let side = SideStanding { members, removed: 0, added: 0, at_first: members };
        let link = LinkId::parse("k1").expect("an id");
        let limits = Limits { removals: RemovalLimit::Standard, ..Limits::default() };
        Plan::assemble(link, effects, &Standing { list: side, group: side }, limits)
    }

    fn leaving(numbers: impl IntoIterator<Item = usize>) -> Vec<Effect> {
        numbers.into_iter().map(|number| effect(number, Side::Group, Op::Remove)).collect()
    }

    fn read(pieces: &[Vec<u8>]) -> Shown {
        let mut shown = Shown::default();
        for (number, piece) in pieces.iter().enumerate() {
            let more = shown.take_in(piece).expect("a piece");
            assert_eq!(more == More::Follow, number + 1 < pieces.len());
        }
        shown
    }

    #[test]
    fn whatever_its_size_it_reads_back_and_has_an_end() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let shown = Shown::of(&plan(leaving(0..size), 1_000_000));
            let pieces = shown.pieces();
            assert!(pieces.iter().all(|piece| piece.len() <= 300 * 1024), "{size}");
            assert_eq!(read(&pieces), shown, "{size}");
        }
        assert!(Shown::default().take_in(b"nonsense").is_err());
    }

    #[test]
    fn what_was_shown_as_held_may_be_done_once_it_is_approved() {
        let shown = Shown::of(&plan(leaving(0..30), 40));
        let approved = |effect: Effect| Effect { release: Release::Approved, ..effect };
        let mut now = plan(leaving(0..30).into_iter().map(approved).collect(), 40);
        assert_eq!(now.keep_to(&shown), Difference::default());
        assert_eq!(now.effects.len(), 30);
    }

    #[test]
    fn what_is_held_now_is_due_and_what_has_another_address_since_was_not_shown() {
        let shown = Shown::of(&plan(leaving(0..30), 1_000));
        let mut now = plan(leaving(0..30), 40);
        assert_eq!(now.keep_to(&shown), Difference::default());
        assert!(now.effects.is_empty());
        let mut alone = effect(1, Side::List, Op::Remove);
        let shown = Shown::of(&plan(vec![alone.clone()], 1_000));
        let address = crate::address::Address::parse("a@x.example").expect("an address");
        alone.also = vec![Alias { contact: contact(2), address }];
        let mut now = plan(vec![alone.clone()], 1_000);
        let difference = now.keep_to(&shown);
        assert_eq!((now.effects, difference.not_shown), (Vec::new(), vec![alone.clone()]));
        let invited = Effect { cause: Cause::Invited, ..effect(3, Side::Group, Op::Add) };
        let shown = Shown::of(&plan(vec![effect(3, Side::Group, Op::Add)], 1_000));
        assert_eq!(plan(vec![invited.clone()], 1_000).keep_to(&shown).not_shown, [invited]);
    }

    #[test]
    fn what_an_earlier_part_of_the_run_did_is_not_missed() {
        let shown = Shown::of(&plan(leaving(0..3), 1_000));
        let done: Vec<Done> = leaving(0..2).iter().map(|effect| Done::of(effect, Timestamp::MAX)).collect();
        let mut now = plan(leaving(2..3), 1_000);
        assert_eq!(now.keep_to(&shown.without(&done)), Difference::default());
    }

    proptest! {
        #[test]
        fn nothing_is_done_that_was_not_shown_and_nothing_is_passed_over(
            before in proptest::collection::btree_set(0..40_usize, 0..20),
            after in proptest::collection::btree_set(0..40_usize, 0..20),
        ) {
            let shown = Shown::of(&plan(leaving(before.iter().copied()), 1_000));
            let whole = plan(leaving(after.iter().copied()), 1_000);
            let mut now = whole.clone();
            let difference = now.keep_to(&shown);
            prop_assert_eq!(now.effects.len(), before.intersection(&after).count());
            prop_assert_eq!(difference.not_shown.len(), after.difference(&before).count());
            prop_assert_eq!(difference.not_due.len(), before.difference(&after).count());
            prop_assert!(now.effects.iter().all(|effect| whole.effects.contains(effect)));
        }
    }
}
