//! The members or owners of one group, with their past.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::history::Seq;
use super::{Kind, ObjectId};

#[derive(Clone, Debug)]
struct Edge {
    kind: Kind,
    /// When it came (true) and went (false).
    turns: Vec<(Seq, bool)>,
}

/// One set of links. Objects that are soft-deleted keep their link but do not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    edges: BTreeMap<ObjectId, Edge>,
    log: Vec<(Seq, ObjectId)>,
    counts: Vec<(Seq, Counts)>,
}

/// How many objects of each kind are visible.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts([usize; Kind::COUNT]);

impl Counts {
    pub(crate) fn of(self, kind: Option<Kind>) -> usize {
        kind.map_or_else(|| self.0.iter().sum(), |kind| self.0[kind as usize])
    }
}

/// Which way a count moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
}

impl Links {
    pub(crate) fn set(&mut self, seq: Seq, id: ObjectId, kind: Kind) {
        self.turn(seq, id, kind, true);
        self.recount(seq, kind, Step::Up);
    }

    pub(crate) fn clear(&mut self, seq: Seq, id: ObjectId, kind: Kind) {
        self.turn(seq, id, kind, false);
        self.recount(seq, kind, Step::Down);
    }

    /// Takes away the link of an object that is not visible any more, so that the count stays.
    pub(crate) fn clear_hidden(&mut self, seq: Seq, id: ObjectId, kind: Kind) {
        self.turn(seq, id, kind, false);
    }

    /// Records that the link is to be shown again by change tracking.
    pub(crate) fn touch(&mut self, seq: Seq, id: ObjectId) {
        self.log.push((seq, id));
    }

    pub(crate) fn recount(&mut self, seq: Seq, kind: Kind, step: Step) {
        let mut counts = self.counts.last().map_or_else(Counts::default, |(_, counts)| *counts);
        let slot = &mut counts.0[kind as usize];
        *slot = match step {
            Step::Up => *slot + 1,
            Step::Down => slot.saturating_sub(1),
        };
        self.counts.push((seq, counts));
    }

    pub(crate) fn has(&self, id: ObjectId) -> bool {
        self.edges.get(&id).and_then(|edge| edge.turns.last()).is_some_and(|(_, present)| *present)
    }

    pub(crate) fn has_at(&self, id: ObjectId, at: Seq) -> bool {
        self.edges.get(&id).is_some_and(|edge| edge.present_at(at))
    }

    pub(crate) fn kind(&self, id: ObjectId) -> Option<Kind> {
        self.edges.get(&id).map(|edge| edge.kind)
    }

    /// The links at `at`, by id, from the one after `after`.
    pub(crate) fn after(
        &self,
        after: Option<ObjectId>,
        at: Seq,
    ) -> impl Iterator<Item = (ObjectId, Kind)> + '_ {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.edges
            .range((start, Bound::Unbounded))
            .filter(move |(_, edge)| edge.present_at(at))
            .map(|(id, edge)| (*id, edge.kind))
    }

    pub(crate) fn counts_at(&self, at: Seq) -> Counts {
        let after = self.counts.partition_point(|(seq, _)| *seq <= at);
        after.checked_sub(1).map_or_else(Counts::default, |index| self.counts[index].1)
    }

    /// Whose links changed after `from`, up to `to`.
    pub(crate) fn changed(&self, from: Seq, to: Seq) -> impl Iterator<Item = ObjectId> + '_ {
        let start = self.log.partition_point(|(seq, _)| *seq <= from);
        let end = self.log.partition_point(|(seq, _)| *seq <= to);
        self.log[start..end.max(start)].iter().map(|(_, id)| *id)
    }

    fn turn(&mut self, seq: Seq, id: ObjectId, kind: Kind, present: bool) {
        let edge = self.edges.entry(id).or_insert_with(|| Edge { kind, turns: Vec::with_capacity(1) });
        edge.turns.push((seq, present));
        self.log.push((seq, id));
    }
}

impl Edge {
    fn present_at(&self, at: Seq) -> bool {
        let after = self.turns.partition_point(|(seq, _)| *seq <= at);
        after.checked_sub(1).is_some_and(|index| self.turns[index].1)
    }
}
