//! The run of one link, the fan-out over links, and the ports that both stand on.
//!
//! No vendor's words occur here: adapters translate.

pub mod ports;
