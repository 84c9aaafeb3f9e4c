//! What imports leave behind: their record, and whom they hold.

use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    grant::Lists,
    growth::Grown,
    id::{ContactId, ImportId, ListId},
    traces::Traces,
};
use listsync_engine::ports::{Import, ImportRow, ImportState, NewImport, PortResult, Undone};

use super::{head, import_changes, journal, tx::Piece};
use crate::{
    error,
    table::{Condition, Fail, Key, Op, Patience, Stored, Table, documents, span},
};

const IMPORTS: &str = "IMPORTS";
/// The rows that wait, behind all contacts that do.
const ROWS: &str = "~ROW#";
const CONTACTS_END: &str = "}";

/// An import's record.
pub(super) struct Record {
    pub(super) import: Import,
    /// The number of the list's last change when it was done.
    pub(super) seq: u64,
    /// The import into the list before it; none: it was the first, or this was not kept yet.
    previous: Option<ImportId>,
    /// The lists that whoever sent the file was given: an approval reaches no further.
    pub(super) given: Lists,
    pub(super) rev: u64,
}

fn key(import: &ImportId) -> Key {
    Key::new(IMPORTS, import.as_str())
}

fn holding_key(list: &ListId, import: &ImportId) -> Key {
    Key::new(head::partition(list), format!("HOLDING#{import}"))
}

/// Where a list's last import is named.
fn last_key(list: &ListId) -> Key {
    Key::new(head::partition(list), "LASTIMPORT")
}

pub(super) fn held_partition(import: &ImportId) -> String {
    format!("HELD#{import}")
}

impl Record {
    fn stored(&self) -> PortResult<Stored> {
        let Self { import, seq, previous, given, rev } = self;
        Stored::new(&key(&import.id))
            .text("list", import.list.as_str())
            .number("seq", seq)
            .text_option("previous", previous.as_ref().map(ImportId::as_str))
            .number("rev", rev)
            .document("given", given)?
            .document("doc", import)
    }

    fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            import: stored.read_document("doc")?,
            seq: stored.count("seq")?,
            previous: stored.read_option("previous")?,
            given: stored.document_option("given")?.unwrap_or_default(),
            rev: stored.count("rev")?,
        })
    }

    pub(super) async fn load(table: &Table, id: &ImportId) -> PortResult<Self> {
        let found = table.get("read the import", &key(id)).await?;
        let found = found.ok_or_else(|| error::gone("no_such_import", format!("there is no import {id}")))?;
        Self::read(&found)
    }

    /// The record with other counts of whom it holds; with nobody left it holds nothing any more.
    fn holding(&self, held: u64, held_additions: u64) -> PortResult<Vec<Op>> {
        let import = Import { held, held_additions, ..self.import.clone() };
        Ok(self.becomes(import.settled())?.1)
    }

    /// The record as another, unless somebody changed it since it was read, and what goes with that.
    pub(super) fn becomes(&self, import: Import) -> PortResult<(Self, Vec<Op>)> {
        let (previous, given) = (self.previous.clone(), self.given.clone());
        let after = Self { import, seq: self.seq, previous, given, rev: self.rev + 1 };
        let as_read = Condition::new("#rev = :rev").with_number("rev", self.rev);
        let mut ops = vec![Op::put(key(&self.import.id), after.stored()?).when(as_read)];
        if after.import.state != ImportState::Held {
            ops.push(Op::delete(holding_key(&self.import.list, &self.import.id)));
        }
        Ok((after, ops))
    }
}

/// Imports, newest first.
/// So many are read at a time where only some are wanted.
const SOME: usize = 100;
/// So many are looked through for those of some lists.
const FARTHEST: usize = 10_000;

/// Imports into these lists, newest first, before this one. Their ids are in the order of their making.
pub(super) async fn page(
    table: &Table,
    lists: &Lists,
    before: Option<&ImportId>,
    limit: usize,
) -> PortResult<Vec<Import>> {
    let some = if *lists == Lists::All { limit.saturating_add(1) } else { limit.max(SOME) };
    let (mut found, mut before, mut looked) = (Vec::new(), before.cloned(), 0);
    loop {
        let newest = span(IMPORTS).newest_first().limit(some);
        let newest = before.iter().fold(newest, |span, id| span.to(id.as_str()));
        let read = table.query("read the imports", &newest).await?;
        let read = documents(read, |stored| Ok(Record::read(stored)?.import))?;
        looked += read.len();
        let is_last = read.len() < some || looked >= FARTHEST;
        let last = read.last().map(|import| import.id.clone());
        let covers = |list: &ListId| match lists {
            Lists::All => true,
            Lists::Only(lists) => lists.contains(list),
        };
        // The end of a span is in it.
        let fresh = read.into_iter().filter(|import| Some(&import.id) != before.as_ref());
        found.extend(fresh.filter(|import| covers(&import.list)));
        if found.len() >= limit || is_last || last == before {
            found.truncate(limit);
            return Ok(found);
        }
        before = last;
    }
}

