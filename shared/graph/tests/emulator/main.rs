//! The client against the stateful emulator, over TLS.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![allow(missing_docs, unreachable_pub, reason = "tests are read, not imported")]

mod changes;
mod groups;
mod guests;
mod look_ups;
mod notices;
mod people_sign_in;
mod reading;
mod rig;
mod rows;
mod shapes;
mod sign_in;
mod throttling;
mod tokens;
mod writing;
