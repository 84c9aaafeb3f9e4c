//! Who joined or left, when, and by what: the log of a list and the effects of its links' runs, as one.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    str::FromStr,
};

use listsync_core::{
    Timestamp,
    address::Address,
    audit::{Action, AuditEntry, AuditFilter, AuditPlace},
    contact::Contact,
    effects::{DonePlace, Recorded, Whom},
    grant::Lists,
    history::{Happened, Known, Shift, Taken, TakenBack, UNDONE_WITHIN, may_carry, takes_back},
    id::{ContactId, ListId},
    list::Origin,
    schedule::later,
    summary::Summary,
};

use crate::{
    audit::{self, Wanted},
    effects::{self, WhichRuns},
    ports::{EntryQuery, LogPlace, LogQuery, Logged, PortResult},
    service::Service,
    undo,
};

/// So many imports are looked through for the one that is behind a change.
const IMPORTS: usize = 500;
/// So many entries of the audit are read at a time, and so often.
const ENTRIES: usize = 500;
const READS: usize = 10;
/// So many of a list's log are read at a time for one contact.
const PAGE: usize = 500;

/// Where a page of a list's history begins: in the log, and in the effects of runs. None: there it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPlace {
    log: Option<LogPlace>,
    done: Option<DonePlace>,
}

/// A text that is no place of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place of a history")]
pub struct HistoryPlaceError;

impl fmt::Display for HistoryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log {
            Some(LogPlace { seq, index }) => write!(f, "{seq}.{index} ")?,
            None => f.write_str("- ")?,
        }
        match &self.done {
            Some(done) => write!(f, "{done}"),
            None => f.write_str("-"),
        }
    }
}

impl FromStr for HistoryPlace {
    type Err = HistoryPlaceError;

    fn from_str(text: &str) -> Result<Self, HistoryPlaceError> {
        let (log, done) = text.split_once(' ').ok_or(HistoryPlaceError)?;
        let log = match log {
            "-" => None,
            log => {
                let (seq, index) = log.split_once('.').ok_or(HistoryPlaceError)?;
                let seq = seq.parse().map_err(|_| HistoryPlaceError)?;
                Some(LogPlace { seq, index: index.parse().map_err(|_| HistoryPlaceError)? })
            }
        };
        let done = match done {
            "-" => None,
            done => Some(done.parse().map_err(|_| HistoryPlaceError)?),
        };
        Ok(Self { log, done })
    }
}

/// A part of a history, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryPage {
    /// What happened.
    pub items: Vec<Happened>,
    /// Where to go on; none: there is no more.
    pub next: Option<HistoryPlace>,
}

/// One of the two things that a history is made of, as far as it is read.
struct Stream<T, P> {
    read: VecDeque<T>,
    /// Where the rest begins; none: there is none.
    rest: Option<P>,
}

impl<T, P> Stream<T, P> {
    fn needs_more(&self) -> bool {
        self.read.is_empty() && self.rest.is_some()
    }
}

/// A page of who joined or left a list and the groups that are linked to it. Whoever is kept no more is not told of but by
/// what runs did, without a name.
///
/// # Errors
/// When the store does not answer.
pub async fn of_list(
    service: &Service,
    list: &ListId,
    from: Option<HistoryPlace>,
    limit: usize,
) -> PortResult<HistoryPage> {
    let begins = from.is_none();
    let HistoryPlace { log, done } = from.unwrap_or(HistoryPlace { log: None, done: None });
    let runs = WhichRuns::of_list(list.clone());
    let mut logs = Stream { read: VecDeque::new(), rest: log };
    let mut dones = Stream { read: VecDeque::new(), rest: done };
    if begins {
        (logs.read, logs.rest) = log_page(service, list, None, limit).await?;
        (dones.read, dones.rest) = done_page(service, &runs, None, limit).await?;
    }
    let mut found = Vec::new();
    while found.len() < limit {
        if logs.needs_more() {
            (logs.read, logs.rest) = log_page(service, list, logs.rest.take(), limit).await?;
        }
        if dones.needs_more() {
            (dones.read, dones.rest) = done_page(service, &runs, dones.rest.take(), limit).await?;
        }
        if logs.needs_more() || dones.needs_more() {
            continue;
        }
        let newer = match (logs.read.front(), dones.read.front()) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(log), Some(done)) => log.shift.at > done.done.at,
        };
        match newer {
            // What runs did is told by their effects.
            true => found.extend(
                logs.read.pop_front().filter(|log| log.shift.origin != Origin::Entra).map(Found::Shift),
            ),
            false => found.extend(dones.read.pop_front().map(Found::Done)),
        }
    }
    let log = logs.read.front().map(|log| log.place).or(logs.rest);
    let done = dones.read.front().map(|done| done.place.clone()).or(dones.rest);
    let next = (log.is_some() || done.is_some()).then_some(HistoryPlace { log, done });
    Ok(HistoryPage { items: told(service, list, found).await?, next })
}

