//! What runs did to whom: each effect that was done, kept per batch and packed.

mod packed;

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use crate::{
    Timestamp,
    address::Address,
    id::{ContactId, LinkId, ListId, ObjectId, RunId},
    member::Change,
    plan::{Cause, Effect, Naming},
};

pub use packed::{PackedError, pack, unpack};

/// How long effects are kept unless the settings say otherwise: 90 days, as they name people.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// Why an effect was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// One of the causes that plans show.
    Known(Cause),
    /// One that a later version wrote down, by its number.
    Unknown(u8),
}

impl Because {
    /// The stable code that plans show.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Known(cause) => cause.code(),
            Self::Unknown(_) => "unknown",
        }
    }
}

/// An effect that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What, and where.
    pub change: Change,
    /// Why.
    pub because: Because,
    /// The directory object, where the member has one.
    pub object: Option<ObjectId>,
    /// The contact, as far as it was known then.
    pub contact: Option<ContactId>,
    /// The address at that time; none: it was not known, or its person was erased since.
    pub address: Option<Address>,
    /// When.
    pub at: Timestamp,
}

impl Done {
    /// That this effect was done.
    #[must_use]
    pub fn of(effect: &Effect, at: Timestamp) -> Self {
        let done = Self {
            change: effect.change,
            because: Because::Known(effect.cause),
            object: effect.key.object_id().cloned(),
            contact: effect.contact.clone(),
            address: effect.address.clone(),
            at,
        };
        done.named(effect.naming)
    }

    /// It, as it may be kept.
    #[must_use]
    pub fn named(self, naming: Naming) -> Self {
        match naming {
            Naming::Named => self,
            Naming::Nameless => Self { object: None, contact: None, address: None, ..self },
        }
    }
}

/// By what somebody is known in effects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whom {
    /// As this contact.
    pub contact: Option<ContactId>,
    /// As this object.
    pub object: Option<ObjectId>,
    /// Under these addresses.
    pub addresses: BTreeSet<Address>,
}

impl Whom {
    /// Whether an effect was done to them. One that names another contact was not, whatever its address: that may have gone
    /// from hand to hand.
    #[must_use]
    pub fn is_meant(&self, done: &Done) -> bool {
        match (&done.contact, &self.contact) {
            (Some(contact), Some(own)) => contact == own,
            _ => self.is_named(done),
        }
    }

    /// Whether an effect names them by anything at all.
    #[must_use]
    pub fn is_named(&self, done: &Done) -> bool {
        let same_contact = done.contact.is_some() && done.contact == self.contact;
        let same_object = done.object.is_some() && done.object == self.object;
        same_contact
            || same_object
            || done.address.as_ref().is_some_and(|address| self.addresses.contains(address))
    }
}

/// Takes out of all that was done whatever names somebody; whether anything did. An object id leads to a name as an address
/// does, so of what was done to them both go. Where another has the address now, only the address goes.
pub fn forget(all: &mut [Done], whom: &Whom) -> bool {
    let mut found = false;
    for done in all.iter_mut().filter(|done| whom.is_named(done)) {
        let before = done.clone();
        if whom.is_meant(&before) {
            (done.object, done.contact) = (None, None);
        }
        done.address = None;
        found |= *done != before;
    }
    found
}

/// Whether what is kept of a batch is known to have been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It was.
    Certain,
    /// It was being done when the run died: each of its effects may be done or not.
    Uncertain,
}

/// The effects of one batch of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The list.
    pub list: ListId,
    /// The link.
    pub link: LinkId,
    /// Where it stands among the others.
    pub place: BatchPlace,
    /// Whether all of it is known to have been done.
    pub certainty: Certainty,
    /// The effects.
    pub done: Vec<Done>,
}

/// Where a batch stands: batches are in the order of time, those of one moment in that of their runs and numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchPlace {
    /// When it was done.
    pub at: Timestamp,
    /// By which run.
    pub run: RunId,
    /// Its number in the run.
    pub number: u32,
}

/// One effect, with the batch that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The effect.
    pub done: Done,
    /// Where it stands.
    pub place: DonePlace,
    /// The link of its run.
    pub link: LinkId,
    /// Whether it is known to have been done.
    pub certainty: Certainty,
}

/// Where an effect stands: within its batch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DonePlace {
    /// The batch.
    pub batch: BatchPlace,
    /// Which of its effects, from 0.
    pub index: usize,
}

/// The effects of batches from a place on, at most `limit`, and the place at which they go on; `next` is where the batches do.
#[must_use]
pub fn cut(
    batches: Vec<Batch>,
    from: Option<&DonePlace>,
    next: Option<BatchPlace>,
    limit: usize,
) -> (Vec<Recorded>, Option<DonePlace>) {
    let mut all = Vec::new();
    for Batch { link, place, certainty, done, list: _ } in batches {
        // A batch whose time was over meanwhile begins no page: the next one does, from its first effect on.
        let begin = from.filter(|from| from.batch == place).map_or(0, |from| from.index);
        for (index, done) in done.into_iter().enumerate().skip(begin) {
            let place = DonePlace { batch: place.clone(), index };
            if all.len() == limit {
                return (all, Some(place));
            }
            all.push(Recorded { done, place, link: link.clone(), certainty });
        }
    }
    (all, next.map(|batch| DonePlace { batch, index: 0 }))
}

