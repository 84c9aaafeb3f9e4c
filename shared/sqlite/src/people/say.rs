//! What people say of themselves: the one place where an opt-out is made or lifted.

use std::collections::{BTreeMap, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    consent::{SinceNo, holds_off, stronger},
    contact::{Decision, OptOut, OptOutReason, Saying, Scope, Via},
    id::ListId,
    list::{NewContact, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::Heard;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    accepts,
    suppressions::{self, Suppression},
};
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog::{self, Numbered},
        contacts::{self, Stored},
        held,
        memberships::{self, Move},
    },
    values::{collect, name_of, named, nanos, standing, timestamp, typed},
};

/// A decision as it is kept, about a list by its number or about all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) list: Option<i64>,
    pub(crate) decision: Decision,
    /// Why, how and when; why only for an opt-out.
    pub(crate) told: OptOut,
}

impl Word {
    pub(crate) fn no(list: Option<i64>, told: OptOut) -> Self {
        Self { list, decision: Decision::OptedOut, told }
    }
}

/// Whether nobody else may put a contact on a list where they stand like this.
pub(crate) fn refuses(tx: &Connection, list: Numbered, contact: &Stored, now: Standing) -> Outcome<bool> {
    match now {
        Standing::OptedOut => Ok(true),
        Standing::Absent => {
            let since = accepts::since_no(tx, list.n, contact.n)?;
            Ok(contact.opted_out()?.any(|reason| holds_off(reason, since, list.rule)))
        }
        Standing::Member | Standing::Pending => Ok(false),
    }
}

/// Stores a decision.
pub(super) fn say(tx: &Connection, saying: &Saying) -> Outcome<Heard> {
    let told = OptOut { reason: saying.reason, at: saying.at, via: saying.via };
    match (saying.decision, &saying.scope) {
        (Decision::OptedOut, Scope::List(list)) => opt_out(tx, &saying.address, list, told),
        (Decision::OptedOut, Scope::All) => opt_out_of_all(tx, &saying.address, told),
        (Decision::Subscribed, Scope::List(list)) => subscribe(tx, &saying.address, list, told),
        (Decision::Subscribed, Scope::All) => subscribe_to_all(tx, &saying.address, told),
    }
}

fn opt_out(tx: &Connection, address: &Address, list: &ListId, told: OptOut) -> Outcome<Heard> {
    let row = catalog::numbered(tx, list)?;
    if row.rule == OptOutRule::NotAllowed {
        return Err(Fail::rejected(
            "opt_out_not_allowed",
            format!("list {list} is mandatory: nobody leaves it by themselves"),
            "",
        ));
    }
    let contact = match contacts::by_address(tx, address)? {
        Some(known) => known,
        None if !suppressions::of(tx, address)?.is_empty() => {
            suppressions::add(tx, address, Suppression { list: Some(row.n), no: told })?;
            return Ok(Heard { contact: None, lists: Vec::new() });
        }
        None => obtain(tx, address, told.at)?,
    };
    held::release_named(tx, row.n, &HashSet::from([contact.n]))?;
    accepts::withdraw(tx, row.n, contact.n)?;
    let moves = memberships::of(tx, row.n, contact.n)?.standing != Standing::OptedOut;
    if moves {
        shift(tx, row.n, contact.n, (Standing::OptedOut, told.at))?;
    }
    note(tx, contact.n, Word::no(Some(row.n), told))?;
    heard(&contact, if moves { vec![list.clone()] } else { Vec::new() })
}

fn opt_out_of_all(tx: &Connection, address: &Address, told: OptOut) -> Outcome<Heard> {
    let Some(contact) = contacts::by_address(tx, address)? else {
        suppressions::add(tx, address, Suppression { list: None, no: told })?;
        return Ok(Heard { contact: None, lists: Vec::new() });
    };
    let anew = accepts::withdraw_all(tx, contact.n)?;
    let moved = refuse_all(tx, contact.n, told)?;
    match anew {
        true => write_down(tx, contact.n, Word::no(None, told))?,
        false => note(tx, contact.n, Word::no(None, told))?,
    }
    heard(&contact, moved)
}

/// Keeps a no to all lists that came as the last word on each; where the contact was.
pub(crate) fn refuse_anew(tx: &Connection, contact: i64, told: OptOut) -> Outcome<Vec<ListId>> {
    accepts::withdraw_all(tx, contact)?;
    refuse_all(tx, contact, told)
}

