//! By what a person is known again, whoever keeps them.

use crate::{
    address::Address,
    contact::{Contact, ExternalId},
    id::ObjectId,
};

/// Something that is one person's. Whoever comes to have it is taken for who had it before, and what that person said no to
/// holds for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark<'a> {
    /// An address, their own or an alias.
    Address(&'a Address),
    /// A key in a system that files come from, or that pushes people by SCIM.
    Key(&'a ExternalId),
    /// The directory object that they were matched to.
    Object(&'a ObjectId),
}

impl<'a> From<&'a Address> for Mark<'a> {
    fn from(address: &'a Address) -> Self {
        Self::Address(address)
    }
}

impl<'a> From<&'a ExternalId> for Mark<'a> {
    fn from(key: &'a ExternalId) -> Self {
        Self::Key(key)
    }
}

impl<'a> From<&'a ObjectId> for Mark<'a> {
    fn from(object: &'a ObjectId) -> Self {
        Self::Object(object)
    }
}

impl Contact {
    /// By what they are known besides their addresses: every key, and the object.
    pub fn marks_besides(&self) -> impl Iterator<Item = Mark<'_>> {
        let keys = self.external_id.iter().chain(&self.further_ids).map(Mark::Key);
        keys.chain(self.object_id.iter().map(Mark::Object))
    }

    /// By what they are known: every address, every key, and the object.
    pub fn marks(&self) -> impl Iterator<Item = Mark<'_>> {
        self.addresses().into_iter().map(Mark::Address).chain(self.marks_besides())
    }

    /// Whether a key is theirs.
    #[must_use]
    pub fn has_key(&self, key: &ExternalId) -> bool {
        self.external_id.as_ref() == Some(key) || self.further_ids.contains(key)
    }
}
