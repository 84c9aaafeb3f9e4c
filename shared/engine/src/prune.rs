//! Contacts that are on no list any more: who they are, and deleting them.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    Timestamp,
    id::ContactId,
    list::Standing,
    register::{Idle, idle},
};

use crate::{
    ports::{EntryPage, PortResult},
    service::Service,
};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;
/// For so long nothing may have changed of somebody, where nothing else is said: 30 days.
pub const OLDER_THAN: Duration = Duration::from_secs(30 * 24 * 3600);

/// Whom pruning is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prunable {
    /// Who is on no list for long enough, in the order of ids.
    pub idle: Vec<ContactId>,
    /// How many are on none and said no to one: they stay.
    pub said_no: u64,
    /// How many are on none for too short a time: they stay for now.
    pub recent: u64,
    /// Nothing of those who are idle changed after it; none: whenever it was.
    pub before: Option<Timestamp>,
}

/// What pruning came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// How many contacts are deleted.
    pub deleted: u64,
    /// How many stay, as something of them changed meanwhile.
    pub changed: u64,
    /// How many the time did not suffice for.
    pub left: u64,
}

/// Looks for those of whom nothing changed for so long; zero: whatever changed when. Nothing is deleted.
///
/// # Errors
/// When the store does not answer.
pub async fn find(service: &Service, older_than: Duration) -> PortResult<Prunable> {
    let now = service.ports.clock.now();
    let before = (!older_than.is_zero()).then(|| now.checked_sub(older_than).unwrap_or(Timestamp::MIN));
    let mut found = Prunable { idle: Vec::new(), said_no: 0, recent: 0, before };
    let listed = listed(service).await?;
    let mut after = None;
    loop {
        let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
        let ids = page.iter().map(|contact| contact.id.clone());
        let ids: Vec<ContactId> = ids.filter(|id| !listed.contains(id)).collect();
        for person in service.ports.lists.people(&ids).await? {
            match idle(&person, before) {
                Idle::Idle => found.idle.push(person.contact.id),
                Idle::SaidNo => found.said_no += 1,
                Idle::Recent => found.recent += 1,
                Idle::Listed => {}
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(found),
        }
    }
}

/// Who is on a list, so that they need not be looked at one by one: as a rule that is nearly everybody.
async fn listed(service: &Service) -> PortResult<BTreeSet<ContactId>> {
    let lists = service.ports.lists.lists().await?;
    let lists: Vec<_> = lists.into_iter().map(|list| list.id).collect();
    let (mut listed, mut after) = (BTreeSet::new(), None);
    loop {
        let EntryPage { entries, next } =
            service.ports.lists.entries_page(&lists, after.as_ref(), PAGE).await?;
        // How somebody stands to the one list that a page shows may differ from how they stand to another.
        let there = entries.into_iter().filter(|entry| entry.standing == Standing::Member);
        listed.extend(there.map(|entry| entry.contact));
        match next {
            Some(next) => after = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Deletes those whom it found, each if they are idle still. Nobody is begun with at `until` or later.
///
/// # Errors
/// When the store does not answer: some may be deleted then.
pub async fn carry_out(service: &Service, found: &Prunable, until: Timestamp) -> PortResult<Pruned> {
    let clock = &service.ports.clock;
    let mut pruned = Pruned::default();
    for (id, left) in found.idle.iter().zip((1..=found.idle.len() as u64).rev()) {
        if clock.now() >= until {
            return Ok(Pruned { left, ..pruned });
        }
        match service.contacts.prune_contact(id, found.before, clock.now()).await? {
            true => pruned.deleted += 1,
            false => pruned.changed += 1,
        }
    }
    Ok(pruned)
}
