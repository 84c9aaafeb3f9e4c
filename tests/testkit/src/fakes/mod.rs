//! Every port in memory, without waiting: a directory and a clock of our own, and the embedded store as it ships.

mod clock;
mod directory;
mod store;

pub use clock::ManualClock;
pub use directory::{Actor, Event, FakeDirectory, Lag};
pub use store::{RowWrites, TestStore};
