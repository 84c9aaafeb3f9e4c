//! Whom effects mean, and what became of them since.

use std::collections::BTreeMap;

use super::{Facts, WhyNot};
use crate::{
    Timestamp,
    address::Address,
    effects::{Done, Recorded},
    id::{ContactId, ObjectId},
    list::{Entry, Origin, Standing},
};

/// Those of whom anything is kept, by what they are known by.
pub(super) struct People<'a> {
    by_contact: BTreeMap<&'a ContactId, &'a Entry>,
    by_object: BTreeMap<&'a ObjectId, Vec<&'a Entry>>,
    by_address: BTreeMap<&'a Address, &'a Entry>,
}

/// Whom an effect means.
pub(super) enum Found<'a> {
    /// These contacts.
    Kept(Vec<&'a Entry>),
    /// Nobody who could be told.
    Not(WhyNot),
}

impl<'a> People<'a> {
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        let by_contact: BTreeMap<_, _> = entries.iter().map(|entry| (&entry.contact, entry)).collect();
        let mut by_object: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in by_contact.values() {
            if let Some(object) = &entry.object_id {
                by_object.entry(object).or_default().push(*entry);
            }
        }
        let by_address = by_contact.values().map(|entry| (&entry.address, *entry)).collect();
        Self { by_contact, by_object, by_address }
    }

    /// By their contact; an effect that made it does not name it yet, and means its object's, or else its address's. An
    /// address alone may have gone from hand to hand, so it tells of nobody who has an object.
    pub(super) fn meant(&self, done: &Done) -> Found<'a> {
        let found = match (&done.contact, &done.object, &done.address) {
            (Some(contact), _, _) => self.by_contact.get(contact).copied().into_iter().collect(),
            (None, Some(object), _) => self.by_object.get(object).cloned().unwrap_or_default(),
            (None, None, Some(address)) => self.by_address.get(address).copied().into_iter().collect(),
            (None, None, None) => Vec::new(),
        };
        let is_member = |entry: &&Entry| entry.standing == Standing::Member;
        match found.as_slice() {
            [] => Found::Not(WhyNot::Gone),
            [_] => Found::Kept(found),
            // Of several contacts of one person those on the list are what holds the person there.
            several if several.iter().any(is_member) => {
                Found::Kept(found.into_iter().filter(is_member).collect())
            }
            // Which of them was on the list is told by nothing.
            _ => Found::Not(WhyNot::Unclear),
        }
    }
}

/// What happened to people after an effect.
pub(super) struct Later<'a> {
    /// When the run began that is taken back.
    began: Timestamp,
    /// When somebody's standing was changed last by anything but a run: a run's changes are effects.
    shifted: BTreeMap<&'a ContactId, Timestamp>,
    of_contact: BTreeMap<&'a ContactId, Vec<&'a Done>>,
    /// Effects that name no contact.
    of_object: BTreeMap<&'a ObjectId, Vec<&'a Done>>,
    of_address: BTreeMap<&'a Address, Vec<&'a Done>>,
}

impl<'a> Later<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut later = Self {
            began: facts.began,
            shifted: BTreeMap::new(),
            of_contact: BTreeMap::new(),
            of_object: BTreeMap::new(),
            of_address: BTreeMap::new(),
        };
        for shift in facts.shifts.iter().filter(|shift| shift.origin != Origin::Entra) {
            let last = later.shifted.entry(&shift.contact).or_insert(shift.at);
            *last = (*last).max(shift.at);
        }
        for Recorded { done, .. } in &facts.others {
            match (&done.contact, &done.object, &done.address) {
                (Some(contact), _, _) => later.of_contact.entry(contact).or_default().push(done),
                (None, Some(object), _) => later.of_object.entry(object).or_default().push(done),
                (None, None, Some(address)) => later.of_address.entry(address).or_default().push(done),
                (None, None, None) => {}
            }
        }
        later
    }

    /// Whether somebody joined or left after this was done to them. What other links did in the same direction carried it on,
    /// and is no move.
    pub(super) fn moved(&self, done: &Done, entry: &Entry) -> bool {
        // An effect is as old as its intent, which a run may have taken over from one that was killed. What somebody did between
        // that and the run is what the run found, and no move since.
        let since = done.at.max(self.began);
        let undone = |other: &&Done| other.at > since && other.change.op != done.change.op;
        let any = |others: Option<&Vec<&Done>>| others.is_some_and(|others| others.iter().any(undone));
        self.shifted.get(&entry.contact).is_some_and(|at| *at > since)
            || any(self.of_contact.get(&entry.contact))
            || entry.object_id.as_ref().is_some_and(|object| any(self.of_object.get(object)))
            || any(self.of_address.get(&entry.address))
    }
}
