//! A file's people onto its list, and what is told of that.

use std::fmt::Write as _;

use listsync_core::{
    audit::{Action, Object, ObjectKind},
    grant::Lists,
    link::Link,
    list::List,
    trigger::Reason,
};
use listsync_engine::{
    people,
    ports::{Again, Import, ImportMode, ImportState, ListEdit},
    service::Service,
};
use listsync_lists::{ParsedFile, RowProblem, Source, Taken};
use listsync_wiring::Wired;
use serde_json::{Value, json};

use super::told::{outline, problems};
use crate::{
    cli::{AgainArg, ColumnArgs, ImportArgs},
    output::{Outcome, Refusal, Reply},
    progress::Bars,
    verbs::{asked::Asked, link, record},
};

/// Takes the people of a file in, and links the list where that is asked for.
pub(super) async fn take_in(
    wired: &Wired,
    args: &ImportArgs,
    list: List,
    (parsed, mode): (ParsedFile, ImportMode),
) -> Outcome {
    let ports = &wired.ports;
    let linked = match &args.link_group {
        None => None,
        Some(group) => link::existing_group(wired, &list, group).await?,
    };
    let file = args.file.to_string_lossy();
    let source = Source { file: &file, mode, at: ports.clock.now(), given: &Lists::All };
    let again = args.again.into();
    keep_words(&wired.service, &list, &args.columns).await?;
    let bar = Bars::default().bar("writing to the list");
    bar.say(format!("{} rows", parsed.rows));
    let taken = listsync_lists::take_in(&wired.service, &list.id, parsed, (source, again)).await?;
    drop(bar);
    let Taken { import, problems, gone_unknown, links } = taken;
    let asked = match &linked {
        // It is linked to a group just now, so it has a run to ask for whatever the file changed.
        Some(_) if links.is_empty() => Asked::after_change(ports, &list.id, Reason::Event).await?,
        _ => Asked { links },
    };
    let done = Done { list, import, problems, gone_unknown, linked, asked };
    let reply = Reply::done(done.document(), done.text()).exiting(done.exit_code());
    Ok(match done.import.state {
        ImportState::Repeated => reply.unchanged(),
        _ => reply.made(ObjectKind::Import, &done.import.id),
    })
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
        record::done(service, Action::ListEdit, vec![Object::new(ObjectKind::List, &list.id)]).await;
    }
    Ok(())
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
        let mut document = json!(self.import);
        document["problems"] = json!(self.problems);
        document["gone_unknown"] = json!(self.gone_unknown);
        document["links"] = json!(self.asked.links);
        document["linked"] = json!(self.linked.as_ref().map(|link| &link.id));
        document
    }

    fn text(&self) -> String {
        let mut text = outline(&self.import, &self.list.name);
        text.push_str(&problems(&self.problems));
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
            (
                ImportState::Done
                | ImportState::Discarded
                | ImportState::RemovalsSkipped
                | ImportState::Repeated
                | ImportState::Undone,
                true,
            ) => 0,
        }
    }
}
