//! What imports leave behind: their record, and whose removal they hold.

use std::collections::HashSet;

use listsync_core::id::{ContactId, ImportId, ListId};
use listsync_engine::ports::{Import, ImportState, PortResult};

use super::{head, row::Row};
use crate::{
    error,
    table::{Condition, Fail, Key, Op, Patience, Stored, Table, documents, span},
};

const IMPORTS: &str = "IMPORTS";

/// An import's record.
pub(super) struct Record {
    pub(super) import: Import,
    /// The number of the list's last change when it was done.
    pub(super) seq: u64,
    rev: u64,
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
        let Self { import, seq, rev } = self;
        Stored::new(&key(&import.id))
            .text("list", import.list.as_str())
            .number("seq", seq)
            .number("rev", rev)
            .document("doc", import)
    }

    fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            import: stored.read_document("doc")?,
            seq: stored.count("seq")?,
            rev: stored.count("rev")?,
        })
    }

    pub(super) async fn load(table: &Table, id: &ImportId) -> PortResult<Self> {
        let found = table.get("read the import", &key(id)).await?;
        let found = found.ok_or_else(|| error::gone("no_such_import", format!("there is no import {id}")))?;
        Self::read(&found)
    }

    /// The record with another count of whom it holds; with nobody left it holds nothing any more.
    pub(super) fn with(&self, held: u64, removed: u64) -> PortResult<(Self, Vec<Op>)> {
        let state = if held == 0 { ImportState::Done } else { ImportState::Held };
        self.becomes(Import { held, removed, state, ..self.import.clone() })
    }

    /// The record as another, unless somebody changed it since it was read, and what goes with that.
    pub(super) fn becomes(&self, import: Import) -> PortResult<(Self, Vec<Op>)> {
        let after = Self { import, seq: self.seq, rev: self.rev + 1 };
        let as_read = Condition::new("#rev = :rev").with_number("rev", self.rev);
        let mut ops = vec![Op::put(key(&self.import.id), after.stored()?).when(as_read)];
        if after.import.state != ImportState::Held {
            ops.push(Op::delete(holding_key(&self.import.list, &self.import.id)));
        }
        Ok((after, ops))
    }
}

/// Imports, newest first.
pub(super) async fn latest(table: &Table, limit: usize) -> PortResult<Vec<Import>> {
    let newest = span(IMPORTS).newest_first().limit(limit);
    documents(table.query("read the imports", &newest).await?, |stored| Ok(Record::read(stored)?.import))
}

/// The last import into a list.
pub(super) async fn last(table: &Table, list: &ListId) -> PortResult<Option<Import>> {
    const DOING: &str = "read the list's last import";
    let Some(named) = table.get(DOING, &last_key(list)).await? else { return Ok(None) };
    let found = table.get(DOING, &key(&named.read("import")?)).await?;
    found.map(|stored| Ok(Record::read(&stored)?.import)).transpose()
}

/// The writes that record an import.
pub(super) fn save_ops(import: &Import, seq: u64) -> PortResult<Vec<Op>> {
    let record = Record { import: import.clone(), seq, rev: 0 };
    let last = Stored::new(&last_key(&import.list)).text("import", import.id.as_str());
    let mut ops = vec![
        Op::put(key(&import.id), record.stored()?).when(Condition::absent()),
        Op::put(last_key(&import.list), last),
    ];
    if import.held > 0 {
        let key = holding_key(&import.list, &import.id);
        let stored = Stored::new(&key).text("import", import.id.as_str());
        ops.push(Op::put(key, stored));
    }
    Ok(ops)
}

/// Writes down whose removal waits. That the import holds anything is told by its record alone.
pub(super) async fn hold(table: &Table, import: &Import, held: &[Row]) -> PortResult<()> {
    let items = held.iter().map(|row| {
        Stored::new(&Key::new(held_partition(&import.id), row.contact.as_str()))
            .text("contact", row.contact.as_str())
    });
    table.put_many("hold the removals", items.collect()).await
}

pub(super) async fn held_by(table: &Table, import: &ImportId) -> PortResult<Vec<ContactId>> {
    let held = span(held_partition(import));
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
            let (_, mut ops) = record.with(record.import.held.saturating_sub(1), record.import.removed)?;
            ops.push(Op::delete(held.clone()).when(Condition::present()));
            match table.transact(DOING, &ops).await {
                Ok(()) => break,
                Err(Fail::Port(error)) => return Err(error),
                Err(Fail::Stale | Fail::Taken(_)) => patience.wait().await?,
            }
        }
    }
    Ok(())
}

async fn recount(table: &Table, id: &ImportId) -> PortResult<()> {
    const DOING: &str = "release held removals";
    let mut patience = Patience::new(DOING);
    loop {
        let record = Record::load(table, id).await?;
        let held = held_by(table, id).await?.len() as u64;
        let (_, ops) = record.with(held, record.import.removed)?;
        match table.transact(DOING, &ops).await {
            Ok(()) => return Ok(()),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken(_)) => patience.wait().await?,
        }
    }
}

/// Every import of a list goes with it.
pub(crate) async fn forget(table: &Table, list: &ListId) -> PortResult<()> {
    const DOING: &str = "clear the list's imports away";
    let of_list = Condition::new("#list = :list").with_text("list", list.as_str());
    for stored in table.query(DOING, &span(IMPORTS).only(of_list)).await? {
        let key = stored.key()?;
        let import = ImportId::parse(&key.sk).map_err(|_| error::malformed(DOING))?;
        table.clear(DOING, &held_partition(&import)).await?;
        table.delete_many(DOING, vec![key]).await?;
    }
    Ok(())
}
