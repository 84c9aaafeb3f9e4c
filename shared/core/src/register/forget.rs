use super::{
    person::Person,
    suppressed::{Suppressed, keep},
};
use crate::{Timestamp, contact::Scope, id::ListId, list::Standing};

/// Whether a contact goes, or all that is kept of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// The contact is deleted: what they said no to stays with their marks.
    Deleted,
    /// The person is erased: nobody but they themselves brings them back, to no list.
    Erased,
}

/// What is left of somebody who goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The lists that they were on, or had said no to.
    pub lists: Vec<ListId>,
    /// What is to be known of each of their marks. Of an address it is all; of a key or an object it stands beside what is
    /// known already, as several contacts may be matched to one object.
    pub left: Vec<Suppressed>,
}

/// What a person leaves behind.
#[must_use]
pub fn part(mut person: Person, farewell: Farewell, now: Timestamp) -> Parting {
    if farewell == Farewell::Erased {
        person.erased = person.erased.or(Some(Suppressed::erasure(now)));
    }
    let stood = person.stances.iter().filter(|(_, stance)| stance.standing != Standing::Absent);
    Parting { lists: stood.map(|(list, _)| list.clone()).collect(), left: person.nos() }
}

/// What is to be known of an address that is no contact's once whoever has it is erased. What was said under it before stays
/// beside that, as it does of a contact.
#[must_use]
pub fn erase(said: Vec<Suppressed>, now: Timestamp) -> Vec<Suppressed> {
    keep(said, &Scope::All, Suppressed::erasure(now))
}
