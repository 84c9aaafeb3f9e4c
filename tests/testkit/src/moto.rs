//! An emulated AWS: a moto server of the version that `tests/requirements.txt` names, as a process of its own.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running server; it ends with this, and with the process that started it.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    port: u16,
}

impl Moto {
    /// Starts a server on a free port, and waits until it answers.
    ///
    /// `LISTSYNC_TEST_PYTHON` names the Python that has moto; without it, it is that of `.venv-test`.
    ///
    /// # Panics
    /// When moto is not there or does not start: the message says what to do.
    #[must_use]
    pub fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = std::env::var_os("LISTSYNC_TEST_PYTHON")
            .map_or_else(|| root.join(".venv-test/bin/python"), PathBuf::from);
        assert!(
            python.exists(),
            "there is no {}, which the tests against an emulated AWS need: run tests/run, which makes it",
            python.display()
        );
        let port = free_port();
        let process = Command::new(&python)
            .arg(root.join("tests/moto/serve.py"))
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut moto = Self { process, port };
        moto.wait();
        moto
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!(
                    "the emulated AWS ended at once ({status}): run tests/run, which makes .venv-test anew"
                );
            }
            assert!(Instant::now() < deadline, "the emulated AWS does not answer after a minute");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The environment in which a process takes it for AWS.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// Sets the clock of its queues so far ahead of the real one.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn set_ahead(&self, by: Duration) {
        self.tell("/clock", &by.as_secs_f64().to_string());
    }

    /// From now on its DynamoDB is under load: batches are half done, requests throttled, transactions in conflict.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn put_under_load(&self) {
        self.tell("/trouble", "");
    }

    fn tell(&self, path: &str, body: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the emulated AWS listens");
        let length = body.len();
        let head = format!("PUT {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).expect("the emulated AWS reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the emulated AWS answers");
        assert!(answer.contains(" 204 "), "the emulated AWS does not take {path}: {answer}");
    }
}

/// The token that [`Moto`] gives as a role's web identity.
pub const WEB_IDENTITY_TOKEN: &str = "emulated-web-identity-token";

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}
