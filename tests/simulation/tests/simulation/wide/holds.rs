//! Removals that are held, and nobody rules on them for days, while others join.

use listsync_core::{
    id::GroupId,
    link::{Mode, RemovalLimit},
    list::Standing,
    member::Op,
};
use listsync_testkit::dice::Dice;

use super::{History, rest::Holds, stage::Stage, town::Tie};

/// On which side people were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    List,
    Group,
}

/// A removal that the guard has to hold.
struct Held {
    tie: Tie,
    at: Where,
    people: Vec<usize>,
}

impl Held {
    fn group(&self) -> &GroupId {
        &self.tie.groups[0]
    }
}

impl History {
    /// Many leave one side at once, and others join; for days nobody looks. Whoever has left is to stay on the other side.
    pub(super) async fn hold(&mut self) {
        let Some(tie) = self.stage.crowded(&mut self.dice) else { return };
        // What was removed before is no longer counted, and who is there now was there when the day began.
        for _ in 0..5 {
            self.stage.plant.wait(6 * 3600);
            self.calm_round(Holds::Approved).await;
        }
        let Some(mut held) = self.leave(tie).await else { return };
        self.stage.lock().ledger.told.holds += 1;
        self.stage.tell(|| {
            format!("{:?} of {} left the {:?}, which is to be held", held.people, held.tie.link, held.at)
        });
        for _ in 0..6 + self.dice.below(6) {
            let hours = 1 + self.dice.below(10);
            self.stage.plant.wait(hours * 3600);
            self.calm_round(Holds::Waiting).await;
            self.stays(&held);
            if self.dice.chance(60) {
                self.join(&held);
            }
            if self.dice.chance(20) {
                self.one_more(&mut held);
            }
        }
        if self.dice.chance(50) {
            self.stage.tell(|| "those who left come back".to_owned());
            for who in held.people.clone() {
                match held.at {
                    Where::List => self.stage.list_adds(&held.tie.list, who),
                    Where::Group => self.stage.group_edit(held.group(), Op::Add, who),
                }
            }
        }
    }

    /// Enough leave one side for the other side's guard to ask; none: there are too few.
    async fn leave(&mut self, tie: Tie) -> Option<Held> {
        let at = if self.dice.chance(50) { Where::List } else { Where::Group };
        let mut people = self.stage.on_both_sides(&tie);
        let size = self.stage.size_of_other(&tie, at);
        let least = (size / 5 + 1).max(6);
        let share = match self.limit {
            RemovalLimit::Off => size,
            // Just enough, or any number.
            _ if self.dice.chance(50) => least,
            _ => least + self.dice.index(size),
        };
        // The house's words: more than five and more than a fifth of those who were there, or all of them.
        let asks = match self.limit {
            RemovalLimit::Off => people.len() == size,
            _ => share <= people.len(),
        };
        if !asks {
            return None;
        }
        while people.len() > share {
            people.remove(self.dice.index(people.len()));
        }
        let mut held = Held { tie, at, people };
        // Who joins in the morning widens nothing, and who left in the morning counts. (Where only the last ones are held,
        // they would not be the last.)
        if self.limit != RemovalLimit::Off {
            for _ in 0..self.dice.below(12) {
                self.join(&held);
            }
            if self.dice.chance(30) {
                let few = 1 + self.dice.index(5);
                held.people.drain(..few).for_each(|who| self.stage.leaves(&held.tie, (at, who)));
            }
            if self.dice.chance(70) {
                self.stage.plant.wait(3_600);
                self.calm_round(Holds::Approved).await;
            }
        }
        held.people.iter().for_each(|who| self.stage.leaves(&held.tie, (at, *who)));
        Some(held)
    }

    /// Another one leaves: with those who are held already that is as much too many.
    fn one_more(&mut self, held: &mut Held) {
        let size = self.stage.size_of_other(&held.tie, held.at);
        let others = self.stage.on_both_sides(&held.tie);
        let Some(who) = self.dice.pick(&others).copied() else { return };
        let count = held.people.len() + 1;
        if self.limit != RemovalLimit::Off && count > 5 && count * 5 > size {
            self.stage.leaves(&held.tie, (held.at, who));
            held.people.push(who);
        }
    }

    /// Somebody joins who is on neither side.
    fn join(&mut self, held: &Held) {
        let free = self.stage.on_neither_side(&held.tie);
        let Some(who) = self.dice.pick(&free).copied().filter(|who| !held.people.contains(who)) else {
            return;
        };
        match self.dice.chance(50) {
            true => self.stage.list_adds(&held.tie.list, who),
            false => self.stage.group_edit(held.group(), Op::Add, who),
        }
    }

    /// Nobody ruled, so whoever left one side is still on the other.
    fn stays(&self, held: &Held) {
        let inner = self.stage.lock();
        let sight = inner.town.sight();
        for who in &held.people {
            let stays = match held.at {
                Where::List => sight.is_in(held.group(), *who),
                Where::Group => sight.is_on(&held.tie.list, *who),
            };
            let state = inner.town.state(&held.tie);
            assert!(stays, "{}: p{who} was held, and nobody ruled: {state:#?}", held.tie.link);
        }
    }
}

impl Stage {
    fn leaves(&self, tie: &Tie, (at, who): (Where, usize)) {
        match at {
            Where::List => self.list_removes(&tie.list, who),
            Where::Group => self.group_edit(&tie.groups[0], Op::Remove, who),
        }
    }

    /// A two-way link of more people than go without a question.
    fn crowded(&self, dice: &mut Dice) -> Option<Tie> {
        let ties: Vec<Tie> =
            self.lock().town.ties.iter().filter(|tie| tie.mode == Mode::TwoWay).cloned().collect();
        let ties: Vec<Tie> = ties.into_iter().filter(|tie| self.on_both_sides(tie).len() > 6).collect();
        dice.pick(&ties).cloned()
    }

    fn on_both_sides(&self, tie: &Tie) -> Vec<usize> {
        let inner = self.lock();
        let sight = inner.town.sight();
        let people = 0..inner.town.folk.humans.len();
        people.filter(|who| sight.is_on(&tie.list, *who) && sight.is_in(&tie.groups[0], *who)).collect()
    }

    /// How many the side has from which those who left are to be removed.
    fn size_of_other(&self, tie: &Tie, at: Where) -> usize {
        let inner = self.lock();
        match at {
            Where::List => inner.town.plant.directory.members(&tie.groups[0]).len(),
            // Whoever was corrected to nobody's address is on the list as well.
            Where::Group => {
                let entries = inner.town.entries(&tie.list);
                entries.iter().filter(|entry| entry.standing == Standing::Member).count()
            }
        }
    }

    fn on_neither_side(&self, tie: &Tie) -> Vec<usize> {
        let inner = self.lock();
        let sight = inner.town.sight();
        let people = 0..inner.town.folk.humans.len();
        let free =
            people.filter(|who| !inner.retired.contains(who) && inner.town.folk.humans[*who].is_alive());
        free.filter(|who| !inner.ledger.is_out(&tie.list, *who))
            .filter(|who| !sight.is_on(&tie.list, *who) && !sight.is_in(&tie.groups[0], *who))
            .collect()
    }
}
