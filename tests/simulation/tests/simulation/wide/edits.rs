//! What people do to lists, groups and accounts.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, Decision, OptOutReason, Saying, Scope, Via},
    id::{GroupId, ListId},
    link::Mode,
    list::{NewContact, Origin},
    member::Op,
};
use listsync_engine::{
    ports::{Clock as _, ContactEdit, Contacts as _, ImportMode, ImportState, ListStore as _, NewImport},
    unheard,
};
use listsync_testkit::{dice::Dice, sample::address};

use super::{
    folk::{Account, Former, local},
    stage::{Inner, Stage},
    town::Tie,
};
use crate::plant::{at_once, tried};

impl Stage {
    /// Somebody changes something.
    pub(crate) fn edit(&self, dice: &mut Dice) {
        let (Some(who), list, group) = ({
            let inner = self.lock();
            (inner.anybody(dice), inner.any_list(dice), inner.any_group(dice))
        }) else {
            return;
        };
        match dice.below(40) {
            0..=5 => self.list_adds(&list, who),
            6..=10 => self.list_removes(&list, who),
            11 | 12 => self.says(Some(&list), who, Decision::Subscribed),
            13 => self.says(Some(&list), who, Decision::OptedOut),
            14 => self.says(None, who, Decision::OptedOut),
            15..=19 => self.group_edit(&group, Op::Add, who),
            20..=23 => self.group_edit(&group, Op::Remove, who),
            24 | 25 => self.hires(who),
            26 | 27 => self.deletes(who),
            28 | 29 => self.restores(who),
            30..=32 => self.renames(who, if dice.chance(80) { Former::Kept } else { Former::Dropped }),
            33 => self.corrects(who, dice),
            34 | 35 => self.moves(who, dice),
            36 | 37 => self.imports(&list, dice),
            _ => self.connects(),
        }
    }

    /// An operator puts somebody on a list: under the address of their contact, or their present one.
    pub(crate) fn list_adds(&self, list: &ListId, who: usize) {
        self.tell(|| format!("{list}: p{who} is added"));
        self.noting(|inner| {
            let contact = inner.row_of(who);
            drop(tried(inner.town.plant.store.add(list, &contact, Origin::Manual, inner.now())));
        });
    }

    pub(crate) fn list_removes(&self, list: &ListId, who: usize) {
        self.tell(|| format!("{list}: p{who} is removed"));
        self.noting(|inner| {
            // Whoever edits a list sees under which address, or two of them, it has somebody.
            for contact in inner.contacts_of(who) {
                at_once(inner.town.plant.store.remove(list, &contact.address, inner.now()));
            }
        });
    }

    /// Somebody subscribes or opts out, of one list or of all.
    fn says(&self, list: Option<&ListId>, who: usize, decision: Decision) {
        self.tell(|| format!("p{who} says of {list:?}: {decision:?}"));
        self.noting(|inner| {
            let scope = list.map_or(Scope::All, |list| Scope::List(list.clone()));
            let address = inner.row_of(who).address;
            if inner.is_untied(who, &address) {
                inner.untied.insert((who, address.clone()));
            }
            let saying = Saying {
                address,
                decision,
                scope,
                reason: OptOutReason::Own,
                via: Via::Operator,
                at: inner.now(),
            };
            let heard = tried(inner.town.plant.store.say(&saying));
            if let Ok(heard) = &heard {
                at_once(unheard::follow(&inner.town.plant.ports, &saying, heard));
            }
            match (decision, list, heard) {
                (Decision::OptedOut, None, Ok(_)) => inner.ledger.says_no_to_all(who),
                (Decision::Subscribed, Some(list), Ok(_)) => inner.ledger.says_yes(list, who),
                _ => {}
            }
        });
    }

    /// An administrator changes a group.
    pub(crate) fn group_edit(&self, group: &GroupId, op: Op, who: usize) {
        self.noting(|inner| {
            let human = &inner.town.folk.humans[who];
            if human.is_alive() && inner.town.plant.directory.edit(group, op, &human.object) {
                self.tell(|| format!("group {group}: {op} p{who}"));
            }
        });
    }

    /// A planned account is made; not every replica knows it at once.
    pub(crate) fn hires(&self, who: usize) {
        self.noting(|inner| {
            let human = &mut inner.town.folk.humans[who];
            if human.account == Account::Planned {
                self.tell(|| format!("p{who} is hired"));
                human.account = Account::Alive;
                inner.town.plant.directory.hire(human.principal());
            }
        });
    }

    fn deletes(&self, who: usize) {
        self.noting(|inner| {
            let human = &mut inner.town.folk.humans[who];
            if human.is_alive() {
                self.tell(|| format!("the account of p{who} is deleted"));
                human.account = Account::Deleted;
                inner.town.plant.directory.delete_person(&human.object);
            }
        });
    }

    fn restores(&self, who: usize) {
        self.noting(|inner| {
            let human = &mut inner.town.folk.humans[who];
            if human.account == Account::Deleted {
                self.tell(|| format!("the account of p{who} is restored"));
                human.account = Account::Alive;
                inner.town.plant.directory.put_person(human.principal());
            }
        });
    }

    /// Somebody marries.
    pub(crate) fn renames(&self, who: usize, former: Former) {
        self.noting(|inner| {
            if inner.town.folk.humans[who].is_alive() && !inner.ledger.said_no_to_all(who) {
                inner.town.folk.rename(who, former);
                let human = &inner.town.folk.humans[who];
                self.tell(|| {
                    format!("p{who} is called {} now, the former address is {former:?}", human.primary)
                });
                inner.town.plant.directory.put_person(human.principal());
            }
        });
    }

