//! Whom a run added and removed.

use listsync_core::{
    Timestamp,
    csv::{Shape, row},
    effects::{Certainty, Recorded},
    history::TakenBack,
    link::Side,
    member::Op,
};
use listsync_engine::history::Traced;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// An effect of a run on one member of one side.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RunMember)]
pub struct EffectDocument {
    /// When it was done.
    pub at: Timestamp,
    /// Where.
    #[schema(value_type = words::Side)]
    pub side: Side,
    /// What.
    #[schema(value_type = words::Op)]
    pub op: Op,
    /// Why: a stable code such as `list_removed`, as plans have them; `unknown` where a later version wrote it down.
    pub cause: &'static str,
    /// What somebody took back on the list, where this carries it on to the group; else null.
    pub takes_back: Option<TakenBackDocument>,
    /// The address at that time; null: it was not known, or its person was erased since.
    pub address: Option<String>,
    /// The directory object, where the member has one.
    pub object_id: Option<String>,
    /// The contact, as far as it was known then.
    pub contact: Option<String>,
    /// Whether it is known to have been done; `false`: the run was killed over it.
    pub certain: bool,
}

/// What somebody took back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TakenBack)]
pub struct TakenBackDocument {
    /// What it is: `run` or `import`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

impl TakenBackDocument {
    fn of(what: &TakenBack) -> Self {
        let (kind, id) = match what {
            TakenBack::Run(run) => ("run", run.to_string()),
            TakenBack::Import(import) => ("import", import.to_string()),
        };
        Self { kind, id }
    }
}

impl EffectDocument {
    /// Of one effect.
    #[must_use]
    pub fn of(Traced { recorded: Recorded { done, certainty, .. }, takes_back }: &Traced) -> Self {
        Self {
            takes_back: takes_back.as_ref().map(TakenBackDocument::of),
            at: done.at,
            side: done.change.side,
            op: done.change.op,
            cause: done.because.code(),
            address: done.address.as_ref().map(ToString::to_string),
            object_id: done.object.as_ref().map(ToString::to_string),
            contact: done.contact.as_ref().map(ToString::to_string),
            certain: *certainty == Certainty::Certain,
        }
    }

    fn record(&self) -> String {
        let (at, side, op) = (self.at.to_string(), self.side.to_string(), self.op.to_string());
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let (address, object, contact) = (known(&self.address), known(&self.object_id), known(&self.contact));
        let certain = self.certain.to_string();
        let takes_back =
            self.takes_back.as_ref().map(|what| format!("{} {}", what.kind, what.id)).unwrap_or_default();
        row([&at, &side, &op, self.cause, &address, &object, &contact, &certain, &takes_back], Shape::LINES)
    }
}

/// Effects as CSV for a spreadsheet, a row each, under a header.
#[must_use]
pub fn csv(all: &[EffectDocument]) -> String {
    let header = ["at", "side", "op", "cause", "address", "object_id", "contact", "certain", "takes_back"];
    all.iter().fold(row(header, Shape::LINES), |text, one| text + &one.record())
}
