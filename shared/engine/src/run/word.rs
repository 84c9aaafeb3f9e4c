//! What a person said of people with an import: whom they had taken off the list, they need not be asked about again.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    case::Protection,
    id::ContactId,
    link::{Phase, Side},
    member::{Change, Op},
    plan::{Cause, Effect, Release},
    shield::Shield,
};

use super::decide::Sorting;
use crate::ports::{EntryQuery, PortResult};

const LEAVE_GROUP: Change = Change { side: Side::Group, op: Op::Remove };
const JOIN_LIST: Change = Change { side: Side::List, op: Op::Add };

impl Sorting<'_> {
    /// Lets go whoever left the list by an import that a person approved: they were shown who it is, and one word is enough.
    /// It counts for the guard as any approved removal does, so that others ask again.
    pub(super) async fn release_approved(&mut self) -> PortResult<()> {
        let approved = self.approved(self.effects.iter().filter(|one| waits(one))).await?;
        let is_approved = |one: &Effect| one.contact.as_ref().is_some_and(|who| approved.contains_key(who));
        for effect in self.effects.iter_mut().filter(|one| waits(one) && is_approved(one)) {
            effect.release = Release::Approved;
        }
        Ok(())
    }

    /// A first run unites both sides, and so would bring back whom a person had taken off the list while the link was there
    /// already. These leave the group instead: they were named to that person. A word from before the link says nothing of its
    /// group.
    pub(super) async fn keep_away(&mut self, shield: &Shield) -> PortResult<()> {
        let (link, phase) = (self.look.link(), self.look.progress().phase);
        let Some(made_at) = link.made_at.filter(|_| phase == Phase::First && link.writes_group()) else {
            return Ok(());
        };
        let addresses: Vec<Address> =
            self.effects.iter().filter(|one| unites(one)).filter_map(|one| one.address.clone()).collect();
        if addresses.is_empty() {
            return Ok(());
        }
        let known = self.look.ports.lists.entries(&link.list, EntryQuery::Addresses(&addresses)).await?;
        let known: BTreeMap<Address, ContactId> =
            known.into_iter().map(|entry| (entry.address, entry.contact)).collect();
        let contacts: Vec<ContactId> = known.values().cloned().collect();
        let left = self.look.ports.lists.approved_leavers(&link.list, &contacts).await?;
        let principals = &self.evidence.principals;
        for effect in self.effects.iter_mut().filter(|one| unites(one)) {
            let contact = effect.address.as_ref().and_then(|address| known.get(address));
            let Some(contact) = contact.filter(|who| left.get(*who).is_some_and(|at| *at >= made_at)) else {
                continue;
            };
            let principal = effect.key.object_id().and_then(|id| principals.get(id));
            if shield.covers(&effect.key, &effect.address, principal) == Protection::Protected {
                continue;
            }
            effect.contact = Some(contact.clone());
            (effect.change, effect.cause) = (LEAVE_GROUP, Cause::ListRemoved);
            effect.release = Release::Approved;
        }
        Ok(())
    }

    async fn approved<'a>(
        &self,
        effects: impl Iterator<Item = &'a Effect>,
    ) -> PortResult<BTreeMap<ContactId, Timestamp>> {
        let contacts: BTreeSet<ContactId> = effects.filter_map(|one| one.contact.clone()).collect();
        if contacts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        self.look.ports.lists.approved_leavers(&self.look.link().list, &contacts).await
    }
}

/// Whether the guard has a say in it, and the list is what it follows.
fn waits(effect: &Effect) -> bool {
    effect.change == LEAVE_GROUP
        && effect.cause == Cause::ListRemoved
        && matches!(effect.release, Release::Guarded | Release::Held(_))
}

/// Whether somebody whom only the group has would join the list.
fn unites(effect: &Effect) -> bool {
    effect.change == JOIN_LIST && effect.cause == Cause::GroupAdded
}
