//! An import as documents.

use listsync_core::Timestamp;
use listsync_engine::ports::{Affected, FileReport, HeldPeople, Import};
use listsync_lists::{OptOuts, ParsedFile, Preview, Taken};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// A file that was imported into a list.
#[derive(ToSchema)]
#[schema(as = Import)]
pub struct ImportSchema {
    /// Its id.
    pub id: String,
    /// The list.
    pub list: String,
    /// The file's name.
    pub file: String,
    /// When.
    pub at: Timestamp,
    /// What it says of those whom it does not name.
    pub mode: words::ImportMode,
    /// What became of what it would move.
    pub state: words::ImportState,
    /// Members of the list before it.
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
    pub held_additions: u64,
    /// Not named by the file and on it still, as rows could not be read.
    pub kept_back: u64,
    /// Held changes that a person dropped.
    pub discarded: u64,
    /// In the file, but opted out.
    pub opted_out: u64,
    /// Rows that name somebody whom an earlier row named.
    pub repeated: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Rows that say of somebody that they leave.
    pub leaving: u64,
    /// Rows that name somebody by their key who is there and has no address in the file: their person stays.
    pub unreachable: u64,
    /// Rows of somebody who is hired and not there yet: they neither join nor leave.
    pub not_yet: u64,
    /// Rows of people who stand on lists that the key is not given: name, fields, keys and address of theirs stay as they are.
    pub details_kept: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: Option<String>,
    /// The name of the profile that its columns were read by.
    pub profile: String,
    /// How the file was understood.
    pub report: ReportSchema,
    /// Until when it can be taken back; null: an earlier version took it in.
    pub undo_until: Option<Timestamp>,
    /// That it was taken back, and what that came to.
    pub undone: Option<UndoneSchema>,
}

/// That an import was taken back.
#[derive(ToSchema)]
#[schema(as = ImportTakenBack)]
pub struct UndoneSchema {
    /// When.
    pub at: Timestamp,
    /// People who left the list, to which it had brought them.
    pub leave: u64,
    /// People who came back to it.
    pub come_back: u64,
    /// People who have an address, a name, external ids or fields as they were.
    pub restored: u64,
    /// Contacts that only it made, and that were deleted.
    pub deleted: u64,
    /// People who keep something that it changed.
    pub left_out: u64,
}

/// How a file was understood. It names nobody.
#[derive(ToSchema)]
#[schema(as = FileReport)]
pub struct ReportSchema {
    /// Which column was read as what.
    pub columns: Vec<ReadColumnSchema>,
    /// The words of its status columns.
    pub status_words: Vec<StatusWordSchema>,
    /// Leave dates as they were read, of the first 200 rows that have one that counts.
    pub leave_days: Vec<LeaveDaySchema>,
    /// Rows that are no rows of people and were passed over, the first 50.
    pub passed_over: Vec<u64>,
}

/// A column as it was understood.
#[derive(ToSchema)]
#[schema(as = ReadColumn)]
pub struct ReadColumnSchema {
    /// What it was read as.
    pub what: String,
    /// Its title in the file.
    pub title: String,
}

/// A word of a status column.
#[derive(ToSchema)]
#[schema(as = StatusWord)]
pub struct StatusWordSchema {
    /// As the file has it.
    pub word: String,
    /// What it was taken for.
    pub meaning: String,
    /// In how many rows it stands.
    pub rows: u64,
}

/// A leave date.
#[derive(ToSchema)]
#[schema(as = LeaveDay)]
pub struct LeaveDaySchema {
    /// The row that has it.
    pub row: u64,
    /// The day as it was read.
    #[schema(value_type = String, format = Date)]
    pub day: listsync_core::Date,
}

/// What an import came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportAnswer {
    #[serde(flatten)]
    #[schema(value_type = ImportSchema)]
    /// The import, as it is kept.
    pub import: Import,
    /// The rows that were not taken in, in the file's order.
    pub problems: Vec<RowProblem>,
    /// How many leave by the file whom it names by a key alone that nobody here has.
    pub gone_unknown: u64,
    /// The links that were asked to run.
    pub links: Vec<String>,
}

impl ImportAnswer {
    /// Of an import that a person ruled on.
    #[must_use]
    pub fn ruled(import: Import, links: Vec<String>) -> Self {
        Self { import, problems: Vec::new(), gone_unknown: 0, links }
    }
}