impl fmt::Display for DonePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.index, self.batch)
    }
}

impl FromStr for DonePlace {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (index, batch) = text.split_once(' ').ok_or(PlaceError)?;
        Ok(Self { index: index.parse().map_err(|_| PlaceError)?, batch: batch.parse()? })
    }
}

/// A text that is no place of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place among effects")]
pub struct PlaceError;

impl fmt::Display for BatchPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at, self.number, self.run)
    }
}

impl FromStr for BatchPlace {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().ok_or(PlaceError);
        let (at, number, run) = (word()?, word()?, word()?);
        Ok(Self {
            at: at.parse().map_err(|_| PlaceError)?,
            number: number.parse().map_err(|_| PlaceError)?,
            run: RunId::parse(run).map_err(|_| PlaceError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{link::Side, member::Op};

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    fn done(contact: Option<&str>, object: Option<&str>, text: &str) -> Done {
        Done {
            change: Change { side: Side::List, op: Op::Add },
            because: Because::Known(Cause::GroupAdded),
            object: object.map(|id| ObjectId::parse(id).expect("an id")),
            contact: contact.map(|id| ContactId::parse(id).expect("an id")),
            address: Some(address(text)),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn somebody_is_found_by_contact_else_by_object_or_address_and_forgotten_by_any() {
        let anna = Whom {
            contact: Some(ContactId::parse("c1").expect("an id")),
            object: Some(ObjectId::parse("o1").expect("an id")),
            addresses: [address("anna@contoso.example")].into(),
        };
        let mut all = [
            done(Some("c1"), None, "former@contoso.example"),
            done(None, Some("o1"), "other@contoso.example"),
            done(None, None, "anna@contoso.example"),
            done(Some("c2"), Some("o2"), "anna@contoso.example"),
            done(Some("c2"), Some("o2"), "berta@contoso.example"),
        ];
        assert_eq!(all.each_ref().map(|done| anna.is_meant(done)), [true, true, true, false, false]);
        assert!(forget(&mut all, &anna));
        let kept = all.each_ref().map(|done| done.address.is_some());
        assert_eq!(kept, [false, false, false, false, true], "also where another has the address now");
        let named = all.each_ref().map(|done| done.contact.is_some() || done.object.is_some());
        assert_eq!(
            named,
            [false, false, false, true, true],
            "of another who has the address now the ids stay"
        );
        assert!(!forget(&mut all, &anna), "nothing is left to forget");
    }

    #[test]
    fn pages_of_any_size_show_each_effect_once() {
        let batch = |number: u32, count: u32| Batch {
            list: ListId::parse("l1").expect("an id"),
            link: LinkId::parse("k1").expect("an id"),
            place: BatchPlace { at: Timestamp::UNIX_EPOCH, run: RunId::parse("r1").expect("an id"), number },
            certainty: Certainty::Certain,
            done: (0..count).map(|of| done(Some(&format!("c{number}-{of}")), None, "a@b.example")).collect(),
        };
        let all = [batch(3, 4), batch(2, 1), batch(1, 3)];
        let whole: Vec<Done> = all.iter().flat_map(|batch| batch.done.clone()).collect();
        for limit in 1..10 {
            for together in 1..4 {
                let (mut seen, mut from) = (Vec::new(), None::<DonePlace>);
                loop {
                    let begin = from.as_ref().map_or(0, |from| {
                        all.iter().position(|batch| batch.place == from.batch).expect("it is there")
                    });
                    let end = all.len().min(begin + together);
                    let next = all.get(end).map(|batch| batch.place.clone());
                    let (page, after) = cut(all[begin..end].to_vec(), from.as_ref(), next, limit);
                    assert!(page.len() <= limit);
                    seen.extend(page.into_iter().map(|one| one.done));
                    from = after.map(|place| place.to_string().parse().expect("a place"));
                    if from.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, whole, "{limit} of {together}");
            }
        }
    }

    #[test]
    fn a_place_reads_back_to_the_nanosecond() {
        let place = BatchPlace {
            at: "2026-11-23T03:04:05.123456789Z".parse().expect("a moment"),
            run: RunId::parse("r1").expect("an id"),
            number: 7,
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        for odd in ["", "now 1 r1", "2026-11-23T03:04:05Z one r1", "2026-11-23T03:04:05Z 1"] {
            assert_eq!(odd.parse::<BatchPlace>(), Err(PlaceError), "{odd}");
        }
    }
}