    /// An operator finds that a contact is somebody else, who has no contact yet, or misspells the address.
    fn corrects(&self, who: usize, dice: &mut Dice) {
        self.noting(|inner| {
            let Some(other) = inner.anybody(dice).filter(|other| *other != who) else { return };
            let Some(contact) = inner.contact_of(who) else { return };
            let free = inner.contact_of(other).is_none() && inner.town.folk.humans[other].is_alive();
            // Of a contact that was never matched nobody knows that its address was another.
            let (address, concerned) = match dice.chance(30) && contact.object_id.is_some() {
                true => (address(&format!("nobody{who}")), vec![who]),
                false if free => (inner.town.folk.humans[other].address(), vec![who, other]),
                false => return,
            };
            self.tell(|| format!("the contact of p{who} is corrected to {}", address.as_str()));
            let edit = ContactEdit { address: Some(address), ..ContactEdit::default() };
            let store = &inner.town.plant.store;
            at_once(store.edit_contact(&contact.id, None, &edit, Origin::Manual, inner.now()));
            inner.entangle(concerned);
        });
    }

    /// Somebody goes to another department, which may be that of the filtered list.
    fn moves(&self, who: usize, dice: &mut Dice) {
        let department = if dice.chance(60) { "Sales" } else { "Legal" };
        self.noting(|inner| {
            let Some(contact) = inner.contact_of(who) else { return };
            self.tell(|| format!("p{who} goes to {department}"));
            let fields = [("department".to_owned(), department.to_owned())].into();
            let edit = ContactEdit { fields, ..ContactEdit::default() };
            let store = &inner.town.plant.store;
            at_once(store.edit_contact(&contact.id, None, &edit, Origin::Manual, inner.now()));
        });
    }

    fn imports(&self, list: &ListId, dice: &mut Dice) {
        let mode = if dice.chance(40) { ImportMode::Full } else { ImportMode::Incremental };
        let (share, approved) = (50 + dice.below(51), dice.chance(50));
        self.noting(|inner| {
            let people = 0..inner.town.folk.humans.len();
            let named: Vec<usize> =
                people.filter(|who| !inner.retired.contains(who) && dice.chance(share)).collect();
            self.tell(|| format!("{mode:?} import of {named:?} into {list}"));
            let rows = named.iter().map(|who| inner.row_of(*who).into()).collect();
            let import = NewImport::new("people.csv", mode, rows, inner.now());
            let taken = at_once(inner.town.plant.store.import(list, &import)).import;
            if taken.state == ImportState::Held && approved {
                at_once(inner.town.plant.store.approve_import(&taken.id, inner.now()));
            }
        });
    }

    /// A link is made that was planned.
    pub(crate) fn connects(&self) {
        self.noting(|inner| {
            let Some(tie) = inner.town.planned.pop() else { return };
            self.tell(|| format!("link {} is made", tie.link));
            let Tie { mode, .. } = tie;
            inner.town.connect(tie);
            let (tie, sight) = (inner.town.ties.last().expect("it was made"), inner.town.sight());
            if mode == Mode::TwoWay {
                inner.ledger.connected(tie, &sight);
            }
        });
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.town.plant.clock.now()
    }

    /// The contact of any address of theirs.
    pub(crate) fn contact_of(&self, who: usize) -> Option<Contact> {
        self.contacts_of(who).next()
    }

    fn contacts_of(&self, who: usize) -> impl Iterator<Item = Contact> {
        let contacts = at_once(self.town.plant.store.contacts(None, 1_000));
        contacts.into_iter().filter(move |contact| self.town.folk.owner(local(&contact.address)) == Some(who))
    }

    /// Whether somebody has a contact of this address that nothing ties to them: the address reaches nobody, and no run
    /// has matched it while it did. What they say under it is not known to be theirs where another contact of theirs is, now
    /// or later.
    fn is_untied(&self, who: usize, address: &Address) -> bool {
        let own = self.contacts_of(who).find(|contact| contact.address == *address);
        let is_unmatched = own.is_some_and(|contact| contact.object_id.is_none());
        is_unmatched && !self.town.folk.humans[who].answers_to(local(address))
    }

    /// Leaves out, of those who said something under an address of that kind, whoever has a contact of another one: nobody
    /// can know that both are theirs.
    pub(crate) fn leave_out_untied(&mut self) {
        let untied = std::mem::take(&mut self.untied);
        let (elsewhere, there): (BTreeSet<_>, BTreeSet<_>) = untied
            .into_iter()
            .partition(|(who, said)| self.contacts_of(*who).any(|contact| contact.address != *said));
        self.untied = there;
        let people: Vec<usize> = elsewhere.into_iter().map(|(who, _)| who).collect();
        self.retired.extend(&people);
        self.ledger.leave_out(people);
    }

    /// A row of a file, or what an operator writes: the present address, unless somebody was called otherwise a moment
    /// ago; then what the list shows of them.
    fn row_of(&self, who: usize) -> NewContact {
        let present = self.town.folk.humans[who].address();
        let shown = self.contact_of(who).map(|contact| contact.address);
        let address = shown.filter(|_| !self.names.is_old_news(&self.town, who)).unwrap_or(present);
        NewContact { address, name: format!("p{who}"), fields: [].into() }
    }

    pub(crate) fn entangle(&mut self, people: impl IntoIterator<Item = usize>) {
        let people: Vec<usize> = people.into_iter().collect();
        self.retired.extend(&people);
        self.ledger.entangle(people);
    }
}
