//! Taking an import back: what it changed of each person, against how they are now.
//!
//! Only what is the import's still is taken back. Whatever somebody changed, said or did since is newer than it, and stays.

mod apply;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    Keys,
    changes::{Came, Details, FieldChange, Former, FormerField, FormerKeys, Moved, Print, Touched},
};
use crate::{
    Timestamp,
    contact::{Contact, ExternalId, Field},
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    list::{OptOutRule, Origin, Standing},
    register::{Person, Word},
};

/// A part of what an import did to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// It put them on the list, which they leave.
    Joined,
    /// It took them off the list, to which they come back.
    Left,
    /// It gave them another address.
    Address,
    /// It gave them another name.
    Name,
    /// It gave them other keys.
    Keys,
    /// It changed a field, of this name.
    Field(String),
    /// It changed more than is kept.
    Details,
    /// It made their contact, which is deleted.
    Contact,
}

impl Part {
    /// Whether it is of who they are.
    fn is_detail(&self) -> bool {
        matches!(self, Self::Address | Self::Name | Self::Keys | Self::Field(_) | Self::Details)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined => f.write_str("joined"),
            Self::Left => f.write_str("left"),
            Self::Address => f.write_str("address"),
            Self::Name => f.write_str("name"),
            Self::Keys => f.write_str("external_ids"),
            Self::Field(name) => write!(f, "field {name}"),
            Self::Details => f.write_str("details"),
            Self::Contact => f.write_str("contact"),
        }
    }
}

/// Why a part of what an import did is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// It is as it was before the import.
    AsBefore,
    /// They came or left since by something else.
    MovedSince,
    /// They opted out: nobody else brings them back.
    OptedOut,
    /// Their contact was deleted, merged with another or erased.
    Gone,
    /// Somebody changed it since.
    ChangedSince,
    /// The former address is not theirs any more.
    AddressTaken,
    /// A former key is somebody else's now.
    KeyTaken,
    /// They are on other lists, or were.
    OnAnotherList,
    /// They said something of themselves.
    Spoke,
    /// They are on lists that whoever asks is not given.
    OutOfReach,
    /// It was too long to be kept.
    NotKept,
}

impl WhyNot {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AsBefore => "as_before",
            Self::MovedSince => "moved_since",
            Self::OptedOut => "opted_out",
            Self::Gone => "gone",
            Self::ChangedSince => "changed_since",
            Self::AddressTaken => "address_taken",
            Self::KeyTaken => "key_taken",
            Self::OnAnotherList => "on_another_list",
            Self::Spoke => "spoke",
            Self::OutOfReach => "out_of_reach",
            Self::NotKept => "not_kept",
        }
    }

    /// Why, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::AsBefore => "it is as before the import",
            Self::MovedSince => "they came or left since by something else",
            Self::OptedOut => "they opted out, and only they can undo that",
            Self::Gone => "their contact was deleted, merged or erased since",
            Self::ChangedSince => "it was changed since",
            Self::AddressTaken => "the former address is not theirs any more",
            Self::KeyTaken => "the former external id is another contact's now",
            Self::OnAnotherList => "they are or were on another list",
            Self::Spoke => "they opted out or subscribed by themselves",
            Self::OutOfReach => "they are on lists that your key is not given",
            Self::NotKept => "what it was before is too long to be kept",
        }
    }
}

/// Somebody as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    /// Who they are; none: they are not kept any more.
    pub person: Option<&'a Person>,
    /// The list of the import.
    pub list: &'a ListId,
    /// Its rule.
    pub rule: OptOutRule,
    /// Of their former keys, those that are other contacts' now.
    pub taken: &'a BTreeSet<ExternalId>,
    /// The lists that whoever asks is given. Of people who stand on others, too, nothing is changed but how they stand to this
    /// one.
    pub given: &'a Lists,
}

/// What an import did to one person, with when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub touched: Touched,
    /// When what it changed was so: fields and standings of that moment are the import's.
    pub at: Timestamp,
}

/// What becomes of one person when an import is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Which parts are taken back.
    pub back: BTreeSet<Part>,
    /// Which are not, and why.
    pub left: BTreeMap<Part, WhyNot>,
}

impl Verdict {
    fn put(&mut self, part: Part, judged: Result<(), WhyNot>) {
        match judged {
            Ok(()) => drop(self.back.insert(part)),
            Err(why) => drop(self.left.insert(part, why)),
        }
    }
}

impl Change {
    /// Their former keys that are to be theirs again: whoever else has one has them kept.
    pub fn wanted_keys(&self) -> impl Iterator<Item = &ExternalId> {
        let keys = match &self.touched.former {
            Former::Kept(details) => details.keys.as_ref(),
            Former::Same | Former::TooLong => None,
        };
        keys.into_iter().flat_map(|FormerKeys { was, .. }| was.iter())
    }

