//! What people are told of without asking for it: an alert for each cause of trouble, and one when it is over.
//!
//! Whether there is trouble is [`State`]'s to say, and nobody else's: what nothing goes on with without a person is told.

mod letter;
mod message;

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    id::{LinkId, ListId},
    opt_outs::Surge,
    schedule::later,
    shell::Quoted,
    status::State,
};

pub use letter::{Envelope, Letter};
pub use message::{LISTED, Message};

/// So many days before a credential ends it is told, the last call first.
const EXPIRING_DAYS: [u64; 3] = [1, 7, 30];
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// So many causes of one subject are remembered; a subject of which nothing is over for so long is told anew.
const MOST_CAUSES: usize = 64;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A link stopped itself.
    Halted,
    /// A link's runs come to nothing.
    Failing,
    /// Changes of a link wait for a person.
    Held,
    /// A file waits for a person.
    ImportHeld,
    /// Files of a list should come, and none does.
    StaleSource,
    /// More people opted out than the guard lets go of its own accord. They are gone, and nothing waits.
    OptOuts,
    /// The credential of the directory ends soon.
    CredentialExpiring,
    /// Of what was told the cause is gone.
    Recovered,
    /// Nothing: that it arrives says that alerts do.
    Heartbeat,
    /// Somebody wants to see one arrive.
    Test,
}

impl AlertKind {
    /// A stable word for documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::Failing => "failing",
            Self::Held => "held",
            Self::ImportHeld => "import_held",
            Self::StaleSource => "stale_source",
            Self::OptOuts => "opt_outs",
            Self::CredentialExpiring => "credential_expiring",
            Self::Recovered => "recovered",
            Self::Heartbeat => "heartbeat",
            Self::Test => "test",
        }
    }
}

/// The list that an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertList {
    /// Its id.
    pub id: ListId,
    /// Its name when the alert was made.
    pub name: String,
}

/// One thing that is told. It holds counts, names of lists, ids, and commands; no address or name of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// What it has in common with those that are told in one message with it: an error's code. Empty: only the kind.
    #[serde(default)]
    pub code: String,
    /// The list; none: it is about the whole deployment.
    pub list: Option<AlertList>,
    /// The link; none: it is about the list, or the whole deployment.
    pub link: Option<LinkId>,
    /// How it stands, as `listsync status` says it.
    pub text: String,
    /// What a person can do: a command; empty where there is nothing to do.
    pub advice: String,
    /// How many changes it is about, where it is about any.
    pub count: u64,
    /// When it was found.
    pub at: Timestamp,
}

/// Which causes of one link, or of one file, were told and are not over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told(BTreeSet<String>);

/// What is to be told of a subject, by what was told last and how it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tidings {
    /// Nothing.
    Nothing,
    /// There is trouble that was not told.
    Alert(AlertKind),
    /// What was told is over.
    Recovery,
    /// What was told is over, and a person who did that knows it.
    Quiet,
}

/// How the subject of alerts stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// As its link or list says.
    Is(&'a State),
    /// It is not there any more.
    Gone,
}

impl Told {
    /// Whether nothing is told that is not over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be told now; the caller sees to it, as from here on it counts as told.
    pub fn take_in(&mut self, standing: Standing<'_>) -> Tidings {
        let Standing::Is(state) = standing else { return self.forget(Tidings::Quiet) };
        if let Some(Cause { kind, key }) = Cause::of(state) {
            if self.0.contains(&key) {
                return Tidings::Nothing;
            }
            if self.0.len() >= MOST_CAUSES {
                self.0.clear();
            }
            self.0.insert(key);
            return Tidings::Alert(kind);
        }
        match state {
            State::Paused => self.forget(Tidings::Quiet),
            State::InStep { .. } | State::NotPlaced { .. } | State::Waiting { .. } | State::ByHand { .. } => {
                self.forget(Tidings::Recovery)
            }
            // A run is asked for or under way, and nobody knows yet what it comes to. To tell a recovery now, and the same
            // trouble a minute later, would be two alerts too many.
            _ => Tidings::Nothing,
        }
    }

    /// The same of a credential that ends then; none: it does not, or nobody can tell. It is told once in each of the last 30, 7
    /// and 1 days; one that was renewed is a recovery.
    pub fn take_in_credential(&mut self, end: Option<Timestamp>, now: Timestamp) -> Tidings {
        let Some(end) = end else { return self.forget(Tidings::Quiet) };
        let Some(days) = EXPIRING_DAYS.into_iter().find(|days| end <= later(now, DAY * (*days as u32)))
        else {
            return self.forget(Tidings::Recovery);
        };
        if self.0.insert(format!("{} {end} {days}", AlertKind::CredentialExpiring.word())) {
            return Tidings::Alert(AlertKind::CredentialExpiring);
        }
        Tidings::Nothing
    }

