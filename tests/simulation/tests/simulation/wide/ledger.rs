//! What people wanted of each list and group, and whether it stands.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    id::{GroupId, ListId},
    link::{Mode, Phase},
    list::Standing,
};
use listsync_engine::ports::{Links as _, MemberQuery};

use super::{
    names::Names,
    town::{Sight, Tie, Town},
    wish::Wish,
};
use crate::plant::at_once;

/// How many wishes were looked at, and how many of them allow more than one end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) wishes: u64,
    pub(crate) contested: u64,
    pub(crate) holds: u64,
    pub(crate) repeats: u64,
    /// How often the directory told somebody to wait.
    pub(crate) waits: u64,
}

impl std::ops::Add for Told {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            wishes: self.wishes + other.wishes,
            contested: self.contested + other.contested,
            holds: self.holds + other.holds,
            repeats: self.repeats + other.repeats,
            waits: self.waits + other.waits,
        }
    }
}

/// What is known of what people wanted.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Of lists that two-way links write: what is wanted at one place is wanted at each.
    wishes: BTreeMap<(ListId, usize), Wish>,
    /// Who said no to a list, and not yes since.
    opted_out: BTreeSet<(ListId, usize)>,
    /// Who said no to all of them.
    out_of_all: BTreeSet<usize>,
    /// Who said yes to a list since.
    accepted: BTreeSet<(ListId, usize)>,
    /// Whom somebody else than listsync ever put into a group.
    put_there: BTreeSet<(GroupId, usize)>,
    /// Whose contacts and accounts are entangled by what people did: of them a run may say so and leave them alone.
    entangled: BTreeSet<usize>,
    /// Those who were so at the last rest, and those of whom nobody can know what is theirs: they are left out.
    left_out: BTreeSet<usize>,
    pub(crate) told: Told,
}

impl Ledger {
    /// Takes down what changed by something that a person did.
    pub(crate) fn note(&mut self, town: &Town, before: &Sight, after: &Sight) {
        for who in 0..town.folk.humans.len() {
            for tie in town.ties.iter().filter(|tie| tie.mode == Mode::TwoWay) {
                let list = (before.is_on(&tie.list, who), after.is_on(&tie.list, who));
                let group = (before.is_in(&tie.groups[0], who), after.is_in(&tie.groups[0], who));
                if list.0 != list.1 {
                    self.change(town, tie, who, list.1);
                }
                if group.0 != group.1 {
                    self.change(town, tie, who, group.1);
                    let wish = self.wishes.entry((tie.list.clone(), who)).or_default();
                    wish.undecided |= has_intent(town, tie, who);
                }
            }
            for list in town.lists() {
                let was = before.standing(&list, who);
                match after.standing(&list, who) {
                    now if now == was => {}
                    Some(Standing::OptedOut) => drop(self.opted_out.insert((list, who))),
                    _ => drop(self.opted_out.remove(&(list, who))),
                }
            }
            for group in town.groups() {
                if !before.is_in(&group, who) && after.is_in(&group, who) {
                    self.put_there.insert((group, who));
                }
            }
        }
    }

    fn change(&mut self, town: &Town, tie: &Tie, who: usize, present: bool) {
        let wish = self.wishes.entry((tie.list.clone(), who)).or_default();
        wish.added |= present;
        wish.removed |= !present;
        wish.undecided |= !present && is_uniting(town, &tie.list);
    }

    /// A link is made: whoever is on either side is to be on both.
    pub(crate) fn connected(&mut self, tie: &Tie, sight: &Sight) {
        for (list, standings) in &sight.standings {
            for who in standings.keys().filter(|who| *list == tie.list && sight.is_on(list, **who)) {
                self.wishes.entry((tie.list.clone(), *who)).or_default().added = true;
            }
        }
        for who in sight.grouped.get(&tie.groups[0]).into_iter().flatten() {
            self.wishes.entry((tie.list.clone(), *who)).or_default().added = true;
        }
    }

    /// Somebody who was to be removed is not: they are to be on both sides. Where the list has several places, each holds the
    /// removal by itself, and the operator may say no to one hold and yes to another: then either end is right.
    pub(crate) fn comes_back(&mut self, town: &Town, tie: &Tie, who: usize) {
        let places = town.ties.iter().filter(|one| one.list == tie.list && one.mode == Mode::TwoWay).count();
        let wish = Wish { added: true, removed: places > 1, ..Wish::default() };
        self.wishes.insert((tie.list.clone(), who), wish);
    }

