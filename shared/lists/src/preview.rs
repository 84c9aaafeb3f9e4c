//! What taking a file in would do, without doing it.

use std::collections::{BTreeSet, HashMap, HashSet};

use listsync_core::{
    address::Address,
    contact::ExternalId,
    growth::{Additions, Growth, judge_additions},
    id::ContactId,
    import::{Departure, FileLeavers, FileRemovals, Keys, Removals, judge_file},
    list::{Entry, List, Standing},
};
use listsync_engine::{
    ports::{Affected, EntryQuery, Import, ImportMode, ImportRow, Kept, PortResult, Presence},
    service::Service,
};
use serde::Serialize;

use crate::{
    ParsedFile, RowProblem,
    take_in::{max_additions, problems_of},
};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;
/// So many imports are looked through for those of the last 24 hours.
const FARTHEST: usize = 1_000;

/// What taking a file in would do. Whom it names stands in it, so it is for a person and never for a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Preview {
    /// Who would join the list.
    pub joins: Vec<Affected>,
    /// Who would leave it.
    pub leaves: Vec<Affected>,
    /// How many of those who leave would wait for approval, as more than a fifth of the list would leave within 24 hours.
    pub held: u64,
    /// How many of those who join would wait for approval, as they are more than the list's limit lets through.
    pub held_additions: u64,
    /// How many stay although the file does not name them, as rows do not tell whom they name.
    pub kept_back: u64,
    /// How many are on the list already.
    pub already: u64,
    /// How many are in the file, but opted out.
    pub opted_out: u64,
    /// Rows that would not be taken in, in the file's order.
    pub problems: Vec<RowProblem>,
}

/// Says what taking a file into a list would do. It decides by the same rules as the store does; who changes between the
/// two is judged anew then.
///
/// # Errors
/// When the store does not answer.
pub async fn preview(
    service: &Service,
    list: &List,
    (parsed, mode): (&ParsedFile, ImportMode),
) -> PortResult<Preview> {
    let known = Known::load(service, list).await?;
    let (named, told) = (HashSet::new(), HashSet::new());
    let mut looking = Looking { known: &known, named, told, preview: Preview::default() };
    looking.preview.problems = problems_of(parsed);
    parsed.kept.iter().for_each(|kept| looking.keep(kept));
    parsed.gone.iter().for_each(|key| looking.take_gone(key));
    parsed.people.iter().for_each(|row| looking.take(&row));
    let Looking { named, told, mut preview, .. } = looking;
    let missing: Vec<&Entry> = match mode {
        ImportMode::Incremental => Vec::new(),
        ImportMode::Full => known.members().filter(|entry| !named.contains(&entry.contact)).collect(),
    };
    let leavers = FileLeavers {
        told: told.len() as u64,
        missing: missing.len() as u64,
        unreadable: parsed.unreadable,
        gone: service.ports.lists.gone(&list.id, service.ports.clock.now()).await?,
        listed: known.members().count() as u64,
    };
    leave(leavers, missing, &mut preview);
    preview.held_additions = held_additions(service, list, (&known, preview.joins.len() as u64)).await?;
    preview.problems.sort_by_key(|problem| problem.row);
    Ok(preview)
}

/// How many of those who join would wait.
async fn held_additions(service: &Service, list: &List, (known, planned): (&Known, u64)) -> PortResult<u64> {
    let limit = max_additions(&service.ports, Some(list)).await?;
    let imports = service.ports.lists.imports(FARTHEST).await?;
    let of_list = imports.iter().filter(|import| import.list == list.id).map(Import::grown);
    let growth = Growth::of_files(of_list, service.ports.clock.now(), known.members().count() as u64);
    Ok(match judge_additions(Growth { planned, ..growth }, limit) {
        Additions::Do => 0,
        Additions::Hold => planned,
    })
}

/// Says who of those whom the file does not name leaves, besides those of whom it says it, and how many of both would wait.
fn leave(leavers: FileLeavers, mut missing: Vec<&Entry>, preview: &mut Preview) {
    let FileRemovals { told: of_told, missing: of_missing } = judge_file(leavers);
    if of_told == Removals::Hold {
        preview.held += leavers.told;
    }
    match of_missing {
        Removals::Do => {}
        Removals::Hold => preview.held += leavers.missing,
        Removals::Skip => {
            preview.kept_back = leavers.missing;
            return;
        }
    }
    missing.sort_by(|one, other| one.address.cmp(&other.address));
    preview.leaves.extend(missing.into_iter().map(|entry| of_entry(None, entry)));
}

fn of_entry(row: Option<u64>, entry: &Entry) -> Affected {
    Affected { row, address: entry.address.clone(), name: entry.name.clone() }
}

/// Everybody who is known, as far as files are about them.
struct Known {
    by_address: HashMap<Address, ContactId>,
    by_key: HashMap<ExternalId, ContactId>,
    keys: HashMap<ContactId, Keys>,
    /// Who wants no list at all, nor this one since.
    held_off: HashSet<ContactId>,
    entries: HashMap<ContactId, Entry>,
}

