//! The rows of a file, gathered to people.

use std::collections::BTreeMap;

use listsync_core::{address::Address, contact::ExternalId};
use listsync_engine::ports::Presence;

use crate::{
    RejectReason, RowVerdict, Verdict,
    people::{Person, Values},
    rows::Said,
};

/// Gathers rows to people: those with one external id or one address are one person. The first address counts, later
/// rows fill what earlier ones left blank, and who is present in any row is present.
///
/// An external id with two addresses, or an address with two external ids, could be mended in several ways; so none of
/// these rows is taken.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    people: Vec<Candidate>,
    by_address: BTreeMap<Address, usize>,
    by_id: BTreeMap<ExternalId, usize>,
    rows: Vec<(u64, Fate)>,
}

#[derive(Debug)]
struct Candidate {
    row: u64,
    address: Option<Address>,
    external_id: Option<ExternalId>,
    values: Values,
    presence: Presence,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Rejected(RejectReason),
    /// It turned out to be the same person as this one.
    Same(usize),
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Of(usize),
    Rejected(RejectReason),
}

/// What the rows came to.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) people: Vec<Person>,
    /// Who leaves, and has no address in the file.
    pub(crate) gone: Vec<ExternalId>,
    pub(crate) verdicts: Vec<RowVerdict>,
}

impl Gathering {
    pub(crate) fn reject(&mut self, row: u64, reason: RejectReason) {
        self.rows.push((row, Fate::Rejected(reason)));
    }

    pub(crate) fn take(&mut self, row: u64, said: Said) {
        let by_id = said.external_id.as_ref().and_then(|id| self.by_id.get(id).copied());
        let by_address = said.address.as_ref().and_then(|address| self.by_address.get(address).copied());
        let person = match (by_id, by_address) {
            (None, None) => self.begin(row, &said),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(two)) => self.unite(one, two),
        };
        self.rows.push((row, Fate::Of(person)));
        self.join(person, said);
    }

    fn begin(&mut self, row: u64, said: &Said) -> usize {
        self.people.push(Candidate {
            row,
            address: said.address.clone(),
            external_id: said.external_id.clone(),
            values: said.values.clone(),
            presence: said.presence,
            state: State::Open,
        });
        self.people.len() - 1
    }

    fn join(&mut self, index: usize, said: Said) {
        let person = &mut self.people[index];
        if let Some(address) = said.address {
            if *person.address.get_or_insert_with(|| address.clone()) != address {
                person.refuse(RejectReason::TwoAddresses);
            }
            self.by_address.insert(address, index);
        }
        if let Some(id) = said.external_id {
            if *person.external_id.get_or_insert_with(|| id.clone()) != id {
                person.refuse(RejectReason::SharedAddress);
            }
            self.by_id.insert(id, index);
        }
        if said.presence == Presence::Present {
            person.presence = Presence::Present;
        }
        if person.values != said.values {
            person.values.fill(&said.values);
        }
    }

    /// A row has the external id of one and the address of another: they are the same, if one had no address and the
    /// other no external id.
    fn unite(&mut self, by_id: usize, by_address: usize) -> usize {
        if by_id == by_address {
            return by_id;
        }
        let (one, two) = (&self.people[by_id], &self.people[by_address]);
        let open = one.state == State::Open && two.state == State::Open;
        if open && one.address.is_none() && two.external_id.is_none() {
            return self.merge(by_id.min(by_address), by_id.max(by_address));
        }
        let two_addresses = one.address.is_some();
        let shared = two.external_id.is_some();
        let [of_one, of_two] = match (two_addresses, shared) {
            (true, true) => [RejectReason::TwoAddresses, RejectReason::SharedAddress],
            (true, false) => [RejectReason::TwoAddresses; 2],
            (false, _) => [RejectReason::SharedAddress; 2],
        };
        self.people[by_id].refuse(of_one);
        self.people[by_address].refuse(of_two);
        by_id
    }

    fn merge(&mut self, first: usize, later: usize) -> usize {
        let values = self.people[later].values.clone();
        let (address, external_id) =
            (self.people[later].address.take(), self.people[later].external_id.take());
        let presence = self.people[later].presence;
        self.people[later].state = State::Same(first);
        self.join(first, Said { address, external_id, values, presence, until: None });
        first
    }

    pub(crate) fn finish(self) -> Gathered {
        let Self { people, rows, by_address, by_id } = self;
        drop((by_address, by_id));
        let fates: Vec<_> = people.iter().map(|person| (person.row, person.verdict())).collect();
        let verdict = |row: u64, mut person: usize| {
            if let State::Same(other) = people[person].state {
                person = other;
            }
            match fates[person] {
                (_, rejected @ Verdict::Rejected(_)) => rejected,
                (first, verdict) if first == row => verdict,
                _ => Verdict::Repeated,
            }
        };
        let verdicts = rows.into_iter().map(|(row, fate)| {
            let verdict = match fate {
                Fate::Of(person) => verdict(row, person),
                Fate::Rejected(reason) => Verdict::Rejected(reason),
            };
            RowVerdict { row, verdict }
        });
        let mut gathered = Gathered { verdicts: verdicts.collect(), ..Gathered::default() };
        for person in people {
            person.keep(&mut gathered);
        }
        gathered
    }
}

impl Candidate {
    /// The first reason stays.
    fn refuse(&mut self, reason: RejectReason) {
        if self.state == State::Open {
            self.state = State::Rejected(reason);
        }
    }

    fn verdict(&self) -> Verdict {
        match (self.state, self.presence, &self.address) {
            (State::Rejected(reason), _, _) => Verdict::Rejected(reason),
            (_, Presence::Leaving, _) => Verdict::Leaving,
            (_, Presence::Present, None) => Verdict::Rejected(RejectReason::NoAddress),
            (_, Presence::Present, Some(_)) => Verdict::Taken,
        }
    }

    fn keep(self, gathered: &mut Gathered) {
        let taken = self.state == State::Open && !matches!(self.verdict(), Verdict::Rejected(_));
        let Self { row, address, external_id, values, presence, .. } = self;
        match (taken, address, external_id) {
            (true, Some(address), external_id) => {
                gathered.people.push(Person { row, address, external_id, values, presence });
            }
            (true, None, Some(id)) => gathered.gone.push(id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
