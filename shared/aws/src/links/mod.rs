//! Links: what a person set up, who may run it, and what it remembers.

mod counts;
mod create;
mod due;
mod edit;
mod fold;
mod lease;
pub(crate) mod members;
mod port;
mod quiet;
mod row;
mod rows;
mod settle;
pub(crate) mod traces;

pub(crate) use row::of_list;
