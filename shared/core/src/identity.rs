//! Which contact is which directory object.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::Address,
    id::{ContactId, ObjectId},
    list::{Entry, Standing},
    plan::Naming,
    records::Principals,
    snapshot::Principal,
};

/// What is known of who a contact is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<T> {
    /// Exactly one directory object answers to it.
    One(T),
    /// Several do: none is taken.
    Several(Vec<ObjectId>),
}

/// Why a contact has no directory object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmatched {
    /// Its domain is the tenant's own, but nobody answers to the address.
    NoSuchUser,
    /// It is external, and the tenant has no guest for it.
    GuestNotInvited,
    /// It is external, and externals are not looked up.
    ExternalSkipped,
    /// Several directory objects answer to it.
    Ambiguous,
    /// It is external, and the directory takes no invitation for such an address.
    NotInvitable,
    /// It is external and to be invited, but messages do not reach it.
    Undeliverable,
    /// People gave it another address, to which nobody answers.
    CorrectedToNobody,
    /// People gave it another address, to which several answer.
    CorrectedToSeveral,
    /// People gave it another address, and the one who answers to it has another contact.
    CorrectedToAnother,
}

impl Unmatched {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NoSuchUser,
        Self::GuestNotInvited,
        Self::ExternalSkipped,
        Self::Ambiguous,
        Self::NotInvitable,
        Self::Undeliverable,
        Self::CorrectedToNobody,
        Self::CorrectedToSeveral,
        Self::CorrectedToAnother,
    ];

    /// The stable code that summaries show.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchUser => "no_such_user",
            Self::GuestNotInvited => "guest_not_invited",
            Self::ExternalSkipped => "external_skipped",
            Self::Ambiguous => "ambiguous_address",
            Self::NotInvitable => "not_invitable",
            Self::Undeliverable => "undeliverable",
            Self::CorrectedToNobody => "corrected_to_nobody",
            Self::CorrectedToSeveral => "corrected_to_several",
            Self::CorrectedToAnother => "corrected_to_another",
        }
    }

    /// Whether the contact still has the directory object of a former address, which is not for us to take from it.
    #[must_use]
    pub fn is_contested(self) -> bool {
        matches!(self, Self::CorrectedToNobody | Self::CorrectedToSeveral | Self::CorrectedToAnother)
    }

    /// What was found, and what the operator can do about it, where this is a failure.
    #[must_use]
    pub fn explained(self) -> (&'static str, &'static str) {
        match self {
            Self::NoSuchUser => (
                "nobody in the directory answers to the address",
                "correct the address in the list, or create the user; it is tried again by itself",
            ),
            Self::GuestNotInvited => (
                "the directory has no guest for the address",
                "invite the guest in the directory, or link with --externals invite",
            ),
            Self::ExternalSkipped => {
                ("the link leaves out external addresses", "link with --externals match or invite")
            }
            Self::Ambiguous => (
                "several people in the directory answer to the address",
                "correct the addresses of all but one of them in the directory",
            ),
            Self::NotInvitable => (
                "the directory invites no guest under such an address, because of one of its characters",
                "ask the person for an address without + and other special characters",
            ),
            Self::Undeliverable => (
                "messages do not reach the address, so nobody is invited under it",
                "correct the address in the list",
            ),
            Self::CorrectedToNobody => (
                "the contact was given an address to which nobody in the directory answers; the group keeps who it was",
                "correct the address, or take the contact off the list; it is looked up again by itself",
            ),
            Self::CorrectedToSeveral => (
                "the contact was given an address to which several people in the directory answer; the group keeps who it was",
                "correct the addresses of all but one of them in the directory, or the contact's in the list",
            ),
            Self::CorrectedToAnother => (
                "the contact was given the address of somebody who has another contact; the group keeps who it was",
                "merge the two contacts, or correct the address of this one",
            ),
        }
    }

    /// The reason that has this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Matches contacts without an object to principals that were read anyway, so that they need no look-up.
