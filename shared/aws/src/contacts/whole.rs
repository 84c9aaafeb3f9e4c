//! A contact with its place on every list, and changes of all of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use listsync_core::{
    address::Address,
    contact::{ExternalId, Place},
    id::{ContactId, ListId},
    list::{Origin, Standing},
    register::{Change, Looks, Person, Stance, Suppressed, Terms, Word},
    stay::Dates,
};
use listsync_engine::ports::{PortError, PortResult};

use crate::{
    error,
    lists::{
        draft::By,
        ends,
        feed::{self, Feed},
        head::{self, Head},
        owner::Owner,
        people::{as_read, looks},
        person::{Contact, contact_key, external_key, said_op},
        pointers::{external_ops, object_ops},
        row::{Leave, Row, look_op, row_key},
        tx::{ADDRESS, GONE, Logged, log},
    },
    pepper::Pepper,
    table::{Condition, Fail, Key, Op, Table},
};

/// How many writes of lists one transaction has at most: the others are those of the contact itself.
const MOST_OF_LISTS: usize = 90;
/// How many writes one transaction may have.
const MOST: usize = 98;

/// How a contact stands to one list.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) head: Head,
    /// None: they never stood to it.
    pub(super) row: Option<Row>,
}

impl Spot {
    pub(super) fn standing(&self) -> Standing {
        self.row.as_ref().map_or(Standing::Absent, |row| row.standing)
    }
}

/// A contact with its place on lists.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) contact: Contact,
    pub(super) spots: BTreeMap<ListId, Spot>,
    kept: Kept,
}

/// Whether a contact is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    NotYet,
}

pub(super) fn gone(id: &ContactId) -> PortError {
    error::gone("no_such_contact", format!("there is no contact {id}"))
}

/// One contact, as it is now.
pub(super) async fn find(table: &Table, id: &ContactId) -> PortResult<Option<Contact>> {
    let found = table.get("read the contact", &contact_key(id)).await?;
    found.map(|stored| Contact::read(&stored)).transpose()
}

impl Whole {
    pub(super) async fn load(table: &Table, id: &ContactId) -> PortResult<Self> {
        let contact = find(table, id).await?.ok_or_else(|| gone(id))?;
        Self::of(table, contact, &BTreeSet::new()).await
    }

    /// A contact on its lists, on those that it said no to, and on these.
    pub(super) async fn of(table: &Table, contact: Contact, more: &BTreeSet<ListId>) -> PortResult<Self> {
        let lists = contact.listed().chain(contact.refused.keys().chain(more).cloned()).collect();
        Self::on(table, contact, lists).await
    }

    /// A contact on these lists alone.
    pub(super) async fn on(table: &Table, contact: Contact, lists: BTreeSet<ListId>) -> PortResult<Self> {
        let id = contact.id().clone();
        let keys = lists.iter().flat_map(|list| [head::key(list), row_key(list, &id)]).collect();
        let found = table.get_many("read the contact's lists", keys).await?;
        let mut spots = BTreeMap::new();
        for list in lists {
            // A list that was deleted is cleared away later.
            let Some(head) = found.get(&head::key(&list)) else { continue };
            let row = found.get(&row_key(&list, &id)).map(Row::read).transpose()?;
            spots.insert(list, Spot { head: Head::read(head)?, row });
        }
        Ok(Self { contact, spots, kept: Kept::Yes })
    }

    /// A contact that has to do with one list alone, as both were read.
    pub(super) fn of_one(contact: Contact, head: Head, row: Option<Row>) -> Self {
        let spots = BTreeMap::from([(head.list.id.clone(), Spot { head, row })]);
        Self { contact, spots, kept: Kept::Yes }
    }

    /// The same of a contact that is not stored yet.
    pub(super) fn fresh(self) -> Self {
        Self { kept: Kept::NotYet, ..self }
    }

