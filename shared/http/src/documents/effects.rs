//! Whom a run added and removed.

use listsync_core::{
    Timestamp,
    csv::{Shape, row},
    effects::{Certainty, Recorded},
    link::Side,
    member::Op,
};
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
    /// The address at that time; null: it was not known, or its person was erased since.
    pub address: Option<String>,
    /// The directory object, where the member has one.
    pub object_id: Option<String>,
    /// The contact, as far as it was known then.
    pub contact: Option<String>,
    /// Whether it is known to have been done; `false`: the run was killed over it.
    pub certain: bool,
}

impl EffectDocument {
    /// Of one effect.
    #[must_use]
    pub fn of(Recorded { done, certainty, .. }: &Recorded) -> Self {
        Self {
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
        row([&at, &side, &op, self.cause, &address, &object, &contact, &certain], Shape::LINES)
    }
}

/// Effects as CSV for a spreadsheet, a row each, under a header.
#[must_use]
pub fn csv(all: &[EffectDocument]) -> String {
    let header = ["at", "side", "op", "cause", "address", "object_id", "contact", "certain"];
    all.iter().fold(row(header, Shape::LINES), |text, one| text + &one.record())
}
