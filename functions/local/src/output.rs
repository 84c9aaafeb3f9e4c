//! What a verb answers, and how it is printed: text for a person, or exactly one JSON document.

use std::{
    fmt::Write as _,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    sync::LazyLock,
};

use anstyle::{AnsiColor, Style};
pub(crate) use listsync_core::text::count;
use listsync_core::{
    audit::{Completion, Object, ObjectKind},
    text,
};
use listsync_engine::{audit, ports::PortError};
use listsync_wiring::SettingError;
use serde_json::{Value, json};

/// Who reads the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A person.
    Text,
    /// A program.
    Json,
}

/// What a verb answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    /// The document for `--json`.
    pub(crate) document: Value,
    /// The text for a person.
    pub(crate) text: String,
    /// What the text is.
    pub(crate) content: Content,
    /// The exit code.
    pub(crate) exit: u8,
    /// What a verb that changes things made, for the audit; none: it changed nothing.
    pub(crate) changed: Option<Vec<Object>>,
}

/// What the text of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Words for a person.
    Words,
    /// A file for another program, such as a table or a script.
    File,
}

impl Reply {
    /// Done, or nothing to do.
    pub(crate) fn done(document: Value, text: impl Into<String>) -> Self {
        Self { document, text: text.into(), content: Content::Words, exit: 0, changed: Some(Vec::new()) }
    }

    /// The same, whose text is a file.
    pub(crate) fn into_file(mut self) -> Self {
        self.content = Content::File;
        self
    }

    /// The same, and this was made.
    pub(crate) fn made(mut self, kind: ObjectKind, id: impl ToString) -> Self {
        self.changed.get_or_insert_default().push(Object::new(kind, id));
        self
    }

    /// The same, and all was so before.
    pub(crate) fn unchanged(mut self) -> Self {
        self.changed = None;
        self
    }

    /// The same with another exit code.
    pub(crate) fn exiting(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }
}

/// It was not done, or not to its end: what is wrong and what the operator can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// A stable code.
    pub(crate) code: String,
    /// What is wrong, with what.
    pub(crate) message: String,
    /// What to do next; possibly empty.
    pub(crate) hint: String,
    /// How far it came, for the audit; none: nothing was done.
    pub(crate) completion: Option<Completion>,
}

/// What a verb comes to.
pub(crate) type Outcome = Result<Reply, Refusal>;

impl Refusal {
    pub(crate) fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into(), completion: None }
    }

    pub(crate) fn document(&self) -> Value {
        json!({"error": {"code": self.code, "message": self.message, "hint": self.hint}})
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        let completion = audit::completion_of(&error);
        Self { code: error.code, message: error.message, hint: error.hint, completion }
    }
}

impl From<SettingError> for Refusal {
    fn from(error: SettingError) -> Self {
        PortError::from(error).into()
    }
}

/// What a mark begins with: nobody who names a list or a person can know it, so no name can paint the terminal.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let mut number = RandomState::new().build_hasher();
    number.write_u8(0);
    format!("\u{f8ff}{:016x}:", number.finish())
});

/// The styles that we use, by the letter of their marks.
const STYLES: [(char, Style); 4] = [
    ('r', AnsiColor::Red.on_default().bold()),
    ('g', AnsiColor::Green.on_default()),
    ('y', AnsiColor::Yellow.on_default()),
    ('b', Style::new().bold()),
];

/// A text as the terminal may have it: what of it is not ours moves no cursor and paints nothing, and our marks are styles.
fn for_terminal(text: &str) -> String {
    let mut shown = text::visible(text).into_owned();
    for (letter, style) in STYLES {
        shown = shown.replace(&format!("{}{letter}", *MARK), &style.to_string());
        shown = shown.replace(&format!("{}/{letter}", *MARK), &format!("{style:#}"));
    }
    shown
}

