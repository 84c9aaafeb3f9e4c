//! `listsync import` and `imports`: a CSV file into a list.

use std::{fmt::Write as _, fs::File, path::Path};

use jiff::tz::TimeZone;

use listsync_core::{id::ImportId, link::Link, list::List, trigger::Reason};
use listsync_engine::{
    Ports,
    people::{self, Stored},
    ports::{Again, Fault, FileReport, Import, ImportMode, ImportState, ListEdit},
    service::Service,
};
use listsync_lists::{
    Expected, ParsedFile, Position, Profile, Reading, RowProblem, Source, StatusWords, Taken,
};
use listsync_wiring::Wired;
use serde_json::{Value, json};

use super::{asked::Asked, link};
use crate::{
    cli::{AgainArg, ColumnArgs, ImportArgs, ImportModeArg, ImportsVerb},
    find,
    output::{self, Outcome, Refusal, Reply},
    progress::Bars,
    view,
};

const SHOWN: usize = 100;
/// So many unreadable rows are told one by one to a person; a document has them all.
const TOLD: usize = 10;

/// Takes a file into a list. What can be refused is refused before anything is stored.
pub(super) async fn import(wired: &Wired, args: &ImportArgs) -> Outcome {
    let ports = &wired.ports;
    let list = find::list(ports, &args.list).await?;
    let profile = profile(args, &list)?;
    let today = ports.clock.now().to_zoned(TimeZone::UTC).date();
    let reading = Reading { profile: &profile, today };
    let parsed = read(&args.file, reading)?;
    if let Some(rejects) = &args.rejects {
        write_rejects(&args.file, reading, &parsed, rejects)?;
    }
    let linked = match &args.link_group {
        None => None,
        Some(group) => link::existing_group(wired, &list, group).await?,
    };
    let file = args.file.to_string_lossy();
    let source = Source { file: &file, mode: args.mode.into(), at: ports.clock.now() };
    let again = args.again.into();
    keep_words(&wired.service, &list, &args.columns).await?;
    let taken = listsync_lists::take_in(&wired.service, &list.id, parsed, (source, again)).await?;
    let Taken { import, problems, gone_unknown, links } = taken;
    let asked = match &linked {
        // It is linked to a group just now, so it has a run to ask for whatever the file changed.
        Some(_) if links.is_empty() => Asked::after_change(ports, &list.id, Reason::Event).await?,
        _ => Asked { links },
    };
    let done = Done { list, import, problems, gone_unknown, linked, asked };
    Ok(Reply::done(done.document(), done.text()).exiting(done.exit_code()))
}

impl From<ImportModeArg> for ImportMode {
    fn from(arg: ImportModeArg) -> Self {
        match arg {
            ImportModeArg::Full => Self::Full,
            ImportModeArg::Incremental => Self::Incremental,
        }
    }
}

impl From<AgainArg> for Again {
    fn from(arg: AgainArg) -> Self {
        match arg {
            AgainArg::Skip => Self::Skip,
            AgainArg::TakeIn => Self::TakeIn,
        }
    }
}

/// Status words that are given a meaning keep it for the files to come.
async fn keep_words(service: &Service, list: &List, said: &ColumnArgs) -> Result<(), Refusal> {
    let mut words = list.status_words.clone();
    words.extend(said.status_word.iter().cloned());
    if words != list.status_words {
        let edit = ListEdit { status_words: Some(words), ..ListEdit::default() };
        people::edit_list(service, &list.id, None, &edit).await?;
    }
    Ok(())
}

/// A built-in profile by its name, or an own one in a file.
fn profile(args: &ImportArgs, list: &List) -> Result<Profile, Refusal> {
    let given = args.profile.as_str();
    let refuse = |why: String| {
        let hint = format!("name one of {}, or a JSON file", Profile::BUILT_IN.join(", "));
        Refusal::new("profile", format!("--profile {given}: {why}"), hint)
    };
    let profile = match Profile::named(given) {
        Some(built_in) => built_in,
        None => {
            let text = std::fs::read_to_string(given).map_err(|error| {
                refuse(format!("no built-in profile, and no file that can be read ({error})"))
            })?;
            Profile::from_json(&text).map_err(|error| refuse(error.to_string()))?
        }
    };
    Ok(profile.with_words(&list.status_words).with(&args.columns.overrides()))
}

