//! Whose a no is that was said under one of the addresses that the directory gives for somebody.
//!
//! A no is the person's, under whichever address it was said. Of a contact's own addresses the
//! store knows whose they are. Of any other only a run can tell, once it has read somebody who has
//! it. What it learns is not the link's to remember: the address becomes the contact's, and the no
//! with it. So it holds on every list, a yes takes it back under either address, and nothing has
//! to be found out again. Were it a matter of the one run, the person would leave the group in it
//! and be added again by the next, which reads nobody who has left.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::Address,
    contact::Scope,
    id::{ContactId, ObjectId},
    identity::presence_of,
    list::{Entry, Standing},
    register::KeptOff,
    snapshot::Principal,
};

/// Of whom a no is, as far as the store knows when it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Of an address that is no contact's.
    Nobody,
    /// Of a contact that was matched to no directory object.
    Unmatched,
    /// Of somebody's only contact.
    Known,
    /// Of one of several contacts that were matched to one directory object.
    OneOfSeveral,
}

/// Whether the changes of the lists lead a run to everybody whom a no is about. If not, only a
/// full read does: whoever has the address may be on a list under another one, or in a group alone,
/// where nothing has changed.
#[must_use]
pub fn is_told_by_changes(speaker: Speaker, scope: &Scope) -> bool {
    match (speaker, scope) {
        (Speaker::Known, _) | (Speaker::OneOfSeveral, Scope::List(_)) => true,
        // Another of their contacts may be on a list that this one never stood to.
        (Speaker::OneOfSeveral, Scope::All) => false,
        (Speaker::Nobody | Speaker::Unmatched, _) => false,
    }
}

/// Who has an address under which a no was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// No contact: only the no is kept.
    Nobody,
    /// A contact that was matched to nobody, as its own address.
    Own(ContactId),
    /// A contact that was matched to nobody, as a further address.
    Alias,
    /// A contact of this person.
    Matched(ObjectId),
}

/// A no that keeps an address off a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    /// Who has the address.
    pub keeper: Keeper,
    /// Whether they were erased.
    pub by: KeptOff,
}

/// What makes each no its person's.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    /// Contacts that are matched to a person, of whom they tell from then on.
    pub matched: BTreeMap<ContactId, ObjectId>,
    /// Contacts that take over addresses, and with them what was said under these.
    pub given: BTreeMap<ContactId, BTreeSet<Address>>,
    /// People of whom a contact tells that was not read.
    pub telling: BTreeSet<ObjectId>,
    /// People who said no, or were erased, and have no contact that could tell. Of several nos an erasure counts.
    pub refusing: BTreeMap<ObjectId, KeptOff>,
}

/// The addresses of these people of which no entry tells whether a no was said under them. Whose
/// entries say no already is asked nothing more.
#[must_use]
pub fn untold<'a>(
    people: impl IntoIterator<Item = &'a Principal>,
    entries: &'a [Entry],
) -> BTreeSet<&'a Address> {
    let by_object = by_object(entries);
    let told: BTreeSet<&Address> = by_object.0.iter().map(|entry| &entry.address).collect();
    let is_open = |one: &&Principal| by_object.get(&one.id).is_none_or(|own| !presence_of(own).is_refusal());
    let people = people.into_iter().filter(is_open);
    people.flat_map(Principal::addresses).filter(|address| !told.contains(address)).collect()
}

/// Gives each no to its person.
///
/// A mail or proxy address is its principal's alone, as Exchange keeps those unique. Any other may be
/// the mail of somebody else: it counts where nobody else who was read has it at all. So nobody
/// leaves a group for what another said.
///
/// A no that is a contact's stays that contact's alone, which tells of its person once it is
/// matched. Copied to another contact of theirs it would outlive the yes that takes it back.
///
/// A further address of a contact that was matched to nobody may be what the contact was corrected
/// from, and the no that of its new person: it keeps off the list, as ever, whoever has no contact,
/// and takes nobody off it who has one.
#[must_use]
pub fn attribute<'a>(
    people: impl IntoIterator<Item = &'a Principal> + Clone,
    entries: &[Entry],
    nos: &BTreeMap<Address, No>,
) -> Attributed {
    let by_object = by_object(entries);
    let mut attributed = Attributed::default();
    for (address, owners) in owners(people, nos) {
        let is_single = owners.len() == 1;
        let No { keeper, by } = &nos[address];
        for id in owners {
            match (keeper, by_object.get(id).and_then(|own| face(own))) {
                // The contact tells of whom it was matched to, and of nobody else who has the address.
                (Keeper::Matched(other), _) if other != id => {}
                (Keeper::Matched(_), _) => drop(attributed.telling.insert(id.clone())),
                (Keeper::Own(said), _) if is_single => {
                    attributed.matched.insert(said.clone(), id.clone());
                }
                (Keeper::Nobody, Some(entry)) if is_single => {
                    let given = attributed.given.entry(entry.contact.clone()).or_default();
                    given.insert(address.clone());
                }
                (Keeper::Nobody | Keeper::Own(_) | Keeper::Alias, None) => {
                    let known = attributed.refusing.entry(id.clone()).or_insert(*by);
                    *known = (*known).max(*by);
                }
                (Keeper::Nobody | Keeper::Own(_) | Keeper::Alias, Some(_)) => {}
            }
        }
    }
    attributed
}

