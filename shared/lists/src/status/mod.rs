//! What the status columns of a file say of a person.

mod flags;
mod lexicon;
mod opted;
mod smell;
mod words;

pub(crate) use flags::{Flag, flag, flag_of_own_column};
pub(crate) use lexicon::usual;
pub(crate) use listsync_core::import::Meaning;
pub(crate) use opted::Opts;
pub(crate) use smell::{Smells, Speaks, Watch, Watched, smells_by_title};
pub(crate) use words::{Told, Words};
