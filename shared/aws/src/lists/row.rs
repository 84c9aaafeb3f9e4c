//! How a contact stands to one list, as it is stored.

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact as Card, OptOut, UndeliverableReason},
    id::{ContactId, ListId, ObjectId},
    list::{Entry, Origin, Standing},
    matched::Grounds,
    register::Word,
    stay::Dates,
};
use listsync_engine::ports::{Decision, PortResult};

use crate::{
    error,
    table::{Condition, Key, Op, Stored, schema},
};

/// How a contact stands to a list, with what a run reads of the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) contact: ContactId,
    pub(crate) address: Address,
    pub(crate) name: String,
    pub(crate) object: Option<ObjectId>,
    pub(crate) grounds: Option<Grounds>,
    pub(crate) undeliverable: Option<UndeliverableReason>,
    pub(crate) standing: Standing,
    pub(crate) origin: Origin,
    pub(crate) since: Timestamp,
    /// The number of the change that made it so.
    pub(crate) seq: u64,
    /// What the person said last.
    pub(crate) decision: Option<Decision>,
    /// Why they are opted out, as far as they said so.
    pub(crate) no: Option<OptOut>,
    pub(crate) leave: Leave,
    pub(crate) dates: Dates,
}

/// How one who is not on a list left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// As anybody does, or never.
    Plain,
    /// By an import that a person approved.
    Approved,
}

const LEAVE: &str = "leave";
const APPROVED: &str = "approved";
/// Until when somebody is on a list.
pub(super) const UNTIL: &str = "until";
/// By which end they left it.
const LAPSED: &str = "lapsed";

pub(crate) fn row_partition(list: &ListId, shard: u32) -> String {
    format!("ROW#{list}#{shard}")
}

pub(crate) fn row_key(list: &ListId, contact: &ContactId) -> Key {
    Key::new(row_partition(list, schema::shard(contact.as_str())), contact.as_str())
}

impl Row {
    /// A contact who was never on the list.
    pub(crate) fn blank(card: &Card, since: Timestamp) -> Self {
        Self {
            contact: card.id.clone(),
            address: card.address.clone(),
            name: card.name.clone(),
            object: card.object_id.clone(),
            grounds: card.grounds.clone(),
            undeliverable: card.undeliverable.map(|state| state.reason),
            standing: Standing::Absent,
            origin: Origin::Manual,
            since,
            seq: 0,
            decision: None,
            no: None,
            leave: Leave::Plain,
            dates: Dates::default(),
        }
    }

    /// The row as it shows the contact.
    pub(crate) fn showing(self, card: &Card) -> Self {
        Self {
            address: card.address.clone(),
            name: card.name.clone(),
            object: card.object_id.clone(),
            grounds: card.grounds.clone(),
            undeliverable: card.undeliverable.map(|state| state.reason),
            ..self
        }
    }

    /// What its person said last of the list itself. That a no to all lists took them off it is no word on this one: a yes to
    /// all takes it back. Where there was none, an early version did not keep the word, and a row of that standing was one.
    pub(crate) fn word(&self, card: &Card) -> Option<Word> {
        let no = || self.no.map_or(Word::plain_no(self.since), Word::No);
        let was_a_word = self.standing == Standing::OptedOut && card.opted_out.is_none();
        match self.decision {
            Some(Decision::Subscribed) => Some(Word::Yes),
            Some(Decision::OptedOut) => Some(no()),
            None => was_a_word.then(no),
        }
    }

    /// The row with what its person said last.
    pub(crate) fn saying(self, word: Option<Word>) -> Self {
        match word {
            Some(Word::Yes) => Self { decision: Some(Decision::Subscribed), no: None, ..self },
            Some(Word::No(no)) => Self { decision: Some(Decision::OptedOut), no: Some(no), ..self },
            None => self,
        }
    }

