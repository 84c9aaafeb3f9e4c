//! The rows of a file, gathered to people.

use std::collections::BTreeMap;

use jiff::civil::Date;
use listsync_core::{address::Address, contact::ExternalId};
use listsync_engine::ports::Kept;

use crate::{
    RejectReason, RowVerdict, Verdict,
    people::Person,
    person::{Candidate, State},
    rows::{Mentioned, RowState, Said},
};

/// Gathers rows to people: those with one address, or one external id, are one person. Who is present in any row is present:
/// an active row decides over an ended one, be it the same assignment, an earlier employment or a colleague who shares the
/// mailbox. Later rows fill what earlier ones left blank.
///
/// An external id with two addresses could be mended in several ways; so none of its rows is taken. Nobody leaves of whom
/// another row could not be read.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    people: Vec<Candidate>,
    by_address: BTreeMap<Address, usize>,
    by_id: BTreeMap<ExternalId, usize>,
    rows: Vec<(u64, Fate)>,
    undated: Vec<Undated>,
    mentions: Vec<Mentioned>,
    unreadable: u64,
}

#[derive(Debug)]
enum Fate {
    Of(usize),
    Rejected(RejectReason),
}

/// A row whose leave date is one of two.
#[derive(Debug)]
struct Undated {
    /// Its place among the rows.
    at: usize,
    said: Said,
    day_first: Date,
    month_first: Date,
}

/// What the rows came to.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) people: Vec<Person>,
    /// The keys of whoever leaves and has no address in the file.
    pub(crate) gone: Vec<ExternalId>,
    /// Who is named, and stays as they are.
    pub(crate) kept: Vec<Kept>,
    /// Rows that do not tell whom they name.
    pub(crate) unreadable: u64,
    pub(crate) verdicts: Vec<RowVerdict>,
}

impl Gathering {
    /// A row that cannot be taken: whom it names stays as they are.
    pub(crate) fn reject(&mut self, row: u64, reason: RejectReason, mentioned: Mentioned) {
        self.rows.push((row, Fate::Rejected(reason)));
        self.mention(mentioned);
    }

    fn mention(&mut self, mentioned: Mentioned) {
        match mentioned.external_id.is_none() && mentioned.addresses.is_empty() {
            true => self.unreadable += 1,
            false => self.mentions.push(mentioned),
        }
    }

    pub(crate) fn take(&mut self, row: u64, said: Said) {
        if let RowState::LeavesOn { day_first, month_first } = said.state {
            let at = self.rows.len();
            self.rows.push((row, Fate::Rejected(RejectReason::AmbiguousDate)));
            self.undated.push(Undated { at, said, day_first, month_first });
            return;
        }
        let person = self.person(row, said);
        self.rows.push((row, Fate::Of(person)));
    }

    /// Once the whole column is read: rows whose leave date was one of two are taken with the one that `choose` gives.
    pub(crate) fn settle_dates(
        &mut self,
        choose: impl Fn(Date, Date) -> Option<Date>,
        mut on: impl FnMut(u64, Date) -> (RowState, Option<Date>),
    ) -> Option<Date> {
        let mut until: Option<Date> = None;
        for Undated { at, mut said, day_first, month_first } in std::mem::take(&mut self.undated) {
            let row = self.rows[at].0;
            let Some(day) = choose(day_first, month_first) else {
                let addresses = said.address.into_iter().collect();
                self.mention(Mentioned { external_id: said.external_id, addresses });
                continue;
            };
            let (state, changes) = on(row, day);
            said.state = state;
            until = until.into_iter().chain(changes).min();
            let person = self.person(row, said);
            self.rows[at].1 = Fate::Of(person);
        }
        until
    }

    /// Whose row it is.
    fn person(&mut self, row: u64, said: Said) -> usize {
        let by_id = said.external_id.as_ref().and_then(|id| self.by_id.get(id).copied());
        let by_address = said.address.as_ref().and_then(|address| self.by_address.get(address).copied());
        let person = match (by_id, by_address) {
            (None, None) => {
                self.people.push(Candidate::new(row));
                self.people.len() - 1
            }
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(two)) => self.unite(one, two),
        };
        self.join(person, row, said);
        person
    }

    fn join(&mut self, index: usize, row: u64, said: Said) {
        if let Some(address) = &said.address {
            // Whose address it is already stays theirs: the row is refused with its own person.
            self.by_address.entry(address.clone()).or_insert(index);
        }
        if let Some(id) = &said.external_id {
            self.by_id.insert(id.clone(), index);
        }
        self.people[index].join(row, said);
    }

    /// A row has the external id of one and the address of another: they are the same, if one had no address. Else the
    /// external id stands for two addresses, and is nobody's; the other, of whom the row may speak, does not leave.
    fn unite(&mut self, by_id: usize, by_address: usize) -> usize {
        if by_id == by_address {
            return by_id;
        }
        if self.people[by_id].address.is_some() {
            self.people[by_address].unsure = true;
            return by_id;
        }
        let (first, later) = (by_id.min(by_address), by_id.max(by_address));
        let other = std::mem::replace(&mut self.people[later], Candidate::same_as(first));
        for place in self.by_id.values_mut().chain(self.by_address.values_mut()) {
            if *place == later {
                *place = first;
            }
        }
        self.people[first].merge(other);
        first
    }

    pub(crate) fn finish(mut self) -> Gathered {
        for mentioned in &self.mentions {
            let by_id = mentioned.external_id.as_ref().and_then(|id| self.by_id.get(id));
            let by_address = mentioned.addresses.iter().filter_map(|address| self.by_address.get(address));
            for person in by_id.into_iter().chain(by_address) {
                self.people[*person].unsure = true;
            }
        }
        let Self { people, rows, by_address, by_id, mentions, unreadable, .. } = self;
        drop((by_address, by_id));
        let fates: Vec<_> = people.iter().map(|person| (person.row, person.verdict())).collect();
        let verdict = |row: u64, mut person: usize| {
            while let State::Same(other) = people[person].state {
                person = other;
            }
            match &fates[person] {
                (_, rejected @ Verdict::Rejected(_)) => rejected.clone(),
                (first, verdict) if *first == row => verdict.clone(),
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
        let mut gathered = Gathered { verdicts: verdicts.collect(), unreadable, ..Gathered::default() };
        for mentioned in mentions {
            gathered.kept.extend(mentioned.external_id.map(Kept::Key));
            gathered.kept.extend(mentioned.addresses.into_iter().map(Kept::Address));
        }
        for person in people {
            person.keep(&mut gathered);
        }
        // Whose row decides came later, or whose date was told by others, stands where that row does.
        gathered.people.sort_by_key(|person| person.row);
        gathered
    }
}

#[cfg(test)]
mod tests;
