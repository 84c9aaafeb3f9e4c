//! What people say of one list, and of all.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    consent::{SinceNo, stronger},
    contact::{Decision, OptOut, OptOutReason, Scope, Via},
    id::{ContactId, ListId},
    list::{List, NewContact, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{Heard, PortError, PortResult};

use super::whole::{Change, Names, News, Spot, Whole, is_member, logged, save, step, still};
use crate::{
    error,
    lists::{
        draft::{Draft, Move},
        edits::of,
        head::Head,
        held,
        people::People,
        person::{Contact, said_partition},
        row::{Leave, Row, row_key},
        tx::{ListTx, Piece},
    },
    store::persistently,
    table::{Condition, Fail, Key, Op, Stored, Table, ordered_instant, span},
};

const DOING: &str = "save the decision";

/// What somebody says, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) decision: Decision,
    pub(crate) reason: OptOutReason,
    pub(crate) via: Via,
    pub(crate) at: Timestamp,
}

impl Words {
    fn no(self) -> OptOut {
        OptOut { reason: self.reason, at: self.at, via: self.via }
    }

    /// The item that keeps it.
    fn kept(self, contact: &ContactId, scope: &Scope) -> PortResult<Op> {
        let sort = format!("{}#{}", ordered_instant(self.at), uuid::Uuid::now_v7());
        let key = Key::new(said_partition(contact), sort);
        let list = match scope {
            Scope::List(list) => Some(list.as_str()),
            Scope::All => None,
        };
        let said = Stored::new(&key)
            .at("at", self.at)
            .text_option("list", list)
            .document("decision", &self.decision)?
            .document("via", &self.via)?;
        Ok(Op::put(key, said))
    }

    /// Refuses a subscription that a complaint stands against.
    fn check_complaint(self, reasons: &[Option<OptOutReason>]) -> PortResult<()> {
        if self.via == Via::Operator || !reasons.contains(&Some(OptOutReason::Complaint)) {
            return Ok(());
        }
        let message = "the person reported a message as spam, which stands against subscribing";
        Err(error::rejected("complained", message, "an operator can take it back, if the person asks for it"))
    }
}

/// Stores what somebody says of one list.
pub(crate) async fn about_list(
    table: &Table,
    list: &ListId,
    (address, words): (&Address, Words),
) -> Result<Heard, Fail> {
    let head = Head::load(table, list).await?;
    if words.decision == Decision::OptedOut && head.list.opt_out == OptOutRule::NotAllowed {
        return Err(not_allowed(&head.list).into());
    }
    let mut people = People::load(table, &head, of(address)).await?;
    let new = NewContact { address: address.clone(), name: String::new(), fields: BTreeMap::new() };
    let mut draft = people.obtain(&new, (Origin::Own, words.at))?;
    if words.decision == Decision::OptedOut && draft.known_id().is_none() && said_before(&draft) {
        // Of a person who said no before and is not kept nothing more is to be kept for another no.
        let names = Names::load(table, &BTreeSet::from([address.clone()]), None).await?;
        return suppress(table, address, (&names, words, Scope::List(list.clone()))).await;
    }
    match words.decision {
        Decision::Subscribed => lift(&mut draft, &head.list, words)?,
        Decision::OptedOut => drop(draft.contact.card.accepts.remove(list)),
    }
    let id = draft.contact.id().clone();
    held::spare_one(table, list, &id).await?;
    let to = standing_after(&head, &draft, words.decision);
    let moves = draft.standing() != to;
    let Some(mut piece) = spoken(&mut people, draft, (words, to))? else {
        return Ok(Heard { contact: Some(id), lists: Vec::new() });
    };
    piece.ops.push(words.kept(&id, &Scope::List(list.clone()))?);
    if words.decision == Decision::Subscribed {
        // A filter may take them in again.
        piece.news = Some(id.clone());
    }
    let mut tx = ListTx::new(&head);
    tx.push(piece);
    tx.commit(table, DOING, Vec::new()).await?;
    Ok(Heard { contact: Some(id), lists: if moves { vec![list.clone()] } else { Vec::new() } })
}

/// Where a decision brings them. On a filtered list it only takes back their opt-out: the filter decides.
fn standing_after(head: &Head, draft: &Draft, decision: Decision) -> Standing {
    match (decision, draft.standing()) {
        (Decision::OptedOut, _) => Standing::OptedOut,
        (Decision::Subscribed, _) if head.check_static().is_ok() => Standing::Member,
        (Decision::Subscribed, Standing::OptedOut) => Standing::Absent,
        (Decision::Subscribed, other) => other,
    }
}