    /// Them, as the rules see them.
    pub(super) fn person(&self) -> Person {
        let Contact { card, refused, erased, .. } = &self.contact;
        let ids: BTreeSet<&ListId> = self.spots.values().flat_map(|spot| spot.head.list.ids()).collect();
        let former = refused.iter().filter(|(list, _)| !ids.contains(list));
        let of_former = former.map(|(list, no)| (list.clone(), *no)).collect();
        let stance = |(list, spot): (&ListId, &Spot)| {
            let terms = Terms::from(&spot.head.list);
            let stand = self.contact.stand(&spot.head.list, spot.row.as_ref());
            let stance = match &spot.row {
                Some(Row { standing, origin, since, .. }) => {
                    Stance { terms, standing: *standing, origin: *origin, since: *since, word: stand.word }
                }
                None => {
                    let standing = stand.under(terms.opt_out);
                    let origin = if standing == Standing::Absent { Origin::Manual } else { Origin::Own };
                    let since = stand.word.and_then(Word::no).map(|no| no.at);
                    let blank = Stance::blank(terms);
                    Stance {
                        standing,
                        origin,
                        since: since.unwrap_or(blank.since),
                        word: stand.word,
                        ..blank
                    }
                }
            };
            (list.clone(), stance)
        };
        let stances = self.spots.iter().map(stance).collect();
        Person { contact: card.clone(), erased: *erased, stances, of_former, of_all: None }
    }

    /// How they stand to each list that they have to do with.
    pub(super) fn places(&self) -> Vec<Place> {
        let has_row = |list: &ListId| self.spots.get(list).is_some_and(|spot| spot.row.is_some());
        let stances = self.person().stances.into_iter();
        let there = stances.filter(|(list, stance)| stance.standing != Standing::Absent || has_row(list));
        let place = |(list, Stance { standing, origin, since, .. }): (ListId, Stance)| {
            let row = self.spots.get(&list).and_then(|spot| spot.row.as_ref());
            let until = row.and_then(|row| row.dates.until);
            Place { list, standing, origin, since, until }
        };
        there.map(place).collect()
    }

    /// The writes of what becomes of them. Who is gone for it is no contact any more, and on no list.
    pub(super) fn writes(&self, change: &Change, gone: Option<&Self>) -> PortResult<Writes> {
        let Person { contact: card, erased, stances, of_former, .. } = &change.person;
        let mut after = Contact {
            card: card.clone(),
            erased: *erased,
            refused: of_former.clone(),
            ..self.contact.clone()
        };
        let mut lists = Vec::new();
        for (list, spot) in &self.spots {
            let Some(stance) = stances.get(list) else { continue };
            let step = Step { list, spot, stance, theirs: gone.and_then(|gone| gone.spots.get(list)) };
            let written = step.writes(self, (&after.card, change), gone)?;
            match (written.row, stance.word) {
                (Rowed::Yes, _) => drop(after.lists.insert(list.to_string())),
                // Where there is no row the contact keeps the word.
                (Rowed::No, Some(Word::No(no))) => drop(after.refused.insert(list.clone(), no)),
                (Rowed::No, _) => {}
            }
            lists.push(written.ops);
        }
        let still = if self.kept == Kept::Yes { vec![still(&self.contact)] } else { Vec::new() };
        let words = change.words.iter().map(|said| said_op(after.id(), said)).collect::<PortResult<_>>()?;
        let before = (self.kept == Kept::Yes).then(|| self.contact.clone());
        let news = feed::News {
            changed: if change.is_news(before.as_ref().map(|before| &before.card)) {
                BTreeSet::from([after.id().clone()])
            } else {
                BTreeSet::new()
            },
            gone: gone.map(|gone| gone.contact.id().clone()).into_iter().collect(),
        };
        after.rev += u64::from(before.is_some());
        Ok(Writes { before, after, news, still, lists, last: words })
    }
}

/// How one list sees a change.
struct Step<'a> {
    list: &'a ListId,
    spot: &'a Spot,
    stance: &'a Stance,
    /// How whoever is gone for it stood there.
    theirs: Option<&'a Spot>,
}

/// Whether a list has a row of a contact.
enum Rowed {
    Yes,
    No,
}

struct Written {
    ops: Vec<Op>,
    row: Rowed,
}

