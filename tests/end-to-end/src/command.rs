use std::{process::Output, time::Duration};

use serde_json::Value;
use tokio::{process::Command, time::timeout};

/// The longest that any command of a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// A command that ended by itself.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said on standard error.
    pub stderr: String,
}

/// Runs a command to its end.
///
/// # Panics
/// When it cannot be started, is killed, or does not end.
pub async fn ended(mut command: Command) -> Done {
    let output = timeout(PATIENCE, command.kill_on_drop(true).output());
    let output = output.await.expect("the command ends").expect("the command starts");
    let Output { status, stdout, stderr } = output;
    Done {
        code: status.code().expect("the command was not killed"),
        stdout: String::from_utf8(stdout).expect("text"),
        stderr: String::from_utf8(stderr).expect("text"),
    }
}

impl Done {
    /// The same, once the exit code is as expected.
    ///
    /// # Panics
    /// When it is another; the panic shows all that was printed.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as exactly one JSON document.
    ///
    /// # Panics
    /// When it is anything else.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }

    /// The error of the document: its code and its message with its hint.
    ///
    /// # Panics
    /// When there is none, or one without a message.
    #[must_use]
    #[track_caller]
    pub fn error(&self) -> (String, String) {
        let document = self.json();
        let text = |name: &str| document["error"][name].as_str().unwrap_or_default().to_owned();
        assert!(!text("message").is_empty(), "no error in {document}");
        (text("code"), format!("{} | {}", text("message"), text("hint")))
    }
}
