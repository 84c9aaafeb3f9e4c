//! Taking back what a run did: what of it, and from whom not.
//!
//! A run brings the two sides of a link together, and its baseline remembers that they agreed. What is taken back on one side
//! alone is a change there, which the next run carries to the other once more. So an undo gives the list the opposite of each
//! effect, on whichever side that was, and the next run carries this to the group as it does any edit of the list: under
//! guard, consent and protection. Nothing of it is remembered anywhere else.

mod document;
mod people;
mod refused;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use self::people::{Found, Later, People};
use crate::{
    Timestamp,
    address::Address,
    effects::{Because, Done, Recorded},
    history::Shift,
    id::{ContactId, LinkId, ListId, ObjectId, RunId},
    link::Mode,
    list::{Entry, Origin, Standing},
    member::Op,
    plan::Cause,
};

pub use refused::{Refused, RunFacts};

/// What an undo is decided on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The run that is taken back.
    pub run: RunId,
    /// When it began.
    pub began: Timestamp,
    /// Its list.
    pub list: ListId,
    /// Its link.
    pub link: LinkId,
    /// Which side the link leads by, now.
    pub mode: Mode,
    /// What the run did.
    pub effects: Vec<Recorded>,
    /// What other runs of the list's links did, those before it included or not.
    pub others: Vec<Recorded>,
    /// How people came to stand otherwise to the list since the run began.
    pub shifts: Vec<Shift>,
    /// Whomever the effects name, as they stand to the list now, on it or not. Who is not among them is not kept any more.
    pub people: Vec<Entry>,
    /// Those of them who are never removed.
    pub protected: BTreeSet<ContactId>,
    /// Those of them who said last that they want the list, whoever had put them there.
    pub willing: BTreeSet<ContactId>,
}

/// Somebody who comes back to the list, or leaves it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The address, as it is now.
    pub address: Address,
    /// The contact.
    pub contact: ContactId,
    /// The directory object that they are matched to.
    pub object: Option<ObjectId>,
}

/// Why something that the run did is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhyNot {
    /// They stand to the list already as they did before the run.
    AsBefore,
    /// They joined or left since.
    Moved,
    /// They said no: nobody else puts them back.
    OptedOut,
    /// They are on the list by their own word.
    OwnWord,
    /// They are never removed.
    Protected,
    /// They were deleted, erased, or made one with another contact.
    Gone,
    /// They were in the group alone, where the list leads: an undo would put them on a list that they were never on.
    NeverListed,
    /// The list had them before the run as after it: the run only put back what the group had lost.
    Restored,
    /// What the run did to them cannot be told for certain.
    Unclear,
}

impl WhyNot {
    /// All of them, in the order in which totals show them.
    pub const ALL: [Self; 9] = [
        Self::AsBefore,
        Self::Moved,
        Self::OptedOut,
        Self::OwnWord,
        Self::Protected,
        Self::Gone,
        Self::NeverListed,
        Self::Restored,
        Self::Unclear,
    ];

    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AsBefore => "as_before",
            Self::Moved => "moved_since",
            Self::OptedOut => "opted_out",
            Self::OwnWord => "own_word",
            Self::Protected => "protected",
            Self::Gone => "gone",
            Self::NeverListed => "never_listed",
            Self::Restored => "restored",
            Self::Unclear => "unclear",
        }
    }

    /// The same for a person, as the end of a line that begins with a name or a number.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::AsBefore => "as before already",
            Self::Moved => "joined or left since",
            Self::OptedOut => "opted out",
            Self::OwnWord => "on the list by their own word",
            Self::Protected => "protected, and never removed",
            Self::Gone => "deleted, erased or merged since",
            Self::NeverListed => "was in the group alone, and never on the list",
            Self::Restored => "was on the list all along",
            Self::Unclear => "what the run did cannot be told for certain",
        }
    }
}

/// Somebody to whom the run did something that is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Why.
    pub why: WhyNot,
    /// The address, as it is now, or as the effect has it; none: it was not known, or was erased.
    pub address: Option<Address>,
    /// The contact, as far as it is known.
    pub contact: Option<ContactId>,
    /// The directory object, as far as it is known.
    pub object: Option<ObjectId>,
}

/// What takes a run back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The run.
    pub run: RunId,
    /// Its list, which is edited.
    pub list: ListId,
    /// Its link, which carries it on.
    pub link: LinkId,
    /// Who comes back to the list.
    pub returning: BTreeSet<Person>,
    /// Who leaves it.
    pub leaving: BTreeSet<Person>,
    /// Who stays as they are.
    pub left_out: BTreeSet<LeftOut>,
    /// Covers the run and all who come back or leave. It has no time in it: as long as the same is to be done, it is the same.
    pub digest: String,
}

