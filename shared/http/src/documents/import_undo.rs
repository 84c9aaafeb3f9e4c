//! Taking an import back, as documents.

use listsync_core::import::undo::{Step, Totals, Verdict};
use listsync_engine::{
    imports_undo::{TakenBack, UndoPlan},
    people::Stored,
    ports::Import,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Named, import::ImportSchema};

/// What taking an import back would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportUndoPlan)]
pub struct UndoPlanDocument {
    /// The import.
    pub import: String,
    /// Its list.
    pub list: Named,
    /// Names what is taken back of whom; the same plan has the same one.
    pub digest: String,
    /// What it comes to.
    #[schema(value_type = TotalsSchema)]
    pub totals: Totals,
    /// How many files were taken into the list after it. Whom one of them names as they are goes nevertheless.
    pub later_imports: u64,
    /// The people whom the import changed, each once.
    pub people: Vec<UndoneOf>,
}

/// How many people it comes to.
#[derive(ToSchema)]
#[schema(as = ImportUndoTotals)]
pub struct TotalsSchema {
    /// Leave the list, to which the import had brought them.
    pub leave: u64,
    /// Come back to it.
    pub come_back: u64,
    /// Have an address, a name, external ids or fields as they were.
    pub restored: u64,
    /// Contacts that only the import made, and that are deleted.
    pub deleted: u64,
    /// Keep something that the import changed.
    pub left_out: u64,
}

/// What becomes of one person.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportUndoPerson)]
pub struct UndoneOf {
    /// The contact.
    pub contact: String,
    /// Their address; null: they are kept no more.
    pub address: Option<String>,
    /// Their display name, possibly empty.
    pub name: String,
    /// What is taken back: `joined` (they leave), `left` (they come back), `address`, `name`, `external_ids`, `field NAME`,
    /// `contact` (it is deleted).
    pub back: Vec<String>,
    /// What stays as it is.
    pub stays: Vec<Stays>,
}

/// A part of what an import did that stays.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportUndoStays)]
pub struct Stays {
    /// Which, as in `back`, or `details`.
    pub part: String,
    /// Why, as a stable code.
    pub code: &'static str,
    /// Why, for people.
    pub message: &'static str,
}

impl From<&UndoPlan> for UndoPlanDocument {
    fn from(plan: &UndoPlan) -> Self {
        let UndoPlan { import, list, undo, people, later, digest } = plan;
        let person = |step: &Step| {
            let Step { change, verdict: Verdict { back, left } } = step;
            let id = &change.touched.contact;
            let contact = people.get(id).map(|person| &person.contact);
            let stays = left.iter().map(|(part, why)| Stays {
                part: part.to_string(),
                code: why.code(),
                message: why.sentence(),
            });
            UndoneOf {
                contact: id.to_string(),
                address: contact.map(|contact| contact.address.to_string()),
                name: contact.map(|contact| contact.name.clone()).unwrap_or_default(),
                back: back.iter().map(ToString::to_string).collect(),
                stays: stays.collect(),
            }
        };
        Self {
            import: import.id.to_string(),
            list: Named { id: list.id.to_string(), name: list.name.clone() },
            digest: digest.clone(),
            totals: undo.totals(),
            later_imports: *later,
            people: undo.steps.iter().map(person).collect(),
        }
    }
}

/// That the plan of this digest is to be done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportUndo)]
pub struct UndoBody {
    /// The digest of the plan that was shown: another one is refused.
    pub digest: String,
}

/// What taking an import back came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportUndone)]
pub struct UndoneDocument {
    /// The import, as it is kept.
    #[serde(flatten)]
    #[schema(value_type = ImportSchema)]
    pub import: Import,
    /// How many people came to be otherwise between the plan and its doing, and were left as they are.
    pub meanwhile: u64,
    /// The links that were asked to run.
    pub links: Vec<String>,
}

impl From<Stored<TakenBack>> for UndoneDocument {
    fn from(Stored { what: TakenBack { import, meanwhile }, links }: Stored<TakenBack>) -> Self {
        let links = links.iter().map(ToString::to_string).collect();
        Self { import, meanwhile: meanwhile.len() as u64, links }
    }
}
