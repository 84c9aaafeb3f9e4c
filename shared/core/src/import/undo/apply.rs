use super::{
    super::changes::{Former, FormerAddress, NextAddress},
    Change, Part, Step, Verdict, back_to,
};
use crate::{
    Timestamp,
    contact::Contact,
    id::ListId,
    list::Origin,
    register::{self, By, Person},
};

impl Step {
    /// Whether their contact is deleted: then nothing else of it is done.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.verdict.back.contains(&Part::Contact)
    }

    /// What becomes of somebody who stays, as an operator's edit.
    #[must_use]
    pub fn change_of(&self, person: &Person, list: &ListId, at: Timestamp) -> register::Change {
        let by = By { origin: Origin::Manual, at };
        let Self { change: Change { touched, at: _ }, verdict } = self;
        let after = restored(&person.contact, &touched.former, verdict, by);
        let moved = touched
            .moved
            .filter(|_| verdict.back.contains(&Part::Joined) || verdict.back.contains(&Part::Left));
        register::Change::returning(person, after, moved.map(|moved| (list, back_to(moved))), by)
    }
}

/// A contact with those parts as they were that are taken back.
fn restored(contact: &Contact, former: &Former, verdict: &Verdict, by: By) -> Contact {
    let mut after = contact.clone();
    let Former::Kept(details) = former else { return after };
    if let Some(FormerAddress { was, next }) = &details.address
        && verdict.back.contains(&Part::Address)
    {
        after.readdress(was, by.origin);
        if *next == NextAddress::Fresh {
            after.aliases.remove(&details.left_with);
        }
    }
    if let Some(former) = &details.name
        && verdict.back.contains(&Part::Name)
    {
        after.name.clone_from(&former.was);
    }
    if let Some(former) = &details.keys
        && verdict.back.contains(&Part::Keys)
    {
        after.external_id.clone_from(&former.was.first);
        after.further_ids.clone_from(&former.was.further);
    }
    for (name, field) in &details.fields {
        if verdict.back.contains(&Part::Field(name.clone())) {
            match &field.was {
                // Who had set it, and when, is as it was, too.
                Some(was) => drop(after.fields.insert(name.clone(), was.clone())),
                None => drop(after.fields.remove(name)),
            }
        }
    }
    after
}