pub(super) async fn by_id(table: &Table, id: &ImportId) -> PortResult<Option<Import>> {
    let found = table.get("read the import", &key(id)).await?;
    found.map(|stored| Ok(Record::read(&stored)?.import)).transpose()
}

/// The last import into a list.
pub(super) async fn last(table: &Table, list: &ListId) -> PortResult<Option<Import>> {
    const DOING: &str = "read the list's last import";
    let Some(named) = table.get(DOING, &last_key(list)).await? else { return Ok(None) };
    let found = table.get(DOING, &key(&named.read("import")?)).await?;
    found.map(|stored| Ok(Record::read(&stored)?.import)).transpose()
}

/// What the list's imports of the 24 hours before a moment added, newest first: each names the one before it.
pub(super) async fn grown(table: &Table, list: &ListId, at: Timestamp) -> PortResult<Vec<Grown>> {
    const DOING: &str = "read the list's last imports";
    let last = table.get(DOING, &last_key(list)).await?;
    let mut next: Option<ImportId> = last.map(|stored| stored.read("import")).transpose()?;
    let mut all = Vec::new();
    while let Some(id) = next {
        let Some(stored) = table.get(DOING, &key(&id)).await? else { break };
        let Record { import, previous, .. } = Record::read(&stored)?;
        if !import.grown().counts(at) {
            break;
        }
        all.push(import.grown());
        next = previous;
    }
    Ok(all)
}

/// The writes that record an import.
pub(super) fn save_ops(
    import: &Import,
    (seq, previous): (u64, Option<ImportId>),
    given: &Lists,
) -> PortResult<Vec<Op>> {
    let record = Record { import: import.clone(), seq, previous, given: given.clone(), rev: 0 };
    let last = Stored::new(&last_key(&import.list)).text("import", import.id.as_str());
    let mut ops = vec![
        Op::put(key(&import.id), record.stored()?).when(Condition::absent()),
        Op::put(last_key(&import.list), last),
    ];
    if import.state == ImportState::Held {
        let key = holding_key(&import.list, &import.id);
        let stored = Stored::new(&key).text("import", import.id.as_str());
        ops.push(Op::put(key, stored));
    }
    Ok(ops)
}

/// Writes down whose removal waits. That the import holds anything is told by its record alone.
pub(super) async fn hold(table: &Table, import: &Import, held: &[ContactId]) -> PortResult<()> {
    let items = held.iter().map(|contact| {
        Stored::new(&Key::new(held_partition(&import.id), contact.as_str())).text("contact", contact.as_str())
    });
    table.put_many("hold the removals", items.collect()).await
}

/// A row whose people wait, as it stands in the file at this place.
pub(super) fn row_piece(import: &ImportId, place: usize, row: &ImportRow) -> PortResult<Piece> {
    let key = Key::new(held_partition(import), format!("{ROWS}{place:010}"));
    let stored = Stored::new(&key).document("row", row)?;
    Ok(Piece { ops: vec![Op::put(key, stored)], ..Piece::default() })
}

/// A row that waits, and where.
pub(super) struct Waiting {
    pub(super) key: Key,
    pub(super) row: ImportRow,
}

/// The rows whose people wait, in the order of the file.
pub(super) async fn rows_of(table: &Table, import: &ImportId) -> PortResult<Vec<Waiting>> {
    let rows = span(held_partition(import)).beginning(ROWS);
    let read = |stored: &Stored| Ok(Waiting { key: stored.key()?, row: stored.read_document("row")? });
    table.read("read the rows that wait", &rows, read).await
}

pub(super) async fn held_by(table: &Table, import: &ImportId) -> PortResult<Vec<ContactId>> {
    let held = span(held_partition(import)).to(CONTACTS_END);
    table.read("read the held removals", &held, |stored| stored.read("contact")).await
}

/// Whom a later file names, an earlier one's held removals spare.
pub(super) async fn spare(table: &Table, list: &ListId, named: &HashSet<ContactId>) -> PortResult<()> {
    const DOING: &str = "release held removals";
    let holding = span(head::partition(list)).beginning("HOLDING#");
    for stored in table.query(DOING, &holding).await? {
        let id: ImportId = stored.read("import")?;
        let held = held_by(table, &id).await?;
        let spared: Vec<Key> = held
            .iter()
            .filter(|contact| named.contains(contact))
            .map(|contact| Key::new(held_partition(&id), contact.as_str()))
            .collect();
        if spared.is_empty() {
            continue;
        }
        table.delete_many(DOING, spared).await?;
        recount(table, &id).await?;
    }
    Ok(())
}

/// Whether an import of the list holds anybody.
pub(crate) async fn is_holding(table: &Table, list: &ListId) -> PortResult<bool> {
    let holding = span(head::partition(list)).beginning("HOLDING#").limit(1);
    Ok(!table.query("release a held removal", &holding).await?.is_empty())
}