enum Found {
    Shift(Logged),
    Done(Recorded),
}

async fn log_page(
    service: &Service,
    list: &ListId,
    from: Option<LogPlace>,
    limit: usize,
) -> PortResult<(VecDeque<Logged>, Option<LogPlace>)> {
    let query = LogQuery { list: list.clone(), contact: None, from, limit };
    let page = service.ports.lists.log(&query).await?;
    Ok((page.entries.into(), page.next))
}

async fn done_page(
    service: &Service,
    runs: &WhichRuns,
    from: Option<DonePlace>,
    limit: usize,
) -> PortResult<(VecDeque<Recorded>, Option<DonePlace>)> {
    let page = effects::page(&service.ports, runs, from.as_ref(), limit).await?;
    Ok((page.items.into(), page.next))
}

/// What was found, with who was behind it. What a killed run and the one after it both kept is told once.
async fn told(service: &Service, list: &ListId, found: Vec<Found>) -> PortResult<Vec<Happened>> {
    let shifts: Vec<&Logged> = found
        .iter()
        .filter_map(|one| match one {
            Found::Shift(log) => Some(log),
            Found::Done(_) => None,
        })
        .collect();
    let known = known(service, list, &shifts).await?;
    let contacts: Vec<ContactId> = shifts.iter().map(|log| log.shift.contact.clone()).collect();
    let entries = match contacts.is_empty() {
        true => Vec::new(),
        false => service.ports.lists.entries(list, EntryQuery::Contacts(&contacts)).await?,
    };
    let addresses: BTreeMap<ContactId, Address> =
        entries.into_iter().map(|entry| (entry.contact, entry.address)).collect();
    let mut all: Vec<Happened> = Vec::with_capacity(found.len());
    for one in found {
        let happened = match one {
            Found::Done(recorded) => Some(Happened::by_run(list, recorded)),
            Found::Shift(log) => addresses.get(&log.shift.contact).and_then(|address| {
                let happened = log.shift.happened(&known)?;
                Some(Happened { address: Some(address.clone()), ..happened })
            }),
        };
        all.extend(
            happened.filter(|happened| !all.iter().rev().take(64).any(|other| is_same(other, happened))),
        );
    }
    Ok(all)
}

fn is_same(one: &Happened, other: &Happened) -> bool {
    let key = |of: &Happened| (of.at, of.change, of.object.clone());
    one.object.is_some() && key(one) == key(other)
}

/// Who may have been behind these changes.
async fn known(service: &Service, list: &ListId, shifts: &[&Logged]) -> PortResult<Known> {
    let mut known = Known::default();
    if shifts.iter().any(|log| log.shift.origin == Origin::Csv) {
        let lists = Lists::Only([list.clone()].into());
        let imports = service.ports.lists.imports_of(&lists, None, IMPORTS).await?;
        known.imports = imports.into_iter().map(|one| Taken { import: one.id, at: one.at }).collect();
    }
    let edits = || shifts.iter().filter(|log| log.shift.origin == Origin::Manual).map(|log| log.shift.at);
    if let (Some(first), Some(last)) = (edits().min(), edits().max()) {
        known.audit = audited(service, list, Some(first), last).await?;
    }
    Ok(known)
}

/// What the audit has of changes of a list from then until then, as far as it is read.
async fn audited(
    service: &Service,
    list: &ListId,
    since: Option<Timestamp>,
    until: Timestamp,
) -> PortResult<Vec<AuditEntry>> {
    let filter = AuditFilter { actor: None, object: Some(format!("list:{list}")) };
    // Of one moment, the place with the last id is behind all others.
    let mut before = Some(AuditPlace { at: later(until, UNDONE_WITHIN), id: "\u{10ffff}".to_owned() });
    let mut entries = Vec::new();
    for _ in 0..READS {
        let wanted = Wanted { filter: filter.clone(), since, before, limit: ENTRIES };
        let page = audit::page(service, wanted).await?;
        entries.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    Ok(entries)
}

/// An effect of a run, and what was taken back where it carries that on to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// The effect.
    pub recorded: Recorded,
    /// What somebody took back.
    pub takes_back: Option<TakenBack>,
}

