//! Two contacts made one.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    consent::stronger,
    contact::{Contact as Card, Decision},
    id::{ContactId, ListId},
    list::{List, Origin, Standing},
    matched::Grounds,
};
use listsync_engine::ports::PortResult;

use super::departed;
use super::whole::{self, Change, News, Spot, Whole, is_member, logged, save, step, still};
use crate::{
    error, garbage,
    lists::{
        held,
        owner::Owner,
        people::as_read,
        person::{Contact, contact_key, external_key, said_partition},
        pointers::object_op,
        row::{Row, row_key},
        tx::{ADDRESS, GONE},
    },
    store::persistently,
    table::{Fail, Key, Op, Stored, Table, span},
};

const DOING: &str = "merge the contacts";

/// Makes two contacts one; the other is gone then.
pub(super) async fn merge(
    table: &Table,
    keep: &ContactId,
    other: &ContactId,
    now: Timestamp,
) -> PortResult<Card> {
    if keep == other {
        let message = format!("contact {keep} cannot be merged with itself");
        return Err(error::rejected("same_contact", message, "name two contacts"));
    }
    for id in [keep, other] {
        for list in Whole::load(table, id).await?.spots.keys() {
            held::spare_one(table, list, id).await?;
        }
    }
    persistently!(DOING, merge_now(table, (keep, other), now))
}

async fn merge_now(
    table: &Table,
    (keep, other): (&ContactId, &ContactId),
    now: Timestamp,
) -> Result<Card, Fail> {
    let other = Whole::load(table, other).await?;
    let listed: BTreeSet<ListId> = other.contact.listed().collect();
    let keep = Whole::load(table, keep).await?;
    let keep = Whole::of(table, keep.contact, &listed).await?;
    let mut after = joined(&keep.contact, &other.contact, now);
    let mut lists = Vec::new();
    let all: BTreeSet<&ListId> = keep.spots.keys().chain(other.spots.keys()).collect();
    for list in all {
        let both = Both { own: keep.spots.get(list), others: other.spots.get(list), now };
        lists.push(both.settle(list, (&mut after, &other.contact))?);
    }
    move_sayings(table, other.contact.id(), after.id()).await?;
    let mut last =
        save(table, Some(&keep.contact), &mut after, News::InPlaceOf(other.contact.id().clone())).await?;
    last.extend(takeover(table, &other.contact, &after).await?);
    let still = vec![still(&keep.contact), still(&other.contact)];
    Change { still, lists, last }.commit(table, DOING).await?;
    Ok(after.card)
}

/// The contact that two become, without its lists.
fn joined(keep: &Contact, other: &Contact, now: Timestamp) -> Contact {
    let mut after = keep.clone();
    let card = &mut after.card;
    card.aliases.extend(other.addresses().into_iter().cloned());
    if card.name.is_empty() {
        card.name.clone_from(&other.card.name);
    }
    let keys = keep.keys().joined(&other.keys());
    (card.external_id, card.further_ids) = (keys.first, keys.further);
    if let (None, Some(object)) = (&card.object_id, &other.card.object_id) {
        card.object_id = Some(object.clone());
        card.grounds = Some(Grounds::taken_over(other.card.grounds.clone(), card.address.clone(), now));
    }
    for (name, field) in &other.card.fields {
        card.fields.entry(name.clone()).or_insert_with(|| field.clone());
    }
    card.accepts = keep.card.accepts_with(&other.card);
    card.opted_out = stronger(card.opted_out, other.card.opted_out);
    after.erased = after.erased.or(other.erased);
    for (list, no) in &other.refused {
        after.refused.entry(list.clone()).or_insert(*no);
    }
    after
}

/// How two contacts stand to one list.
struct Both<'a> {
    own: Option<&'a Spot>,
    others: Option<&'a Spot>,
    now: Timestamp,
}

