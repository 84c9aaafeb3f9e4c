//! What the tests of listsync stand on: every port in memory, faults at every port call, and one contract per port that
//! each adapter has to meet.
//!
//! Nothing here goes by the clock, the environment or a source of randomness: time is a [`fakes::ManualClock`], chance is
//! [`dice::Dice`] with a seed, so a failing test fails again in the same way. Ids that the embedded store gives are others
//! each time, but in the order in which they were given. Only [`moto`], a server, lives in real time.

pub mod contracts;
pub mod dice;
pub mod fakes;
pub mod faults;
pub mod moto;
pub mod sample;
