use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{Timestamp, id::ObjectId, member::Op};

use super::Lag;
use crate::dice::Dice;

/// Who changed a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody else: an administrator, an owner, the member.
    Person,
    /// A write through the port.
    Listsync,
}

/// One change of a group's membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub member: ObjectId,
    /// What.
    pub op: Op,
    /// By whom.
    pub actor: Actor,
}

/// A group's membership as it was at any time and as each replica shows it.
///
/// A replica takes events over in their order, each at its own moment; so a replica's state is a number of events.
#[derive(Debug)]
pub(super) struct History {
    newest: BTreeSet<ObjectId>,
    /// The state that every replica has reached, after so many events.
    settled: BTreeSet<ObjectId>,
    settled_events: usize,
    events: Vec<Spread>,
}

#[derive(Debug)]
struct Spread {
    event: Event,
    /// When each replica shows it.
    shown_at: Vec<Timestamp>,
}

impl History {
    pub(super) fn starting(members: BTreeSet<ObjectId>) -> Self {
        Self { newest: members.clone(), settled: members, settled_events: 0, events: Vec::new() }
    }

    pub(super) fn newest(&self) -> &BTreeSet<ObjectId> {
        &self.newest
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|spread| &spread.event)
    }

    /// Takes an event in unless it is so already; whether it changed anything.
    pub(super) fn push(&mut self, event: Event, lag: Lag, dice: &mut Dice) -> bool {
        let news = match event.op {
            Op::Add => self.newest.insert(event.member.clone()),
            Op::Remove => self.newest.remove(&event.member),
        };
        if news {
            let shown_at = self.spread(event.at, lag, dice);
            self.events.push(Spread { event, shown_at });
        }
        news
    }

    fn spread(&self, at: Timestamp, lag: Lag, dice: &mut Dice) -> Vec<Timestamp> {
        let last = self.events.last();
        let show = |replica: usize, dice: &mut Dice| {
            let most = u64::try_from(lag.most.as_millis()).unwrap_or(u64::MAX);
            let behind = if dice.chance(40) { dice.below(most.min(5_000) + 1) } else { dice.below(most + 1) };
            let shown = at.checked_add(Duration::from_millis(behind)).unwrap_or(Timestamp::MAX);
            let before = last.and_then(|spread| spread.shown_at.get(replica)).copied();
            before.map_or(shown, |before| before.max(shown))
        };
        (0..lag.replicas.max(1)).map(|replica| show(replica, dice)).collect()
    }

    /// How many events this replica shows.
    pub(super) fn position(&self, replica: usize, now: Timestamp) -> usize {
        let fresh = &self.events[self.settled_events..];
        self.settled_events + fresh.iter().take_while(|spread| spread.is_shown(replica, now)).count()
    }

    /// The members after so many events.
    pub(super) fn state(&self, position: usize) -> BTreeSet<ObjectId> {
        let mut members = self.settled.clone();
        for Spread { event, .. } in self.events.iter().take(position).skip(self.settled_events) {
            match event.op {
                Op::Add => members.insert(event.member.clone()),
                Op::Remove => members.remove(&event.member),
            };
        }
        members
    }

    /// What changed between two positions, the last word per member.
    pub(super) fn between(&self, from: usize, to: usize) -> BTreeMap<ObjectId, Op> {
        let events = self.events.iter().take(to).skip(from);
        events.map(|spread| (spread.event.member.clone(), spread.event.op)).collect()
    }

    /// Takes in what every replica shows by now, so that reads of an old group stay cheap.
    pub(super) fn settle(&mut self, replicas: usize, now: Timestamp) {
        let settled = (0..replicas.max(1)).map(|replica| self.position(replica, now)).min().unwrap_or(0);
        self.settled = self.state(settled);
        self.settled_events = settled;
    }
}

impl Spread {
    fn is_shown(&self, replica: usize, now: Timestamp) -> bool {
        self.shown_at.get(replica).or(self.shown_at.last()).is_none_or(|at| *at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{moment, object};

    #[test]
    fn no_replica_is_behind_by_more_than_the_lag_and_none_goes_back() {
        let lag = Lag { most: Duration::from_secs(900), replicas: 3 };
        let mut dice = Dice::new(1);
        let mut history = History::starting(BTreeSet::new());
        for second in 0..200_i64 {
            let op = if dice.chance(50) { Op::Add } else { Op::Remove };
            let member = object(&format!("u{}", dice.below(5)));
            let event = Event { at: moment(second * 20), member, op, actor: Actor::Person };
            history.push(event, lag, &mut dice);
        }
        for replica in 0..3 {
            let mut before = 0;
            for second in (0..6_000).step_by(50) {
                let position = history.position(replica, moment(second));
                assert!(position >= before);
                before = position;
                let due = history.events().filter(|event| event.at <= moment(second - 900)).count();
                assert!(position >= due);
            }
            assert_eq!(&history.state(before), history.newest());
        }
    }

    #[test]
    fn settling_changes_no_state_and_no_difference() {
        let lag = Lag { most: Duration::from_secs(60), replicas: 2 };
        let mut dice = Dice::new(5);
        let mut history = History::starting([object("old")].into());
        for second in 0..100_i64 {
            let op = if dice.chance(50) { Op::Add } else { Op::Remove };
            let event = Event {
                at: moment(second),
                member: object(&format!("u{}", dice.below(4))),
                op,
                actor: Actor::Person,
            };
            history.push(event, lag, &mut dice);
        }
        let now = moment(130);
        let position = history.position(1, now);
        let (state, between) = (history.state(position), history.between(3, position));
        history.settle(2, now);
        assert_eq!(history.position(1, now), position);
        assert_eq!(history.state(position), state);
        assert_eq!(history.between(3, position), between);
    }
}
