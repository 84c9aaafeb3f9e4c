//! Many members who come and go at once: by a rule of the list itself, or as an operator says.

use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::Standing,
    register::{Refusal, Terms},
};
use listsync_engine::ports::{Mover, Moves, PortResult};

use crate::{
    lists::{
        draft::Move,
        ends,
        head::{self, Head},
        people::{People, Wanted},
        tx::ListTx,
    },
    table::{Condition, Fail, Op, Patience, Table},
};

const DOING: &str = "move the members";
/// How many contacts are read in one go.
const CHUNK: usize = 300;

/// How many joined and left.
type Count = (u64, u64);

pub(super) async fn move_members(
    table: &Table,
    list: &ListId,
    moves: &Moves,
    now: Timestamp,
) -> PortResult<Count> {
    let (mut joined, mut left) = (0, 0);
    for (contacts, to) in [(&moves.join, Standing::Member), (&moves.leave, Standing::Absent)] {
        for some in contacts.chunks(CHUNK) {
            let mut patience = Patience::new(DOING);
            let count = if to == Standing::Member { &mut joined } else { &mut left };
            loop {
                match move_some(table, list, moves, (some, to, now), count).await {
                    Ok(()) => break,
                    Err(Fail::Port(error)) => return Err(error),
                    Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
                }
            }
        }
    }
    follow(table, list, moves).await?;
    Ok((joined, left))
}

async fn move_some(
    table: &Table,
    list: &ListId,
    how: &Moves,
    (contacts, to, at): (&[ContactId], Standing, Timestamp),
    count: &mut u64,
) -> Result<(), Fail> {
    let head = ruled(table, list, how).await?;
    let wanted = Wanted { contacts: contacts.to_vec(), ..Wanted::default() };
    let mut people = People::load(table, &head, wanted).await?;
    let mut tx = ListTx::new(&head);
    let mut waiting = 0;
    for contact in contacts {
        let Some(mut draft) = people.by_id(contact) else { continue };
        let moves = match to {
            Standing::Member if how.mover == Mover::EndDate => {
                draft.dates().are_early(draft.standing(), at) && !draft.is_opted_out()
            }
            Standing::Member => draft.standing() != Standing::Member && !draft.is_opted_out(),
            _ if how.mover == Mover::EndDate => draft.dates().are_over(draft.standing(), at),
            _ => matches!(draft.standing(), Standing::Member | Standing::Pending),
        };
        if !moves {
            continue;
        }
        draft.shift(Move { to, by: how.mover.origin(), at });
        let dates = draft.dates();
        let mut piece = people.settle(draft)?;
        if how.mover == Mover::EndDate {
            piece.ops.extend(ends::moved(list, contact, dates));
        }
        if !tx.fits(&piece) {
            tx.commit(table, DOING, Vec::new()).await?;
            *count += std::mem::take(&mut waiting);
        }
        tx.push(piece);
        waiting += 1;
    }
    tx.commit(table, DOING, Vec::new()).await?;
    *count += waiting;
    Ok(())
}

/// Up to where the filter is followed is written last: what is interrupted before is followed again.
async fn follow(table: &Table, list: &ListId, moves: &Moves) -> PortResult<()> {
    let mut patience = Patience::new(DOING);
    loop {
        let head = ruled(table, list, moves).await?;
        let Some(upto) = &moves.upto else { return Ok(()) };
        let update = Condition::new("SET #followed = :followed").with_text("followed", &upto.0);
        match table.transact(DOING, &[Op::update(head::key(list), update).when(head.as_read()?)]).await {
            Ok(()) => return Ok(()),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// A list that is moved by whoever keeps it, whose filter is the one that was followed. An edit of it takes a number of its
/// log, so that what is decided on the rule from before is decided anew.
async fn ruled(table: &Table, list: &ListId, moves: &Moves) -> PortResult<Head> {
    let head = Head::load(table, list).await?;
    if moves.version.is_some_and(|version| version != head.list.version) {
        return Err(Refusal::ListEdited { list: list.clone(), now: head.list.version }.into());
    }
    moves.mover.judge(list, Terms::from(&head.list).keeper)?;
    Ok(head)
}
