//! People as they were read, and what is written when one of them changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact as Card, ExternalId, UndeliverableReason},
    grant::Lists,
    id::{ContactId, ListId, ObjectId},
    list::{List, NewContact, OptOutRule, Standing},
    mark::Mark,
    matched::Grounds,
    register::{By, Change, Person, Spoken, Stance, Suppressed, Terms},
};
use listsync_engine::ports::PortResult;

use super::{
    draft::{self, Draft},
    head::{self, Head},
    owner::Owner,
    person::{Contact, contact_key, external_key, object_key, said_op},
    pointers::{external_ops, object_ops},
    row::{Row, look_op, row_key},
    tx::{ADDRESS, Logged, Piece},
};
use crate::{
    contacts::waiting,
    pepper::Pepper,
    table::{Condition, Key, Op, Table},
};

/// More rows on other lists than this are written before the person is, a transaction after the other.
const MOST_OTHERS: usize = 40;

/// People, as far as they were asked for, and their rows on one list.
#[derive(Debug)]
pub(crate) struct People {
    list: List,
    pepper: Pepper,
    owners: HashMap<Address, Owner>,
    externals: HashMap<ExternalId, ContactId>,
    objects: HashMap<ObjectId, BTreeSet<String>>,
    /// What waits under keys and objects that are nobody's, as far as it was [asked for](Self::heeding), and where.
    waiting: HashMap<Key, Owner>,
    contacts: HashMap<ContactId, Contact>,
    rows: HashMap<ContactId, Row>,
    /// Who stands on lists that whoever changes something is not given.
    out_of_reach: BTreeSet<ContactId>,
    /// The lists that somebody said no to who is not kept, with their terms.
    suppressing: BTreeMap<ListId, Terms>,
}

/// Who is wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) addresses: Vec<Address>,
    pub(crate) externals: Vec<ExternalId>,
    pub(crate) objects: Vec<ObjectId>,
    pub(crate) contacts: Vec<ContactId>,
}

impl People {
    pub(crate) async fn load(table: &Table, head: &Head, wanted: Wanted) -> PortResult<Self> {
        const DOING: &str = "read the contacts";
        let mut people = Self {
            list: head.list.clone(),
            pepper: table.pepper().await?,
            owners: HashMap::new(),
            externals: HashMap::new(),
            objects: HashMap::new(),
            waiting: HashMap::new(),
            contacts: HashMap::new(),
            rows: HashMap::new(),
            out_of_reach: BTreeSet::new(),
            suppressing: BTreeMap::new(),
        };
        let ids = people.look_up(table, wanted).await?;
        people.read_suppressing(table).await?;
        let list = &head.list.id;
        let keys = ids.iter().flat_map(|id| [contact_key(id), row_key(list, id)]).collect();
        let mut found = table.get_many(DOING, keys).await?;
        for id in ids {
            if let Some(stored) = found.remove(&contact_key(&id)) {
                people.contacts.insert(id.clone(), Contact::read(&stored)?);
            }
            if let Some(stored) = found.remove(&row_key(list, &id)) {
                people.rows.insert(id, Row::read(&stored)?);
            }
        }
        Ok(people)
    }

    /// Whose the addresses, external ids and objects are.
    async fn look_up(&mut self, table: &Table, wanted: Wanted) -> PortResult<BTreeSet<ContactId>> {
        let mut ids: BTreeSet<ContactId> = wanted.contacts.into_iter().collect();
        let addresses: Vec<(Key, Address)> =
            wanted.addresses.into_iter().map(|address| (self.pepper.key(&address), address)).collect();
        let keys = addresses.iter().map(|(key, _)| key.clone());
        let keys = keys.chain(wanted.externals.iter().map(external_key));
        let keys = keys.chain(wanted.objects.iter().map(object_key)).collect();
        let found = table.get_many("look the contacts up", keys).await?;
        for (key, address) in addresses {
            if let Some(stored) = found.get(&key) {
                let owner = Owner::read(stored)?;
                ids.extend(owner.contact.clone());
                self.owners.insert(address, owner);
            }
        }
        for external in wanted.externals {
            if let Some(stored) = found.get(&external_key(&external)) {
                let id: ContactId = stored.read("contact")?;
                ids.insert(id.clone());
                self.externals.insert(external, id);
            }
        }
        for object in wanted.objects {
            let set =
                found.get(&object_key(&object)).map(|stored| stored.set("contacts")).unwrap_or_default();
            ids.extend(set.iter().filter_map(|id| ContactId::parse(id).ok()));
            self.objects.insert(object, set);
        }
        Ok(ids)
    }

