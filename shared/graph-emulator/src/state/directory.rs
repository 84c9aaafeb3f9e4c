//! All objects, and how a reader finds them at a given moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::group::{Group, GroupRecord};
use super::history::{History, Life, Seq};
use super::other::OtherObject;
use super::user::User;
use super::{Kind, ObjectId};

/// The directory of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(super) times: Vec<i64>,
    pub(super) users: BTreeMap<ObjectId, History<User>>,
    pub(super) groups: BTreeMap<ObjectId, GroupRecord>,
    pub(super) others: BTreeMap<ObjectId, History<OtherObject>>,
    /// Each text that a user ever had as an address or name, in lower case.
    pub(super) user_keys: HashMap<String, Vec<ObjectId>>,
    /// Nicknames, unique names and ids of groups, in lower case.
    pub(super) group_keys: HashMap<String, Vec<ObjectId>>,
    /// The groups that an object is or was linked to.
    pub(super) linked_in: HashMap<ObjectId, BTreeSet<ObjectId>>,
    pub(super) user_log: Vec<(Seq, ObjectId)>,
    pub(super) group_log: Vec<(Seq, ObjectId)>,
    pub(super) user_counts: Vec<(Seq, usize)>,
}

impl Directory {
    /// The number of the newest change.
    pub(crate) fn newest(&self) -> Seq {
        self.times.len() as Seq
    }

    /// The newest change that is not younger than `ms`.
    pub(crate) fn seq_at(&self, ms: i64) -> Seq {
        self.times.partition_point(|time| *time <= ms) as Seq
    }

    pub(crate) fn user_at(&self, id: ObjectId, at: Seq) -> Option<&Arc<User>> {
        self.users.get(&id).and_then(|history| history.live_at(at))
    }

    pub(crate) fn user_history(&self, id: ObjectId) -> Option<&History<User>> {
        self.users.get(&id)
    }

