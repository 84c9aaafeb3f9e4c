//! People as they were read, and what is written when one of them changes.

use std::collections::{BTreeSet, HashMap};

use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::PortResult;

use super::{
    person::{Contact, Row, address_key, contact_key, object_key, row_key},
    tx::{Logged, Piece},
};
use crate::table::{Condition, Key, Op, Stored, Table};

/// More rows on other lists than this are written before the person is, a transaction after the other.
const MOST_OTHERS: usize = 40;

/// People, as far as they were asked for, and their rows on one list.
#[derive(Debug)]
pub(crate) struct People {
    list: ListId,
    addresses: HashMap<Address, ContactId>,
    objects: HashMap<ObjectId, BTreeSet<String>>,
    contacts: HashMap<ContactId, Contact>,
    rows: HashMap<ContactId, Row>,
}

/// Who is wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) addresses: Vec<Address>,
    pub(crate) objects: Vec<ObjectId>,
    pub(crate) contacts: Vec<ContactId>,
}

/// A new standing, who brought it, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) to: Standing,
    pub(crate) by: Origin,
    pub(crate) at: Timestamp,
}

/// One person while a step is decided: as read, and as it shall be.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    before: Option<Contact>,
    pub(crate) contact: Contact,
    pub(crate) row: Option<Row>,
    moved: Option<Move>,
    /// The row changed without a move: a decision was repeated under the same standing.
    noted: bool,
}

impl People {
    pub(crate) async fn load(table: &Table, list: &ListId, wanted: Wanted) -> PortResult<Self> {
        const DOING: &str = "read the contacts";
        let mut people = Self {
            list: list.clone(),
            addresses: HashMap::new(),
            objects: HashMap::new(),
            contacts: HashMap::new(),
            rows: HashMap::new(),
        };
        let mut ids: BTreeSet<ContactId> = wanted.contacts.into_iter().collect();
        let keys = wanted.addresses.iter().map(address_key);
        let keys: Vec<Key> = keys.chain(wanted.objects.iter().map(object_key)).collect();
        let found = table.get_many(DOING, keys).await?;
        for address in wanted.addresses {
            if let Some(stored) = found.get(&address_key(&address)) {
                let id: ContactId = stored.read("contact")?;
                ids.insert(id.clone());
                people.addresses.insert(address, id);
            }
        }
        for object in wanted.objects {
            let set =
                found.get(&object_key(&object)).map(|stored| stored.set("contacts")).unwrap_or_default();
            ids.extend(set.iter().filter_map(|id| ContactId::parse(id).ok()));
            people.objects.insert(object, set);
        }
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

    /// Everybody who was found.
    pub(crate) fn known(&self) -> impl Iterator<Item = &ContactId> {
        self.contacts.keys()
    }

    pub(crate) fn by_id(&self, id: &ContactId) -> Option<Draft> {
        let contact = self.contacts.get(id)?.clone();
        let row = self.rows.get(id).cloned();
        Some(Draft { before: Some(contact.clone()), contact, row, moved: None, noted: false })
    }

    pub(crate) fn by_address(&self, address: &Address) -> Option<Draft> {
        self.by_id(self.addresses.get(address)?)
    }

    /// The contact of this address; a new one where there is none.
    pub(crate) fn obtain(&self, new: &NewContact) -> PortResult<Draft> {
        match self.by_address(&new.address) {
            Some(known) => Ok(known),
            None => {
                let contact = Contact::new(new)?;
                Ok(Draft { before: None, contact, row: None, moved: None, noted: false })
            }
        }
    }

    /// Every contact that was matched to an object, oldest first.
    pub(crate) fn by_object(&self, object: &ObjectId) -> Vec<Draft> {
        let ids = self.objects.get(object).into_iter().flatten();
        ids.filter_map(|id| ContactId::parse(id).ok())
            .filter_map(|id| self.by_id(&id))
            .filter(|draft| draft.contact.object.as_ref() == Some(object))
            .collect()
    }

    /// What is to be written for a draft; from here on the people are as if it were.
    pub(crate) fn settle(&mut self, draft: Draft) -> PortResult<Piece> {
        let Draft { before, mut contact, row, moved, noted } = draft;
        let mut piece = Piece::default();
        if moved.is_some() && row.is_none() {
            contact.lists.insert(self.list.to_string());
        }
        let changed = before.as_ref() != Some(&contact);
        let shown = |contact: &Contact| (contact.name.clone(), contact.object.clone());
        let other_looks = before.as_ref().is_some_and(|before| shown(before) != shown(&contact));
        if changed {
            contact.rev += 1;
        }
        piece.ops.extend(contact_op(before.as_ref(), &contact, changed, moved.is_some() || noted)?);
        piece.ops.extend(object_ops(before.as_ref(), &contact));
        let after = row_after(&contact, row.as_ref(), moved);
        match (moved, after) {
            (Some(change), Some(after)) => {
                piece.members = i64::from(after.standing == Standing::Member)
                    - i64::from(row.is_some_and(|row| row.standing == Standing::Member));
                let what = change.to.to_string();
                let logged = Logged { contact: contact.id.clone(), what, origin: change.by, at: change.at };
                self.rows.insert(contact.id.clone(), after.clone());
                piece.row = Some((after, logged));
            }
            (None, Some(after)) if other_looks || noted => {
                let key = row_key(&self.list, &contact.id);
                let seen = Condition::new("#seq = :seen").with_number("seen", after.seq);
                piece.ops.push(Op::put(key, after.stored(&self.list)).when(seen));
                self.rows.insert(contact.id.clone(), after);
            }
            _ => {}
        }
        if other_looks {
            let others = contact.lists.iter().filter(|list| **list != self.list.as_str());
            let others: Vec<ListId> = others.filter_map(|list| ListId::parse(list).ok()).collect();
            spread(&mut piece, &contact, &others);
        }
        self.note(before.as_ref(), contact);
        Ok(piece)
    }

    fn note(&mut self, before: Option<&Contact>, contact: Contact) {
        let id = contact.id.to_string();
        if let Some(old) = before.and_then(|before| before.object.as_ref())
            && let Some(set) = self.objects.get_mut(old)
        {
            set.remove(&id);
        }
        if let Some(object) = &contact.object {
            self.objects.entry(object.clone()).or_default().insert(id);
        }
        self.addresses.insert(contact.address.clone(), contact.id.clone());
        self.contacts.insert(contact.id.clone(), contact);
    }
}

impl Draft {
    pub(crate) fn standing(&self) -> Standing {
        self.row.as_ref().map_or(Standing::Absent, |row| row.standing)
    }