/// Effects of runs of a list, each with what it takes back. Nothing is read of a list that nobody took anything back on but
/// what the audit has of it.
///
/// # Errors
/// When the store does not answer.
pub async fn traced(service: &Service, list: &ListId, effects: Vec<Recorded>) -> PortResult<Vec<Traced>> {
    let plain = |recorded| Traced { recorded, takes_back: None };
    let last = effects.iter().map(|one| &one.done).filter(|done| may_carry(done)).map(|done| done.at).max();
    let Some(last) = last else { return Ok(effects.into_iter().map(plain).collect()) };
    // An undo may have been held for as long as it took somebody to approve it.
    let known = Known { audit: audited(service, list, None, last).await?, ..Known::default() };
    let first = known.audit.iter().filter(|entry| entry.is_undo()).map(|entry| entry.at).min();
    let Some(first) = first else { return Ok(effects.into_iter().map(plain).collect()) };
    let since = first.checked_sub(UNDONE_WITHIN).unwrap_or(Timestamp::MIN);
    let mut of_contact: BTreeMap<ContactId, Vec<Shift>> = BTreeMap::new();
    for shift in undo::shifts(&service.ports, list, since).await? {
        of_contact.entry(shift.contact.clone()).or_default().push(shift);
    }
    let trace = |recorded: Recorded| {
        let shifts = recorded.done.contact.as_ref().and_then(|contact| of_contact.get(contact));
        let takes_back = shifts.and_then(|shifts| takes_back(&recorded.done, shifts, &known));
        Traced { recorded, takes_back }
    };
    Ok(effects.into_iter().map(trace).collect())
}

/// Who took a run back, and when, the newest first: twice where the first undo was broken off.
///
/// # Errors
/// When the store does not answer.
pub async fn taken_back(service: &Service, run: &Summary) -> PortResult<Vec<AuditEntry>> {
    let filter = AuditFilter { actor: None, object: Some(format!("run:{}", run.run)) };
    let wanted = Wanted { filter, since: Some(run.started_at), before: None, limit: ENTRIES };
    let page = audit::page(service, wanted).await?;
    Ok(page.entries.into_iter().filter(|entry| entry.action == Action::RunUndo).collect())
}

/// Everything that is known of when a contact joined or left these of their lists, and the groups that are linked to them,
/// the newest first. It looks through all that is kept of those lists.
///
/// # Errors
/// When the store does not answer.
pub async fn of_contact(
    service: &Service,
    contact: &Contact,
    lists: &BTreeSet<ListId>,
) -> PortResult<Vec<Happened>> {
    let whom = Whom {
        contact: Some(contact.id.clone()),
        object: contact.object_id.clone(),
        addresses: contact.aliases.iter().cloned().chain([contact.address.clone()]).collect(),
    };
    let mut all = Vec::new();
    for list in lists {
        let mut found: Vec<Found> = Vec::new();
        let mut from = None;
        loop {
            let query = LogQuery { list: list.clone(), contact: Some(contact.id.clone()), from, limit: PAGE };
            let page = service.ports.lists.log(&query).await?;
            found.extend(page.entries.into_iter().map(Found::Shift));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let done = effects::all(&service.ports, &WhichRuns::of_list(list.clone())).await?;
        found.extend(done.into_iter().filter(|one| whom.is_meant(&one.done)).map(Found::Done));
        all.extend(told(service, list, found).await?);
    }
    let key = |one: &Happened| (std::cmp::Reverse::<Timestamp>(one.at), one.list.clone());
    all.sort_by_cached_key(key);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back() {
        let done = "7 2026-11-23T03:04:05.123456789Z 3 run-1";
        for text in [format!("12.3 {done}"), format!("- {done}"), "12.0 -".to_owned(), "- -".to_owned()] {
            let place: HistoryPlace = text.parse().expect("a place");
            assert_eq!(place.to_string(), text);
        }
        for odd in ["", "-", "12 -", "x.1 -", "1.1 2"] {
            assert_eq!(odd.parse::<HistoryPlace>(), Err(HistoryPlaceError), "{odd}");
        }
    }
}
