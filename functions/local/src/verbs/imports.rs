//! `listsync import` and `imports`: a CSV file into a list.

use std::{fmt::Write as _, fs::File, path::Path};

use listsync_core::{id::ImportId, link::Link, list::List, trigger::Reason};
use listsync_engine::{
    Ports,
    ports::{Fault, Import, ImportMode, ImportState},
};
use listsync_lists::{Mapping, ParsedFile, RejectedRow, Source};
use listsync_wiring::Wired;
use serde_json::{Value, json};

use super::{asked::Asked, link};
use crate::{
    cli::{ImportArgs, ImportModeArg, ImportsVerb},
    find,
    output::{self, Outcome, Refusal, Reply},
    view,
};

const SHOWN: usize = 100;
/// So many unreadable rows are told one by one to a person; a document has them all.
const TOLD: usize = 10;

/// Takes a file into a list. What can be refused is refused before anything is stored.
pub(super) async fn import(wired: &Wired, args: &ImportArgs) -> Outcome {
    let ports = &wired.ports;
    let list = find::list(ports, &args.list).await?;
    let parsed = read(&args.file, args.map.as_ref())?;
    let linked = match &args.link_group {
        None => None,
        Some(group) => link::existing_group(wired, &list, group).await?,
    };
    let rejected = parsed.rejected.clone();
    let file = args.file.to_string_lossy();
    let source = Source { file: &file, mode: args.mode.into(), at: ports.clock.now() };
    let import = listsync_lists::import(ports.lists.as_ref(), &list.id, parsed, source).await?.import;
    let changed = import.added + import.removed > 0 || linked.is_some();
    let asked = match changed {
        true => Asked::after_change(ports, &list.id, Reason::Event).await?,
        false => Asked::nobody(),
    };
    let done = Done { list, import, rejected, linked, asked };
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

fn read(path: &Path, mapping: Option<&Mapping>) -> Result<ParsedFile, Refusal> {
    let refuse = |why: String| {
        Refusal::new(
            "file",
            format!("{}: {why}", path.display()),
            "nothing was imported; correct the file and try again",
        )
    };
    let file = File::open(path).map_err(|error| refuse(format!("cannot be read ({error})")))?;
    let default = Mapping::default();
    listsync_lists::parse(file, mapping.unwrap_or(&default), |_| {})
        .map_err(|error| refuse(error.to_string()))
}

/// An import with what was not taken in, and what follows from it.
struct Done {
    list: List,
    import: Import,
    rejected: Vec<RejectedRow>,
    linked: Option<Link>,
    asked: Asked,
}

impl Done {
    fn document(&self) -> Value {
        let problem = |row: &RejectedRow| json!({"row": row.row, "code": row.reason.code(), "message": row.reason.to_string()});
        let mut document = json!(self.import);
        document["problems"] = self.rejected.iter().map(problem).collect();
        document["links"] = json!(self.asked.links);
        document["linked"] = json!(self.linked.as_ref().map(|link| &link.id));
        document
    }

    fn text(&self) -> String {
        let mut text = outline(&self.import, &self.list.name);
        for RejectedRow { row, reason } in self.rejected.iter().take(TOLD) {
            let _ = writeln!(text, "  {} row {row}: {reason}", output::yellow("not taken in:"));
        }
        if self.rejected.len() > TOLD {
            let more = self.rejected.len() - TOLD;
            let _ = writeln!(text, "  and {more} more rows: see them all with --json");
        }
        if let Some(link) = &self.linked {
            let _ = writeln!(text, "Linked to the group '{}', two-way.", link.group_name);
        }
        text.trim_end().to_owned() + &self.asked.text()
    }

    /// 4 where removals are held, 3 where a row could not be read.
    fn exit_code(&self) -> u8 {
        match (self.import.state, self.rejected.is_empty()) {
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
        ..
    } = import;
    let mut text = format!(
        "Imported {file} into '{list}': {rows} rows.\n  {added} added, {updated} updated, {unchanged} unchanged, {removed} removed\n"
    );
    if opted_out + repeated + rejected > 0 {
        let _ = writeln!(text, "  {opted_out} opted out, {repeated} repeated, {rejected} not readable");
    }
    match import.state {
        ImportState::Done => {}
        ImportState::Repeated => text.push_str("  It is the file of the last import: nothing was done.\n"),
        ImportState::RemovalsSkipped => {
            text.push_str(
                "  Nobody was removed, because rows could not be read: correct them and import again.\n",
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

pub(super) async fn run(ports: &Ports, verb: &ImportsVerb) -> Outcome {
    match verb {
        ImportsVerb::Ls => ls(ports).await,
        ImportsVerb::Approve { import } => approve(ports, import).await,
    }
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

async fn approve(ports: &Ports, id: &str) -> Outcome {
    let missing = || {
        Refusal::new(
            "no_such_import",
            format!("there is no import '{id}'"),
            "see what there is with 'listsync imports ls'",
        )
    };
    let id = ImportId::parse(id).map_err(|_| missing())?;
    let import = match ports.lists.approve_import(&id, ports.clock.now()).await {
        Err(error) if error.fault == Fault::Gone => return Err(missing()),
        other => other?,
    };
    let asked = Asked::after_change(ports, &import.list, Reason::Event).await?;
    let text =
        format!("Did the held removals of the import: {} left the list.{}", import.removed, asked.text());
    let mut document = json!(import);
    document["links"] = json!(asked.links);
    Ok(Reply::done(document, text))
}
