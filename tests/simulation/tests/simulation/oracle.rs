//! What people wanted, and whether it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Add,
    time::Duration,
};

use listsync_core::{Timestamp, link::Side, list::Standing};
use listsync_engine::ports::{Clock as _, Phase};

use crate::scene::Scene;

/// How many wishes were looked at, and how many of them allow more than one end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exempt {
    /// Members that somebody changed in an act.
    pub(crate) asked: u64,
    /// Changed on both sides before either was taken in, or within the lag: the sides have to agree, no more.
    pub(crate) contested: u64,
    /// A person reversed, on the group, a write of ours that a crash left unrecorded.
    pub(crate) unrecorded: u64,
}

impl Add for Exempt {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            asked: self.asked + other.asked,
            contested: self.contested + other.contested,
            unrecorded: self.unrecorded + other.unrecorded,
        }
    }
}

/// What happened to one member since the last rest.
#[derive(Debug, Clone, Default)]
struct Account {
    /// Whether both sides had it when the act began.
    present: bool,
    added: bool,
    removed: bool,
    /// The sides that were changed since the link last knew the truth of it.
    sides: BTreeSet<Side>,
    last: Option<bool>,
    contested: bool,
    unrecorded: bool,
    /// Removed before the first run had finished, which removes nobody.
    early: bool,
    group_changed_at: Option<Timestamp>,
    /// When they left the list first.
    left_list_at: Option<Timestamp>,
    /// Said no: whoever does waits for nothing.
    refused: bool,
}

/// What people wanted.
pub(crate) struct Oracle {
    lag: Duration,
    /// How long whoever left the list stays in the group.
    pub(crate) grace: Duration,
    accounts: BTreeMap<String, Account>,
    /// Until when people said that somebody is on the list.
    ends: BTreeMap<String, Timestamp>,
    pub(crate) exempt: Exempt,
}

/// Both sides before a change.
pub(crate) struct Before {
    phase: Phase,
    standings: BTreeMap<String, Standing>,
    grouped: BTreeSet<String>,
}

impl Before {
    pub(crate) fn of(scene: &Scene) -> Self {
        let phase = scene.state().progress.phase;
        Self { phase, standings: scene.standings(), grouped: scene.grouped() }
    }
}

impl Before {
    /// Who stands otherwise on either side now.
    pub(crate) fn changed(&self, scene: &Scene) -> BTreeSet<String> {
        let (standings, grouped) = (scene.standings(), scene.grouped());
        let names = self.standings.keys().chain(standings.keys());
        let on_list = names.filter(|name| self.standings.get(*name) != standings.get(*name));
        on_list.chain(self.grouped.symmetric_difference(&grouped)).cloned().collect()
    }

    /// Who joined either side since, and who left one.
    pub(crate) fn moved(&self, scene: &Scene) -> (BTreeSet<String>, BTreeSet<String>) {
        let (standings, grouped) = (scene.standings(), scene.grouped());
        let listed = |of: &BTreeMap<String, Standing>| -> BTreeSet<String> {
            of.keys().filter(|name| is_on(of, name)).cloned().collect()
        };
        let (was, is) = (listed(&self.standings), listed(&standings));
        let joined = is.difference(&was).chain(grouped.difference(&self.grouped));
        let left = was.difference(&is).chain(self.grouped.difference(&grouped));
        (joined.cloned().collect(), left.cloned().collect())
    }
}

fn is_on(standings: &BTreeMap<String, Standing>, name: &str) -> bool {
    standings.get(name) == Some(&Standing::Member)
}

impl Oracle {
    pub(crate) fn new(lag: Duration) -> Self {
        let (accounts, ends) = (BTreeMap::new(), BTreeMap::new());
        Self { lag, grace: Duration::ZERO, accounts, ends, exempt: Exempt::default() }
    }

    /// Takes down who changed by something that a person did; what was known before is compared with what is now.
    pub(crate) fn note(&mut self, scene: &Scene, before: &Before) {
        let (standings, grouped) = (scene.standings(), scene.grouped());
        let names: BTreeSet<&String> =
            before.standings.keys().chain(standings.keys()).chain(&before.grouped).chain(&grouped).collect();
        for name in names {
            let list = (before.standings.get(name), standings.get(name));
            if list.0 != list.1 {
                self.change(scene, before, (name, Side::List, is_on(&standings, name)));
            }
            let group = (before.grouped.contains(name), grouped.contains(name));
            if group.0 != group.1 {
                self.change(scene, before, (name, Side::Group, group.1));
            }
        }
    }

    /// Somebody is to be on the list until then.
    pub(crate) fn ends(&mut self, name: &str, until: Timestamp) {
        self.ends.insert(name.to_owned(), until);
    }

    /// The last of those moments.
    pub(crate) fn last_end(&self) -> Option<Timestamp> {
        self.ends.values().max().copied()
    }

    /// Takes down who left the list by date, as people wanted when they said it, and gives them. Whoever left it in another way,
    /// or came anew, has no end any more.
    pub(crate) fn note_ends(&mut self, scene: &Scene, before: &Before) -> BTreeSet<String> {
        let (now, standings, dated) = (scene.clock.now(), scene.standings(), scene.ends());
        let mut ended = BTreeSet::new();
        for (name, until) in std::mem::take(&mut self.ends) {
            match standings.get(&name) {
                Some(Standing::Member) if dated.contains_key(&name) => drop(self.ends.insert(name, until)),
                None if until <= now => {
                    // A run that saw it may have counted their grace from then on.
                    self.accounts.entry(name.clone()).or_default().left_list_at.get_or_insert(until);
                    self.change(scene, before, (&name, Side::List, false));
                    ended.insert(name);
                }
                _ => {}
            }
        }
        ended
    }

