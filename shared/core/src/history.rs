//! Who joined or left either side of a list's links, when, and by what: told from what is kept anyway.

use std::time::Duration;

use crate::{
    Timestamp,
    address::Address,
    audit::{Action, Actor, AuditEntry, Object, ObjectKind},
    effects::{Because, Certainty, Done, Recorded},
    id::{ContactId, ImportId, ListId, ObjectId, RunId},
    link::Side,
    list::{Origin, Standing},
    member::{Change, Op},
    plan::Cause,
};

/// How long after a change at most the audit has who made it: it is recorded once the request is done.
pub const RECORDED_WITHIN: Duration = Duration::from_secs(60);

/// The same of an undo, which moves many people, one transaction after another: as long as a function may run.
pub const UNDONE_WITHIN: Duration = Duration::from_secs(15 * 60);

/// By what somebody joined or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A run.
    Run {
        /// Which.
        run: RunId,
        /// Why.
        because: Because,
        /// Whether it is known to have been done.
        certainty: Certainty,
    },
    /// A file; none: it is not known any more which.
    Import(Option<ImportId>),
    /// The person's own word.
    Oneself,
    /// The list's filter.
    Filter,
    /// The end that an operator had given the membership.
    EndDate,
    /// An operator's edit; none: the audit does not tell whose.
    Edit(Option<Actor>),
    /// Somebody took this back.
    Undo(TakenBack),
}

/// What somebody took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenBack {
    /// What this run did.
    Run(RunId),
    /// This import.
    Import(ImportId),
}

/// That somebody joined or left a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// Of which list, or of a group that is linked to it.
    pub list: ListId,
    /// Where, and whether they joined or left.
    pub change: Change,
    /// The contact, as far as it is known.
    pub contact: Option<ContactId>,
    /// The directory object, as far as it is known.
    pub object: Option<ObjectId>,
    /// The address: of what a run did as it was then, else as it is now.
    pub address: Option<Address>,
    /// By what.
    pub by: By,
}

impl Happened {
    /// What a run did.
    #[must_use]
    pub fn by_run(list: &ListId, recorded: Recorded) -> Self {
        let Recorded { done, place, certainty, link: _ } = recorded;
        Self {
            at: done.at,
            list: list.clone(),
            change: done.change,
            contact: done.contact,
            object: done.object,
            address: done.address,
            by: By::Run { run: place.batch.run, because: done.because, certainty },
        }
    }
}

/// A change of how somebody stands to a list, as its log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The list.
    pub list: ListId,
    /// Whose.
    pub contact: ContactId,
    /// How they stand since.
    pub standing: Standing,
    /// Who brought it.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
}

/// An import, as far as a history needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub import: ImportId,
    /// When it was taken in.
    pub at: Timestamp,
}

/// What tells who was behind changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Imports into the list, the newest first.
    pub imports: Vec<Taken>,
    /// What was done to the list or its people, in any order.
    pub audit: Vec<AuditEntry>,
}

/// What an entry of the audit took back; none: it is of something else.
fn undone(entry: &AuditEntry) -> Option<TakenBack> {
    let of = |kind| entry.objects.iter().find(|object| object.kind == kind).map(|object| object.id.as_str());
    match entry.action {
        Action::RunUndo => RunId::parse(of(ObjectKind::Run)?).ok().map(TakenBack::Run),
        Action::ImportUndo => ImportId::parse(of(ObjectKind::Import)?).ok().map(TakenBack::Import),
        _ => None,
    }
}

/// Whether a run may have carried an undo on by this effect: an undo changes the list, and a run the group by it.
#[must_use]
pub fn may_carry(done: &Done) -> bool {
    let from_list = matches!(done.because, Because::Known(Cause::ListAdded | Cause::ListRemoved));
    done.change.side == Side::Group && from_list
}

/// What was taken back on the list where this effect carries that on to a group. `shifts` are all of its member, the newest
/// first.
#[must_use]
pub fn takes_back(done: &Done, shifts: &[Shift], known: &Known) -> Option<TakenBack> {
    if !may_carry(done) {
        return None;
    }
    // Whoever came or left again after the undo is in the group, or out of it, by that and not by the undo.
    let last = shifts.iter().find(|shift| shift.at <= done.at)?;
    if last.op() != Some(done.change.op) {
        return None;
    }
    match last.happened(known)?.by {
        By::Undo(what) => Some(what),
        _ => None,
    }
}

impl AuditEntry {
    /// Whether somebody took something back.
    #[must_use]
    pub fn is_undo(&self) -> bool {
        undone(self).is_some()
    }
}

