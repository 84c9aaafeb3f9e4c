//! What the tests of listsync stand on: fakes of every port, faults at every port call, and one contract per port that
//! each adapter has to meet.
//!
//! Nothing here reads the clock, the environment or a source of randomness: time is a [`fakes::ManualClock`], chance is
//! [`dice::Dice`] with a seed, so a failing test fails again in the same way. Only [`moto`], a server, lives in real time.

pub mod contracts;
pub mod dice;
pub mod fakes;
pub mod faults;
pub mod moto;
pub mod sample;
