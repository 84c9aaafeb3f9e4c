//! One round of change tracking, cut into pages.

use serde_json::{Map, Value, json};

use super::delta::{Scope, Tracked};
use super::delta_spot::Spot;
use crate::state::directory::Directory;
use crate::state::group::{Group, GroupRecord};
use crate::state::history::{History, Life, Seq};
use crate::state::{Kind as Object, ObjectId};
use crate::world::World;

/// A round: what changed after `from`, as it is at `at`. What lies before `fresh` an earlier round showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) kind: Kind,
    pub(crate) from: Seq,
    pub(crate) at: Seq,
    pub(crate) fresh: Seq,
    pub(crate) spot: Spot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everything there is.
    Initial,
    /// What changed.
    Changes,
    /// Nothing: the token is all that was asked for.
    Empty,
}

/// Which properties a changed object carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All that were selected.
    Selected,
    /// Those that changed: `Prefer: return=minimal`.
    Changed,
}

/// The rows of the page at `round.spot`, and where the next page starts, if there is one.
pub(crate) fn page(
    world: &World,
    scope: &Scope,
    round: &Round,
    detail: Detail,
) -> (Vec<Value>, Option<Spot>) {
    if round.kind == Kind::Empty {
        return (Vec::new(), None);
    }
    // An empty page stands for what was looked through in vain: a token that has passed it leads through it no more.
    if let Spot::Start { empty_pages } = round.spot
        && empty_pages < world.settings.delta.empty_pages
        && round.from < round.at
    {
        return (Vec::new(), Some(Spot::Start { empty_pages: empty_pages + 1 }));
    }
    let view = View { directory: &world.directory, scope, round, detail };
    match scope.tracked {
        Tracked::Users => view.users(world.settings.delta.page.max(1)),
        Tracked::Groups => view.groups(world.settings.delta.page.max(1), world.settings.delta.slice.max(1)),
    }
}

struct View<'a> {
    directory: &'a Directory,
    scope: &'a Scope,
    round: &'a Round,
    detail: Detail,
}