    /// Reads what was said by somebody who had one of these keys or objects and is kept no more. Of those that are somebody's
    /// there is nothing to be read: who comes to have one takes it over.
    pub(crate) async fn heeding(mut self, table: &Table, marks: &[Mark<'_>]) -> PortResult<Self> {
        let is_free = |mark: &Mark<'_>| match mark {
            Mark::Address(_) => false,
            Mark::Key(key) => !self.externals.contains_key(*key),
            Mark::Object(object) => self.by_object(object).is_empty(),
        };
        let free: Vec<Mark<'_>> = marks.iter().copied().filter(is_free).collect();
        self.waiting = waiting(table, free.into_iter()).await?.into_iter().collect();
        self.read_suppressing(table).await?;
        Ok(self)
    }

    /// What waits under a key or an object that is nobody's.
    fn said_under(&self, mark: Mark<'_>) -> &[Suppressed] {
        // Where nothing waits, nothing is hashed.
        let found = if self.waiting.is_empty() { None } else { self.waiting.get(&self.pepper.key(mark)) };
        found.map_or(&[], |owner| &owner.suppressed)
    }

    /// Which of these keys and objects bring a no to whoever comes to have them.
    pub(crate) fn bringing<'a>(&self, marks: impl IntoIterator<Item = Mark<'a>>) -> Vec<Mark<'a>> {
        marks.into_iter().filter(|mark| !self.said_under(*mark).is_empty()).collect()
    }

    /// Reads the lists that somebody said no to under marks that are nobody's now.
    async fn read_suppressing(&mut self, table: &Table) -> PortResult<()> {
        let said = self.owners.values().chain(self.waiting.values()).flat_map(|owner| &owner.suppressed);
        let lists: BTreeSet<&ListId> = said.filter_map(Suppressed::list).collect();
        let found = table.get_many("read the lists", lists.into_iter().map(head::key).collect()).await?;
        for stored in found.values() {
            let list = Head::read(stored)?.list;
            self.suppressing.insert(list.id.clone(), Terms::from(&list));
        }
        Ok(())
    }

    /// Reads who of them stands on other lists than these: nothing else of them is to be changed than how they stand to this
    /// list.
    pub(crate) async fn within(mut self, table: &Table, given: &Lists) -> PortResult<Self> {
        let other = |list: &ListId| !given.cover(list);
        let elsewhere: Vec<Key> = self
            .contacts
            .values()
            .flat_map(|contact| {
                contact.listed().filter(other).map(|list| row_key(&list, contact.id())).collect::<Vec<_>>()
            })
            .collect();
        for stored in table.get_many("read the contacts' other lists", elsewhere).await?.values() {
            let row = Row::read(stored)?;
            if row.standing != Standing::Absent {
                self.out_of_reach.insert(row.contact);
            }
        }
        Ok(self)
    }

    /// Whether a contact stands on lists that [`Self::within`] was not given.
    pub(crate) fn is_out_of_reach(&self, contact: &ContactId) -> bool {
        self.out_of_reach.contains(contact)
    }

    /// Whether the list's members may leave it by themselves.
    pub(crate) fn rule(&self) -> OptOutRule {
        self.list.opt_out
    }

    /// Everybody who was found.
    pub(crate) fn known(&self) -> impl Iterator<Item = &ContactId> {
        self.contacts.keys()
    }

    pub(crate) fn by_id(&self, id: &ContactId) -> Option<Draft> {
        let contact = self.contacts.get(id)?.clone();
        Some(Draft::of(contact, self.rows.get(id).cloned(), &self.list))
    }

    pub(crate) fn by_address(&self, address: &Address) -> Option<Draft> {
        self.by_id(self.owners.get(address)?.contact.as_ref()?)
    }

    pub(crate) fn by_external(&self, external: &ExternalId) -> Option<Draft> {
        self.by_id(self.externals.get(external)?)
    }

    /// The contact of this address; a new one where there is none, which is to have these marks besides.
    pub(crate) fn obtain(&self, new: &NewContact, marks: &[Mark<'_>], by: draft::By) -> PortResult<Draft> {
        match self.by_address(&new.address) {
            Some(known) => Ok(known),
            None => {
                let owner = self.owners.get(&new.address);
                let mut said = owner.map(|owner| owner.suppressed.clone()).unwrap_or_default();
                said.extend(marks.iter().flat_map(|mark| self.said_under(*mark)).cloned());
                let (mut contact, words) = self.begin(Contact::new(&new.address)?, &said, by.1);
                contact.card.take_in(new, By { origin: by.0, at: by.1 });
                Ok(Draft::fresh((contact, words), &self.list))
            }
        }
    }

    /// A new contact, with what was said under its marks before.
    fn begin(&self, contact: Contact, said: &[Suppressed], at: Timestamp) -> (Contact, Vec<Spoken>) {
        let mut blank = Person::new(contact.card.clone());
        for (list, terms) in &self.suppressing {
            blank.stances.insert(list.clone(), Stance::blank(*terms));
        }
        let Change { person, words, .. } = Change::bringing(blank, said, at);
        let mut refused = person.of_former;
        let said = |(list, stance): (ListId, Stance)| Some((list, stance.word?.no()?));
        refused.extend(person.stances.into_iter().filter_map(said));
        (Contact { card: person.contact, erased: person.erased, refused, ..contact }, words)
    }

    /// Every contact that was matched to an object, oldest first.
    pub(crate) fn by_object(&self, object: &ObjectId) -> Vec<Draft> {
        let ids = self.objects.get(object).into_iter().flatten();
        ids.filter_map(|id| ContactId::parse(id).ok())
            .filter_map(|id| self.by_id(&id))
            .filter(|draft| draft.contact.card.object_id.as_ref() == Some(object))
            .collect()
    }

    /// Whether an address is, or was, somebody's.
    pub(crate) fn knows(&self, address: &Address) -> bool {
        self.owners.contains_key(address)
    }

    /// Whether somebody said no under an address that is nobody's now.
    pub(crate) fn brings_a_no(&self, address: &Address) -> bool {
        self.owners.get(address).is_some_and(|owner| !owner.suppressed.is_empty())
    }

    /// What is to be written for a draft; from here on the people are as if it were.
    ///
    /// A changed address is shown on this list only: who stands on others too is edited as a whole.
    pub(crate) fn settle(&mut self, draft: Draft) -> PortResult<Piece> {
        let Draft { before, mut contact, row, moved, readdressed, stand, words, .. } = draft;
        let mut piece = Piece::default();
        if moved.is_some() {
            contact.lists.insert(self.list.id.to_string());
            contact.hand_over(&self.list);
        }
        let changed = before.as_ref() != Some(&contact);
        if changed {
            contact.check()?;
            contact.rev += 1;
            if before.as_ref().is_none_or(|before| before.card.looks_other_than(&contact.card)) {
                piece.news = Some(contact.id().clone());
                contact.card.version.0 += u64::from(before.is_some());
            }
        }
        piece.ops.extend(contact_op(before.as_ref(), &contact, changed, moved.is_some())?);
        piece.ops.extend(self.name_ops(before.as_ref(), &contact)?);
        piece.ops.extend(object_ops(before.as_ref(), &contact));
        for said in &words {
            piece.ops.push(said_op(contact.id(), said)?);
        }
        let other_looks = before.as_ref().is_some_and(|before| looks(&before.card) != looks(&contact.card));
        let before_row = row.clone();
        let after = Draft::row_after(&contact, row, moved);
        let after = after.map(|row| if moved.is_some() { row.saying(stand.word) } else { row });
        let told = moved.map(|change| (change.to.to_string(), change.by, change.at));
        let listed = before_row.as_ref().is_some_and(|row| row.standing != Standing::Absent);
        let told = told.or(readdressed.filter(|_| listed).map(|(by, at)| (ADDRESS.to_owned(), by, at)));
        match (told, after) {
            (Some((what, origin, at)), Some(after)) => {
                let logged = Logged { contact: contact.id().clone(), what, origin, at };
                self.log(&mut piece, before_row.as_ref(), (after, logged));
            }
            (None, Some(after)) if other_looks => piece.ops.push(self.show(after)?),
            _ => {}
        }
        if other_looks {
            spread(&mut piece, &contact, &self.list)?;
        }
        self.note(before.as_ref(), contact);
        Ok(piece)
    }

    /// A row that the list's log tells of.
    fn log(&mut self, piece: &mut Piece, before: Option<&Row>, (after, logged): (Row, Logged)) {
        let is_member = |row: &Row| i64::from(row.standing == Standing::Member);
        piece.members = is_member(&after) - before.map_or(0, is_member);
        self.rows.insert(after.contact.clone(), after.clone());
        piece.row = Some((after, logged));
    }

    /// A row that only shows something else than before.
    fn show(&mut self, after: Row) -> PortResult<Op> {
        let key = row_key(&self.list.id, &after.contact);
        let seen = Condition::new("#seq = :seen").with_number("seen", after.seq);
        let op = Op::put(key, after.stored(&self.list.id)?).when(seen);
        self.rows.insert(after.contact.clone(), after);
        Ok(op)
    }

    fn note(&mut self, before: Option<&Contact>, contact: Contact) {
        let id = contact.id().to_string();
        if let Some(old) = before.and_then(|before| before.card.object_id.as_ref())
            && let Some(set) = self.objects.get_mut(old)
        {
            set.remove(&id);
        }
        if let Some(object) = &contact.card.object_id {
            self.objects.entry(object.clone()).or_default().insert(id);
        }
        for address in contact.card.addresses() {
            self.owners.insert(address.clone(), Owner::of(contact.id()));
        }
        let keys = contact.keys();
        for external in before.map(Contact::keys).unwrap_or_default().iter() {
            self.externals.remove(external);
        }
        for external in keys.iter() {
            self.externals.insert(external.clone(), contact.id().clone());
        }
        if !self.waiting.is_empty() {
            for mark in contact.card.marks_besides() {
                self.waiting.remove(&self.pepper.key(mark));
            }
        }
        self.contacts.insert(contact.id().clone(), contact);
    }

    /// What is written where addresses and external ids find the contact.
    fn name_ops(&self, before: Option<&Contact>, contact: &Contact) -> PortResult<Vec<Op>> {
        let nobody = Owner::default();
        let owner = |address: &Address| self.owners.get(address).unwrap_or(&nobody);
        let mut ops = Vec::new();
        let old = before.map(|before| before.card.addresses()).unwrap_or_default();
        for address in contact.card.addresses().difference(&old) {
            ops.push(owner(address).becomes(self.pepper.key(*address), &Owner::of(contact.id()))?);
        }
        let known =
            |mark: &Mark<'_>| before.is_some_and(|before| before.card.marks().any(|own| own == *mark));
        let fresh = contact.card.marks_besides().filter(|mark| !self.waiting.is_empty() && !known(mark));
        for mark in fresh {
            let Some(owner) = self.waiting.get(&self.pepper.key(mark)) else { continue };
            ops.push(owner.becomes(self.pepper.key(mark), &nobody)?);
        }
        ops.extend(external_ops(before, contact));
        Ok(ops)
    }
}