/// Whose an address is for certain.
fn owners<'a>(
    people: impl IntoIterator<Item = &'a Principal>,
    nos: &BTreeMap<Address, No>,
) -> BTreeMap<&'a Address, BTreeSet<&'a ObjectId>> {
    let mut titles: BTreeMap<&Address, BTreeMap<&ObjectId, Title>> = BTreeMap::new();
    for principal in people {
        let own = principal.mail.iter().chain(&principal.proxies).map(|address| (Title::Own, address));
        let others = principal.upn.iter().chain(&principal.others).map(|address| (Title::Other, address));
        for (title, address) in own.chain(others).filter(|(_, address)| nos.contains_key(*address)) {
            let known = titles.entry(address).or_default().entry(&principal.id).or_insert(title);
            *known = title.min(*known);
        }
    }
    let certain = |titles: BTreeMap<&'a ObjectId, Title>| {
        let is_single = titles.len() == 1;
        let sure = titles.into_iter().filter(move |(_, title)| *title == Title::Own || is_single);
        sure.map(|(id, _)| id).collect()
    };
    titles.into_iter().map(|(address, titles)| (address, certain(titles))).collect()
}

/// By what an address is a principal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Title {
    /// Mail is delivered to them under it.
    Own,
    /// It is a name for signing in, or one that they gave besides.
    Other,
}

/// The entries that were matched to somebody, in the order of whom.
struct ByObject<'e>(Vec<&'e Entry>);

impl<'e> ByObject<'e> {
    /// Those of one person; none: there are none.
    fn get(&self, object: &ObjectId) -> Option<&[&'e Entry]> {
        let first = self.0.partition_point(|entry| entry.object_id.as_ref() < Some(object));
        let own = self.0.iter().skip(first).take_while(|entry| entry.object_id.as_ref() == Some(object));
        match own.count() {
            0 => None,
            own => Some(&self.0[first..first + own]),
        }
    }
}

fn by_object(entries: &[Entry]) -> ByObject<'_> {
    let mut matched: Vec<&Entry> = entries.iter().filter(|entry| entry.object_id.is_some()).collect();
    matched.sort_by(|one, other| one.object_id.cmp(&other.object_id));
    ByObject(matched)
}