    /// Whether it changed after the list was read up to this number.
    pub(crate) fn changed_after(&self, seen: Option<u64>) -> bool {
        let seq = self.row.as_ref().map_or(0, |row| row.seq);
        seen.is_some_and(|seen| seq > seen)
    }

    pub(crate) fn shift(&mut self, change: Move) {
        self.moved = Some(change);
    }

    /// The row itself was changed by the caller.
    pub(crate) fn is_noted(&mut self) {
        self.noted = true;
    }
}

/// The row after a step. Who leaves keeps the origin.
fn row_after(contact: &Contact, row: Option<&Row>, moved: Option<Move>) -> Option<Row> {
    let looks = |row: Row| Row { name: contact.name.clone(), object: contact.object.clone(), ..row };
    let Some(Move { to, by, at }) = moved else { return row.cloned().map(looks) };
    let origin = match row {
        Some(row) if to == Standing::Absent => row.origin,
        _ => by,
    };
    let fresh = Row {
        contact: contact.id.clone(),
        address: contact.address.clone(),
        name: contact.name.clone(),
        object: contact.object.clone(),
        standing: to,
        origin,
        since: at,
        seq: row.map_or(0, |row| row.seq),
        decision: row.and_then(|row| row.decision),
    };
    Some(fresh)
}

/// The write of the contact itself, or a look that it is still as it was read.
fn contact_op(
    before: Option<&Contact>,
    contact: &Contact,
    changed: bool,
    relied_on: bool,
) -> PortResult<Vec<Op>> {
    let key = contact_key(&contact.id);
    let Some(before) = before else {
        let address = address_key(&contact.address);
        let taken = Stored::new(&address).text("contact", contact.id.as_str());
        return Ok(vec![
            Op::put(address, taken).when(Condition::absent()),
            Op::put(key, contact.stored()?).when(Condition::absent()),
        ]);
    };
    if changed {
        return Ok(vec![Op::put(key, contact.stored()?).when(as_read(before))]);
    }
    Ok(if relied_on { vec![Op::check(key, as_read(before))] } else { Vec::new() })
}

/// That nobody changed a contact since it was read.
pub(crate) fn as_read(contact: &Contact) -> Condition {
    Condition::new("#rev = :rev").with_number("rev", contact.rev)
}

/// The index from objects to contacts.
pub(crate) fn object_ops(before: Option<&Contact>, contact: &Contact) -> Vec<Op> {
    let old = before.and_then(|before| before.object.as_ref());
    let new = contact.object.as_ref();
    if old == new {
        return Vec::new();
    }
    let set = || aws_sdk_dynamodb::types::AttributeValue::Ss(vec![contact.id.to_string()]);
    let op = |object: &ObjectId, verb: &str| {
        let update = Condition::new(format!("SET #schema = :schema {verb} #contacts :contact"));
        let update = update.with("contact", set()).with_number("schema", crate::table::schema::SCHEMA);
        Op::update(object_key(object), update)
    };
    let old = old.map(|object| op(object, "DELETE"));
    old.into_iter().chain(new.map(|object| op(object, "ADD"))).collect()
}

/// What rows on other lists show of the contact.
fn spread(piece: &mut Piece, contact: &Contact, others: &[ListId]) {
    let ops: Vec<Op> = others.iter().map(|list| look_op(list, contact)).collect();
    if ops.len() <= MOST_OTHERS {
        piece.ops.extend(ops);
        return;
    }
    let before = Contact { rev: contact.rev - 1, ..contact.clone() };
    for ops in ops.chunks(MOST_OTHERS) {
        let still = Op::check(contact_key(&contact.id), as_read(&before));
        piece.before.push(std::iter::once(still).chain(ops.iter().cloned()).collect());
    }
}

/// Shows a contact's name and match on a list's row.
pub(crate) fn look_op(list: &ListId, contact: &Contact) -> Op {
    let update = match &contact.object {
        Some(object) => {
            Condition::new("SET #name = :name, #object = :object").with_text("object", object.as_str())
        }
        None => Condition::new("SET #name = :name REMOVE #object"),
    };
    let update = update.with_text("name", &contact.name);
    Op::update(row_key(list, &contact.id), update).when(Condition::present())
}