    fn change(&mut self, scene: &Scene, before: &Before, (name, side, present): (&str, Side, bool)) {
        let now = scene.clock.now();
        let lag = self.lag;
        let account = self.accounts.entry(name.to_owned()).or_default();
        let row = scene.row(name);
        let (list, group) = (is_on(&before.standings, name), before.grouped.contains(name));
        let known = match &row {
            None => !list && !group,
            Some(row) => {
                let believed = row.group.is_some_and(|belief| belief.present);
                let open = row.intent.is_some() || row.open.is_some();
                !open && row.in_baseline == list && list == group && believed == group
            }
        };
        // A run that is going may have read, and not yet done, what was before.
        let running = scene.state().leased_until.is_some_and(|until| until > now);
        if known && !running {
            account.sides.clear();
            account.contested = false;
        }
        if !present && before.phase == Phase::First {
            account.early = true;
        }
        match side {
            Side::Group => {
                account.unrecorded |= row.is_some_and(|row| row.intent.is_some());
                account.group_changed_at = Some(now);
            }
            Side::List => {
                if !present {
                    account.left_list_at.get_or_insert(now);
                }
                account.refused |= scene.standings().get(name) == Some(&Standing::OptedOut);
                let lagging = account.group_changed_at.and_then(|at| at.checked_add(lag).ok());
                account.contested |= lagging.is_some_and(|until| until >= now);
            }
        }
        account.sides.insert(side);
        account.last = Some(present);
        account.added |= present;
        account.removed |= !present;
    }

    /// Compares what people wanted with how both sides are now; the differences.
    pub(crate) fn complaints(&self, scene: &Scene) -> Vec<String> {
        let (standings, grouped) = (scene.standings(), scene.grouped());
        let names: BTreeSet<&String> = self.accounts.keys().chain(standings.keys()).chain(&grouped).collect();
        let nobody = Account::default();
        names
            .into_iter()
            .filter_map(|name| {
                let (list, group) = (is_on(&standings, name), grouped.contains(name));
                let account = self.accounts.get(name).unwrap_or(&nobody);
                let opted_out = standings.get(name) == Some(&Standing::OptedOut);
                let wrong = judge(account, (list, group), opted_out)?;
                Some(format!("{name}: {wrong} (list {list}, group {group}, {account:?})"))
            })
            .collect()
    }

    /// Who is on a side no more although nobody removed them anywhere since the last rest, nor had they said no.
    pub(crate) fn lost(&self, scene: &Scene, before: &Before) -> Vec<String> {
        let (standings, grouped) = (scene.standings(), scene.grouped());
        let left_list =
            before.standings.keys().filter(|name| is_on(&before.standings, name) && !is_on(&standings, name));
        let left_group = before.grouped.difference(&grouped);
        let is_removed = |name: &String| self.accounts.get(name).is_some_and(|account| account.removed);
        let is_out = |name: &String| standings.get(name) == Some(&Standing::OptedOut);
        let lost = left_list.chain(left_group).filter(|name| !is_removed(name) && !is_out(name));
        lost.cloned().collect()
    }

    /// Whom a run took out of the group before their grace was over. Who said no in the meantime waits for nothing.
    pub(crate) fn hurried(&self, scene: &Scene, before: &Before) -> Vec<String> {
        let (now, grouped) = (scene.clock.now(), scene.grouped());
        let is_hurried = |name: &&String| {
            self.accounts.get(*name).is_some_and(|account| {
                let ends = account.left_list_at.and_then(|left| left.checked_add(self.grace).ok());
                let by_the_group = account.sides.contains(&Side::Group);
                !account.refused && !by_the_group && ends.is_some_and(|ends| ends > now)
            })
        };
        before.grouped.difference(&grouped).filter(is_hurried).cloned().collect()
    }

    /// All is at rest: a new act begins.
    pub(crate) fn rest(&mut self, scene: &Scene) {
        for account in self.accounts.values().filter(|account| account.last.is_some()) {
            self.exempt.asked += 1;
            let free = account.wanted().is_none();
            self.exempt.contested += u64::from(free && !account.unrecorded);
            self.exempt.unrecorded += u64::from(free && account.unrecorded);
        }
        let grouped = scene.grouped();
        let names: BTreeSet<String> = scene.listed().into_iter().chain(grouped).collect();
        let present = || Account { present: true, ..Account::default() };
        self.accounts = names.into_iter().map(|name| (name, present())).collect();
    }
}

impl Account {
    /// Where the member has to be in the end, if what people did leaves no choice.
    fn wanted(&self) -> Option<bool> {
        let on_one_side = self.sides.len() < 2 && !self.contested && !self.unrecorded;
        match (self.added, self.removed) {
            (false, false) => Some(self.present),
            (true, false) => Some(true),
            (_, true) if self.early => None,
            (false, true) => Some(false),
            (true, true) if on_one_side => self.last,
            (true, true) => None,
        }
    }
}

/// What is wrong with a member that ended so.
fn judge(account: &Account, (list, group): (bool, bool), opted_out: bool) -> Option<&'static str> {
    match account.wanted() {
        _ if opted_out => group.then_some("opted out, but in the group"),
        _ if list != group => Some("the sides disagree"),
        Some(true) if !list => Some("it should be there"),
        Some(false) if list => Some("it should not be there"),
        _ => None,
    }
}
