//! Who joined or left, when, and by what.

use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    effects::Certainty,
    history::{By, Happened, TakenBack},
    id::ListId,
    link::Side,
    member::Op,
};
use listsync_engine::{Ports, ports::PortResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Named, words};

/// That somebody joined or left a list, or a group that is linked to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct HistoryDocument {
    /// When.
    pub at: Timestamp,
    /// The list.
    pub list: Named,
    /// On which side: the list itself, or a linked group.
    #[schema(value_type = words::Side)]
    pub side: Side,
    /// Whether they joined (`add`) or left (`remove`).
    #[schema(value_type = words::Op)]
    pub op: Op,
    /// The address: of what a run did as it was then, else as it is now; null: it is not known, or was erased.
    pub address: Option<String>,
    /// The directory object, as far as it is known.
    pub object_id: Option<String>,
    /// The contact, as far as it is known.
    pub contact: Option<String>,
    /// By what.
    pub by: ByDocument,
}

/// By what somebody joined or left.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HistoryBy)]
pub struct ByDocument {
    /// What it is: `run`, `import`, `self` (the person's own word), `filter` (the list's), `end_date` (of the
    /// membership), `run_undo` or `import_undo` (that was taken back), or whose edit it was: `local` (the command line), `key`,
    /// `source`, `inbox`, or `operator` where the audit does not tell.
    pub kind: String,
    /// The id of the run, import, key or sender, where it is known.
    pub id: Option<String>,
    /// Of a run: why, as plans have it.
    pub cause: Option<&'static str>,
    /// `false`: a run was killed over it, and it may not have been done.
    pub certain: bool,
}

impl ByDocument {
    fn of(by: &By) -> Self {
        let told =
            |kind: &str, id: Option<String>| Self { kind: kind.to_owned(), id, cause: None, certain: true };
        match by {
            By::Run { run, because, certainty } => Self {
                cause: Some(because.code()),
                certain: *certainty == Certainty::Certain,
                ..told("run", Some(run.to_string()))
            },
            By::Import(import) => told("import", import.as_ref().map(ToString::to_string)),
            By::Oneself => told("self", None),
            By::Filter => told("filter", None),
            By::EndDate => told("end_date", None),
            By::Undo(TakenBack::Run(run)) => told("run_undo", Some(run.to_string())),
            By::Undo(TakenBack::Import(import)) => told("import_undo", Some(import.to_string())),
            By::Edit(None) => told("operator", None),
            By::Edit(Some(actor)) => {
                let kind = actor.to_string();
                told(kind.split(':').next().unwrap_or_default(), actor.id().map(str::to_owned))
            }
        }
    }
}

/// The names of lists, each looked up once.
pub struct ListNames<'a> {
    ports: &'a Ports,
    known: BTreeMap<ListId, Named>,
}

impl<'a> ListNames<'a> {
    /// None is known yet.
    #[must_use]
    pub fn new(ports: &'a Ports) -> Self {
        Self { ports, known: BTreeMap::new() }
    }

    /// What happened, with the list's name of now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn document(&mut self, happened: &Happened) -> PortResult<HistoryDocument> {
        let list = match self.known.get(&happened.list) {
            Some(known) => known.clone(),
            None => {
                let named = Named::list(self.ports, &happened.list).await?;
                self.known.insert(happened.list.clone(), named.clone());
                named
            }
        };
        Ok(HistoryDocument {
            at: happened.at,
            list,
            side: happened.change.side,
            op: happened.change.op,
            address: happened.address.as_ref().map(ToString::to_string),
            object_id: happened.object.as_ref().map(ToString::to_string),
            contact: happened.contact.as_ref().map(ToString::to_string),
            by: ByDocument::of(&happened.by),
        })
    }
}
