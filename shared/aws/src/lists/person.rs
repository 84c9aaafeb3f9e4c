//! What is stored of a contact, and of how it stands to one list.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, NewContact, Origin, Standing},
};
use listsync_engine::ports::{Decision, PortResult};

use crate::{
    error,
    table::{Key, Stored, schema},
};

/// More than this many bytes of fields no contact may have: an item of the table has at most 400 KB.
const MOST_FIELD_BYTES: usize = 300_000;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) address: Address,
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) object: Option<ObjectId>,
    /// Every list that has a row of it.
    pub(crate) lists: BTreeSet<String>,
    /// Raised by each change, so that a change on stale grounds is found out.
    pub(crate) rev: u64,
}

pub(crate) fn contact_key(contact: &ContactId) -> Key {
    Key::head(format!("CONTACT#{contact}"))
}

pub(crate) fn address_key(address: &Address) -> Key {
    Key::head(format!("ADDRESS#{address}"))
}

pub(crate) fn object_key(object: &ObjectId) -> Key {
    Key::head(format!("OBJECT#{object}"))
}

/// Where the decisions of a contact about a list are.
pub(crate) fn decision_partition(list: &ListId, contact: &ContactId) -> String {
    format!("DECISION#{list}#{contact}")
}

/// Whether an edit changed a contact's name or fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Details {
    Changed,
    Same,
}

impl Contact {
    pub(crate) fn new(new: &NewContact) -> PortResult<Self> {
        let id = uuid::Uuid::now_v7().to_string();
        Ok(Self {
            id: ContactId::parse(&id).map_err(|_| error::malformed("make a contact"))?,
            address: new.address.clone(),
            name: new.name.clone(),
            fields: without_blanks(new.fields.clone()),
            object: None,
            lists: BTreeSet::new(),
            rev: 0,
        })
    }

    pub(crate) fn stored(&self) -> PortResult<Stored> {
        let Self { id, address, name, fields, object, lists, rev } = self;
        Stored::new(&contact_key(id))
            .text("id", id.as_str())
            .text("address", address.as_str())
            .text("name", name)
            .text_option("object", object.as_ref().map(ObjectId::as_str))
            .texts("lists", lists)
            .number("rev", rev)
            .document("fields", fields)
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            id: stored.read("id")?,
            address: stored.read("address")?,
            name: stored.read("name")?,
            fields: stored.read_document("fields")?,
            object: stored.read_option("object")?,
            lists: stored.set("lists"),
            rev: stored.count("rev")?,
        })
    }

    /// Takes over name and fields. An empty name says nothing; an empty field clears it; others stay.
    pub(crate) fn update(&mut self, new: &NewContact) -> Details {
        let name = if new.name.is_empty() { self.name.clone() } else { new.name.clone() };
        let mut fields = self.fields.clone();
        fields.extend(new.fields.clone());
        let fields = without_blanks(fields);
        if name == self.name && fields == self.fields {
            return Details::Same;
        }
        (self.name, self.fields) = (name, fields);
        Details::Changed
    }
}

fn without_blanks(mut fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields.retain(|_, value| !value.is_empty());
    fields
}

/// Refuses a contact that no item of the table could hold.
pub(crate) fn check_size(new: &NewContact) -> PortResult<()> {
    let bytes: usize =
        new.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + new.name.len();
    if bytes <= MOST_FIELD_BYTES {
        return Ok(());
    }
    Err(error::rejected(
        "contact_too_large",
        format!("a contact's name and fields take {bytes} bytes, and {MOST_FIELD_BYTES} is the most"),
        "leave the long columns out of the file",
    ))
}

/// How a contact stands to a list, with what a run reads of the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) contact: ContactId,
    pub(crate) address: Address,
    pub(crate) name: String,
    pub(crate) object: Option<ObjectId>,
    pub(crate) standing: Standing,
    pub(crate) origin: Origin,
    pub(crate) since: Timestamp,
    /// The number of the change that made it so.
    pub(crate) seq: u64,
    /// What the person said last.
    pub(crate) decision: Option<Decision>,
}

pub(crate) fn row_partition(list: &ListId, shard: u32) -> String {
    format!("ROW#{list}#{shard}")
}

pub(crate) fn row_key(list: &ListId, contact: &ContactId) -> Key {
    Key::new(row_partition(list, schema::shard(contact.as_str())), contact.as_str())
}

impl Row {
    pub(crate) fn stored(&self, list: &ListId) -> Stored {
        let Self { contact, address, name, object, standing, origin, since, seq, decision } = self;
        Stored::new(&row_key(list, contact))
            .text("contact", contact.as_str())
            .text("address", address.as_str())
            .text("name", name)
            .text_option("object", object.as_ref().map(ObjectId::as_str))
            .text("standing", standing.to_string())
            .text("origin", origin.to_string())
            .at("since", *since)
            .number("seq", seq)
            .text_option("decision", decision.map(decision_name))
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            contact: stored.read("contact")?,
            address: stored.read("address")?,
            name: stored.read("name")?,
            object: stored.read_option("object")?,
            standing: named(stored, "standing", &STANDINGS)?,
            origin: named(stored, "origin", &ORIGINS)?,
            since: stored.instant("since")?,
            seq: stored.count("seq")?,
            decision: stored
                .find("decision")
                .map(|_| named(stored, "decision", &DECISIONS.map(Named)))
                .transpose()?
                .map(|Named(decision)| decision),
        })
    }

    pub(crate) fn entry(&self) -> Entry {
        Entry {
            contact: self.contact.clone(),
            address: self.address.clone(),
            name: self.name.clone(),
            object_id: self.object.clone(),
            standing: self.standing,
            origin: self.origin,
            undeliverable: None,
        }
    }
}

/// A contact that never was on the list, as the list sees it.
pub(crate) fn stranger(contact: &Contact) -> Entry {
    Entry {
        contact: contact.id.clone(),
        address: contact.address.clone(),
        name: contact.name.clone(),
        object_id: contact.object.clone(),
        standing: Standing::Absent,
        origin: Origin::Manual,
        undeliverable: None,
    }
}

const STANDINGS: [Standing; 4] = [Standing::Member, Standing::OptedOut, Standing::Pending, Standing::Absent];
const ORIGINS: [Origin; 5] = [Origin::Manual, Origin::Csv, Origin::Entra, Origin::Own, Origin::Filter];
const DECISIONS: [Decision; 2] = [Decision::Subscribed, Decision::OptedOut];

#[derive(Clone, Copy)]
struct Named(Decision);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(decision_name(self.0))
    }
}

pub(crate) fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Subscribed => "subscribed",
        Decision::OptedOut => "opted_out",
    }
}

fn named<T: Copy + ToString>(stored: &Stored, attribute: &str, all: &[T]) -> PortResult<T> {
    let name: String = stored.read(attribute)?;
    let found = all.iter().copied().find(|each| each.to_string() == name);
    found.ok_or_else(|| {
        let message = format!("could not read the store: an unknown {attribute}");
        error::rejected("store_unreadable", message, "update listsync")
    })
}