fn read(path: &Path, reading: Reading<'_>) -> Result<ParsedFile, Refusal> {
    let file = opened(path)?;
    let bar = Bars::default().bar("reading the file");
    listsync_lists::read(file, reading, |at: Position| bar.say(format!("{} rows", at.rows)))
        .map_err(|error| refused(path, &error.to_string()))
}

/// Writes the rows that were not taken to a file, which must not be there yet; how many they are.
fn write_rejects(from: &Path, reading: Reading<'_>, parsed: &ParsedFile, to: &Path) -> Result<u64, Refusal> {
    let unwritten = |why: String| {
        Refusal::new("rejects", format!("{}: {why}", to.display()), "name another file with --rejects")
    };
    if parsed.rejected.is_empty() {
        return Ok(0);
    }
    let mut out = File::create_new(to).map_err(|error| unwritten(format!("cannot be written ({error})")))?;
    listsync_lists::write_rejects(opened(from)?, reading, parsed, &mut out)
        .map_err(|error| unwritten(error.to_string()))
}

fn opened(path: &Path) -> Result<File, Refusal> {
    File::open(path).map_err(|error| refused(path, &format!("cannot be read ({error})")))
}

fn refused(path: &Path, why: &str) -> Refusal {
    Refusal::new(
        "file",
        format!("{}: {why}", path.display()),
        "nothing was imported; correct the file and try again",
    )
}

/// An import with what was not taken in, and what follows from it.
struct Done {
    list: List,
    import: Import,
    problems: Vec<RowProblem>,
    gone_unknown: u64,
    linked: Option<Link>,
    asked: Asked,
}

impl Done {
    fn document(&self) -> Value {
        let problem = |row: &RowProblem| json!({"row": row.row, "code": row.code, "message": row.message});
        let mut document = json!(self.import);
        document["problems"] = self.problems.iter().map(problem).collect();
        document["gone_unknown"] = json!(self.gone_unknown);
        document["links"] = json!(self.asked.links);
        document["linked"] = json!(self.linked.as_ref().map(|link| &link.id));
        document
    }

    fn text(&self) -> String {
        let mut text = outline(&self.import, &self.list.name);
        for RowProblem { row, message, .. } in self.problems.iter().take(TOLD) {
            let _ = writeln!(text, "  {} row {row}: {message}", output::yellow("not taken in:"));
        }
        if self.problems.len() > TOLD {
            let more = self.problems.len() - TOLD;
            let _ = writeln!(text, "  and {more} more rows: see them all with --json");
        }
        if let Some(link) = &self.linked {
            let _ = writeln!(text, "Linked to the group '{}', two-way.", link.group_name);
        }
        text.trim_end().to_owned() + &self.asked.text()
    }

    /// 4 where removals are held, 3 where a row could not be read.
    fn exit_code(&self) -> u8 {
        match (self.import.state, self.import.rejected == 0) {
            (ImportState::Held, _) => 4,
            (_, false) => 3,
            (ImportState::Done | ImportState::RemovalsSkipped | ImportState::Repeated, true) => 0,
        }
    }
}

fn outline(import: &Import, list: &str) -> String {
    let Import {
        id,
        file,
        rows,
        added,
        updated,
        unchanged,
        removed,
        held,
        opted_out,
        repeated,
        rejected,
        unreachable,
        not_yet,
        ..
    } = import;
    if import.state == ImportState::Repeated {
        let at = view::moment(import.at);
        return format!(
            "{file} is the last file that was imported into '{list}' ({at}): nothing was done. '--again take-in' takes it in once more.\n"
        );
    }
    let mut text = format!(
        "Imported {file} into '{list}': {rows} rows.\n  {added} added, {updated} updated, {unchanged} unchanged, {removed} removed\n"
    );
    if opted_out + repeated + rejected > 0 {
        let _ = writeln!(text, "  {opted_out} opted out, {repeated} repeated, {rejected} not taken in");
    }
    if unreachable + not_yet > 0 {
        let _ = writeln!(
            text,
            "  {unreachable} known by their key and without an address (they stay as they are), {not_yet} not there yet"
        );
    }
    text.push_str(&understood(&import.report));
    match import.state {
        ImportState::Done | ImportState::Repeated => {}
        ImportState::RemovalsSkipped => {
            text.push_str(
                "  Nobody who is missing from the file was removed, because rows do not tell whom they name: correct them and import again.\n",
            );
        }
        ImportState::Held => {
            let _ = writeln!(
                text,
                "  {} {held} removals, because the file names fewer than 80 % of those on the list.\n  Do them: listsync imports approve {id}",
                output::yellow("held:")
            );
        }
    }
    text
}