/// A document as the terminal may have it: the same value, with what is not seen written as JSON escapes it.
fn json_text(document: &Value) -> String {
    let mut escaped = String::new();
    for c in format!("{document:#}\n").chars() {
        if c != '\n' && (c.is_control() || text::is_hidden(c)) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Prints what a verb came to, and turns it into the exit code. Output that nobody reads any more is no error.
pub(crate) fn print(form: Form, outcome: &Outcome) -> ExitCode {
    match (form, outcome) {
        (Form::Json, Ok(reply)) => {
            raw_to_stdout(&json_text(&reply.document));
            // A run that could do nothing is told as every error is.
            if reply.exit == 1 {
                note(reply.text.trim_end());
            }
        }
        (Form::Json, Err(refusal)) => {
            raw_to_stdout(&json_text(&refusal.document()));
            print_refusal(refusal);
        }
        // A file for another program stays as it is, unless a person is shown it.
        (Form::Text, Ok(reply)) if reply.content == Content::File && !io::stdout().is_terminal() => {
            raw_to_stdout(&reply.text);
        }
        (Form::Text, Ok(reply)) => to_stdout(&with_line_end(&reply.text)),
        (Form::Text, Err(refusal)) => print_refusal(refusal),
    }
    ExitCode::from(outcome.as_ref().map_or(1, |reply| reply.exit))
}

/// Writes to standard output, without colour where that is no terminal, and without anything that would act on one.
pub(crate) fn to_stdout(text: &str) {
    raw_to_stdout(&for_terminal(text));
}

/// Puts a text in the place of all that the terminal shows.
pub(crate) fn redraw(text: &str) {
    raw_to_stdout(&format!("\u{1b}[H\u{1b}[2J{}", for_terminal(text)));
}

fn raw_to_stdout(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _: io::Result<()> = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Says something to the operator that is not the answer: on standard error.
pub(crate) fn note(text: &str) {
    let _: io::Result<()> = writeln!(anstream::stderr().lock(), "{}", for_terminal(text));
}

fn print_refusal(refusal: &Refusal) {
    note(&format!("{} {}", red("error:"), refusal.message));
    if !refusal.hint.is_empty() {
        note(&format!("  {}", refusal.hint));
    }
}

fn with_line_end(text: &str) -> String {
    match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}\n"),
    }
}

fn painted(letter: char, text: &str) -> String {
    format!("{mark}{letter}{text}{mark}/{letter}", mark = *MARK)
}

/// In red, for what failed.
pub(crate) fn red(text: &str) -> String {
    painted('r', text)
}

/// In green, for what is well.
pub(crate) fn green(text: &str) -> String {
    painted('g', text)
}

/// In yellow, for what needs a look.
pub(crate) fn yellow(text: &str) -> String {
    painted('y', text)
}

/// In bold, for headings.
pub(crate) fn bold(text: &str) -> String {
    painted('b', text)
}

/// The widest column, in characters: a longer cell goes on in the JSON document, which has all of it.
const WIDEST: usize = 100;

/// Rows in columns as wide as their widest cell, under a heading. Each row is one line.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| shortened(cell))).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heading[column].len()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let body: String = rows.iter().map(|row| line(row.each_ref().map(String::as_str))).collect();
    line(heading) + &body
}

/// A cell in one line, cut where it is wider than any column.
fn shortened(cell: &str) -> String {
    let line = text::visible_line(cell);
    match line.char_indices().nth(WIDEST) {
        None => line,
        Some(_) => line.chars().take(WIDEST - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["Zoë".to_owned(), "1".to_owned()], ["Li".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "N"], &rows), "NAME  N\nZoë   1\nLi\n");
    }

    #[test]
    fn a_cell_of_any_length_is_one_line_of_the_table() {
        let rows = [["n".repeat(70_000), "1\n2".to_owned()]];
        let shown = table(["NAME", "N"], &rows);
        assert_eq!(shown.lines().count(), 2);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDEST + 2 + 7), "{shown}");
    }

    #[test]
    fn what_is_not_ours_paints_and_turns_nothing() {
        let foreign = "Ann\u{1b}[31m\u{202e}\u{9b}2J";
        let shown = for_terminal(&format!("{} {foreign}", bold(foreign)));
        let ours = shown.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert!(shown.starts_with("\u{1b}[1mAnn\\u{1b}[31m") && !ours.contains('\u{1b}'), "{shown:?}");
        assert!(!shown.contains(['\u{202e}', '\u{9b}']));
        let document = json!({"name": foreign});
        let printed = json_text(&document);
        assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{9b}']));
        assert_eq!(serde_json::from_str::<Value>(&printed).expect("JSON"), document);
    }

    #[test]
    fn an_error_keeps_its_code_and_hint() {
        let error =
            PortError::new(listsync_engine::ports::Fault::Gone, "gone", "it is gone").with_hint("look");
        let document = Refusal::from(error).document();
        assert_eq!(document, json!({"error": {"code": "gone", "message": "it is gone", "hint": "look"}}));
    }
}
