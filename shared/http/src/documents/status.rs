//! How lists and links stand, as documents.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, id::LinkId, status::State, unsettled::Unsettled};
use listsync_engine::status::{self, Row};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Named, words};

/// How a link stands, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LinkState)]
pub struct StateDocument {
    /// In one word.
    #[schema(value_type = words::State)]
    pub state: &'static str,
    /// The same in words for a person, with its moments.
    pub text: String,
    /// What a person can do about it; empty where there is nothing to do.
    pub advice: String,
    /// What monitoring makes of it: 4 nothing goes on without a person, 3 somebody is not placed, 2 it goes on by itself, 0
    /// nothing is to be done.
    pub exit_code: u8,
    /// Since when it is so, where that is known.
    pub since: Option<Timestamp>,
    /// Until when, where that is known.
    pub until: Option<Timestamp>,
    /// How many people, or changes, it is about.
    pub count: u64,
    /// Of people who are not placed, or left out by a rule: how many for which reason.
    pub reasons: BTreeMap<String, u64>,
}

impl StateDocument {
    /// Of a list, by its name.
    #[must_use]
    pub fn of(state: &State, list: &str) -> Self {
        let reasons = match state {
            State::NotPlaced { reasons, .. } | State::InStep { left_out: reasons } => reasons.clone(),
            _ => BTreeMap::new(),
        };
        Self {
            state: state.word(),
            text: state.text(moment),
            advice: state.advice(list),
            exit_code: state.exit_code(),
            since: state.since(),
            until: state.until(),
            count: state.count(),
            reasons,
        }
    }
}

/// A moment in a document's text.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// One link among those whose status is asked for; or a list, where a file waits for it or it has no link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatusRow {
    /// The list.
    pub list: Named,
    /// The link; null: it is about the list.
    #[schema(value_type = Option<String>)]
    pub link: Option<LinkId>,
    /// The names of its groups.
    pub group: Option<String>,
    /// When a run of it ended last.
    pub finished_at: Option<Timestamp>,
    #[serde(flatten)]
    #[schema(inline)]
    /// How it stands.
    pub state: StateDocument,
    /// Who is out of step, where one list is asked for; else null.
    #[schema(value_type = Option<Vec<UnsettledSchema>>)]
    pub people: Option<Vec<Unsettled>>,
}

impl StatusRow {
    /// Of a link or list, with who is out of step where that is known.
    #[must_use]
    pub fn of(row: Row, people: Option<Vec<Unsettled>>) -> Self {
        let Row { list, name, link, state } = row;
        let state = StateDocument::of(&state, &name);
        Self {
            list: Named { id: list.to_string(), name },
            group: link.as_ref().map(|link| link.group_names.clone()),
            finished_at: link.as_ref().and_then(|link| link.finished_at),
            link: link.map(|link| link.id),
            state,
            people,
        }
    }
}

/// How all that is asked for stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusDocument {
    /// The gravest of all rows, on this page or not; see `exit_code` of a row.
    pub exit_code: u8,
    /// When it was read.
    pub as_of: Timestamp,
    /// How many rows are in which state, on this page or not.
    pub counts: BTreeMap<&'static str, u64>,
    /// The rows: what needs somebody most first, and of that the oldest.
    pub items: Vec<StatusRow>,
    /// The `cursor` of the next page; null: this is the last one.
    pub next: Option<String>,
}

impl StatusDocument {
    /// What all rows come to, without any of them.
    #[must_use]
    pub fn over(rows: &[Row], as_of: Timestamp) -> Self {
        let mut counts = BTreeMap::new();
        for row in rows {
            *counts.entry(row.state.word()).or_default() += 1;
        }
        Self { exit_code: status::exit_code(rows), as_of, counts, items: Vec::new(), next: None }
    }
}

/// Somebody whom both sides do not share as they should, as its schema: the document is the core's `Unsettled`.
#[derive(ToSchema)]
#[schema(as = Unsettled)]
pub struct UnsettledSchema {
    /// Their address, as far as known.
    pub address: Option<String>,
    /// Their object in the directory, as far as known.
    pub object_id: Option<String>,
    /// How it ends: by itself, once somebody corrects something, or not at all.
    pub state: words::Prospect,
    /// Why: a stable code.
    pub reason: String,
    /// The same for a person.
    pub message: String,
    /// What the person can do; empty where there is nothing to do.
    pub hint: String,
    /// When it is done, read or tried again, where a moment is set.
    pub until: Option<Timestamp>,
}