impl Shift {
    /// Whether they joined or left; none: they have yet to confirm.
    #[must_use]
    pub fn op(&self) -> Option<Op> {
        match self.standing {
            Standing::Member => Some(Op::Add),
            Standing::OptedOut | Standing::Absent => Some(Op::Remove),
            Standing::Pending => None,
        }
    }

    /// It, as part of a history. None: it is none of it, or a run's, which keeps it as an effect of its own.
    #[must_use]
    pub fn happened(&self, known: &Known) -> Option<Happened> {
        let by = match self.origin {
            Origin::Entra => return None,
            Origin::Own => By::Oneself,
            Origin::Filter => By::Filter,
            Origin::EndDate => By::EndDate,
            Origin::Csv => By::Import(self.import(known)),
            Origin::Manual => self.edit(known),
        };
        Some(Happened {
            at: self.at,
            list: self.list.clone(),
            change: Change { side: Side::List, op: self.op()? },
            contact: Some(self.contact.clone()),
            object: None,
            address: None,
            by,
        })
    }

    /// A file's changes are as old as the file's import; what it held and a person approved is younger, and a list has one
    /// file at a time.
    fn import(&self, known: &Known) -> Option<ImportId> {
        let before = known.imports.iter().filter(|taken| taken.at <= self.at);
        before.max_by_key(|taken| taken.at).map(|taken| taken.import.clone())
    }