    pub(crate) fn stored(&self, list: &ListId) -> PortResult<Stored> {
        let Self {
            contact,
            address,
            name,
            object,
            grounds,
            undeliverable,
            standing,
            origin,
            since,
            seq,
            decision,
            no,
            leave,
            dates,
        } = self;
        let stored = Stored::new(&row_key(list, contact))
            .text("contact", contact.as_str())
            .text("address", address.as_str())
            .text("name", name)
            .text_option("object", object.as_ref().map(ObjectId::as_str))
            .text("standing", standing.to_string())
            .text("origin", origin.to_string())
            .at("since", *since)
            .number("seq", seq)
            .text_option(LEAVE, (*leave == Leave::Approved).then_some(APPROVED))
            .at_option(UNTIL, dates.until)
            .at_option(LAPSED, dates.lapsed);
        let stored = match grounds {
            Some(grounds) => stored.document("grounds", grounds)?,
            None => stored,
        };
        let stored = match undeliverable {
            Some(reason) => stored.document("undeliverable", reason)?,
            None => stored,
        };
        let stored = match decision {
            Some(decision) => stored.document("decision", decision)?,
            None => stored,
        };
        match no {
            Some(no) => stored.document("no", no),
            None => Ok(stored),
        }
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            contact: stored.read("contact")?,
            address: stored.read("address")?,
            name: stored.read("name")?,
            object: stored.read_option("object")?,
            grounds: stored.document_option("grounds")?,
            undeliverable: stored.document_option("undeliverable")?,
            standing: named(stored, "standing", &STANDINGS)?,
            origin: named(stored, "origin", &ORIGINS)?,
            since: stored.instant("since")?,
            seq: stored.count("seq")?,
            decision: stored.document_option("decision")?,
            no: stored.document_option("no")?,
            leave: if stored.find(LEAVE) == Some(APPROVED) { Leave::Approved } else { Leave::Plain },
            dates: Dates { until: stored.instant_option(UNTIL)?, lapsed: stored.instant_option(LAPSED)? },
        })
    }

    pub(crate) fn entry(&self) -> Entry {
        Entry {
            contact: self.contact.clone(),
            address: self.address.clone(),
            name: self.name.clone(),
            object_id: self.object.clone(),
            standing: self.standing,
            origin: self.origin,
            undeliverable: self.undeliverable,
            grounds: self.grounds.clone(),
            until: self.dates.until,
        }
    }
}

/// Shows a contact's address, name, match and mail state on a list's row.
pub(crate) fn look_op(list: &ListId, card: &Card) -> PortResult<Op> {
    let (mut set, mut remove) = ("SET #address = :address, #name = :name".to_owned(), Vec::new());
    let mut update = Condition::default().with_text("address", card.address.as_str());
    update = update.with_text("name", &card.name);
    match &card.object_id {
        Some(object) => {
            set.push_str(", #object = :object");
            update = update.with_text("object", object.as_str());
        }
        None => remove.push("#object"),
    }
    match &card.grounds {
        Some(grounds) => {
            set.push_str(", #grounds = :grounds");
            let grounds = serde_json::to_string(grounds).map_err(|_| error::malformed("show"))?;
            update = update.with_text("grounds", grounds);
        }
        None => remove.push("#grounds"),
    }
    match card.undeliverable {
        Some(state) => {
            set.push_str(", #undeliverable = :undeliverable");
            let reason = serde_json::to_string(&state.reason).map_err(|_| error::malformed("show"))?;
            update = update.with_text("undeliverable", reason);
        }
        None => remove.push("#undeliverable"),
    }
    if !remove.is_empty() {
        set = format!("{set} REMOVE {}", remove.join(", "));
    }
    Ok(Op::update(row_key(list, &card.id), update.saying(set)).when(Condition::present()))
}

const STANDINGS: [Standing; 4] = [Standing::Member, Standing::OptedOut, Standing::Pending, Standing::Absent];
const ORIGINS: [Origin; 6] =
    [Origin::Manual, Origin::Csv, Origin::Entra, Origin::Own, Origin::Filter, Origin::EndDate];

fn named<T: Copy + ToString>(stored: &Stored, attribute: &str, all: &[T]) -> PortResult<T> {
    let name: String = stored.read(attribute)?;
    let found = all.iter().copied().find(|each| each.to_string() == name);
    found.ok_or_else(|| {
        let message = format!("could not read the store: an unknown {attribute}");
        error::rejected("store_unreadable", message, "update listsync")
    })
}
