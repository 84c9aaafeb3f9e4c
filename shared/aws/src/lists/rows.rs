//! What a row of a file comes to.

use std::collections::HashMap;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::Contact as Card,
    grant::Lists,
    id::{ContactId, ListId},
    import::{Departure, changes::Touched},
    list::{Origin, Standing},
    mark::Mark,
    register::{self, Details},
};
use listsync_engine::ports::{ImportRow, PortResult, Presence, RefusedRow};

use super::{
    draft::{By, Draft, Move},
    head::Head,
    journal::Counts,
    people::{People, Wanted},
    tx::Piece,
};
use crate::{
    contacts,
    table::{Fail, Table},
};

/// What taking a row in came to, besides what is written.
#[derive(Debug, Default)]
pub(super) struct Took {
    /// Whom it names.
    pub(super) named: Vec<ContactId>,
    pub(super) refused: Option<RefusedRow>,
    /// Whom it would take off the list, where those wait of whom the file says it.
    pub(super) stays: Option<ContactId>,
    /// What it changes of whom.
    pub(super) touched: Option<Touched>,
}

/// People who were edited as a whole before their row is taken in, as they were before that.
pub(super) type Formerly = HashMap<ContactId, Card>;

/// What rows change of whom.
pub(super) fn touched(took: &[Took]) -> Vec<Touched> {
    took.iter().filter_map(|took| took.touched.clone()).collect()
}

impl Took {
    pub(super) fn named(named: Vec<ContactId>) -> Self {
        Self { named, ..Self::default() }
    }
}

/// Whom a row is about.
enum Who {
    One(Box<Draft>),
    /// Its address and its external id are of two contacts.
    Two([ContactId; 2]),
}

/// Everybody whom these rows may be about.
pub(super) fn wanted(rows: &[ImportRow]) -> Wanted {
    Wanted {
        addresses: rows.iter().map(|row| row.contact.address.clone()).collect(),
        externals: rows.iter().flat_map(|row| row.keys().cloned().collect::<Vec<_>>()).collect(),
        ..Wanted::default()
    }
}

fn identify(people: &People, row: &ImportRow, by: By) -> PortResult<Who> {
    let mut by_external: Option<Draft> = None;
    for known in row.keys().filter_map(|external| people.by_external(external)) {
        match by_external {
            Some(one) if one.contact.id() != known.contact.id() => {
                return Ok(Who::Two([one.contact.id().clone(), known.contact.id().clone()]));
            }
            one => by_external = one.or(Some(known)),
        }
    }
    let by_address = people.by_address(&row.contact.address);
    Ok(match (by_external, by_address) {
        (Some(one), Some(other)) if one.contact.id() != other.contact.id() => {
            Who::Two([one.contact.id().clone(), other.contact.id().clone()])
        }
        (Some(known), _) => Who::One(Box::new(known)),
        (None, Some(known)) => Who::One(Box::new(known)),
        (None, None) => {
            let marks: Vec<Mark<'_>> = row.in_force().map(Mark::Key).collect();
            Who::One(Box::new(people.obtain(&row.contact, &marks, by)?))
        }
    })
}

/// Whether somebody who is out of reach and not on the list is named by a key and not by an address of theirs: putting them
/// on it would show who they are to whoever guesses numbers.
fn is_told_by_key_alone(people: &People, row: &ImportRow, draft: &Draft) -> bool {
    people.is_out_of_reach(draft.contact.id())
        && draft.standing() == Standing::Absent
        && people.by_address(&row.contact.address).is_none()
}

/// The contacts whose address the rows change and who stand on other lists too, or to whom the address brings a no: they
/// are edited as a whole.
pub(super) fn movers(people: &People, rows: &[ImportRow], list: &ListId) -> Vec<(ContactId, Address)> {
    let known = |row: &ImportRow| {
        let draft = row.keys().find_map(|external| people.by_external(external))?;
        let owner = people.by_address(&row.contact.address);
        let free = owner.is_none_or(|owner| owner.contact.id() == draft.contact.id());
        if people.is_out_of_reach(draft.contact.id()) {
            return None;
        }
        let elsewhere = draft.contact.listed().any(|other| other != *list);
        let moves = free
            && (elsewhere || people.brings_a_no(&row.contact.address))
            && draft.contact.card.address != row.contact.address;
        moves.then(|| (draft.contact.id().clone(), row.contact.address.clone()))
    };
    rows.iter().filter(|row| row.presence == Presence::Present).filter_map(known).collect()
}

