//! What the contracts do not ask for: size, interruption, and others who write at the same time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credential;
mod due;
mod effects;
mod former;
mod imports;
mod kit;
mod leftovers;
mod load;
mod lost;
mod people;
mod records;
mod rule;
mod status;
mod writers;
