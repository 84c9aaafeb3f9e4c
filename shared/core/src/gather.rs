//! From what was read of both sides to one [`Case`] per member.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    belief::Seen,
    case::{Arrival, Asked, Case, Identity, Reach},
    id::{ContactId, ObjectId},
    identity::{ListPresence, Unmatched, presence_of},
    list::{Entry, Origin, Standing},
    member::{Member, MemberKey, Op},
    plan::{Alias, Naming},
    records::{Principals, Records},
    register::KeptOff,
    shield::Shield,
    snapshot::{Completeness, Principal, PrincipalKind},
    sources::Holders,
};

/// What the reads of the group said.
#[derive(Debug, Clone)]
pub enum Sight {
    /// All of it was read: these are its members.
    All(BTreeSet<ObjectId>, Completeness),
    /// What changed or was read again, by member.
    Some(BTreeMap<ObjectId, Seen>),
}

impl Sight {
    /// What was seen of one object.
    #[must_use]
    pub fn of(&self, id: &ObjectId) -> Seen {
        match self {
            Self::All(members, _) if members.contains(id) => Seen::Present,
            Self::All(_, Completeness::Complete) => Seen::Absent,
            Self::All(_, Completeness::CountMismatch) => Seen::Unmentioned,
            Self::Some(seen) => seen.get(id).copied().unwrap_or(Seen::Unmentioned),
        }
    }

    /// Everybody of whom the reads say that they are members, or may be, in the order of their ids.
    fn told(&self) -> Vec<&ObjectId> {
        match self {
            Self::All(present, _) => present.iter().collect(),
            Self::Some(seen) => {
                let told = |seen: &Seen| matches!(seen, Seen::Present | Seen::Rumoured(Op::Add));
                seen.iter().filter(|(_, seen)| told(seen)).map(|(id, _)| id).collect()
            }
        }
    }
}

/// Everything that a run read.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The list's entries, matched as far as can be.
    pub entries: Vec<Entry>,
    /// Why the others are not; and why some stand for nobody although they are matched.
    pub unmatched: BTreeMap<ContactId, (Unmatched, Asked)>,
    /// The directory objects that were read, with their addresses.
    pub principals: Principals,
    /// Who said no, or was erased, though no contact of theirs tells.
    pub refusing: BTreeMap<ObjectId, KeptOff>,
    /// Who stands behind the accounts that look-ups found.
    pub looked_up: BTreeMap<ObjectId, PrincipalKind>,
    /// What the group reads said.
    pub sight: Sight,
    /// What the link remembers.
    pub records: Records,
    /// Which of several groups hold whom, where they were read.
    pub holders: Option<Holders>,
    /// On the reads of how many groups an absence rests.
    pub reach: Reach,
}

impl Evidence {
    /// Who stands behind an account, where this run read that.
    #[must_use]
    pub fn kind_of(&self, id: &ObjectId) -> Option<PrincipalKind> {
        let read = self.principals.get(id).map(|principal| principal.kind);
        read.or_else(|| self.looked_up.get(id).copied())
    }

    /// One case per member, ordered by key. Each is made when it is asked for: a large group has many.
    pub fn cases<'a>(&'a self, shield: &'a Shield) -> impl Iterator<Item = Case> + 'a {
        let gone: BTreeSet<MemberKey> = self.obsolete().into_iter().collect();
        let mut records = self.records.values().filter(move |row| !gone.contains(&row.key)).peekable();
        let mut principals = self.principals.values().peekable();
        let mut here = self.sight.told().into_iter().peekable();
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by(|one, other| by_key(one).cmp(&by_key(other)));
        // All of them are in the order of keys, so the next member is the least of their next ones, and nobody is searched for.
        let mut first = 0;
        std::iter::from_fn(move || {
            let told = here.peek().map(|id| MemberKey::Principal((*id).clone()));
            let remembered = records.peek().map(|row| row.key.clone());
            let listed = entries.get(first).map(|entry| key_of(entry));
            let key = [told, remembered, listed].into_iter().flatten().min()?;
            let id = key.object_id();
            here.next_if(|told| Some(*told) == id);
            while principals.next_if(|one| id.is_some_and(|id| one.id < *id)).is_some() {}
            let own = entries[first..].iter().take_while(|entry| is_of(entry, &key)).count();
            let met = Met {
                record: records.next_if(|row| row.key == key),
                principal: principals.next_if(|one| Some(&one.id) == id),
                entries: &entries[first..first + own],
            };
            first += own;
            Some(self.case(&key, &met, shield))
        })
    }

    /// Rows of contacts that were matched to a directory object since.
    #[must_use]
    pub fn obsolete(&self) -> Vec<MemberKey> {
        let bound = self.entries.iter().filter(|entry| entry.object_id.is_some());
        let bound = bound.map(|entry| MemberKey::Contact(entry.contact.clone()));
        bound.filter(|key| self.records.contains_key(key)).collect()
    }