    /// Somebody says no to all lists, present and future.
    pub(crate) fn says_no_to_all(&mut self, who: usize) {
        self.out_of_all.insert(who);
        self.accepted.retain(|(_, one)| *one != who);
    }

    /// Somebody says yes to one list, and of the others nothing.
    pub(crate) fn says_yes(&mut self, list: &ListId, who: usize) {
        self.accepted.insert((list.clone(), who));
    }

    pub(crate) fn said_no_to_all(&self, who: usize) -> bool {
        self.out_of_all.contains(&who)
    }

    pub(crate) fn is_out(&self, list: &ListId, who: usize) -> bool {
        let of_list = (list.clone(), who);
        let to_all = self.out_of_all.contains(&who) && !self.accepted.contains(&of_list);
        to_all || self.opted_out.contains(&of_list)
    }

    /// From now on a run may report these and leave them alone.
    pub(crate) fn entangle(&mut self, people: impl IntoIterator<Item = usize>) {
        self.entangled.extend(people);
    }

    /// From now on nothing is asked of these.
    pub(crate) fn leave_out(&mut self, people: impl IntoIterator<Item = usize>) {
        self.left_out.extend(people);
    }

    /// Whom somebody else than listsync ever put into a group.
    pub(crate) fn was_put(&self, group: &GroupId) -> Vec<usize> {
        let of_group = self.put_there.iter().filter(|(one, _)| one == group);
        of_group.map(|(_, who)| *who).collect()
    }

    /// Compares what people wanted with how everything is now; the differences.
    pub(crate) fn complaints(&self, town: &Town, sight: &Sight) -> Vec<String> {
        let mut complaints = Vec::new();
        for tie in &town.ties {
            for who in 0..town.folk.humans.len() {
                if self.is_left_out(town, tie, who) {
                    continue;
                }
                let wrong = match tie.mode {
                    Mode::TwoWay => self.two_way(town, sight, (tie, who)),
                    Mode::ListToGroup => self.list_to_group(town, sight, (tie, who)),
                    Mode::GroupToList => self.group_to_list(sight, (tie, who)),
                };
                complaints.extend(wrong.map(|wrong| {
                    let wish = self.wishes.get(&(tie.list.clone(), who)).cloned().unwrap_or_default();
                    let standing = sight.standing(&tie.list, who);
                    let groups: Vec<bool> = tie.groups.iter().map(|group| sight.is_in(group, who)).collect();
                    let account = town.folk.humans[who].account;
                    let link = &tie.link;
                    format!(
                        "{link}: p{who}: {wrong} ({standing:?}, in groups {groups:?}, {account:?}, {wish:?})"
                    )
                }));
            }
        }
        complaints
    }

    fn is_left_out(&self, town: &Town, tie: &Tie, who: usize) -> bool {
        // Whom one link of a list reports comes to none of its other places either, as they do not come to the list.
        let is_reported =
            || town.ties.iter().filter(|other| other.list == tie.list).any(|other| is_reported(town, other));
        self.left_out.contains(&who)
            || self.entangled.contains(&who) && (tie.mode == Mode::GroupToList || is_reported())
    }