impl Step<'_> {
    fn writes(
        &self,
        whole: &Whole,
        (card, change): (&listsync_core::contact::Contact, &Change),
        gone: Option<&Whole>,
    ) -> PortResult<Written> {
        let Self { list, spot: Spot { head, row }, stance, .. } = self;
        let moved = change.moves.iter().rfind(|moved| moved.list == **list);
        let (mut logged, mut ops) = (Vec::new(), Vec::new());
        let shown =
            row.clone().unwrap_or_else(|| Row::blank(card, stance.since)).showing(card).saying(stance.word);
        if let Some(moved) = moved {
            logged.push(self::logged(&card.id, stance.standing, (moved.by.origin, moved.by.at)));
        } else if let Looks::Again(by) = change.looks
            && self.spot.standing() != Standing::Absent
        {
            logged.push(self::logged(&card.id, ADDRESS, (by.origin, by.at)));
        }
        let theirs = self.theirs.map_or(Standing::Absent, Spot::standing);
        if let (Some(gone), Some(spot)) = (gone, self.theirs) {
            if let (Looks::Again(by), true) = (change.looks, theirs != Standing::Absent) {
                logged.push(self::logged(gone.contact.id(), GONE, (by.origin, by.at)));
            }
            ops.extend(spot.row.as_ref().map(|_| Op::delete(row_key(list, gone.contact.id()))));
            ops.extend(spot.row.iter().flat_map(|row| ends::deletes(list, row)));
        }
        if !logged.is_empty() {
            let now = if moved.is_some() { stance.standing } else { self.spot.standing() };
            let members = is_member(now) - is_member(self.spot.standing()) - is_member(theirs);
            ops.extend(step(head, &logged, members)?);
        }
        let written = match (moved, row) {
            (Some(_), _) => {
                let Stance { standing, origin, since, .. } = **stance;
                let (seq, leave) = (head.seq + 1, Leave::Plain);
                let row = Row { standing, origin, since, seq, leave, dates: Dates::default(), ..shown };
                ops.push(Op::put(row_key(list, &card.id), row.stored(list)?));
                Rowed::Yes
            }
            (None, Some(row)) if stance.word.is_some() && shown.word(card) != row.word(card) => {
                let seen = Condition::new("#seq = :seen").with_number("seen", row.seq);
                ops.push(Op::put(row_key(list, &card.id), shown.stored(list)?).when(seen));
                Rowed::Yes
            }
            (None, Some(_)) => {
                if looks(card) != looks(&whole.contact.card) {
                    ops.push(look_op(list, card)?);
                }
                Rowed::Yes
            }
            // A yes of somebody whom the list's filter does not have is kept for later.
            (None, None) if stance.word == Some(Word::Yes) => {
                ops.push(Op::put(row_key(list, &card.id), shown.stored(list)?));
                Rowed::Yes
            }
            (None, None) => Rowed::No,
        };
        Ok(Written { ops, row: written })
    }
}

/// One list's step: its change is logged, and so many more are members.
pub(super) fn step(head: &Head, changes: &[Logged], members: i64) -> PortResult<Vec<Op>> {
    let list = &head.list.id;
    Ok(vec![head::advance(list, head.seq, members), log(list, head.seq + 1, changes)?])
}

/// What is logged of a contact.
pub(super) fn logged(contact: &ContactId, what: impl ToString, (origin, at): By) -> Logged {
    Logged { contact: contact.clone(), what: what.to_string(), origin, at }
}

pub(super) fn is_member(standing: Standing) -> i64 {
    i64::from(standing == Standing::Member)
}

/// The writes of a change of contacts and of what lists have of them.
#[derive(Debug)]
pub(super) struct Writes {
    before: Option<Contact>,
    after: Contact,
    news: feed::News,
    /// That what it is decided on is still so.
    pub(super) still: Vec<Op>,
    /// The writes of each list.
    pub(super) lists: Vec<Vec<Op>>,
    /// The writes of the contacts themselves.
    pub(super) last: Vec<Op>,
}

impl Writes {
    /// Them, as they shall be.
    pub(super) fn after(&self) -> &Contact {
        &self.after
    }

    /// Writes it, the contact included.
    pub(super) async fn commit(self, table: &Table, doing: &'static str) -> Result<(), Fail> {
        let Self { before, after, news, still, lists, mut last } = self;
        after.check()?;
        last.push(match &before {
            Some(before) if Contact { rev: before.rev, ..after.clone() } == *before => self::still(before),
            Some(before) => Op::put(contact_key(after.id()), after.stored()?).when(as_read(before)),
            None => Op::put(contact_key(after.id()), after.stored()?).when(Condition::absent()),
        });
        if !news.is_empty() {
            last.extend(Feed::pick(table).await?.step(&news)?.1);
        }
        packed(table, doing, (still, lists, last)).await
    }
}

