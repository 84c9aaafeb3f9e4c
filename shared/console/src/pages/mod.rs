//! The pages, a file each: what is asked of the operations, and how the answer is shown.

pub(crate) mod audit;
mod counter;
pub(crate) mod enter;
pub(crate) mod grid;
pub(crate) mod hold;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod limits;
mod linking;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod new_list;
pub(crate) mod notices;
pub(crate) mod people;
pub(crate) mod person;
mod question;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod status;
pub(crate) mod undo;
pub(crate) mod unlink;
pub(crate) mod upload;
pub(crate) mod why;