    /// The same of the opt-outs of a link. One surge is told once, whoever joins it. That it is over is nothing to tell: nobody
    /// had to do anything about it.
    pub fn take_in_opt_outs(&mut self, surge: Option<Surge>) -> Tidings {
        let Some(Surge { since, .. }) = surge else { return self.forget(Tidings::Quiet) };
        match self.0.insert(format!("{} {since}", AlertKind::OptOuts.word())) {
            true => Tidings::Alert(AlertKind::OptOuts),
            false => Tidings::Nothing,
        }
    }

    /// Of what was not told there is nothing to take back.
    fn forget(&mut self, told: Tidings) -> Tidings {
        if std::mem::take(&mut self.0).is_empty() { Tidings::Nothing } else { told }
    }
}

/// What a state of trouble is told for once. It stays the same while the trouble goes on: an error that comes at each run, or
/// a hold that others join, is one.
struct Cause {
    kind: AlertKind,
    key: String,
}

impl Cause {
    fn of(state: &State) -> Option<Self> {
        let (kind, key) = match state {
            State::Halted { failing, since, .. } => {
                let code = failing.as_ref().map_or("", |failing| &failing.code);
                (AlertKind::Halted, format!("{since:?} {code}"))
            }
            // Another error of a link that fails on is another cause: the first may be an outage that hides the second.
            State::Failing(failing) => (AlertKind::Failing, format!("{} {}", failing.since, failing.code)),
            State::Held { since, .. } => (AlertKind::Held, since.to_string()),
            State::ImportHeld { import, .. } => (AlertKind::ImportHeld, import.clone()),
            State::StaleSource { heard_at, .. } => (AlertKind::StaleSource, heard_at.to_string()),
            _ => return None,
        };
        Some(Self { kind, key: format!("{} {key}", kind.word()) })
    }
}

impl Alert {
    /// Of a link or a file that stands so.
    #[must_use]
    pub fn of_state(kind: AlertKind, state: &State, subject: Subject, at: Timestamp) -> Self {
        let Subject { list, link } = subject;
        let code = match state {
            State::Failing(failing) | State::Halted { failing: Some(failing), .. } => failing.code.clone(),
            _ => String::new(),
        };
        Self {
            kind,
            code,
            text: state.text(moment),
            advice: state.advice(&list.name),
            count: state.count(),
            list: Some(list),
            link,
            at,
        }
    }

    /// That files of a list come again.
    #[must_use]
    pub fn of_heard_source(list: AlertList, at: Timestamp) -> Self {
        Self {
            kind: AlertKind::Recovered,
            code: String::new(),
            text: "a file of it came again".into(),
            advice: "see what it did: listsync imports ls".into(),
            count: 0,
            list: Some(list),
            link: None,
            at,
        }
    }

    /// That more people opted out than the guard lets go of its own accord.
    #[must_use]
    pub fn of_opt_outs(surge: Surge, Subject { list, link }: Subject, at: Timestamp) -> Self {
        let Surge { people, of, since: _ } = surge;
        Self {
            kind: AlertKind::OptOuts,
            code: String::new(),
            text: format!(
                "{people} of {of} opted out within 24 hours; all were taken off, as their word holds"
            ),
            advice: format!("see who, and by what: listsync lists history {}", Quoted(&list.name)),
            count: people,
            list: Some(list),
            link,
            at,
        }
    }

    /// That a file does not wait any more.
    #[must_use]
    pub fn of_decided_import(import: &str, list: AlertList, at: Timestamp) -> Self {
        Self {
            kind: AlertKind::Recovered,
            code: String::new(),
            text: "the file that was held is decided on".into(),
            advice: format!("see what became of it: listsync imports show {import}"),
            count: 0,
            list: Some(list),
            link: None,
            at,
        }
    }

    /// That the credential of a function ends then, or was renewed.
    #[must_use]
    pub fn of_credential(kind: AlertKind, holder: &str, end: Timestamp, at: Timestamp) -> Self {
        let ends = if end > at { "expires" } else { "expired" };
        let text = format!("the credential of the {holder} {ends} at {}", moment(end));
        let advice = match kind {
            AlertKind::Recovered => "",
            _ => {
                "add another in Entra (App registrations > your app > Certificates & secrets), set it, then remove the old one"
            }
        };
        Self::of_all(kind, text, advice, at)
    }

    /// About the whole deployment.
    #[must_use]
    pub fn of_all(kind: AlertKind, text: String, advice: &str, at: Timestamp) -> Self {
        let (code, advice) = (String::new(), advice.to_owned());
        Self { kind, code, list: None, link: None, text, advice, count: 0, at }
    }
}

/// What an alert of a state is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The list.
    pub list: AlertList,
    /// The link; none: it is about the list.
    pub link: Option<LinkId>,
}

/// A moment in an alert's text: who reads it may be anywhere.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