/// Keeps a no to all lists with the contact, and makes it one to each list where they are, but for those that they accept
/// since; which those were.
pub(crate) fn refuse_all(tx: &Connection, contact: i64, told: OptOut) -> Outcome<Vec<ListId>> {
    if told.reason == OptOutReason::Erased {
        tx.prepare_cached("UPDATE contacts SET erased_at = coalesce(erased_at, ?2) WHERE n = ?1")?
            .execute(params![contact, nanos(told.at)])?;
    }
    let before = no_to_all(tx, contact)?;
    let no = stronger(before, Some(told)).unwrap_or(told);
    if before != Some(no) {
        tx.prepare_cached(
            "UPDATE contacts SET opted_out = ?2, opted_out_at = ?3, opted_out_via = ?4 WHERE n = ?1",
        )?
        .execute(params![contact, name_of(no.reason)?, nanos(no.at), name_of(no.via)?])?;
        contacts::touch(tx, contact)?;
    }
    let mut moved = Vec::new();
    for place in places(tx, contact)? {
        let here = matches!(place.standing, Standing::Member | Standing::Pending);
        if here && holds_off(no.reason, accepts::since_no(tx, place.list.n, contact)?, place.list.rule) {
            held::release_named(tx, place.list.n, &HashSet::from([contact]))?;
            shift(tx, place.list.n, contact, (Standing::OptedOut, told.at))?;
            moved.push(place.id);
        }
    }
    Ok(moved)
}

fn subscribe(tx: &Connection, address: &Address, list: &ListId, told: OptOut) -> Outcome<Heard> {
    let row = catalog::numbered(tx, list)?;
    let contact = willing(tx, address, Some(row.n), told)?;
    held::release_named(tx, row.n, &HashSet::from([contact.n]))?;
    let anew = accepts::accept(tx, row.n, contact.n)?;
    let now = memberships::of(tx, row.n, contact.n)?.standing;
    let to = match (row.is_filtered, now) {
        (true, Standing::OptedOut) => Standing::Absent,
        (true, other) => other,
        (false, _) => Standing::Member,
    };
    if to != now {
        shift(tx, row.n, contact.n, (to, told.at))?;
    }
    let word = Word { list: Some(row.n), decision: Decision::Subscribed, told };
    match anew {
        true => write_down(tx, contact.n, word)?,
        false => note(tx, contact.n, word)?,
    }
    heard(&contact, if to == now { Vec::new() } else { vec![list.clone()] })
}

fn subscribe_to_all(tx: &Connection, address: &Address, told: OptOut) -> Outcome<Heard> {
    let contact = willing(tx, address, None, told)?;
    tx.prepare_cached(
        "UPDATE contacts SET opted_out = NULL, opted_out_at = NULL, opted_out_via = NULL, erased_at = NULL
         WHERE n = ?1",
    )?
    .execute([contact.n])?;
    accepts::withdraw_all(tx, contact.n)?;
    let mut moved = Vec::new();
    for place in places(tx, contact.n)? {
        if place.standing != Standing::OptedOut || is_no(in_force(tx, contact.n, Some(place.list.n))?) {
            continue;
        }
        let to = if place.list.is_filtered { Standing::Absent } else { Standing::Member };
        shift(tx, place.list.n, contact.n, (to, told.at))?;
        moved.push(place.id);
    }
    note(tx, contact.n, Word { list: None, decision: Decision::Subscribed, told })?;
    heard(&contact, moved)
}

/// The contact of an address; refused where a complaint stands against what they say yes to.
fn willing(tx: &Connection, address: &Address, list: Option<i64>, told: OptOut) -> Outcome<Stored> {
    let contact = match contacts::by_address(tx, address)? {
        Some(known) => known,
        None => obtain(tx, address, told.at)?,
    };
    let (last, since) = match list {
        Some(list) => (in_force(tx, contact.n, Some(list))?, accepts::since_no(tx, list, contact.n)?),
        None => (None, SinceNo::Nothing),
    };
    let no_to_list = last.filter(|word| word.decision == Decision::OptedOut).map(|word| word.told);
    let to_all = no_to_all(tx, contact.n)?.filter(|_| since == SinceNo::Nothing);
    let reasons = to_all.into_iter().chain(no_to_list);
    let complained = reasons.map(|no| no.reason).any(|reason| reason == OptOutReason::Complaint);
    if complained && told.via != Via::Operator {
        return Err(Fail::rejected(
            "complained",
            format!("contact {} reported a message as spam", contact.id),
            "an operator can subscribe them when they ask for it: listsync subscribe LIST EMAIL",
        ));
    }
    // A filter may take them in again.
    contacts::touch(tx, contact.n)?;
    Ok(contact)
}

