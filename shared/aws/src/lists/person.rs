//! What is stored of a contact.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    contact::{Contact as Card, ExternalId, OptOut, Version},
    id::{ContactId, ListId, ObjectId},
    import::Keys,
    list::{List, NewContact, Standing},
    register::{Details, Spoken, Stand, Word},
};
use listsync_engine::ports::PortResult;

use super::row::Row;
use crate::{
    error,
    table::{Key, Op, Stored, ordered_instant, schema},
};

/// More than this many bytes of fields no contact may have: an item of the table has at most 400 KB.
const MOST_FIELD_BYTES: usize = 250_000;
/// About what a field takes besides its name and value: who set it, and when.
const FIELD_BYTES: usize = 80;
/// How many aliases a contact may have: each is a write of the transactions that make or move them.
const MOST_ALIASES: usize = 30;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    /// What is known of them.
    pub(crate) card: Card,
    /// The lists that they said no to and have no row on: they said so before they were deleted and made anew.
    pub(crate) refused: BTreeMap<ListId, OptOut>,
    /// That they were erased once, and did not subscribe since.
    pub(crate) erased: Option<OptOut>,
    /// Every list that has a row of it.
    pub(crate) lists: BTreeSet<String>,
    /// Raised by each change, so that a change on stale grounds is found out.
    pub(crate) rev: u64,
}

pub(crate) fn contact_partition(shard: u32) -> String {
    format!("CONTACT#{shard}")
}

pub(crate) fn contact_key(contact: &ContactId) -> Key {
    Key::new(contact_partition(schema::shard(contact.as_str())), contact.as_str())
}

pub(crate) fn object_key(object: &ObjectId) -> Key {
    Key::head(format!("OBJECT#{object}"))
}

pub(crate) fn external_key(external: &ExternalId) -> Key {
    Key::head(format!("EXTERNAL#{external}"))
}

/// Where what a contact said is, about whatever list.
pub(crate) fn said_partition(contact: &ContactId) -> String {
    format!("SAID#{contact}")
}

/// The item that keeps what a contact said.
pub(crate) fn said_op(contact: &ContactId, said: &Spoken) -> PortResult<Op> {
    let sort = format!("{}#{}", ordered_instant(said.told.at), uuid::Uuid::now_v7());
    let key = Key::new(said_partition(contact), sort);
    let stored = Stored::new(&key)
        .at("at", said.told.at)
        .text_option("list", said.list().map(ListId::as_str))
        .document("decision", &said.decision)?
        .document("via", &said.told.via)?;
    Ok(Op::put(key, stored))
}

impl Contact {
    /// A new contact of an address.
    pub(crate) fn new(address: &Address) -> PortResult<Self> {
        let id = uuid::Uuid::now_v7().to_string();
        let id = ContactId::parse(&id).map_err(|_| error::malformed("make a contact"))?;
        let card = Card { version: Version(1), ..Card::new(id, address.clone()) };
        Ok(Self { card, refused: BTreeMap::new(), erased: None, lists: BTreeSet::new(), rev: 0 })
    }

    pub(crate) fn id(&self) -> &ContactId {
        &self.card.id
    }

    pub(crate) fn stored(&self) -> PortResult<Stored> {
        let Self { card, refused, erased, lists, rev } = self;
        let stored = Stored::new(&contact_key(&card.id))
            .texts("lists", lists)
            .number("rev", rev)
            .document("refused", refused)?
            .document("doc", card)?;
        match erased {
            Some(erased) => stored.document("erased", erased),
            None => Ok(stored),
        }
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            card: stored.read_document("doc")?,
            refused: stored.read_document("refused")?,
            erased: stored.document_option("erased")?,
            lists: stored.set("lists"),
            rev: stored.count("rev")?,
        })
    }

    /// The lists that it has a row on.
    pub(crate) fn listed(&self) -> impl Iterator<Item = ListId> + '_ {
        self.lists.iter().filter_map(|list| ListId::parse(list).ok())
    }

    /// How it stands to a list, where this is its row. What it said no to on a deleted list of that name is about this one.
    pub(crate) fn stand(&self, list: &List, row: Option<&Row>) -> Stand {
        let said = row.and_then(|row| row.word(&self.card));
        let before = list.ids().filter_map(|id| self.refused.get(id).copied());
        Stand {
            standing: row.map_or(Standing::Absent, |row| row.standing),
            word: before.fold(said, |word, no| Word::inheriting(word, Some(no))),
            to_all: self.card.opted_out,
            since: self.card.since_no(&list.id),
            erased: self.erased,
        }
    }

    /// What it said to a list before it had a row there is the row's from now on.
    pub(crate) fn hand_over(&mut self, list: &List) {
        self.refused.retain(|id, _| !list.ids().any(|known| known == id));
    }

    /// Its keys.
    pub(crate) fn keys(&self) -> Keys {
        Keys::of(&self.card)
    }

    /// Gives it these keys in place of its own.
    pub(crate) fn set_keys(&mut self, keys: Keys) -> Details {
        if keys == self.keys() {
            return Details::Same;
        }
        let Keys { first, further } = keys;
        (self.card.external_id, self.card.further_ids) = (first, further);
        Details::Changed
    }

    /// Refuses what no item and no transaction of the table could hold.
    pub(crate) fn check(&self) -> PortResult<()> {
        let fields =
            self.card.fields.iter().map(|(name, field)| name.len() + field.value.len() + FIELD_BYTES);
        check_bytes(fields.sum::<usize>() + self.card.name.len())?;
        if self.card.aliases.len() <= MOST_ALIASES {
            return Ok(());
        }
        let message = format!("a contact has at most {MOST_ALIASES} aliases");
        Err(error::rejected("too_many_aliases", message, "remove those that are not used any more"))
    }
}

/// Refuses a contact that no item of the table could hold.
pub(crate) fn check_size(new: &NewContact) -> PortResult<()> {
    let fields = new.fields.iter().map(|(name, value)| name.len() + value.len() + FIELD_BYTES);
    check_bytes(fields.sum::<usize>() + new.name.len())
}

fn check_bytes(bytes: usize) -> PortResult<()> {
    if bytes <= MOST_FIELD_BYTES {
        return Ok(());
    }
    Err(error::rejected(
        "contact_too_large",
        format!("a contact's name and fields take {bytes} bytes, and {MOST_FIELD_BYTES} is the most"),
        "leave the long columns out of the file",
    ))
}
