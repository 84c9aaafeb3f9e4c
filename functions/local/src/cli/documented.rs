//! Every command that the documents show is one that the program takes, as it stands there.

use clap::{CommandFactory as _, error::ErrorKind};

use super::Cli;

const DOCUMENTS: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../../README.md")),
    ("infra/README.md", include_str!("../../../../infra/README.md")),
];

/// The `listsync` lines of code blocks, without what stands beside them for people. A line that a backslash ends goes on.
fn blocks(document: &str) -> Vec<String> {
    let text = document.replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = lines.map(str::trim_start).filter(|line| line.starts_with("listsync "));
    // Two spaces part a command from the words about it.
    commands.map(|line| line.split("  ").next().unwrap_or_default().to_owned()).collect()
}

/// The commands within sentences: such as name no more than a verb need not be whole.
fn quoted(document: &str) -> Vec<String> {
    let text = document.replace('\n', " ");
    let parts = text.split('`').skip(1).step_by(2);
    parts.filter(|part| part.starts_with("listsync ")).map(str::to_owned).collect()
}

/// A command as a shell splits it; single quotes keep together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in command.trim().chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            '"' if !is_quoted => {}
            other => words.last_mut().expect("one at least").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn refused(command: &str) -> Option<clap::Error> {
    Cli::command().try_get_matches_from(words(command)).err()
}

#[test]
fn every_command_in_a_block_is_taken_as_it_stands() {
    let mut seen = 0;
    for (name, document) in DOCUMENTS {
        for command in blocks(document) {
            let error = refused(&command);
            assert!(
                error.is_none(),
                "{name}: {command}\n{}",
                error.map(|error| error.to_string()).unwrap_or_default()
            );
            seen += 1;
        }
    }
    assert!(seen > 25, "only {seen} were found");
}

#[test]
fn every_command_in_a_sentence_names_a_verb_and_flags_that_there_are() {
    // A word in capitals stands for what its reader puts in.
    let whole = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ErrorKind::InvalidValue,
        ErrorKind::ValueValidation,
    ];
    let mut seen = 0;
    for (name, document) in DOCUMENTS {
        for command in quoted(document) {
            if let Some(error) = refused(&command) {
                assert!(whole.contains(&error.kind()), "{name}: {command}\n{error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 25, "only {seen} were found");
}
