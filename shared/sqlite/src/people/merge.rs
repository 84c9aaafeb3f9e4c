//! Making two contacts one.

use listsync_core::{
    Timestamp,
    contact::{Contact, OptOut},
    id::ContactId,
    list::{Origin, Standing},
    matched::Grounds,
};
use rusqlite::{Connection, params};

use super::{
    accepts, edit,
    fields::Provenance,
    forget, keys, read,
    say::{self, Word},
};
use crate::{
    error::{Fail, Outcome},
    lists::{
        contacts::{self, Stored},
        matches,
        memberships::{self, Move},
    },
    values::{fields, fields_text},
};

pub(super) fn merge(
    tx: &Connection,
    keep: &ContactId,
    other: &ContactId,
    now: Timestamp,
) -> Outcome<Contact> {
    if keep == other {
        let message = format!("contact {keep} cannot be merged with itself");
        return Err(Fail::rejected("same_contact", message, "name two contacts"));
    }
    let (kept, gone) = (contacts::expect(tx, keep)?, contacts::expect(tx, other)?);
    let refused = edit::refusals(tx, gone.n)?;
    let addresses = edit::addresses(tx, gone.n)?;
    let moves = standings(tx, &kept, &gone)?;
    let words = words(tx, &kept, &gone)?;
    let accepts = read::expect(tx, keep)?.accepts_with(&read::expect(tx, other)?);
    take_sayings(tx, &kept, &gone)?;
    succeed(tx, &kept, &gone)?;
    let brought = Provenance::load(tx, gone.n)?;
    let keys = keys::of(tx, &kept)?.joined(&keys::of(tx, &gone)?);
    forget::depart(tx, &gone, now)?;
    for address in &addresses {
        tx.execute(
            "INSERT INTO aliases (address, contact) VALUES (?1, ?2)",
            params![address.as_str(), kept.n],
        )?;
    }
    take_details(tx, &kept, (&gone, &brought))?;
    keys::set(tx, kept.n, &keys)?;
    take_match(tx, &kept, (&gone, now))?;
    for word in words {
        say::note(tx, kept.n, word)?;
    }
    for (list, to, by) in moves {
        memberships::set(tx, list, kept.n, Move { to, by, at: now })?;
    }
    accepts::set(tx, kept.n, &accepts)?;
    for no in refused.into_iter().filter(|no| no.list.is_none()) {
        say::refuse_all(tx, kept.n, no.no)?;
    }
    spread(tx, &kept, now)?;
    contacts::touch(tx, kept.n)?;
    matches::log_on_its_lists(tx, kept.n, (Origin::Manual, now))?;
    read::expect(tx, keep)
}

/// Where the kept contact is to stand otherwise than now: the stronger standing of the two.
fn standings(tx: &Connection, kept: &Stored, gone: &Stored) -> Outcome<Vec<(i64, Standing, Origin)>> {
    let rank = |standing| match standing {
        Standing::Absent => 0,
        Standing::Pending => 1,
        Standing::Member => 2,
        Standing::OptedOut => 3,
    };
    let mut moves = Vec::new();
    for place in say::places(tx, gone.n)? {
        let now = memberships::of(tx, place.list.n, kept.n)?.standing;
        if rank(place.standing) > rank(now) {
            let by = if place.standing == Standing::OptedOut { Origin::Own } else { Origin::Manual };
            moves.push((place.list.n, place.standing, by));
        }
    }
    Ok(moves)
}

/// The opt-outs of single lists that either has in force: they are to be the last word on each.
fn words(tx: &Connection, kept: &Stored, gone: &Stored) -> Outcome<Vec<Word>> {
    let both = edit::refusals(tx, kept.n)?.into_iter().chain(edit::refusals(tx, gone.n)?);
    Ok(both.filter(|no| no.list.is_some()).map(|no| Word::no(no.list, no.no)).collect())
}

/// Whoever became the other is the kept contact now, as the other is.
fn succeed(tx: &Connection, kept: &Stored, gone: &Stored) -> Outcome<()> {
    tx.execute("UPDATE successors SET contact = ?1 WHERE contact = ?2", [kept.n, gone.n])?;
    tx.execute(
        "INSERT OR REPLACE INTO successors (former, contact) VALUES (?1, ?2)",
        params![gone.id, kept.n],
    )?;
    Ok(())
}

fn take_sayings(tx: &Connection, kept: &Stored, gone: &Stored) -> Outcome<()> {
    tx.execute("UPDATE sayings SET contact = ?1 WHERE contact = ?2", [kept.n, gone.n])?;
    Ok(())
}

/// Who has no match takes the other's over.
fn take_match(tx: &Connection, kept: &Stored, (gone, now): (&Stored, Timestamp)) -> Outcome<()> {
    let (None, Some(object)) = (&kept.object_id, &gone.object_id) else { return Ok(()) };
    let grounds = Grounds::taken_over(gone.grounds()?, kept.address()?, now);
    contacts::set_match(tx, kept.n, (object, &grounds))
}

/// Blank fields and name of the kept contact are filled from the other.
fn take_details(tx: &Connection, kept: &Stored, (gone, brought): (&Stored, &Provenance)) -> Outcome<()> {
    let (mut mine, theirs) = (fields(&kept.fields)?, fields(&gone.fields)?);
    let fresh: Vec<String> = theirs.keys().filter(|name| !mine.contains_key(*name)).cloned().collect();
    let mut provenance = Provenance::load(tx, kept.n)?;
    provenance.take(brought, fresh.iter());
    mine.extend(theirs.into_iter().filter(|(name, _)| fresh.contains(name)));
    let name = if kept.name.is_empty() { &gone.name } else { &kept.name };
    tx.execute(
        "UPDATE contacts SET name = ?2, fields = ?3, provenance = ?4 WHERE n = ?1",
        params![kept.n, name, fields_text(&mine), provenance.text()?],
    )?;
    Ok(())
}

/// An opt-out of all lists of the kept contact holds also where only the other was a member.
fn spread(tx: &Connection, kept: &Stored, now: Timestamp) -> Outcome<()> {
    match say::no_to_all(tx, kept.n)? {
        Some(no) => say::refuse_all(tx, kept.n, OptOut { at: now, ..no }).map(drop),
        None => Ok(()),
    }
}
