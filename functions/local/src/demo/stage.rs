//! Where the demo plays: a temporary folder, and the commands that are run in it.

use std::{
    cell::Cell,
    io,
    path::PathBuf,
    process::{Output, Stdio},
};

use listsync_core::summary::Summary;
use listsync_graph_emulator::Running;
use tempfile::TempDir;
use tokio::process::Command;

use crate::output::{self, Form, Refusal};

/// How much of a command's output is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    /// All of it.
    All,
    /// So many lines.
    Some(usize),
}

/// The variables of the person's own environment that the commands see.
const KEPT: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Where the demo plays.
pub(super) struct Stage {
    form: Form,
    folder: TempDir,
    listsync: PathBuf,
    environment: Vec<(&'static str, String)>,
    steps: Cell<u32>,
}

impl Stage {
    /// Makes the folder, with the settings for this tenant.
    pub(super) fn set(form: Form, running: &Running) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("listsync-demo-").tempdir()?;
        let ca = folder.path().join("emulator-ca.pem");
        std::fs::write(&ca, &running.ca_pem)?;
        let environment = running.environment(&ca);
        Ok(Self { form, folder, listsync: std::env::current_exe()?, environment, steps: Cell::new(0) })
    }

    /// Tells something; beside `--json` on standard error.
    pub(super) fn say(&self, text: &str) {
        match self.form {
            Form::Text => output::to_stdout(&format!("\n{text}\n")),
            Form::Json => output::note(text),
        }
    }

    /// Announces the next step.
    pub(super) fn step(&self, text: &str) {
        self.steps.set(self.steps.get() + 1);
        self.say(&output::bold(&format!("{}. {text}", self.steps.get())));
    }

    /// Shows a command and what it printed.
    pub(super) fn show(&self, command: &str, printed: &str) {
        let indented: Vec<String> = printed.lines().map(|line| format!("    {line}")).collect();
        self.say(&format!("    {}\n{}", output::green(command), indented.join("\n")));
    }

    /// Writes a file into the folder.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Refusal> {
        std::fs::write(self.folder.path().join(name), text)
            .map_err(|error| Refusal::new("demo", format!("the demo could not write {name}: {error}"), ""))
    }

    /// Runs a command and shows it. The demo ends where one fails.
    pub(super) async fn run(&self, args: &[&str], shown: Shown) -> Result<(), Refusal> {
        let Output { status, stdout, stderr } = self.command(args).await?;
        let printed = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        let words: Vec<String> = args.iter().map(|word| quoted(word)).collect();
        self.show(&format!("$ listsync {}", words.join(" ")), &cut(&printed, shown));
        match status.code() {
            Some(0 | 2..=4) => Ok(()),
            _ => Err(Refusal::new(
                "demo",
                format!("'listsync {}' failed", words.join(" ")),
                "see its message above",
            )),
        }
    }

    /// The summary of the list's last run.
    pub(super) async fn latest_run(&self, list: &str) -> Result<Summary, Refusal> {
        let Output { stdout, .. } = self.command(&["runs", "ls", list, "--limit", "1", "--json"]).await?;
        let runs: Vec<Summary> = serde_json::from_slice(&stdout).unwrap_or_default();
        runs.into_iter()
            .next()
            .ok_or_else(|| Refusal::new("demo", "the demo's sync left no summary", "report this"))
    }

    async fn command(&self, args: &[&str]) -> Result<Output, Refusal> {
        let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        Command::new(&self.listsync)
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(kept)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| Refusal::new("demo", format!("the demo could not run a command: {error}"), ""))
    }
}

fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}

fn cut(printed: &str, shown: Shown) -> String {
    let lines: Vec<&str> = printed.trim_end().lines().collect();
    match shown {
        Shown::Some(few) if lines.len() > few + 1 => {
            format!("{}\n… and {} more lines", lines[..few].join("\n"), lines.len() - few)
        }
        Shown::Some(_) | Shown::All => lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_cut_and_says_so() {
        assert_eq!(cut("a\nb\nc\nd\n", Shown::Some(2)), "a\nb\n… and 2 more lines");
        assert_eq!(cut("a\nb\nc\n", Shown::Some(2)), "a\nb\nc");
        assert_eq!(cut("a\nb\n", Shown::All), "a\nb");
    }
}