    /// Judges what of it is taken back.
    #[must_use]
    pub fn judge(&self, present: Present<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(person) = present.person else {
            // Whom it made is as gone as before it. Of anybody else nobody knows any more who they became.
            let why = if self.touched.came == Came::Known { WhyNot::Gone } else { WhyNot::AsBefore };
            verdict.left.extend(self.parts().into_iter().map(|part| (part, why)));
            return verdict;
        };
        if let Some(moved) = self.touched.moved {
            let (part, judged) = self.judge_move(moved, person, present);
            verdict.put(part, judged);
        }
        match &self.touched.former {
            Former::Same => {}
            Former::TooLong => verdict.put(Part::Details, Err(WhyNot::NotKept)),
            Former::Kept(details) => self.judge_details(details, person, present, &mut verdict),
        }
        if let Came::Made(print) = self.touched.came {
            let judged = is_only_the_imports(person, present.list, print);
            // Who stays on the list, or said no to it, is somebody the list needs.
            let stays = verdict.left.get(&Part::Joined).filter(|why| **why != WhyNot::AsBefore);
            verdict.put(Part::Contact, stays.map_or(judged, |why| Err(*why)));
        }
        verdict
    }

    fn parts(&self) -> BTreeSet<Part> {
        let Touched { contact: _, came, moved, former } = &self.touched;
        let mut parts: BTreeSet<Part> = moved.iter().map(|moved| part_of(*moved)).collect();
        match former {
            Former::Same => {}
            Former::TooLong => drop(parts.insert(Part::Details)),
            Former::Kept(details) => {
                parts.extend(details.address.as_ref().map(|_| Part::Address));
                parts.extend(details.name.as_ref().map(|_| Part::Name));
                parts.extend(details.keys.as_ref().map(|_| Part::Keys));
                parts.extend(details.fields.keys().cloned().map(Part::Field));
            }
        }
        parts.extend(matches!(came, Came::Made(_)).then_some(Part::Contact));
        parts
    }

    fn judge_move(&self, moved: Moved, person: &Person, present: Present<'_>) -> (Part, Result<(), WhyNot>) {
        let stand = person.stand(present.list);
        let stance = person.stances.get(present.list);
        // A standing since that very moment was brought by nothing but the import: whoever came or left again since has
        // another, also where they stand as the import left them.
        let is_its = stance.is_some_and(|stance| stance.since == self.at);
        let came_by_file = stance.is_some_and(|stance| stance.origin == Origin::Csv);
        let part = part_of(moved);
        let judged = match (&part, stand.standing) {
            // A no is newer than the import, as nobody who had said it was put on the list or left on it.
            (_, Standing::OptedOut) => Err(WhyNot::OptedOut),
            (_, now) if now == back_to(moved) && now != moved.to => Err(WhyNot::AsBefore),
            // They said themselves that they want to be there: it is not the file alone that keeps them on the list.
            (Part::Joined, Standing::Member) if stand.word == Some(Word::Yes) => Err(WhyNot::Spoke),
            (Part::Joined, Standing::Member) if is_its && came_by_file => Ok(()),
            (Part::Left, Standing::Absent) if is_its => match stand.refuses(present.rule) {
                Some(_) => Err(WhyNot::OptedOut),
                None => Ok(()),
            },
            _ => Err(WhyNot::MovedSince),
        };
        (part, judged)
    }

    fn judge_details(&self, details: &Details, person: &Person, present: Present<'_>, verdict: &mut Verdict) {
        let now = &person.contact;
        let Details { left_with, address, name, keys, fields } = details;
        let stances = person.stances.iter().filter(|(_, stance)| stance.standing != Standing::Absent);
        if !present.given.hold_all_of(stances.map(|(list, _)| list)) {
            let details = self.parts().into_iter().filter(Part::is_detail);
            verdict.left.extend(details.map(|part| (part, WhyNot::OutOfReach)));
            return;
        }
        if let Some(former) = address {
            let judged = match (now.address == former.was, now.address == *left_with) {
                (true, _) => Err(WhyNot::AsBefore),
                // It stayed theirs as an alias. Where it is none, somebody took it from them, and it may be another's.
                (false, true) if now.aliases.contains(&former.was) => Ok(()),
                (false, true) => Err(WhyNot::AddressTaken),
                (false, false) => Err(WhyNot::ChangedSince),
            };
            verdict.put(Part::Address, judged);
        }
        if let Some(former) = name {
            let is_its = Print::of_text(&now.name) == former.now;
            verdict.put(Part::Name, judged(now.name == former.was, is_its));
        }
        if let Some(FormerKeys { was, now: after }) = keys {
            let own = Keys::of(now);
            let mut judged = judged(own == *was, own == *after);
            if judged.is_ok() && was.iter().any(|key| present.taken.contains(key)) {
                judged = Err(WhyNot::KeyTaken);
            }
            verdict.put(Part::Keys, judged);
        }
        for (name, field) in fields {
            verdict.put(Part::Field(name.clone()), self.judge_field(field, now.fields.get(name)));
        }
    }