/// Whom somebody names on the list again, held removals spare.
pub(crate) async fn spare_one(table: &Table, list: &ListId, contact: &ContactId) -> PortResult<()> {
    const DOING: &str = "release a held removal";
    let holding = span(head::partition(list)).beginning("HOLDING#");
    for stored in table.query(DOING, &holding).await? {
        let id: ImportId = stored.read("import")?;
        let held = Key::new(held_partition(&id), contact.as_str());
        let mut patience = Patience::new(DOING);
        while table.get(DOING, &held).await?.is_some() {
            let record = Record::load(table, &id).await?;
            let Import { held: count, held_additions, .. } = record.import;
            let mut ops = record.holding(count.saturating_sub(1), held_additions)?;
            ops.push(Op::delete(held.clone()).when(Condition::present()));
            match table.transact(DOING, &ops).await {
                Ok(()) => break,
                Err(Fail::Port(error)) => return Err(error),
                Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
            }
        }
    }
    Ok(())
}

/// Whom a later file names, an earlier one's rows put on the list no more: the later one says how they are.
pub(super) async fn supersede(table: &Table, list: &ListId, later: &NewImport) -> PortResult<()> {
    let holding = span(head::partition(list)).beginning("HOLDING#");
    let holding = table.query("release rows that wait", &holding).await?;
    if holding.is_empty() {
        return Ok(());
    }
    let named: HashSet<String> = later.people.iter().map(|row| row.contact.address.into()).collect();
    for stored in holding {
        release(table, &stored.read("import")?, |address| named.contains(address)).await?;
    }
    Ok(())
}

/// Forgets the rows of these addresses that wait to join any list.
pub(crate) async fn strike(table: &Table, traces: &Traces) -> PortResult<()> {
    let read = |stored: &Stored| Ok(Record::read(stored)?.import);
    let is_theirs = |text: &str| traces.addresses.iter().any(|address| address.as_str() == text);
    for import in table.read("read the imports", &span(IMPORTS), read).await? {
        if import.held_additions > 0 {
            release(table, &import.id, is_theirs).await?;
        }
        if traces.are_in(&import.file) {
            forget_name(table, &import.id, traces).await?;
        }
    }
    Ok(())
}

/// Forgets the name of a file.
async fn forget_name(table: &Table, id: &ImportId, traces: &Traces) -> PortResult<()> {
    let mut patience = Patience::new("forget a file's name");
    loop {
        let record = Record::load(table, id).await?;
        let mut import = record.import.clone();
        import.forget(traces);
        match table.transact("forget a file's name", &record.becomes(import)?.1).await {
            Ok(()) => return Ok(()),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// The list of an import.
pub(crate) async fn list_of(table: &Table, id: &ImportId) -> PortResult<ListId> {
    Ok(Record::load(table, id).await?.import.list)
}

/// Says of an import that it was taken back.
pub(crate) async fn end_undo(table: &Table, id: &ImportId, undone: Undone) -> PortResult<Import> {
    const DOING: &str = "take the import back";
    let mut patience = Patience::new(DOING);
    loop {
        let record = Record::load(table, id).await?;
        let (after, ops) = record.becomes(record.import.clone().taken_back(undone))?;
        match table.transact(DOING, &ops).await {
            Ok(()) => return Ok(after.import),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// Drops the rows of some addresses.
async fn release(table: &Table, id: &ImportId, of: impl Fn(&str) -> bool) -> PortResult<()> {
    let mut rows = rows_of(table, id).await?;
    rows.retain(|waiting| of(waiting.row.contact.address.as_str()));
    if rows.is_empty() {
        return Ok(());
    }
    let keys = rows.into_iter().map(|waiting| waiting.key).collect();
    table.delete_many("release rows that wait", keys).await?;
    recount(table, id).await
}

async fn recount(table: &Table, id: &ImportId) -> PortResult<()> {
    const DOING: &str = "release held removals";
    let mut patience = Patience::new(DOING);
    loop {
        let record = Record::load(table, id).await?;
        let held = held_by(table, id).await?.len() as u64;
        let ops = record.holding(held, rows_of(table, id).await?.len() as u64)?;
        match table.transact(DOING, &ops).await {
            Ok(()) => return Ok(()),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// Every import of a list goes with it.
pub(crate) async fn forget(table: &Table, list: &ListId) -> PortResult<()> {
    const DOING: &str = "clear the list's imports away";
    journal::forget(table, list).await?;
    let of_list = Condition::new("#list = :list").with_text("list", list.as_str());
    for stored in table.query(DOING, &span(IMPORTS).only(of_list)).await? {
        let key = stored.key()?;
        let import = ImportId::parse(&key.sk).map_err(|_| error::malformed(DOING))?;
        table.clear(DOING, &held_partition(&import)).await?;
        import_changes::clear(table, &import).await?;
        table.delete_many(DOING, vec![key]).await?;
    }
    Ok(())
}