///
/// Only mail and proxy addresses count, which Exchange keeps unique: an other mail of somebody here may be the mail of
/// somebody who was not read. For a contact that opted out every address counts: a wrong guess would bring a person
/// back.
#[must_use]
pub fn match_among(entries: &[Entry], principals: &Principals) -> BTreeMap<ContactId, Match<ObjectId>> {
    let wanted: BTreeSet<&Address> =
        entries.iter().filter(|entry| entry.object_id.is_none()).map(|entry| &entry.address).collect();
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let mut strict: BTreeMap<&Address, BTreeSet<&ObjectId>> = BTreeMap::new();
    let mut loose = strict.clone();
    for principal in principals.values() {
        for address in principal.mail.iter().chain(&principal.proxies).filter(|a| wanted.contains(a)) {
            strict.entry(address).or_default().insert(&principal.id);
        }
        for address in principal.addresses().filter(|address| wanted.contains(address)) {
            loose.entry(address).or_default().insert(&principal.id);
        }
    }
    let unbound = entries.iter().filter(|entry| entry.object_id.is_none());
    unbound
        .filter_map(|entry| {
            let index = if entry.standing == Standing::OptedOut { &loose } else { &strict };
            let ids: Vec<ObjectId> = index.get(&entry.address)?.iter().map(|&id| id.clone()).collect();
            Some((entry.contact.clone(), one_or_several(ids)))
        })
        .collect()
}

fn one_or_several(mut ids: Vec<ObjectId>) -> Match<ObjectId> {
    match ids.pop() {
        Some(only) if ids.is_empty() => Match::One(only),
        last => Match::Several(ids.into_iter().chain(last).collect()),
    }
}

/// Answers look-ups from one pass over many principals, as the directory would answer them one by one: by mail, then
/// proxy address, then user principal name, then other mails; the first of these that anybody has decides.
#[derive(Debug)]
pub struct Matcher {
    wanted: BTreeMap<Address, Candidates>,
}

#[derive(Debug, Default)]
struct Candidates {
    rank: u8,
    people: Vec<Principal>,
}

impl Matcher {
    /// Looks for these addresses.
    #[must_use]
    pub fn new(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self { wanted: addresses.into_iter().map(|address| (address, Candidates::default())).collect() }
    }

    /// Takes one principal into account.
    pub fn see(&mut self, principal: &Principal) {
        let ranks: [&mut dyn Iterator<Item = &Address>; 4] = [
            &mut principal.mail.iter(),
            &mut principal.proxies.iter(),
            &mut principal.upn.iter(),
            &mut principal.others.iter(),
        ];
        for (rank, addresses) in (0_u8..).zip(ranks) {
            for address in addresses {
                if let Some(candidates) = self.wanted.get_mut(address) {
                    candidates.offer(rank, principal);
                }
            }
        }
    }

    /// Takes out what was found for an address; none: nobody, or it was taken before.
    #[must_use]
    pub fn take(&mut self, address: &Address) -> Option<Match<Principal>> {
        let mut people = self.wanted.remove(address)?.people;
        match people.len() {
            0 | 1 => people.pop().map(Match::One),
            _ => Some(Match::Several(people.into_iter().map(|one| one.id).collect())),
        }
    }
}

impl Candidates {
    fn offer(&mut self, rank: u8, principal: &Principal) {
        if self.people.is_empty() || rank < self.rank {
            self.rank = rank;
            self.people = vec![principal.clone()];
        } else if rank == self.rank && self.people.iter().all(|known| known.id != principal.id) {
            self.people.push(principal.clone());
        }
    }
}

/// How the contacts that one directory object answers to stand to the list, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListPresence {
    /// It is on the list, under one address or several.
    Member,
    /// One of its contacts opted out, and a person's word on one address holds for the person.
    OptedOut,
    /// The same, and another of its contacts is still on the list.
    StillListed,
    /// It is not on the list.
    Absent,
    /// It has no contact, and a no was said under one of its addresses: by somebody whom nobody keeps, or whom no run has
    /// matched.
    Suppressed,
    /// The same of somebody who was erased: what is done about them is kept without a name.
    Erased,
}

impl ListPresence {
    /// Whether the person said no, under whatever address.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::OptedOut | Self::StillListed | Self::Suppressed | Self::Erased)
    }

    /// Whether what is done about the person is kept under their name.
    #[must_use]
    pub fn naming(self) -> Naming {
        match self {
            Self::Erased => Naming::Nameless,
            Self::Member | Self::OptedOut | Self::StillListed | Self::Absent | Self::Suppressed => {
                Naming::Named
            }
        }
    }
}