/// Of the contacts of one person one that is on the list, if any is; of several always the same.
fn face<'e>(entries: &[&'e Entry]) -> Option<&'e Entry> {
    entries.iter().copied().min_by_key(|entry| (entry.standing != Standing::Member, &entry.contact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::ListId, list::Origin, snapshot::PrincipalKind};

    fn address(local: &str) -> Address {
        Address::parse(&format!("{local}@x.example")).expect("an address")
    }

    fn object(id: &str) -> ObjectId {
        ObjectId::parse(id).expect("an id")
    }

    fn id(contact: &str) -> ContactId {
        ContactId::parse(contact).expect("an id")
    }

    /// Whose mail is the first of these, and who has the others besides.
    fn principal(id: &str, mail: Option<&str>, others: &[&str]) -> Principal {
        Principal {
            id: object(id),
            name: String::new(),
            mail: mail.map(address),
            proxies: Vec::new(),
            upn: None,
            others: others.iter().map(|&local| address(local)).collect(),
            kind: PrincipalKind::Own,
        }
    }

    fn entry((contact, of): (&str, Option<&str>), local: &str, standing: Standing) -> Entry {
        Entry {
            contact: id(contact),
            address: address(local),
            name: String::new(),
            object_id: of.map(object),
            standing,
            origin: Origin::Manual,
            undeliverable: None,
            grounds: None,
            until: None,
        }
    }

    fn nos(said: &[(&str, Keeper)]) -> BTreeMap<Address, No> {
        let no = |keeper: &Keeper| No { keeper: keeper.clone(), by: KeptOff::No };
        said.iter().map(|(local, keeper)| (address(local), no(keeper))).collect()
    }

    fn refusing(people: &[Principal]) -> Vec<String> {
        let nos = nos(&[("a", Keeper::Nobody), ("b", Keeper::Nobody)]);
        attribute(people, &[], &nos).refusing.keys().map(ToString::to_string).collect()
    }

    #[test]
    fn a_no_is_of_whose_mail_the_address_is_and_of_nobody_who_only_shares_it() {
        let (own, other) = (principal("u1", Some("a"), &[]), principal("u2", None, &["a"]));
        assert_eq!(refusing(&[own.clone(), other.clone()]), ["u1"], "the one whose mail it is");
        assert_eq!(refusing(std::slice::from_ref(&other)), ["u2"], "whoever else has it, nobody was read");
        let both = [other, principal("u3", None, &["a"])];
        assert!(refusing(&both).is_empty(), "either may have said it");
        assert!(refusing(&[principal("u4", Some("c"), &[])]).is_empty());
        assert_eq!(refusing(&[own, principal("u5", Some("b"), &[])]), ["u1", "u5"]);
    }

    #[test]
    fn a_no_that_nobody_keeps_becomes_that_of_the_contact_that_is_on_the_list() {
        let people = [principal("u1", Some("b"), &["a"])];
        let (off, on) = (("c1", Some("u1")), ("c2", Some("u1")));
        let entries = [entry(off, "z", Standing::Absent), entry(on, "a", Standing::Member)];
        assert_eq!(untold(&people, &entries), BTreeSet::from([&address("b")]));
        let said = nos(&[("b", Keeper::Nobody)]);
        let given = |entries: &[Entry]| attribute(&people, entries, &said).given;
        assert_eq!(given(&entries), [(id("c2"), [address("b")].into())].into());
        assert_eq!(given(&entries[..1]), [(id("c1"), [address("b")].into())].into(), "or of any other");
        assert!(given(&[]).is_empty());
        assert_eq!(
            attribute(&people, &[], &said).refusing,
            [(object("u1"), KeptOff::No)].into(),
            "none could tell"
        );
    }

    #[test]
    fn a_contact_that_said_no_is_matched_to_whose_address_it_has_and_tells_of_them() {
        let people = [principal("u1", Some("b"), &["a"])];
        let listed = [entry(("c2", Some("u1")), "a", Standing::Member)];
        let by = |keeper| attribute(&people, &listed, &nos(&[("b", keeper)]));
        let matched = Attributed { matched: [(id("c9"), object("u1"))].into(), ..Attributed::default() };
        assert_eq!(by(Keeper::Own(id("c9"))), matched);
        let telling = Attributed { telling: [object("u1")].into(), ..Attributed::default() };
        assert_eq!(by(Keeper::Matched(object("u1"))), telling);
        assert_eq!(by(Keeper::Matched(object("u7"))), Attributed::default(), "another's no");
        assert_eq!(by(Keeper::Alias), Attributed::default(), "it may have been corrected from that");
        let alone = attribute(&people, &[], &nos(&[("b", Keeper::Alias)]));
        let refusing = [(object("u1"), KeptOff::No)].into();
        assert_eq!(alone.refusing, refusing, "whoever has no contact is kept off all the same");
    }

    #[test]
    fn whoever_was_erased_under_one_address_is_so_whatever_they_said_under_others() {
        let people = [principal("u1", Some("a"), &["b", "c"])];
        let by = |by| No { keeper: Keeper::Nobody, by };
        for erased in ["a", "b", "c"] {
            let said = |local: &str| by(if local == erased { KeptOff::Erasure } else { KeptOff::No });
            let nos = ["a", "b", "c"].map(|local| (address(local), said(local))).into();
            let refusing = attribute(&people, &[], &nos).refusing;
            assert_eq!(refusing, [(object("u1"), KeptOff::Erasure)].into(), "{erased}");
        }
    }

    #[test]
    fn an_address_that_two_have_alike_is_given_to_neither_of_their_contacts() {
        let people = [principal("u1", Some("b"), &[]), principal("u2", Some("b"), &[])];
        let listed = [entry(("c1", Some("u1")), "a", Standing::Member)];
        for keeper in [Keeper::Nobody, Keeper::Own(id("c9"))] {
            let attributed = attribute(&people, &listed, &nos(&[("b", keeper)]));
            assert!(attributed.given.is_empty() && attributed.matched.is_empty(), "{attributed:?}");
        }
    }

    #[test]
    fn whose_entries_say_no_is_not_asked_for_again() {
        let people = [principal("u1", Some("b"), &["a"])];
        for (standing, asked) in [(Standing::OptedOut, 0), (Standing::Member, 1), (Standing::Absent, 1)] {
            let entries = [entry(("c1", Some("u1")), "a", standing)];
            assert_eq!(untold(&people, &entries).len(), asked, "{standing}");
        }
        let unmatched = [entry(("c1", None), "a", Standing::OptedOut)];
        assert_eq!(untold(&people, &unmatched).len(), 2, "it is not known whose it is");
    }

    #[test]
    fn changes_of_lists_lead_to_whoever_is_known_by_one_contact() {
        let one = Scope::List(ListId::parse("news").expect("an id"));
        for (speaker, of_one, of_all) in [
            (Speaker::Nobody, false, false),
            (Speaker::Unmatched, false, false),
            (Speaker::Known, true, true),
            (Speaker::OneOfSeveral, true, false),
        ] {
            assert_eq!(is_told_by_changes(speaker, &one), of_one, "{speaker:?}");
            assert_eq!(is_told_by_changes(speaker, &Scope::All), of_all, "{speaker:?}");
        }
    }
}
