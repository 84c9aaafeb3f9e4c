//! Accounts that not every replica has heard of, and old changes that a feed repeats.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    Timestamp,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::Principal,
};
use listsync_engine::ports::Clock as _;

use super::{FakeDirectory, State};

impl FakeDirectory {
    /// Makes an account as an administrator does: each replica hears of it at a moment of its own, within [`super::Lag::most`].
    /// Until then a look-up, a read by id or an addition that such a replica serves answers that there is nobody.
    ///
    /// Source: <https://learn.microsoft.com/graph/api/group-post-members> (404 for a member that is not found) and the
    /// directory team's advice on eventual consistency, by which a new object may be not found for a while.
    pub fn hire(&self, person: Principal) {
        let (id, now) = (person.id.clone(), self.clock.now());
        self.put_person(person);
        let mut state = self.lock();
        let heard = state.hearings(now);
        state.late.insert(id, heard);
    }

    /// The next read of the group's changes tells once more that this member was added or removed, however long ago that was
    /// and even if the account was deleted since: a feed may repeat what it told.
    ///
    /// Source: <https://learn.microsoft.com/graph/delta-query-overview> ("Replays").
    pub fn repeat_change(&self, group: &GroupId, op: Op, member: &ObjectId) {
        self.lock().repeats.entry(group.clone()).or_default().insert(member.clone(), op);
    }

    /// From now on this share of all reads of a group's changes, in percent, tells once more of one that is as old as it likes.
    pub fn repeat_some_changes(&self, percent: u64) {
        self.lock().repeat_percent = percent;
    }
}

impl State {
    /// When each replica hears of an account of this moment.
    fn hearings(&mut self, now: Timestamp) -> Vec<Timestamp> {
        let most = u64::try_from(self.lag.most.as_millis()).unwrap_or(u64::MAX);
        let heard = |dice: &mut crate::dice::Dice| {
            now.checked_add(Duration::from_millis(dice.below(most + 1))).unwrap_or(Timestamp::MAX)
        };
        (0..self.lag.replicas.max(1)).map(|_| heard(&mut self.dice)).collect()
    }

    /// What the next read of a group's changes repeats.
    pub(super) fn repeated(&mut self, group: &GroupId) -> BTreeMap<ObjectId, Op> {
        let mut repeated = self.repeats.remove(group).unwrap_or_default();
        // Dice are thrown only where it may happen, so that other histories stay as they are.
        if self.repeat_percent > 0 && self.dice.chance(self.repeat_percent) {
            let events: Vec<(ObjectId, Op)> = self.groups.get(group).map_or_else(Vec::new, |row| {
                row.history.events().map(|event| (event.member.clone(), event.op)).collect()
            });
            repeated.extend(self.dice.pick(&events).cloned());
        }
        repeated
    }

    /// Whether the replica that serves this call has heard of somebody.
    pub(super) fn is_known(&mut self, id: &ObjectId, now: Timestamp) -> bool {
        let heard_at = self.late.get(id).and_then(|heard| heard.get(self.dice.index(heard.len())).copied());
        self.people.contains_key(id) && heard_at.is_none_or(|at| at <= now)
    }

    /// Those of them of whom the replica that serves this call has heard.
    pub(super) fn known(
        &mut self,
        ids: impl IntoIterator<Item = ObjectId>,
        now: Timestamp,
    ) -> Vec<Principal> {
        let known: Vec<ObjectId> = ids.into_iter().filter(|id| self.is_known(id, now)).collect();
        self.principals(known)
    }
}
