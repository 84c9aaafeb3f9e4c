//! What a person says of what an import holds.

use listsync_core::{
    Timestamp,
    id::{ContactId, ImportId, ListId},
    import::changes::Touched,
    list::{Origin, Standing},
};
use listsync_engine::ports::{Affected, HeldPeople, Import, ImportRow, ImportState, PortResult};

use super::{
    draft::{Draft, Move},
    head::Head,
    held::{Record, Waiting, held_by, held_partition, rows_of},
    import_changes::{self, Stage},
    imports::CHUNK,
    journal::Counts,
    people::{People, Wanted},
    row::Leave,
    rows::{self, Formerly, Took},
    tx::{ListTx, Piece},
};
use crate::{
    error,
    table::{Fail, Key, Op, Patience, Table},
};

const APPROVING: &str = "approve the import";

/// Whom an approval would move now.
pub(super) async fn people(table: &Table, id: &ImportId) -> PortResult<HeldPeople> {
    let record = Record::load(table, id).await?;
    if record.import.state != ImportState::Held {
        return Ok(HeldPeople::default());
    }
    let head = Head::load(table, &record.import.list).await?;
    let (mut joins, mut leaves) = (Vec::new(), Vec::new());
    for some in held_by(table, id).await?.chunks(CHUNK) {
        let people = those(table, &head, some).await?;
        let due = some.iter().filter_map(|contact| due(&people, contact, record.seq));
        leaves.extend(due.map(|draft| {
            let card = draft.contact.card;
            Affected { row: None, address: card.address, name: card.name }
        }));
    }
    let by = (Origin::Csv, record.import.at);
    for some in rows_of(table, id).await?.chunks(CHUNK) {
        let rows: Vec<ImportRow> = some.iter().map(|waiting| waiting.row.clone()).collect();
        let people = rows::as_they_are(table, &head, (&rows, &record.given)).await?;
        for row in rows {
            if rows::joins(&people, &row, (by, Some(record.seq)))?.is_some() {
                joins.push(Affected::by(row));
            }
        }
    }
    Ok(HeldPeople::sorted(joins, leaves))
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
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// Does an import's held removals, as far as they still stand: of those who did not change since. What is interrupted
/// goes on where it was when it is approved again.
pub(super) async fn approve(table: &Table, id: &ImportId, now: Timestamp) -> PortResult<Import> {
    let (mut patience, mut formerly) = (Patience::new(APPROVING), Formerly::default());
    loop {
        let record = holding(Record::load(table, id).await?)?;
        match approve_some(table, record, now, &mut formerly).await {
            Ok(import) => return Ok(import),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

async fn approve_some(
    table: &Table,
    record: Record,
    now: Timestamp,
    formerly: &mut Formerly,
) -> Result<Import, Fail> {
    let list = record.import.list.clone();
    let record = dismiss_all(table, (record, &list), now).await?;
    let mut record = admit_all(table, (record, &list), now, formerly).await?;
    // Whom others released meanwhile is counted no more.
    if record.import.state == ImportState::Held {
        let import = Import { held: 0, held_additions: 0, ..record.import.clone() };
        let (after, ops) = record.becomes(import.settled())?;
        table.transact(APPROVING, &ops).await?;
        record = after;
    }
    Ok(record.import)
}

/// Takes off the list who still leaves it.
async fn dismiss_all(
    table: &Table,
    (mut record, list): (Record, &ListId),
    now: Timestamp,
) -> Result<Record, Fail> {
    let (id, seq) = (record.import.id.clone(), record.seq);
    let held = held_by(table, &id).await?;
    for some in held.chunks(CHUNK) {
        let head = Head::load(table, list).await?;
        let mut tx = ListTx::new(&head);
        let mut people = those(table, &head, some).await?;
        let (mut import, mut touched) = (record.import.clone(), Vec::new());
        for contact in some {
            let (mut piece, leaver) = dismissal(&mut people, contact, (seq, now))?;
            piece.ops.push(Op::delete(Key::new(held_partition(&id), contact.as_str())));
            if !tx.fits(&piece) {
                let changed = std::mem::take(&mut touched);
                record = commit(table, &mut tx, record, import.clone(), &changed, now).await?;
            }
            tx.push(piece);
            import.held = import.held.saturating_sub(1);
            import.removed += u64::from(leaver.is_some());
            touched.extend(leaver);
        }
        record = commit(table, &mut tx, record, import, &touched, now).await?;
    }
    Ok(record)
}

/// Puts on the list who would still join it.
async fn admit_all(
    table: &Table,
    (mut record, list): (Record, &ListId),
    now: Timestamp,
    formerly: &mut Formerly,
) -> Result<Record, Fail> {
    let (seq, by) = (record.seq, (Origin::Csv, now));
    let waiting = rows_of(table, &record.import.id).await?;
    for some in waiting.chunks(CHUNK) {
        let head = Head::load(table, list).await?;
        let mut tx = ListTx::new(&head);
        let of_file: Vec<ImportRow> = some.iter().map(|waiting| waiting.row.clone()).collect();
        let by_whom = (now, &record.given);
        let mut people = rows::people_of(table, &head, (&of_file, by_whom), formerly).await?;
        let mut waiting = Vec::new();
        let mut counts = Counts { import: record.import.clone(), left: 0, at: now };
        for Waiting { key, row } in some {
            let mut next = counts.clone();
            let (mut piece, took) = match rows::joins(&people, row, (by, Some(seq)))? {
                Some(_) => rows::take_in(&mut people, row, (&mut next, formerly))?,
                None => (Piece::default(), Took::default()),
            };
            piece.ops.push(Op::delete(key.clone()));
            if !tx.fits(&piece) {
                let changed = rows::touched(&waiting);
                record = commit(table, &mut tx, record, counts.import.clone(), &changed, now).await?;
                waiting.clear();
            }
            tx.push(piece);
            waiting.push(took);
            next.import.held_additions = next.import.held_additions.saturating_sub(1);
            counts = next;
        }
        let changed = rows::touched(&waiting);
        record = commit(table, &mut tx, record, counts.import, &changed, now).await?;
    }
    Ok(record)
}

fn dismissal(
    people: &mut People,
    contact: &ContactId,
    (seq, at): (u64, Timestamp),
) -> PortResult<(Piece, Option<Touched>)> {
    let Some(mut draft) = due(people, contact, seq) else { return Ok((Piece::default(), None)) };
    draft.shift(Move { to: Standing::Absent, by: Origin::Csv, at });
    let leaver = draft.touched(None);
    let mut piece = people.settle(draft)?;
    if let Some((row, _)) = &mut piece.row {
        row.leave = Leave::Approved;
    }
    Ok((piece, leaver))
}

async fn commit(
    table: &Table,
    tx: &mut ListTx,
    record: Record,
    import: Import,
    touched: &[Touched],
    at: Timestamp,
) -> Result<Record, Fail> {
    let (after, mut ops) = record.becomes(import.settled())?;
    ops.extend(import_changes::keep_op(&after.import, Stage::Approved(after.rev), touched, at));
    tx.commit(table, APPROVING, ops).await?;
    Ok(after)
}
