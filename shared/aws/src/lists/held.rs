//! What imports leave behind: their record, and whose removal they hold.

use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    id::{ContactId, ImportId, ListId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{Import, ImportState, PortResult};

use super::{
    draft::Move,
    head::{self, Head},
    imports::CHUNK,
    people::{People, Wanted},
    row::Row,
    tx::{ListTx, Piece},
};
use crate::{
    error,
    table::{Condition, Fail, Key, Op, Patience, Stored, Table, documents, span},
};

const IMPORTS: &str = "IMPORTS";

/// An import's record.
struct Record {
    import: Import,
    /// The number of the list's last change when it was done.
    seq: u64,
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

fn held_partition(import: &ImportId) -> String {
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

    async fn load(table: &Table, id: &ImportId) -> PortResult<Self> {
        let found = table.get("read the import", &key(id)).await?;
        let found = found.ok_or_else(|| error::gone("no_such_import", format!("there is no import {id}")))?;
        Self::read(&found)
    }

    /// The record with another count of whom it holds; with nobody left it holds nothing any more.
    fn with(&self, held: u64, removed: u64) -> PortResult<(Self, Vec<Op>)> {
        let state = if held == 0 { ImportState::Done } else { ImportState::Held };
        let import = Import { held, removed, state, ..self.import.clone() };
        let after = Self { import, seq: self.seq, rev: self.rev + 1 };
        let as_read = Condition::new("#rev = :rev").with_number("rev", self.rev);
        let mut ops = vec![Op::put(key(&self.import.id), after.stored()?).when(as_read)];
        if held == 0 {
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

async fn held_by(table: &Table, import: &ImportId) -> PortResult<Vec<ContactId>> {
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

/// Does an import's held removals, as far as they still stand: of those who did not change since. What is interrupted
/// goes on where it was when it is approved again.
pub(super) async fn approve(table: &Table, id: &ImportId, now: Timestamp) -> PortResult<Import> {
    let mut patience = Patience::new("approve the import");
    loop {
        let record = Record::load(table, id).await?;
        if record.import.state != ImportState::Held {
            let message = format!("import {id} holds no removals");
            return Err(error::rejected("not_held", message, "see them all: listsync imports ls"));
        }
        match approve_some(table, record, now).await {
            Ok(import) => return Ok(import),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken(_)) => patience.wait().await?,
        }
    }
}

async fn approve_some(table: &Table, mut record: Record, now: Timestamp) -> Result<Import, Fail> {
    let (id, list, seq) = (record.import.id.clone(), record.import.list.clone(), record.seq);
    let held = held_by(table, &id).await?;
    let mut left = held.len() as u64;
    for some in held.chunks(CHUNK) {
        let head = Head::load(table, &list).await?;
        let mut tx = ListTx::new(&head);
        let wanted = Wanted { contacts: some.to_vec(), ..Wanted::default() };
        let mut people = People::load(table, &head, wanted).await?;
        let (mut removed, mut taken) = (0, 0);
        for contact in some {
            let (mut piece, leaves) = dismissal(&mut people, contact, (seq, now))?;
            piece.ops.push(Op::delete(Key::new(held_partition(&id), contact.as_str())));
            if !tx.fits(&piece) {
                record = commit(table, &mut tx, (record, left - taken, removed)).await?;
                (left, removed, taken) = (left - taken, 0, 0);
            }
            tx.push(piece);
            (removed, taken) = (removed + u64::from(leaves), taken + 1);
        }
        record = commit(table, &mut tx, (record, left - taken, removed)).await?;
        left -= taken;
    }
    if held.is_empty() {
        let (after, ops) = record.with(0, record.import.removed)?;
        table.transact("approve the import", &ops).await?;
        record = after;
    }
    Ok(record.import)
}

fn dismissal(
    people: &mut People,
    contact: &ContactId,
    (seq, at): (u64, Timestamp),
) -> PortResult<(Piece, bool)> {
    match people.by_id(contact) {
        Some(mut draft) if draft.standing() == Standing::Member && !draft.changed_after(Some(seq)) => {
            draft.shift(Move { to: Standing::Absent, by: Origin::Csv, at });
            Ok((people.settle(draft)?, true))
        }
        _ => Ok((Piece::default(), false)),
    }
}

async fn commit(
    table: &Table,
    tx: &mut ListTx,
    (record, held, removed): (Record, u64, u64),
) -> Result<Record, Fail> {
    let (after, ops) = record.with(held, record.import.removed + removed)?;
    tx.commit(table, "approve the import", ops).await?;
    Ok(after)
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
