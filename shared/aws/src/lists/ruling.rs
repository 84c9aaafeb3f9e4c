//! What a person says of what an import holds.

use listsync_core::{
    Timestamp,
    id::{ContactId, ImportId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{Affected, HeldPeople, Import, ImportState, PortResult};

use super::{
    draft::{Draft, Move},
    head::Head,
    held::{Record, held_by, held_partition},
    imports::CHUNK,
    people::{People, Wanted},
    tx::{ListTx, Piece},
};
use crate::{
    error,
    table::{Fail, Key, Op, Patience, Table},
};

/// Whom an approval would move now.
pub(super) async fn people(table: &Table, id: &ImportId) -> PortResult<HeldPeople> {
    let record = Record::load(table, id).await?;
    let mut leaves = Vec::new();
    let held = held_by(table, id).await?;
    if !held.is_empty() {
        let head = Head::load(table, &record.import.list).await?;
        for some in held.chunks(CHUNK) {
            let people = those(table, &head, some).await?;
            let due = some.iter().filter_map(|contact| due(&people, contact, record.seq));
            leaves.extend(due.map(|draft| {
                let card = draft.contact.card;
                Affected { row: None, address: card.address, name: card.name }
            }));
        }
    }
    Ok(HeldPeople::sorted(Vec::new(), leaves))
}

async fn those(table: &Table, head: &Head, contacts: &[ContactId]) -> PortResult<People> {
    let wanted = Wanted { contacts: contacts.to_vec(), ..Wanted::default() };
    People::load(table, head, wanted).await
}

/// Who leaves once it is approved: of those whom it holds, who is on the list and was not put there since.
fn due(people: &People, contact: &ContactId, seq: u64) -> Option<Draft> {
    let draft = people.by_id(contact)?;
    (draft.standing() == Standing::Member && !draft.changed_after(Some(seq))).then_some(draft)
}

fn holding(record: Record) -> PortResult<Record> {
    if record.import.state == ImportState::Held {
        return Ok(record);
    }
    let message = format!("import {} holds nothing", record.import.id);
    Err(error::rejected("not_held", message, "see them all: listsync imports ls"))
}

/// Drops what an import holds. What is interrupted goes on where it was when it is discarded again.
pub(super) async fn discard(table: &Table, id: &ImportId) -> PortResult<Import> {
    const DOING: &str = "discard the import";
    let mut patience = Patience::new(DOING);
    loop {
        let record = holding(Record::load(table, id).await?)?;
        table.clear(DOING, &held_partition(id)).await?;
        let (after, ops) = record.becomes(record.import.clone().dropped())?;
        match table.transact(DOING, &ops).await {
            Ok(()) => return Ok(after.import),
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
        let record = holding(Record::load(table, id).await?)?;
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
        let mut people = those(table, &head, some).await?;
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
    let Some(mut draft) = due(people, contact, seq) else { return Ok((Piece::default(), false)) };
    draft.shift(Move { to: Standing::Absent, by: Origin::Csv, at });
    Ok((people.settle(draft)?, true))
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
