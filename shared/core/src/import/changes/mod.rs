//! What an import changed of each person: enough to take it back, and no more.

mod packed;

use std::collections::{BTreeMap, BTreeSet};

use super::Keys;
use crate::{
    address::Address,
    contact::{Contact, Field},
    id::ContactId,
    list::{NewContact, Standing},
};

pub use packed::{ChangesError, pack_changes, unpack_changes};

/// More bytes of former values than these are not kept of one person: what is kept of the people of one transaction fits in
/// one item of any store.
const MOST_BYTES: usize = 3_000;

/// What an import changed of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Who.
    pub contact: ContactId,
    /// Whether it made their contact.
    pub came: Came,
    /// How they came to stand otherwise to its list; none: they stand as before.
    pub moved: Option<Moved>,
    /// What it changed of who they are. Nothing where it made them: all of it is the import's then.
    pub former: Former,
}

/// Where a contact is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The import made it, and left it like this.
    Made(Print),
    /// It was there before.
    Known,
}

/// A standing and the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Before the import.
    pub from: Standing,
    /// By it.
    pub to: Standing,
}

/// What is kept of somebody as they were before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Former {
    /// Nothing of it changed, or it was forgotten because they were erased.
    Same,
    /// What changed, as it was.
    Kept(Box<Details>),
    /// Something changed, and what it was is too long to be kept.
    TooLong,
}

/// Parts of a contact as they were before an import, and by what it is known whether they are the import's still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The address that the import left them with, whether it changed or not: by it an erasure finds them.
    pub left_with: Address,
    /// Their address, where the import gave them another.
    pub address: Option<FormerAddress>,
    /// Their name.
    pub name: Option<FormerName>,
    /// Their keys.
    pub keys: Option<FormerKeys>,
    /// Fields, by name.
    pub fields: BTreeMap<String, FormerField>,
}

/// An address, and where the one after it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerAddress {
    /// The address.
    pub was: Address,
    /// Whether the one after it was an alias of theirs before.
    pub next: NextAddress,
}

/// Where the address is from that an import gave somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAddress {
    /// It was not theirs.
    Fresh,
    /// It was an alias of theirs.
    Alias,
}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    /// The name, possibly empty.
    pub was: String,
    /// Of the one after it.
    pub now: Print,
}

/// Keys of the system that files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerKeys {
    /// The keys.
    pub was: Keys,
    /// Those after them.
    pub now: Keys,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerField {
    /// The field; none: there was none.
    pub was: Option<Field>,
    /// What the import did with it.
    pub now: FieldChange,
}

/// What an import did with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldChange {
    /// It gave it another value.
    Set,
    /// It cleared it.
    Cleared,
}

/// Tells whether something is as it was, in four bytes that do not tell what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print(pub u32);

impl Print {
    /// Of a text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(spread(START, text))
    }

    /// Of all that files and people say of a contact: addresses, name, keys and fields.
    #[must_use]
    pub fn of(contact: &Contact) -> Self {
        let aliases: BTreeSet<&Address> = contact.aliases.iter().collect();
        let fields = contact.fields.iter().map(|(name, field)| (name.as_str(), field.value.as_str()));
        Self::over(&contact.address, &contact.name, &Keys::of(contact), aliases, fields)
    }

    /// The same of a contact that a row of a file makes. Empty fields are none.
    #[must_use]
    pub fn of_new(new: &NewContact, keys: &Keys) -> Self {
        let fields = new.fields.iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
        Self::over(&new.address, &new.name, keys, BTreeSet::new(), fields)
    }

    fn over<'a>(
        address: &Address,
        name: &str,
        keys: &Keys,
        aliases: BTreeSet<&Address>,
        fields: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut print = spread(spread(START, address.as_str()), name);
        // In the order of keys: which of them is shown first is another matter.
        for key in keys.iter().collect::<BTreeSet<_>>() {
            print = spread(print, key.as_str());
        }
        for alias in aliases {
            print = spread(print, alias.as_str());
        }
        for (name, value) in fields {
            print = spread(spread(print, name), value);
        }
        Self(print)
    }
}

/// The first value and the multiplier of FNV-1a over 32 bits ("The FNV Non-Cryptographic Hash Algorithm", draft-eastlake-fnv).
const START: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// Texts are told apart by a byte that is in none of them.
fn spread(print: u32, text: &str) -> u32 {
    text.bytes().chain([0xff]).fold(print, |print, byte| (print ^ u32::from(byte)).wrapping_mul(PRIME))
}