impl Known {
    async fn load(service: &Service, list: &List) -> PortResult<Self> {
        let entries = service.ports.lists.entries(&list.id, EntryQuery::All).await?;
        let mut known = Self {
            by_address: HashMap::new(),
            by_key: HashMap::new(),
            keys: HashMap::new(),
            held_off: HashSet::new(),
            entries: entries.into_iter().map(|entry| (entry.contact.clone(), entry)).collect(),
        };
        let mut after = None;
        loop {
            let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
            let full = page.len() == PAGE;
            after = page.last().map(|contact| contact.id.clone());
            for contact in page {
                let keys = Keys::of(&contact);
                known.by_key.extend(keys.iter().map(|key| (key.clone(), contact.id.clone())));
                known.keys.insert(contact.id.clone(), keys);
                if contact.is_held_off(&list.id, list.opt_out) {
                    known.held_off.insert(contact.id.clone());
                }
                let addresses = contact.aliases.into_iter().chain([contact.address]);
                known.by_address.extend(addresses.map(|address| (address, contact.id.clone())));
            }
            if !full {
                return Ok(known);
            }
        }
    }

    fn members(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.standing == Standing::Member)
    }

    fn standing(&self, contact: &ContactId) -> Standing {
        self.entries.get(contact).map_or(Standing::Absent, |entry| entry.standing)
    }

    fn refuses(&self, contact: &ContactId) -> bool {
        match self.standing(contact) {
            Standing::OptedOut => true,
            Standing::Absent => self.held_off.contains(contact),
            Standing::Member | Standing::Pending => false,
        }
    }

    fn keys(&self, contact: &ContactId) -> Keys {
        self.keys.get(contact).cloned().unwrap_or_default()
    }
}

struct Looking<'a> {
    known: &'a Known,
    named: HashSet<ContactId>,
    /// Members of whom it says that they leave.
    told: HashSet<ContactId>,
    preview: Preview,
}

impl Looking<'_> {
    fn keep(&mut self, kept: &Kept) {
        let contact = match kept {
            Kept::Key(key) => self.known.by_key.get(key),
            Kept::Address(address) => self.known.by_address.get(address),
        };
        self.named.extend(contact.cloned());
    }

    /// Who leaves and is known to the file by a key alone.
    fn take_gone(&mut self, key: &ExternalId) {
        if let Some(contact) = self.known.by_key.get(key) {
            self.leave(None, contact, std::slice::from_ref(key));
        }
    }

    fn take(&mut self, row: &ImportRow) {
        let of_keys: BTreeSet<&ContactId> = row.keys().filter_map(|key| self.known.by_key.get(key)).collect();
        let of_address = self.known.by_address.get(&row.contact.address);
        let all: BTreeSet<&ContactId> = of_keys.into_iter().chain(of_address).collect();
        let mut all = all.into_iter();
        match (row.presence, all.next(), all.next()) {
            (_, Some(one), Some(other)) => self.conflict(row, [one, other]),
            (Presence::Present, Some(contact), None) => self.take_known(row, contact),
            (Presence::Leaving, Some(contact), None) => {
                let ended: Vec<ExternalId> = row.ended().cloned().collect();
                self.leave(Some(row.row), contact, &ended);
            }
            (Presence::Present, None, _) => self.join(row),
            (Presence::Leaving, None, _) => {}
        }
    }

    fn take_known(&mut self, row: &ImportRow, contact: &ContactId) {
        if self.known.keys(contact).with(row.in_force(), &row.ended_ids).is_err() {
            return self.conflict(row, [contact, contact]);
        }
        self.named.insert(contact.clone());
        match self.known.standing(contact) {
            _ if self.known.refuses(contact) => self.preview.opted_out += 1,
            Standing::Member => self.preview.already += 1,
            _ => self.join(row),
        }
    }

    fn join(&mut self, row: &ImportRow) {
        let (address, name) = (row.contact.address.clone(), row.contact.name.clone());
        self.preview.joins.push(Affected { row: Some(row.row), address, name });
    }

    fn leave(&mut self, row: Option<u64>, contact: &ContactId, ended: &[ExternalId]) {
        if self.known.keys(contact).without(ended) != Departure::Leaves {
            return;
        }
        self.named.insert(contact.clone());
        if let Some(entry) = self.known.entries.get(contact)
            && matches!(entry.standing, Standing::Member | Standing::Pending)
        {
            if entry.standing == Standing::Member {
                self.told.insert(contact.clone());
            }
            self.preview.leaves.push(of_entry(row, entry));
        }
    }

    fn conflict(&mut self, row: &ImportRow, both: [&ContactId; 2]) {
        self.named.extend(both.into_iter().cloned());
        let message = "the address and the external id are of two contacts".to_owned();
        self.preview.problems.push(RowProblem {
            row: row.row,
            code: "external_id_conflict".to_owned(),
            message,
        });
    }
}
