use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{
    address::Address,
    id::ContactId,
    link::Side,
    member::{Change, HoldReason, MemberKey, Op},
};

/// Why an effect is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// New on the list.
    ListAdded,
    /// New in the group.
    GroupAdded,
    /// Gone from the list.
    ListRemoved,
    /// Gone from the group.
    GroupRemoved,
    /// The person opted out.
    OptedOut,
    /// The other side wins the first merge.
    FirstMerge,
    /// In a one-way mode only the following side has it.
    Extra,
    /// In a one-way mode the following side lost it.
    Restored,
    /// A crash left unrecorded whether it was done: it is done once more.
    Unrecorded,
    /// New on the list and external: invited as a guest first.
    Invited,
}

impl Cause {
    /// The stable code that plans show.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ListAdded => "list_added",
            Self::GroupAdded => "group_added",
            Self::ListRemoved => "list_removed",
            Self::GroupRemoved => "group_removed",
            Self::OptedOut => "opted_out",
            Self::FirstMerge => "first_merge",
            Self::Extra => "extra",
            Self::Restored => "restored",
            Self::Unrecorded => "unrecorded",
            Self::Invited => "invited",
        }
    }
}

/// By what right an effect goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nobody needs to be asked: removals that the person asked for, and additions that were judged where they came in, or
    /// bring back who was there.
    Free,
    /// The guard decides.
    Guarded,
    /// A person approved it.
    Approved,
    /// A person has to approve it, whatever the guard says.
    NeedsApproval(HoldReason),
    /// The guard held it in an earlier run, and nobody ruled on it: it stays held, whatever the guard would say today.
    Held(HoldReason),
}

impl Release {
    /// Whether the guard counts a change of that right.
    #[must_use]
    pub fn counts(self) -> bool {
        match self {
            Self::Guarded | Self::Approved | Self::Held(_) => true,
            Self::Free | Self::NeedsApproval(_) => false,
        }
    }
}

/// Whether what is done about somebody is kept under their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// As of anybody.
    Named,
    /// They were erased. It is kept that it was done, and nothing that leads to who they were: no address, no contact, and no
    /// directory object, which leads to a name as an address does.
    Nameless,
}

/// A contact of the list that stands for the same person as another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Which.
    pub contact: ContactId,
    /// Its address.
    pub address: Address,
}

/// One add or remove on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub key: MemberKey,
    /// What and where.
    pub change: Change,
    /// Why.
    pub cause: Cause,
    /// By what right.
    pub release: Release,
    /// The address, as far as known.
    pub address: Option<Address>,
    /// The display name, possibly empty.
    pub name: String,
    /// The contact, as far as known.
    pub contact: Option<ContactId>,
    /// Further contacts of the person, who leave the list with this one.
    pub also: Vec<Alias>,
    /// Whether it is kept under their name.
    pub naming: Naming,
}

impl Effect {
    /// How many entries of its side it adds or removes: the guard counts these.
    #[must_use]
    pub fn entries(&self) -> u64 {
        1 + self.also.len() as u64
    }

    /// Additions go first, so that no side is ever emptier than it has to be.
    pub(super) fn rank(&self) -> (Op, Side, Option<&Address>, &MemberKey) {
        (self.change.op, self.change.side.other(), self.address.as_ref(), &self.key)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            change: Change { side, op },
            cause,
            release: _,
            address,
            name: _,
            contact: _,
            also,
            naming: _,
        } = self;
        let sign = if *op == Op::Add { '+' } else { '-' };
        match address {
            Some(address) => write!(f, "{sign} {side:<5}  {address}")?,
            None => write!(f, "{sign} {side:<5}  {key}")?,
        }
        for alias in also {
            write!(f, ", {}", alias.address)?;
        }
        write!(f, "  ({})", cause.code())
    }
}

impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_struct("Effect", 4)?;
        entry.serialize_field("address", &self.address)?;
        let also: Vec<&Address> = self.also.iter().map(|alias| &alias.address).collect();
        entry.serialize_field("also", &also)?;
        entry.serialize_field("object_id", &self.key.object_id())?;
        entry.serialize_field("reason", self.cause.code())?;
        entry.end()
    }
}