/// The write of the contact itself, or a look that it is still as it was read.
fn contact_op(
    before: Option<&Contact>,
    contact: &Contact,
    changed: bool,
    relied_on: bool,
) -> PortResult<Option<Op>> {
    let key = contact_key(contact.id());
    Ok(match before {
        None => Some(Op::put(key, contact.stored()?).when(Condition::absent())),
        Some(before) if changed => Some(Op::put(key, contact.stored()?).when(as_read(before))),
        Some(before) if relied_on => Some(Op::check(key, as_read(before))),
        Some(_) => None,
    })
}

/// That nobody changed a contact since it was read.
pub(crate) fn as_read(contact: &Contact) -> Condition {
    still_at(contact.rev)
}

/// That a contact is at this revision.
pub(crate) fn still_at(rev: u64) -> Condition {
    Condition::new("#rev = :rev").with_number("rev", rev)
}

/// What a row shows of its contact.
pub(crate) fn looks(card: &Card) -> impl PartialEq + '_ {
    let mail = card.undeliverable.map(|state| state.reason);
    let matched = (card.object_id.as_ref(), card.grounds.as_ref());
    Looks { address: &card.address, name: &card.name, matched, mail }
}

#[derive(PartialEq, Eq)]
struct Looks<'a> {
    address: &'a Address,
    name: &'a str,
    matched: (Option<&'a ObjectId>, Option<&'a Grounds>),
    mail: Option<UndeliverableReason>,
}

/// What rows on other lists show of the contact.
fn spread(piece: &mut Piece, contact: &Contact, list: &List) -> PortResult<()> {
    let others = contact.listed().filter(|other| *other != list.id);
    let ops: Vec<Op> = others.map(|other| look_op(&other, &contact.card)).collect::<PortResult<_>>()?;
    if ops.len() <= MOST_OTHERS {
        piece.ops.extend(ops);
        return Ok(());
    }
    let before = Contact { rev: contact.rev - 1, ..contact.clone() };
    for ops in ops.chunks(MOST_OTHERS) {
        let still = Op::check(contact_key(contact.id()), as_read(&before));
        piece.before.push(std::iter::once(still).chain(ops.iter().cloned()).collect());
    }
    Ok(())
}
