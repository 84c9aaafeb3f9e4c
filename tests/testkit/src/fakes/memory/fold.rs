use listsync_core::{
    address::Address,
    id::{ContactId, ListId, ObjectId},
    link::Side,
    list::{NewContact, Origin, Standing},
    matched::{Binding, Grounds},
    member::{Member, MemberKey},
};
use listsync_engine::ports::{
    Finish, Finished, Fold, Lease, ListEffect, ListOutcome, ListStep, MemberChange, PortResult, RemoveOutcome,
};

use super::{State, links::forget_cursors, sequence};

/// What became of a step on the list, and whose contact it was about, where the row may be saved.
struct Stepped {
    outcome: ListOutcome,
    contact: Option<ContactId>,
}

impl Stepped {
    fn kept_back(outcome: ListOutcome) -> Self {
        Self { outcome, contact: None }
    }
}

impl State {
    pub(super) fn fold(&mut self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        let row = self.link(&lease.link)?;
        row.holds(lease)?;
        let list = row.state.link.list.clone();
        let seen = fold.list_seen.as_ref().map(sequence).transpose()?.unwrap_or(u64::MAX);
        if !fold.list.is_empty() {
            self.book.list(&list)?;
        }
        let mut outcomes = Vec::with_capacity(fold.list.len());
        for step in &fold.list {
            let stepped = self.step(&list, step, seen)?;
            if let Some(contact) = stepped.contact {
                let then = Member { contact: Some(contact), ..step.then.clone() };
                self.keep(lease, &[MemberChange::Put(then)])?;
            }
            outcomes.push(stepped.outcome);
        }
        self.keep(lease, &fold.members)?;
        for moved in &fold.moved {
            match moved.change.side {
                Side::List => self.counts.entry(list.clone()).or_default().moved.push(*moved),
                Side::Group => self.link(&lease.link)?.moved.push(*moved),
            }
        }
        Ok(outcomes)
    }

    fn step(&mut self, list: &ListId, step: &ListStep, seen: u64) -> PortResult<Stepped> {
        match &step.effect {
            ListEffect::Add { contact, object_id, primary } => {
                self.step_add(list, contact, (object_id, primary.as_ref(), seen))
            }
            ListEffect::Remove(contact) => {
                let standing = self.book.standing(list, contact);
                if standing.is_some_and(|entry| entry.standing == Standing::Member && entry.changed > seen) {
                    return Ok(Stepped::kept_back(ListOutcome::Superseded));
                }
                let outcome = match self.book.dismiss(list, contact, (Origin::Entra, self.book.now))? {
                    RemoveOutcome::Removed => ListOutcome::Done,
                    RemoveOutcome::Absent => ListOutcome::AlreadySo,
                };
                Ok(Stepped { outcome, contact: Some(contact.clone()) })
            }
        }
    }

    fn step_add(
        &mut self,
        list: &ListId,
        contact: &NewContact,
        (object, primary, seen): (&ObjectId, Option<&Address>, u64),
    ) -> PortResult<Stepped> {
        let of_address = self.book.by_address.get(&contact.address).cloned();
        let id = match (self.contact_of(list, object), of_address) {
            // Who opted out under this address is not brought back under another.
            (Some(_), Some(same)) if self.opted_out(list, &same)? => {
                return Ok(Stepped::kept_back(ListOutcome::OptedOut));
            }
            (Some(known), _) => known,
            (None, Some(other)) if self.book.contacts[&other].contact.object_id.is_some() => {
                return Ok(Stepped::kept_back(ListOutcome::Conflict));
            }
            (None, Some(unmatched)) => unmatched,
            (None, None) if self.book.holds_off(list, &contact.address) => {
                return Ok(Stepped::kept_back(ListOutcome::OptedOut));
            }
            (None, None) => self.book.make(contact, (Origin::Entra, self.book.now)),
        };
        if self.opted_out(list, &id)? {
            return Ok(Stepped::kept_back(ListOutcome::OptedOut));
        }
        let outcome = match self.book.standing(list, &id) {
            Some(entry) if entry.standing == Standing::Member => ListOutcome::AlreadySo,
            Some(entry) if entry.changed > seen => {
                return Ok(Stepped::kept_back(ListOutcome::Superseded));
            }
            _ => ListOutcome::Done,
        };
        let known = &self.book.contacts[&id].contact;
        if known.object_id.is_none() && known.address != contact.address {
            return Ok(Stepped::kept_back(ListOutcome::Alias));
        }
        self.book.stand(list, &id, Standing::Member, (Origin::Entra, self.book.now))?;
        let known = &self.book.contacts[&id].contact;
        if known.object_id.is_none() {
            let grounds = Grounds::new(known.address.clone(), primary, self.book.now);
            self.book.bind(&Binding { contact: id.clone(), object: object.clone(), grounds });
        }
        Ok(Stepped { outcome, contact: Some(id) })
    }

    /// Whether a contact said no; a no to all lists becomes one to this list, for the next run to see.
    fn opted_out(&mut self, list: &ListId, contact: &ContactId) -> PortResult<bool> {
        let refuses = self.book.refuses(list, contact);
        if refuses {
            self.book.stand(list, contact, Standing::OptedOut, (Origin::Own, self.book.now))?;
        }
        Ok(refuses)
    }

    /// The contact that stands for an object: one that opted out before one that is a member before any other.
    fn contact_of(&self, list: &ListId, object: &ObjectId) -> Option<ContactId> {
        let rank = |id: &&ContactId| match self.book.standing(list, id).map(|entry| entry.standing) {
            _ if self.book.refuses(list, id) => 0,
            Some(Standing::Member) => 1,
            _ => 2,
        };
        self.book.by_object.get(object)?.iter().min_by_key(rank).cloned()
    }

    fn keep(&mut self, lease: &Lease, changes: &[MemberChange]) -> PortResult<()> {
        self.writes.members += changes.len() as u64;
        let members = &mut self.link(&lease.link)?.members;
        for change in changes {
            match change {
                MemberChange::Put(member) => members.insert(member.key.clone(), member.clone()),
                MemberChange::Delete(key) => members.remove::<MemberKey>(key),
            };
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, lease: &Lease, finish: &Finish) -> PortResult<Finished> {
        self.link(&lease.link)?.holds(lease)?;
        self.keep(lease, &finish.members)?;
        self.writes.links += 1;
        let row = self.link(&lease.link)?;
        let state = &mut row.state;
        state.progress = finish.progress.clone();
        if std::mem::take(&mut row.resync) {
            forget_cursors(&mut state.progress);
        }
        state.link.status = finish.status.unwrap_or(state.link.status);
        state.due_at = finish.due_at;
        state.finished_at = Some(finish.at);
        state.leased_until = None;
        if state.ruling.as_ref().is_some_and(|ruling| Some(&ruling.digest) == finish.ruling_done.as_ref()) {
            state.ruling = None;
        }
        match finish.synced {
            Some(synced) => {
                state.synced = synced.max(state.synced);
                let moved = state.requested > state.synced;
                Ok(if moved { Finished::Moved(state.requested) } else { Finished::Quiet })
            }
            None => Ok(Finished::Quiet),
        }
    }
}
