//! People beyond one list: their addresses and fields, what they said, and what is kept of those who are gone.

mod accepts;
mod departed;
pub(crate) mod edit;
pub(crate) mod fields;
mod follow;
pub(crate) mod forget;
pub(crate) mod former;
pub(crate) mod keys;
mod lists;
pub(crate) mod marks;
mod merge;
pub(crate) mod person;
mod port;
pub(crate) mod read;
mod say;
pub(crate) mod suppressions;
mod words;
