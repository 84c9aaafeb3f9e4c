//! Links: what a person set up, who may run it, and what it remembers.

mod counts;
mod create;
mod edit;
mod finish;
mod fold;
mod lease;
mod members;
mod port;
pub(crate) mod quiet;
pub(crate) mod row;
