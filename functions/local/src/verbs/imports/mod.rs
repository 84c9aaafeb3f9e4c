//! `listsync import` and `imports`: a CSV file into a list.

mod file;
mod look;
mod opt_outs;
mod take_in;
mod told;

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use listsync_core::id::ImportId;
use listsync_engine::{
    Ports,
    people::{self, Stored},
    ports::{Fault, ImportMode},
    service::Service,
};
use listsync_lists::{Expected, Profile, Reading, StatusWords};
use listsync_wiring::Wired;
use serde_json::json;

use super::asked::Asked;
use crate::{
    cli::{Deed, ImportArgs, ImportModeArg, ImportsVerb},
    find,
    output::{self, Outcome, Refusal, Reply},
    view,
};
use told::{in_full, outline};

/// So many imports are listed.
const SHOWN: usize = 100;
/// So many imports are looked through for one.
const FARTHEST: usize = 10_000;

/// Does with a file what is asked for. What can be refused is refused before anything is stored.
pub(super) async fn import(wired: &Wired, args: &ImportArgs) -> Outcome {
    let (ports, service) = (&wired.ports, &wired.service);
    let list = find::list(ports, &args.list).await?;
    let profile = file::profile(args, &list)?;
    let today = ports.clock.now().to_zoned(TimeZone::UTC).date();
    let reading = Reading { profile: &profile, today };
    let parsed = file::read(&args.file, reading)?;
    if let Some(rejects) = &args.rejects {
        file::write_rejects(&args.file, reading, &parsed, rejects)?;
    }
    match args.deed() {
        Deed::TakeIn(mode) => take_in::take_in(wired, args, list, (parsed, mode.into())).await,
        Deed::Look(mode) => look::look(service, &list, (parsed, mode.into())).await,
        Deed::OptOuts => opt_outs::bring(service, &list, &parsed).await,
    }
}

impl From<ImportModeArg> for ImportMode {
    fn from(arg: ImportModeArg) -> Self {
        match arg {
            ImportModeArg::Full => Self::Full,
            ImportModeArg::Incremental => Self::Incremental,
        }
    }
}

pub(super) async fn run(service: &Service, verb: &ImportsVerb) -> Outcome {
    match verb {
        ImportsVerb::Ls => ls(&service.ports).await,
        ImportsVerb::Profiles => Ok(profiles()),
        ImportsVerb::Show { import } => show(&service.ports, import).await,
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

async fn show(ports: &Ports, id: &str) -> Outcome {
    let imports = ports.lists.imports(FARTHEST).await?;
    let import = imports.into_iter().find(|import| import.id.as_str() == id).ok_or_else(|| missing(id))?;
    let list = find::list_name(ports, &import.list).await?;
    let text = outline(&import, &list) + &in_full(&import.report);
    Ok(Reply::done(json!(import), text.trim_end()))
}

fn missing(id: &str) -> Refusal {
    Refusal::new(
        "no_such_import",
        format!("there is no import '{id}'"),
        "see what there is with 'listsync imports ls'",
    )
}

async fn approve(service: &Service, id: &str) -> Outcome {
    let parsed = ImportId::parse(id).map_err(|_| missing(id))?;
    let Stored { what: import, links } = match people::approve_import(service, &parsed).await {
        Err(error) if error.fault == Fault::Gone => return Err(missing(id)),
        other => other?,
    };
    let asked = Asked { links };
    let text =
        format!("Did the held removals of the import: {} left the list.{}", import.removed, asked.text());
    let mut document = json!(import);
    document["links"] = json!(asked.links);
    Ok(Reply::done(document, text))
}
