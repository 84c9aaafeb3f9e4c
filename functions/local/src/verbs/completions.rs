//! Completions for a shell: the script that `listsync completions` prints, and the calls that the script makes.

use std::ffi::OsStr;

use clap::{Command, CommandFactory as _};
use clap_complete::{
    CompleteEnv, Shell,
    engine::{ArgValueCompleter, CompletionCandidate},
    env::Shells,
};
use listsync_core::list::List;
use listsync_wiring::{Config, Environment, Missing, Store};
use serde_json::json;

use crate::{
    cli::Cli,
    output::{Outcome, Refusal, Reply},
    start,
};

/// The variable by which the script asks for candidates, with the name of its shell.
const ASKS: &str = "LISTSYNC_COMPLETE";
const NAME: &str = "listsync";
/// What every argument is called that takes a list.
const LIST: &str = "list";

/// Who makes one word of a candidate with spaces.
#[derive(Clone, Copy)]
enum Quotes {
    /// We: bash takes it as it is.
    Ours,
    /// The shell.
    Theirs,
}

/// Answers a call of the script, and ends the process then. Nothing was read or printed yet.
pub(crate) fn answer() {
    // It is gone once the call is answered.
    let quotes = match std::env::var_os(ASKS) {
        Some(shell) if shell == "bash" => Quotes::Ours,
        _ => Quotes::Theirs,
    };
    CompleteEnv::with_factory(|| completed(Cli::command(), quotes)).var(ASKS).complete();
}

pub(super) fn run(shell: Shell) -> Outcome {
    let unprinted = |why: String| Refusal::new("usage", why, "name bash, elvish, fish, powershell or zsh");
    let (mut script, name) = (Vec::new(), shell.to_string());
    let shells = Shells::builtins();
    let completer = shells.completer(&name).ok_or_else(|| unprinted(format!("{name} is not known")))?;
    completer
        .write_registration(ASKS, NAME, NAME, NAME, &mut script)
        .map_err(|error| unprinted(error.to_string()))?;
    let script = String::from_utf8_lossy(&script).into_owned();
    Ok(Reply::done(json!({"shell": name, "script": script}), script).into_file())
}

/// The command and all below it, whose arguments know the lists that are there.
fn completed(command: Command, quotes: Quotes) -> Command {
    let takes_a_list = command.get_arguments().any(|argument| argument.get_id() == LIST);
    let command = if takes_a_list {
        command.mut_arg(LIST, |argument| {
            argument.add(ArgValueCompleter::new(move |begins: &OsStr| lists(begins, quotes)))
        })
    } else {
        command
    };
    command.mut_subcommands(|inner| completed(inner, quotes))
}

/// The names of lists that begin so. Where the store does not answer there are none: a key was pressed, and nothing asked.
fn lists(begins: &OsStr, quotes: Quotes) -> Vec<CompletionCandidate> {
    let Some(begins) = begins.to_str() else { return Vec::new() };
    let candidate = |List { name, .. }: List| {
        let shown = match quotes {
            Quotes::Ours => escaped(&name),
            Quotes::Theirs => name.clone(),
        };
        // Whether what was typed comes with its backslashes depends on the release of bash.
        (name.starts_with(begins) || shown.starts_with(begins)).then(|| CompletionCandidate::new(shown))
    };
    read().unwrap_or_default().into_iter().filter_map(candidate).collect()
}

/// The lists of the embedded store. One in the cloud is not asked at each press of a key.
fn read() -> Option<Vec<List>> {
    let config = Config::read(&Environment::load().ok()?).ok()?;
    let Store::Sqlite(_) = config.store else { return None };
    let runtime = start::runtime().ok()?;
    runtime.block_on(async {
        let wired = listsync_wiring::open(config, Missing::TakeForEmpty).await.ok()?;
        wired.ports.lists.lists().await.ok()
    })
}

/// As bash has it on its command line.
fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for c in name.chars() {
        if !(c.is_alphanumeric() || "-_.,:@%/+".contains(c)) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_that_takes_a_list_knows_the_lists() {
        fn judge(command: &Command, found: &mut usize) {
            for argument in command.get_arguments().filter(|argument| argument.get_id() == LIST) {
                assert!(argument.get::<ArgValueCompleter>().is_some(), "{}", command.get_name());
                *found += 1;
            }
            command.get_subcommands().for_each(|inner| judge(inner, found));
        }
        let mut found = 0;
        judge(&completed(Cli::command(), Quotes::Theirs), &mut found);
        assert!(found > 15, "{found}");
    }

    #[test]
    fn bash_takes_a_name_with_spaces_as_one_word() {
        assert_eq!(escaped("News"), "News");
        assert_eq!(escaped("All staff (EU) & 'co'"), r"All\ staff\ \(EU\)\ \&\ \'co\'");
        assert_eq!(escaped("Münchner Runde"), r"Münchner\ Runde");
    }
}
