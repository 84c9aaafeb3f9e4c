use super::stand::Stand;
use crate::list::{OptOutRule, Standing};

/// What happened to one effect of a run on its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOutcome {
    /// It took effect.
    Done,
    /// It was so already.
    AlreadySo,
    /// The person opted out, so was not added.
    OptedOut,
    /// The address is another directory object's contact.
    Conflict,
    /// The address is a further one of a contact that is matched to nobody and has another address of its own, which may
    /// be somebody else's: whose it is, is to be asked before the contact is taken for this person's.
    Alias,
    /// The contact changed after the list was read: the next run decides anew.
    Superseded,
}

/// A contact that may be whom a run adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// How they stand to the list; of who is on it or left it by their word, the standing is enough.
    pub stand: Stand,
    /// Whether they changed after the run read the list.
    pub is_changed: bool,
    /// Whether they are matched to an object.
    pub is_matched: bool,
    /// Whether the address of whom the run adds is their own, and no further one.
    pub is_own_address: bool,
}

/// Whom an addition means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// This one of the contacts that are matched to the object.
    OfObject(usize),
    /// The contact of the address.
    OfAddress,
    /// Nobody who is kept.
    Nobody,
}

/// Whom an addition means, and what becomes of it.
///
/// An object has its contact by its match, whatever the address: of several one that is held off comes before one that is on
/// the list, and that one before any other. Somebody who said no under the address is not brought back under another. A
/// contact that a match led to is never taken from its object for an address. `stranger` is what was said under the address
/// and the object, where both are nobody's.
#[must_use]
pub fn addition(
    of_object: &[Candidate],
    of_address: Option<&Candidate>,
    stranger: Stand,
    rule: OptOutRule,
) -> (Meant, ListOutcome) {
    let held_off = |one: &Candidate| one.stand.held_off(rule).is_some();
    let rank = |one: &Candidate| match one.stand.standing {
        _ if held_off(one) => 0,
        Standing::Member => 1,
        Standing::OptedOut | Standing::Pending | Standing::Absent => 2,
    };
    let known = of_object.iter().enumerate().min_by_key(|(_, one)| rank(one));
    let fresh = Candidate { stand: stranger, is_changed: false, is_matched: false, is_own_address: true };
    let (meant, one) = match (known, of_address) {
        (Some(_), Some(same)) if held_off(same) => return (Meant::OfAddress, ListOutcome::OptedOut),
        (Some((place, known)), _) => (Meant::OfObject(place), known),
        (None, Some(other)) if other.is_matched => return (Meant::OfAddress, ListOutcome::Conflict),
        (None, Some(unmatched)) => (Meant::OfAddress, unmatched),
        (None, None) => (Meant::Nobody, &fresh),
    };
    let outcome = match one.stand.standing {
        _ if held_off(one) => ListOutcome::OptedOut,
        Standing::OptedOut | Standing::Pending | Standing::Absent if one.is_changed => {
            ListOutcome::Superseded
        }
        _ if !one.is_matched && !one.is_own_address => ListOutcome::Alias,
        Standing::Member => ListOutcome::AlreadySo,
        Standing::OptedOut | Standing::Pending | Standing::Absent => ListOutcome::Done,
    };
    (meant, outcome)
}

/// What becomes of a run's removal of somebody who stands like this.
#[must_use]
pub fn removal(one: &Candidate) -> ListOutcome {
    match one.stand.standing {
        Standing::Member if one.is_changed => ListOutcome::Superseded,
        Standing::Member => ListOutcome::Done,
        Standing::OptedOut | Standing::Pending | Standing::Absent => ListOutcome::AlreadySo,
    }
}
