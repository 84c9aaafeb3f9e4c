//! One person is one contact, under the address that the directory gives for them.

use std::collections::BTreeMap;

use listsync_core::{contact::Contact, link::Mode};
use listsync_engine::ports::Contacts as _;

use super::{
    folk::local,
    town::{Sight, Town},
};
use crate::plant::at_once;

/// What was known of people's addresses at the last rest.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Under which primary address a link had matched them.
    matched: BTreeMap<usize, String>,
    /// The primary address of those who had one contact, which was matched.
    primary: BTreeMap<usize, String>,
}

impl Names {
    /// Who has two contacts, or one with a former address, though there was time to see the change.
    pub(crate) fn complaints(&self, town: &Town, sight: &Sight) -> Vec<String> {
        let contacts = by_person(town);
        let doubled = contacts.iter().filter(|(who, contacts)| {
            contacts.len() > 1 && self.primary.get(who) == Some(&town.folk.humans[**who].primary)
        });
        let doubled = doubled.map(|(who, _)| format!("p{who}: a second contact of one person"));
        let stale = self.matched.iter().filter(|(who, known)| {
            let human = &town.folk.humans[**who];
            let [contact] = contacts.get(who).map_or(&[][..], Vec::as_slice) else { return false };
            let at = local(&contact.address);
            human.is_alive() && is_linked(town, sight, **who) && at == *known && at != human.primary
        });
        let stale = stale.map(|(who, known)| {
            let human = &town.folk.humans[*who];
            format!("p{who}: the contact is still {known}, the person {}", human.primary)
        });
        doubled.chain(stale).collect()
    }

    /// Whether somebody has the address of today since before the last rest, when their contact was matched.
    pub(crate) fn is_old_news(&self, town: &Town, who: usize) -> bool {
        self.primary.get(&who) == Some(&town.folk.humans[who].primary)
    }

    /// Whoever has two contacts.
    pub(crate) fn doubled(town: &Town) -> Vec<usize> {
        by_person(town).into_iter().filter(|(_, contacts)| contacts.len() > 1).map(|(who, _)| who).collect()
    }

    /// All is at rest: what is known of whom.
    pub(crate) fn rest(&mut self, town: &Town, sight: &Sight) {
        self.primary.clear();
        for (who, contacts) in by_person(town) {
            let human = &town.folk.humans[who];
            let [contact] = contacts.as_slice() else { continue };
            if contact.object_id.as_ref() != Some(&human.object) || !human.is_alive() {
                continue;
            }
            let is_shown = local(&contact.address) == human.primary;
            // Whoever is listed under an alias all along stays so, and may be listed once more.
            if is_shown || self.matched.contains_key(&who) {
                self.primary.insert(who, human.primary.clone());
            }
            if is_shown && is_linked(town, sight, who) {
                self.matched.insert(who, human.primary.clone());
            }
        }
    }
}

/// Whether both sides of a link have them, so that its runs read them.
fn is_linked(town: &Town, sight: &Sight, who: usize) -> bool {
    town.ties.iter().any(|tie| {
        let reads = tie.mode != Mode::ListToGroup;
        reads && sight.is_on(&tie.list, who) && tie.groups.iter().any(|group| sight.is_in(group, who))
    })
}

/// All contacts of each person, by whatever address of theirs.
fn by_person(town: &Town) -> BTreeMap<usize, Vec<Contact>> {
    let mut contacts: BTreeMap<usize, Vec<Contact>> = BTreeMap::new();
    for contact in at_once(town.plant.store.contacts(None, 1_000)) {
        if let Some(who) = town.folk.owner(local(&contact.address)) {
            contacts.entry(who).or_default().push(contact);
        }
    }
    contacts
}