impl View<'_> {
    /// The objects of the round that are still open, by id.
    fn objects(&self) -> Vec<ObjectId> {
        let (from, at) = (self.round.from, self.round.at);
        let open = |id: &ObjectId| self.round.spot.open(*id) && self.scope.covers(*id);
        match (self.round.kind, self.scope.tracked) {
            (Kind::Initial, _) if self.scope.ids.is_some() => {
                let mut ids: Vec<ObjectId> = self.scope.ids.iter().flatten().copied().filter(open).collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            }
            (Kind::Initial, Tracked::Groups) => {
                self.directory.groups_after(None, at).map(|group| group.id).filter(open).collect()
            }
            (Kind::Changes, Tracked::Groups) => {
                self.directory.groups_changed(from, at).into_iter().filter(open).collect()
            }
            (Kind::Changes, Tracked::Users) => {
                self.directory.users_changed(from, at).into_iter().filter(open).collect()
            }
            (Kind::Initial | Kind::Empty, _) => Vec::new(),
        }
    }

    fn users(&self, limit: usize) -> (Vec<Value>, Option<Spot>) {
        let after = match self.round.spot {
            Spot::Start { .. } => None,
            Spot::Inside { object, .. } | Spot::After { object } => Some(object),
        };
        let all = self.round.kind == Kind::Initial && self.scope.ids.is_none();
        let ids: Box<dyn Iterator<Item = ObjectId>> = match all {
            true => Box::new(self.directory.users_after(after, self.round.at).map(|user| user.id)),
            false => Box::new(self.objects().into_iter()),
        };
        let mut rows: Vec<(ObjectId, Value)> =
            ids.filter_map(|id| Some((id, Value::Object(self.user(id)?)))).take(limit + 1).collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(object, _)| Spot::After { object: *object });
        (rows.into_iter().map(|(_, row)| row).collect(), next)
    }

    fn user(&self, id: ObjectId) -> Option<Map<String, Value>> {
        let history = self.directory.user_history(id)?;
        let (row, presence) = self.object(id, history, |user, name| user.property(name));
        let mut row = row.filter(|_| presence != Presence::Same)?;
        history.latest().value.name_subtype(&mut row);
        Some(row)
    }

    /// The row of an object without its members, if it is to be shown for its own sake, and whether it is gone.
    fn object<T>(
        &self,
        id: ObjectId,
        history: &History<T>,
        property: impl Fn(&T, &str) -> Value,
    ) -> (Option<Map<String, Value>>, Presence) {
        let before = history.at(self.round.from).filter(|_| self.round.kind == Kind::Changes);
        let Some(now) = history.at(self.round.at) else { return (None, Presence::Gone) };
        let mut row = Map::from_iter([("id".to_owned(), json!(id.to_string()))]);
        if now.life != Life::Live {
            let news = before.is_some_and(|before| before.life != now.life);
            let reason = if now.life == Life::Purged { "deleted" } else { "changed" };
            row.insert("@removed".to_owned(), json!({"reason": reason}));
            return (news.then_some(row), Presence::Gone);
        }
        let old = before.filter(|before| before.life == Life::Live).map(|before| &before.value);
        let mut changed = old.is_none();
        for name in self.scope.properties() {
            let value = property(&now.value, &name);
            let differs = old.is_none_or(|old| property(old, &name) != value);
            changed |= differs;
            if differs || self.detail == Detail::Selected {
                row.insert(name, value);
            }
        }
        (Some(row), if changed { Presence::Changed } else { Presence::Same })
    }

    fn groups(&self, limit: usize, slice: usize) -> (Vec<Value>, Option<Spot>) {
        let mut rows = Vec::new();
        let mut room = limit;
        let ids = self.objects();
        for (index, id) in ids.iter().enumerate() {
            let Some(record) = self.directory.group_record(*id) else { continue };
            match self.group(record, *id, (&mut room, slice), &mut rows) {
                Some(spot) => return (rows, Some(spot)),
                None if room == 0 && index + 1 < ids.len() => {
                    return (rows, Some(Spot::After { object: *id }));
                }
                None => {}
            }
        }
        (rows, None)
    }

    /// Adds the appearances of one group; the spot to go on from if the page is full before its members are all shown.
    fn group(
        &self,
        record: &GroupRecord,
        id: ObjectId,
        limits: (&mut usize, usize),
        rows: &mut Vec<Value>,
    ) -> Option<Spot> {
        let (room, slice) = limits;
        let (row, presence) = self.object(id, &record.history, |group: &Group, name| group.property(name));
        let row = row?;
        let resumed = self.round.spot.last_member(id);
        let mut members = self.members(record, id, presence).peekable();
        if members.peek().is_none() {
            if presence != Presence::Same && resumed.is_none() {
                rows.push(Value::Object(row));
                *room = room.saturating_sub(1);
            }
            return None;
        }
        loop {
            let chunk: Vec<(ObjectId, Value)> = members.by_ref().take(slice.min(*room)).collect();
            let member = chunk.last().map(|(member, _)| *member)?;
            *room -= chunk.len();
            let mut item = row.clone();
            let shown: Vec<Value> = chunk.into_iter().map(|(_, member)| member).collect();
            item.insert("members@delta".to_owned(), Value::Array(shown));
            rows.push(Value::Object(item));
            members.peek()?;
            if *room == 0 {
                return Some(Spot::Inside { object: id, member });
            }
        }
    }

    /// The member rows of a group that are still to be shown.
    fn members<'b>(
        &'b self,
        record: &'b GroupRecord,
        id: ObjectId,
        presence: Presence,
    ) -> Box<dyn Iterator<Item = (ObjectId, Value)> + 'b> {
        if presence == Presence::Gone || !self.scope.members() {
            return Box::new(std::iter::empty());
        }
        let (from, at) = (self.round.from, self.round.at);
        let after = self.round.spot.last_member(id);
        let born = record.history.live_at(from).is_none();
        if self.round.kind == Kind::Initial || born {
            return Box::new(
                record
                    .members
                    .after(after, at)
                    .filter(move |(member, kind)| self.directory.is_live(*member, *kind, at))
                    .map(|(member, kind)| (member, self.typed(member, kind))),
            );
        }
        let mut touched: Vec<ObjectId> = record
            .members
            .changed(from, at)
            .filter(|member| after.is_none_or(|after| *member > after))
            .collect();
        touched.sort_unstable();
        touched.dedup();
        Box::new(touched.into_iter().filter_map(move |member| self.member(record, member)))
    }

    /// How a member's change is shown: come, gone, or not at all while the object is soft-deleted.
    fn member(&self, record: &GroupRecord, member: ObjectId) -> Option<(ObjectId, Value)> {
        let at = self.round.at;
        let kind = record.members.kind(member)?;
        let mut row = self.typed(member, kind);
        if record.members.has_at(member, at) {
            return self.directory.is_live(member, kind, at).then_some((member, row));
        }
        row["@removed"] = json!({"reason": "deleted"});
        Some((member, row))
    }

    fn typed(&self, id: ObjectId, kind: Object) -> Value {
        json!({"@odata.type": self.directory.type_name(id, kind), "id": id.to_string()})
    }
}

/// How an object stands at the end of the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Gone,
    Same,
    Changed,
}
