//! One person on one list while a step is decided: as read, and as they shall be.

use listsync_core::{
    Timestamp,
    address::Address,
    id::ContactId,
    list::{List, Origin, Standing},
};

use super::{
    person::Contact,
    row::{Leave, Row},
};

/// Who changes something, and when.
pub(crate) type By = (Origin, Timestamp);

/// A new standing, who brought it, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) to: Standing,
    pub(crate) by: Origin,
    pub(crate) at: Timestamp,
}

/// One person while a step is decided.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(super) before: Option<Contact>,
    pub(crate) contact: Contact,
    pub(crate) row: Option<Row>,
    pub(super) moved: Option<Move>,
    /// The row changed without a move: a decision was repeated under the same standing.
    pub(super) noted: bool,
    /// Who gave it another address.
    pub(super) readdressed: Option<By>,
    refused: bool,
}

impl Draft {
    /// A contact that is kept.
    pub(crate) fn of(contact: Contact, row: Option<Row>, list: &List) -> Self {
        Self { before: Some(contact.clone()), row, ..Self::fresh(contact, list) }
    }

    /// A contact that is new.
    pub(crate) fn fresh(contact: Contact, list: &List) -> Self {
        let refused = contact.refuses(list);
        Self { before: None, contact, row: None, moved: None, noted: false, readdressed: None, refused }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.row.as_ref().map_or(Standing::Absent, |row| row.standing)
    }

    /// Whether an opt-out that is in force keeps it off the list.
    pub(crate) fn is_opted_out(&self) -> bool {
        self.standing() == Standing::OptedOut || (self.refused && self.standing() == Standing::Absent)
    }

    /// Its id, if it is kept already.
    pub(crate) fn known_id(&self) -> Option<ContactId> {
        self.before.as_ref().map(|contact| contact.id().clone())
    }

    /// Whether the contact itself is another than it was.
    pub(crate) fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.contact)
    }

    pub(crate) fn is_readdressed(&self) -> bool {
        self.readdressed.is_some()
    }

    /// Whether it is opted out, and its row does not say so yet.
    pub(crate) fn is_silently_out(&self) -> bool {
        self.refused && self.standing() == Standing::Absent
    }

    /// Whether it changed after the list was read up to this number.
    pub(crate) fn changed_after(&self, seen: Option<u64>) -> bool {
        let seq = self.row.as_ref().map_or(0, |row| row.seq);
        seen.is_some_and(|seen| seq > seen)
    }

    pub(crate) fn shift(&mut self, change: Move) {
        self.moved = Some(change);
    }

    /// The row itself was changed by the caller.
    pub(crate) fn is_noted(&mut self) {
        self.noted = true;
    }

    /// Gives the contact another address.
    pub(crate) fn readdress(&mut self, address: &Address, by: By) {
        self.contact.readdress(address, by.0);
        self.readdressed = Some(by);
    }

    /// The row after a step. Who leaves keeps the origin.
    pub(super) fn row_after(contact: &Contact, row: Option<Row>, moved: Option<Move>) -> Option<Row> {
        let Some(Move { to, by, at }) = moved else { return row.map(|row| row.showing(&contact.card)) };
        let known = row.is_some();
        let row = row.unwrap_or_else(|| Row::blank(&contact.card, at)).showing(&contact.card);
        let origin = if known && to == Standing::Absent { row.origin } else { by };
        Some(Row { standing: to, origin, since: at, leave: Leave::Plain, ..row })
    }
}
