use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ObjectId},
    list::{NewContact, Origin, Standing},
    matched::Grounds,
    member::Member,
    register::{Candidate, Meant, Stand, addition, removal},
};
use listsync_engine::ports::{Fold, Lease, ListEffect, ListOutcome, ListStep};
use rusqlite::Connection;

use super::{
    counts::{self, Place},
    lease, members,
};
use crate::{
    effects,
    error::Outcome,
    lists::{
        catalog::{self, Numbered},
        changes,
        contacts::{self, Stored},
        memberships::{self, Move},
    },
    people::{person, suppressions},
};

/// Records one batch and does its effects on the list.
pub(super) fn fold(tx: &Connection, lease: &Lease, fold: &Fold, now: Timestamp) -> Outcome<Vec<ListOutcome>> {
    let link = lease::held(tx, lease)?;
    members::save(tx, link, &fold.members)?;
    let list = tx.query_row("SELECT list FROM links WHERE n = ?1", [link], |row| row.get(0))?;
    let list = catalog::of_number(tx, list)?;
    let seen = fold.list_seen.as_ref().and_then(changes::number);
    let scene = Scene { list, seen, now };
    let mut outcomes = Vec::with_capacity(fold.list.len());
    for ListStep { effect, then } in &fold.list {
        let (outcome, contact) = match effect {
            ListEffect::Add { contact, object_id, primary } => {
                scene.add(tx, contact, (object_id, primary.as_ref()))?
            }
            ListEffect::Remove(contact) => scene.remove(tx, contact)?,
        };
        if matches!(outcome, ListOutcome::Done | ListOutcome::AlreadySo) {
            let contact = contact.or_else(|| then.contact.clone());
            members::put(tx, link, &Member { contact, ..then.clone() })?;
        }
        outcomes.push(outcome);
    }
    if let Some(told) = &fold.effects {
        effects::keep(tx, told, &outcomes)?;
    }
    let place = Place { link, list: scene.list.n };
    for moved in &fold.moved {
        counts::record(tx, place, moved)?;
    }
    Ok(outcomes)
}

/// The list that a fold works on, up to where the run has read it.
struct Scene {
    list: Numbered,
    seen: Option<i64>,
    now: Timestamp,
}

type Stepped = (ListOutcome, Option<ContactId>);

impl Scene {
    fn add(
        &self,
        tx: &Connection,
        new: &NewContact,
        (object, primary): (&ObjectId, Option<&Address>),
    ) -> Outcome<Stepped> {
        let of_object = contacts::by_object(tx, object.as_str())?;
        let of_address = contacts::by_address(tx, &new.address)?;
        let candidate = |contact: &Stored| self.candidate(tx, contact, &new.address);
        let matched = of_object.iter().map(candidate).collect::<Outcome<Vec<_>>>()?;
        let same = of_address.as_ref().map(candidate).transpose()?;
        let stranger = match (of_object.is_empty(), &of_address) {
            (true, None) => suppressions::stand(tx, self.list, &[(&new.address).into(), object.into()])?,
            _ => Stand::BLANK,
        };
        let (meant, outcome) = addition(&matched, same.as_ref(), stranger, self.list.terms.opt_out);
        let contact = match meant {
            Meant::OfObject(place) => of_object.into_iter().nth(place),
            Meant::OfAddress => of_address,
            Meant::Nobody if outcome == ListOutcome::Done => {
                Some(contacts::insert(tx, new, (Origin::Entra, self.now))?)
            }
            Meant::Nobody => None,
        };
        let Some(contact) = contact else { return Ok((outcome, None)) };
        let (contact, outcome) = self.recognized(tx, (contact, outcome), object)?;
        match outcome {
            ListOutcome::Done => self.shift(tx, contact.n, (Standing::Member, Origin::Entra))?,
            // A no to all lists becomes one to this list, for the next run to see.
            ListOutcome::OptedOut
                if memberships::of(tx, self.list.n, contact.n)?.standing == Standing::Absent =>
            {
                self.shift(tx, contact.n, (Standing::OptedOut, Origin::Own))?;
            }
            _ => {}
        }
        if !matches!(outcome, ListOutcome::Done | ListOutcome::AlreadySo) {
            return Ok((outcome, None));
        }
        if contact.object_id.is_none() {
            let grounds = Grounds::new(contact.address()?, primary, self.now);
            contacts::set_match(tx, contact.n, (object.as_str(), &grounds))?;
        }
        Ok((outcome, Some(contact.contact_id()?)))
    }

    /// What becomes of an addition once the contact that is about to be matched to an object has taken over what was said by
    /// who had it before. It is not known before whom the addition means, and nobody else is to take it over.
    fn recognized(
        &self,
        tx: &Connection,
        (contact, outcome): (Stored, ListOutcome),
        object: &ObjectId,
    ) -> Outcome<(Stored, ListOutcome)> {
        let is_matched = matches!(outcome, ListOutcome::Done | ListOutcome::AlreadySo);
        if !is_matched || contact.object_id.is_some() || suppressions::of(tx, object)?.is_empty() {
            return Ok((contact, outcome));
        }
        person::recognize(tx, contact.n, &[object.into()], self.now)?;
        let contact = contacts::of_number(tx, contact.n)?;
        let now = memberships::of(tx, self.list.n, contact.n)?.standing;
        match person::is_held_off(tx, self.list, (&contact, now))? {
            true => Ok((contact, ListOutcome::OptedOut)),
            false => Ok((contact, outcome)),
        }
    }

    fn candidate(&self, tx: &Connection, contact: &Stored, address: &Address) -> Outcome<Candidate> {
        let now = memberships::of(tx, self.list.n, contact.n)?;
        Ok(Candidate {
            stand: person::stand_to_add(tx, self.list, (contact, now.standing))?,
            is_changed: now.changed_after(self.seen),
            is_matched: contact.object_id.is_some(),
            is_own_address: contact.address == address.as_str(),
        })
    }

    fn remove(&self, tx: &Connection, id: &ContactId) -> Outcome<Stepped> {
        let Some(contact) = contacts::by_id(tx, id)? else {
            return Ok((ListOutcome::AlreadySo, None));
        };
        let outcome = removal(&self.candidate(tx, &contact, &contact.address()?)?);
        if outcome == ListOutcome::Done {
            self.shift(tx, contact.n, (Standing::Absent, Origin::Entra))?;
        }
        Ok((outcome, (outcome != ListOutcome::Superseded).then(|| id.clone())))
    }

    fn shift(&self, tx: &Connection, contact: i64, (to, by): (Standing, Origin)) -> Outcome<()> {
        memberships::set(tx, self.list.n, contact, Move { to, by, at: self.now })
    }
}
