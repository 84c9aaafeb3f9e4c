//! Taking an import back from many at once: those who have to do with its list alone, as nearly everybody does whom a wrong
//! file brought or took off.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    grant::Lists,
    id::{ContactId, ListId},
    import::{
        changes::Former,
        undo::{Present, Step},
    },
    list::{OptOutRule, Origin},
    register::{Farewell, Parting, part},
};
use listsync_engine::ports::PortResult;

use super::{
    forget,
    whole::{Whole, is_member, logged},
};
use crate::{
    lists::{
        draft::{Draft, Move},
        ends,
        head::Head,
        held,
        people::{People, Wanted},
        person::Contact,
        row::row_key,
        tx::{GONE, ListTx, Piece},
    },
    table::{Fail, Op, Patience, Table},
};

const DOING: &str = "take the import back";

/// By what steps are judged, and when they are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct On<'a> {
    pub(super) list: &'a ListId,
    pub(super) rule: OptOutRule,
    pub(super) given: &'a Lists,
    pub(super) now: Timestamp,
}

/// What became of some steps.
#[derive(Debug, Default)]
pub(super) struct Done<'a> {
    /// Whom it left as they are, because they are another by now.
    pub(super) others: Vec<ContactId>,
    /// What is to be taken back from each alone.
    pub(super) alone: Vec<&'a Step>,
}

/// Takes back what can be taken back together, in as few transactions as hold it. What was committed before another write came
/// in between stays done.
pub(super) async fn take_back<'a>(table: &Table, steps: &'a [Step], on: On<'_>) -> PortResult<Done<'a>> {
    let mut done = Done::default();
    // What changed of who they are may be somebody else's by now, and is looked up for each.
    let is_plain = |step: &&Step| step.change.touched.former == Former::Same;
    let (mut open, alone): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(is_plain);
    done.alone = alone;
    let mut patience = Patience::new(DOING);
    while !open.is_empty() {
        match attempt(table, &mut open, on, &mut done).await {
            Ok(()) => {}
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
    Ok(done)
}

async fn attempt<'a>(
    table: &Table,
    open: &mut Vec<&'a Step>,
    on: On<'_>,
    done: &mut Done<'a>,
) -> Result<(), Fail> {
    let head = Head::load(table, on.list).await?;
    let contacts = open.iter().map(|step| step.change.touched.contact.clone()).collect();
    let mut people = People::load(table, &head, Wanted { contacts, ..Wanted::default() }).await?;
    let mut due = Vec::new();
    for step in std::mem::take(open) {
        match people.by_id(&step.change.touched.contact) {
            None => done.others.push(step.change.touched.contact.clone()),
            Some(draft) if !is_of(&draft.contact, on.list) => done.alone.push(step),
            Some(draft) if is_as_shown(step, &draft, &head, on) => due.push(step),
            Some(draft) => done.others.push(draft.contact.id().clone()),
        }
    }
    open.extend(&due);
    if held::is_holding(table, on.list).await? {
        for step in &due {
            held::spare_one(table, on.list, &step.change.touched.contact).await?;
        }
    }
    let (mut tx, mut filled) = (ListTx::new(&head), 0);
    for step in due {
        let Some(draft) = people.by_id(&step.change.touched.contact) else { continue };
        let piece = piece(table, step, draft, Taking { people: &mut people, head: &head, on }).await?;
        if !tx.fits(&piece) {
            tx.commit(table, DOING, Vec::new()).await?;
            open.drain(..std::mem::take(&mut filled));
        }
        tx.push(piece);
        filled += 1;
    }
    tx.commit(table, DOING, Vec::new()).await?;
    open.clear();
    Ok(())
}

/// Whether somebody has to do with no other list.
fn is_of(contact: &Contact, list: &ListId) -> bool {
    contact.refused.is_empty() && contact.listed().all(|listed| listed == *list)
}

fn whole(draft: &Draft, head: &Head) -> Whole {
    Whole::of_one(draft.contact.clone(), head.clone(), draft.row.clone())
}

fn is_as_shown(step: &Step, draft: &Draft, head: &Head, On { list, rule, given, .. }: On<'_>) -> bool {
    let person = whole(draft, head).person();
    let taken = BTreeSet::new();
    let present = Present { person: Some(&person), list, rule, taken: &taken, given };
    step.change.judge(present) == step.verdict
}

/// What a step is taken back with.
struct Taking<'a> {
    people: &'a mut People,
    head: &'a Head,
    on: On<'a>,
}

/// The writes of one step.
async fn piece(table: &Table, step: &Step, mut draft: Draft, taking: Taking<'_>) -> PortResult<Piece> {
    let Taking { people, head, on: On { list, now, .. } } = taking;
    let whole = whole(&draft, head);
    let person = whole.person();
    if !step.deletes() {
        for moved in step.change_of(&person, list, now).moves {
            draft.shift(Move { to: moved.to, by: moved.by.origin, at: moved.by.at });
        }
        return people.settle(draft);
    }
    let Parting { left, .. } = part(person, Farewell::Deleted, now);
    let pepper = table.pepper().await?;
    let (id, standing) = (draft.contact.id().clone(), draft.standing());
    let waiting = forget::waiting_for(table, &draft.contact, &left).await?;
    let mut ops = forget::last_ops(&draft.contact, left, (&waiting, &pepper))?;
    ops.extend(draft.row.iter().map(|_| Op::delete(row_key(list, &id))));
    ops.extend(draft.row.iter().flat_map(|row| ends::deletes(list, row)));
    let departs = draft.row.is_some().then(|| logged(&id, GONE, (Origin::Manual, now)));
    Ok(Piece { ops, departs, gone: Some(id), members: -is_member(standing), ..Piece::default() })
}
