//! The key of the hashes of marks. Where an address is kept is told by its keyed hash, not by the address, and so is what was
//! said by who had a key or an object.

use listsync_core::{address::Address, mark::Mark, suppression};
use listsync_engine::ports::PortResult;

use crate::{
    error,
    table::{Condition, Key, Stored, Table},
};

/// What the hashes of marks are keyed by: made once, and the same for ever.
#[derive(Clone)]
pub(crate) struct Pepper(suppression::Pepper);

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(…)")
    }
}

impl Pepper {
    /// Reads it, or makes it where there is none.
    pub(crate) async fn load(table: &Table) -> PortResult<Self> {
        const DOING: &str = "read the key of the address hashes";
        let key = Key::head("PEPPER");
        if let Some(stored) = table.get(DOING, &key).await? {
            return Self::read(&stored);
        }
        let fresh = Stored::new(&key).bytes_of("bytes", &rand::random::<[u8; 32]>());
        table.put(DOING, fresh, Some(Condition::absent())).await?;
        let made = table.get(DOING, &key).await?.ok_or_else(|| error::busy(DOING))?;
        Self::read(&made)
    }

    fn read(stored: &Stored) -> PortResult<Self> {
        let bytes = stored.read_bytes("bytes")?;
        bytes.try_into().map(Self).map_err(|_| error::malformed("read the key of the address hashes"))
    }

    /// Where an address is, or what was said by who had a key or an object. No two marks have the same hash.
    pub(crate) fn key<'a>(&self, mark: impl Into<Mark<'a>>) -> Key {
        Key::head(format!("ADDRESS#{}", suppression::hash(&self.0, mark)))
    }

    /// Under what it is told which runs name an address.
    pub(crate) fn told(&self, address: &Address) -> String {
        format!("TOLD#{}", suppression::hash(&self.0, address))
    }
}
