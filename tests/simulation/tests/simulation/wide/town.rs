//! Several lists and links over one tenant: in step with one group or with several, fed by one group or by two, filtered, and
//! lists that fill further groups.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    id::{GroupId, LinkId, ListId},
    link::{Link, Mode, Source},
    list::{Entry, ListKind, Standing},
    member::Op,
    settings::Settings,
    summary::Summary,
};
use listsync_engine::ports::{
    Clock as _, Contacts as _, EntryQuery, Group, GroupKind, LinkState, Links, ListEdit, ListSide as _,
    ListStore as _, Membership, Runs as _,
};
use listsync_testkit::{
    dice::Dice,
    fakes::Lag,
    sample::{group, link, link_id, moment},
};

use super::folk::{Account, Folk, local};
use crate::plant::{Plant, at_once};

/// Whose field decides who is on the filtered list.
pub(crate) const FILTER: &str = "department eq \"Sales\"";

/// So many people that six are no more than a fifth of them.
pub(crate) const CROWD: usize = 30;

/// A link, made or planned.
#[derive(Debug, Clone)]
pub(crate) struct Tie {
    pub(crate) link: LinkId,
    pub(crate) list: ListId,
    /// The group, and further ones that feed the list with it.
    pub(crate) groups: Vec<GroupId>,
    pub(crate) mode: Mode,
}

/// The engine at work on a tenant and on lists.
pub(crate) struct Town {
    pub(crate) plant: Plant,
    pub(crate) folk: Folk,
    /// Lists that people edit by hand.
    pub(crate) open_lists: Vec<ListId>,
    pub(crate) filtered: Option<ListId>,
    pub(crate) ties: Vec<Tie>,
    /// Links that are made later.
    pub(crate) planned: Vec<Tie>,
}

/// Both sides of everything, people as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The links that were there.
    pub(crate) links: BTreeSet<LinkId>,
    pub(crate) standings: BTreeMap<ListId, BTreeMap<usize, Standing>>,
    pub(crate) grouped: BTreeMap<GroupId, BTreeSet<usize>>,
    /// Members of a list whose address reaches nobody, and whom no run has matched: nothing tells who they are.
    strangers: BTreeSet<(ListId, usize)>,
}

impl Sight {
    /// Whether a run can tell who of the tenant they are, if anybody.
    pub(crate) fn is_stranger(&self, list: &ListId, who: usize) -> bool {
        self.strangers.contains(&(list.clone(), who))
    }

    pub(crate) fn is_on(&self, list: &ListId, who: usize) -> bool {
        self.standing(list, who) == Some(Standing::Member)
    }

    pub(crate) fn standing(&self, list: &ListId, who: usize) -> Option<Standing> {
        self.standings.get(list).and_then(|standings| standings.get(&who)).copied()
    }

    pub(crate) fn is_in(&self, group: &GroupId, who: usize) -> bool {
        self.grouped.get(group).is_some_and(|members| members.contains(&who))
    }
}

impl Town {
    pub(crate) fn new(dice: &mut Dice, lag: Lag, settings: &Settings) -> Self {
        let plant = Plant::new((lag, dice.fork()), settings);
        let crowd = match dice.below(100) {
            0..=4 => CROWD as u64 + dice.below(16),
            5..=24 => 14 + dice.below(8),
            _ => 2 + dice.below(9),
        };
        let account = |dice: &mut Dice| if dice.chance(15) { Account::Planned } else { Account::Alive };
        let folk = Folk::new((0..crowd).map(|_| account(dice)).collect::<Vec<_>>());
        for who in folk.with(Account::Alive) {
            plant.directory.put_person(folk.humans[who].principal());
        }
        let mut town = Self {
            plant,
            folk,
            open_lists: Vec::new(),
            filtered: None,
            ties: Vec::new(),
            planned: Vec::new(),
        };
        town.settle(dice);
        town
    }

    /// Who ever left a group, by whosever doing.
    pub(crate) fn were_removed(&self, group: &GroupId) -> BTreeSet<usize> {
        let events = self.plant.directory.events(group).into_iter();
        let removed = events.filter(|event| event.op == Op::Remove);
        removed.filter_map(|event| self.folk.of_object(&event.member)).collect()
    }

