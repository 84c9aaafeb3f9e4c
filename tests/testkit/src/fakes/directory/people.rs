use std::collections::BTreeSet;

use listsync_core::{address::Address, id::ObjectId, snapshot::Principal};
use listsync_engine::ports::{Cursor, Lookup, PeoplePage};

use super::State;

const PAGE: usize = 999;

impl State {
    pub(super) fn look_up(&self, address: &Address) -> Lookup {
        let empty = BTreeSet::new();
        let read: Vec<&Principal> = self
            .by_address
            .get(address)
            .unwrap_or(&empty)
            .iter()
            .filter_map(|id| self.people.get(id))
            .collect();
        let forms: [fn(&Principal, &Address) -> bool; 4] = [
            |person, address| person.mail.as_ref() == Some(address),
            |person, address| person.proxies.contains(address),
            |person, address| person.upn.as_ref() == Some(address),
            |person, address| person.others.contains(address),
        ];
        for form in forms {
            let found: Vec<_> = read.iter().filter(|person| form(person, address)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Lookup::Found((**one).clone()),
                several => {
                    return Lookup::Ambiguous(several.iter().map(|person| person.id.clone()).collect());
                }
            }
        }
        Lookup::Nobody
    }

    pub(super) fn page(&self, from: Option<&Cursor>) -> PeoplePage {
        let from: usize = from.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        let people: Vec<_> = self.people.values().skip(from).take(PAGE).cloned().collect();
        let reached = from + people.len();
        let next = (reached < self.people.len()).then(|| Cursor(reached.to_string()));
        PeoplePage { people, next }
    }

    pub(super) fn principals(&self, ids: impl IntoIterator<Item = ObjectId>) -> Vec<Principal> {
        ids.into_iter().filter_map(|id| self.people.get(&id)).cloned().collect()
    }
}