/// Takes the contacts of one directory object together: whoever is on the list under an alias too is one person, who is
/// there until none of these contacts is.
#[must_use]
pub fn presence_of(entries: &[&Entry]) -> ListPresence {
    let with = |standing| entries.iter().filter(|entry| entry.standing == standing).count();
    match (with(Standing::OptedOut), with(Standing::Member)) {
        (1.., 0) => ListPresence::OptedOut,
        (1.., 1..) => ListPresence::StillListed,
        (0, 1..) => ListPresence::Member,
        (0, 0) => ListPresence::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{list::Origin, snapshot::PrincipalKind};

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    fn entry(contact: &str, of: &str, standing: Standing) -> Entry {
        Entry {
            contact: ContactId::parse(contact).expect("an id"),
            address: address(of),
            name: String::new(),
            object_id: None,
            standing,
            origin: Origin::Manual,
            undeliverable: None,
            grounds: None,
            until: None,
        }
    }

    fn principal(id: &str, mail: Option<&str>, others: &[&str]) -> Principal {
        Principal {
            id: ObjectId::parse(id).expect("an id"),
            name: String::new(),
            mail: mail.map(address),
            proxies: Vec::new(),
            upn: None,
            others: others.iter().map(|&text| address(text)).collect(),
            kind: PrincipalKind::Own,
        }
    }

    fn among(people: &[Principal]) -> Principals {
        people.to_vec().into()
    }

    #[test]
    fn an_other_mail_is_not_proof_enough_unless_the_person_opted_out() {
        let people = among(&[principal("u1", None, &["a@x.example"])]);
        assert!(match_among(&[entry("c1", "a@x.example", Standing::Member)], &people).is_empty());
        let opted_out = entry("c1", "a@x.example", Standing::OptedOut);
        assert_eq!(match_among(std::slice::from_ref(&opted_out), &people).len(), 1);
    }

    #[test]
    fn two_who_share_an_address_are_never_guessed_between() {
        let people =
            among(&[principal("u1", Some("a@x.example"), &[]), principal("u2", Some("a@x.example"), &[])]);
        let matches = match_among(&[entry("c1", "a@x.example", Standing::Member)], &people);
        assert!(matches.values().all(|found| matches!(found, Match::Several(ids) if ids.len() == 2)));
    }

    #[test]
    fn a_pass_over_everybody_answers_as_a_look_up_would() {
        let mut matcher =
            Matcher::new([address("a@x.example"), address("b@x.example"), address("z@x.example")]);
        matcher.see(&principal("u2", None, &["a@x.example", "b@x.example"]));
        matcher.see(&principal("u1", Some("a@x.example"), &[]));
        matcher.see(&principal("u3", None, &["b@x.example"]));
        let id = |text| ObjectId::parse(text).expect("an id");
        assert!(matches!(matcher.take(&address("a@x.example")), Some(Match::One(one)) if one.id == id("u1")));
        assert_eq!(matcher.take(&address("b@x.example")), Some(Match::Several(vec![id("u2"), id("u3")])));
        assert_eq!(matcher.take(&address("z@x.example")), None);
    }

    #[test]
    fn who_is_on_the_list_under_two_addresses_is_there_as_long_as_under_one() {
        let entries = [("c1", Standing::Member), ("c2", Standing::Member), ("c3", Standing::Absent)];
        let [yes, alias, gone] = entries.map(|(id, standing)| entry(id, "a@x.example", standing));
        assert_eq!(presence_of(&[&yes, &alias]), ListPresence::Member);
        assert_eq!(presence_of(&[&gone, &alias]), ListPresence::Member);
        assert_eq!(presence_of(&[&gone]), ListPresence::Absent);
    }

    #[test]
    fn an_opt_out_under_any_address_is_the_persons() {
        let (yes, no) =
            (entry("c1", "a@x.example", Standing::Member), entry("c2", "b@x.example", Standing::OptedOut));
        assert_eq!(presence_of(&[&yes, &no]), ListPresence::StillListed);
        assert_eq!(presence_of(&[&no]), ListPresence::OptedOut);
        assert_eq!(presence_of(&[&yes]), ListPresence::Member);
        assert_eq!(presence_of(&[&entry("c3", "c@x.example", Standing::Absent)]), ListPresence::Absent);
    }
}