/// What is written of somebody who says something; none: they said it before.
fn spoken(
    people: &mut People,
    mut draft: Draft,
    (words, to): (Words, Standing),
) -> PortResult<Option<Piece>> {
    let no = match words.decision {
        Decision::OptedOut => stronger(draft.row.as_ref().and_then(|row| row.no), Some(words.no())),
        Decision::Subscribed => None,
    };
    let said = |row: &Row| (row.decision, row.no.map(|no| no.reason));
    let is_repeat = draft.row.as_ref().map(said) == Some((Some(words.decision), no.map(|no| no.reason)));
    let moves = draft.standing() != to;
    if is_repeat && !moves && !draft.is_changed() {
        return Ok(None);
    }
    if let Some(row) = &mut draft.row {
        (row.decision, row.no) = (Some(words.decision), no);
    }
    match moves {
        true => draft.shift(Move { to, by: Origin::Own, at: words.at }),
        false => draft.is_noted(),
    }
    let mut piece = people.settle(draft)?;
    if let Some((row, _)) = &mut piece.row {
        (row.decision, row.no) = (Some(words.decision), no);
    }
    Ok(Some(piece))
}

fn said_before(draft: &Draft) -> bool {
    draft.contact.card.opted_out.is_some() || !draft.contact.refused.is_empty()
}

fn not_allowed(list: &List) -> PortError {
    let message = format!("nobody may opt out of list {}", list.id);
    error::rejected("opt_out_not_allowed", message, "the list is mandatory; an operator can allow opting out")
}

/// Takes back what stands against a subscription to one list; a no to all stays one to every other.
fn lift(draft: &mut Draft, list: &List, words: Words) -> PortResult<()> {
    let card = &draft.contact.card;
    let all = card.opted_out.filter(|_| card.since_no(&list.id) == SinceNo::Nothing).map(|no| no.reason);
    let here = draft.contact.no_to(list).map(|no| no.reason);
    let row = draft.row.as_ref().and_then(|row| row.no).map(|no| no.reason);
    words.check_complaint(&[all, here, row])?;
    draft.contact.card.accept(&list.id);
    draft.contact.take_no_to(list);
    Ok(())
}

/// Stores what somebody says of every list.
pub(super) async fn about_all(table: &Table, address: &Address, words: Words) -> PortResult<Heard> {
    persistently!(DOING, about_all_now(table, address, words))
}

async fn about_all_now(table: &Table, address: &Address, words: Words) -> Result<Heard, Fail> {
    let names = Names::load(table, &BTreeSet::from([address.clone()]), None).await?;
    let owner = names.owner(address);
    match (&owner.contact, words.decision) {
        (Some(contact), Decision::OptedOut) => opt_out(table, contact, words).await,
        (Some(contact), Decision::Subscribed) => opt_in(table, contact, words).await,
        (None, Decision::OptedOut) => suppress(table, address, (&names, words, Scope::All)).await,
        (None, Decision::Subscribed) => welcome(table, address, (&names, words)).await,
    }
}

/// The no of somebody who is not kept.
async fn suppress(
    table: &Table,
    address: &Address,
    (names, words, scope): (&Names, Words, Scope),
) -> Result<Heard, Fail> {
    let before = names.owner(address);
    if before.contact.is_some() {
        return Err(Fail::Stale);
    }
    let after = before.clone().saying(&scope, words.no());
    if after != before {
        let op = before.becomes(names.pepper.key(address), &after)?;
        table.transact(DOING, &[op]).await?;
    }
    Ok(Heard { contact: None, lists: Vec::new() })
}

async fn opt_out(table: &Table, id: &ContactId, words: Words) -> Result<Heard, Fail> {
    let Whole { contact: before, spots } = Whole::load(table, id).await?;
    let mut after = before.clone();
    after.card.refuse_all(words.no());
    let mut lists = Vec::new();
    let mut heard = Vec::new();
    for (list, spot) in spots.iter().filter(|(_, spot)| leaves(spot)) {
        held::spare_one(table, list, id).await?;
        lists.push(departure(spot, &after, (words.no(), spot.row.decision, words.at))?);
        heard.push(list.clone());
    }
    if after != before || !lists.is_empty() {
        let mut last = save(table, Some(&before), &mut after, News::IfAny).await?;
        last.push(words.kept(id, &Scope::All)?);
        Change { still: vec![still(&before)], lists, last }.commit(table, DOING).await?;
    }
    Ok(Heard { contact: Some(id.clone()), lists: heard })
}

