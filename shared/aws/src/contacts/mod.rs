//! What is kept of people beyond one list.

mod departed;
mod edit;
mod forget;
mod merge;
mod moves;
mod pages;
mod port;
mod recognize;
mod rule;
mod say;
mod together;
mod undo;
mod whole;

pub(crate) use edit::readdress;
pub(crate) use recognize::{recognize, waiting};
pub(crate) use rule::ruled;
