//! What takes a run back.

use listsync_core::{
    link::Link,
    undo::{LeftOut, Person},
};
use listsync_engine::undo::{Proposal, Undone};
use serde::Serialize;
use utoipa::ToSchema;

use super::Named;

/// What would take a run back, and from whom it would not be taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Undo)]
pub struct UndoDocument {
    /// The run.
    pub run: String,
    /// Its link, which carries it to its group.
    pub link: String,
    /// The list, which is edited.
    pub list: Named,
    /// Covers the run and everybody who comes back or leaves. To be given when it is to be done.
    pub digest: String,
    /// Who comes back to the list.
    #[schema(value_type = Vec<UndoPersonSchema>)]
    pub add: Vec<Person>,
    /// Who leaves it.
    #[schema(value_type = Vec<UndoPersonSchema>)]
    pub remove: Vec<Person>,
    /// Who stays as they are, and why.
    #[schema(value_type = Vec<UndoLeftOutSchema>)]
    pub left_out: Vec<LeftOut>,
    /// The list's other links, whose groups follow it.
    pub followers: Vec<FollowerDocument>,
}

/// A link that follows what is done to its list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UndoFollower)]
pub struct FollowerDocument {
    /// The link.
    pub link: String,
    /// Where it leads; null: its group is still to be created.
    pub place: Option<String>,
    /// The name of its group.
    pub name: String,
}

/// Somebody who comes back to a list, or leaves it.
#[derive(ToSchema)]
#[schema(as = UndoPerson)]
pub struct UndoPersonSchema {
    /// The address, as it is now.
    pub address: String,
    /// The contact.
    pub contact: String,
    /// The directory object that they are matched to.
    pub object_id: Option<String>,
}

/// Somebody to whom the run did something that is not taken back.
#[derive(ToSchema)]
#[schema(as = UndoLeftOut)]
pub struct UndoLeftOutSchema {
    /// The address; null: it was not known, or its person was erased since.
    pub address: Option<String>,
    /// The contact, as far as it is known.
    pub contact: Option<String>,
    /// The directory object, as far as it is known.
    pub object_id: Option<String>,
    /// A stable code for why.
    pub code: String,
    /// The same for a person.
    pub message: String,
}

impl UndoDocument {
    /// Of what is proposed.
    #[must_use]
    pub fn of(Proposal { undo, list, link: _, others }: &Proposal) -> Self {
        Self {
            run: undo.run.to_string(),
            link: undo.link.to_string(),
            list: Named { id: list.id.to_string(), name: list.name.clone() },
            digest: undo.digest.clone(),
            add: undo.returning.iter().cloned().collect(),
            remove: undo.leaving.iter().cloned().collect(),
            left_out: undo.left_out.iter().cloned().collect(),
            followers: others.iter().map(FollowerDocument::of).collect(),
        }
    }
}

impl FollowerDocument {
    fn of(link: &Link) -> Self {
        Self {
            link: link.id.to_string(),
            place: link.place().map(|place| place.to_string()),
            name: link.group_names(),
        }
    }
}

/// What an undo did to the list. Its link's run carries it to the group, under the guard.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Undone)]
pub struct UndoneDocument {
    /// The run that was taken back.
    pub run: String,
    /// Its link, which was asked to run.
    pub link: String,
    /// The number of that request.
    pub generation: u64,
    /// How many came back to the list.
    pub added: u64,
    /// How many left it.
    pub removed: u64,
    /// How many stay as they are.
    pub left_out: usize,
}

impl UndoneDocument {
    /// Of what was done.
    #[must_use]
    pub fn of(Proposal { undo, .. }: &Proposal, done: &Undone) -> Self {
        let Undone { returned, left, generation } = done;
        Self {
            run: undo.run.to_string(),
            link: undo.link.to_string(),
            generation: generation.0,
            added: *returned,
            removed: *left,
            left_out: undo.left_out.len(),
        }
    }
}