fn obtain(tx: &Connection, address: &Address, at: Timestamp) -> Outcome<Stored> {
    let new = NewContact { address: address.clone(), name: String::new(), fields: BTreeMap::new() };
    contacts::insert(tx, &new, (Origin::Own, at))
}

fn heard(contact: &Stored, lists: Vec<ListId>) -> Outcome<Heard> {
    Ok(Heard { contact: Some(contact.contact_id()?), lists })
}

/// Writes a decision down, unless it only repeats the last one.
pub(crate) fn note(tx: &Connection, contact: i64, word: Word) -> Outcome<()> {
    let same = |last: Word| {
        last.decision == word.decision
            && (word.decision == Decision::Subscribed
                || [word.told.reason, OptOutReason::Complaint].contains(&last.told.reason))
    };
    match in_force(tx, contact, word.list)?.is_some_and(same) {
        true => Ok(()),
        false => write_down(tx, contact, word),
    }
}

fn write_down(tx: &Connection, contact: i64, word: Word) -> Outcome<()> {
    let OptOut { reason, at, via } = word.told;
    tx.prepare_cached(
        "INSERT INTO sayings (contact, list, decision, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        contact,
        word.list,
        name_of(word.decision)?,
        name_of(reason)?,
        name_of(via)?,
        nanos(at)
    ])?;
    Ok(())
}

/// A contact's last word on a list, or on all.
pub(crate) fn in_force(tx: &Connection, contact: i64, list: Option<i64>) -> Outcome<Option<Word>> {
    let mut statement = tx.prepare_cached(
        "SELECT decision, reason, via, at FROM sayings WHERE contact = ?1 AND list IS ?2 ORDER BY n DESC LIMIT 1",
    )?;
    let found: Option<(String, String, String, i64)> = statement
        .query_row(params![contact, list], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((decision, reason, via, at)) = found else { return Ok(None) };
    let told = OptOut { reason: named(reason, "reason")?, via: named(via, "way")?, at: timestamp(at) };
    Ok(Some(Word { list, decision: named(decision, "decision")?, told }))
}

pub(crate) fn is_no(word: Option<Word>) -> bool {
    word.is_some_and(|word| word.decision == Decision::OptedOut)
}

/// A contact's no to all lists.
pub(crate) fn no_to_all(tx: &Connection, contact: i64) -> Outcome<Option<OptOut>> {
    let mut statement =
        tx.prepare_cached("SELECT opted_out, opted_out_at, opted_out_via FROM contacts WHERE n = ?1")?;
    let (reason, at, via): (Option<String>, Option<i64>, Option<String>) =
        statement.query_row([contact], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    match (reason, at, via) {
        (Some(reason), Some(at), Some(via)) => {
            Ok(Some(OptOut { reason: named(reason, "reason")?, at: timestamp(at), via: named(via, "way")? }))
        }
        _ => Ok(None),
    }
}

/// That a contact was erased, and did not say yes to all lists since.
pub(crate) fn erasure(tx: &Connection, contact: i64) -> Outcome<Option<OptOut>> {
    let mut statement = tx.prepare_cached("SELECT erased_at FROM contacts WHERE n = ?1")?;
    let at: Option<i64> = statement.query_row([contact], |row| row.get(0))?;
    Ok(at.map(|at| OptOut { reason: OptOutReason::Erased, at: timestamp(at), via: Via::Operator }))
}

/// How a contact stands to a list.
#[derive(Debug, Clone)]
pub(crate) struct Standpoint {
    pub(crate) id: ListId,
    pub(crate) list: Numbered,
    pub(crate) standing: Standing,
}

pub(crate) fn places(tx: &Connection, contact: i64) -> Outcome<Vec<Standpoint>> {
    let statement = tx.prepare_cached(
        "SELECT l.id, l.n, l.opt_out, l.filter IS NOT NULL, m.standing
         FROM lists l JOIN memberships m ON m.list = l.n AND m.contact = ?1 ORDER BY l.n",
    )?;
    collect(statement, [contact], |row| {
        let rule = named(row.get(2)?, "list's rule")?;
        let list = Numbered { n: row.get(1)?, rule, is_filtered: row.get(3)? };
        let standing = standing(&row.get::<_, String>(4)?)?;
        Ok(Standpoint { id: typed(row, 0, "list's id")?, list, standing })
    })
}

/// Gives a contact another standing by their own word.
pub(crate) fn shift(
    tx: &Connection,
    list: i64,
    contact: i64,
    (to, at): (Standing, Timestamp),
) -> Outcome<()> {
    memberships::set(tx, list, contact, Move { to, by: Origin::Own, at })
}
