//! Asking before something goes that nobody can bring back.

use std::io::{self, IsTerminal as _};

use crate::output::{self, Refusal};

/// What is about to go, and whether it may.
pub(crate) struct Going<'a> {
    /// What goes, as a question's beginning: "Delete the list 'News' with 12 members?"
    pub(crate) question: &'a str,
    /// Whether a script has to say that it means it. A person at a terminal is asked in any case.
    pub(crate) weight: Weight,
    /// That it was said beforehand, by `--yes`.
    pub(crate) said: bool,
}

/// How much goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// So little that a script need not say more.
    Light,
    /// What a slip of the hand must not take.
    Heavy,
}

/// Whether it may go on.
///
/// # Errors
/// When a person said no, or when nobody could be asked and nobody said yes: nothing was changed.
pub(crate) fn ask(going: &Going<'_>) -> Result<(), Refusal> {
    match (going.said, can_ask(), going.weight) {
        (true, _, _) | (false, false, Weight::Light) => Ok(()),
        (false, true, _) => answered(going.question),
        (false, false, Weight::Heavy) => Err(Refusal::new(
            "unconfirmed",
            format!("nothing was changed, as nobody could be asked: {}", going.question),
            "if you mean it, say so: --yes",
        )),
    }
}

/// Whether a person is there to be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn answered(question: &str) -> Result<(), Refusal> {
    output::note(&format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(Refusal::new("declined", "nothing was changed", "")),
    }
}
