use std::collections::{BTreeMap, BTreeSet};

use super::{
    stand::{Stand, Word},
    suppressed::Suppressed,
};
use crate::{
    Timestamp,
    address::Address,
    contact::{Contact, Decision, OptOut, OptOutReason, Scope},
    id::ListId,
    list::{List, ListKind, OptOutRule, Origin, Standing},
};

/// All that is kept of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who they are, with their no to all lists and what they accept since.
    pub contact: Contact,
    /// That they were erased once, and did not say yes to all lists since.
    pub erased: Option<OptOut>,
    /// How they stand to lists, as far as it was loaded.
    pub stances: BTreeMap<ListId, Stance>,
    /// What they said no to on lists that are no more.
    pub of_former: BTreeMap<ListId, OptOut>,
    /// What they said last of all lists; none where they said nothing, or it was not loaded.
    pub of_all: Option<Decision>,
}

/// How somebody stands to one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stance {
    /// By which rules the list goes.
    pub terms: Terms,
    /// How they stand to it.
    pub standing: Standing,
    /// Who brought them there.
    pub origin: Origin,
    /// Since when.
    pub since: Timestamp,
    /// What they said last of it.
    pub word: Option<Word>,
}

/// By which rules a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whether its members may leave it by themselves.
    pub opt_out: OptOutRule,
    /// Who decides who is on it.
    pub keeper: Keeper,
}

/// Who decides who is on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// People.
    People,
    /// Its filter.
    Filter,
}

impl From<&List> for Terms {
    fn from(list: &List) -> Self {
        let keeper = match list.kind {
            ListKind::Static => Keeper::People,
            ListKind::Filtered { .. } => Keeper::Filter,
        };
        Self { opt_out: list.opt_out, keeper }
    }
}

impl Terms {
    /// How somebody stands whom a no no longer holds off: where a filter decides, it does so anew.
    pub(super) fn welcome(self) -> Standing {
        match self.keeper {
            Keeper::People => Standing::Member,
            Keeper::Filter => Standing::Absent,
        }
    }
}

impl Stance {
    /// Of somebody who never stood to a list.
    #[must_use]
    pub fn blank(terms: Terms) -> Self {
        let (standing, origin) = (Standing::Absent, Origin::Manual);
        Self { terms, standing, origin, since: Timestamp::UNIX_EPOCH, word: None }
    }
}

impl Person {
    /// Of whom nothing is known but their contact.
    #[must_use]
    pub fn new(contact: Contact) -> Self {
        let (stances, of_former) = (BTreeMap::new(), BTreeMap::new());
        Self { contact, erased: None, stances, of_former, of_all: None }
    }

    /// How they stand to a list, with all they said that is about it.
    #[must_use]
    pub fn stand(&self, list: &ListId) -> Stand {
        let stance = self.stances.get(list);
        Stand {
            standing: stance.map_or(Standing::Absent, |stance| stance.standing),
            word: stance.and_then(|stance| stance.word),
            to_all: self.contact.opted_out,
            since: self.contact.since_no(list),
            erased: self.erased,
        }
    }

    /// What is to be known of a mark of theirs without them.
    pub(super) fn nos(&self) -> Vec<Suppressed> {
        let said = self.contact.opted_out.filter(|no| no.reason != OptOutReason::Erased);
        let to_all = said.into_iter().chain(self.erased).map(|no| Suppressed { scope: Scope::All, no });
        let words = self.stances.iter().filter_map(|(list, stance)| Some((list, stance.word?.no()?)));
        let former = self.of_former.iter().map(|(list, no)| (list, *no));
        let of_lists = words.chain(former);
        let of_lists = of_lists.map(|(list, no)| Suppressed { scope: Scope::List(list.clone()), no });
        to_all.chain(of_lists).collect()
    }
}

impl Contact {
    /// Every address of theirs.
    #[must_use]
    pub fn addresses(&self) -> BTreeSet<&Address> {
        self.aliases.iter().chain([&self.address]).collect()
    }
}