    fn case(&self, key: &MemberKey, met: &Met<'_>, shield: &Shield) -> Case {
        let Met { record, principal, entries } = *met;
        let mut record = record.cloned().unwrap_or_else(|| Member::unknown(key.clone()));
        let face = self.face(entries, &record);
        if let Some(entry) = face {
            record.contact = Some(entry.contact.clone());
            record.address = Some(entry.address.clone());
        } else if let Some(address) = principal.and_then(Principal::contact_address) {
            record.address = Some(address.clone());
        }
        if let (Some(holders), Some(id)) = (&self.holders, key.object_id()) {
            record.sources = holders.of(id, &record.sources);
        }
        let listed = entries.iter().map(|entry| &entry.address);
        let protection = shield.covers(key, record.address.iter().chain(listed), principal);
        let list = self.presence(key, entries);
        let mut name = face.map(|entry| entry.name.clone()).filter(|name| !name.is_empty());
        if list.naming() == Naming::Nameless {
            // What the directory calls them would be written down in the link's row, and told with what fails.
            record.address = None;
        } else {
            name = name.or_else(|| principal.map(|one| one.name.clone()));
        }
        let unmatched = face.and_then(|entry| self.unmatched.get(&entry.contact));
        Case {
            protection,
            name: name.unwrap_or_default(),
            seen: key.object_id().map_or(Seen::Unmentioned, |id| self.sight.of(id)),
            list,
            also: face.map(|face| others(entries, face)).unwrap_or_default(),
            arrival: face.map_or(Arrival::Unjudged, arrival),
            identity: unmatched
                .map_or(Identity::Settled, |&(reason, asked)| Identity::Unmatched(reason, asked)),
            record,
        }
    }

    fn presence(&self, key: &MemberKey, entries: &[&Entry]) -> ListPresence {
        let refusing = key.object_id().and_then(|id| self.refusing.get(id));
        match (presence_of(entries), refusing) {
            (ListPresence::Absent, Some(KeptOff::No)) => ListPresence::Suppressed,
            (ListPresence::Absent, Some(KeptOff::Erasure)) => ListPresence::Erased,
            (presence, _) => presence,
        }
    }

    /// The contact under which a person is remembered. Of several on the list it is one whose identity is not in question,
    /// and the same as before, whichever of them a read shows first.
    fn face<'e>(&self, entries: &[&'e Entry], record: &Member) -> Option<&'e Entry> {
        let rank = |entry: &&'e Entry| {
            let is_other = record.contact.as_ref() != Some(&entry.contact);
            let in_question = self.unmatched.contains_key(&entry.contact);
            let entry: &'e Entry = entry;
            (entry.standing, in_question, is_other, &entry.contact)
        };
        entries.iter().copied().min_by_key(rank)
    }
}

/// What the reads have of one member.
struct Met<'e> {
    record: Option<&'e Member>,
    principal: Option<&'e Principal>,
    entries: &'e [&'e Entry],
}

/// Files are judged when they are taken in, and what another link's run put on the list was judged by that run, be it its first
/// one ([`Onward`](crate::case::Onward)). Neither is asked about once more for each group that follows.
fn arrival(face: &Entry) -> Arrival {
    match face.origin {
        Origin::Own | Origin::Csv | Origin::Entra => Arrival::Judged,
        Origin::Manual | Origin::Filter | Origin::EndDate => Arrival::Unjudged,
    }
}

/// The further addresses under which a person is on the list.
fn others(entries: &[&Entry], face: &Entry) -> Vec<Alias> {
    let others =
        entries.iter().filter(|entry| entry.standing == Standing::Member && entry.contact != face.contact);
    let mut others: Vec<Alias> = others
        .map(|entry| Alias { contact: entry.contact.clone(), address: entry.address.clone() })
        .collect();
    others.sort_by(|a, b| a.contact.cmp(&b.contact));
    others
}

/// By what an entry is told from others.
#[must_use]
pub fn key_of(entry: &Entry) -> MemberKey {
    match &entry.object_id {
        Some(id) => MemberKey::Principal(id.clone()),
        None => MemberKey::Contact(entry.contact.clone()),
    }
}

fn is_of(entry: &Entry, key: &MemberKey) -> bool {
    match (key, &entry.object_id) {
        (MemberKey::Principal(id), Some(object)) => id == object,
        (MemberKey::Contact(contact), None) => *contact == entry.contact,
        (MemberKey::Principal(_), None) | (MemberKey::Contact(_), Some(_)) => false,
    }
}

/// What puts entries in the order of their keys, without a copy of them.
fn by_key(entry: &Entry) -> (bool, Option<&ObjectId>, Option<&ContactId>) {
    let object = entry.object_id.as_ref();
    (object.is_none(), object, object.is_none().then_some(&entry.contact))
}

/// Whether an entry takes part in a run at all: who is merely known to the list service does not.
#[must_use]
pub fn takes_part(entry: &Entry) -> bool {
    matches!(entry.standing, Standing::Member | Standing::OptedOut)
}
