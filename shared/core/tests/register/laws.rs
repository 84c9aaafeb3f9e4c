use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    contact::{Contact, Decision, OptOutReason, Saying, Scope, Via},
    id::{ContactId, ListId},
    list::{OptOutRule, Origin, Standing},
    register::{
        Answer, By, Change, ContactEdit, Edit, Farewell, HeldOff, Person, Speaker, Stance, Stand, Stranger,
        Suppressed, create, edit, merge, newly_theirs, part, say,
    },
};
use proptest::{collection::vec, prelude::*};

use super::{address, at, blank, list, stance, terms};

const PEOPLE: u8 = 5;
const LISTS: [&str; 2] = ["staff", "news"];

#[derive(Debug, Clone)]
enum Deed {
    Say { who: u8, decision: Decision, of: Option<u8> },
    Add { who: u8, list: u8 },
    Remove { who: u8, list: u8 },
    Create(u8),
    Move(u8, u8),
    Alias(u8, u8),
    Unalias(u8, u8),
    Merge(u8, u8),
    Delete(u8),
    Erase(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (who, list) = (0..PEOPLE, 0..2u8);
    let decision = prop_oneof![Just(Decision::OptedOut), Just(Decision::Subscribed)];
    let two = (0..PEOPLE, 0..PEOPLE);
    prop_oneof![
        4 => (who.clone(), decision, proptest::option::of(list.clone()))
            .prop_map(|(who, decision, of)| Deed::Say { who, decision, of }),
        4 => (who.clone(), list.clone()).prop_map(|(who, list)| Deed::Add { who, list }),
        1 => (who.clone(), list).prop_map(|(who, list)| Deed::Remove { who, list }),
        1 => who.clone().prop_map(Deed::Create),
        2 => two.clone().prop_map(|(who, to)| Deed::Move(who, to)),
        2 => two.clone().prop_map(|(who, to)| Deed::Alias(who, to)),
        2 => two.clone().prop_map(|(who, to)| Deed::Unalias(who, to)),
        2 => two.prop_map(|(keep, other)| Deed::Merge(keep, other)),
        1 => who.clone().prop_map(Deed::Delete),
        1 => who.prop_map(Deed::Erase),
    ]
}

/// What a store keeps, in memory.
#[derive(Default)]
struct Kept {
    people: BTreeMap<ContactId, Person>,
    said: BTreeMap<Address, Vec<Suppressed>>,
    made: u64,
}

impl Kept {
    fn find(&self, who: &Address) -> Option<&Person> {
        self.people.values().find(|person| person.contact.addresses().contains(who))
    }

    fn commit(&mut self, before: Option<&Contact>, change: Change) {
        for address in change.person.contact.addresses() {
            self.said.remove(address);
        }
        for lost in before.map(|before| change.lost(before)).unwrap_or_default() {
            self.said.insert(lost.clone(), change.left.clone());
        }
        self.people.insert(change.person.contact.id.clone(), change.person);
    }

    fn stranger(&mut self, who: &Address) -> Stranger {
        self.made += 1;
        let mut person = blank(&format!("c{}", self.made));
        person.contact.address = who.clone();
        for name in LISTS {
            person.stances.insert(list(name), Stance::blank(terms(OptOutRule::Allowed)));
        }
        Stranger { blank: person, said: self.said.get(who).cloned().unwrap_or_default() }
    }

    fn does(&mut self, deed: &Deed, second: i64) {
        let name = |who: &u8| address(&format!("p{who}"));
        let by = By { origin: Origin::Manual, at: at(second) };
        match deed {
            Deed::Say { who, decision, of } => {
                let scope = of.map_or(Scope::All, |of| Scope::List(list(LISTS[usize::from(of)])));
                let (reason, via) = (OptOutReason::Own, Via::Page);
                let saying =
                    Saying { address: name(who), decision: *decision, scope, reason, via, at: at(second) };
                let known = self.find(&name(who)).cloned();
                let speaker = match known {
                    Some(person) => Speaker::Kept(Box::new(person)),
                    None => Speaker::Stranger(Box::new(self.stranger(&name(who)))),
                };
                match say(speaker, &saying).expect("nobody complained") {
                    Answer::Changed(change) => self.commit(None, *change),
                    Answer::Suppressed(said) => drop(self.said.insert(name(who), said)),
                }
            }
            Deed::Add { who, list } => self.add(&name(who), &super::list(LISTS[usize::from(*list)]), by),
            Deed::Remove { who, list } => {
                let id = self.find(&name(who)).map(|person| person.contact.id.clone());
                let stance = id.and_then(|id| self.people.get_mut(&id));
                let stance =
                    stance.and_then(|person| person.stances.get_mut(&super::list(LISTS[usize::from(*list)])));
                if let Some(stance) = stance.filter(|stance| stance.standing == Standing::Member) {
                    stance.standing = Standing::Absent;
                }
            }
            Deed::Create(who) if self.find(&name(who)).is_none() => {
                let Stranger { blank, said } = self.stranger(&name(who));
                let edit = ContactEdit::default();
                let made =
                    create(blank, Edit { edit: &edit, said: &said, recognized: &[], taken_by: None }, by);
                self.commit(None, made.expect("free"));
            }
            Deed::Create(_) => {}
            Deed::Move(who, to) => self.edits(&name(who), |edit| edit.address = Some(name(to)), by),
            Deed::Alias(who, to) => self.edits(&name(who), |edit| edit.add_aliases = [name(to)].into(), by),
            Deed::Unalias(who, to) => {
                self.edits(&name(who), |edit| edit.remove_aliases = [name(to)].into(), by);
            }
            Deed::Merge(keep, other) => {
                let found = [keep, other].map(|who| self.find(&name(who)).cloned());
                let [Some(keep), Some(other)] = found else { return };
                let Ok(change) = merge(&keep, &other, at(second)) else { return };
                self.people.remove(&other.contact.id);
                self.commit(Some(&keep.contact), change);
            }
            Deed::Delete(who) => self.goes(&name(who), Farewell::Deleted, second),
            Deed::Erase(who) => self.goes(&name(who), Farewell::Erased, second),
        }
    }

