//! The rules of the list service, over one person at a time.
//!
//! A [`Person`] is all that is kept of somebody: their contact with every address, external id and object, how they stand to
//! each list, and what they said. Each rule takes a person and what is done, and answers with a [`Change`] or a [`Refusal`].
//! Stores load a person, ask the rule, and commit what it answers; nothing of it is decided there.
//!
//! A rule sees just the lists that its person has a [`Stance`] to. So a store gives a stance, if only a blank one, for each
//! list that something is said of, and for each that a no taken over is about.

mod change;
mod edit;
mod effect;
mod forget;
mod idle;
mod merge;
mod person;
mod refusal;
mod say;
mod stand;
mod suppressed;

pub use change::{By, Change, Looks, Move, Spoken};
pub use edit::{ContactEdit, Details, Edit, MailState, create, edit, newly_known, newly_theirs};
pub use effect::{Candidate, ListOutcome, Meant, addition, removal};
pub use forget::{Farewell, Parting, erase, part};
pub use idle::{Idle, idle};
pub use merge::merge;
pub use person::{Keeper, Person, Stance, Terms};
pub use refusal::Refusal;
pub use say::{Answer, Speaker, Stranger, say};
pub use stand::{HeldOff, KeptOff, Stand, Word};
pub use suppressed::{Suppressed, keep};
