use listsync_core::{
    Timestamp,
    address::Address,
    id::ContactId,
    list::{NewContact, Origin, Standing},
    matched::Grounds,
    member::Member,
};
use listsync_engine::ports::{Fold, Lease, ListEffect, ListOutcome, ListStep};
use rusqlite::Connection;

use super::{
    counts::{self, Place},
    lease, members,
};
use crate::{
    error::Outcome,
    lists::{
        catalog::{self, Numbered},
        changes,
        contacts::{self, Stored},
        memberships::{self, Membership, Move},
    },
    people::{say, suppressions},
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
                scene.add(tx, contact, (object_id.as_str(), primary.as_ref()))?
            }
            ListEffect::Remove(contact) => scene.remove(tx, contact)?,
        };
        if matches!(outcome, ListOutcome::Done | ListOutcome::AlreadySo) {
            let contact = contact.or_else(|| then.contact.clone());
            members::put(tx, link, &Member { contact, ..then.clone() })?;
        }
        outcomes.push(outcome);
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
        (object, primary): (&str, Option<&Address>),
    ) -> Outcome<Stepped> {
        let of_address = contacts::by_address(tx, &new.address)?;
        let contact = match (self.of_object(tx, object)?, of_address) {
            (Some(known), same) => {
                // A person who opted out under this address is not brought back under another.
                if let Some(same) = same
                    && self.refuses(tx, &same)?
                {
                    return Ok((ListOutcome::OptedOut, None));
                }
                known
            }
            (None, Some(other)) if other.object_id.is_some() => return Ok((ListOutcome::Conflict, None)),
            (None, Some(unmatched)) => unmatched,
            (None, None) if suppressions::holds_off(tx, self.list, &new.address)? => {
                return Ok((ListOutcome::OptedOut, None));
            }
            (None, None) => contacts::insert(tx, new, (Origin::Entra, self.now))?,
        };
        self.put_on(tx, &contact, (object, primary), &new.address)
    }

    fn put_on(
        &self,
        tx: &Connection,
        contact: &Stored,
        (object, primary): (&str, Option<&Address>),
        found_by: &Address,
    ) -> Outcome<Stepped> {
        if self.refuses(tx, contact)? {
            return Ok((ListOutcome::OptedOut, None));
        }
        let now = memberships::of(tx, self.list.n, contact.n)?;
        let is_alias = contact.object_id.is_none() && contact.address != found_by.as_str();
        let outcome = match now.standing {
            Standing::OptedOut => return Ok((ListOutcome::OptedOut, None)),
            Standing::Pending | Standing::Absent if now.changed_after(self.seen) => {
                return Ok((ListOutcome::Superseded, None));
            }
            _ if is_alias => return Ok((ListOutcome::Alias, None)),
            Standing::Member => ListOutcome::AlreadySo,
            Standing::Pending | Standing::Absent => {
                self.shift(tx, contact.n, Standing::Member)?;
                ListOutcome::Done
            }
        };
        if contact.object_id.is_none() {
            let grounds = Grounds::new(contact.address()?, primary, self.now);
            contacts::set_match(tx, contact.n, (object, &grounds))?;
        }
        Ok((outcome, Some(contact.contact_id()?)))
    }

    fn remove(&self, tx: &Connection, id: &ContactId) -> Outcome<Stepped> {
        let Some(contact) = contacts::by_id(tx, id)? else {
            return Ok((ListOutcome::AlreadySo, None));
        };
        let now: Membership = memberships::of(tx, self.list.n, contact.n)?;
        let outcome = match now.standing {
            Standing::Member if now.changed_after(self.seen) => {
                return Ok((ListOutcome::Superseded, None));
            }
            Standing::Member => {
                self.shift(tx, contact.n, Standing::Absent)?;
                ListOutcome::Done
            }
            Standing::OptedOut | Standing::Pending | Standing::Absent => ListOutcome::AlreadySo,
        };
        Ok((outcome, Some(id.clone())))
    }

    /// Whether a contact said no; a no to all lists becomes one to this list, for the next run to see.
    fn refuses(&self, tx: &Connection, contact: &Stored) -> Outcome<bool> {
        let now = memberships::of(tx, self.list.n, contact.n)?.standing;
        let refuses = say::refuses(tx, self.list, contact, now)?;
        if refuses && now != Standing::OptedOut {
            say::shift(tx, self.list.n, contact.n, (Standing::OptedOut, self.now))?;
        }
        Ok(refuses)
    }

    fn shift(&self, tx: &Connection, contact: i64, to: Standing) -> Outcome<()> {
        memberships::set(tx, self.list.n, contact, Move { to, by: Origin::Entra, at: self.now })
    }

    /// The contact that stands for an object: one that opted out before one that is a member before any other.
    fn of_object(&self, tx: &Connection, object: &str) -> Outcome<Option<Stored>> {
        let mut chosen = None;
        for contact in contacts::by_object(tx, object)? {
            let rank = match memberships::of(tx, self.list.n, contact.n)?.standing {
                _ if self.refuses(tx, &contact)? => 0,
                Standing::OptedOut => 0,
                Standing::Member => 1,
                Standing::Pending | Standing::Absent => 2,
            };
            if chosen.as_ref().is_none_or(|(best, _)| rank < *best) {
                chosen = Some((rank, contact));
            }
        }
        Ok(chosen.map(|(_, contact)| contact))
    }
}
