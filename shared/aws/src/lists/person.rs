//! What is stored of a contact.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    consent::{holds_off, stronger},
    contact::{Contact as Card, ExternalId, Field, OptOut, OptOutReason, Scope, Version},
    id::{ContactId, ListId, ObjectId},
    import::Keys,
    list::{List, NewContact, OptOutRule, Origin},
};
use listsync_engine::ports::PortResult;

use super::owner::{Owner, Suppressed};
use crate::{
    error,
    table::{Key, Stored, schema},
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

/// Whether an edit changed a contact's name or fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Details {
    Changed,
    Same,
}

impl Contact {
    /// A new contact of an address, with what its owner said before they were deleted.
    pub(crate) fn new(address: &Address, owner: &Owner) -> PortResult<Self> {
        let id = uuid::Uuid::now_v7().to_string();
        let id = ContactId::parse(&id).map_err(|_| error::malformed("make a contact"))?;
        let card = Card { version: Version(1), ..Card::new(id, address.clone()) };
        let mut contact =
            Self { card, refused: BTreeMap::new(), erased: None, lists: BTreeSet::new(), rev: 0 };
        contact.takes_over(&owner.suppressed);
        Ok(contact)
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

    /// Address and aliases.
    pub(crate) fn addresses(&self) -> BTreeSet<&Address> {
        self.card.aliases.iter().chain([&self.card.address]).collect()
    }

    /// The lists that it has a row on.
    pub(crate) fn listed(&self) -> impl Iterator<Item = ListId> + '_ {
        self.lists.iter().filter_map(|list| ListId::parse(list).ok())
    }

    /// Makes opt-outs under an address its own.
    pub(crate) fn takes_over(&mut self, suppressed: &[Suppressed]) {
        for Suppressed { scope, no } in suppressed {
            match scope {
                Scope::All => {
                    self.card.refuse_all(*no);
                    let erased = Some(*no).filter(|no| no.reason == OptOutReason::Erased);
                    self.erased = self.erased.or(erased);
                }
                Scope::List(list) if !self.lists.contains(list.as_str()) => {
                    self.refused.entry(list.clone()).or_insert(*no);
                }
                Scope::List(_) => {}
            }
        }
    }

    /// Whether an opt-out that is in force keeps it off a list, whatever its row there says.
    pub(crate) fn refuses(&self, list: &List) -> bool {
        let since = self.card.since_no(&list.id);
        let mut to_all = self.card.opted_out.into_iter().chain(self.erased);
        let of_list = self.no_to(list).is_some() && list.opt_out == OptOutRule::Allowed;
        of_list || to_all.any(|no| holds_off(no.reason, since, list.opt_out))
    }

    /// What it said to a list, or to a deleted one of that name, before it had a row on it.
    pub(crate) fn no_to(&self, list: &List) -> Option<OptOut> {
        list.ids()
            .filter_map(|id| self.refused.get(id).copied())
            .fold(None, |no, next| stronger(no, Some(next)))
    }

    /// The same, which from now on its row says.
    pub(crate) fn take_no_to(&mut self, list: &List) -> Option<OptOut> {
        let no = self.no_to(list);
        self.refused.retain(|id, _| !list.ids().any(|known| known == id));
        no
    }

    /// Takes over name and fields. An empty name says nothing; an empty field clears it; others stay.
    pub(crate) fn update(&mut self, new: &NewContact, (by, at): (Origin, Timestamp)) -> Details {
        let renamed = !new.name.is_empty() && new.name != self.card.name;
        if renamed {
            self.card.name.clone_from(&new.name);
        }
        let edited = self.set_fields(&new.fields, (by, at));
        if renamed { Details::Changed } else { edited }
    }

    /// Sets fields; an empty value clears one, and one that stays as it is keeps who set it.
    pub(crate) fn set_fields(
        &mut self,
        fields: &BTreeMap<String, String>,
        (source, at): (Origin, Timestamp),
    ) -> Details {
        let mut details = Details::Same;
        for (name, value) in fields {
            let before = self.card.fields.get(name).map_or("", |field| &field.value);
            if before == value {
                continue;
            }
            details = Details::Changed;
            match value.is_empty() {
                true => drop(self.card.fields.remove(name)),
                false => {
                    let field = Field { value: value.clone(), source, at };
                    self.card.fields.insert(name.clone(), field);
                }
            }
        }
        details
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

    /// Gives it another address; the former one stays as an alias.
    pub(crate) fn readdress(&mut self, address: &Address, by: Origin) {
        if let (Origin::Entra, Some(grounds)) = (by, &mut self.card.grounds) {
            // The person's own, as the directory has it: that is no other person's.
            grounds.address = address.clone();
        }
        let before = std::mem::replace(&mut self.card.address, address.clone());
        self.card.aliases.insert(before);
        self.card.aliases.remove(address);
        // Whether messages reach an address is not known of another.
        self.card.undeliverable = None;
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

    /// Whether filters and editors see another contact than before.
    pub(crate) fn is_news(&self, before: Option<&Self>) -> bool {
        let seen = |card: &Card| Card { object_id: None, grounds: None, version: Version(0), ..card.clone() };
        before.is_none_or(|before| seen(&before.card) != seen(&self.card))
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