impl Both<'_> {
    /// The writes of one list: the row of the one who stays, and no row of the other.
    fn settle(&self, list: &ListId, (after, other): (&mut Contact, &Contact)) -> PortResult<Vec<Op>> {
        let Some(head) = self.own.or(self.others).map(|spot| &spot.head) else { return Ok(Vec::new()) };
        let standing = |spot: Option<&Spot>| spot.map_or(Standing::Absent, |spot| spot.row.standing);
        let (own, others) = (standing(self.own), standing(self.others));
        let mut row = self.row(after, &head.list);
        let changed = row.standing != own || self.own.is_none();
        let mut changes = Vec::new();
        if changed && (row.standing != Standing::Absent || own != Standing::Absent) {
            changes.push(logged(after.id(), row.standing, (row.origin, self.now)));
        } else if others != Standing::Absent {
            // What was known of the other is known of this one now.
            changes.push(logged(after.id(), ADDRESS, (row.origin, self.now)));
        }
        if others != Standing::Absent {
            changes.push(logged(other.id(), GONE, (Origin::Manual, self.now)));
        }
        let mut ops = Vec::new();
        if !changes.is_empty() {
            let members = is_member(row.standing) - is_member(own) - is_member(others);
            ops.extend(step(head, &changes, members)?);
            if changed {
                (row.seq, row.since) = (head.seq + 1, self.now);
            }
        }
        if self.others.is_some() {
            ops.push(Op::delete(row_key(list, other.id())));
        }
        ops.push(Op::put(row_key(list, after.id()), row.stored(list)?));
        after.lists.insert(list.to_string());
        after.take_no_to(&head.list);
        Ok(ops)
    }

    /// The row of the one who stays. A no of either outweighs everything, and a member somebody who is none.
    fn row(&self, after: &Contact, list: &List) -> Row {
        let rank = |standing: Standing| match standing {
            Standing::OptedOut => 3,
            Standing::Member => 2,
            Standing::Pending => 1,
            Standing::Absent => 0,
        };
        let rows = [self.own, self.others].into_iter().flatten().map(|spot| &spot.row);
        // Of two equals the first is kept.
        let best = rows.rev().max_by_key(|row| rank(row.standing));
        let blank = Row::blank(&after.card, self.now);
        let row = best.cloned().unwrap_or(blank);
        let row = Row { contact: after.id().clone(), ..row.showing(&after.card) };
        let mut words = [self.own, self.others].into_iter().flatten().map(|spot| &spot.row);
        let said = words.find(|word| word.decision == Some(Decision::OptedOut));
        let row = match said.filter(|_| row.standing == Standing::OptedOut) {
            Some(said) => Row { decision: said.decision, no: said.no.or(row.no), ..row },
            None => row,
        };
        let is_held_off = after.card.is_held_off(&list.id, list.opt_out);
        let no = after.no_to(list).or(after.card.opted_out.filter(|_| is_held_off));
        match no {
            Some(no) if matches!(row.standing, Standing::Member | Standing::Pending) => {
                Row { standing: Standing::OptedOut, origin: Origin::Own, no: Some(no), ..row }
            }
            _ => row,
        }
    }
}

/// What the other said is said by the one who stays. It is there before the other is gone.
async fn move_sayings(table: &Table, from: &ContactId, to: &ContactId) -> PortResult<()> {
    let said = table.query(DOING, &span(said_partition(from))).await?;
    let moved =
        said.into_iter().map(|stored| Ok(stored.moved(&Key::new(said_partition(to), stored.key()?.sk))));
    table.put_many(DOING, moved.collect::<PortResult<Vec<Stored>>>()?).await
}

/// The writes after which the other is nobody, and the one who stays is found by all that was theirs.
async fn takeover(table: &Table, other: &Contact, after: &Contact) -> PortResult<Vec<Op>> {
    let pepper = table.pepper().await?;
    let mine = Owner::of(after.id());
    let mut ops = vec![Op::delete(contact_key(other.id())).when(as_read(other)), garbage::said(other.id())];
    ops.push(successor_op(other.id(), after.id()));
    for address in other.addresses() {
        ops.push(Owner::of(other.id()).becomes(pepper.key(address), &mine)?);
    }
    for external in other.keys().iter() {
        let key = external_key(external);
        ops.push(Op::put(key.clone(), Stored::new(&key).text("contact", after.id().as_str())));
    }
    if let Some(object) = &other.card.object_id {
        // Both in one update would touch the set twice; whoever is not there any more is nobody's match.
        ops.push(match after.card.object_id == other.card.object_id {
            true => object_op(object, after.id(), "ADD"),
            false => object_op(object, other.id(), "DELETE"),
        });
    }
    Ok(ops)
}

fn successor_key(former: &ContactId) -> Key {
    Key::head(format!("MERGED#{former}"))
}

fn successor_op(former: &ContactId, into: &ContactId) -> Op {
    let key = successor_key(former);
    Op::put(key.clone(), Stored::new(&key).text("contact", into.as_str()))
}

/// Who a contact became, and whom that one became, up to one who is there.
pub(super) async fn successor(table: &Table, former: &ContactId) -> PortResult<Option<ContactId>> {
    let mut seen = BTreeSet::new();
    let mut next = Some(former.clone());
    while let Some(at) = next.filter(|at| seen.insert(at.clone())) {
        let merged = table.get("look up who a contact became", &successor_key(&at)).await?;
        next = match merged {
            Some(stored) => Some(stored.read("contact")?),
            None => departed::successor(table, &at).await?,
        };
        if let Some(found) = &next
            && whole::find(table, found).await?.is_some()
        {
            return Ok(next);
        }
    }
    Ok(None)
}