    /// As anybody is put on a list by others: unless they are held off.
    fn add(&mut self, who: &Address, list: &ListId, by: By) {
        if self.held_off(who, list).is_some() {
            return;
        }
        let mut person = match self.find(who).cloned() {
            Some(known) => known,
            None => {
                let Stranger { blank, said } = self.stranger(who);
                Change::bringing(blank, &said, by.at).person
            }
        };
        let word = person.stances.get(list).and_then(|stance| stance.word);
        person.stances.insert(list.clone(), stance(terms(OptOutRule::Allowed), Standing::Member, word));
        self.said.remove(who);
        self.people.insert(person.contact.id.clone(), person);
    }

    fn held_off(&self, who: &Address, list: &ListId) -> Option<HeldOff> {
        let stand = match (self.find(who), self.said.get(who)) {
            (Some(person), _) => person.stand(list),
            (None, Some(said)) => Stand::of_stranger(said, |id| id == list),
            (None, None) => Stand::BLANK,
        };
        stand.held_off(OptOutRule::Allowed)
    }

    fn edits(&mut self, who: &Address, wanted: impl Fn(&mut ContactEdit), by: By) {
        let Some(person) = self.find(who).cloned() else { return };
        let mut wish = ContactEdit::default();
        wanted(&mut wish);
        let fresh = newly_theirs(&person.contact, &wish);
        let taken_by =
            fresh.iter().find_map(|address| self.find(address)).map(|other| other.contact.id.clone());
        let said: Vec<Suppressed> =
            fresh.iter().filter_map(|address| self.said.get(address)).flatten().cloned().collect();
        if let Ok(Some(change)) =
            edit(&person, None, Edit { edit: &wish, said: &said, recognized: &[], taken_by }, by)
        {
            self.commit(Some(&person.contact), change);
        }
    }

    fn goes(&mut self, who: &Address, farewell: Farewell, second: i64) {
        let Some(person) = self.find(who).cloned() else { return };
        self.people.remove(&person.contact.id);
        let parting = part(person.clone(), farewell, at(second));
        for address in person.contact.addresses() {
            self.said.insert(address.clone(), parting.left.clone());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The opt-out law: who said no is held off whatever is done to contacts, until they say yes to that list or to all; a yes
    /// to another list changes nothing of it, whoever says it.
    #[test]
    fn nobody_who_said_no_is_held_on(
        before in vec(deed(), 0..12),
        who in 0..PEOPLE,
        of_all in any::<bool>(),
        after in vec(deed(), 0..25),
    ) {
        let mut kept = Kept::default();
        let name = address(&format!("p{who}"));
        let no = Deed::Say { who, decision: Decision::OptedOut, of: (!of_all).then_some(0) };
        for (second, deed) in before.iter().chain([&no]).enumerate() {
            kept.does(deed, second as i64);
        }
        // A yes to the list in question, or to all, may be this person's own: under which address is not known.
        let may_lift = |deed: &Deed| {
            matches!(deed, Deed::Say { decision: Decision::Subscribed, of: None | Some(0), .. })
        };
        for (second, deed) in after.iter().filter(|deed| !may_lift(deed)).enumerate() {
            kept.does(deed, 100 + second as i64);
            let context = || format!("after {deed:?} in {before:?} {no:?} {after:?}");
            prop_assert!(kept.held_off(&name, &list("staff")).is_some(), "{}", context());
            if of_all {
                prop_assert!(kept.held_off(&name, &list("later")).is_some(), "{}", context());
            }
            for person in kept.people.values() {
                let on = person.stances.iter().filter(|(_, stance)| stance.standing == Standing::Member);
                for (list, _) in on {
                    let refuses = person.stand(list).refuses(OptOutRule::Allowed);
                    prop_assert_eq!(refuses, None, "{:?} is on {} {}", person, list, context());
                }
            }
        }
    }
}