    fn judge_field(
        &self,
        FormerField { was, now: did }: &FormerField,
        now: Option<&Field>,
    ) -> Result<(), WhyNot> {
        let value = |field: &Field| field.value.clone();
        let is_its = match (did, now) {
            (FieldChange::Set, Some(field)) => field.source == Origin::Csv && field.at == self.at,
            (FieldChange::Cleared, None) => true,
            (FieldChange::Set, None) | (FieldChange::Cleared, Some(_)) => false,
        };
        judged(was.as_ref().map(value) == now.map(value), is_its)
    }
}

fn judged(is_as_before: bool, is_its: bool) -> Result<(), WhyNot> {
    match (is_as_before, is_its) {
        (true, _) => Err(WhyNot::AsBefore),
        (false, true) => Ok(()),
        (false, false) => Err(WhyNot::ChangedSince),
    }
}

fn part_of(moved: Moved) -> Part {
    match moved.to {
        Standing::Member => Part::Joined,
        Standing::OptedOut | Standing::Pending | Standing::Absent => Part::Left,
    }
}

/// How they stand once it is taken back. Whom a mandatory list was given against their no is not on it: a list that has
/// become one that people may leave says so by itself.
fn back_to(moved: Moved) -> Standing {
    match moved.from {
        Standing::OptedOut => Standing::Absent,
        from => from,
    }
}

/// Whether nothing of a contact is anybody else's than the import's.
fn is_only_the_imports(person: &Person, list: &ListId, print: Print) -> Result<(), WhyNot> {
    let Person { contact, erased, stances, of_former, of_all } = person;
    let Contact { opted_out, accepts, .. } = contact;
    // A blank stance is of a list that something was asked about: they never stood to it.
    let elsewhere = stances.iter().filter(|(other, _)| *other != list);
    let stood =
        |standing: Standing, since: Timestamp| standing != Standing::Absent || since != Timestamp::UNIX_EPOCH;
    let has_words = stances.values().any(|stance| stance.word.is_some())
        || opted_out.is_some()
        || erased.is_some()
        || of_all.is_some()
        || !of_former.is_empty()
        || !accepts.is_empty();
    match () {
        () if elsewhere.map(|(_, stance)| stance).any(|stance| stood(stance.standing, stance.since)) => {
            Err(WhyNot::OnAnotherList)
        }
        () if has_words => Err(WhyNot::Spoke),
        () if Print::of(contact) != print => Err(WhyNot::ChangedSince),
        () => Ok(()),
    }
}

/// What becomes of one person, to be shown and done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the import did to them.
    pub change: Change,
    /// What of it is taken back.
    pub verdict: Verdict,
}

/// All that is taken back of an import, each person once, in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undo {
    /// The people whom it changed.
    pub steps: Vec<Step>,
}

/// What taking an import back comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
pub struct Totals {
    /// People who leave the list, to which it had brought them.
    pub leave: u64,
    /// People who come back to it.
    pub come_back: u64,
    /// People of whom an address, a name, keys or fields become what they were.
    pub restored: u64,
    /// Contacts that only it made, and that are deleted.
    pub deleted: u64,
    /// People of whom something is left as it is, though the import changed it.
    pub left_out: u64,
}

impl Undo {
    /// How many people it comes to.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let count = |meets: fn(&Verdict) -> bool| {
            self.steps.iter().filter(|step| meets(&step.verdict)).count() as u64
        };
        let restored = self.steps.iter().filter(|step| step.verdict.back.iter().any(Part::is_detail));
        Totals {
            leave: count(|verdict| verdict.back.contains(&Part::Joined)),
            come_back: count(|verdict| verdict.back.contains(&Part::Left)),
            restored: restored.count() as u64,
            deleted: count(|verdict| verdict.back.contains(&Part::Contact)),
            left_out: count(|verdict| verdict.left.values().any(|why| *why != WhyNot::AsBefore)),
        }
    }

    /// Names what is taken back of whom, without any time: the same plan has the same digest whenever it is made.
    #[must_use]
    pub fn digest(&self, import: &ImportId) -> String {
        let mut hash = Sha256::new();
        hash.update(import.as_str());
        for Step { change, verdict } in &self.steps {
            for part in &verdict.back {
                hash.update(format!("\n{} {part}", change.touched.contact));
            }
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is done: those of whom anything is taken back.
    pub fn due(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.verdict.back.is_empty())
    }

    /// All that an import did, each person once: what two of its rows did to the same one is one change.
    #[must_use]
    pub fn gathered(changes: impl IntoIterator<Item = Change>) -> BTreeMap<ContactId, Change> {
        let mut all: BTreeMap<ContactId, Change> = BTreeMap::new();
        for change in changes {
            let contact = change.touched.contact.clone();
            let whole = match all.remove(&contact) {
                None => change,
                Some(first) => Change { touched: first.touched.then(change.touched), at: change.at },
            };
            all.insert(contact, whole);
        }
        all
    }
}
