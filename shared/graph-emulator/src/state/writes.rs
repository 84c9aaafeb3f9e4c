//! Changes to the directory. They judge nothing: rules belong to the calls.

use std::sync::Arc;

use super::directory::Directory;
use super::group::{Group, GroupRecord};
use super::history::{History, Life, Seq};
use super::links::{Links, Step};
use super::other::OtherObject;
use super::user::User;
use super::{Kind, ObjectId};

/// Which links of a group are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkSet {
    Members,
    Owners,
}

impl LinkSet {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Owners => "owners",
        }
    }
}

impl GroupRecord {
    pub(crate) fn links(&self, set: LinkSet) -> &Links {
        match set {
            LinkSet::Members => &self.members,
            LinkSet::Owners => &self.owners,
        }
    }

    fn links_mut(&mut self, set: LinkSet) -> &mut Links {
        match set {
            LinkSet::Members => &mut self.members,
            LinkSet::Owners => &mut self.owners,
        }
    }
}

impl Directory {
    /// A new change at `now`.
    fn tick(&mut self, now: i64) -> Seq {
        let latest = self.times.last().copied().unwrap_or(now).max(now);
        self.times.push(latest);
        self.times.len() as Seq
    }

    pub(crate) fn insert_user(&mut self, mut user: User, now: i64) -> ObjectId {
        let seq = self.tick(now);
        user.created_ms = now;
        let id = user.id;
        self.index_user(&user);
        self.users.insert(id, History::new(seq, user));
        self.user_log.push((seq, id));
        let count = self.user_counts.last().map_or(0, |(_, count)| *count) + 1;
        self.user_counts.push((seq, count));
        id
    }

    pub(crate) fn change_user(&mut self, id: ObjectId, now: i64, change: impl FnOnce(&mut User)) -> bool {
        let Some(latest) = self.users.get(&id).map(|history| history.latest().clone()) else {
            return false;
        };
        let mut user = User::clone(&latest.value);
        change(&mut user);
        user.id = id;
        let seq = self.tick(now);
        self.index_user(&user);
        if let Some(history) = self.users.get_mut(&id) {
            history.push(seq, latest.life, Arc::new(user));
        }
        self.user_log.push((seq, id));
        true
    }

    /// Moves a user between existing, deleted items and gone.
    pub(crate) fn set_user_life(&mut self, id: ObjectId, life: Life, now: i64) -> bool {
        let Some(latest) = self.users.get(&id).map(|history| history.latest().clone()) else {
            return false;
        };
        if latest.life == life || latest.life == Life::Purged {
            return false;
        }
        let seq = self.tick(now);
        if let Some(history) = self.users.get_mut(&id) {
            history.push(seq, life, latest.value);
        }
        self.user_log.push((seq, id));
        let before = self.user_counts.last().map_or(0, |(_, count)| *count);
        let after = before + usize::from(life == Life::Live) - usize::from(latest.life == Life::Live);
        self.user_counts.push((seq, after));
        self.follow_life(seq, (id, Kind::User), latest.life, life);
        true
    }

    pub(crate) fn insert_group(&mut self, mut group: Group, now: i64) -> ObjectId {
        let seq = self.tick(now);
        group.created_ms = now;
        let id = group.id;
        self.index_group(&group);
        let record = GroupRecord {
            history: History::new(seq, group),
            members: Links::default(),
            owners: Links::default(),
        };
        self.groups.insert(id, record);
        self.group_log.push((seq, id));
        id
    }

    pub(crate) fn change_group(&mut self, id: ObjectId, now: i64, change: impl FnOnce(&mut Group)) -> bool {
        let Some(latest) = self.groups.get(&id).map(|record| record.history.latest().clone()) else {
            return false;
        };
        let mut group = Group::clone(&latest.value);
        change(&mut group);
        group.id = id;
        if group == *latest.value {
            return true;
        }
        let seq = self.tick(now);
        self.index_group(&group);
        if let Some(record) = self.groups.get_mut(&id) {
            record.history.push(seq, latest.life, Arc::new(group));
        }
        self.group_log.push((seq, id));
        true
    }

