//! Whom an address belongs to, and what was said under it by somebody who is not kept any more. Of a key and an object only the
//! latter is here.
//!
//! A mark is not written down here: its keyed hash is the item's key. So the item of a person who was erased says
//! no for them and does not tell who they were.

use listsync_core::{id::ContactId, register::Suppressed};
use listsync_engine::ports::PortResult;

use crate::{
    error,
    table::{Condition, Key, Op, Stored},
};

/// What is known of a mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) contact: Option<ContactId>,
    /// Empty while there is a contact: it carries them itself.
    pub(crate) suppressed: Vec<Suppressed>,
}

impl Owner {
    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            contact: stored.read_option("contact")?,
            suppressed: stored.document_option("suppressed")?.unwrap_or_default(),
        })
    }

    fn stored(&self, key: &Key) -> PortResult<Stored> {
        let stored = Stored::new(key).text_option("contact", self.contact.as_ref().map(ContactId::as_str));
        match self.suppressed.is_empty() {
            true => Ok(stored),
            false => stored.document("suppressed", &self.suppressed),
        }
    }

    /// That nobody took the address, and nobody said anything under it, since this was read.
    fn as_read(&self) -> PortResult<Condition> {
        Ok(match (&self.contact, self.suppressed.is_empty()) {
            (Some(contact), _) => {
                Condition::new("#contact = :contact").with_text("contact", contact.as_str())
            }
            (None, true) => Condition::absent(),
            (None, false) => {
                let text = serde_json::to_string(&self.suppressed).map_err(|_| error::malformed("read"))?;
                Condition::new("attribute_not_exists(#contact) AND #suppressed = :suppressed")
                    .with_text("suppressed", text)
            }
        })
    }

    /// Writes the address over with what is to be known of it now.
    pub(crate) fn becomes(&self, key: Key, after: &Self) -> PortResult<Op> {
        let op = match after.contact.is_none() && after.suppressed.is_empty() {
            true => Op::delete(key),
            false => {
                let stored = after.stored(&key)?;
                Op::put(key, stored)
            }
        };
        Ok(op.when(self.as_read()?))
    }

    /// The address of a contact.
    pub(crate) fn of(contact: &ContactId) -> Self {
        Self { contact: Some(contact.clone()), suppressed: Vec::new() }
    }
}