impl Undo {
    /// What takes a run back by these facts.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let (people, later) = (People::of(&facts.people), Later::of(facts));
        let mut judged: BTreeMap<&ContactId, (&Entry, Verdicts)> = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        for Recorded { done, .. } in &facts.effects {
            match people.meant(done) {
                Found::Kept(entries) => {
                    for entry in entries {
                        let case = Case {
                            done,
                            entry,
                            mode: facts.mode,
                            moved: later.moved(done, entry),
                            protected: facts.protected.contains(&entry.contact),
                            wills: entry.origin == Origin::Own || facts.willing.contains(&entry.contact),
                        };
                        let (_, verdicts) =
                            judged.entry(&entry.contact).or_insert((entry, Verdicts::default()));
                        let settles = done.at < facts.began;
                        let of = if settles { &mut verdicts.settled } else { &mut verdicts.own };
                        of.insert(judge(&case));
                    }
                }
                Found::Not(why) => drop(left_out.insert(LeftOut {
                    why,
                    address: done.address.clone(),
                    contact: done.contact.clone(),
                    object: done.object.clone(),
                })),
            }
        }
        let (mut returning, mut leaving) = (BTreeSet::new(), BTreeSet::new());
        for (entry, verdicts) in judged.into_values() {
            match verdicts.one() {
                Verdict::Return => drop(returning.insert(Person::from(entry))),
                Verdict::Leave => drop(leaving.insert(Person::from(entry))),
                Verdict::LeaveOut(why) => drop(left_out.insert(LeftOut {
                    why,
                    address: Some(entry.address.clone()),
                    contact: Some(entry.contact.clone()),
                    object: entry.object_id.clone(),
                })),
            }
        }
        let Facts { run, list, link, .. } = facts;
        let digest = digest(run, &returning, &leaving);
        Self {
            run: run.clone(),
            list: list.clone(),
            link: link.clone(),
            returning,
            leaving,
            left_out,
            digest,
        }
    }

    /// Whether nobody comes back or leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.returning.is_empty() && self.leaving.is_empty()
    }

    /// How many are left out, by the reason.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<WhyNot, usize> {
        let mut reasons = BTreeMap::new();
        for left_out in &self.left_out {
            *reasons.entry(left_out.why).or_default() += 1;
        }
        reasons
    }
}

impl From<&Entry> for Person {
    fn from(entry: &Entry) -> Self {
        Self {
            address: entry.address.clone(),
            contact: entry.contact.clone(),
            object: entry.object_id.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Return,
    Leave,
    LeaveOut(WhyNot),
}

/// One effect, and how its person stands now.
struct Case<'a> {
    done: &'a Done,
    entry: &'a Entry,
    mode: Mode,
    moved: bool,
    protected: bool,
    /// Whether they are on the list by their own word.
    wills: bool,
}

fn judge(case: &Case<'_>) -> Verdict {
    match reason(case) {
        Some(why) => Verdict::LeaveOut(why),
        None => match case.done.change.op {
            Op::Add => Verdict::Leave,
            Op::Remove => Verdict::Return,
        },
    }
}

/// Why an effect is not taken back; none: it is.
fn reason(case: &Case<'_>) -> Option<WhyNot> {
    let Case { done, entry, mode, moved, protected, wills } = case;
    let why = match done.because {
        // The cause may be one whose opposite is no state that ever was.
        Because::Unknown(_) => Some(WhyNot::Unclear),
        Because::Known(cause) => of_cause(cause, *mode),
    };
    if why.is_some() {
        return why;
    }
    match (done.change.op, entry.standing) {
        // Their no took them off. It is not the run's to take back, whichever came first.
        (_, Standing::OptedOut) => return Some(WhyNot::OptedOut),
        // Asked before whether they moved: an undo that was broken off moved them itself, and goes on where it was.
        (Op::Add, Standing::Absent) | (Op::Remove, Standing::Member) => return Some(WhyNot::AsBefore),
        // They were asked since whether they want to be on it.
        (_, Standing::Pending) => return Some(WhyNot::Moved),
        (Op::Add, Standing::Member) | (Op::Remove, Standing::Absent) => {}
    }
    match done.change.op {
        // The run carried their own yes to the group, or they said it since, which is no move to the list. A wrong run is no
        // reason to act against it.
        Op::Add if *wills => Some(WhyNot::OwnWord),
        _ if *moved => Some(WhyNot::Moved),
        Op::Remove => None,
        // The list alone would lose them: no run takes them out of the group, and the sides would part.
        Op::Add if *protected => Some(WhyNot::Protected),
        Op::Add => None,
    }
}

fn of_cause(cause: Cause, mode: Mode) -> Option<WhyNot> {
    match (cause, mode) {
        (Cause::ListAdded | Cause::GroupAdded | Cause::Invited, _) => None,
        (Cause::ListRemoved | Cause::GroupRemoved, _) => None,
        (Cause::OptedOut, _) => Some(WhyNot::OptedOut),
        (Cause::Extra, _) => Some(WhyNot::NeverListed),
        (Cause::Restored, _) => Some(WhyNot::Restored),
        // Two-way puts nobody back, so what a killed run had sent was somebody's change. One-way it may have been this: to
        // take somebody off the list for it would remove whom nobody added.
        (Cause::Unrecorded, Mode::TwoWay) => None,
        (Cause::Unrecorded, Mode::ListToGroup | Mode::GroupToList) => Some(WhyNot::Unclear),
        // Of a first run, which is refused as a whole.
        (Cause::FirstMerge, _) => Some(WhyNot::Unclear),
    }
}

/// What is to be said of one person by each of their effects.
#[derive(Debug, Default)]
struct Verdicts {
    /// By what the run did.
    own: BTreeSet<Verdict>,
    /// By what a killed run had sent before it, and it found to be done.
    settled: BTreeSet<Verdict>,
}

impl Verdicts {
    /// What they come to. A run does one thing to each person, so two are told by nothing. What it found done before it did
    /// something itself is how they stood when it began.
    fn one(&self) -> Verdict {
        let Self { own, settled } = self;
        let mut all = if own.is_empty() { settled } else { own }.iter();
        match (all.next(), all.next()) {
            (Some(only), None) => *only,
            _ => Verdict::LeaveOut(WhyNot::Unclear),
        }
    }
}

fn digest(run: &RunId, returning: &BTreeSet<Person>, leaving: &BTreeSet<Person>) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("undo {run}"));
    for (sign, people) in [('+', returning), ('-', leaving)] {
        // In the order of contacts: an address may change without anything else being done.
        let contacts: BTreeSet<&ContactId> = people.iter().map(|person| &person.contact).collect();
        for contact in contacts {
            hash.update(format!("\n{sign} {contact}"));
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
