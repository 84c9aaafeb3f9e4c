//! The part of OData that the emulated calls use.

pub(crate) mod cursor;
pub(crate) mod filter;
pub(crate) mod parse;
pub(crate) mod query;
