//! A link as a document and as text.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use listsync_core::{
    Timestamp, duration,
    link::{Link, LinkStatus},
    settings::Protected,
    shell::Quoted,
    status::State,
    summary::Summary,
    unsettled::{self, Unsettled},
};
use listsync_engine::{
    Ports,
    ports::{Failing, Hold, LinkState, Phase, PortResult, Ruling, RulingKind},
    status,
};
use listsync_http::documents::{
    Named,
    link::{LinkDocument, status_word},
};
use serde_json::{Value, json};

use crate::{find, output};

/// A link with all that a person may want to know of it.
pub(crate) struct LinkView {
    state: LinkState,
    list_name: String,
    last_run: Option<Summary>,
    standing: State,
}

fn protected_text(protected: &Protected) -> String {
    match protected.texts().as_slice() {
        [] => "as the settings say".to_owned(),
        texts => format!("{}, besides those of the settings", texts.join(", ")),
    }
}

impl LinkView {
    /// Gathers it.
    pub(crate) async fn load(ports: &Ports, state: LinkState) -> PortResult<Self> {
        let list_name = find::list_name(ports, &state.link.list).await?;
        let last_run = ports.runs.latest(Some(&state.link.id), 1).await?.into_iter().next();
        let standing = status::of_link(ports, &state).await?;
        Ok(Self { state, list_name, last_run, standing })
    }

    /// The document.
    pub(crate) fn document(&self) -> Value {
        let list = Named { id: self.state.link.list.to_string(), name: self.list_name.clone() };
        json!(LinkDocument::of(self.state.clone(), list, self.last_run.clone(), &self.standing))
    }

    /// One line of a table.
    pub(crate) fn row(&self) -> [String; 6] {
        let link = &self.state.link;
        [
            self.list_name.clone(),
            link.group_names(),
            link.mode.to_string(),
            self.status(),
            self.last_run.as_ref().map_or_else(|| "never".to_owned(), |run| moment(run.finished_at)),
            link.id.to_string(),
        ]
    }

    /// The heading of that table.
    pub(crate) const HEADING: [&'static str; 6] = ["LIST", "GROUP", "MODE", "STATUS", "LAST RUN", "LINK"];

    /// How it stands, in the words of `listsync status`.
    fn status(&self) -> String {
        match (&self.standing, status_word(&self.state)) {
            (State::NeverRan | State::Queued, "pending") => {
                "pending: its next sync first creates the group".to_owned()
            }
            (standing, _) => standing.text(moment),
        }
    }

    /// All of it, for a person.
    pub(crate) fn text(&self) -> String {
        let link = &self.state.link;
        let mut text = format!("{} ↔ {}\n", output::bold(&self.list_name), output::bold(&link.group_names()));
        let default = || "as the settings say".to_owned();
        let rows = [
            ("link", link.id.to_string()),
            ("place", link.place().map_or_else(|| "not created yet".to_owned(), |place| place.to_string())),
            ("group", group_ids(link)),
            ("mode", link.mode.to_string()),
            ("extras", word(link.extras)),
            ("first merge", word(link.first_merge)),
            ("externals", word(link.externals)),
            ("every", link.every.map_or_else(default, duration::format)),
            ("settle window", link.settle_window.map_or_else(default, duration::format)),
            ("max removals", link.max_removals.map_or_else(default, |limit| limit.to_string())),
            ("grace", duration::format_wait(link.grace)),
            ("mailboxes", word(link.members.shared_mailboxes)),
            ("agents", word(link.members.agents)),
            ("protected", protected_text(&link.members.protected)),
            ("writes", link.writes.to_string()),
            ("status", self.status()),
            ("first run", first_run(self.state.progress.phase).to_owned()),
            ("due", moment(self.state.due_at)),
        ];
        for (name, value) in rows {
            let _ = writeln!(text, "  {name:<14}{value}");
        }
        if let LinkStatus::Halted(reason) = link.status {
            let _ =
                writeln!(text, "\nHalted: {reason}. Put that right, then: listsync links resume {}", link.id);
        }
        if let Some(Failing { reason, since, hint, code: _ }) = &self.state.progress.failing {
            let _ = writeln!(text, "\nFailing since {}: {reason}", moment(*since));
            if !hint.is_empty() {
                let _ = writeln!(text, "  {hint}");
            }
        }
        self.write_hold(&mut text);
        match &self.last_run {
            None => text.push_str("\nIt has not run yet.\n"),
            Some(run) => {
                let _ = write!(text, "\nLast run ({}):\n{}", run.run, run.window(moment));
            }
        }
        text
    }

    fn write_hold(&self, text: &mut String) {
        let Some(hold @ Hold { digest, reasons, since, .. }) = &self.state.progress.hold else { return };
        let _ = writeln!(text, "\nHeld since {}: {}.", moment(*since), hold.counts());
        for (side, reason) in reasons {
            let _ = writeln!(text, "  {side}: {}", hold.explained(*reason));
        }
        match &self.state.ruling {
            Some(Ruling { kind: RulingKind::Approved, digest: named }) if named == digest => {
                text.push_str("  Approved, waits for a run, which does them.\n");
            }
            Some(Ruling { kind: RulingKind::Discarded, digest: named }) if named == digest => {
                text.push_str("  Discarded, waits for a run, which drops them.\n");
            }
            _ => {
                let _ = writeln!(text, "  See them:  listsync plan {}", Quoted(&self.list_name));
                let _ = writeln!(text, "  Do them:   listsync links approve {digest}");
                let _ = writeln!(text, "  Drop them: listsync links discard {digest}");
            }
        }
    }
}

/// Who is out of step, a line each under a heading; nothing where everybody is in step.
pub(crate) fn out_of_step(people: &[Unsettled]) -> String {
    match people {
        [] => String::new(),
        people => format!("\nNot in step now:\n{}", unsettled::lines(people, moment)),
    }
}

fn group_ids(link: &Link) -> String {
    let ids: Vec<String> = link.groups().map(ToString::to_string).collect();
    if ids.is_empty() { "not created yet".to_owned() } else { ids.join(", ") }
}

/// The groups of a link, named in a sentence.
pub(crate) fn groups(link: &Link) -> String {
    let which = if link.more.is_empty() { "the group" } else { "the groups" };
    format!("{which} '{}'", link.group_names())
}

/// Where a link leads, to tell it from the others of its list.
pub(crate) fn place(link: &Link) -> String {
    match link.place() {
        Some(place) => format!("{} ({place})", link.group_names()),
        None => link.group_names(),
    }
}

fn first_run(phase: Phase) -> &'static str {
    match phase {
        Phase::First => "not finished: nobody is removed until it is",
        Phase::Steady => "finished",
    }
}

/// The word that a document has for a value.
pub(crate) fn word(value: impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

/// A moment, to the second, by the clock on the wall where this runs, with its zone. Documents have UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
