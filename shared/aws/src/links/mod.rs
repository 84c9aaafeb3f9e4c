//! Links: what a person set up, who may run it, and what it remembers.

mod create;
mod due;
mod edit;
mod fold;
mod lease;
pub(crate) mod members;
mod port;
mod removals;
mod row;
mod rows;
pub(crate) mod traces;
