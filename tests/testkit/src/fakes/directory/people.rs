use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    id::ObjectId,
    snapshot::{Principal, PrincipalKind},
};
use listsync_engine::ports::{
    Cursor, Fault, Guest, Invited, Lookup, PeopleChanges, PeoplePage, PortError, PortResult,
};

use super::State;

const PAGE: usize = 999;

/// What happened to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Their primary address may be another now.
    Changed(Option<Address>),
    Gone,
}

/// All that happened to people, in order, each with when it is shown.
#[derive(Debug, Default)]
pub(super) struct PeopleLog {
    events: Vec<(Timestamp, ObjectId, Fate)>,
    epoch: u64,
}

impl PeopleLog {
    pub(super) fn push(&mut self, shown_at: Timestamp, id: &ObjectId, fate: Fate) {
        let last = self.events.last().map_or(Timestamp::MIN, |(at, ..)| *at);
        self.events.push((shown_at.max(last), id.clone(), fate));
    }

    pub(super) fn expire(&mut self) {
        self.epoch += 1;
    }

    pub(super) fn cursor(&self, now: Timestamp) -> Cursor {
        Cursor(format!("people:{}:{}", self.epoch, self.shown(now)))
    }

    fn shown(&self, now: Timestamp) -> usize {
        self.events.iter().take_while(|(at, ..)| *at <= now).count()
    }

    pub(super) fn since(&self, cursor: &Cursor, now: Timestamp) -> PortResult<PeopleChanges> {
        let gone = || PortError::new(Fault::Gone, "cursor_expired", "the change cursor is too old");
        let from = cursor.0.strip_prefix(&format!("people:{}:", self.epoch)).ok_or_else(gone)?;
        let from: usize = from.parse().map_err(|_| gone())?;
        let mut last: BTreeMap<&ObjectId, &Fate> = BTreeMap::new();
        last.extend(self.events[..self.shown(now)].iter().skip(from).map(|(_, id, fate)| (id, fate)));
        let (mut gone, mut changed) = (BTreeSet::new(), BTreeMap::new());
        for (id, fate) in last {
            match fate {
                Fate::Gone => drop(gone.insert(id.clone())),
                Fate::Changed(address) => drop(changed.insert(id.clone(), address.clone())),
            }
        }
        Ok(PeopleChanges { gone, changed, cursor: self.cursor(now) })
    }
}

impl State {
    pub(super) fn may_read_people(&self) -> PortResult<()> {
        match self.permissions.contains("User.Read.All") {
            true => Ok(()),
            false => {
                Err(PortError::new(Fault::Denied, "Authorization_RequestDenied", "people may not be read"))
            }
        }
    }

    pub(super) fn look_up(&mut self, address: &Address, now: Timestamp) -> Lookup {
        let ids = self.by_address.get(address).cloned().unwrap_or_default();
        let read = self.known(ids, now);
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
                [one] => return Lookup::Found((*one).clone()),
                several => {
                    return Lookup::Ambiguous(several.iter().map(|person| person.id.clone()).collect());
                }
            }
        }
        Lookup::Nobody
    }

    /// Makes a guest of an address, or finds the one whom an earlier invitation made.
    pub(super) fn invite(&mut self, Guest { address, name }: &Guest, now: Timestamp) -> Invited {
        if let Some(error) = self.uninvitable.get(address) {
            return Invited::Refused(error.clone());
        }
        self.invitations.push(address.clone());
        let known = self.by_address.get(address).and_then(|ids| ids.first()).cloned();
        if let Some(known) = known.filter(|id| self.people.contains_key(id)) {
            return match self.people[&known].kind {
                PrincipalKind::Guest => Invited::Guest(known),
                PrincipalKind::Own | PrincipalKind::Agent => Invited::Known(known),
            };
        }
        let id = ObjectId::parse(&address.as_str().replace('@', "-at-")).expect("an address makes an id");
        let guest = Principal {
            id: id.clone(),
            name: name.clone(),
            mail: Some(address.clone()),
            proxies: Vec::new(),
            upn: None,
            others: vec![address.clone()],
            kind: PrincipalKind::Guest,
        };
        self.by_address.entry(address.clone()).or_default().insert(id.clone());
        self.people.insert(id.clone(), guest);
        self.late.insert(id.clone(), vec![now + self.lag.most]);
        Invited::Guest(id)
    }

    pub(super) fn page(&mut self, from: Option<&Cursor>, now: Timestamp) -> PeoplePage {
        let from: usize = from.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        let ids: Vec<ObjectId> = self.people.keys().skip(from).take(PAGE).cloned().collect();
        let reached = from + ids.len();
        let next = (reached < self.people.len()).then(|| Cursor(reached.to_string()));
        PeoplePage { people: self.known(ids, now), next }
    }

    pub(super) fn principals(&self, ids: impl IntoIterator<Item = ObjectId>) -> Vec<Principal> {
        ids.into_iter().filter_map(|id| self.people.get(&id)).cloned().collect()
    }
}
