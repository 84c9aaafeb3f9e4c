//! How a file was understood: what is told of it besides its people.

use std::collections::HashMap;

use jiff::civil::Date;
use listsync_engine::ports::{FileReport, LeaveDay, ReadColumn, StatusWord};

use crate::{
    columns::{Found, StatusKind},
    dates::Order,
    head::PassedRow,
    status::{Meaning, Told},
};

/// So many different status words are told.
const WORDS: usize = 200;
/// So many leave dates are told.
const DAYS: usize = 200;
/// So many rows that were passed over are told by their number.
const PASSED: usize = 50;

/// What is noted while the rows of a file are read.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The row that is being read.
    pub(crate) row: u64,
    /// What its leave dates tell of the order of day and month.
    pub(crate) order: Order,
    words: HashMap<String, (Told, u64)>,
    days: Vec<LeaveDay>,
}

impl Notes {
    /// A word of a status column, and what it was taken for.
    pub(crate) fn word(&mut self, text: &str, told: Told) {
        if told == Told::Nothing {
            return;
        }
        if let Some((_, rows)) = self.words.get_mut(text) {
            *rows += 1;
        } else if self.words.len() < WORDS {
            self.words.insert(text.to_owned(), (told, 1));
        }
    }

    /// The leave date of the row.
    pub(crate) fn left(&mut self, day: Date) {
        self.left_in(self.row, day);
    }

    /// The leave date of a row.
    pub(crate) fn left_in(&mut self, row: u64, day: Date) {
        if self.days.len() < DAYS {
            self.days.push(LeaveDay { row, day });
        }
    }

    /// All of it, with the columns as they were understood.
    pub(crate) fn finish(
        mut self,
        titles: &[String],
        (columns, passed): (&Found, &[PassedRow]),
    ) -> FileReport {
        let mut words: Vec<StatusWord> = self
            .words
            .into_iter()
            .map(|(word, (told, rows))| StatusWord { word, meaning: meaning(told).to_owned(), rows })
            .collect();
        words.sort_by(|one, other| (&one.meaning, &one.word).cmp(&(&other.meaning, &other.word)));
        self.days.sort_by_key(|left| left.row);
        FileReport {
            columns: read_columns(titles, columns),
            status_words: words,
            leave_days: self.days,
            passed_over: passed.iter().take(PASSED).map(|passed| passed.row).collect(),
        }
    }
}

fn meaning(told: Told) -> &'static str {
    match told {
        Told::Nothing => "nothing",
        Told::Meaning(Meaning::Active) => "active",
        Told::Meaning(Meaning::Leave) => "leave",
        Told::Meaning(Meaning::Terminated) => "terminated",
        Told::Meaning(Meaning::NotYet) => "not-yet",
        Told::Employed => "employed",
        Told::Unsure => "unsure",
    }
}

fn read_columns(titles: &[String], columns: &Found) -> Vec<ReadColumn> {
    let names = &columns.names;
    let status = columns.status.iter().map(|each| match each.kind {
        StatusKind::Words => ("status", each.column),
        StatusKind::OwnWords => ("employment_status", each.column),
    });
    let read = std::iter::once(("email", columns.email))
        .chain(columns.external_id.map(|column| ("external_id", column)))
        .chain(names.whole.iter().map(|column| ("name", *column)))
        .chain(names.given.iter().map(|column| ("given_name", *column)))
        .chain(names.family.iter().map(|column| ("family_name", *column)))
        .chain(status)
        .chain(columns.status_date.map(|column| ("status_date", column)));
    let read = read.filter_map(|(what, column)| {
        Some(ReadColumn { what: what.to_owned(), title: titles.get(column)?.clone() })
    });
    read.collect()
}