/// Those to whom keys that the rows give them bring a no: it is taken over before, wherever it holds.
fn recognized<'a>(
    people: &People,
    rows: &'a [ImportRow],
    by: By,
) -> PortResult<Vec<(ContactId, Vec<Mark<'a>>)>> {
    let mut recognized = Vec::new();
    for row in rows.iter().filter(|row| row.presence == Presence::Present) {
        let marks = people.bringing(row.in_force().map(Mark::Key));
        if marks.is_empty() {
            continue;
        }
        let Who::One(draft) = identify(people, row, by)? else { continue };
        let Some(id) = draft.known_id() else { continue };
        let takes = draft.contact.keys().with(row.in_force(), &row.ended_ids).is_ok();
        if takes && !people.is_out_of_reach(&id) {
            recognized.push((id, marks));
        }
    }
    Ok(recognized)
}

/// The people of some rows. Who changes their address and stands on other lists too does so before, and so does who takes over
/// a no with a key.
pub(super) async fn people_of(
    table: &Table,
    head: &Head,
    (some, (at, given)): (&[ImportRow], (Timestamp, &Lists)),
    formerly: &mut Formerly,
) -> Result<People, Fail> {
    let people = as_they_are(table, head, (some, given)).await?;
    let movers = movers(&people, some, &head.list.id);
    let recognized = recognized(&people, some, (Origin::Csv, at))?;
    if movers.is_empty() && recognized.is_empty() {
        return Ok(people);
    }
    for (contact, marks) in recognized {
        if let Some(known) = people.by_id(&contact) {
            formerly.entry(contact.clone()).or_insert(known.contact.card);
        }
        contacts::recognize(table, &contact, &marks, at).await?;
    }
    for (contact, address) in movers {
        // Of two tries the first one saw who they were.
        if let Some(known) = people.by_id(&contact) {
            formerly.entry(contact.clone()).or_insert(known.contact.card);
        }
        contacts::readdress(table, &contact, (&address, (Origin::Csv, at))).await?;
    }
    Ok(as_they_are(table, head, (some, given)).await?)
}

/// The people of some rows as they are, and who of them is out of reach of whoever is given these lists.
pub(super) async fn as_they_are(
    table: &Table,
    head: &Head,
    (some, given): (&[ImportRow], &Lists),
) -> PortResult<People> {
    let keys: Vec<Mark<'_>> = some.iter().flat_map(|row| row.in_force().map(Mark::Key)).collect();
    People::load(table, head, wanted(some)).await?.heeding(table, &keys).await?.within(table, given).await
}

/// What a row that was taken in before came to; nothing is written.
pub(super) fn recall(people: &People, row: &ImportRow, by: By) -> PortResult<Took> {
    Ok(match identify(people, row, by)? {
        Who::Two(both) => conflict(row, both),
        // What a row that says that somebody leaves took from their keys is gone: whether it named them tells what is left.
        Who::One(draft) if row.presence.leaves() => match draft.contact.keys().without(row.ended()) {
            Departure::Leaves => Took::named(draft.known_id().into_iter().collect()),
            Departure::NotTheirs | Departure::Remains(_) => Took::default(),
        },
        Who::One(draft)
            if draft.contact.keys().with(row.in_force(), &row.ended_ids).is_err()
                || is_told_by_key_alone(people, row, &draft) =>
        {
            conflict(row, [draft.contact.id().clone(), draft.contact.id().clone()])
        }
        Who::One(draft) => {
            let named = draft.known_id().into_iter().collect();
            Took { refused: draft.is_opted_out().then(|| opted_out(row)), ..Took::named(named) }
        }
    })
}

/// Whom a row names who joins by it and did not leave after the list's change of this number; none: nobody joins.
pub(super) fn joins(
    people: &People,
    row: &ImportRow,
    (by, since): (By, Option<u64>),
) -> PortResult<Option<Took>> {
    if row.presence.leaves() {
        return Ok(None);
    }
    let Who::One(draft) = identify(people, row, by)? else { return Ok(None) };
    let joins = draft.standing() != Standing::Member
        && !draft.is_opted_out()
        && !draft.changed_after(since)
        && !is_told_by_key_alone(people, row, &draft)
        && draft.contact.keys().with(row.in_force(), &row.ended_ids).is_ok();
    Ok(joins.then(|| Took::named(draft.known_id().into_iter().collect())))
}

/// Whom a row takes off the list, who did not change after the list's change of this number.
pub(super) fn leaves(
    people: &People,
    row: &ImportRow,
    (by, since): (By, u64),
) -> PortResult<Option<ContactId>> {
    if row.presence != Presence::Leaving {
        return Ok(None);
    }
    let Who::One(draft) = identify(people, row, by)? else { return Ok(None) };
    let leaves = draft.contact.keys().without(row.ended()) == Departure::Leaves
        && draft.standing() == Standing::Member
        && !draft.changed_after(Some(since));
    Ok(if leaves { draft.known_id() } else { None })
}