    /// Makes lists, groups and links.
    fn settle(&mut self, dice: &mut Dice) {
        let staff = self.list("Staff");
        self.open_lists.push(staff.clone());
        self.tie("staff", &staff, &["staff"], Mode::TwoWay);
        if dice.chance(70) {
            let news = self.list("News");
            self.open_lists.push(news.clone());
            self.tie("news", &news, &["news"], Mode::TwoWay);
        }
        if dice.chance(35) {
            self.tie("copy", &staff, &["copy"], Mode::ListToGroup);
        }
        for (name, chance) in [("crew", 45), ("branch", 20)] {
            if dice.chance(chance) {
                self.tie(name, &staff, &[name], Mode::TwoWay);
            }
        }
        if dice.chance(50) {
            let fed = self.list("Fed");
            // A group that another link writes may feed a list as well.
            let first = if dice.chance(30) { "staff" } else { "fed" };
            let sources = if dice.chance(50) { vec![first, "more"] } else { vec![first] };
            self.tie("fed", &fed, &sources, Mode::GroupToList);
            if dice.chance(50) {
                self.tie("passed-on", &fed, &["passed-on"], Mode::ListToGroup);
            }
        }
        if dice.chance(35) {
            let sales = self.list("Sales");
            let edit = ListEdit {
                kind: Some(ListKind::Filtered { filter: FILTER.to_owned() }),
                ..ListEdit::default()
            };
            at_once(self.plant.store.edit_list(&sales, None, &edit, moment(0)));
            self.filtered = Some(sales.clone());
            self.tie("sales", &sales, &["sales"], Mode::ListToGroup);
        }
        for tie in std::mem::take(&mut self.planned) {
            match dice.chance(75) {
                true => self.connect(tie),
                false => self.planned.push(tie),
            }
        }
    }

    fn list(&self, name: &str) -> ListId {
        at_once(self.plant.store.create_list(name, moment(0))).id
    }

    /// Plans a link, and makes its groups.
    fn tie(&mut self, name: &str, list: &ListId, groups: &[&str], mode: Mode) {
        for name in groups {
            let known = self.ties.iter().chain(&self.planned).any(|tie| tie.groups.contains(&group(name)));
            let made = Group {
                id: group(name),
                name: (*name).to_owned(),
                kind: GroupKind::Microsoft365,
                membership: Membership::Shown,
            };
            if !known {
                self.plant.directory.put_group(made, []);
            }
        }
        let groups = groups.iter().map(|name| group(name)).collect();
        let link = link_id(name);
        self.planned.push(Tie { link, list: list.clone(), groups, mode });
    }

    /// Makes a planned link.
    pub(crate) fn connect(&mut self, tie: Tie) {
        let (first, more) = tie.groups.split_first().expect("a link has a group");
        let source = |id: &GroupId| Source { group: id.clone(), name: id.to_string() };
        let new = Link {
            mode: tie.mode,
            more: more.iter().map(source).collect(),
            ..link(tie.link.as_str(), &tie.list, first.as_str())
        };
        at_once(self.plant.store.create(&new, self.plant.clock.now()));
        self.ties.push(tie);
    }

    /// Every group that there is.
    pub(crate) fn groups(&self) -> BTreeSet<GroupId> {
        self.ties.iter().chain(&self.planned).flat_map(|tie| tie.groups.clone()).collect()
    }

    pub(crate) fn lists(&self) -> BTreeSet<ListId> {
        self.ties.iter().chain(&self.planned).map(|tie| tie.list.clone()).collect()
    }

    pub(crate) fn state(&self, tie: &Tie) -> LinkState {
        at_once(Links::load(&*self.plant.store, &tie.link)).expect("the link is there")
    }

    pub(crate) fn entries(&self, list: &ListId) -> Vec<Entry> {
        at_once(self.plant.store.entries(list, EntryQuery::All))
    }

    pub(crate) fn last_summary(&self, tie: &Tie) -> Option<Summary> {
        at_once(self.plant.store.latest(Some(&tie.link), 1)).pop()
    }

    /// Both sides of everything as they are.
    pub(crate) fn sight(&self) -> Sight {
        let mut strangers = BTreeSet::new();
        let standings = self.lists().into_iter().map(|list| {
            let mut standings: BTreeMap<usize, Standing> = BTreeMap::new();
            for entry in self.entries(&list) {
                let Some(who) = self.folk.owner(local(&entry.address)) else { continue };
                let human = &self.folk.humans[who];
                if entry.object_id.is_none() && !human.answers_to(local(&entry.address)) {
                    strangers.insert((list.clone(), who));
                }
                // Whoever has two contacts is on the list where one of them is.
                let known = standings.entry(who).or_insert(entry.standing);
                if entry.standing == Standing::Member {
                    *known = Standing::Member;
                }
            }
            (list, standings)
        });
        let standings = standings.collect();
        let grouped = self.groups().into_iter().map(|group| {
            let members = self.plant.directory.members(&group);
            (group, members.iter().filter_map(|id| self.folk.of_object(id)).collect())
        });
        let links = self.ties.iter().map(|tie| tie.link.clone()).collect();
        Sight { links, standings, grouped: grouped.collect(), strangers }
    }
}
