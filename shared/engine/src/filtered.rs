//! Filtered lists: who matches is on them.

use std::time::Duration;

use listsync_core::{
    contact::Contact,
    filter::{Explanation, Filter, KnownFields, Person},
    id::{ContactId, LinkId, ListId},
    list::{List, ListKind, Standing},
    settings::Settings,
};

use crate::{
    Ports,
    ports::{ContactChanges, Cursor, EntryQuery, Fault, Moves, PortError, PortResult},
    service::Service,
    trigger,
};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;
/// Of so many a preview tells who they are.
const SAMPLE: usize = 20;

/// What a filter would make of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// How many contacts there are.
    pub contacts: u64,
    /// How many of them match.
    pub matching: u64,
    /// How many would join.
    pub joining: u64,
    /// How many would leave.
    pub leaving: u64,
    /// Some of those who would join.
    pub join: Vec<ContactId>,
    /// Some of those who would leave.
    pub leave: Vec<ContactId>,
}

impl Preview {
    /// Why it may not be what was meant; none: nothing is striking.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        match self {
            Self { matching: 0, .. } => Some("the filter matches nobody"),
            Self { matching, contacts, .. } if u128::from(*matching) * 10 > u128::from(*contacts) * 9 => {
                Some("the filter matches more than 90 % of all contacts")
            }
            _ => None,
        }
    }
}

/// A filter that may be saved: its text is one, and each field that it asks for is known.
///
/// # Errors
/// [`Fault::Rejected`] (`bad_filter`) with what is wrong, or when the store does not answer.
pub async fn checked(service: &Service, text: &str) -> PortResult<Filter> {
    let refuse = |why: String| {
        PortError::new(Fault::Rejected, "bad_filter", why)
            .with_hint("write a condition such as: department eq \"Sales\" and not (country eq \"CH\")")
    };
    let filter = Filter::parse(text).map_err(|error| refuse(error.to_string()))?;
    // Most filters ask for usual fields alone, which takes no look at any contact.
    if filter.check(|field| KnownFields::default().holds(field)).is_ok() {
        return Ok(filter);
    }
    let mut known = KnownFields::default();
    let mut after = None;
    loop {
        let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
        page.iter().for_each(|contact| known.note(contact));
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id.clone()),
            _ => break,
        }
    }
    filter.check(|field| known.holds(field)).map_err(|error| refuse(error.to_string()))?;
    Ok(filter)
}

/// What a filter would make of a list, or of a list that is to be made.
///
/// # Errors
/// When the store does not answer.
pub async fn preview(service: &Service, list: Option<&ListId>, filter: &Filter) -> PortResult<Preview> {
    let settings = service.ports.settings.settings().await?;
    let mut preview = Preview::default();
    let mut after = None;
    loop {
        let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
        let ids: Vec<ContactId> = page.iter().map(|contact| contact.id.clone()).collect();
        let standings = standings(&service.ports, list, &ids).await?;
        for contact in &page {
            let matches = filter.matches(&Person { contact, settings: &settings });
            preview.contacts += 1;
            preview.matching += u64::from(matches);
            let standing = standings.get(&contact.id).copied().unwrap_or(Standing::Absent);
            match (matches, standing) {
                // Of a list that there is, how they stand to it says whether a no to all holds there.
                (true, Standing::Absent | Standing::Pending)
                    if list.is_some() || contact.opted_out.is_none() =>
                {
                    preview.joining += 1;
                    note(&mut preview.join, &contact.id);
                }
                (false, Standing::Member | Standing::Pending) => {
                    preview.leaving += 1;
                    note(&mut preview.leave, &contact.id);
                }
                _ => {}
            }
        }
        match ids.last() {
            Some(last) if ids.len() == PAGE => after = Some(last.clone()),
            _ => return Ok(preview),
        }
    }
}

fn note(sample: &mut Vec<ContactId>, contact: &ContactId) {
    if sample.len() < SAMPLE {
        sample.push(contact.clone());
    }
}

/// Why a contact is on a filtered list or not; none: there is no such contact.
///
/// # Errors
/// When the store does not answer.
pub async fn explain(service: &Service, filter: &Filter, id: &ContactId) -> PortResult<Option<Explanation>> {
    let settings = service.ports.settings.settings().await?;
    let contact = service.contacts.contact(id).await?;
    Ok(contact.map(|contact| filter.explain(&Person { contact: &contact, settings: &settings })))
}

/// Has every filtered list follow the contacts that changed since it last did, and asks for a run of each link of those
/// whose members changed by it; the links.
///
/// # Errors
/// When the store does not answer. A list whose filter cannot be followed keeps no other from being followed.
pub async fn follow_all(service: &Service) -> PortResult<Vec<LinkId>> {
    each(service, Extent::Changed, Duration::ZERO).await
}

/// The same for one contact, at a price that does not grow with the others: up to where a list followed stays as it was.
/// The runs wait for `delay` as in [`crate::people::say`].
///
/// # Errors
/// As [`follow_all`].
pub async fn follow_one(service: &Service, id: &ContactId, delay: Duration) -> PortResult<Vec<LinkId>> {
    each(service, Extent::One(id), delay).await
}

/// The same for everybody, of the lists whose filters ask who is external: the settings answer that.
///
/// # Errors
/// As [`follow_all`].
pub(crate) async fn follow_external(service: &Service) -> PortResult<Vec<LinkId>> {
    each(service, Extent::EverybodyIfExternal, Duration::ZERO).await
}

