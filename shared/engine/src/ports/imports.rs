//! Files that are taken into a list, and what is kept of them.

use std::{collections::HashSet, hash::Hash, time::Duration};

use listsync_core::{
    Timestamp,
    address::Address,
    effects,
    grant::Lists,
    growth::Grown,
    id::{ImportId, ListId},
    import::{FileLeavers, FileRemovals, Removals, judge_file},
    limit::AdditionLimit,
    traces::Traces,
};
use serde::{Deserialize, Serialize};

use super::{FileReport, ImportRow, Kept, Presence, RefusedRow, Rows, Undone};

/// What a file says of those whom it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// They leave.
    Full,
    /// Nothing.
    Incremental,
}

/// What became of what an import would move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// All of it is done.
    Done,
    /// Some of it waits for a person's word.
    Held,
    /// A person dropped what it held; the rest is done.
    Discarded,
    /// Its removals were left out, because rows could not be read.
    RemovalsSkipped,
    /// The file is the one that was taken in last: nothing was done.
    Repeated,
    /// It was taken back, as far as nobody had changed anything since.
    Undone,
}

/// A file that was imported into a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The list.
    pub list: ListId,
    /// The file's name, without folders.
    pub file: String,
    /// When.
    pub at: Timestamp,
    /// What it says of those whom it does not name.
    pub mode: ImportMode,
    /// What became of what it would move.
    pub state: ImportState,
    /// Members of the list before it. 0 in those from before this was kept, which so count as the first.
    #[serde(default)]
    pub listed: u64,
    /// Rows read, without the header.
    pub rows: u64,
    /// Put on the list.
    pub added: u64,
    /// Already on it, with another name or field now.
    pub updated: u64,
    /// Already on it, as they were.
    pub unchanged: u64,
    /// Taken off it.
    pub removed: u64,
    /// To be taken off it, once approved.
    pub held: u64,
    /// To be put on it, once approved.
    #[serde(default)]
    pub held_additions: u64,
    /// Not named by the file and on it still, as rows could not be read.
    #[serde(default)]
    pub kept_back: u64,
    /// Held changes that a person dropped.
    #[serde(default)]
    pub discarded: u64,
    /// In the file, but opted out, so not put on the list.
    pub opted_out: u64,
    /// Rows that name somebody whom an earlier row named.
    pub repeated: u64,
    /// Rows that could not be read, or whose address and external id are of two contacts.
    pub rejected: u64,
    /// Rows that say of somebody that they leave.
    #[serde(default)]
    pub leaving: u64,
    /// Rows that name somebody by their key who is there and has no address in the file: their person stays.
    #[serde(default)]
    pub unreachable: u64,
    /// Rows of somebody who is hired and not there yet: they neither join nor leave.
    #[serde(default)]
    pub not_yet: u64,
    /// Rows of people who stand on lists that whoever sent the file is not given: name, fields, keys and address of theirs
    /// stay as they are.
    #[serde(default)]
    pub details_kept: u64,
    /// SHA-256 of the file, in hexadecimal.
    #[serde(default)]
    pub digest: Option<String>,
    /// The name of the profile that its columns were read by.
    #[serde(default)]
    pub profile: String,
    /// How the file was understood.
    #[serde(default)]
    pub report: FileReport,
    /// Until when it can be taken back: what it changed is kept so long. None: an earlier version took it in and kept nothing.
    #[serde(default)]
    pub undo_until: Option<Timestamp>,
    /// That it was taken back, and what that came to.
    #[serde(default)]
    pub undone: Option<Undone>,
}

impl Import {
    /// An import of this file that has changed nothing yet.
    #[must_use]
    pub fn begun(id: ImportId, list: &ListId, new: &NewImport) -> Self {
        Self {
            id,
            list: list.clone(),
            file: new.file.clone(),
            at: new.at,
            mode: new.mode,
            state: ImportState::Done,
            listed: 0,
            rows: new.rows,
            added: 0,
            updated: 0,
            unchanged: 0,
            removed: 0,
            held: 0,
            held_additions: 0,
            kept_back: 0,
            discarded: 0,
            opted_out: 0,
            repeated: new.repeated,
            rejected: new.rejected,
            leaving: 0,
            unreachable: new.unreachable,
            not_yet: new.not_yet,
            details_kept: 0,
            digest: new.digest.clone(),
            profile: new.profile.clone(),
            report: new.report.clone(),
            undo_until: new.at.checked_add(new.keep).ok(),
            undone: None,
        }
    }

    /// In the state that its counts tell: it waits, or it is done as far as it can be.
    #[must_use]
    pub fn settled(self) -> Self {
        let state = match (self.held + self.held_additions, self.kept_back) {
            (1.., _) => ImportState::Held,
            (0, 1..) => ImportState::RemovalsSkipped,
            (0, 0) => ImportState::Done,
        };
        Self { state, ..self }
    }

