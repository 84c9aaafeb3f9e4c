//! Somebody in a file, while its rows are gathered.

use listsync_core::{address::Address, contact::ExternalId, import::differs_by_zeros};
use listsync_engine::ports::{Kept, Presence};

use crate::{
    RejectReason, Verdict,
    gather::Gathered,
    people::{Keys, Person, Values},
    rows::{RowState, Said},
};

/// Somebody in a file. Most have one row and one key; what goes beyond is kept apart, as there are many of them.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The row that decides.
    pub(crate) row: u64,
    pub(crate) address: Option<Address>,
    external_id: Option<ExternalId>,
    values: Values,
    /// The strongest that a row says.
    says: Option<Says>,
    pub(crate) state: State,
    /// Whether a row of theirs could not be read.
    pub(crate) unsure: bool,
    more: Option<Box<More>>,
}

/// What the rows of a person come to: the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    NotYet,
    Leaving,
    Present,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Rejected(RejectReason),
    /// It turned out to be the same person as this one.
    Same(usize),
}

/// What only some have.
#[derive(Debug, Default)]
struct More {
    /// Keys besides the first one, each with the strongest that a row with it says.
    keys: Vec<(ExternalId, Says)>,
    /// Addresses besides theirs, of rows that contradict.
    addresses: Vec<Address>,
}

impl Candidate {
    pub(crate) fn new(row: u64) -> Self {
        Self {
            row,
            address: None,
            external_id: None,
            values: Values::none(),
            says: None,
            state: State::Open,
            unsure: false,
            more: None,
        }
    }

    pub(crate) fn same_as(other: usize) -> Self {
        Self { state: State::Same(other), ..Self::new(0) }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(crate) fn join(&mut self, row: u64, said: Said) {
        let says = Says::of(said.state);
        if let Some(address) = said.address {
            self.take_address(address);
        }
        if let Some(id) = said.external_id {
            self.take_key(id, says);
        }
        self.take_values(row, says, said.values);
    }

    /// Another who turned out to be the same.
    pub(crate) fn merge(&mut self, other: Self) {
        let Self { row, address, external_id, values, says, state, unsure, more } = other;
        if let State::Rejected(reason) = state {
            self.refuse(reason);
        }
        self.unsure |= unsure;
        if let Some(address) = address {
            self.take_address(address);
        }
        let More { keys, addresses } = more.map_or_else(More::default, |more| *more);
        addresses.into_iter().for_each(|address| self.take_address(address));
        if let (Some(id), Some(says)) = (external_id, says) {
            self.take_key(id, says);
        }
        keys.into_iter().for_each(|(id, says)| self.take_key(id, says));
        if let Some(says) = says {
            self.take_values(row, says, values);
        }
    }

    fn take_address(&mut self, address: Address) {
        if *self.address.get_or_insert_with(|| address.clone()) != address {
            self.refuse(RejectReason::TwoAddresses);
            self.more().addresses.push(address);
        }
    }

    /// The first key that is in force is theirs; others are theirs besides, or have ended.
    fn take_key(&mut self, id: ExternalId, says: Says) {
        let known = |own: &ExternalId| differs_by_zeros(own, &id);
        let others = self.more.iter().flat_map(|more| more.keys.iter().map(|(key, _)| key));
        if self.external_id.iter().chain(others).any(known) {
            self.refuse(RejectReason::SharedAddress);
        }
        if self.external_id.is_none() {
            self.external_id = Some(id.clone());
        }
        // A lone key needs no note of its own: it says what the person does.
        if self.external_id.as_ref() == Some(&id)
            && self.more.as_ref().is_none_or(|more| more.keys.is_empty())
        {
            return;
        }
        let first = self.external_id.clone().zip(self.says);
        let keys = &mut self.more().keys;
        if keys.is_empty()
            && let Some(first) = first
        {
            keys.push(first);
        }
        match keys.iter_mut().find(|(key, _)| *key == id) {
            Some((_, before)) => *before = (*before).max(says),
            None => keys.push((id, says)),
        }
    }

    /// The values of the rows that decide go before those of the others; else earlier ones before later ones.
    fn take_values(&mut self, row: u64, says: Says, mut values: Values) {
        if self.says.is_none_or(|before| before < says) {
            self.row = row;
            self.says = Some(says);
            std::mem::swap(&mut self.values, &mut values);
        }
        if self.values != values {
            self.values.fill(&values);
        }
    }

    /// The first reason stays.
    fn refuse(&mut self, reason: RejectReason) {
        if self.state == State::Open {
            self.state = State::Rejected(reason);
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match (&self.state, self.says, &self.address) {
            (State::Rejected(reason), ..) => Verdict::Rejected(reason.clone()),
            (_, Some(Says::Leaving), _) if self.unsure => Verdict::Rejected(RejectReason::NotSure),
            (_, Some(Says::Leaving), _) => Verdict::Leaving,
            (_, Some(Says::NotYet), _) => Verdict::NotYet,
            (_, Some(Says::Present) | None, None) => Verdict::Unreachable,
            (_, Some(Says::Present) | None, Some(_)) => Verdict::Taken,
        }
    }

    /// Puts them among those whom the file brings, takes off the list, or names.
    pub(crate) fn keep(self, gathered: &mut Gathered) {
        if matches!(self.state, State::Same(_)) {
            return;
        }
        let verdict = self.verdict();
        let Self { row, address, external_id, values, says, more, .. } = self;
        let presence = says.map_or(Presence::Present, Says::presence);
        let More { keys, addresses } = more.map_or_else(More::default, |more| *more);
        match (verdict, address) {
            (Verdict::Taken, Some(address)) => {
                let keys =
                    Keys::of(external_id, keys.into_iter().map(|(id, says)| (id, says == Says::Present)));
                gathered.people.push(Person { row, address, keys, values, presence });
            }
            (Verdict::Leaving, Some(address)) => {
                let keys = Keys::of(external_id, keys.into_iter().map(|(id, _)| (id, false)));
                gathered.people.push(Person { row, address, keys, values, presence });
            }
            (Verdict::Leaving, None) => {
                let keys = if keys.is_empty() { external_id.into_iter().collect() } else { ids(keys) };
                gathered.gone.extend(keys);
            }
            (_, address) => {
                let keys = if keys.is_empty() { external_id.into_iter().collect() } else { ids(keys) };
                gathered.kept.extend(keys.into_iter().map(Kept::Key));
                gathered.kept.extend(address.into_iter().chain(addresses).map(Kept::Address));
            }
        }
    }
}

fn ids(keys: Vec<(ExternalId, Says)>) -> Vec<ExternalId> {
    keys.into_iter().map(|(id, _)| id).collect()
}

impl Says {
    fn of(state: RowState) -> Self {
        match state {
            RowState::Present => Self::Present,
            RowState::NotYet => Self::NotYet,
            // One whose date is not settled is settled before it is gathered.
            RowState::Leaving | RowState::LeavesOn { .. } => Self::Leaving,
        }
    }

    fn presence(self) -> Presence {
        match self {
            Self::Leaving => Presence::Leaving,
            Self::Present | Self::NotYet => Presence::Present,
        }
    }
}