async fn each(service: &Service, extent: Extent<'_>, delay: Duration) -> PortResult<Vec<LinkId>> {
    let (mut links, mut failed) = (Vec::new(), None);
    for list in service.ports.lists.lists().await? {
        match follow_in(&service.ports, &list, extent).await {
            Ok((0, 0)) => {}
            Ok(_) => links.extend(trigger::raise_list_later(service, &list.id, delay).await?),
            // Somebody edited it meanwhile, and follows it then.
            Err(error) if error.code == "version" => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(links), Err)
}

/// Has one list follow its filter; how many joined and left. A static list has nothing to follow.
///
/// # Errors
/// When the store does not answer, or the list is edited meanwhile ([`Fault::Rejected`], `version`).
pub async fn follow(service: &Service, list: &List) -> PortResult<(u64, u64)> {
    follow_in(&service.ports, list, Extent::Changed).await
}

/// Whom a list looks at to follow its filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent<'a> {
    /// Those who changed since it last did.
    Changed,
    /// This contact.
    One(&'a ContactId),
    /// Everybody: what is asked of a contact may depend on more than the contact, as `external` on the settings.
    Everybody,
    /// Everybody, where the filter asks who is external; else nobody.
    EverybodyIfExternal,
}

/// The list of a run follows its filter before it is read. Where it is edited at the same time, the editor sees to it.
pub(crate) async fn follow_for_run(ports: &Ports, list: &ListId, extent: Extent<'_>) -> PortResult<()> {
    let Some(list) = ports.lists.list(list).await? else { return Ok(()) };
    match follow_in(ports, &list, extent).await {
        Err(error) if !matches!(error.code.as_str(), "version" | "list_static") => Err(error),
        _ => Ok(()),
    }
}

async fn follow_in(ports: &Ports, list: &List, extent: Extent<'_>) -> PortResult<(u64, u64)> {
    let ListKind::Filtered { filter } = &list.kind else { return Ok((0, 0)) };
    let filter = Filter::parse(filter).map_err(|error| {
        PortError::new(Fault::Rejected, "bad_filter", format!("list {}: {error}", list.id))
    })?;
    let follow = Follow { ports, list, filter, settings: ports.settings.settings().await? };
    match extent {
        Extent::Changed => follow.changed().await,
        Extent::One(id) => follow.people(std::slice::from_ref(id)).await,
        Extent::EverybodyIfExternal if !follow.filter.fields().contains("external") => Ok((0, 0)),
        Extent::Everybody | Extent::EverybodyIfExternal => follow.everybody().await,
    }
}

/// One list on its way after its filter.
struct Follow<'a> {
    ports: &'a Ports,
    list: &'a List,
    filter: Filter,
    settings: Settings,
}

impl Follow<'_> {
    async fn changed(&self) -> PortResult<(u64, u64)> {
        let lists = &self.ports.lists;
        let Some(since) = lists.followed(&self.list.id).await? else { return self.everybody().await };
        let ContactChanges { contacts, cursor } = match lists.contacts_changed(&since).await {
            Err(error) if error.fault == Fault::Gone => return self.everybody().await,
            changes => changes?,
        };
        if contacts.is_empty() {
            return Ok((0, 0));
        }
        let moved = self.people(&contacts).await?;
        self.done(cursor).await?;
        Ok(moved)
    }

    async fn people(&self, ids: &[ContactId]) -> PortResult<(u64, u64)> {
        let mut total = (0, 0);
        for page in ids.chunks(PAGE) {
            let people = self.ports.lists.contacts_by_id(page).await?;
            add(&mut total, self.page(&people).await?);
        }
        Ok(total)
    }

    async fn everybody(&self) -> PortResult<(u64, u64)> {
        let upto = self.ports.lists.contacts_cursor().await?;
        let mut total = (0, 0);
        let mut after = None;
        loop {
            let page = self.ports.lists.contacts(after.as_ref(), PAGE).await?;
            add(&mut total, self.page(&page).await?);
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id.clone()),
                _ => break,
            }
        }
        self.done(upto).await?;
        Ok(total)
    }

    async fn page(&self, people: &[Contact]) -> PortResult<(u64, u64)> {
        let ids: Vec<ContactId> = people.iter().map(|contact| contact.id.clone()).collect();
        let standings = standings(self.ports, Some(&self.list.id), &ids).await?;
        let mut moves = Moves { version: Some(self.list.version), ..Moves::default() };
        for contact in people {
            let matches = self.filter.matches(&Person { contact, settings: &self.settings });
            match (matches, standings.get(&contact.id).copied().unwrap_or(Standing::Absent)) {
                (true, Standing::Absent | Standing::Pending) => moves.join.push(contact.id.clone()),
                (false, Standing::Member | Standing::Pending) => moves.leave.push(contact.id.clone()),
                _ => {}
            }
        }
        if moves.join.is_empty() && moves.leave.is_empty() {
            return Ok((0, 0));
        }
        self.ports.lists.move_members(&self.list.id, &moves, self.ports.clock.now()).await
    }

    /// Nobody moves by it: from here on it is followed up to there.
    async fn done(&self, upto: Cursor) -> PortResult<()> {
        let moves = Moves { upto: Some(upto), version: Some(self.list.version), ..Moves::default() };
        self.ports.lists.move_members(&self.list.id, &moves, self.ports.clock.now()).await?;
        Ok(())
    }
}

fn add(total: &mut (u64, u64), (joined, left): (u64, u64)) {
    *total = (total.0 + joined, total.1 + left);
}

/// How contacts stand to a list; those who are not named are absent.
async fn standings(
    ports: &Ports,
    list: Option<&ListId>,
    ids: &[ContactId],
) -> PortResult<std::collections::BTreeMap<ContactId, Standing>> {
    let Some(list) = list.filter(|_| !ids.is_empty()) else { return Ok(Default::default()) };
    let entries = ports.lists.entries(list, EntryQuery::Contacts(ids)).await?;
    Ok(entries.into_iter().map(|entry| (entry.contact, entry.standing)).collect())
}