/// Whether a no to all lists takes them off this one.
pub(super) fn leaves(spot: &Spot) -> bool {
    let there = matches!(spot.row.standing, Standing::Member | Standing::Pending);
    there && spot.head.list.opt_out == OptOutRule::Allowed
}

/// Takes a contact off a list, as they said no.
pub(super) fn departure(
    spot: &Spot,
    contact: &Contact,
    (no, decision, at): (OptOut, Option<Decision>, Timestamp),
) -> PortResult<Vec<Op>> {
    let (list, id) = (&spot.head.list.id, contact.id());
    let row = Row {
        standing: Standing::OptedOut,
        origin: Origin::Own,
        since: at,
        seq: spot.head.seq + 1,
        decision,
        no: Some(no),
        ..spot.row.clone().showing(&contact.card)
    };
    let change = logged(id, Standing::OptedOut, (Origin::Own, at));
    let mut ops = step(&spot.head, &[change], -is_member(spot.row.standing))?;
    ops.push(Op::put(row_key(list, id), row.stored(list)?));
    Ok(ops)
}

async fn opt_in(table: &Table, id: &ContactId, words: Words) -> Result<Heard, Fail> {
    let Whole { contact: before, spots } = Whole::load(table, id).await?;
    words.check_complaint(&[before.card.opted_out.map(|no| no.reason)])?;
    let mut after = before.clone();
    after.card.accept_all();
    after.erased = None;
    let back: Vec<&Spot> = spots.values().filter(|spot| comes_back(spot)).collect();
    let lists = back.iter().map(|spot| comeback(id, spot, words)).collect::<PortResult<_>>()?;
    if after != before || !back.is_empty() || last_of_all(table, id).await? != Some(words.decision) {
        // A filter may take them in again.
        let mut last = save(table, Some(&before), &mut after, News::Tell).await?;
        last.push(words.kept(id, &Scope::All)?);
        Change { still: vec![still(&before)], lists, last }.commit(table, DOING).await?;
    }
    let back = back.into_iter().map(|spot| spot.head.list.id.clone()).collect();
    Ok(Heard { contact: Some(id.clone()), lists: back })
}

/// What they said last of all lists.
async fn last_of_all(table: &Table, id: &ContactId) -> PortResult<Option<Decision>> {
    let about_all = Condition::new("attribute_not_exists(#list)");
    let said = span(said_partition(id)).newest_first().only(about_all);
    let said = table.query("read the decisions", &said).await?;
    said.first().map(|last| last.read_document("decision")).transpose()
}

/// Whether it was a no to all lists that took them off this one: they said none of the list itself.
fn comes_back(spot: &Spot) -> bool {
    spot.row.standing == Standing::OptedOut && spot.row.decision != Some(Decision::OptedOut)
}

fn comeback(id: &ContactId, spot: &Spot, words: Words) -> PortResult<Vec<Op>> {
    let list = &spot.head.list.id;
    let to = match spot.head.check_static() {
        Ok(()) => Standing::Member,
        Err(_) => Standing::Absent,
    };
    let origin = if to == Standing::Member { Origin::Own } else { spot.row.origin };
    let (since, seq) = (words.at, spot.head.seq + 1);
    let row = Row { standing: to, origin, since, seq, no: None, leave: Leave::Plain, ..spot.row.clone() };
    let mut ops = step(&spot.head, &[logged(id, to, (Origin::Own, words.at))], is_member(to))?;
    ops.push(Op::put(row_key(list, id), row.stored(list)?));
    Ok(ops)
}

/// Makes the contact of somebody who wants to be written to.
async fn welcome(table: &Table, address: &Address, (names, words): (&Names, Words)) -> Result<Heard, Fail> {
    let mut contact = Contact::new(address, &names.owner(address))?;
    words.check_complaint(&[contact.card.opted_out.map(|no| no.reason)])?;
    contact.card.accept_all();
    contact.erased = None;
    let mut ops = save(table, None, &mut contact, News::Tell).await?;
    ops.extend(names.ops(None, &contact, &[])?);
    ops.push(words.kept(contact.id(), &Scope::All)?);
    table.transact(DOING, &ops).await?;
    Ok(Heard { contact: Some(contact.id().clone()), lists: Vec::new() })
}
