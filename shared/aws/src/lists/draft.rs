//! One person on one list while a step is decided: as read, and as they shall be.

use listsync_core::{
    Timestamp,
    address::Address,
    contact::Contact as Card,
    id::ContactId,
    import::changes::{Former, Moved, Print, Touched},
    list::{List, Origin, Standing},
    register::{Candidate, KeptOff, Spoken, Stand},
    stay::Dates,
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
    /// Who gave it another address.
    pub(super) readdressed: Option<By>,
    list: List,
    /// How it stands to the list as it was read, with all it said.
    pub(crate) stand: Stand,
    /// What it said by taking over what had been said under its address.
    pub(super) words: Vec<Spoken>,
}

impl Draft {
    /// A contact that is kept.
    pub(crate) fn of(contact: Contact, row: Option<Row>, list: &List) -> Self {
        let stand = contact.stand(list, row.as_ref());
        Self { before: Some(contact.clone()), row, stand, ..Self::fresh((contact, Vec::new()), list) }
    }

    /// A contact that is new, with what it said.
    pub(crate) fn fresh((contact, words): (Contact, Vec<Spoken>), list: &List) -> Self {
        let stand = contact.stand(list, None);
        let (before, row, moved, readdressed) = (None, None, None, None);
        Self { before, contact, row, moved, readdressed, list: list.clone(), stand, words }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.row.as_ref().map_or(Standing::Absent, |row| row.standing)
    }

    /// Whether an opt-out that is in force keeps it off the list.
    pub(crate) fn is_opted_out(&self) -> bool {
        self.stand.held_off(self.list.opt_out).is_some()
    }

    /// Why it is kept off the list; none: it is not.
    pub(super) fn kept_off(&self) -> Option<KeptOff> {
        // As the other store has it: who left this list by their own word is kept off by that, whatever else they said.
        let stand = match self.standing() {
            Standing::Absent => self.stand,
            standing => Stand { standing, ..Stand::BLANK },
        };
        stand.kept_off(self.list.opt_out)
    }

    /// Its id, if it is kept already.
    pub(crate) fn known_id(&self) -> Option<ContactId> {
        self.before.as_ref().map(|contact| contact.id().clone())
    }

    pub(crate) fn is_readdressed(&self) -> bool {
        self.readdressed.is_some()
    }

    /// Whether it is opted out, and its row does not say so yet.
    pub(crate) fn is_silently_out(&self) -> bool {
        self.is_opted_out() && self.standing() == Standing::Absent
    }

    /// Whether it changed after the list was read up to this number.
    pub(crate) fn changed_after(&self, seen: Option<u64>) -> bool {
        let seq = self.row.as_ref().map_or(0, |row| row.seq);
        seen.is_some_and(|seen| seq > seen)
    }

    /// It, as somebody whom a run may mean that read the list up to this number.
    pub(crate) fn candidate(&self, address: &Address, seen: Option<u64>) -> Candidate {
        Candidate {
            stand: self.stand,
            is_changed: self.changed_after(seen),
            is_matched: self.contact.card.object_id.is_some(),
            is_own_address: self.contact.card.address == *address,
        }
    }

    /// The end of the membership, and the one that it had.
    pub(crate) fn dates(&self) -> Dates {
        self.row.as_ref().map_or_else(Dates::default, |row| row.dates)
    }

    pub(crate) fn shift(&mut self, change: Move) {
        self.moved = Some(change);
    }

    /// What an import changes of it, who was somebody else before a part of that was written; none: nothing.
    pub(super) fn touched(&self, formerly: Option<&Card>) -> Option<Touched> {
        let id = self.contact.id().clone();
        let Some(before) = &self.before else {
            return Some(Touched::made(id, Print::of(&self.contact.card)));
        };
        let moved = self.moved.map(|change| Moved { from: self.standing(), to: change.to });
        let former = Former::between(formerly.unwrap_or(&before.card), &self.contact.card);
        Touched::known(id, moved, former)
    }

    /// Gives the contact another address.
    pub(crate) fn readdress(&mut self, address: &Address, by: By) {
        self.contact.card.readdress(address, by.0);
        self.readdressed = Some(by);
    }

    /// The row after a step. Who leaves keeps the origin, and a date brings nobody.
    pub(super) fn row_after(contact: &Contact, row: Option<Row>, moved: Option<Move>) -> Option<Row> {
        let Some(Move { to, by, at }) = moved else { return row.map(|row| row.showing(&contact.card)) };
        let known = row.is_some();
        let row = row.unwrap_or_else(|| Row::blank(&contact.card, at)).showing(&contact.card);
        let stays = to == Standing::Absent || by == Origin::EndDate;
        let origin = if known && stays { row.origin } else { by };
        let dates = row.dates.after(to, by);
        Some(Row { standing: to, origin, since: at, leave: Leave::Plain, dates, ..row })
    }
}