/// An import with the people that it holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportShown {
    #[serde(flatten)]
    #[schema(value_type = ImportSchema)]
    /// The import, as it is kept.
    pub import: Import,
    /// Who would join the list, were it approved now.
    pub joins: Vec<AffectedSchema>,
    /// Who would leave it.
    pub leaves: Vec<AffectedSchema>,
}

impl ImportShown {
    /// Of an import and whom it holds.
    #[must_use]
    pub fn of(import: Import, HeldPeople { joins, leaves }: HeldPeople) -> Self {
        Self { import, joins: affected(joins), leaves: affected(leaves) }
    }
}

fn affected(people: Vec<Affected>) -> Vec<AffectedSchema> {
    let shown =
        |Affected { row, address, name }| AffectedSchema { row, address: String::from(address), name };
    people.into_iter().map(shown).collect()
}

/// What taking a file in would do; nothing was done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// Who would join the list.
    pub joins: Vec<AffectedSchema>,
    /// Who would leave it.
    pub leaves: Vec<AffectedSchema>,
    /// How many of those who leave would wait for approval.
    pub held: u64,
    /// How many of those who join would wait for approval.
    pub held_additions: u64,
    /// How many stay although the file does not name them, as rows do not tell whom they name.
    pub kept_back: u64,
    /// How many are on the list already.
    pub already: u64,
    /// How many are in the file, but opted out.
    pub opted_out: u64,
    /// Rows, without the header.
    pub rows: u64,
    /// Rows that would not be taken in, in the file's order.
    pub problems: Vec<RowProblem>,
    /// How the file was understood.
    #[schema(value_type = ReportSchema)]
    pub report: FileReport,
}

/// What opt-outs that a file brings along came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OptOutsAnswer {
    /// The list that they are of.
    pub list: String,
    /// Rows, without the header.
    pub rows: u64,
    /// How many people of the file are opted out of the list now, those included who were already.
    pub recorded: u64,
    /// Rows that were not taken in, in the file's order.
    pub problems: Vec<RowProblem>,
    /// The links that were asked to run.
    pub links: Vec<String>,
}

/// What a file came to of which no import was made.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ImportOutcome {
    /// The list's last file once more: the import that was made of it.
    Repeated(Box<ImportAnswer>),
    /// What taking it in would do.
    Preview(PreviewAnswer),
    /// The opt-outs that it brought along.
    OptOuts(OptOutsAnswer),
}

/// Somebody who would join or leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Affected)]
pub struct AffectedSchema {
    /// Their row; none: the file does not name them.
    pub row: Option<u64>,
    /// Their address.
    pub address: String,
    /// Their display name, possibly empty.
    pub name: String,
}

impl PreviewAnswer {
    /// Of a preview and the file that it is of.
    #[must_use]
    pub fn of(preview: Preview, parsed: ParsedFile) -> Self {
        let Preview { joins, leaves, held, held_additions, kept_back, already, opted_out, problems } =
            preview;
        Self {
            joins: affected(joins),
            leaves: affected(leaves),
            held,
            held_additions,
            kept_back,
            already,
            opted_out,
            rows: parsed.rows,
            problems: problems.into_iter().map(RowProblem::of).collect(),
            report: parsed.report,
        }
    }
}

impl RowProblem {
    fn of(problem: listsync_lists::RowProblem) -> Self {
        let listsync_lists::RowProblem { row, code, message } = problem;
        Self { row, code, message }
    }
}

/// A row that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowProblem {
    /// Its number, as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// A stable code.
    pub code: String,
    /// Why, for people.
    pub message: String,
}

impl From<Taken> for ImportAnswer {
    fn from(Taken { import, problems, gone_unknown, links }: Taken) -> Self {
        let problems = problems.into_iter().map(RowProblem::of).collect();
        Self { import, problems, gone_unknown, links: links.into_iter().map(String::from).collect() }
    }
}

impl From<OptOuts> for OptOutsAnswer {
    fn from(OptOuts { list, rows, recorded, problems, links }: OptOuts) -> Self {
        let problems = problems.into_iter().map(RowProblem::of).collect();
        let links = links.into_iter().map(String::from).collect();
        Self { list: list.to_string(), rows, recorded, problems, links }
    }
}