    pub(crate) fn set_group_life(&mut self, id: ObjectId, life: Life, now: i64) -> bool {
        let Some(latest) = self.groups.get(&id).map(|record| record.history.latest().clone()) else {
            return false;
        };
        if latest.life == life || latest.life == Life::Purged {
            return false;
        }
        let seq = self.tick(now);
        if let Some(record) = self.groups.get_mut(&id) {
            record.history.push(seq, life, latest.value);
        }
        self.group_log.push((seq, id));
        self.follow_life(seq, (id, Kind::Group), latest.life, life);
        true
    }

    pub(crate) fn insert_other(&mut self, other: OtherObject, now: i64) -> ObjectId {
        let seq = self.tick(now);
        let id = other.id;
        self.others.insert(id, History::new(seq, other));
        id
    }

    pub(crate) fn remove_other(&mut self, id: ObjectId, now: i64) -> bool {
        let Some(latest) = self.others.get(&id).map(|history| history.latest().clone()) else {
            return false;
        };
        let seq = self.tick(now);
        let kind = latest.value.kind;
        if let Some(history) = self.others.get_mut(&id) {
            history.push(seq, Life::Purged, latest.value);
        }
        self.follow_life(seq, (id, kind), latest.life, Life::Purged);
        true
    }

    /// Links an object; false if it was linked already or one of the two is unknown.
    pub(crate) fn link(&mut self, group: ObjectId, set: LinkSet, id: ObjectId, now: i64) -> bool {
        let newest = self.newest();
        let Some(kind) = self.kind_at(id, newest) else { return false };
        if self.groups.get(&group).is_none_or(|record| record.links(set).has(id)) {
            return false;
        }
        let seq = self.tick(now);
        if let Some(record) = self.groups.get_mut(&group) {
            record.links_mut(set).set(seq, id, kind);
        }
        self.linked_in.entry(id).or_default().insert(group);
        self.group_log.push((seq, group));
        true
    }

    /// Takes a link away; false if there was none.
    pub(crate) fn unlink(&mut self, group: ObjectId, set: LinkSet, id: ObjectId, now: i64) -> bool {
        let newest = self.newest();
        let Some(links) = self.groups.get(&group).map(|record| record.links(set)) else { return false };
        let Some(kind) = links.kind(id).filter(|_| links.has(id)) else { return false };
        let visible = self.is_live(id, kind, newest);
        let seq = self.tick(now);
        if let Some(record) = self.groups.get_mut(&group) {
            let links = record.links_mut(set);
            if visible { links.clear(seq, id, kind) } else { links.clear_hidden(seq, id, kind) }
        }
        self.group_log.push((seq, group));
        true
    }

    /// Counts and change logs of the groups that hold an object whose life changed.
    fn follow_life(&mut self, seq: Seq, object: (ObjectId, Kind), from: Life, to: Life) {
        let (id, kind) = object;
        let holders: Vec<ObjectId> = self.linked_in.get(&id).into_iter().flatten().copied().collect();
        for holder in holders {
            let Some(record) = self.groups.get_mut(&holder) else { continue };
            let mut shown = false;
            for set in [LinkSet::Members, LinkSet::Owners] {
                let links = record.links_mut(set);
                if !links.has(id) {
                    continue;
                }
                match (from, to) {
                    (Life::Live, Life::Purged) => links.clear(seq, id, kind),
                    (_, Life::Purged) => links.clear_hidden(seq, id, kind),
                    (Life::Live, _) => links.recount(seq, kind, Step::Down),
                    (_, Life::Live) => {
                        links.recount(seq, kind, Step::Up);
                        links.touch(seq, id);
                    }
                    _ => {}
                }
                shown |= to != Life::SoftDeleted;
            }
            if shown {
                self.group_log.push((seq, holder));
            }
        }
    }

    fn index_user(&mut self, user: &User) {
        for key in user.keys() {
            let ids = self.user_keys.entry(key.to_lowercase()).or_default();
            if !ids.contains(&user.id) {
                ids.push(user.id);
            }
        }
    }

    fn index_group(&mut self, group: &Group) {
        for key in group.unique_name.iter().chain(std::iter::once(&group.mail_nickname)) {
            let ids = self.group_keys.entry(key.to_lowercase()).or_default();
            if !ids.contains(&group.id) {
                ids.push(group.id);
            }
        }
    }
}
