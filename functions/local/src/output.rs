//! What a verb answers, and how it is printed: text for a person, or exactly one JSON document.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use listsync_engine::ports::PortError;
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
    /// The exit code.
    pub(crate) exit: u8,
}

impl Reply {
    /// Done, or nothing to do.
    pub(crate) fn done(document: Value, text: impl Into<String>) -> Self {
        Self { document, text: text.into(), exit: 0 }
    }

    /// The same with another exit code.
    pub(crate) fn exiting(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }
}

/// Nothing was done: what is wrong and what the operator can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// A stable code.
    pub(crate) code: String,
    /// What is wrong, with what.
    pub(crate) message: String,
    /// What to do next; possibly empty.
    pub(crate) hint: String,
}

/// What a verb comes to.
pub(crate) type Outcome = Result<Reply, Refusal>;

impl Refusal {
    pub(crate) fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into() }
    }

    pub(crate) fn document(&self) -> Value {
        json!({"error": {"code": self.code, "message": self.message, "hint": self.hint}})
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        Self { code: error.code, message: error.message, hint: error.hint }
    }
}

impl From<SettingError> for Refusal {
    fn from(error: SettingError) -> Self {
        PortError::from(error).into()
    }
}

/// Prints what a verb came to, and turns it into the exit code. Output that nobody reads any more is no error.
pub(crate) fn print(form: Form, outcome: &Outcome) -> ExitCode {
    match (form, outcome) {
        (Form::Json, Ok(reply)) => {
            to_stdout(&format!("{:#}\n", reply.document));
            // A run that could do nothing is told as every error is.
            if reply.exit == 1 {
                note(reply.text.trim_end());
            }
        }
        (Form::Json, Err(refusal)) => {
            to_stdout(&format!("{:#}\n", refusal.document()));
            print_refusal(refusal);
        }
        (Form::Text, Ok(reply)) => to_stdout(&with_line_end(&reply.text)),
        (Form::Text, Err(refusal)) => print_refusal(refusal),
    }
    ExitCode::from(outcome.as_ref().map_or(1, |reply| reply.exit))
}

/// Writes to standard output, without colour where that is no terminal.
pub(crate) fn to_stdout(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _: io::Result<()> = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Says something to the operator that is not the answer: on standard error.
pub(crate) fn note(text: &str) {
    let _: io::Result<()> = writeln!(anstream::stderr().lock(), "{text}");
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

fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// In red, for what failed.
pub(crate) fn red(text: &str) -> String {
    painted(AnsiColor::Red.on_default().bold(), text)
}

/// In green, for what is well.
pub(crate) fn green(text: &str) -> String {
    painted(AnsiColor::Green.on_default(), text)
}

/// In yellow, for what needs a look.
pub(crate) fn yellow(text: &str) -> String {
    painted(AnsiColor::Yellow.on_default(), text)
}

/// In bold, for headings.
pub(crate) fn bold(text: &str) -> String {
    painted(Style::new().bold(), text)
}

/// A number and what it counts.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Rows in columns as wide as their widest cell, under a heading.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
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
    let body: String =
        rows.iter().map(|row| line(std::array::from_fn(|column| row[column].as_str()))).collect();
    line(heading) + &body
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
    fn an_error_keeps_its_code_and_hint() {
        let error =
            PortError::new(listsync_engine::ports::Fault::Gone, "gone", "it is gone").with_hint("look");
        let document = Refusal::from(error).document();
        assert_eq!(document, json!({"error": {"code": "gone", "message": "it is gone", "hint": "look"}}));
    }
}