impl Former {
    /// What is kept of a contact that became another.
    #[must_use]
    pub fn between(before: &Contact, after: &Contact) -> Self {
        let next = match before.aliases.contains(&after.address) {
            true => NextAddress::Alias,
            false => NextAddress::Fresh,
        };
        let address =
            (before.address != after.address).then(|| FormerAddress { was: before.address.clone(), next });
        let name = (before.name != after.name)
            .then(|| FormerName { was: before.name.clone(), now: Print::of_text(&after.name) });
        let (was, now) = (Keys::of(before), Keys::of(after));
        let keys = (was != now).then_some(FormerKeys { was, now });
        let names: BTreeSet<&String> = before.fields.keys().chain(after.fields.keys()).collect();
        let value = |of: &Contact, name: &String| of.fields.get(name).map(|field| field.value.clone());
        let changed = names.into_iter().filter(|name| value(before, name) != value(after, name));
        let field = |name: &String| {
            let now = if after.fields.contains_key(name) { FieldChange::Set } else { FieldChange::Cleared };
            (name.clone(), FormerField { was: before.fields.get(name).cloned(), now })
        };
        let fields = changed.map(field).collect();
        Details { left_with: after.address.clone(), address, name, keys, fields }.kept()
    }

    /// What is kept of two changes after one another.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::TooLong, _) | (_, Self::TooLong) => Self::TooLong,
            (Self::Same, one) | (one, Self::Same) => one,
            (Self::Kept(one), Self::Kept(other)) => one.then(*other).kept(),
        }
    }

    /// The addresses by which it names somebody.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        let details = match self {
            Self::Kept(details) => Some(details),
            Self::Same | Self::TooLong => None,
        };
        details.into_iter().flat_map(|details| {
            std::iter::once(&details.left_with).chain(details.address.iter().map(|former| &former.was))
        })
    }

    /// Forgets who somebody was, if it is one of these addresses; whether it did.
    pub fn forget(&mut self, is_theirs: impl Fn(&Address) -> bool) -> bool {
        let found = self.addresses().any(is_theirs);
        if found {
            *self = Self::Same;
        }
        found
    }
}

impl Details {
    fn kept(self) -> Former {
        let Self { left_with: _, address, name, keys, fields } = &self;
        if address.is_none() && name.is_none() && keys.is_none() && fields.is_empty() {
            return Former::Same;
        }
        let value = |field: &FormerField| field.was.as_ref().map_or(0, |field| field.value.len());
        let of_fields: usize = fields.iter().map(|(name, field)| name.len() + value(field) + 12).sum();
        let of_keys = |keys: &Keys| keys.iter().map(|key| key.as_str().len() + 2).sum::<usize>();
        let of_keys = keys.as_ref().map_or(0, |keys| of_keys(&keys.was) + of_keys(&keys.now));
        let bytes = name.as_ref().map_or(0, |name| name.was.len()) + of_keys + of_fields;
        if bytes > MOST_BYTES { Former::TooLong } else { Former::Kept(Box::new(self)) }
    }

    fn then(mut self, later: Self) -> Self {
        self.left_with = later.left_with;
        self.address = self.address.or(later.address);
        self.name = match (self.name, later.name) {
            (Some(first), Some(last)) => Some(FormerName { now: last.now, ..first }),
            (first, last) => first.or(last),
        };
        self.keys = match (self.keys, later.keys) {
            (Some(first), Some(last)) => Some(FormerKeys { now: last.now, ..first }),
            (first, last) => first.or(last),
        };
        for (name, field) in later.fields {
            let now = field.now;
            self.fields.entry(name).or_insert(field).now = now;
        }
        self
    }
}

impl Touched {
    /// Somebody whom an import changed; none: it changed nothing of them.
    #[must_use]
    pub fn known(contact: ContactId, moved: Option<Moved>, former: Former) -> Option<Self> {
        let changed = moved.is_some() || former != Former::Same;
        changed.then_some(Self { contact, came: Came::Known, moved, former })
    }

    /// Somebody whom it put on its list as it made them.
    #[must_use]
    pub fn made(contact: ContactId, print: Print) -> Self {
        let moved = Moved { from: Standing::Absent, to: Standing::Member };
        Self { contact, came: Came::Made(print), moved: Some(moved), former: Former::Same }
    }

    /// What two rows of one import changed of the same person.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let moved = match (self.moved, later.moved) {
            (Some(first), Some(last)) => {
                Some(Moved { from: first.from, to: last.to }).filter(|moved| moved.from != moved.to)
            }
            (first, last) => first.or(last),
        };
        let former = match self.came {
            Came::Made(_) => Former::Same,
            Came::Known => self.former.then(later.former),
        };
        Self { contact: self.contact, came: self.came, moved, former }
    }
}

/// Forgets who somebody was in all that is kept of imports: as this contact, or under these addresses; whether anything was.
pub fn forget_former(
    all: &mut [Touched],
    contact: Option<&ContactId>,
    is_theirs: impl Fn(&Address) -> bool,
) -> bool {
    let mut found = false;
    for touched in all {
        let is_meant = Some(&touched.contact) == contact;
        found |= touched.former.forget(|address| is_meant || is_theirs(address));
    }
    found
}
