//! Every port in memory, exact and without waiting.

mod clock;
mod directory;
mod memory;

pub use clock::ManualClock;
pub use directory::{Actor, Event, FakeDirectory, Lag};
pub use memory::{MemoryStore, RowWrites};