/// Writes a change in as few transactions as hold it: the lists first and the contacts last, so that what is interrupted is
/// done anew from its beginning.
pub(super) async fn packed(
    table: &Table,
    doing: &'static str,
    (still, lists, mut last): (Vec<Op>, Vec<Vec<Op>>, Vec<Op>),
) -> Result<(), Fail> {
    let mut ops: Vec<Op> = Vec::new();
    for of_list in lists {
        if ops.len() + of_list.len() > MOST_OF_LISTS {
            flush(table, doing, (&mut ops, &still)).await?;
        }
        ops.extend(of_list);
    }
    if ops.len() + last.len() > MOST && !ops.is_empty() {
        flush(table, doing, (&mut ops, &still)).await?;
    }
    ops.append(&mut last);
    table.transact(doing, &ops).await
}

async fn flush(table: &Table, doing: &'static str, (ops, still): (&mut Vec<Op>, &[Op])) -> Result<(), Fail> {
    ops.extend(still.iter().cloned());
    table.transact(doing, ops).await?;
    ops.clear();
    Ok(())
}

/// That a contact is still as it was read.
pub(super) fn still(contact: &Contact) -> Op {
    Op::check(contact_key(contact.id()), as_read(contact))
}

/// Whose addresses and external ids are, as they were read.
pub(super) struct Names {
    pub(super) pepper: Pepper,
    owners: HashMap<Address, Owner>,
    external: Option<ContactId>,
    /// What waits under the external id, and where.
    waiting: Option<(Key, Owner)>,
}

impl Names {
    pub(super) async fn load(
        table: &Table,
        addresses: &BTreeSet<Address>,
        external: Option<&ExternalId>,
    ) -> PortResult<Self> {
        let pepper = table.pepper().await?;
        let keys = addresses.iter().map(|address| pepper.key(address));
        let of_external =
            external.iter().flat_map(|external| [external_key(external), pepper.key(*external)]);
        let keys = keys.chain(of_external).collect();
        let found = table.get_many("look the contact up", keys).await?;
        let mut owners = HashMap::new();
        for address in addresses {
            if let Some(stored) = found.get(&pepper.key(address)) {
                owners.insert(address.clone(), Owner::read(stored)?);
            }
        }
        let mark = external.map(|external| pepper.key(external));
        let waiting = match mark {
            Some(key) => found.get(&key).map(Owner::read).transpose()?.map(|owner| (key, owner)),
            None => None,
        };
        let external = external.and_then(|external| found.get(&external_key(external)));
        let external = external.map(|stored| stored.read("contact")).transpose()?;
        Ok(Self { pepper, owners, external, waiting })
    }

    pub(super) fn owner(&self, address: &Address) -> Owner {
        self.owners.get(address).cloned().unwrap_or_default()
    }

    /// What was said by who had the external id and is kept no more.
    pub(super) fn recognized(&self) -> &[Suppressed] {
        self.waiting.as_ref().map_or(&[], |(_, owner)| &owner.suppressed)
    }

    /// Who else has one of the addresses, or the external id.
    pub(super) fn taken_by(&self, id: Option<&ContactId>) -> Option<ContactId> {
        let owners = self.owners.values().filter_map(|owner| owner.contact.as_ref());
        owners.chain(&self.external).find(|owner| Some(*owner) != id).cloned()
    }

    /// What is written where addresses, external id and object find a contact.
    /// An address that is theirs no more keeps what they said no to.
    pub(super) fn ops(
        &self,
        before: Option<&Contact>,
        after: &Contact,
        said: &[Suppressed],
    ) -> PortResult<Vec<Op>> {
        let (old, new) =
            (before.map(|before| before.card.addresses()).unwrap_or_default(), after.card.addresses());
        let mine = Owner::of(after.id());
        let mut ops = Vec::new();
        for address in new.difference(&old) {
            ops.push(self.owner(address).becomes(self.pepper.key(*address), &mine)?);
        }
        let left = Owner { contact: None, suppressed: said.to_vec() };
        for address in old.difference(&new) {
            ops.push(mine.becomes(self.pepper.key(*address), &left)?);
        }
        if let Some((key, owner)) = &self.waiting {
            ops.push(owner.becomes(key.clone(), &Owner::default())?);
        }
        ops.extend(external_ops(before, after));
        ops.extend(object_ops(before, after));
        Ok(ops)
    }
}