    /// After a person dropped what it held.
    #[must_use]
    pub fn dropped(self) -> Self {
        let discarded = self.discarded + self.held + self.held_additions;
        Self { state: ImportState::Discarded, discarded, held: 0, held_additions: 0, ..self }
    }

    /// After it was taken back.
    #[must_use]
    pub fn taken_back(self, undone: Undone) -> Self {
        Self { state: ImportState::Undone, undone: Some(undone), ..self }
    }

    /// What it added, for whoever counts the additions of a day: those of them who left with it again count no more.
    #[must_use]
    pub fn grown(&self) -> Grown {
        let left = self.undone.map_or(0, |undone| undone.totals.leave);
        Grown { at: self.at, listed: self.listed, added: self.added.saturating_sub(left) }
    }
}

/// What is done with a file of the same digest and mode as the list's last import, where that one was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Again {
    /// Nothing: it is answered with that import in the state [`ImportState::Repeated`].
    #[default]
    Skip,
    /// It is taken in once more.
    TakeIn,
}

/// What is done with those of whom a file says that they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ToldRows {
    /// They leave, unless they are too many ([`judge_file`]).
    #[default]
    Judged,
    /// They wait for a person: whoever sent them was judged before.
    Wait,
}

/// What stands for the name of a file that named somebody who was erased.
pub const ERASED_NAME: &str = "(a name that was erased)";

impl Import {
    /// Forgets the file's name, if it may name somebody who was erased; whether it did.
    pub fn forget(&mut self, traces: &Traces) -> bool {
        let names = traces.are_in(&self.file);
        if names {
            self.file = ERASED_NAME.to_owned();
        }
        names
    }
}

/// What taking a file in came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The import, as it is kept.
    pub import: Import,
    /// The rows that were not taken in, in the file's order.
    pub refused: Vec<RefusedRow>,
}

/// A file, read and judged, to be taken into a list.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// The file's name, without folders.
    pub file: String,
    /// What it says of those whom it does not name.
    pub mode: ImportMode,
    /// SHA-256 of the file, in hexadecimal; none: it is nobody's repeat.
    pub digest: Option<String>,
    /// The name of the profile that its columns were read by.
    pub profile: String,
    /// What is done if it is the list's last import once more.
    pub again: Again,
    /// The lists that whoever sent it is given. Of people who stand on others, too, nothing is changed but how they stand to
    /// this list.
    pub given: Lists,
    /// Who is in it, each once.
    pub people: Rows,
    /// Rows read, without the header.
    pub rows: u64,
    /// Rows that name somebody whom an earlier row named.
    pub repeated: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Those of them that do not even tell whom they name, so that they could be anybody's: then nobody leaves.
    pub unreadable: u64,
    /// What is done with those of its people of whom it says that they leave.
    pub told: ToldRows,
    /// Whom it names besides its people.
    pub kept: Vec<Kept>,
    /// Rows that name somebody by their key who is there and has no address in the file.
    pub unreachable: u64,
    /// Rows of somebody who is not there yet.
    pub not_yet: u64,
    /// How it was understood.
    pub report: FileReport,
    /// How many of its people may join within 24 hours without a person.
    pub max_additions: AdditionLimit,
    /// How long what it changes is kept, so that it can be taken back.
    pub keep: Duration,
    /// When.
    pub at: Timestamp,
}

impl NewImport {
    /// Judges those whom it takes off its list.
    #[must_use]
    pub fn judge(&self, leavers: FileLeavers) -> FileRemovals {
        match self.told {
            ToldRows::Wait if leavers.told > 0 => {
                FileRemovals { told: Removals::Hold, ..judge_file(leavers) }
            }
            ToldRows::Wait | ToldRows::Judged => judge_file(leavers),
        }
    }

    /// Of these members, those whose address no row has of somebody who is there. Everybody else is named by it; whom a key
    /// names, or a former address, can be found among the store's contacts alone.
    #[must_use]
    pub fn without_a_row<T: Hash + Eq>(&self, members: impl IntoIterator<Item = (T, Address)>) -> HashSet<T> {
        let there = self.people.iter().filter(|row| row.presence == Presence::Present);
        let there: HashSet<Address> = there.map(|row| row.contact.address).collect();
        members.into_iter().filter(|(_, address)| !there.contains(address)).map(|(who, _)| who).collect()
    }

    /// A file of which nothing else is known: each row could be read, and it is nobody's repeat.
    #[must_use]
    pub fn new(file: &str, mode: ImportMode, people: Vec<ImportRow>, at: Timestamp) -> Self {
        Self {
            file: file.to_owned(),
            mode,
            digest: None,
            profile: String::new(),
            again: Again::Skip,
            given: Lists::All,
            rows: people.len() as u64,
            people: people.into(),
            repeated: 0,
            rejected: 0,
            unreadable: 0,
            told: ToldRows::Judged,
            kept: Vec::new(),
            unreachable: 0,
            not_yet: 0,
            report: FileReport::default(),
            max_additions: AdditionLimit::Standard,
            keep: effects::KEPT,
            at,
        }
    }
}
