//! `listsync import` and `imports`: a CSV file into a list.

mod file;
mod held;
mod look;
mod opt_outs;
mod take_in;
mod told;
mod undo;

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use listsync_engine::{
    Ports,
    ports::{Import, ImportMode, ImportState},
    service::Service,
};
use listsync_lists::{Expected, Profile, Reading, StatusWords};
use listsync_wiring::Wired;
use serde_json::json;

use crate::{
    cli::{Deed, ImportArgs, ImportModeArg, ImportsVerb},
    find,
    output::{self, Outcome, Reply},
    view,
};

/// So many imports are listed.
const SHOWN: usize = 100;

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
        ImportsVerb::Show { import, csv } => held::show(&service.ports, import, *csv).await,
        ImportsVerb::Approve { import } => held::approve(service, import).await,
        ImportsVerb::Discard { import } => held::discard(&service.ports, import).await,
        ImportsVerb::Undo { import, yes, plan } => undo::undo(service, import, *yes, plan.as_deref()).await,
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
            state(import),
            format!("+{} -{}", import.added, import.removed),
            import.id.to_string(),
        ]);
    }
    let heading = ["WHEN", "LIST", "FILE", "MODE", "STATE", "+/-", "IMPORT"];
    let text = match rows.is_empty() {
        true => {
            "There is no import yet. Make one: listsync import FILE --list LIST --mode incremental".to_owned()
        }
        false if imports.iter().any(|import| import.state == ImportState::Held) => {
            let next = "What is held waits for you. See who: listsync imports show IMPORT, then imports approve or imports discard";
            format!("{}\n{next}", output::table(heading, &rows).trim_end())
        }
        false => output::table(heading, &rows),
    };
    Ok(Reply::done(json!(imports), text))
}

/// What became of it, with how many wait.
fn state(import: &Import) -> String {
    match import.state {
        ImportState::Held => format!("holds +{} -{}", import.held_additions, import.held),
        state => view::word(state),
    }
}