    fn two_way(&self, town: &Town, sight: &Sight, (tie, who): (&Tie, usize)) -> Option<&'static str> {
        let (list, group) = (sight.is_on(&tie.list, who), sight.is_in(&tie.groups[0], who));
        if self.is_out(&tie.list, who) {
            return refuses(sight, (tie, who), group);
        }
        let wanted = self.wishes.get(&(tie.list.clone(), who)).map_or(Some(false), Wish::wanted);
        match wanted {
            Some(true) if !list => Some("was lost"),
            Some(false) if list => Some("should not be on the list"),
            _ if list == group || !town.folk.humans[who].is_alive() => None,
            _ if sight.is_stranger(&tie.list, who) => None,
            _ => Some("the sides disagree"),
        }
    }

    fn list_to_group(&self, town: &Town, sight: &Sight, (tie, who): (&Tie, usize)) -> Option<&'static str> {
        let (list, group) = (sight.is_on(&tie.list, who), sight.is_in(&tie.groups[0], who));
        let is_extra = self.put_there.contains(&(tie.groups[0].clone(), who));
        if self.is_out(&tie.list, who) {
            // Who said no to all lists and never stood to this one is an extra in its group until the next full check.
            let stands = sight.standing(&tie.list, who).is_some();
            return refuses(sight, (tie, who), group && (stands || !is_extra));
        }
        match (list, group) {
            (true, false) if town.folk.humans[who].is_alive() && !sight.is_stranger(&tie.list, who) => {
                Some("is on the list and not in the group")
            }
            (false, true) if !is_extra => Some("left the list and is in the group"),
            _ => None,
        }
    }

    fn group_to_list(&self, sight: &Sight, (tie, who): (&Tie, usize)) -> Option<&'static str> {
        let list = sight.is_on(&tie.list, who);
        if self.is_out(&tie.list, who) {
            return refuses(sight, (tie, who), false);
        }
        let fed = tie.groups.iter().any(|group| sight.is_in(group, who));
        match (list, fed) {
            (true, false) => Some("is on the list and in no group that feeds it"),
            (false, true) => Some("is in a group and not on the list that it feeds"),
            _ => None,
        }
    }

    /// Whom a run took off a list or out of a group although nobody had removed them anywhere since the last rest, be it for
    /// a moment: on such a list nobody is lost, however reads lag.
    pub(crate) fn lost(&self, town: &Town, before: &Sight, after: &Sight) -> Vec<String> {
        // Of two contacts of one person either may leave.
        let doubled = Names::doubled(town);
        // Who had left a list before it was linked was taken off it by whoever did that.
        let linked = town.ties.iter().filter(|tie| before.links.contains(&tie.link));
        let two_way = linked.filter(|tie| tie.mode == Mode::TwoWay);
        let wished = two_way.flat_map(|tie| (0..town.folk.humans.len()).map(move |who| (tie, who)));
        let lost = wished.filter(|&(tie, who)| {
            let list = before.is_on(&tie.list, who) && !after.is_on(&tie.list, who);
            let group = before.is_in(&tie.groups[0], who) && !after.is_in(&tie.groups[0], who);
            let is_kept = self.wishes.get(&(tie.list.clone(), who)).is_some_and(Wish::is_kept);
            let is_exempt = self.is_out(&tie.list, who) || self.is_entangled(who) || doubled.contains(&who);
            (list || group) && is_kept && !is_exempt && town.folk.humans[who].is_alive()
        });
        let told = lost.map(|(tie, who)| {
            let side = if after.is_on(&tie.list, who) { "group" } else { "list" };
            format!("{}: p{who} was taken off the {side}, and nobody removed them", tie.link)
        });
        told.collect()
    }

    fn is_entangled(&self, who: usize) -> bool {
        self.entangled.contains(&who) || self.left_out.contains(&who)
    }

    /// All is at rest: a new act begins.
    pub(crate) fn rest(&mut self, town: &Town, sight: &Sight) {
        self.told.wishes += self.wishes.len() as u64;
        self.told.contested += self.wishes.values().filter(|wish| wish.wanted().is_none()).count() as u64;
        self.wishes.clear();
        self.left_out.append(&mut self.entangled);
        for tie in town.ties.iter().filter(|tie| tie.mode == Mode::TwoWay) {
            for who in (0..town.folk.humans.len()).filter(|who| sight.is_on(&tie.list, *who)) {
                let wish = Wish { present: true, ..Wish::default() };
                self.wishes.insert((tie.list.clone(), who), wish);
            }
        }
    }
}

/// Whether the first run of one of the list's links is still to finish: until then nobody is removed who is at its place.
fn is_uniting(town: &Town, list: &ListId) -> bool {
    let mut writing = town.ties.iter().filter(|tie| tie.list == *list && tie.mode == Mode::TwoWay);
    writing.any(|tie| town.state(tie).progress.phase == Phase::First)
}

/// What is wrong with somebody who opted out, under an address by which the directory tells who they are.
fn refuses(sight: &Sight, (tie, who): (&Tie, usize), group: bool) -> Option<&'static str> {
    match (sight.is_on(&tie.list, who), group) {
        _ if sight.is_stranger(&tie.list, who) => None,
        (true, _) => Some("opted out, and is on the list"),
        (_, true) => Some("opted out, and is in the group"),
        _ => None,
    }
}

fn has_intent(town: &Town, tie: &Tie, who: usize) -> bool {
    let objects = [town.folk.humans[who].object.clone()];
    let query = MemberQuery::Of { objects: &objects, contacts: &[] };
    at_once(town.plant.store.members(&tie.link, query)).iter().any(|row| row.intent.is_some())
}

/// Whether the link's last run says that something is not as it should be.
fn is_reported(town: &Town, tie: &Tie) -> bool {
    town.last_summary(tie).is_some_and(|last| !last.failures.is_empty() || !last.skipped.is_empty())
}
