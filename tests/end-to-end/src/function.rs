use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{
    binary,
    runtime_api::{Answer, RuntimeApi},
};

/// The longest that any call of a test may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A shipped Lambda binary, running under an emulated Lambda.
pub struct Function {
    api: RuntimeApi,
    process: Child,
    folder: TempDir,
}

impl Function {
    /// Starts the binary with these variables and none of this process's.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start(name: &str, environment: &[(String, String)]) -> Self {
        Self::start_at(&binary(name), name, environment).await
    }

    /// The same with a binary of another build.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start_at(binary: &Path, name: &str, environment: &[(String, String)]) -> Self {
        let api = RuntimeApi::start().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let to = |file: &str| File::create(folder.path().join(file)).expect("a file for its output");
        let process = Command::new(binary)
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", api.address()),
                ("AWS_LAMBDA_FUNCTION_NAME", name),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(to("stdout"))
            .stderr(to("stderr"))
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        Self { api, process, folder }
    }

    /// Calls it, with so much time, and waits for its answer.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn call(&self, event: &Value, time: Duration) -> Answer {
        let answer = timeout(PATIENCE, self.api.invoke(event, time)).await;
        answer.expect("it answers in time").unwrap_or_else(|_| panic!("it ended: {}", self.output()))
    }

    /// Hands it an event, and kills it once this has come; whether it was still at work.
    ///
    /// # Panics
    /// When that does not come, or it cannot be killed.
    pub async fn call_and_kill(mut self, event: &Value, once: impl Future<Output = ()>) -> bool {
        let mut answer = self.api.invoke(event, PATIENCE);
        timeout(PATIENCE, once).await.expect("the moment comes");
        let was_at_work = answer.try_recv().is_err();
        self.process.kill().await.expect("it is killed");
        was_at_work
    }

    /// Waits until it asks for an event.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ready(&self) {
        timeout(PATIENCE, self.api.ready()).await.expect("it asks for an event");
    }

    /// Lambda answers this status to it from now on, instead of an event.
    pub fn refuse(&self, status: u16) {
        self.api.refuse(status);
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.process.wait()).await.expect("it ends").expect("its end is known")
    }

    /// All that it wrote.
    #[must_use]
    pub fn output(&self) -> String {
        read(&self.path("stdout")) + &read(&self.path("stderr"))
    }

    /// The lines that it logged.
    ///
    /// # Panics
    /// When one is no JSON document.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        read(&self.path("stdout")).lines().map(parse).collect()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("its output is text")
}