    /// Whose edit it was. An entry that names the person comes before one that names the list alone: of many who are moved at
    /// once the audit names nobody, and while that goes on somebody else may edit the list.
    fn edit(&self, known: &Known) -> By {
        let list = Object::new(ObjectKind::List, self.list.as_str());
        let contact = Object::new(ObjectKind::Contact, self.contact.as_str());
        let first = |wanted: &dyn Fn(&AuditEntry) -> bool, within: Duration| {
            let entries = known.audit.iter().filter(|entry| {
                let age = entry.at.duration_since(self.at);
                !age.is_negative() && age.unsigned_abs() <= within && entry.objects.contains(&list)
            });
            entries.filter(|entry| wanted(entry)).min_by_key(|entry| entry.at)
        };
        let edits = |entry: &AuditEntry| {
            matches!(entry.action, Action::MemberAdd | Action::MemberRemove)
                && entry.objects.contains(&contact)
        };
        if let Some(entry) = first(&edits, RECORDED_WITHIN) {
            return By::Edit(Some(entry.actor.clone()));
        }
        let undoes = |entry: &AuditEntry| undone(entry).is_some();
        first(&undoes, UNDONE_WITHIN).and_then(undone).map_or(By::Edit(None), By::Undo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Completion;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn shift(origin: Origin, standing: Standing, second: i64) -> Shift {
        Shift {
            list: ListId::parse("l1").expect("an id"),
            contact: ContactId::parse("c1").expect("an id"),
            standing,
            origin,
            at: at(second),
        }
    }

    fn edit(second: i64, key: &str, list: &str, contact: &str) -> AuditEntry {
        AuditEntry {
            id: format!("e{second}"),
            at: at(second),
            actor: Actor::Key(key.to_owned()),
            action: Action::MemberAdd,
            objects: vec![Object::new(ObjectKind::List, list), Object::new(ObjectKind::Contact, contact)],
            completion: Completion::Done,
        }
    }

    fn known() -> Known {
        let taken =
            |import: &str, second| Taken { import: ImportId::parse(import).expect("an id"), at: at(second) };
        Known {
            imports: vec![taken("i2", 200), taken("i1", 100)],
            audit: vec![
                edit(99, "before", "l1", "c1"),
                edit(130, "later", "l1", "c1"),
                edit(102, "right", "l1", "c1"),
                edit(101, "of-another", "l1", "c2"),
                edit(101, "elsewhere", "l2", "c1"),
            ],
        }
    }

    fn by(origin: Origin, second: i64) -> Option<By> {
        shift(origin, Standing::Member, second).happened(&known()).map(|happened| happened.by)
    }

    #[test]
    fn an_edit_is_of_whoever_the_audit_names_first_after_it_within_a_minute() {
        let right = Some(Actor::Key("right".to_owned()));
        assert_eq!(by(Origin::Manual, 100), Some(By::Edit(right)));
        assert_eq!(by(Origin::Manual, 140), Some(By::Edit(None)), "nobody after it");
        assert_eq!(by(Origin::Manual, 20), Some(By::Edit(None)), "too long after it");
    }

    #[test]
    fn whom_an_undo_moved_is_told_to_have_been_moved_by_it_unless_they_were_edited_by_themselves() {
        let undo = |action, kind, id: &str, list: &str| AuditEntry {
            action,
            objects: vec![Object::new(kind, id), Object::new(ObjectKind::List, list)],
            ..edit(500, "k", list, "c1")
        };
        let audit = vec![
            undo(Action::RunUndo, ObjectKind::Run, "elsewhere", "l2"),
            undo(Action::RunUndo, ObjectKind::Run, "r1", "l1"),
            edit(300, "right", "l1", "c1"),
        ];
        let by = |audit: &[AuditEntry], second| {
            let known = Known { audit: audit.to_vec(), ..Known::default() };
            shift(Origin::Manual, Standing::Absent, second).happened(&known).map(|happened| happened.by)
        };
        let run = RunId::parse("r1").expect("an id");
        assert_eq!(
            by(&audit, 400),
            Some(By::Undo(TakenBack::Run(run.clone()))),
            "it moved others before it was recorded"
        );
        assert_eq!(by(&audit, 299), Some(By::Edit(Some(Actor::Key("right".to_owned())))));
        assert_eq!(by(&audit, 500), Some(By::Undo(TakenBack::Run(run))));
        assert_eq!(by(&audit, 501), Some(By::Edit(None)), "it was over");
        let early = [undo(Action::RunUndo, ObjectKind::Run, "r1", "l1")];
        assert_eq!(by(&early, 500 - 15 * 60 - 1), Some(By::Edit(None)), "no undo takes so long");
        let import = [undo(Action::ImportUndo, ObjectKind::Import, "i1", "l1")];
        let id = ImportId::parse("i1").expect("an id");
        assert_eq!(by(&import, 500), Some(By::Undo(TakenBack::Import(id))));
    }

    #[test]
    fn an_effect_carries_an_undo_on_where_that_is_the_last_that_happened_to_its_member_before() {
        let undo = AuditEntry {
            action: Action::RunUndo,
            objects: vec![Object::new(ObjectKind::Run, "r1"), Object::new(ObjectKind::List, "l1")],
            ..edit(500, "k", "l1", "c1")
        };
        let known = Known { audit: vec![undo], ..Known::default() };
        let done = |side, op, cause, second| Done {
            change: Change { side, op },
            because: Because::Known(cause),
            object: None,
            contact: ContactId::parse("c1").ok(),
            address: None,
            at: at(second),
        };
        let left = |second| done(Side::Group, Op::Remove, Cause::ListRemoved, second);
        let run = RunId::parse("r1").ok().map(TakenBack::Run);
        let undone =
            [shift(Origin::Manual, Standing::Absent, 400), shift(Origin::Csv, Standing::Member, 100)];
        assert_eq!(takes_back(&left(400), &undone, &known), run);
        assert_eq!(takes_back(&left(90_000), &undone, &known), run, "also where it was held for a day");
        assert_eq!(takes_back(&left(399), &undone, &known), None, "it was there before the undo");
        let joined = done(Side::Group, Op::Add, Cause::ListAdded, 600);
        assert_eq!(takes_back(&joined, &undone, &known), None, "the undo took them off");
        let by_itself = done(Side::Group, Op::Remove, Cause::OptedOut, 600);
        assert_eq!(takes_back(&by_itself, &undone, &known), None);
        let on_the_list = done(Side::List, Op::Remove, Cause::GroupRemoved, 600);
        assert_eq!(takes_back(&on_the_list, &undone, &known), None, "an undo edits the list itself");
        let since = [[shift(Origin::Csv, Standing::Absent, 550)].as_slice(), &undone].concat();
        assert_eq!(takes_back(&left(600), &since, &known), None, "a file took them off again");
        assert_eq!(takes_back(&left(600), &[], &known), None);
    }

    #[test]
    fn a_file_is_the_last_that_was_taken_in_by_then() {
        let import = |id: &str| Some(By::Import(ImportId::parse(id).ok()));
        assert_eq!((by(Origin::Csv, 100), by(Origin::Csv, 150)), (import("i1"), import("i1")));
        assert_eq!((by(Origin::Csv, 200), by(Origin::Csv, 99)), (import("i2"), Some(By::Import(None))));
    }

    #[test]
    fn what_runs_did_is_told_by_their_effects_and_who_has_yet_to_confirm_did_nothing() {
        assert_eq!(by(Origin::Entra, 100), None);
        assert_eq!((by(Origin::Own, 1), by(Origin::Filter, 1)), (Some(By::Oneself), Some(By::Filter)));
        assert_eq!(by(Origin::EndDate, 1), Some(By::EndDate));
        assert_eq!(shift(Origin::Own, Standing::Pending, 1).happened(&known()), None);
        let left = shift(Origin::Own, Standing::OptedOut, 1).happened(&known()).expect("they left");
        assert_eq!(left.change, Change { side: Side::List, op: Op::Remove });
    }
}