/// What a person should know of how the file was understood.
fn understood(report: &FileReport) -> String {
    let mut text = String::new();
    if !report.passed_over.is_empty() {
        let rows: Vec<String> = report.passed_over.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "  passed over, as they name nobody: rows {}", rows.join(", "));
    }
    let told = |meaning: &str| {
        let words = report.status_words.iter().filter(|word| word.meaning == meaning);
        words.map(|word| format!("'{}'", word.word)).collect::<Vec<_>>().join(", ")
    };
    let own = told("employed");
    if !own.is_empty() {
        let _ = writeln!(text, "  status words of your own, read as being there: {own}");
    }
    let looked_for = ["status", "employment_status", "status_date"];
    let knows = report.columns.iter().any(|column| looked_for.contains(&column.what.as_str()));
    if !knows && !report.columns.is_empty() {
        text.push_str("  no column told who is gone\n");
    }
    text
}

pub(super) async fn run(service: &Service, verb: &ImportsVerb) -> Outcome {
    match verb {
        ImportsVerb::Ls => ls(&service.ports).await,
        ImportsVerb::Profiles => Ok(profiles()),
        ImportsVerb::Approve { import } => approve(service, import).await,
    }
}

/// What each built-in profile expects of a file.
fn profiles() -> Reply {
    let expected: Vec<Expected> =
        Profile::BUILT_IN.iter().filter_map(|name| Some(Profile::named(name)?.expected())).collect();
    let mut text = String::new();
    for Expected { profile, columns, status_words } in &expected {
        let _ = writeln!(text, "{profile}");
        for column in columns {
            let _ = writeln!(text, "  {}: {}", column.what, column.titles.join(", "));
        }
        if let Some(StatusWords { active, leave, terminated, not_yet }) = status_words {
            let groups =
                [("active", active), ("leave", leave), ("terminated", terminated), ("not-yet", not_yet)];
            for (meaning, words) in groups {
                let _ = writeln!(text, "  words that mean {meaning}: {}", words.join(", "));
            }
        }
        text.push('\n');
    }
    text.push_str("A title counts without regard to case, spaces and _ . -, and without an area in parentheses at its end.");
    Reply::done(json!(expected), text)
}

async fn ls(ports: &Ports) -> Outcome {
    let imports = ports.lists.imports(SHOWN).await?;
    let mut rows = Vec::new();
    for import in &imports {
        let list = find::list_name(ports, &import.list).await?;
        rows.push([
            view::moment(import.at),
            list,
            import.file.clone(),
            view::word(import.mode),
            view::word(import.state),
            format!("+{} -{}", import.added, import.removed),
            import.id.to_string(),
        ]);
    }
    let heading = ["WHEN", "LIST", "FILE", "MODE", "STATE", "+/-", "IMPORT"];
    let text = match rows.is_empty() {
        true => {
            "There is no import yet. Make one: listsync import FILE --list LIST --mode incremental".to_owned()
        }
        false => output::table(heading, &rows),
    };
    Ok(Reply::done(json!(imports), text))
}

async fn approve(service: &Service, id: &str) -> Outcome {
    let missing = || {
        Refusal::new(
            "no_such_import",
            format!("there is no import '{id}'"),
            "see what there is with 'listsync imports ls'",
        )
    };
    let id = ImportId::parse(id).map_err(|_| missing())?;
    let Stored { what: import, links } = match people::approve_import(service, &id).await {
        Err(error) if error.fault == Fault::Gone => return Err(missing()),
        other => other?,
    };
    let asked = Asked { links };
    let text =
        format!("Did the held removals of the import: {} left the list.{}", import.removed, asked.text());
    let mut document = json!(import);
    document["links"] = json!(asked.links);
    Ok(Reply::done(document, text))
}
