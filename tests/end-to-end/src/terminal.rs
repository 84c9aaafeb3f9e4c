use std::process::Stdio;

use listsync_testkit::moto::python;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{World, binary, command::PATIENCE};

/// What Ctrl-C types.
pub const INTERRUPT: &str = "\u{3}";

/// How a screen is cleared.
const CLEARED: &str = "\u{1b}[H\u{1b}[2J";

/// The binary on a terminal, as somebody sees it who sits before it.
pub struct Terminal {
    process: Child,
    keys: ChildStdin,
    output: ChildStdout,
    drawn: Vec<u8>,
}

impl Terminal {
    /// A command of the binary, which sees the world's settings.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(world: &World, args: &[&str]) -> Self {
        let mut command = Command::from(python("end-to-end/terminal/run.py"));
        command.arg(binary("listsync")).args(args).current_dir(world.path("."));
        command.env_clear().envs(world.environment()).env("TERM", "xterm-256color");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("Python starts");
        let keys = process.stdin.take().expect("its input is piped");
        let output = process.stdout.take().expect("its output is piped");
        Self { process, keys, output, drawn: Vec::new() }
    }

    /// What it shows once that has all of these texts: what was drawn since the screen was cleared last.
    ///
    /// # Panics
    /// When it ends before.
    pub async fn shows(&mut self, wanted: &[&str]) -> String {
        loop {
            let drawn = String::from_utf8_lossy(&self.drawn);
            let shown = drawn.rsplit(CLEARED).next().unwrap_or_default();
            if wanted.iter().all(|text| shown.contains(text)) {
                return shown.to_owned();
            }
            let mut more = [0; 4096];
            let read = timeout(PATIENCE, self.output.read(&mut more)).await.expect("it goes on drawing");
            let read = read.expect("its output is read");
            assert!(read > 0, "it ended without {wanted:?}:\n{drawn}");
            self.drawn.extend_from_slice(&more[..read]);
        }
    }

    /// Types a text, and keys such as [`INTERRUPT`].
    ///
    /// # Panics
    /// When the command has ended.
    pub async fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).await.expect("it is typed");
        self.keys.flush().await.expect("it is typed");
    }

    /// The exit code with which it ends by itself.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ends(mut self) -> i32 {
        let mut rest = Vec::new();
        let end = async {
            self.output.read_to_end(&mut rest).await.expect("its output is read");
            self.process.wait().await.expect("it ends")
        };
        timeout(PATIENCE, end).await.expect("it ends").code().expect("it was not killed")
    }
}