    /// The value of `@odata.type` of an object: that of its subtype, where it has one.
    pub(crate) fn type_name(&self, id: ObjectId, kind: Kind) -> &'static str {
        let user = self.users.get(&id).filter(|_| kind == Kind::User);
        user.map_or(kind.type_name(), |history| history.latest().value.subtype.type_name())
    }

    pub(crate) fn group_at(&self, id: ObjectId, at: Seq) -> Option<(&Arc<Group>, &GroupRecord)> {
        let record = self.groups.get(&id)?;
        record.history.live_at(at).map(|group| (group, record))
    }

    /// A group among the deleted items, and when it came there.
    pub(crate) fn deleted_group_at(&self, id: ObjectId, at: Seq) -> Option<(&Group, i64)> {
        let version = self.groups.get(&id)?.history.at(at).filter(|one| one.life == Life::SoftDeleted)?;
        let index = usize::try_from(version.seq).ok()?.checked_sub(1)?;
        Some((&version.value, *self.times.get(index)?))
    }

    pub(crate) fn group_record(&self, id: ObjectId) -> Option<&GroupRecord> {
        self.groups.get(&id)
    }

    pub(crate) fn other_at(&self, id: ObjectId, at: Seq) -> Option<&Arc<OtherObject>> {
        self.others.get(&id).and_then(|history| history.live_at(at))
    }

    /// The changes of groups after so many.
    pub(crate) fn group_log_from(&self, told: usize) -> &[(Seq, ObjectId)] {
        self.group_log.get(told..).unwrap_or_default()
    }

    /// Whether a group was deleted for good.
    pub(crate) fn is_purged_group(&self, id: ObjectId) -> bool {
        self.groups.get(&id).is_some_and(|record| record.history.latest().life == Life::Purged)
    }

    /// The kind of an object that is live at `at`.
    pub(crate) fn kind_at(&self, id: ObjectId, at: Seq) -> Option<Kind> {
        if self.user_at(id, at).is_some() {
            return Some(Kind::User);
        }
        if self.group_at(id, at).is_some() {
            return Some(Kind::Group);
        }
        self.other_at(id, at).map(|other| other.kind)
    }

    pub(crate) fn is_live(&self, id: ObjectId, kind: Kind, at: Seq) -> bool {
        match kind {
            Kind::User => self.user_at(id, at).is_some(),
            Kind::Group => self.group_at(id, at).is_some(),
            _ => self.other_at(id, at).is_some(),
        }
    }

    /// Users by id, from the one after `after`.
    pub(crate) fn users_after(
        &self,
        after: Option<ObjectId>,
        at: Seq,
    ) -> impl Iterator<Item = &Arc<User>> + '_ {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.users.range((start, Bound::Unbounded)).filter_map(move |(_, history)| history.live_at(at))
    }

    pub(crate) fn groups_after(
        &self,
        after: Option<ObjectId>,
        at: Seq,
    ) -> impl Iterator<Item = &Arc<Group>> + '_ {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.groups.range((start, Bound::Unbounded)).filter_map(move |(_, record)| record.history.live_at(at))
    }

    pub(crate) fn others_after(
        &self,
        after: Option<ObjectId>,
        at: Seq,
    ) -> impl Iterator<Item = &Arc<OtherObject>> + '_ {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.others.range((start, Bound::Unbounded)).filter_map(move |(_, history)| history.live_at(at))
    }

    /// Users that have, or had, `text` as an address or sign-in name.
    pub(crate) fn users_keyed(&self, text: &str) -> &[ObjectId] {
        self.user_keys.get(&text.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Groups that have, or had, `text` as nickname or unique name.
    pub(crate) fn groups_keyed(&self, text: &str) -> &[ObjectId] {
        self.group_keys.get(&text.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn user_named(&self, name: &str, at: Seq) -> Option<&Arc<User>> {
        self.users_keyed(name)
            .iter()
            .filter_map(|id| self.user_at(*id, at))
            .find(|user| user.user_principal_name.to_lowercase() == name.to_lowercase())
    }

    pub(crate) fn group_unique(&self, name: &str, at: Seq) -> Option<&Arc<Group>> {
        self.groups_keyed(name)
            .iter()
            .filter_map(|id| self.group_at(*id, at))
            .map(|(group, _)| group)
            .find(|group| group.unique_name.as_deref().is_some_and(|unique| same(unique, name)))
    }

    pub(crate) fn user_count_at(&self, at: Seq) -> usize {
        count_at(&self.user_counts, at)
    }

    /// Users that changed after `from`, up to `to`, each once, by id.
    pub(crate) fn users_changed(&self, from: Seq, to: Seq) -> BTreeSet<ObjectId> {
        changed(&self.user_log, from, to)
    }

    /// Groups of which a property, the life or a member changed after `from`, up to `to`.
    pub(crate) fn groups_changed(&self, from: Seq, to: Seq) -> BTreeSet<ObjectId> {
        changed(&self.group_log, from, to)
    }

    /// When the group was made, in milliseconds.
    pub(crate) fn group_created_ms(&self, record: &GroupRecord) -> i64 {
        let seq = record.history.created();
        usize::try_from(seq)
            .ok()
            .and_then(|seq| seq.checked_sub(1))
            .and_then(|index| self.times.get(index))
            .copied()
            .unwrap_or(0)
    }
}

pub(crate) fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

fn count_at(counts: &[(Seq, usize)], at: Seq) -> usize {
    let after = counts.partition_point(|(seq, _)| *seq <= at);
    after.checked_sub(1).map_or(0, |index| counts[index].1)
}

fn changed(log: &[(Seq, ObjectId)], from: Seq, to: Seq) -> BTreeSet<ObjectId> {
    let start = log.partition_point(|(seq, _)| *seq <= from);
    let end = log.partition_point(|(seq, _)| *seq <= to);
    log[start..end.max(start)].iter().map(|(_, id)| *id).collect()
}
