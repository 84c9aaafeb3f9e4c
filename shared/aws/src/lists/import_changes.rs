//! What imports changed of people: an item per transaction, packed, in a partition per import.

use listsync_core::{
    Timestamp,
    id::ImportId,
    import::{
        changes::{ChangesError, Touched, forget_former, pack_changes, unpack_changes},
        undo::Change,
    },
};
use listsync_engine::ports::{ChangesPage, Cursor, Import, PortResult};

use crate::{
    error,
    links::traces::Erased,
    table::{Condition, Key, Op, Stored, Table, schema, span},
};

const READING: &str = "read what the import changed";
const KEEPING: &str = "keep what the import changes";
const STRIKING: &str = "erase a person from what imports changed";
/// Of which imports anything is kept, so that an erasure finds it, also while they are taken in.
const IMPORTS: &str = "CHANGINGIMPORTS";

fn partition(import: &ImportId) -> String {
    format!("CHANGED#{import}")
}

/// Where in an import something was changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// As it was taken in, at this revision of its journal.
    TakenIn(u64),
    /// As what it held was approved, at this revision of its record.
    Approved(u64),
}

impl Stage {
    fn sort_key(self) -> String {
        match self {
            Self::TakenIn(rev) => format!("1#{rev:012}"),
            Self::Approved(rev) => format!("2#{rev:012}"),
        }
    }
}

/// Notes that something of an import is going to be kept.
pub(super) async fn begin(table: &Table, import: &Import) -> PortResult<()> {
    let Some(until) = import.undo_until else { return Ok(()) };
    let stored = Stored::new(&Key::new(IMPORTS, import.id.as_str()));
    let stored = stored.number(schema::TIME_TO_LIVE, until.as_second());
    table.put(KEEPING, stored, None).await.map(drop)
}

/// The write that keeps what a transaction changes; none: nothing is to be kept.
pub(super) fn keep_op(import: &Import, stage: Stage, touched: &[Touched], at: Timestamp) -> Option<Op> {
    // One that an earlier version took in cannot be taken back: what it changed before was not kept.
    let until = import.undo_until?;
    if touched.is_empty() {
        return None;
    }
    let key = Key::new(partition(&import.id), stage.sort_key());
    let stored = stored(&key, touched, at, until.as_second());
    Some(Op::put(key, stored))
}

fn stored(key: &Key, touched: &[Touched], at: Timestamp, until: i64) -> Stored {
    Stored::new(key)
        .text("moment", at.to_string())
        .bytes_of("done", &pack_changes(touched))
        .number(schema::TIME_TO_LIVE, until)
}

fn read(stored: &Stored) -> PortResult<(Timestamp, Vec<Touched>)> {
    let at: String = stored.read("moment")?;
    let at = at.parse().map_err(|_| error::malformed(READING))?;
    let touched = unpack_changes(&stored.read_bytes("done")?).map_err(|refused| match refused {
        ChangesError::Newer(_) => error::rejected("schema_unknown", refused.to_string(), "update listsync"),
        ChangesError::Malformed => error::malformed(READING),
    })?;
    Ok((at, touched))
}

/// A page, from a place on.
pub(crate) async fn page(
    table: &Table,
    import: &ImportId,
    from: Option<&Cursor>,
    now: Timestamp,
) -> PortResult<ChangesPage> {
    const TOGETHER: usize = 100;
    let wanted = span(partition(import)).limit(TOGETHER + 1);
    let wanted = from.iter().fold(wanted, |span, cursor| span.from(cursor.0.as_str()));
    let mut items = table.query(READING, &wanted).await?;
    let next = match items.len() > TOGETHER {
        true => items.pop().map(|item| item.key()).transpose()?.map(|key| Cursor(key.sk)),
        false => None,
    };
    let mut changes = Vec::new();
    for item in items {
        if item.count::<i64>(schema::TIME_TO_LIVE)? > now.as_second() {
            let (at, touched) = read(&item)?;
            changes.extend(touched.into_iter().map(|touched| Change { touched, at }));
        }
    }
    Ok(ChangesPage { changes, next })
}

/// Nothing that an import changed is kept any more.
pub(crate) async fn clear(table: &Table, import: &ImportId) -> PortResult<()> {
    const DOING: &str = "forget what the import changed";
    table.clear(DOING, &partition(import)).await?;
    table.delete_many(DOING, vec![Key::new(IMPORTS, import.as_str())]).await
}

/// Takes who somebody was out of all that is kept.
pub(crate) async fn strike(table: &Table, erased: Erased<'_>) -> PortResult<()> {
    let imports = table.read(STRIKING, &span(IMPORTS), |stored| Ok(stored.key()?.sk)).await?;
    for import in imports.iter().filter_map(|import| ImportId::parse(import).ok()) {
        let mut start = None;
        loop {
            let part = table.page(STRIKING, &span(partition(&import)), start.take()).await?;
            for item in &part.items {
                strike_item(table, item, erased).await?;
            }
            start = part.next;
            if start.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn strike_item(
    table: &Table,
    item: &Stored,
    Erased { contact, addresses }: Erased<'_>,
) -> PortResult<()> {
    let (at, mut touched) = read(item)?;
    if !forget_former(&mut touched, contact, |address| addresses.contains(address)) {
        return Ok(());
    }
    let until: i64 = item.count(schema::TIME_TO_LIVE)?;
    // Cleared away meanwhile, it does not come back.
    let after = stored(&item.key()?, &touched, at, until);
    table.put(STRIKING, after, Some(Condition::present())).await.map(drop)
}