/// Takes a row in, and counts what came of it.
pub(super) fn take_in(
    people: &mut People,
    row: &ImportRow,
    (counts, formerly): (&mut Counts, &Formerly),
) -> PortResult<(Piece, Took)> {
    let by = (Origin::Csv, counts.at);
    let mut draft = match identify(people, row, by)? {
        Who::One(draft) => *draft,
        Who::Two(both) => {
            counts.import.rejected += 1;
            return Ok((Piece::default(), conflict(row, both)));
        }
    };
    if row.presence.leaves() {
        counts.import.leaving += 1;
        return leave(people, draft, (row, counts, by));
    }
    let keys = draft.contact.keys().with(row.in_force(), &row.ended_ids);
    let keys = keys.ok().filter(|_| !is_told_by_key_alone(people, row, &draft));
    let Some(keys) = keys else {
        counts.import.rejected += 1;
        let own = draft.contact.id().clone();
        return Ok((Piece::default(), conflict(row, [own.clone(), own])));
    };
    let out_of_reach = people.is_out_of_reach(draft.contact.id());
    let mut external = Details::Same;
    if !out_of_reach {
        if draft.contact.card.address != row.contact.address && row.external_id.is_some() {
            draft.readdress(&row.contact.address, by);
        }
        external = draft.contact.set_keys(keys);
    }
    if draft.is_opted_out() {
        counts.import.opted_out += 1;
        let named = draft.known_id();
        let touched = named.as_ref().and_then(|id| draft.touched(formerly.get(id)));
        // Somebody who said no says it under the new address too.
        let piece = match named.is_some() {
            true => people.settle(draft)?,
            false => Piece::default(),
        };
        let took = Took { touched, ..Took::named(named.into_iter().collect()) };
        return Ok((piece, Took { refused: Some(opted_out(row)), ..took }));
    }
    let mut details = match out_of_reach {
        true => {
            counts.import.details_kept += 1;
            Details::Same
        }
        false => draft.contact.card.take_in(&row.contact, register::By { origin: by.0, at: by.1 }),
    };
    if draft.is_readdressed() || external == Details::Changed {
        details = Details::Changed;
    }
    match (draft.standing(), details) {
        (Standing::Member, Details::Same) => counts.import.unchanged += 1,
        (Standing::Member, Details::Changed) => counts.import.updated += 1,
        _ => {
            draft.shift(Move { to: Standing::Member, by: by.0, at: by.1 });
            counts.import.added += 1;
        }
    }
    let id = draft.contact.id().clone();
    let touched = draft.touched(formerly.get(&id));
    let took = Took { touched, ..Took::named(vec![id]) };
    Ok((people.settle(draft)?, took))
}

fn leave(
    people: &mut People,
    mut draft: Draft,
    (row, counts, by): (&ImportRow, &mut Counts, By),
) -> PortResult<(Piece, Took)> {
    match draft.contact.keys().without(row.ended()) {
        Departure::Leaves => {}
        Departure::NotTheirs => return Ok((Piece::default(), Took::default())),
        Departure::Remains(_) if people.is_out_of_reach(draft.contact.id()) => {
            counts.import.details_kept += 1;
            return Ok((Piece::default(), Took::default()));
        }
        Departure::Remains(left) => {
            draft.contact.set_keys(left);
            let took = Took { touched: draft.touched(None), ..Took::default() };
            return Ok((people.settle(draft)?, took));
        }
    }
    let took = Took::named(draft.known_id().into_iter().collect());
    if !matches!(draft.standing(), Standing::Member | Standing::Pending) {
        return Ok((Piece::default(), took));
    }
    counts.import.removed += 1;
    counts.left += 1;
    draft.shift(Move { to: Standing::Absent, by: by.0, at: by.1 });
    let took = Took { touched: draft.touched(None), ..took };
    Ok((people.settle(draft)?, took))
}

fn opted_out(row: &ImportRow) -> RefusedRow {
    let message = "the person opted out, and only they can take that back".to_owned();
    RefusedRow { row: row.row, code: "opted_out".to_owned(), message }
}

fn conflict(row: &ImportRow, both: [ContactId; 2]) -> Took {
    let message = "the address and the external id are of two contacts: correct the row, or merge the two";
    let code = "external_id_conflict".to_owned();
    let refused = RefusedRow { row: row.row, code, message: message.to_owned() };
    Took { refused: Some(refused), ..Took::named(both.to_vec()) }
}
